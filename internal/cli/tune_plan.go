// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// TunePlanOptions are the flags of tune plan.
type TunePlanOptions struct {
	IgnoreOptions

	Set        []string
	For        string
	FromDoctor bool
	Window     time.Duration
	Accept     []string
	Netns      string
	Output     string
	Lang       string
}

// AddFlags adds the flags of tune plan to f.
func (o *TunePlanOptions) AddFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.Set, "set", nil, "plan `KEY=VALUE`; may be repeated")
	f.StringVar(&o.For, "for", "", "what this host is: "+strings.Join(plan.Intents(), ", ")+"; plans what findings about that ask for")
	f.BoolVar(&o.FromDoctor, "from-doctor", false, "plan what the findings of doctor ask for")
	durationVar(f, &o.Window, "window", 0, "with --from-doctor and --for: look twice, this long apart, for losses")
	o.addFlags(f)
	f.StringArrayVar(&o.Accept, "accept-risk", nil, "plan the change of this `KEY` even though it is refused; may be repeated")
	f.StringVar(&o.Netns, "netns", "", "the network namespace: self, a path, a name, a process id or a container")
	f.StringVarP(&o.Output, "output", "o", outputTable, strings.Join(tuneOutputs(), ", "))
	addLangFlag(f, &o.Lang)
}

func newTunePlanCommand(env *Env) *cobra.Command {
	var o TunePlanOptions
	cmd := &cobra.Command{
		Use:   "plan [FILE | -]",
		Short: "Judge requests to change kernel parameters one by one, and write the accepted ones as a plan",
		Long: `Answer each wish: planned, already so, no effect here, wrong target, refused, or
not here at all, and why. What is planned is written as a file to be read, edited
and given to tune apply; nothing is changed, and no privilege is needed.

Wishes come from --set, from a FILE in sysctl.conf syntax, from the findings of
doctor, or from those that matter to what the host is for. What is refused is
planned with --accept-risk and its name; what does not exist is not. Where
nothing of what --set and FILE ask for is planned or already so, the exit code
is 8.`,
		Example: `  tcpvitals tune plan --from-doctor --window 10s > web.plan
  tcpvitals tune plan --set net.core.somaxconn=8192
  tcpvitals tune plan /etc/sysctl.conf
  tcpvitals tune plan --for web-server --window 10s`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runTunePlan(cmd.Context(), env, o, args) },
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{"output": tuneOutputs(), "lang": languages(), "for": plan.Intents(), "netns": {"self"}})
	return cmd
}

func runTunePlan(ctx context.Context, env *Env, o TunePlanOptions, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	requests, seen, err := o.requests(ctx, env, args)
	if err != nil {
		return err
	}
	if err := o.checkAccepted(requests); err != nil {
		return err
	}
	ns, err := change.Find(ctx, o.Netns)
	if err != nil {
		return err
	}
	evidence := o.evidence(ctx, env, seen)
	var answers []plan.Answer
	err = change.View{Namespace: ns}.Do(ctx, func(m plan.Machine) error {
		answers = plan.Judge(requests, m, evidence, plan.Rules{Accept: o.Accept})
		return nil
	})
	if err != nil {
		return err
	}
	p := plan.Of(answers, lang)
	p.Netns, p.Made = o.Netns, made(env, ns, lang)
	if len(requests) == 0 {
		p.Note = tuneWord(lang, "No finding here asks for a change.", "没有诊断结论要求改动。")
	}
	if o.Output == outputJSON {
		err = report.JSON(env.Stdout, planDocument(p, answers, lang))
	} else {
		err = env.say(p.Format())
	}
	if err == nil && nothingGranted(answers) {
		err = cmp.Or(unread(answers), errRefused) // the plan says why; nothing more is printed
	}
	return err
}

// unread is [errPartial] if a parameter could not be read: nobody knows whether what
// is asked for would be granted.
func unread(answers []plan.Answer) error {
	if slices.ContainsFunc(answers, func(a plan.Answer) bool { return a.Finding == nil && a.Kind == plan.NotReadable }) {
		return errPartial
	}
	return nil
}

// nothingGranted reports whether somebody wished for something and nothing of it is
// planned or already so. What findings ask for nobody wished for.
func nothingGranted(answers []plan.Answer) bool {
	wished := false
	for i := range answers {
		if answers[i].Finding != nil {
			continue
		}
		if k := answers[i].Kind; k == plan.Planned || k == plan.AlreadySo {
			return false
		}
		wished = true
	}
	return wished
}

func (o TunePlanOptions) check(args []string) error {
	if err := checkOutputIn(o.Output, tuneOutputs()); err != nil {
		return err
	}
	if _, ok := plan.ParseIntent(o.For); o.For != "" && !ok {
		return &problem.UsageError{Msg: fmt.Sprintf("unknown kind of host %q", o.For), Hint: "--for takes " + strings.Join(plan.Intents(), ", "), Zh: fmt.Sprintf("没有 %q 这种主机用途", o.For), HintZh: "--for 可以是 " + strings.Join(plan.Intents(), "、")}
	}
	if len(args) == 0 && len(o.Set) == 0 && o.For == "" && !o.FromDoctor {
		return &problem.UsageError{Msg: "nothing to plan", Hint: "name a file in sysctl.conf syntax, or use --set KEY=VALUE, --from-doctor or --for " + plan.Intents()[0], Zh: "没有可列入计划的内容", HintZh: "请给出 sysctl.conf 格式的文件，或用 --set KEY=VALUE、--from-doctor 或 --for " + plan.Intents()[0]}
	}
	if len(o.Ignore)+len(o.IgnoreFile) > 0 && !o.FromDoctor && o.For == "" {
		return &problem.UsageError{Msg: "--ignore is for findings", Hint: "use it with --from-doctor or --for", Zh: "--ignore 针对诊断结论", HintZh: "与 --from-doctor 或 --for 同用"}
	}
	if o.Window != 0 && !o.FromDoctor && o.For == "" {
		return &problem.UsageError{Msg: "--window is for findings", Hint: "use it with --from-doctor or --for", Zh: "--window 针对诊断结论", HintZh: "与 --from-doctor 或 --for 同用"}
	}
	return checkWindow(o.Window, "")
}

// checkAccepted refuses to accept a risk of a parameter that is not requested: it is
// a typing error.
func (o TunePlanOptions) checkAccepted(requests []plan.Request) error {
	for _, key := range o.Accept {
		if !slices.ContainsFunc(requests, func(r plan.Request) bool { return r.Key == key }) {
			return &problem.UsageError{Msg: "--accept-risk names " + key + ", which nothing here asks for", Hint: "name the parameter as the answers do", Zh: "--accept-risk 指定的 " + key + " 没有任何要求涉及", HintZh: "参数名应与回答中的一致"}
		}
	}
	return nil
}

// requests collects the requests: those of the user before those of findings.
func (o TunePlanOptions) requests(ctx context.Context, env *Env, args []string) (requests []plan.Request, seen *collect.Window, err error) {
	for _, text := range o.Set {
		r, err := plan.ParseSet(text)
		if err != nil {
			return nil, nil, err
		}
		requests = append(requests, r)
	}
	for _, name := range args {
		text, err := readAll(env, name)
		if err != nil {
			return nil, nil, err
		}
		more, err := plan.ParseConf(name, text)
		if err != nil {
			return nil, nil, err
		}
		requests = append(requests, more...)
	}
	if !o.FromDoctor && o.For == "" {
		return requests, nil, nil
	}
	aside, err := o.load(env)
	if err != nil {
		return nil, nil, err
	}
	seen, err = ExaminationOptions{Netns: o.Netns, Window: o.Window, windowGiven: func() bool { return true }}.examine(ctx, env, nil)
	if err != nil {
		return nil, nil, err
	}
	intent, limited := plan.ParseIntent(o.For)
	holds, _ := diagnose.Holding(aside, env.Now())
	for _, r := range plan.FromFindings(plan.Findings(seen.Judge(holds...))) {
		if !limited || o.FromDoctor || intent.Wants(r.Key) {
			requests = append(requests, r)
		}
	}
	return requests, seen, nil
}

// maxPlan bounds the size of a plan or a file of parameters, in bytes.
const maxPlan = 1 << 20

// readAll reads a small file, or standard input for "-".
func readAll(env *Env, name string) (string, error) {
	if name != stdinName {
		f, err := userfile.Open(name)
		if err != nil {
			return "", err
		}
		defer f.Close()
		text, err := f.Until(env.until).All(maxPlan)
		return string(text), err
	}
	text, err := io.ReadAll(io.LimitReader(env.until(env.Stdin), maxPlan+1))
	if errors.Is(err, context.Canceled) {
		return "", err
	}
	if err != nil {
		return "", problem.Errorf("read standard input: %w", "读取标准输入：%w", err)
	}
	if len(text) > maxPlan {
		return "", &problem.InputError{Name: "standard input", Msg: "larger than 1 MB: neither a plan nor a file of parameters", Zh: "超过 1 MB：既不是计划也不是参数文件"}
	}
	return string(text), nil
}

func made(env *Env, ns change.Namespace, lang knowledge.Lang) string {
	host, err := env.Hostname()
	if err != nil {
		host = "?"
	}
	return fmt.Sprintf(tuneWord(lang, "Made %s on %s, network namespace %s.", "%s 在 %s 上生成，网络命名空间 %s。"), env.Now().UTC().Format(time.RFC3339), host, ns.Name)
}

// planAnswer is an answer in JSON.
type planAnswer struct {
	Key        string   `json:"key"`
	Value      string   `json:"value"`
	Now        *string  `json:"now"`
	From       string   `json:"from"`
	Answer     string   `json:"answer"`
	Why        string   `json:"why"`
	Acceptable bool     `json:"acceptable"`
	Accepted   bool     `json:"accepted"`
	Risk       string   `json:"risk,omitempty"`
	Effect     string   `json:"effect,omitempty"`
	Check      string   `json:"check,omitempty"`
	See        []string `json:"see,omitempty"`
}

func planDocument(p *plan.Plan, answers []plan.Answer, lang knowledge.Lang) any {
	all := make([]planAnswer, len(answers))
	for i, a := range answers {
		all[i] = planAnswer{
			Key: a.Key, Value: a.Value, From: a.From, Answer: a.Kind.String(), Why: a.SentenceIn(lang), Acceptable: a.Acceptable, Accepted: a.Accepted,
			Risk: a.Known.Risk.In(lang), Check: a.Known.Helped.In(lang), See: a.Known.See,
		}
		if a.Known.Key != "" {
			all[i].Effect = a.Known.Effect.Text().In(lang)
		}
		if a.Kind != plan.Absent && a.Kind != plan.NotReadable && (a.Kind != plan.Refused || a.Now != "") {
			all[i].Now = &a.Now
		}
	}
	return struct {
		Schema  string       `json:"schema"`
		Kind    string       `json:"kind"`
		Netns   string       `json:"netns"`
		Answers []planAnswer `json:"answers"`
		Plan    string       `json:"plan"`
	}{tuneSchema, "plan", p.Netns, all, p.Format()}
}

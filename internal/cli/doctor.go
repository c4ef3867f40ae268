// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// Outputs that only doctor has.
const (
	outputMarkdown = "markdown"
	outputHTML     = "html"
)

func doctorOutputs() []string {
	return []string{outputTable, outputJSON, outputMarkdown, outputHTML}
}

// DoctorOptions are the flags of doctor.
type DoctorOptions struct {
	ExaminationOptions
	EveryOptions
	IgnoreOptions
	AtOptions

	Output  string
	Lang    string
	FailOn  string
	Verbose bool
	Rules   bool
}

// AddFlags adds the flags of doctor to f.
func (o *DoctorOptions) AddFlags(f *pflag.FlagSet) {
	o.ExaminationOptions.addFlags(f, 0)
	o.EveryOptions.addFlags(f)
	o.IgnoreOptions.addFlags(f)
	o.AtOptions.addFlags(f)
	f.StringVarP(&o.Output, "output", "o", outputTable, strings.Join(doctorOutputs(), ", ")+"; with --every, table or ndjson")
	addLangFlag(f, &o.Lang)
	f.StringVar(&o.FailOn, "fail-on", "", "end with exit code 4 when there is a finding of this `severity` or a worse one")
	f.BoolVarP(&o.Verbose, "verbose", "v", false, "show how each finding is derived: evidence, formula, thresholds, sources")
	f.BoolVar(&o.Rules, "rules", false, "list the rules instead; -v shows all of each")
}

func newDoctorCommand(env *Env) *cobra.Command {
	var o DoctorOptions
	cmd := &cobra.Command{
		Use:   "doctor [FILE | -]",
		Short: "Tell whether anything is wrong, how one knows, and what to do",
		Long: `Judge the TCP sockets, counters and parameters of this host by rules. A finding
says what is the matter with the numbers, what to turn and which settings would
change nothing, and how to check the remedy; what only looks frightening is said
to be healthy. A rule whose facts are missing is named as not judged.

One look tells where limits stand. --window looks twice: losses and leaks show
only so, and --trace also sees who closes connections, and how, between the two
looks (CAP_BPF and CAP_PERFMON). Two snapshots are two looks; one snapshot, or a listing of netstat or
ss, even the counts by state alone, is judged as far as it goes. docs/doctor.md
says how to read the answer.`,
		Example: `  tcpvitals doctor
  tcpvitals doctor --window 10s -v
  tcpvitals doctor --trace 10s
  tcpvitals doctor --every 30s
  tcpvitals doctor --from before.snap --from after.snap
  printf 'SYN_RECV 348\nTIME_WAIT 18122\n' | tcpvitals doctor -
  tcpvitals doctor --window 10s -o html > ticket.html
  tcpvitals doctor --fail-on warning`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDoctor(cmd.Context(), env, o, args)
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{
		"output":  doctorOutputs(),
		"engine":  engine.RowNames(),
		"lang":    languages(),
		"netns":   {"self", "all"},
		"fail-on": severities(),
	})
	completeIgnore(cmd)
	return cmd
}

// severities returns the severities that a finding can have.
func severities() []string {
	return []string{diagnose.Info.String(), diagnose.Notice.String(), diagnose.Warning.String(), diagnose.Critical.String()}
}

// severity parses a flag that names a severity.
func severity(flag, word string) (diagnose.Severity, error) {
	s, ok := diagnose.ParseSeverity(strings.ToLower(word))
	if !ok || s < diagnose.Info {
		return 0, &problem.UsageError{Msg: flag + " has an unknown severity: " + word, Hint: "severities are " + strings.Join(severities(), ", "), Zh: flag + " 的级别不认识：" + word, HintZh: "级别有 " + strings.Join(severities(), "、")}
	}
	return s, nil
}

func runDoctor(ctx context.Context, env *Env, o DoctorOptions, args []string) error {
	if o.At != "" {
		file := strings.Join(append(o.From, args...), " ")
		if err := o.pickAt(env, o.Lang, &file); err != nil {
			return err
		}
		o.From = []string{file}
	}
	if err := o.checkOutput(args); err != nil {
		return err
	}
	failOn := diagnose.Critical + 1
	if o.FailOn != "" {
		var err error
		if failOn, err = severity("--fail-on", o.FailOn); err != nil {
			return err
		}
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	if o.Rules {
		return writeRules(env, o, lang)
	}
	aside, err := o.load(env)
	if err != nil {
		return err
	}
	o.crossCheck = o.Verbose || o.Output != outputTable
	if o.again() {
		return o.repeat(ctx, env, lang, failOn, aside)
	}
	seen, err := o.examine(ctx, env, args)
	if err != nil {
		return err
	}
	answer := report.NewDoctor(seen, env.Now(), aside...)
	if err := writeDoctor(env, o, lang, answer); err != nil {
		return err
	}
	switch {
	case answer.Worst() >= failOn:
		return errFindings
	case seen.Partial() || answer.Partial():
		return errPartial
	default:
		return nil
	}
}

// checkOutput refuses an output that this answer does not have.
func (o DoctorOptions) checkOutput(args []string) error {
	if err := o.check(o.Output, len(args)+len(o.From) > 0, o.Window); err != nil || o.again() {
		return err
	}
	return checkOutputIn(o.Output, doctorOutputs())
}

// repeat examines at regular times. It ends with errFindings if any look had a
// finding at or above failOn.
func (o DoctorOptions) repeat(ctx context.Context, env *Env, lang knowledge.Lang, failOn diagnose.Severity, aside []diagnose.Ignore) error {
	if o.Trace != 0 {
		return traceEvery()
	}
	o.everyLook = true
	src, err := o.open(env, "", nil)
	if err != nil {
		return err
	}
	defer closing(src)
	worst := diagnose.Severity(0)
	err = repeat(ctx, env, o.EveryOptions, o.Output, lang, o.closeness(env, nil).Pass(src, true), func(before, now *sampler.Sample[*collect.Examined]) (sighting, []report.Change, error) {
		seen := o.closeness(env, nil).WindowOf(src.About(), before, now)
		answer := report.NewDoctor(seen, now.At, aside...)
		worst = max(worst, answer.Worst())
		return &doctorView{Doctor: answer, options: o, lang: lang, lost: seen.Partial() || answer.Partial()}, nil, nil
	})
	if (err == nil || errors.Is(err, errPartial)) && worst >= failOn {
		return errFindings
	}
	return err
}

// doctorView is what one look shows.
type doctorView struct {
	report.Doctor

	options DoctorOptions
	lang    knowledge.Lang
	lost    bool
}

func (v *doctorView) partial() bool { return v.lost }

func (v *doctorView) table(env *Env) (string, error) {
	return v.options.text(env, &v.Doctor, v.lang), nil
}

func (v *doctorView) json(w io.Writer) error { return v.JSON(w) }

// text returns the answer as text.
func (o DoctorOptions) text(env *Env, d *report.Doctor, lang knowledge.Lang) string {
	text := render.DoctorText{Doctor: d, Lang: lang, Width: env.reading(doctorWidth), Colour: env.colour(), Verbose: o.Verbose}
	return text.String()
}

// errFindings ends a diagnosis with a finding at or above --fail-on. The answer has
// named it; nothing more is printed.
var errFindings = errors.New("findings")

func writeDoctor(env *Env, o DoctorOptions, lang knowledge.Lang, d report.Doctor) error {
	switch o.Output {
	case outputJSON:
		return d.JSON(env.Stdout)
	case outputMarkdown:
		err := env.page(render.DoctorMarkdown(&d, lang))
		return err
	case outputHTML:
		var b strings.Builder
		if err := render.DoctorHTML(&b, &d, lang); err != nil {
			return err
		}
		return env.page(b.String())
	default:
		err := env.say(o.text(env, &d, lang))
		return err
	}
}

// doctorWidth is the greatest width of sentences in columns.
const doctorWidth = 120

func writeRules(env *Env, o DoctorOptions, lang knowledge.Lang) error {
	list := render.RulesList{Rules: diagnose.Rules(), Lang: lang, Width: env.reading(doctorWidth), Verbose: o.Verbose}
	switch o.Output {
	case outputTable:
		err := env.say(list.String())
		return err
	case outputJSON:
		return report.RulesJSON(env.Stdout, list.Rules)
	default:
		return &problem.UsageError{Msg: "--rules has no output " + o.Output, Hint: "use table or json", Zh: "--rules 不能以 " + o.Output + " 输出", HintZh: "可以是 table 或 json"}
	}
}

// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// KillOptions are the flags of kill.
type KillOptions struct {
	Output   string
	Lang     string
	Netns    string
	DryRun   bool
	Yes      bool
	Max      int
	Rows     int
	Window   time.Duration
	Log      bool
	NoLog    bool
	StateDir string

	given func(flag string) bool // whether a flag is on the command line; nil: none is
}

// AddFlags adds the flags of kill to f.
func (o *KillOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.Output, "output", "o", outputTable, strings.Join(killOutputs(), ", "))
	addLangFlag(f, &o.Lang)
	addNetnsFlag(f, &o.Netns)
	f.BoolVarP(&o.DryRun, "dry-run", "n", false, "show what would be closed, and close nothing")
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask; needs --max")
	f.IntVar(&o.Max, "max", 0, "refuse when more than `N` sockets match")
	f.IntVar(&o.Rows, "rows", 20, "show at most `N` sockets of a list (0: all)")
	durationVar(f, &o.Window, "window", 0, "afterwards look whether others match within this time, such as 10s")
	f.BoolVar(&o.Log, "log", false, "show what was closed by earlier runs, and do nothing else")
	f.BoolVar(&o.NoLog, "no-log", false, "keep no journal of this run")
	f.StringVar(&o.StateDir, "state-dir", kill.DefaultStateDir, "where the journal is kept")
	if err := f.MarkHidden("state-dir"); err != nil {
		panic(err) // the flag was added above
	}
}

func killOutputs() []string { return []string{outputTable, outputJSON} }

func newKillCommand(env *Env) *cobra.Command {
	var o KillOptions
	cmd := &cobra.Command{
		Use:   "kill FILTER",
		Short: "Close the TCP sockets that a filter chooses, after showing them",
		Long: `Show the TCP sockets that a filter chooses, what it would mean to close them, ask,
and close these and no others: each is known by its cookie, in the network
namespace where it was found. What has come since, or does not match any more, is
left alone. Then say of each what became of it.

It is a remedy for an emergency: the connection ends, and the descriptor stays
with the process until it closes it or restarts. Listeners are left alone unless
the filter says state listen, and so are the connections that this command hangs
on, such as your SSH session. docs/kill.md says more.`,
		Example: `  tcpvitals kill 'state close-wait and sport = :8080'
  tcpvitals kill 'state fin-wait-2 and process = nginx' --dry-run -o json
  tcpvitals kill 'state close-wait and pid = 4711' --yes --max 500 --window 10s
  tcpvitals kill --log`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags().Changed
			if o.Log {
				return runKillLog(env, o, args)
			}
			return runKill(cmd.Context(), env, o, strings.Join(args, " "))
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{"output": killOutputs(), "lang": languages(), "netns": {"self", "all"}})
	cmd.ValidArgsFunction = completeFilter
	return cmd
}

// check refuses contradictory flags, and flags that leave no way to ask.
func (o KillOptions) check() error {
	if err := checkOutputIn(o.Output, killOutputs()); err != nil {
		return err
	}
	switch {
	case o.Max < 0 || o.Rows < 0 || o.Window < 0:
		return &problem.UsageError{Msg: "--max, --rows and --window must not be negative", Zh: "--max、--rows 和 --window 不能为负数"}
	case o.DryRun && (o.Yes || o.Window > 0):
		return &problem.UsageError{Msg: "--dry-run closes nothing: --yes and --window do not go with it", Zh: "--dry-run 不关闭任何东西：不能与 --yes、--window 同用"}
	case o.given != nil && o.given("max") && o.Max == 0:
		return &problem.UsageError{Msg: "--max 0 allows no socket to be closed: --max takes a number from 1", Zh: "--max 0 不允许关闭任何套接字：--max 的值至少为 1"}
	case o.Yes && o.Max == 0:
		return &problem.UsageError{
			Msg:    "--yes needs --max N: how many sockets you expect at most",
			Hint:   "tcpvitals kill FILTER --dry-run says how many there are now",
			Zh:     "--yes 需要 --max N：你预计最多有多少个套接字",
			HintZh: "tcpvitals kill FILTER --dry-run 会说明现在有多少个",
		}
	case o.Output == outputJSON && !o.Yes && !o.DryRun:
		return &problem.UsageError{Msg: "with -o json no question can be asked", Hint: "add --dry-run, or --yes and --max N", Zh: "-o json 时无法询问", HintZh: "请加 --dry-run，或加 --yes 和 --max N"}
	}
	return nil
}

// A killer is one run of kill.
type killer struct {
	KillOptions

	env    *Env
	lang   knowledge.Lang
	src    engine.Source
	filter string
	view   render.Kill
}

func runKill(ctx context.Context, env *Env, o KillOptions, filter string) error {
	if err := o.check(); err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	src, err := source{Netns: o.Netns}.open(env)
	if err != nil {
		return err
	}
	defer closing(src)
	q, err := parseFilter(filter, src, noter{env, o.Output, o.Lang})
	if err != nil {
		return err
	}
	k := &killer{KillOptions: o, env: env, lang: lang, src: src, filter: q.String()}
	session := kill.FindSession(env.Getenv(kill.SSHVariable))
	p, err := kill.Look(ctx, kill.Options{Source: src, Filter: q, Session: session}, o.DryRun)
	if err != nil {
		return err
	}
	k.view = render.Kill{Kill: report.Kill{Preview: p, Notes: q.Notes()}, Lang: lang, Width: env.width(), Rows: o.Rows}
	return k.run(ctx, p)
}

// run shows the sockets, asks, closes them and reports the outcome.
func (k *killer) run(ctx context.Context, p *kill.Preview) error {
	if err := k.text(k.view.Before()); err != nil {
		return err
	}
	if err := k.stop(p); k.DryRun || err != nil || len(p.Victims) == 0 {
		return errors.Join(k.document(nil, nil), firstOf(err, k.verdict(p, nil)))
	}
	j, err := k.openJournal() // an error of the journal is reported before the question
	if err != nil {
		return err
	}
	defer j.Close() //nolint:errcheck // Note has waited for the disk
	if err := k.ask(ctx, len(p.Victims)); err != nil {
		return err
	}
	return k.kill(ctx, p, j)
}

// ask asks, unless the flags have answered. It accepts no answer that the user gave
// before reading the list: from a pipe, typed before the question, or while the list
// goes elsewhere than to a terminal.
func (k *killer) ask(ctx context.Context, n int) error {
	if k.Yes {
		return nil
	}
	for _, end := range [...]struct {
		terminal func() bool
		name, zh string
	}{{k.env.Asking, "standard input", "标准输入"}, {k.env.Showing, "standard output", "标准输出"}} {
		if end.terminal != nil && end.terminal() {
			continue
		}
		return &problem.UsageError{
			Msg:    "cannot ask: " + end.name + " is no terminal. Nothing was closed",
			Hint:   fmt.Sprintf("add --yes and --max N: how many sockets you expect at most; now there %s %d", map[bool]string{true: "is", false: "are"}[n == 1], n),
			Zh:     "无法询问：" + end.zh + "不是终端。没有关闭任何东西",
			HintZh: fmt.Sprintf("请加 --yes 和 --max N：你预计最多有多少个套接字；现在有 %d 个", n),
		}
	}
	question := fmt.Sprintf(tuneWord(k.lang, "Close these %d? [y/N] ", "关闭这 %d 个？[y/N] "), n)
	if n == 1 {
		question = tuneWord(k.lang, "Close this one? [y/N] ", "关闭这一个？[y/N] ")
	}
	if err := k.env.flush(); err != nil {
		return err
	}
	if k.env.Forget != nil {
		if err := k.env.Forget(); err != nil {
			return problem.Errorf("drop what was typed before the question: %w", "丢弃提问之前的输入：%w", err)
		}
	}
	return agreed(ctx, k.env, question, knowledge.Text{En: "nothing was closed", Zh: "什么也没关闭"})
}

// stop returns why nothing can be closed, whatever the answer to the question.
func (k *killer) stop(p *kill.Preview) error {
	if p.Barred != nil {
		return p.Barred
	}
	if k.Max > 0 && len(p.Victims) > k.Max {
		return &tooManyError{matched: len(p.Victims), most: k.Max}
	}
	return nil
}

// kill closes what the user confirmed, and writes a journal.
func (k *killer) kill(ctx context.Context, p *kill.Preview, j *kill.Journal) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	end, err := k.journal(p, j)
	if err != nil {
		return err
	}
	r, err := p.Kill(ctx)
	if noted := end(r, err); err == nil {
		err = noted
	}
	if said := k.text(k.view.After(r)); err == nil {
		err = said
	}
	var again *report.KillReturn
	if err == nil && k.Window > 0 {
		again, err = k.again(ctx, p, r)
	}
	return errors.Join(k.document(r, again), firstOf(err, k.verdict(p, r)))
}

// again looks whether sockets like the closed ones come back.
func (k *killer) again(ctx context.Context, p *kill.Preview, r *kill.Result) (*report.KillReturn, error) {
	if err := k.env.flush(); err != nil {
		return nil, err
	}
	start := k.env.Now()
	if err := k.env.Wait(ctx, k.Window); err != nil {
		return nil, err
	}
	back, err := p.Again(ctx, r)
	if err != nil {
		return nil, err
	}
	seconds := k.env.Now().Sub(start).Seconds()
	return &report.KillReturn{Seconds: seconds, New: back.New}, k.text(k.view.Return(back, seconds))
}

// text writes text for people.
func (k *killer) text(text string) error {
	if k.Output == outputJSON {
		return nil
	}
	err := k.env.say(text)
	return err
}

// document writes the document for programs.
func (k *killer) document(r *kill.Result, again *report.KillReturn) error {
	if k.Output != outputJSON {
		return nil
	}
	d := k.view.Document(k.env.Now(), k.src.About().Host, k.filter, r)
	d.Return, d.DryRun = again, k.DryRun
	return report.JSON(k.env.Stdout, d)
}

// verdict returns the error with which a run ends if nothing has failed.
func (k *killer) verdict(p *kill.Preview, r *kill.Result) error {
	partial := p.Partial() || r != nil && len(r.Gaps) > 0
	switch {
	case r != nil && r.Count(kill.Killed) == 0 && r.Refusal() != nil:
		return r.Refusal()
	case len(p.Spared) > 0, r != nil && (r.Count(kill.Left) > 0 || len(r.NotShown) > 0):
		return errRefused
	case p.Matched() == 0 && !partial:
		return errNothingMatched
	case partial:
		return errPartial
	default:
		return nil
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// errNothingMatched ends a kill whose filter chooses no socket.
var errNothingMatched = problem.New("no socket matches", "没有匹配的套接字")

// errRefused ends a kill that left some matching sockets open.
var errRefused = problem.New("some of what matches was left alone", "匹配的套接字中有一些没有动")

// tooManyError says that more sockets match than --max allows.
type tooManyError struct{ matched, most int }

func (e *tooManyError) Error() string {
	return fmt.Sprintf("refused: %d sockets match, more than --max %d. Nothing was closed", e.matched, e.most)
}

// Unwrap returns the message in both languages, with the way out.
func (e *tooManyError) Unwrap() error {
	return &problem.UsageError{
		Msg: e.Error(), Hint: "narrow the filter, or look at them first: --dry-run",
		Zh:     fmt.Sprintf("已拒绝：有 %d 个套接字匹配，超过 --max %d。没有关闭任何东西", e.matched, e.most),
		HintZh: "请缩小过滤条件的范围，或先用 --dry-run 查看",
	}
}

// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// Watching has the options of the live view: those of watch.Options, which this
// package must not import, because a face imports no other face.
type Watching struct {
	Source, Judged engine.Source
	Files          []engine.Source
	Past           *report.Past
	Ago            time.Duration
	Trace          *trace.Shared
	Untraced       error
	Filter, By     string
	Every, Examine time.Duration
	Plain          bool
	Count          uint64

	Lang   knowledge.Lang
	ASCII  bool
	Colour bool
	Scope  command.Scope

	Save func(name string) *exec.Cmd
	Kill func(filter string) *exec.Cmd

	In      io.Reader
	Out     io.Writer
	Now     func() time.Time
	Wait    func(context.Context, time.Duration) error
	Environ []string
}

// WatchOptions are the flags of watch.
type WatchOptions struct {
	From    []string
	Ago     time.Duration
	Server  string
	DataDir string
	Every   time.Duration
	By      string
	Engine  string
	Lang    string
	Netns   string
	Plain   bool
	Count   uint64
	NoTrace bool
}

// AddFlags adds the flags of watch to f.
func (o *WatchOptions) AddFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.From, "from", nil, "play a `file` (a snapshot) instead of this host; repeat it, or name more files behind it")
	f.VarP((*seconds)(&o.Ago), "ago", "t", "begin so long ago, in the history that tcpvitalsd keeps; with --from: before the last file")
	f.StringVar(&o.Server, "server", "", "with --ago: `URL` of the tcpvitalsd to ask")
	f.StringVar(&o.DataDir, "data-dir", "", "with --ago: `directory` of the history of a tcpvitalsd that has ended")
	durationVar(f, &o.Every, "every", time.Second, "look this often; less often where that takes more than 2 % of a processor")
	f.StringVar(&o.By, "by", "", "the `fields` that groups are made by at first, separated by commas")
	addEngineFlag(f, &o.Engine)
	addLangFlag(f, &o.Lang)
	addNetnsFlag(f, &o.Netns)
	f.BoolVar(&o.Plain, "plain", false, "write a line a look, for logs and screen readers")
	f.Uint64Var(&o.Count, "count", 0, "with --plain: end after `N` looks (0: never)")
	f.BoolVar(&o.NoTrace, "no-trace", false, "do not trace: no rates on the edges of the diagram")
}

func newWatchCommand(env *Env) *cobra.Command {
	var o WatchOptions
	cmd := &cobra.Command{
		Use:   "watch [FILTER]",
		Short: "The state diagram, listeners, ports and findings as a live view",
		Long: `Show what the connections of this host do while they do it: the state diagram
with how many are where and how fast they move, groups by any fields, accept
queues, local ports, and findings with since when. h lists the keys.

With CAP_BPF and CAP_PERFMON each edge of the diagram has its rate; without, the
states have their net change. Every screen names the command that prints the
same. docs/watch.md shows the screens.`,
		Example: `  tcpvitals watch
  tcpvitals watch 'sport = :443' --by process,remote
  tcpvitals watch --netns all
  tcpvitals watch --plain --every 5s >> tcp.log
  tcpvitals watch -t 10m
  tcpvitals watch --from before.snap --from after.snap`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runWatch(cmd.Context(), env, o, strings.Join(o.files(args), " "))
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{
		"engine": engine.RowNames(),
		"lang":   languages(),
		"netns":  {"self", "all"},
	})
	completeLists(cmd, "by")
	cmd.ValidArgsFunction = completeFilter
	return cmd
}

// files moves arguments that name files to --from, as a shell expands *.snap, and
// returns the others, which are the filter.
func (o *WatchOptions) files(args []string) (filter []string) {
	if len(o.From) == 0 {
		return args
	}
	for _, arg := range args {
		if missing(arg) {
			filter = append(filter, arg)
			continue
		}
		o.From = append(o.From, arg)
	}
	return filter
}

// examineEvery is the time between two judgements of the whole host.
const examineEvery = 10 * time.Second

// check refuses what makes no sense, before anything is read.
func (o WatchOptions) check(env *Env, filter string) error {
	if o.Every < leastEvery {
		return &problem.UsageError{Msg: "--every must be " + leastEvery.String() + " or more", Hint: "for example --every 1s", Zh: "--every 至少为 " + leastEvery.String(), HintZh: "例如 --every 1s"}
	}
	if _, terminal := env.Terminal(); !terminal && !o.Plain {
		return &problem.UsageError{Msg: "standard output is no terminal", Hint: "tcpvitals watch --plain writes one line per look", Zh: "标准输出不是终端", HintZh: "tcpvitals watch --plain 每次查看写一行"}
	}
	if len(o.From) > 0 && (o.Plain || o.Netns != "" || o.Engine != engine.Auto) {
		return &problem.UsageError{Msg: "--plain, --netns and --engine do not go with --from", Hint: "a file is as it was saved: leave them out", Zh: "--plain、--netns、--engine 不能与 --from 同用", HintZh: "文件已经保存好：请去掉它们"}
	}
	if err := o.checkAgo(filter); err != nil {
		return err
	}
	if o.Count > 0 && !o.Plain {
		return &problem.UsageError{Msg: "--count goes with --plain", Hint: "q ends the live view", Zh: "--count 与 --plain 同用", HintZh: "按 q 结束"}
	}
	if o.By != "" {
		if _, err := query.ParseKeys(o.By); err != nil {
			return err
		}
	}
	return nil
}

func runWatch(ctx context.Context, env *Env, o WatchOptions, filter string) error {
	if err := o.check(env, filter); err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	w := Watching{
		Filter: filter, By: o.By, Every: o.Every, Examine: max(examineEvery, o.Every), Plain: o.Plain, Count: o.Count, Ago: o.Ago,
		Lang: lang, ASCII: env.ascii(), Colour: env.colour(), Scope: env.scope(o.Netns, o.From),
		In: env.Stdin, Out: env.raw, Now: env.Now, Wait: env.Wait, Environ: env.Environ,
	}
	if len(o.From) > 0 {
		return o.playFiles(ctx, env, w)
	}
	return o.watchHost(ctx, env, w)
}

func (o WatchOptions) watchHost(ctx context.Context, env *Env, w Watching) (err error) {
	if w.Past, err = o.past(ctx, env); err != nil {
		return err
	}
	w.Trace, w.Untraced = o.begin(ctx, env)
	if w.Trace != nil {
		defer func() { _ = w.Trace.Close() }() // a trace is only read
	}
	host := source{Engine: o.Engine, Netns: o.Netns, Stays: true, Traced: closersOf(w.Trace)}
	src, err := host.open(env)
	if err != nil {
		return err
	}
	defer closing(src)
	if w.Judged, err = host.open(env); err != nil {
		return err
	}
	defer closing(w.Judged)
	if _, err := parseFilter(w.Filter, src, noter{}); err != nil {
		return err
	}
	w.Source, w.Save, w.Kill = src, saving(o.Netns), killing(o.Netns, w.Lang)
	if o.Plain {
		w.Out = flushed{env}
	}
	return env.Watch(ctx, w)
}

// playFiles shows saved machines.
func (o WatchOptions) playFiles(ctx context.Context, env *Env, w Watching) error {
	for _, name := range o.From {
		src, err := source{From: name}.open(env)
		if err != nil {
			return err
		}
		defer closing(src)
		if about := src.About(); !about.Saved() {
			return &problem.InputError{Name: about.Name, Msg: "it is no snapshot, and only snapshots can be played", Hint: "tcpvitals snapshot save makes one", Zh: "它不是快照，而只有快照才能播放", HintZh: "tcpvitals snapshot save 可以生成"}
		}
		if _, err := parseFilter(w.Filter, src, noter{}); err != nil {
			return err
		}
		w.Files = append(w.Files, src)
	}
	return env.Watch(ctx, w)
}

// begin begins the trace, if one is wanted and allowed. If it is not allowed, that is
// no error: the screens show less.
func (o WatchOptions) begin(ctx context.Context, env *Env) (*trace.Shared, error) {
	if o.NoTrace || o.Plain {
		return nil, nil
	}
	t, err := trace.Open(ctx, trace.Options{Netns: o.Netns, Stays: true, Owners: true, Closers: true, Uncompared: true, Now: env.Now})
	if err != nil {
		return nil, err
	}
	return trace.Share(t), nil
}

// closersOf returns nil without a trace. A nil *trace.Shared in the interface would
// not be nil.
func closersOf(t *trace.Shared) owner.Closers {
	if t == nil {
		return nil
	}
	return t
}

// saving returns a function that starts this program again, to save the host that is
// watched.
func saving(netns string) func(name string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	return func(name string) *exec.Cmd {
		args := []string{"snapshot", "save", name}
		if netns != "" {
			args = append(args, "--netns", netns)
		}
		return exec.Command(self, args...)
	}
}

// killing returns a function that starts this program again as kill, on the terminal
// of the live view. kill shows what would be closed, and asks.
func killing(netns string, lang knowledge.Lang) func(filter string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	return func(filter string) *exec.Cmd {
		// On 24 rows what would be closed, whose it is and the question are seen at once.
		args := []string{"kill", filter, "--rows", "5", "--lang", string(lang)}
		if netns != "" {
			args = append(args, "--netns", netns)
		}
		return exec.Command(self, args...) // no time limit: the user may think about it
	}
}

// flushed writes each line at once.
type flushed struct{ env *Env }

func (f flushed) Write(p []byte) (int, error) {
	if err := f.env.say(string(p)); err != nil {
		return 0, err
	}
	return len(p), f.env.flush()
}

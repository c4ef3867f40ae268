// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// liveName is the word for this host in diff.
const liveName = "live"

// DiffOptions are the flags of diff.
type DiffOptions struct {
	AtOptions

	By     string
	Filter string
	Top    int
	Output string
	Engine string
	Netns  string
	Lang   string
	Trace  time.Duration

	beside *beside // the trace that runs at the same time
}

// AddFlags adds the flags of diff to f.
func (o *DiffOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.By, "by", "process,state", "`keys` to count by: fields separated by commas, addresses with a prefix if wanted")
	f.StringVar(&o.Filter, "filter", "", "compare only the sockets that a `filter` chooses, on both sides")
	f.IntVar(&o.Top, "top", 20, "show at most this many groups of each kind (0: all)")
	f.StringVarP(&o.Output, "output", "o", outputTable, strings.Join(diffOutputs(), ", "))
	f.StringVar(&o.Engine, "engine", engine.Auto, "who reads this host's socket table: "+strings.Join(engine.RowNames(), ", "))
	f.StringVar(&o.Netns, "netns", "", "this host's network namespaces (default: self or all, as in OLD)")
	durationVar(f, &o.Trace, "trace", 0, traceUsage)
	addLangFlag(f, &o.Lang)
	o.addFlags(f)
}

func diffOutputs() []string { return []string{outputTable, outputJSON} }

func newDiffCommand(env *Env) *cobra.Command {
	var o DiffOptions
	cmd := &cobra.Command{
		Use:   "diff OLD [NEW]",
		Short: "Compare two snapshots, or a snapshot and this host",
		Long: `Compare the snapshot OLD with the snapshot NEW, or with this host when NEW is
left out or "live": what grew and shrank, listeners that are new, gone or
replaced by another socket at the same address, and connections that were in
one state all the time, by state, owner and peer.

A leak shows at both ends: CLOSE_WAIT of one process grows, and what was there
before has stayed. What stayed is found by the kernel's number of each socket
(its cookie), so it can be told only within one boot.

With --at, OLD is the last snapshot that tcpvitalsd kept before that time, and NEW
the first one after it, or this host when there is none or NEW is "live".`,
		Example: `  tcpvitals snapshot save before.snap
  tcpvitals diff before.snap
  tcpvitals diff before.snap after.snap --by unit,state
  tcpvitals diff --at 03:00
  tcpvitals diff before.snap --filter 'state close-wait' --by process,remote/24`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.At != "" {
				return diffAtArgs(cmd, args)
			}
			return diffArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDiff(cmd.Context(), env, o, args)
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{
		"output": diffOutputs(),
		"engine": engine.RowNames(),
		"netns":  {"self", "all"},
		"lang":   languages(),
	})
	completeLists(cmd, "by")
	return cmd
}

func diffArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] != "" || len(args) == 2 && args[0] != "" && args[1] != "" {
		return nil
	}
	return &problem.UsageError{Msg: cmd.CommandPath() + " takes one snapshot, or two", Hint: cmd.CommandPath() + " before.snap [after.snap]", Zh: cmd.CommandPath() + " 需要一个或两个快照", HintZh: cmd.CommandPath() + " before.snap [after.snap]"}
}

func runDiff(ctx context.Context, env *Env, o DiffOptions, args []string) error {
	if err := checkOutputIn(o.Output, diffOutputs()); err != nil {
		return err
	}
	if o.Top < 0 {
		return &problem.UsageError{Msg: "--top must not be negative", Hint: "0 shows all", Zh: "--top 不能为负数", HintZh: "0 表示全部"}
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	if o.At != "" {
		if args, err = o.around(env, lang, args); err != nil {
			return err
		}
	}
	keys, err := query.ParseKeys(o.By)
	if err != nil {
		return err
	}
	o.beside = &beside{}
	defer o.beside.end()
	c, err := openComparison(env, o, args)
	if err != nil {
		return err
	}
	defer closeBoth(c)
	if err := c.Check(keys); err != nil {
		return err
	}
	if err := o.trace(ctx, env, c, keys); err != nil {
		return err
	}
	answer, err := c.Differences(ctx, keys, o.Top)
	if err != nil {
		return err
	}
	traced, err := o.beside.gaps()
	if err != nil {
		return err
	}
	c.New.Report.Gaps = append(c.New.Report.Gaps, traced...)
	view := report.Diff{
		Old: side(c.Old), New: side(c.New), Filter: c.New.Filter.String(), Notes: c.New.Filter.Notes(),
		Unlike: c.Unlike(), Answer: answer, Gaps: c.Gaps(answer),
	}
	if err := writeDiff(env, o.Output, render.DiffTable{Diff: view, Lang: lang, Width: env.width()}, !c.Redacted()); err != nil {
		return err
	}
	if c.Partial() {
		return errPartial
	}
	return nil
}

// trace traces this host before it is read, if --trace is given.
func (o DiffOptions) trace(ctx context.Context, env *Env, c *collect.Comparison, keys query.Keys) error {
	file := c.New.Label
	if c.New.About.Live {
		file = ""
	}
	if err := checkTrace(o.Trace, file, keys.Needs().Union(c.New.Filter.Needs())); err != nil {
		return err
	}
	return o.beside.begin(ctx, env, o.liveNetns(c.Old.About.Scope), o.Trace)
}

// liveNetns returns the scope in which this host is read: the user's choice, else
// that of the older side if it is a snapshot of this host.
func (o DiffOptions) liveNetns(scope string) string {
	if o.Netns == "" && scope == "all" {
		return scope
	}
	return o.Netns
}

func writeDiff(env *Env, output string, t render.DiffTable, comparable bool) error {
	if output == outputJSON {
		return t.JSON(env.Stdout, comparable)
	}
	err := env.say(t.String())
	return err
}

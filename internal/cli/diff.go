// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// liveName is how diff calls this host.
const liveName = "live"

// DiffOptions are the flags of diff.
type DiffOptions struct {
	By     string
	Filter string
	Top    int
	Output string
	Engine string
	Netns  string
	Lang   string
}

// AddFlags adds the flags of diff to f.
func (o *DiffOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.By, "by", "process,state", "`keys` to count by: fields separated by commas, addresses with a prefix if wanted")
	f.StringVar(&o.Filter, "filter", "", "compare only the sockets that a `filter` chooses, on both sides")
	f.IntVar(&o.Top, "top", 20, "show at most this many groups of each kind (0: all)")
	f.StringVarP(&o.Output, "output", "o", outputTable, strings.Join(diffOutputs(), ", "))
	f.StringVar(&o.Engine, "engine", engine.Auto, "who reads this host's socket table: "+strings.Join(engine.RowNames(), ", "))
	f.StringVar(&o.Netns, "netns", "", "this host's network namespaces (default: self or all, as in OLD)")
	f.StringVar(&o.Lang, "lang", "", "en or zh (default: from the locale)")
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
(its cookie), so it can be told only within one boot.`,
		Example: `  tcpvitals snapshot save before.snap
  tcpvitals diff before.snap
  tcpvitals diff before.snap after.snap --by unit,state
  tcpvitals diff before.snap --filter 'state close-wait' --by process,remote/24`,
		Args: diffArgs,
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
		"by":     fieldNames(),
	})
	return cmd
}

func diffArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] != "" || len(args) == 2 && args[0] != "" && args[1] != "" {
		return nil
	}
	return &problem.UsageError{Msg: cmd.CommandPath() + " takes one snapshot, or two", Hint: cmd.CommandPath() + " before.snap [after.snap]"}
}

func runDiff(ctx context.Context, env *Env, o DiffOptions, args []string) error {
	if err := checkOutputIn(o.Output, diffOutputs()); err != nil {
		return err
	}
	if o.Top < 0 {
		return &problem.UsageError{Msg: "--top must not be negative", Hint: "0 shows all"}
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	keys, err := query.ParseKeys(o.By)
	if err != nil {
		return err
	}
	c, err := openComparison(env, o, args)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.check(keys); err != nil {
		return err
	}
	d := query.NewDiff(query.DiffOptions{Keys: keys, SameBoot: c.sameBoot(), NoAddresses: c.redacted()})
	if err := c.old.scan(ctx, d.Needs(), d.Old); err != nil {
		return err
	}
	if err := c.new.scan(ctx, d.Needs(), d.New); err != nil {
		return err
	}
	answer := d.Result(o.Top)
	view := render.Diff{
		Old: c.old.side(env), New: c.new.side(env), Filter: c.new.filter.String(),
		Answer: answer, Gaps: c.gaps(answer),
	}
	if err := writeDiff(env, o.Output, render.DiffTable{Diff: view, Lang: lang, Width: env.width()}, !c.redacted()); err != nil {
		return err
	}
	if c.old.report.Partial() || c.new.report.Partial() {
		return errPartial
	}
	return nil
}

func writeDiff(env *Env, output string, t render.DiffTable, comparable bool) error {
	if output == outputJSON {
		return render.JSON(env.Stdout, t.Document(comparable))
	}
	_, err := io.WriteString(env.Stdout, t.String())
	return err
}

// scan reads one side.
func (r *reading) scan(ctx context.Context, fields socket.FieldSet, visit func(*socket.Socket)) (err error) {
	r.report, err = scanRows(ctx, r.input, engine.Scan{Filter: r.filter, Fields: fields}, func(s *socket.Socket) bool {
		visit(s)
		return true
	})
	return err
}

// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// TraceOptions are the flags of trace.
type TraceOptions struct {
	Save    string
	From    string
	Output  string
	Lang    string
	Netns   string
	Columns string
	By      string
	Top     int
	Limit   int
	For     time.Duration
	Events  bool
	Summary bool
	Cost    bool
}

// The default columns of trace: for ends, and for events.
const (
	endColumns   = "at,reason,lasted,local,sport,remote,dport,closer"
	eventColumns = "at,from,state,local,sport,remote,dport,closer,reset"
)

// AddFlags adds the flags of trace to f.
func (o *TraceOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Save, "save", "", "also write all that is seen to a `file`, for --from")
	f.StringVar(&o.From, "from", "", "show a `file` that --save wrote instead of this host; - is standard input")
	addOutputFlag(f, &o.Output)
	addLangFlag(f, &o.Lang)
	addNetnsFlag(f, &o.Netns)
	f.StringVarP(&o.Columns, "columns", "c", "", "`fields` to show, separated by commas; +a,b adds to the usual ones")
	f.StringVar(&o.By, "by", "", "count by these `fields` and show that at the end, such as process,reason")
	f.IntVar(&o.Top, "top", 0, "with --by: show the `N` greatest groups and the others as one (0: all)")
	f.IntVar(&o.Limit, "limit", 0, "end after this many rows (0: never)")
	durationVar(f, &o.For, "for", 0, "end after this time (0: with Ctrl-C)")
	f.BoolVar(&o.Events, "events", false, "show every change of state, not only ends")
	f.BoolVar(&o.Summary, "summary", false, "say at the end how connections went, and who ended them; no rows")
	f.BoolVar(&o.Cost, "cost", false, "with --summary: what the programs in the kernel took")
}

func newTraceCommand(env *Env) *cobra.Command {
	var o TraceOptions
	cmd := &cobra.Command{
		Use:   "trace [FILTER]",
		Short: "Watch connections end: who closes first, and why",
		Long: `Show each connection as it ends: when, how, how long it was established, and
which process closed it. With --summary, count them and tell who ends how many.

The process is the one that closes, aborts or connects, as the kernel sees it
do so. Where the network or a timer ends a connection, none is named.

That takes CAP_BPF and CAP_PERFMON. Without them it reads a tracepoint or compares
looks at the socket table, and says what it misses. docs/trace.md says what cannot
be seen.`,
		Example: `  tcpvitals trace
  tcpvitals trace 'reason = unread-data' -c +unit
  tcpvitals trace --events 'sport = :443' --for 10s
  tcpvitals trace --by process,reason --for 10s
  tcpvitals trace --summary 60s
  tcpvitals trace --for 10m --save night.trace > /dev/null
  tcpvitals trace --from night.trace --by process,reason`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTrace(cmd.Context(), env, o, args)
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{
		"output": outputs(),
		"lang":   languages(),
		"netns":  {"self", "all"},
	})
	completeLists(cmd, "columns", "by")
	cmd.ValidArgsFunction = completeFilter
	return cmd
}

// check refuses what makes no sense, before anything is loaded.
func (o *TraceOptions) check(filter string) error {
	refuse := func(msg, hint, zh, hintZh string) error {
		return &problem.UsageError{Msg: msg, Hint: hint, Zh: zh, HintZh: hintZh}
	}
	switch {
	case o.Limit < 0:
		return refuse("--limit must not be negative", "0 shows all", "--limit 不能为负数", "0 表示全部")
	case o.For < 0:
		return refuse("--for must not be negative", "for example --for 1m", "--for 不能为负数", "例如 --for 1m")
	case o.From != "" && (o.Netns != "" || o.For != 0 || o.Cost || o.Save != ""):
		return refuse("--netns, --for, --cost and --save do not go with --from", "a file is as it was saved: leave them out",
			"--netns、--for、--cost、--save 不能与 --from 同用", "文件已经保存好：请去掉它们")
	case o.Save == stdoutName:
		return refuse("--save takes a file: standard output shows what is seen", "for example --save end.trace", "--save 需要一个文件：标准输出用于显示", "例如 --save end.trace")
	case o.Cost && !o.Summary:
		return refuse("--cost goes with --summary", "for example tcpvitals trace --summary 10s --cost", "--cost 与 --summary 同用", "例如 tcpvitals trace --summary 10s --cost")
	case o.Summary && (o.Events || o.Limit != 0 || o.Columns != "" || o.By != ""):
		return refuse("--summary shows no rows: --events, --limit, --columns and --by do not go with it", "leave --summary out, or these",
			"--summary 不逐行显示：不能与 --events、--limit、--columns、--by 同用", "请去掉 --summary，或去掉这些")
	case o.By != "" && (o.Limit != 0 || o.Columns != ""):
		return refuse("--by shows no rows: --limit and --columns do not go with it", "leave --by out, or these",
			"--by 不逐行显示：不能与 --limit、--columns 同用", "请去掉 --by，或去掉这些")
	case o.Top < 0 || o.Top != 0 && o.By == "":
		return refuse("--top goes with --by, and is not negative", "for example --by process --top 5", "--top 与 --by 同用，且不能为负数", "例如 --by process --top 5")
	case o.Summary && filter != "":
		return refuse("--summary counts all connections: it takes no filter", "for some of them: "+command.Of("trace", filter).String(),
			"--summary 统计所有连接：不接受过滤条件", "只看其中一些："+command.Of("trace", filter).String())
	case o.Summary && o.Output != outputTable && o.Output != outputJSON:
		return refuse("--summary has no output "+o.Output, "use table or json", "--summary 不能以 "+o.Output+" 输出", "可以是 table 或 json")
	default:
		return checkOutput(o.Output)
	}
}

// duration accepts the time of --summary 60s, which stands in the place of a filter.
func (o *TraceOptions) duration(args []string) []string {
	if !o.Summary || o.For != 0 || len(args) == 0 || o.From != "" {
		return args
	}
	if (*seconds)(&o.For).Set(args[0]) != nil {
		return args
	}
	return args[1:] // what follows the duration is a filter, which check refuses
}

func runTrace(ctx context.Context, env *Env, o TraceOptions, args []string) error {
	filter := strings.TrimSpace(strings.Join(o.duration(args), " "))
	if err := o.check(filter); err != nil {
		return err
	}
	if o.Summary {
		return runTraceSummary(ctx, env, o)
	}
	if o.By != "" {
		return runTraceBy(ctx, env, o, filter)
	}
	return runTraceRows(ctx, env, o, filter)
}

// filter parses the filter; an empty one is nil. A trace does not know names of
// devices and cgroups.
func (o *TraceOptions) filter(env *Env, text string) (*query.Filter, error) {
	if text == "" {
		return nil, nil
	}
	f, err := query.Parse(text, query.Options{})
	if err != nil {
		return nil, err
	}
	return f, noter{env, o.Output, o.Lang}.tell(f.Notes())
}

// columns returns the fields to show.
func (o *TraceOptions) columns() ([]*socket.Field, error) {
	usual := endColumns
	if o.Events {
		usual = eventColumns
	}
	text := o.Columns
	if more, ok := strings.CutPrefix(text, "+"); ok || text == "" {
		text = strings.TrimSuffix(usual+","+more, ",")
	}
	return report.ParseColumns(text)
}

func runTraceRows(ctx context.Context, env *Env, o TraceOptions, text string) error {
	columns, err := o.columns()
	if err != nil {
		return err
	}
	filter, err := o.filter(env, text)
	if err != nil {
		return err
	}
	src, err := o.begin(ctx, env, filter)
	if err != nil {
		return err
	}
	defer src.close()
	list := ListOptions{Output: o.Output, Lang: o.Lang}
	w, err := list.writer(env, columns, src.about, filter.Notes())
	if err != nil {
		return err
	}
	return src.show(ctx, filter, w)
}

// show shows rows as they come, and the tail after the trace has ended.
func (s *traceSource) show(ctx context.Context, filter *query.Filter, w report.RowWriter) error {
	if table, ok := w.(*render.TableRows); ok {
		table.Live()
	}
	l := &report.Lister{Out: w, Limit: uint64(s.Limit), People: true}
	tail, err := s.rows(ctx, filter, l.Visit, func() error {
		if live, ok := w.(report.Live); ok {
			if err := live.Flush(); err != nil {
				return err
			}
		}
		return s.env.flush()
	})
	if err != nil {
		return errors.Join(l.Failed(), err)
	}
	seen := &engine.Report{Engine: trace.Engine, Exact: tail.Exact(), Gaps: tail.Gaps}
	if err := l.End(seen); err != nil {
		return err
	}
	if seen.Partial() {
		return errPartial
	}
	return nil
}

func runTraceSummary(ctx context.Context, env *Env, o TraceOptions) error {
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	src, err := o.begin(ctx, env, nil)
	if err != nil {
		return err
	}
	defer src.close()
	s, err := src.summary(ctx)
	if err != nil {
		return err
	}
	answer := &report.Trace{Host: src.about.Host, Summary: s}
	if o.Cost {
		cost, err := src.live.Cost()
		if err != nil {
			return err
		}
		answer.Cost = &report.TraceCost{Runs: cost.Runs, Took: cost.Took, Floor: cost.Floor}
	}
	if o.Output == outputJSON {
		err = report.WriteTrace(env.Stdout, answer)
	} else {
		err = env.say(render.TraceTable{Trace: answer, Lang: lang, Width: env.width()}.String())
	}
	if err != nil {
		return err
	}
	if s.Partial() {
		return errPartial
	}
	return nil
}

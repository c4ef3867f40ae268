// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ListOptions are the flags of list.
type ListOptions struct {
	From    string
	Output  string
	Engine  string
	Lang    string
	Netns   string
	Columns string
	Sort    string
	Explain bool
	Limit   int
	Trace   time.Duration
	Resolve bool
}

// AddFlags adds the flags of list to f.
func (o *ListOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.From, "from", "", "list the sockets of a `file`, a snapshot or a listing, instead of this host's; - is standard input")
	addOutputFlag(f, &o.Output)
	addEngineFlag(f, &o.Engine)
	addLangFlag(f, &o.Lang)
	addNetnsFlag(f, &o.Netns)
	f.StringVarP(&o.Columns, "columns", "c", report.DefaultColumns, "`fields` to show, separated by commas; +a,b adds to the usual ones")
	f.StringVar(&o.Sort, "sort", "", "`fields` to sort by, separated by commas; -field for the largest first")
	durationVar(f, &o.Trace, "trace", 0, traceUsage)
	f.BoolVar(&o.Explain, "explain", false, "say how the sockets would be found, and do not look")
	f.BoolVarP(&o.Resolve, "resolve", "r", false, "show names of hosts and services in the table; this asks DNS, for at most 2 s")
	f.IntVar(&o.Limit, "limit", 0, "show at most this many sockets (0: all)")
}

func newListCommand(env *Env) *cobra.Command {
	var o ListOptions
	cmd := &cobra.Command{
		Use:   "list [FILTER]",
		Short: "List TCP sockets",
		Long: `List the TCP sockets that a filter chooses: all of them without one.

The filter is ss's, and every field can be compared in the same way; see
tcpvitals explain fields. Rows appear as they are read, unless they
are to be sorted.

-r shows names for addresses and ports where there are any, as ss -r does: ports
by /etc/services, addresses by the resolver of this host, which may ask DNS. It
asks when all sockets are read, for at most 256 addresses and 2 seconds. A name
is what the owner of the address says, and no proof of who that is.`,
		Example: `  tcpvitals list 'state close-wait'
  tcpvitals list 'dport = :443 and rtt > 30ms' -c +rtt,process
  tcpvitals list 'process = nginx and recvq > 0' --sort -recvq --limit 20
  tcpvitals list 'state established' -r
  tcpvitals list 'state time-wait' -o ndjson`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runList(cmd.Context(), env, o, strings.Join(args, " "))
		},
	}
	o.AddFlags(cmd.Flags())
	completeReading(cmd, engine.RowNames())
	completeLists(cmd, "columns", "sort")
	cmd.ValidArgsFunction = completeFilter
	return cmd
}

func runList(ctx context.Context, env *Env, o ListOptions, filter string) error {
	if err := checkOutput(o.Output); err != nil {
		return err
	}
	columns, err := report.ParseColumns(o.Columns)
	if err != nil {
		return err
	}
	order, err := report.ParseOrder(o.Sort)
	if err != nil {
		return err
	}
	if o.Limit < 0 {
		return &problem.UsageError{Msg: "--limit must not be negative", Hint: "0 shows all", Zh: "--limit 不能为负数", HintZh: "0 表示全部"}
	}
	if o.Resolve && o.Output != outputTable {
		return &problem.UsageError{
			Msg: "--resolve is for the table: " + o.Output + " has addresses and ports, which mean the same everywhere", Hint: "leave -r or -o out",
			Zh: "--resolve 只用于表格：" + o.Output + " 里是地址和端口，在哪里含义都一样", HintZh: "请去掉 -r 或 -o",
		}
	}
	meanwhile := beside{lang: o.Lang}
	defer meanwhile.end()
	from := o.source()
	from.Traced = meanwhile.closers(o.Trace)
	src, err := from.open(env)
	if err != nil {
		return err
	}
	defer closing(src)
	q, err := parseFilter(filter, src, noter{env, o.Output, o.Lang})
	if err != nil {
		return err
	}
	fields := report.FieldsOf(columns).Union(order.Fields())
	if o.Explain {
		return runExplainPlan(ctx, env, o.Output, src, engine.Counting{Filter: q, Fields: fields}, o.Lang)
	}
	if err := checkTrace(o.Trace, o.From, fields.Union(q.Needs())); err != nil {
		return err
	}
	if err := meanwhile.begin(ctx, env, o.Netns, o.Trace); err != nil {
		return err
	}
	w, err := o.writer(env, columns, src.About(), q.Notes())
	if err != nil {
		return err
	}
	l := &report.Lister{Out: w, Limit: uint64(o.Limit), Order: order, People: o.Output == outputTable}
	if table, ok := w.(*render.TableRows); ok && o.Resolve {
		l.Before = func(all []*socket.Socket) { table.Named(env.names(ctx, columns, all)) }
	}
	scan := engine.Scan{Filter: q, Fields: fields}
	seen, err := src.Rows(ctx, scan, engine.Visit(l.Visit))
	if err != nil {
		return err
	}
	traced, err := meanwhile.gaps()
	if err != nil {
		return err
	}
	seen.Gaps = append(seen.Gaps, traced...)
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	defer env.saysMissing(o.Output, seen.Gaps, lang)
	if err := l.End(seen); err != nil {
		return err
	}
	if seen.Partial() {
		return errPartial
	}
	return nil
}

func (o ListOptions) source() source {
	return source{From: o.From, Engine: o.Engine, Netns: o.Netns}
}

// writer returns the writer of the requested output.
func (o ListOptions) writer(env *Env, columns []*socket.Field, about engine.About, notes []query.Note) (report.RowWriter, error) {
	switch o.Output {
	case outputJSON:
		return report.NewJSONRows(env.Stdout, columns, about.Host, about.At(env.Now()), notes)
	case outputNDJSON:
		return report.NewNDJSONRows(env.Stdout, columns), nil
	case outputCSV:
		return report.NewCSVRows(env.Stdout, columns)
	default:
		lang, err := language(env, o.Lang)
		return render.NewTableRows(screen{env}, columns, lang), err
	}
}

// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// somaxconn is the kernel parameter that cuts every backlog.
const somaxconn = "net.core.somaxconn"

// QueuesOptions are the flags of queues.
type QueuesOptions struct {
	From   string
	Output string
	Engine string
	Lang   string
	Netns  string
	Window time.Duration
}

// AddFlags adds the flags of queues to f.
func (o *QueuesOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.From, "from", "", "judge the listeners of a `file` (a snapshot, a listing) instead of this host's; - is standard input")
	addOutputFlag(f, &o.Output)
	f.StringVar(&o.Engine, "engine", engine.Auto, "who reads the socket table: "+strings.Join(engine.RowNames(), ", "))
	f.StringVar(&o.Lang, "lang", "", "en or zh (default: from the locale)")
	f.StringVar(&o.Netns, "netns", "", "network namespaces: self, all, a path, a name, a process id or a container")
	f.DurationVar(&o.Window, "window", 0, "look twice, this long apart, for rates and whether the queue moves")
}

func newQueuesCommand(env *Env) *cobra.Command {
	var o QueuesOptions
	cmd := &cobra.Command{
		Use:   "queues [FILTER]",
		Short: "Judge the accept queue of every listener",
		Long: `Show the accept queue of every listener: how many connections wait for
accept(), the limit and what set it, half-open connections, what this very
listener dropped; and for one in trouble, what to turn.

The filter chooses listeners, in the language of list. One look tells where a
queue stands; --window tells whether it is served and whether drops go on.
docs/queues.md says how to read the answer.`,
		Example: `  tcpvitals queues
  tcpvitals queues --window 10s
  tcpvitals queues 'sport = :443' --netns all -o json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runQueues(cmd.Context(), env, o, strings.Join(args, " "))
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{
		"output": outputs(),
		"engine": engine.RowNames(),
		"lang":   languages(),
		"netns":  {"self", "all"},
	})
	return cmd
}

func (o QueuesOptions) source() source {
	return source{From: o.From, Engine: o.Engine, Netns: o.Netns}
}

// check refuses what makes no sense, before anything is read.
func (o QueuesOptions) check() error {
	if err := checkOutput(o.Output); err != nil {
		return err
	}
	return checkWindow(o.Window, o.From)
}

// checkWindow refuses a window that cannot be looked through.
func checkWindow(window time.Duration, from string) error {
	switch {
	case window < 0:
		return &problem.UsageError{Msg: "--window must not be negative", Hint: "for example --window 10s"}
	case window > 0 && from != "":
		return &problem.UsageError{Msg: "--window and --from exclude each other", Hint: "a listing does not move: leave --window out"}
	default:
		return nil
	}
}

func runQueues(ctx context.Context, env *Env, o QueuesOptions, filter string) error {
	if err := o.check(); err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	in, err := o.source().open(env)
	if err != nil {
		return err
	}
	defer in.close()
	q, err := parseFilter(filter, in)
	if err != nil {
		return err
	}
	look := func() (*queueLook, error) { return lookAtQueues(ctx, in, q) }
	before, now, elapsed, err := twice(ctx, env, o.Window, look)
	if err != nil {
		return err
	}
	answer := now.answer(env, o, in, before, elapsed)
	if err := writeQueues(env, o.Output, lang, answer); err != nil {
		return err
	}
	if now.report.Partial() || before != nil && before.report.Partial() || now.undecided > 0 {
		return errPartial
	}
	return nil
}

// twice looks once, or twice with a window between; before is nil for once.
func twice[T any](ctx context.Context, env *Env, window time.Duration, look func() (*T, error)) (before, now *T, elapsed time.Duration, err error) {
	if window > 0 {
		start := env.Now()
		if before, err = look(); err != nil {
			return nil, nil, 0, err
		}
		if err := env.Wait(ctx, window); err != nil {
			return nil, nil, 0, err
		}
		elapsed = env.Now().Sub(start)
	}
	now, err = look()
	return before, now, elapsed, err
}

// A queueLook is one reading and how it went.
type queueLook struct {
	reading   diagnose.QueueReading
	report    *engine.Report
	undecided uint64 // listeners that the filter could not judge
}

func lookAtQueues(ctx context.Context, in *input, filter *query.Filter) (*queueLook, error) {
	l := &queueLook{}
	scan := engine.Scan{
		Filter:  statesFilter(diagnose.QueueStates()),
		Fields:  diagnose.QueueFields().Union(filter.Needs()).Union(ownerFields()),
		Sysctls: []string{somaxconn}, Counters: true,
	}
	report, err := scanRows(ctx, in, scan, func(s *socket.Socket) bool {
		l.reading.Add(s, l.chosen(s, filter))
		return true
	})
	if err != nil {
		return nil, err
	}
	l.report = report
	l.reading.Somaxconn = numbers(report.Sysctls, somaxconn)
	l.reading.ListenDrops = map[uint64]uint64{}
	for inode, counters := range report.Counters {
		if n, ok := counters["TcpExt.ListenDrops"]; ok {
			l.reading.ListenDrops[inode] = n
		}
	}
	return l, nil
}

// ownerFields are whose a listener is.
func ownerFields() socket.FieldSet {
	return socket.FieldsOf(socket.FieldProcess, socket.FieldPID, socket.FieldUnit, socket.FieldContainer, socket.FieldDevice)
}

// chosen asks the filter about listeners; all other rows only count.
func (l *queueLook) chosen(s *socket.Socket, filter *query.Filter) bool {
	if s.State != tcp.Listen {
		return false
	}
	verdict := filter.Match(s)
	if verdict == query.Unknown {
		l.undecided++
	}
	return verdict == query.Yes
}

// statesFilter is the filter that chooses some states.
func statesFilter(states tcp.StateSet) *query.Filter {
	var terms []string
	for s := range states.All() {
		terms = append(terms, "state "+s.String())
	}
	f, err := query.Parse(strings.Join(terms, " or "), query.Options{})
	if err != nil {
		panic(err) // the program wrote it
	}
	return f
}

// numbers returns one parameter of each namespace, as far as it is a number.
func numbers(all engine.Sysctls, name string) map[uint64]uint64 {
	out := map[uint64]uint64{}
	for inode, values := range all {
		if n, err := strconv.ParseUint(values[name], 10, 64); err == nil {
			out[inode] = n
		}
	}
	return out
}

func (l *queueLook) answer(env *Env, o QueuesOptions, in *input, before *queueLook, elapsed time.Duration) render.Queues {
	var past *diagnose.QueueReading
	if before != nil {
		past = &before.reading
	}
	a := render.Queues{
		Time: in.time(env.Now()), Host: in.host(env), Window: elapsed, Engine: l.report.Engine, Exact: l.report.Exact,
		Queues: diagnose.JudgeQueues(&l.reading, past, elapsed),
		Gaps:   slices.Clone(l.report.Gaps),
	}
	if o.Output != outputTable {
		a.Gaps = append(a.Gaps, l.report.Limits...)
	}
	a.Gaps = append(a.Gaps, l.unknown(a.Queues)...)
	return a
}

// unknown names what the judgement had to do without.
func (l *queueLook) unknown(queues []diagnose.Queue) (gaps []problem.Gap) {
	limits, drops, caps, hands := 0, 0, 0, 0
	for i := range queues {
		limits += missing(queues[i].Limit)
		drops += missing(queues[i].Drops)
		caps += missing(queues[i].Somaxconn)
		hands += missing(queues[i].Unaccepted)
	}
	add := func(n int, source, reason string) {
		if n > 0 {
			gaps = append(gaps, problem.Gap{Source: source, Reason: reason, Structural: true})
		}
	}
	add(limits, "limit", "this source does not show the limit of an accept queue (sock_diag and ss do)")
	add(drops, "drops", "this source does not show what a listener dropped (sock_diag does, since Linux 4.7)")
	add(hands, "unaccepted", "this source does not show who has a connection open (sock_diag does, and ss -e)")
	add(caps, somaxconn, "not known here, so that what set a limit is not known either")
	if l.undecided > 0 {
		reason := strconv.FormatUint(l.undecided, 10) + " listeners left out: a field that it compares is not known of them"
		gaps = append(gaps, problem.Gap{Source: "filter", Reason: reason})
	}
	return gaps
}

func missing(n *uint64) int {
	if n == nil {
		return 1
	}
	return 0
}

func writeQueues(env *Env, output string, lang knowledge.Lang, a render.Queues) error {
	switch output {
	case outputJSON:
		return a.JSON(env.Stdout)
	case outputNDJSON:
		return a.NDJSON(env.Stdout)
	case outputCSV:
		return a.CSV(env.Stdout)
	default:
		_, err := env.Stdout.Write([]byte(render.QueuesTable{Queues: a, Lang: lang, Width: env.width()}.String()))
		return err
	}
}

// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// QueuesOptions are the flags of queues.
type QueuesOptions struct {
	EveryOptions
	AtOptions

	From   string
	Output string
	Engine string
	Lang   string
	Netns  string
	Window time.Duration
	Trace  time.Duration
}

// AddFlags adds the flags of queues to f.
func (o *QueuesOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.From, "from", "", "judge the listeners of a `file` (a snapshot, a listing) instead of this host's; - is standard input")
	addOutputFlag(f, &o.Output)
	addEngineFlag(f, &o.Engine)
	addLangFlag(f, &o.Lang)
	addNetnsFlag(f, &o.Netns)
	durationVar(f, &o.Window, "window", 0, "look twice, this long apart, for rates and whether the queue moves")
	durationVar(f, &o.Trace, "trace", 0, "trace this long between two looks: how the connections of each listener end, and who ends them")
	o.EveryOptions.addFlags(f)
	o.AtOptions.addFlags(f)
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
queue stands; --window tells whether it is served and whether drops go on, and
--trace also how connections end and by whom (CAP_BPF and CAP_PERFMON).
docs/queues.md says how to read the answer.`,
		Example: `  tcpvitals queues
  tcpvitals queues --window 10s
  tcpvitals queues --trace 10s
  tcpvitals queues --every 5s
  tcpvitals queues 'sport = :443' --netns all -o json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runQueues(cmd.Context(), env, o, strings.Join(args, " "))
		},
	}
	o.AddFlags(cmd.Flags())
	completeReading(cmd, engine.RowNames())
	cmd.ValidArgsFunction = completeFilter
	return cmd
}

func (o QueuesOptions) source() source {
	return source{From: o.From, Engine: o.Engine, Netns: o.Netns, Stays: o.again()}
}

// check refuses what makes no sense, before anything is read.
func (o QueuesOptions) check() error {
	if err := checkOutput(o.Output); err != nil {
		return err
	}
	if err := checkWindow(o.Window, o.From); err != nil {
		return err
	}
	if err := checkTraceWindow(o.Trace, o.From != "", o.Window != 0); err != nil {
		return err
	}
	if o.Trace != 0 && o.again() {
		return traceEvery()
	}
	return o.EveryOptions.check(o.Output, o.From != "", o.Window)
}

// checkWindow refuses a window over a source that cannot be read twice.
func checkWindow(window time.Duration, from string) error {
	switch {
	case window < 0:
		return &problem.UsageError{Msg: "--window must not be negative", Hint: "for example --window 10s", Zh: "--window 不能为负数", HintZh: "例如 --window 10s"}
	case window > 0 && from != "":
		return &problem.UsageError{Msg: "--window and --from exclude each other", Hint: "a listing does not change: leave --window out", Zh: "--window 与 --from 不能同时使用", HintZh: "列表不会变化：请去掉 --window"}
	default:
		return nil
	}
}

func runQueues(ctx context.Context, env *Env, o QueuesOptions, filter string) error {
	if err := o.pickAt(env, o.Lang, &o.From); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	src, err := o.source().open(env)
	if err != nil {
		return err
	}
	defer closing(src)
	q, err := parseFilter(filter, src, noter{env, o.Output, o.Lang})
	if err != nil {
		return err
	}
	look := func(ctx context.Context, _ *sampler.Sample[*collect.QueueLook], _ time.Time) (*collect.QueueLook, error) {
		return collect.LookAtQueues(ctx, src, q)
	}
	show := func(before, now *sampler.Sample[*collect.QueueLook]) *queuesView {
		return newQueuesView(src.About(), o, lang, before, now)
	}
	if o.again() {
		return repeat(ctx, env, o.EveryOptions, o.Output, lang, look, func(before, now *sampler.Sample[*collect.QueueLook]) (sighting, []report.Change, error) {
			return show(before, now), nil, nil
		})
	}
	before, now, summary, err := o.window(ctx, env, look)
	if err != nil {
		return err
	}
	view := show(before, now)
	view.traced(summary)
	if err := view.write(env, o.Output); err != nil {
		return err
	}
	env.saysMissing(o.Output, view.Gaps, lang)
	if view.partial() {
		return errPartial
	}
	return nil
}

// window makes one look, or two with a trace between them, if one is requested.
// Without a trace the summary is nil.
func (o QueuesOptions) window(ctx context.Context, env *Env, look sampler.Pass[*collect.QueueLook]) (before, now *sampler.Sample[*collect.QueueLook], s *trace.Summary, err error) {
	if o.Trace == 0 {
		before, now, err = sampler.Window(ctx, env.clock(), o.Window, look)
		return before, now, nil, err
	}
	meanwhile := beside{lang: o.Lang}
	defer meanwhile.end()
	if err := meanwhile.open(ctx, trace.Options{Netns: o.Netns, Owners: true, Now: env.Now}); err != nil {
		return nil, nil, nil, err
	}
	clock := env.clock()
	clock.Wait = func(ctx context.Context, d time.Duration) error { return env.waitTracing(ctx, d, o.Lang) }
	if before, now, err = sampler.Window(ctx, clock, o.Trace, look); err == nil {
		s, err = meanwhile.trace.Summary()
	}
	return before, now, s, err
}

// queuesView is what one look, or two, show.
type queuesView struct {
	render.QueuesTable

	lost bool
}

func newQueuesView(about engine.About, o QueuesOptions, lang knowledge.Lang, before, now *sampler.Sample[*collect.QueueLook]) *queuesView {
	look := now.Value
	v := &queuesView{lost: look.Partial()}
	var past *collect.QueueLook
	if before != nil {
		past = before.Value
		v.lost = v.lost || past.Report.Partial()
	}
	v.Queues, v.Lang = report.NewQueues(look, past, about.At(now.At), about.Host, now.Since), lang
	if o.Output != outputTable {
		v.Gaps = slices.Insert(v.Gaps, len(look.Report.Gaps), look.Report.Limits...)
	}
	return v
}

// traced adds what the trace saw between the looks.
func (v *queuesView) traced(s *trace.Summary) {
	if s == nil {
		return
	}
	v.Trace = s
	v.Gaps = append(v.Gaps, s.Gaps...)
	v.lost = v.lost || s.Partial()
	v.Exact = v.Exact && !s.Partial()
}

func (v *queuesView) partial() bool { return v.lost }

func (v *queuesView) table(env *Env) (string, error) {
	v.Width = env.width()
	return v.String(), nil
}

func (v *queuesView) json(w io.Writer) error { return v.JSON(w) }

func (v *queuesView) write(env *Env, output string) error {
	switch output {
	case outputJSON:
		return v.JSON(env.Stdout)
	case outputNDJSON:
		return v.NDJSON(env.Stdout)
	case outputCSV:
		return v.CSV(env.Stdout)
	default:
		text, err := v.table(env)
		if err == nil {
			err = env.say(text)
		}
		return err
	}
}

// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// A Keeper receives each sample, one per count, in order. An error ends the agent. It
// must not change the sample.
type Keeper interface {
	Take(ctx context.Context, s *metrics.Sample) error
}

// A reader reads a host and keeps the newest sample for requests.
type reader struct {
	counts   engine.Source // for counts, which do not wait for the examination
	examines engine.Source
	own      engine.Source // for this process's own network namespace, for the names of node_exporter
	trace    *trace.Shared // nil without a trace
	log      *slog.Logger
	clock    sampler.Options
	purse    *sampler.Purse // nil where the processor time of this process is not known
	version  string
	keepers  []Keeper
	// examinedIs is called with each examination; may be nil.
	examinedIs func(*metrics.Sample)
	// receivers tells how the stores do that the history is sent to; nil without any.
	receivers func() []metrics.Receiver

	// first receives the error of the first examination, nil if it worked.
	first chan error

	newest atomic.Pointer[metrics.Sample]
	beat   atomic.Pointer[time.Time] // when the last count ended; nil before

	mu       sync.Mutex // protects what follows
	counted  *metrics.Counted
	examined *metrics.Examined
	traced   *metrics.Traced
	sources  map[string]*metrics.Source
}

func newReader(counts, examines, own engine.Source, log *slog.Logger, clock sampler.Options, version string, keepers ...Keeper) *reader {
	r := &reader{counts: counts, examines: examines, own: own, log: log, clock: clock, version: version, keepers: keepers, first: make(chan error, 1), sources: map[string]*metrics.Source{}}
	if spent := collect.Spent(); spent != nil {
		r.purse = sampler.NewPurse(spent, clock.Now)
	}
	for _, name := range []string{metrics.SourceCount, metrics.SourceExamine} {
		r.sources[name] = &metrics.Source{Name: name, OK: true}
	}
	return r
}

// Newest returns the newest sample; nil before the first.
func (r *reader) Newest() *metrics.Sample {
	s := r.newest.Load()
	if s == nil {
		return nil
	}
	asked := *s
	asked.At = r.clock.Now()
	return &asked
}

// A reading is the result of one pass or its error. A failed pass does not end the
// sampling.
type reading[T any] struct {
	value T
	err   error
}

// A look is one examination; the next one is compared with it.
type look struct {
	at       time.Time
	examined *collect.Examined
	told     *metrics.Examined
}

// share is the share of the time for each of the two samplers. What else the agent does
// (traces, the history, snapshots, answers) is taken from it.
const share = 2 * sampler.Share

// run looks until the context ends. It returns the context's error, or a keeper's.
func (r *reader) run(ctx context.Context, s Settings) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var both sync.WaitGroup
	both.Go(func() { end(r.counting(s).Run(ctx, sampler.SinkFunc[reading[*metrics.Counted]](r.takeCount))) })
	both.Go(func() { end(r.examining(s).Run(ctx, sampler.SinkFunc[reading[look]](r.takeExamined))) })
	both.Wait()
	return context.Cause(ctx)
}

// count makes one count.
func (r *reader) count(ctx context.Context, s Settings) error {
	count := sampler.New(once(r.options(s.Every)), r.countPass(s))
	if err := count.Run(ctx, sampler.SinkFunc[reading[*metrics.Counted]](r.takeCount)); err != nil {
		return err
	}
	return count.Newest().Value.err
}

// once makes one count and one examination, for commands that print one answer and
// end.
func (r *reader) once(ctx context.Context, s Settings) error {
	if err := r.count(ctx, s); err != nil {
		return err
	}
	examine := sampler.New(once(r.options(s.ExamineEvery)), r.examinePass(s, false))
	if err := examine.Run(ctx, sampler.SinkFunc[reading[look]](r.takeExamined)); err != nil {
		return err
	}
	return examine.Newest().Value.err
}

// once limits sampling to one look.
func once(o sampler.Options) sampler.Options {
	o.Count = 1
	return o
}

func (r *reader) options(every time.Duration) sampler.Options {
	return sampler.Options{Every: every, Share: share, Spent: collect.Spent(), Purse: r.purse, Now: r.clock.Now, Wait: r.clock.Wait}
}

func (r *reader) counting(s Settings) *sampler.Sampler[reading[*metrics.Counted]] {
	counting := sampler.New(r.options(s.Every), r.countPass(s))
	counting.Between(r.countPart())
	return counting
}

func (r *reader) examining(s Settings) *sampler.Sampler[reading[look]] {
	o := r.options(s.ExamineEvery)
	// Counts run beside every examination that is long, so its cost is always a guess.
	o.FirstCounts = true
	return sampler.New(o, r.examinePass(s, true))
}

// countPass returns a pass that counts by state and family and reads the kernel's
// numbers.
func (r *reader) countPass(set Settings) sampler.Pass[reading[*metrics.Counted]] {
	keys := query.Keys{{Field: socket.FieldState.Field()}, {Field: socket.FieldFamily.Field()}}
	return func(ctx context.Context, _ *sampler.Sample[reading[*metrics.Counted]], at time.Time) (reading[*metrics.Counted], error) {
		out := &metrics.Counted{At: at}
		fresh := func() { out.States = metrics.States{} }
		report, err := r.counts.Count(ctx, engine.Counting{Keys: keys, Again: fresh}, func(s *socket.Socket, n engine.Counted) {
			out.States.Add(s.State.Reported(), s.Family, n.Sockets)
		})
		if err != nil {
			return failed[*metrics.Counted](ctx, err)
		}
		out.Engine, out.Exact = report.Engine, report.Exact && !report.Partial()
		if set.Compat != "" {
			if err := r.countOwn(ctx, out); err != nil {
				return failed[*metrics.Counted](ctx, err)
			}
		}
		out.Facts, _ = collect.Numbers() // a missing number has no series
		return reading[*metrics.Counted]{value: out}, nil
	}
}

// countPart returns a look that estimates the counts, for hosts on which a whole
// count at each tick would be too expensive. What cannot be estimated keeps its last
// count.
func (r *reader) countPart() sampler.Part[reading[*metrics.Counted]] {
	keys := query.Keys{{Field: socket.FieldState.Field()}, {Field: socket.FieldFamily.Field()}}
	unbound, unreadable := collect.Unbound(nil, query.Options{})
	return func(ctx context.Context, before *sampler.Sample[reading[*metrics.Counted]], at time.Time, oneIn uint32) (reading[*metrics.Counted], error) {
		whole := before.Value.value
		if unreadable != nil || whole == nil {
			return reading[*metrics.Counted]{}, sampler.ErrWhole
		}
		out := &metrics.Counted{At: at, OneIn: oneIn, Own: whole.Own}
		var seen, squares metrics.States
		report, err := collect.CountPart(ctx, r.counts, engine.Counting{Filter: unbound, Keys: keys, Sample: oneIn}, func(s *socket.Socket, n engine.Counted) {
			if !n.Sampled {
				out.States.Add(s.State.Reported(), s.Family, n.Sockets)
				return
			}
			seen.Add(s.State.Reported(), s.Family, n.Sockets)
			squares.Add(s.State.Reported(), s.Family, n.Squares)
		})
		if err != nil {
			return reading[*metrics.Counted]{}, err
		}
		for state := range seen {
			for family := range seen[state] {
				out.States[state][family] += report.Sample.Estimate(seen[state][family], squares[state][family]).Value
			}
		}
		out.Engine = report.Engine
		out.Facts, _ = collect.Numbers()
		return reading[*metrics.Counted]{value: out}, nil
	}
}

// failed returns the reading of a failed pass. The error ends the sampling only if
// the context has ended.
func failed[T any](ctx context.Context, err error) (reading[T], error) {
	return reading[T]{err: err}, ctx.Err()
}

// examinePass returns a pass that reads what the rules need, and counts sockets by
// owner and place. moving says that there is more than one pass.
func (r *reader) examinePass(s Settings, moving bool) sampler.Pass[reading[look]] {
	pass := collect.Closeness{}.Pass(r.examines, moving)
	examine := func(ctx context.Context, before *sampler.Sample[reading[look]], at time.Time) (reading[look], error) {
		var past *sampler.Sample[*collect.Examined]
		now := &sampler.Sample[*collect.Examined]{Look: sampler.Look{At: at}}
		if before != nil && before.Value.value.examined != nil {
			then := before.Value.value
			past = &sampler.Sample[*collect.Examined]{Look: sampler.Look{At: then.at}, Value: then.examined}
			now.Since = at.Sub(then.at)
		}
		var err error
		if now.Value, err = pass(ctx, past, at); err != nil {
			return failed[look](ctx, err)
		}
		told, err := r.tell(ctx, s, past, now)
		if err != nil {
			return failed[look](ctx, err)
		}
		return reading[look]{value: look{at, now.Value, told}}, nil
	}
	host, ok := r.examines.(*engine.Host)
	if !ok {
		return examine
	}
	return func(ctx context.Context, before *sampler.Sample[reading[look]], at time.Time) (out reading[look], err error) {
		err = host.Together(func() error {
			out, err = examine(ctx, before, at)
			return err
		})
		return out, err
	}
}

// tell turns an examination into metrics.
func (r *reader) tell(ctx context.Context, s Settings, past, now *sampler.Sample[*collect.Examined]) (*metrics.Examined, error) {
	var before *collect.Examined
	if past != nil {
		before = past.Value
	}
	d := collect.Closeness{}.WindowOf(r.examines.About(), past, now).Judge()
	queues, uses := now.Value.JudgeSpaces(before, now.Since)
	out := &metrics.Examined{
		At: now.At, Exact: now.Value.Report.Exact && !now.Value.Partial(), Diagnosis: d,
		Namespaces: now.Value.Report.Namespaces, Unread: now.Value.Report.Unread,
		Listeners:    metrics.ListenersOf(queues, s.Top),
		Destinations: metrics.DestinationsOf(uses, s.Networks, s.Top),
		Findings:     metrics.FindingsOf(d, s.Networks, s.Top),
	}
	if s.Compat != "" {
		q := &queued{}
		if _, err := engine.Feed(ctx, r.own, nil, q); err != nil {
			return nil, problem.Errorf("add up queues: %w", "累加队列：%w", err)
		}
		out.Queued = &q.Queued
	}
	var err error
	if out.By, err = groupsBy(ctx, r.examines, s.Top); err != nil {
		return nil, err
	}
	return out, nil
}

// takeCount publishes a count and passes the sample to the keepers.
func (r *reader) takeCount(ctx context.Context, s *sampler.Sample[reading[*metrics.Counted]]) error {
	r.note(metrics.SourceCount, &s.Look, s.Value.err)
	traced := r.askTrace()
	r.mu.Lock()
	if s.Value.err == nil {
		r.counted = s.Value.value
	}
	if traced != nil {
		r.traced = traced
	}
	sample := r.publish()
	r.mu.Unlock()
	now := r.clock.Now() // with the time that nobody can set
	r.beat.Store(&now)
	for _, k := range r.keepers {
		if err := k.Take(ctx, sample); err != nil {
			return err
		}
	}
	return nil
}

// askTrace returns the summary of the trace so far; nil without a trace, or after an
// error.
func (r *reader) askTrace() *metrics.Traced {
	if r.trace == nil {
		return nil
	}
	s, err := r.trace.Summary()
	if err != nil {
		r.log.Debug("the trace cannot be read", "error", err)
		return nil
	}
	return metrics.TracedOf(s)
}

// takeExamined publishes an examination.
func (r *reader) takeExamined(_ context.Context, s *sampler.Sample[reading[look]]) error {
	r.note(metrics.SourceExamine, &s.Look, s.Value.err)
	r.mu.Lock()
	if s.Value.err == nil {
		r.examined = s.Value.value.told
	}
	sample := r.publish()
	r.mu.Unlock()
	if r.examinedIs != nil {
		r.examinedIs(sample)
	}
	select {
	case r.first <- s.Value.err:
	default: // it was not the first
	}
	return nil
}

// publish makes the newest sample. The caller holds r.mu.
func (r *reader) publish() *metrics.Sample {
	s := &metrics.Sample{At: r.clock.Now(), Version: r.version, Count: r.counted, Examined: r.examined, Traced: r.traced, Own: collect.OwnUse()}
	if r.receivers != nil {
		s.Receivers = r.receivers()
	}
	for _, name := range []string{metrics.SourceCount, metrics.SourceExamine} {
		s.Sources = append(s.Sources, *r.sources[name])
	}
	r.newest.Store(s)
	return s
}

// note records the state of a source. It logs changes only: a source that begins to
// fail, or works again.
func (r *reader) note(name string, l *sampler.Look, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	src := r.sources[name]
	src.Skipped += l.Skipped
	if err != nil {
		src.Failed++
		if src.OK {
			r.log.Error("a source cannot be read", "source", name, "error", err)
		}
		src.OK = false
		return
	}
	if !src.OK {
		r.log.Info("a source can be read again", "source", name, "failures", src.Failed)
	}
	if l.Stretched() && !src.Look.Stretched() {
		r.log.Warn("reading takes too much of a processor: it is done less often", "source", name, "took", l.Took, "every", l.Interval)
	}
	src.OK, src.Look = true, *l
}

// groupsBy counts sockets, by state and by each thing for which there are metrics.
// Things that concern the same sockets share one count.
func groupsBy(ctx context.Context, src engine.Source, top int) (all []metrics.Groups, err error) {
	var together []string
	for _, by := range metrics.By() {
		if by != metrics.ByPort {
			together = append(together, by)
		}
	}
	// Only the port of a listener counts; an ephemeral port means nothing.
	listened, err := query.Parse("state listen or direction = inbound", query.Options{})
	if err != nil {
		return nil, err
	}
	ports, err := countBy(ctx, src, listened, top, metrics.ByPort)
	if err != nil {
		return nil, err
	}
	others, err := countBy(ctx, src, nil, top, together...)
	return append(ports, others...), err
}

// countBy makes one count of the sockets that a filter chooses, and returns its sums
// by each thing.
func countBy(ctx context.Context, src engine.Source, filter *query.Filter, top int, things ...string) ([]metrics.Groups, error) {
	all := engine.Counting{Filter: filter}
	var groups []*query.Groups
	for _, by := range things {
		keys, err := query.ParseKeys(keyOf(by) + ",state")
		if err != nil {
			return nil, err
		}
		groups = append(groups, query.NewGroups(query.GroupOptions{Keys: keys, Pivot: true, Max: mostGroups}))
		all.Keys = append(all.Keys, keys[0])
	}
	all.Keys = append(all.Keys, query.Key{Field: socket.FieldState.Field()})
	all.Again = func() {
		for _, g := range groups {
			g.Reset()
		}
	}
	_, err := src.Count(ctx, all, func(s *socket.Socket, n engine.Counted) {
		for _, g := range groups {
			g.AddN(s, n.Sockets)
		}
	})
	if err != nil {
		return nil, problem.Errorf("count by %s: %w", "按 %s 统计：%w", strings.Join(things, ","), err)
	}
	told := make([]metrics.Groups, len(things))
	for i, by := range things {
		told[i] = metrics.GroupsOf(by, groups[i], top)
	}
	return told, nil
}

// keyOf returns the field for a value of the label "by".
func keyOf(by string) string {
	if by == metrics.ByPort {
		return "sport"
	}
	return by
}

// mostGroups bounds the number of groups that are counted; fewer are exported.
const mostGroups = 1 << 16

// countOwn counts by state in this process's own network namespace.
func (r *reader) countOwn(ctx context.Context, out *metrics.Counted) error {
	out.Own = &[tcp.NumStates]uint64{}
	fresh := func() { clear(out.Own[:]) }
	keys := query.Keys{{Field: socket.FieldState.Field()}}
	_, err := r.own.Count(ctx, engine.Counting{Keys: keys, Again: fresh}, func(s *socket.Socket, n engine.Counted) {
		out.Own[s.State.Reported()] += n.Sockets
	})
	return err
}

// queued adds up the queues of connections.
type queued struct{ metrics.Queued }

// Needs is [query.Counter.Needs].
func (*queued) Needs() socket.FieldSet {
	return socket.FieldsOf(socket.FieldState, socket.FieldRecvQ, socket.FieldSendQ)
}

// Add takes a socket. It skips listeners, whose queues are numbers of connections.
func (q *queued) Add(s *socket.Socket) {
	if s.State != tcp.Listen {
		q.Received, q.Sent = q.Received+uint64(s.RecvQ), q.Sent+uint64(s.SendQ)
	}
}

// Reset is [query.Counter.Reset].
func (q *queued) Reset() { q.Queued = metrics.Queued{} }

// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// A question is what each look reads. A changed question starts another run of the
// sampler: the difference of two samples is meaningful only if both answer the same
// question.
type question struct {
	serial uint64        // unique number of the question
	filter *query.Filter // nil: all sockets
	by     query.Keys    // nil: count by state only
	queues bool
	ports  bool
	file   int    // index of the saved machine shown
	rows   bool   // list the sockets themselves
	cookie uint64 // cookie of the socket shown with all its fields; 0 for none
}

// mostRows is how many sockets a screen lists.
const mostRows = 10_000

// mostGroups is how many groups a screen lists; the others are summed up in one row.
const mostGroups = 10_000

// A look is what one pass saw. It does not change.
type look struct {
	serial uint64 // number of the question
	tally  query.Tally
	engine string
	exact  bool
	gaps   []problem.Gap
	// estimates are the counts by state of a look at a part; nil for a whole look.
	// Such a look has nothing else.
	estimates *[tcp.NumStates]query.Estimate

	groups    *query.Grouped // nil if no groups were asked for
	crowded   *problem.Gap   // gap if the kernel had no room for all groups
	listeners []diagnose.Queue
	uses      []diagnose.PortUse
	rows      []*socket.Socket // the first sockets
	one       *socket.Socket   // the socket asked for; nil if it is gone
	edges     []trace.Edge     // since the trace began; nil without a trace
	ends      []trace.End      // since the trace began; nil without a trace
	stays     []trace.Stay
	traceErr  error
	own       collect.Own

	queues *collect.QueueLook
	ports  *collect.PortLook
}

// A looker reads a source.
type looker struct {
	source engine.Source
	trace  *trace.Shared // nil without a trace
	// hints receives what a first look has so far, by the clock now; nil if nobody
	// waits for it.
	hints func(*hint)
	now   func() time.Time
}

// pass returns the function that the sampler calls for each look.
func (l looker) pass(q question) sampler.Pass[*look] {
	return func(ctx context.Context, before *sampler.Sample[*look], at time.Time) (*look, error) {
		out := &look{serial: q.serial}
		if before != nil {
			l.hints = nil
		}
		if q.rows && l.hints != nil {
			if err := l.listFirst(ctx, q, out); err != nil {
				return nil, err
			}
		}
		if err := l.count(ctx, q, out); err != nil {
			return nil, err
		}
		var past *look
		since := time.Duration(0)
		if before != nil {
			past, since = before.Value, at.Sub(before.At)
		}
		if err := l.aside(ctx, q, out, past, since); err != nil {
			return nil, err
		}
		if out.rows == nil {
			if err := l.list(ctx, q, out); err != nil {
				return nil, err
			}
		}
		l.traced(out)
		out.own = collect.OwnUse()
		return out, nil
	}
}

// part returns a look that counts by state in one of several buckets, and reads the
// trace. A host that is too large for whole looks can be read that way each second.
// Bound sockets ([collect.Unbound]) come from the last whole look.
func (l looker) part(q question) sampler.Part[*look] {
	filter, unreadable := collect.Unbound(q.filter, l.source.Names())
	state, _ := socket.Lookup("state")
	return func(ctx context.Context, before *sampler.Sample[*look], _ time.Time, oneIn uint32) (*look, error) {
		if unreadable != nil {
			return nil, sampler.ErrWhole
		}
		out := &look{serial: q.serial, estimates: &[tcp.NumStates]query.Estimate{}}
		var seen, squares, all [tcp.NumStates]uint64
		counting := engine.Counting{Filter: filter, Keys: query.Keys{{Field: state}}, Sample: oneIn}
		report, err := collect.CountPart(ctx, l.source, counting, func(s *socket.Socket, n engine.Counted) {
			if n.Sampled {
				seen[s.State.Reported()] += n.Sockets
				squares[s.State.Reported()] += n.Squares
			} else {
				all[s.State.Reported()] += n.Sockets
			}
		})
		if err != nil {
			return nil, err
		}
		for s := range tcp.AllStates.All() {
			e := report.Sample.Estimate(seen[s], squares[s])
			out.estimates[s] = query.Estimate{Value: e.Value + all[s], Low: e.Low + all[s], High: e.High + all[s], Thin: e.Thin}
			if s == tcp.Bound || s == tcp.Listen { // these are counted completely
				n := before.Value.tally.Of(s).Total
				if s == tcp.Listen {
					n = all[s]
				}
				out.estimates[s] = query.Estimate{Value: n, Low: n, High: n}
			}
		}
		out.engine, out.exact, out.gaps = report.Engine, report.Exact, report.Gaps
		l.traced(out)
		out.own = collect.OwnUse()
		return out, nil
	}
}

// count counts by state and, in the same pass, by the keys of the question. If the
// kernel has no room for all groups, it counts by state once more, so that those
// counts are right.
func (l looker) count(ctx context.Context, q question, out *look) error {
	var sums *query.Groups
	fresh := func() {
		out.tally = query.Tally{}
		if q.by != nil {
			sums = query.NewGroups(query.GroupOptions{Keys: q.by})
		}
	}
	fresh()
	due := l.progress(q)
	report, err := l.source.Count(ctx, engine.Counting{Filter: q.filter, Keys: withState(q.by), Again: fresh}, func(s *socket.Socket, n engine.Counted) {
		out.tally.Add(s.State, s.Kind, n.Sockets)
		if sums != nil {
			sums.AddN(s, n.Sockets)
			due(sums)
		}
	})
	if err != nil {
		return err
	}
	out.engine, out.exact, out.gaps = report.Engine, report.Exact, report.Gaps
	if sums != nil {
		out.groups = sums.Top(mostGroups)
	}
	if full := slices.IndexFunc(report.Gaps, func(g problem.Gap) bool { return g.Code == problem.GroupsFull }); full >= 0 && q.by != nil {
		out.crowded = &report.Gaps[full]
		return l.count(ctx, question{filter: q.filter}, out)
	}
	return nil
}

// withState returns the keys with the state added.
func withState(keys query.Keys) query.Keys {
	for _, k := range keys {
		if k.Field.ID == socket.FieldState {
			return keys
		}
	}
	state, _ := socket.Lookup("state")
	return append(query.Keys{{Field: state}}, keys...)
}

// aside reads listeners and local ports if the question asks for them.
func (l looker) aside(ctx context.Context, q question, out, past *look, since time.Duration) (err error) {
	if q.queues {
		if out.queues, err = collect.LookAtQueues(ctx, l.source, q.filter); err != nil {
			return err
		}
		if past != nil {
			out.listeners = out.queues.Judge(past.queues, since)
		} else {
			out.listeners = out.queues.Judge(nil, 0)
		}
		out.gaps = append(out.gaps, out.queues.Report.Gaps...)
	}
	if q.ports {
		if out.ports, err = collect.LookAtPorts(ctx, l.source, since); err != nil {
			return err
		}
		if past != nil {
			out.uses = out.ports.Judge(past.ports, since)
		} else {
			out.uses = out.ports.Judge(nil, 0)
		}
		out.gaps = append(out.gaps, out.ports.Report.Gaps...)
		out.gaps = append(out.gaps, out.ports.Gaps...)
	}
	return nil
}

// firstRows is how many sockets are shown before it is known whose they are: more than
// a screen has.
const firstRows = 500

// listFirst lists sockets and sends them before all are counted. On a host with many
// sockets it takes most of the time to find out whose they are: unless the filter needs
// that, the first sockets are sent without.
func (l looker) listFirst(ctx context.Context, q question, out *look) error {
	if q.filter == nil || !q.filter.Needs().Costs(socket.CostScan) {
		scan := engine.Scan{Filter: q.filter, Fields: rowFields().Minus(socket.FieldsOf(socket.FieldProcess)), Fullest: true}
		rows, _, err := l.some(ctx, scan, firstRows)
		if err != nil {
			return err
		}
		l.hints(&hint{serial: q.serial, rows: rows, lacks: true})
	}
	if err := l.list(ctx, q, out); err != nil {
		return err
	}
	l.hints(&hint{serial: q.serial, rows: out.rows})
	return nil
}

// some reads at most so many sockets.
func (l looker) some(ctx context.Context, scan engine.Scan, most int) (rows []*socket.Socket, gaps []problem.Gap, err error) {
	rows = []*socket.Socket{}
	report, err := l.source.Rows(ctx, scan, engine.Visit(func(s *socket.Socket) bool {
		rows = append(rows, s.Clone())
		return len(rows) < most
	}))
	if err != nil {
		return nil, nil, err
	}
	return rows, report.Gaps, nil
}

// list reads sockets if the question asks for them: as many as are listed, and one
// socket with all fields.
func (l looker) list(ctx context.Context, q question, out *look) error {
	if q.rows {
		rows, gaps, err := l.some(ctx, engine.Scan{Filter: q.filter, Fields: rowFields()}, mostRows)
		if err != nil {
			return err
		}
		out.rows, out.gaps = rows, append(out.gaps, gaps...)
	}
	if q.cookie == 0 {
		return nil
	}
	f, err := query.Parse(fmt.Sprintf("cookie = %d", q.cookie), query.Options{})
	if err != nil {
		return err
	}
	_, err = l.source.Rows(ctx, engine.Scan{Filter: f, Fields: allFields()}, engine.Visit(func(s *socket.Socket) bool {
		out.one = s.Clone()
		return false
	}))
	return err
}

// rowColumns are the columns of the screen of sockets.
const rowColumns = "local,sport,remote,dport,process,recvq,sendq,state"

func rowFields() (all socket.FieldSet) {
	for name := range strings.SplitSeq(rowColumns, ",") {
		f, _ := socket.Lookup(name)
		all.Add(f.ID)
	}
	return all.Union(socket.FieldsOf(socket.FieldCookie))
}

// allFields returns the fields that the kernel tells of an existing socket.
func allFields() (all socket.FieldSet) {
	for f := range socket.Fields() {
		if f.Sources&socket.FromSockDiag != 0 {
			all.Add(f.ID)
		}
	}
	return all
}

// traced reads the trace. An error of the trace is shown and does not end the look.
func (l looker) traced(out *look) {
	if l.trace == nil {
		return
	}
	s, err := l.trace.Summary()
	if err != nil {
		out.traceErr = err
		return
	}
	out.edges, out.stays, out.ends = s.Edges, s.Stays, s.Ends
	if out.edges == nil {
		out.edges = []trace.Edge{}
	}
}

// A judgement is the list of findings about the host, each with its first time.
type judgement struct {
	examined  *collect.Examined
	listeners []diagnose.Queue
	uses      []diagnose.PortUse
	found     []found
	gone      []found // the latest first
	judged    int
	unjudged  int
}

// A found is a finding with its times.
type found struct {
	diagnose.Finding

	key   string
	since time.Time
	until time.Time // zero while the finding lasts
}

// examine returns a pass that judges the whole host, compared with the previous pass.
func (l looker) examine(c collect.Closeness) sampler.Pass[*judgement] {
	return func(ctx context.Context, before *sampler.Sample[*judgement], at time.Time) (*judgement, error) {
		var past *sampler.Sample[*collect.Examined]
		if before != nil {
			past = &sampler.Sample[*collect.Examined]{Look: before.Look, Value: before.Value.examined}
		}
		now := &sampler.Sample[*collect.Examined]{Look: sampler.Look{At: at}}
		if past != nil {
			now.Since = at.Sub(past.At)
		}
		var err error
		if now.Value, err = c.Pass(l.source, true)(ctx, past, at); err != nil {
			return nil, err
		}
		d := c.WindowOf(l.source.About(), past, now).Judge()
		j := &judgement{examined: now.Value, unjudged: len(d.NotJudged), judged: len(d.Passed)}
		var old *judgement
		if before != nil {
			old = before.Value
		}
		j.remember(d, old, at)
		j.spaces(now.Since, old)
		return j, nil
	}
}

// spaces judges the listeners and ports of all namespaces that were read.
func (j *judgement) spaces(since time.Duration, old *judgement) {
	var before *collect.Examined
	if old != nil {
		before = old.examined
	}
	j.listeners, j.uses = j.examined.JudgeSpaces(before, since)
}

// mostGone is how many past findings are listed.
const mostGone = 50

// remember sets since when each finding lasts, and moves those that have ended to the
// past ones.
func (j *judgement) remember(d *diagnose.Diagnosis, old *judgement, at time.Time) {
	since := map[string]time.Time{}
	if old != nil {
		for _, f := range old.found {
			since[f.key] = f.since
		}
		j.gone = append(j.gone, old.gone...)
	}
	here := map[string]bool{}
	for _, f := range d.Findings {
		key := f.Code + " " + f.Subject()
		if f.Netns != nil {
			key += " " + f.Netns.Name
		}
		for n := 2; here[key]; n++ {
			key = fmt.Sprintf("%s %s #%d", f.Code, f.Subject(), n)
		}
		here[key] = true
		from, known := since[key]
		if !known {
			from = at
		}
		j.found = append(j.found, found{Finding: f, key: key, since: from})
	}
	if old == nil {
		return
	}
	for _, f := range old.found {
		if !here[f.key] {
			f.until = at
			j.gone = append([]found{f}, j.gone...)
		}
	}
	j.gone = j.gone[:min(len(j.gone), mostGone)]
}

// ended reports whether an error is nil or only a cancelled context.
func ended(err error) bool { return err == nil || errors.Is(err, context.Canceled) }

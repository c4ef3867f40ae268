// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"cmp"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Summary is how connections went during a trace.
type Summary struct {
	Began time.Time
	Took  time.Duration
	// Ends are the ends of connections by how they ended, the most frequent first.
	// Each connection is in one of them.
	Ends []End
	// After tells what became of connections that this host was already closing: each
	// is in Ends too.
	After []End
	// Opened are connect() calls.
	Opened End
	// Resets are the RSTs that this host has sent, the most frequent first: the
	// kernel's reason and the state of the socket, CLOSE if there was no such
	// connection.
	Resets []Reset
	// Stays tells how long sockets were in a state, for states that enough sockets
	// have left.
	Stays []Stay
	// Edges are the transitions seen, in the order of the states.
	Edges []Edge
	// Total is how many connections ended.
	Total uint64
	// Kernel is the comparison with the kernel's counters; nil if these could not be
	// read.
	Kernel *Reconciliation
	Lost   tracer.Losses
	// Spaces is how many network namespaces were traced, of those that existed at the
	// beginning.
	Spaces int
	Gaps   []problem.Gap
}

// Partial reports whether something that could have been counted was lost.
func (s *Summary) Partial() bool { return problem.Lossy(s.Gaps) }

// An End is one way in which connections ended, with who ended them.
type End struct {
	Reason socket.Reason
	From   tcp.State // 0 for several states
	Count  uint64
	By     []Doer // the most frequent first
}

// A Reset is a reason why RSTs were sent, with the services concerned.
type Reset struct {
	Reason string
	End
}

// A Stay is how long sockets were in a state, for sockets that were seen to enter and
// to leave it. The times come from a sample and are accurate to an eighth.
type Stay struct {
	State  tcp.State
	Count  uint64 // sockets in the sample
	Median time.Duration
	P99    time.Duration // 0 if the sample is too small
}

// stayLeast is how many sockets must have left a state for a median, and for a 99th
// percentile.
const (
	stayLeast    = 20
	stayLeastP99 = 200
)

// A Doer is who ended connections of one service.
type Doer struct {
	Process   string // "" if no process acted
	Unit      string
	Container string
	Kernel    bool // a kernel thread closed it on behalf of the process
	Netns     string
	Port      uint16 // of the listener, or of the peer
	Accepted  bool
	Count     uint64
}

// An Edge is a transition with its count.
type Edge struct {
	From, To tcp.State
	Count    uint64
}

// Summary returns the summary since the trace began.
func (t *Trace) Summary() (*Summary, error) {
	totals, err := t.watcher.Totals()
	if err != nil {
		return nil, err
	}
	s := &Summary{Began: t.began, Took: t.now().Sub(t.began), Lost: totals.Lost, Spaces: len(t.found)}
	s.Edges = edgesOf(totals)
	t.ends(s, totals)
	if s.Stays, err = t.stays(); err != nil {
		return nil, err
	}
	s.Kernel = t.reconciler.close()
	if len(s.Resets) > 0 && !t.watcher.TellsResets() {
		s.Gaps = append(s.Gaps, problem.Unread(Engine, problem.NoResetReasons).NeverShown())
	}
	s.Gaps = slices.Concat(s.Gaps, t.gaps, t.watcher.Gaps(), lossGaps(totals.Lost, s.Kernel))
	if _, all := t.watcher.(*sampled); all {
		s.Kernel = nil // the trace has seen the whole host
	}
	return s, nil
}

// stays lists the states in the order of a connection's life. Time in SYN_RECV is not
// seen: the state appears only at the last ACK.
func (t *Trace) stays() (all []Stay, err error) {
	times, err := t.watcher.Stays()
	if err != nil {
		return nil, err
	}
	for _, state := range []tcp.State{tcp.SynSent, tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.Closing, tcp.CloseWait, tcp.LastAck} {
		n := times.Of(state)
		if n < stayLeast {
			continue
		}
		one := Stay{State: state, Count: n, Median: times.Quantile(state, 0.5)}
		if n >= stayLeastP99 {
			one.P99 = times.Quantile(state, 0.99)
		}
		all = append(all, one)
	}
	return all, nil
}

// Served returns how connections ended that a listener of that port had accepted, the
// most frequent first. An empty netns means any.
func (s *Summary) Served(netns string, port uint16) (ends []End) {
	for i := range s.Ends {
		e := End{Reason: s.Ends[i].Reason, From: s.Ends[i].From}
		for _, d := range s.Ends[i].By {
			if d.Accepted && d.Port == port && (netns == "" || d.Netns == netns) {
				e.By = append(e.By, d)
				e.Count += d.Count
			}
		}
		if e.Count > 0 {
			ends = append(ends, e)
		}
	}
	slices.SortStableFunc(ends, func(a, b End) int { return cmp.Compare(b.Count, a.Count) })
	return ends
}

// edgesOf lists the transitions that there were.
func edgesOf(totals *tracer.Totals) (edges []Edge) {
	for from := range totals.Edges {
		for to, n := range totals.Edges[from] {
			if to > 0 && n > 0 {
				edges = append(edges, Edge{tcp.State(from), tcp.State(to), n})
			}
		}
	}
	return edges
}

// ends sorts the transitions by how they ended connections.
func (t *Trace) ends(s *Summary, totals *tracer.Totals) {
	type kind struct {
		reason socket.Reason
		from   tcp.State
	}
	found := map[kind]*End{}
	for i := range totals.Owners {
		o := &totals.Owners[i]
		if o.What == tracer.ResetSent {
			continue // not an end
		}
		k := kind{reasonOf(o.What, o.From, o.Errno), 0}
		if !o.What.Acts() {
			k.from = o.From
		}
		e := found[k]
		if e == nil {
			e = &End{Reason: k.reason, From: k.from}
			found[k] = e
		}
		e.add(t.doer(o))
	}
	s.Resets = t.resets(totals)
	for k, e := range found {
		e.sort()
		switch {
		case k.reason == socket.Opened:
			s.Opened = *e
		case after(k.from):
			s.After = append(s.After, *e)
		default:
			s.Ends = append(s.Ends, *e)
			s.Total += e.Count
		}
	}
	for _, list := range [][]End{s.Ends, s.After} {
		slices.SortFunc(list, func(a, b End) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.From, b.From))
		})
	}
}

// resets groups the RSTs sent by reason and state.
func (t *Trace) resets(totals *tracer.Totals) (all []Reset) {
	type kind struct {
		reason uint16
		from   tcp.State
	}
	found := map[kind]*End{}
	for i := range totals.Owners {
		o := &totals.Owners[i]
		if o.What != tracer.ResetSent {
			continue
		}
		k := kind{o.Errno, o.From}
		if found[k] == nil {
			found[k] = &End{From: o.From}
		}
		found[k].add(t.doer(o))
	}
	for k, e := range found {
		e.sort()
		all = append(all, Reset{t.watcher.ResetReason(k.reason), *e})
	}
	slices.SortFunc(all, func(a, b Reset) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.From, b.From))
	})
	return all
}

// sort joins the counts of each doer, who may be there several times (once for IPv4 and
// once for IPv6, or from several cgroups of one unit), and puts the most frequent first.
func (e *End) sort() {
	slices.SortFunc(e.By, compareDoers)
	joined := e.By[:0]
	for _, d := range e.By {
		if n := len(joined); n > 0 && compareDoers(joined[n-1], d) == 0 {
			joined[n-1].Count += d.Count
			continue
		}
		joined = append(joined, d)
	}
	e.By = joined
	slices.SortStableFunc(e.By, func(a, b Doer) int { return cmp.Compare(b.Count, a.Count) })
}

// compareDoers compares everything but the counts.
func compareDoers(a, b Doer) int {
	if c := cmp.Compare(a.Process, b.Process); c != 0 {
		return c // as a rule; the others are compared at once
	}
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Container, b.Container),
		cmp.Compare(a.Netns, b.Netns), compareBools(a.Kernel, b.Kernel), compareBools(a.Accepted, b.Accepted))
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// after reports whether this host was closing a connection in that state.
func after(s tcp.State) bool {
	return s == tcp.FinWait1 || s == tcp.FinWait2 || s == tcp.Closing || s == tcp.LastAck
}

func (e *End) add(d Doer) {
	e.Count += d.Count
	e.By = append(e.By, d)
}

// cgroupOf returns the cgroup of the process that acted, else that of the socket.
func cgroupOf(o *tracer.OwnerCount) uint64 {
	if o.Kernel || !o.What.Acts() || o.Actor == 0 {
		return o.Cgroup
	}
	return o.Actor
}

func (t *Trace) doer(o *tracer.OwnerCount) Doer {
	d := Doer{Process: o.Process, Kernel: o.Kernel, Port: o.Port, Accepted: o.Accepted, Count: o.Count, Netns: t.space(o.Netns).Name}
	if o.Kernel {
		d.Process = ""
	}
	place := t.place(cgroupOf(o))
	d.Unit, d.Container = place.Service(), place.Container
	return d
}

// lossGaps returns what is missing; k is nil if the kernel's counters cannot be read.
func lossGaps(l tracer.Losses, k *Reconciliation) (gaps []problem.Gap) {
	add := func(n uint64, code problem.Code) {
		if n > 0 {
			gaps = append(gaps, problem.Unread(Engine, code, n))
		}
	}
	add(l.Records, problem.RingFull)
	add(l.Owners, problem.OwnersFull)
	if l.Stays > 0 {
		gaps = append(gaps, problem.Unread(Engine, problem.StaysForgotten, l.Stays).NeverShown())
	}
	if l.Skipped > 0 {
		gaps = append(gaps, problem.Unread(Engine, problem.ProgramSkipped, l.Skipped).NeverShown())
	}
	return append(gaps, k.gaps(l.Skipped)...)
}

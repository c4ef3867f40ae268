// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// Traced is what a trace has seen since it began: counters.
type Traced struct {
	Edges []trace.Edge
	Ends  []End
	By    Top[EndBy]
	// Lost is an upper bound of how many counts are missing.
	Lost uint64
}

// An End is the number of connections that ended in one way.
type End struct {
	Reason string
	Count  uint64
}

// An EndBy counts connections that one owner ended in one way. Connections that the kernel
// ended by itself have no owner.
type EndBy struct {
	Reason, Process, Unit, Container, Netns string
	Count                                   uint64
}

// MostEnders is how many owners are exported.
const MostEnders = 50

// TracedOf sums up a trace and keeps the [MostEnders] owners that ended most
// connections.
func TracedOf(s *trace.Summary) *Traced {
	out := &Traced{Edges: edgesOf(s.Edges), Lost: s.Lost.Owners + s.Lost.Skipped}
	reasons, by := map[string]int{}, map[EndBy]uint64{}
	for _, end := range s.Ends {
		reason := end.Reason.String()
		n, ok := reasons[reason]
		if !ok {
			n = len(out.Ends)
			reasons[reason] = n
			out.Ends = append(out.Ends, End{Reason: reason})
		}
		out.Ends[n].Count += end.Count
		for _, d := range end.By {
			by[EndBy{Reason: reason, Process: clean(d.Process), Unit: clean(d.Unit), Container: clean(d.Container), Netns: clean(d.Netns)}] += d.Count
		}
	}
	all := make([]EndBy, 0, len(by))
	for who, n := range by {
		who.Count = n
		all = append(all, who)
	}
	slices.SortFunc(all, func(a, b EndBy) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Process, b.Process), cmp.Compare(a.Unit, b.Unit),
			cmp.Compare(a.Container, b.Container), cmp.Compare(a.Netns, b.Netns))
	})
	out.By = cut(all, MostEnders)
	return out
}

// edgesOf returns all transitions that Linux makes, even those not seen: a counter
// that appears only with its first event has no rate. Other transitions that were
// seen follow.
func edgesOf(seen []trace.Edge) (all []trace.Edge) {
	type pair struct{ from, to tcp.State }
	at := map[pair]int{}
	add := func(from, to tcp.State, n uint64) {
		p := pair{from.Reported(), to.Reported()}
		i, ok := at[p]
		if !ok {
			i = len(all)
			at[p] = i
			all = append(all, trace.Edge{From: p.from, To: p.to})
		}
		all[i].Count += n
	}
	for _, t := range tcp.Transitions() {
		if t.Linux && t.From != tcp.Bound && t.To != tcp.Bound {
			add(t.From, t.To, 0)
		}
	}
	for _, e := range seen {
		add(e.From, e.To, e.Count)
	}
	return all
}

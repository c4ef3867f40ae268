// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"iter"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Grouped is an answer: sockets counted by keys. It is a view of its [Groups] and is
// valid until the next Add.
type Grouped struct {
	Keys  Keys            // the meaning of a group's Cells, in order
	Sum   []*socket.Field // the meaning of a group's Sums, in order
	Total uint64          // all sockets; groups, Others and Overflow add up to it, apart from rounding
	// Estimate is set if only a sample was read: then all counts are estimates, and
	// Total is its value.
	Estimate *Estimate
	// Len is how many groups there are, shown or not. If Overflow is set there were
	// more.
	Len int
	// Others sums up the groups that are not shown; nil if all are shown.
	Others *Rest
	// Overflow are the sockets whose groups found no room; nil if there are none. How
	// many groups they would have made is unknown.
	Overflow *Rest

	of    Groups
	shown []uint32
}

// Groups yields the shown groups, the largest first. Equal ones are ordered by their
// keys, unknown last. Each Group is made when it is yielded: a million at once would
// take ten times the memory of Groups.
func (g *Grouped) Groups() iter.Seq[Group] {
	return func(yield func(Group) bool) {
		for _, n := range g.shown {
			if !yield(g.of.group(n)) {
				return
			}
		}
	}
}

// At returns the i-th of the [Grouped.Groups], from 0.
func (g *Grouped) At(i int) Group { return g.of.group(g.shown[i]) }

// Pivoted reports whether there are groups and states are columns.
func (g *Grouped) Pivoted() bool { return len(g.shown) > 0 && g.of.options.Pivot }

// Counts yields the names of the shown groups with their counts.
func (g *Grouped) Counts() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for _, n := range g.shown {
			if !yield(g.of.names[n], g.of.weight(n)) {
				return
			}
		}
	}
}

// Count returns the count of the group with a name, as in [Grouped.Named].
func (g *Grouped) Count(name string) (count uint64, ok bool) {
	n, ok := g.of.index[name]
	if !ok {
		return 0, false
	}
	return g.of.weight(n), true
}

// Shown returns how many groups are shown.
func (g *Grouped) Shown() int { return len(g.shown) }

// Named returns the group with a name; the name may come from another answer by the
// same keys. ok is false if there is no such group.
func (g *Grouped) Named(name string) (group Group, ok bool) {
	n, ok := g.of.index[name]
	if !ok {
		return Group{}, false
	}
	return g.of.group(n), true
}

// A Group is the sockets that are alike in all keys.
type Group struct {
	// Name is an encoding of the cells: equal for equal cells only. It is for
	// look-ups, not for display.
	Name  string
	Cells []Cell // one per key
	Count uint64
	// Estimate is set if only a sample was read; Count is its value.
	Estimate *Estimate
	Sums     []Sum // one per sum
	// States are the counts by state, indexed by tcp.State, with 0 for the unknown
	// state; nil unless Pivot is set.
	States []uint64
}

// A Rest sums up several groups.
type Rest struct {
	Groups   int // number of groups; 0 if unknown
	Count    uint64
	Estimate *Estimate // as in Group
	Sums     []Sum
	States   []uint64
}

// Top returns the n largest groups, all of them if n is 0 or less, and sums up the
// others. It can be called repeatedly.
func (g *Groups) Top(n int) *Grouped {
	shown, hidden := g.split(n)
	out := &Grouped{Keys: g.keys, Sum: g.options.Sum, Total: g.total, Len: len(g.counts), Estimate: g.estimate(g.total, g.all), of: *g, shown: shown}
	if out.Estimate != nil {
		out.Total = out.Estimate.Value
	}
	if len(hidden) > 0 {
		t := g.newTally()
		for _, i := range hidden {
			t.merge(g, i)
		}
		out.Others = g.rest(&t, len(hidden))
	}
	if g.overflow.count > 0 {
		out.Overflow = g.rest(&g.overflow, 0)
	}
	return out
}

func (g *Groups) rest(t *tally, groups int) *Rest {
	r := &Rest{Groups: groups, Count: t.count, Sums: slices.Clone(t.sums), States: slices.Clone(t.states), Estimate: g.estimate(t.count, t.part)}
	if r.Estimate != nil {
		r.Count = r.Estimate.Value
	}
	return r
}

func (g *Groups) group(n uint32) Group {
	t := g.newTally()
	t.merge(g, n)
	out := Group{Name: g.names[n], Count: t.count, Sums: t.sums, States: t.states, Cells: make([]Cell, len(g.keys)), Estimate: g.estimate(t.count, t.part)}
	if out.Estimate != nil {
		out.Count = out.Estimate.Value
	}
	rest := g.names[n]
	for i := range out.Cells {
		out.Cells[i], rest = cutCell(rest)
	}
	return out
}

// before orders groups: the larger first, equal ones by their keys.
func (g *Groups) before(a, b uint32) int {
	return cmp.Or(cmp.Compare(g.weight(b), g.weight(a)), cmp.Compare(g.names[a], g.names[b]))
}

// split returns the n largest groups in order, and the others unordered. It keeps 2n
// candidates at a time, which is cheaper than sorting a million groups.
func (g *Groups) split(n int) (shown, hidden []uint32) {
	if n <= 0 || n > len(g.counts) {
		n = len(g.counts)
	}
	for i := range g.counts {
		shown = append(shown, uint32(i))
		if len(shown) >= 2*n+64 {
			slices.SortFunc(shown, g.before)
			hidden = append(hidden, shown[n:]...)
			shown = shown[:n]
		}
	}
	slices.SortFunc(shown, g.before)
	return shown[:n], append(hidden, shown[n:]...)
}

// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"iter"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Grouped is the answer: sockets counted by keys. It is a view of the [Groups]
// that it is of, which holds until the next Add.
type Grouped struct {
	Keys  Keys            // what the cells of a group are, in order
	Sum   []*socket.Field // what the sums of a group are, in order
	Total uint64          // sockets in all; the groups, Others and Overflow add up to it, but for rounding
	// Estimate is set when only a sample was looked at: then all counts are
	// estimates, and Total is its value.
	Estimate *Estimate
	// Len is how many groups there are, shown or not. With Overflow there are more.
	Len int
	// Others is what is not among those shown, nil when all groups are.
	Others *Rest
	// Overflow is the sockets that belonged to none of the groups when there
	// was no room for another; nil when all had one. How many groups they would
	// have made is not known.
	Overflow *Rest

	of    Groups
	shown []uint32
}

// Groups are the greatest ones, the greatest first; equal ones in the order of
// their keys, unknown last. Each is made when its turn comes: a million at once
// take ten times what they are counted in.
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

// Pivoted reports whether there are groups, and states are columns of them.
func (g *Grouped) Pivoted() bool { return len(g.shown) > 0 && g.of.options.Pivot }

// Counts are the names of the Groups with how many are in each.
func (g *Grouped) Counts() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for _, n := range g.shown {
			if !yield(g.of.names[n], g.of.weight(n)) {
				return
			}
		}
	}
}

// Count returns how many are in the group of a name, as [Grouped.Named].
func (g *Grouped) Count(name string) (count uint64, ok bool) {
	n, ok := g.of.index[name]
	if !ok {
		return 0, false
	}
	return g.of.weight(n), true
}

// Shown returns how many Groups there are.
func (g *Grouped) Shown() int { return len(g.shown) }

// Named returns the group of a name, which may be of another answer by the same
// keys; ok is false when there is none.
func (g *Grouped) Named(name string) (group Group, ok bool) {
	n, ok := g.of.index[name]
	if !ok {
		return Group{}, false
	}
	return g.of.group(n), true
}

// A Group is the sockets that are alike in all keys.
type Group struct {
	// Name is the same for the same cells and for no others. It is for looking
	// up, not for reading.
	Name  string
	Cells []Cell // as many as Keys
	Count uint64
	// Estimate is set when only a sample was looked at; Count is its value.
	Estimate *Estimate
	Sums     []Sum // as many as Sum
	// States is how many are in which state, indexed by tcp.State, with 0 for a
	// state that is not known; nil unless states are columns.
	States []uint64
}

// A Rest is groups that are not told apart.
type Rest struct {
	Groups   int // how many; 0 when that is not known
	Count    uint64
	Estimate *Estimate // as in Group
	Sums     []Sum
	States   []uint64
}

// Top returns the n greatest groups, all of them when n is 0 or less, and the
// rest together. It can be called more than once.
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

// before orders groups: the greater first, equal ones by their keys.
func (g *Groups) before(a, b uint32) int {
	return cmp.Or(cmp.Compare(g.weight(b), g.weight(a)), cmp.Compare(g.names[a], g.names[b]))
}

// split returns the n greatest groups in order, and the others in none. It
// keeps 2n candidates at a time rather than sorting a million groups for three.
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

// SPDX-License-Identifier: Apache-2.0

package query

import (
	"maps"
	"math"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// DefaultMaxGroups is how many groups are kept if GroupOptions.Max is 0. A million
// groups with two keys take 93 MB.
const DefaultMaxGroups = 1 << 20

// GroupOptions tell how sockets are grouped.
type GroupOptions struct {
	Keys Keys
	// Sum are the fields that are added up in each group.
	Sum []*socket.Field
	// Pivot turns the states into columns: a state among the keys does not separate
	// groups, and each group counts its sockets by state.
	Pivot bool
	// Max bounds the groups; 0 means DefaultMaxGroups. Sockets of further
	// groups are counted together, see Grouped.Overflow.
	Max int
}

// Groups counts sockets by keys. Its memory grows with the number of groups, not of
// sockets: adding a socket to an existing group allocates nothing.
type Groups struct {
	options  GroupOptions
	keys     Keys // the keys that separate groups
	index    map[string]uint32
	names    []string // by group: its encoded keys
	counts   []uint64
	sums     []Sum    // len(options.Sum) entries per group
	states   []uint32 // stateColumns entries per group, if Pivot is set
	total    uint64
	overflow tally
	buf      []byte
	parts    []part // by group: what a sample saw; nil without a sample
	all      part
	sample   Sample
	like     *Groups // another reading by the same keys, whose names are reused; nil for none
}

// A part is the part of a count that was seen in a sample.
type part struct{ seen, squares uint64 }

func (p *part) add(o part) {
	p.seen += o.seen
	p.squares += o.squares
}

// stateColumns is the number of states plus one, for the unknown state.
const stateColumns = tcp.NumStates

// A Sum is the sum of a field over sockets. Sockets whose value is unknown are
// counted and missing in Total.
type Sum struct {
	Total   uint64 // stops at its maximum instead of wrapping around
	Known   uint64 // how many sockets had a value
	Unknown uint64 // how many sockets have an unknown value; the others have no such field
}

func (s *Sum) add(v socket.Value, ok bool) {
	switch {
	case !ok:
		s.Unknown++
	case v.Kind() == socket.Number:
		s.Known++
		s.Total = saturated(s.Total, v.Number())
	}
}

func (s *Sum) merge(o Sum) {
	s.Total = saturated(s.Total, o.Total)
	s.Known += o.Known
	s.Unknown += o.Unknown
}

func saturated(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

// NewGroups returns an empty Groups.
func NewGroups(o GroupOptions) *Groups {
	if o.Max <= 0 {
		o.Max = DefaultMaxGroups
	}
	g := &Groups{options: o, keys: o.Keys, index: make(map[string]uint32)}
	if o.Pivot {
		g.keys = withoutState(o.Keys)
	}
	g.overflow = g.newTally()
	return g
}

func withoutState(keys Keys) Keys {
	var rest Keys
	for _, k := range keys {
		if k.Field.ID != socket.FieldState {
			rest = append(rest, k)
		}
	}
	return rest
}

// Needs returns the fields that Add looks at.
func (g *Groups) Needs() socket.FieldSet {
	set := g.options.Keys.Needs()
	for _, f := range g.options.Sum {
		set.Add(f.ID)
	}
	if g.options.Pivot {
		set.Add(socket.FieldState)
	}
	return set
}

// Add counts a socket.
func (g *Groups) Add(s *socket.Socket) {
	g.total++
	n, ok := g.find(s)
	if !ok {
		g.overflow.add(g, s)
		return
	}
	g.counts[n]++
	for i, f := range g.options.Sum {
		g.sums[int(n)*len(g.options.Sum)+i].add(f.Value(s))
	}
	if g.options.Pivot {
		g.states[int(n)*stateColumns+stateColumn(s)]++
	}
}

// AddN counts n sockets that are alike in all keys. It is only for groups
// without sums.
func (g *Groups) AddN(s *socket.Socket, n uint64) {
	g.total += n
	i, ok := g.find(s)
	if !ok {
		g.overflow.addN(s, n)
		return
	}
	g.counts[i] += n
	if g.options.Pivot {
		g.states[int(i)*stateColumns+stateColumn(s)] += uint32(n)
	}
}

// AddSampled is AddN for sockets that were seen in a sample; squares is the sum, over
// the sample's buckets, of the square of the number of sockets in the bucket. See
// [Groups.Scale].
func (g *Groups) AddSampled(s *socket.Socket, n, squares uint64) {
	g.AddN(s, n)
	seen := part{n, squares}
	g.all.add(seen)
	i, ok := g.find(s)
	if !ok {
		g.overflow.part.add(seen)
		return
	}
	for len(g.parts) < len(g.counts) {
		g.parts = append(g.parts, part{})
	}
	g.parts[i].add(seen)
}

// Scale tells which part of the sockets AddSampled received, so that answers estimate
// the whole.
func (g *Groups) Scale(s Sample) { g.sample = s }

// part returns the part of a group that was seen in the sample.
func (g *Groups) part(n uint32) part {
	if int(n) >= len(g.parts) {
		return part{}
	}
	return g.parts[n]
}

// estimate returns the estimate from a count and its sampled part; nil without a
// sample.
func (g *Groups) estimate(count uint64, p part) *Estimate {
	if g.sample.Of == 0 {
		return nil
	}
	whole := count - p.seen
	e := g.sample.Estimate(p.seen, p.squares)
	if p.seen == 0 && whole > 0 { // counted completely, as listeners are
		e = Estimate{}
	}
	e.Value, e.Low, e.High = e.Value+whole, e.Low+whole, e.High+whole
	return &e
}

// weight returns the number by which groups are ordered.
func (g *Groups) weight(n uint32) uint64 {
	if g.sample.Of == 0 {
		return g.counts[n]
	}
	return g.estimate(g.counts[n], g.part(n)).Value
}

// find returns the group of a socket, a new one if necessary. ok is false if there is
// no room for a new one.
func (g *Groups) find(s *socket.Socket) (n uint32, ok bool) {
	g.buf = g.buf[:0]
	for i := range g.keys {
		g.buf = appendCell(g.buf, g.keys[i].cell(s))
	}
	n, ok = g.index[string(g.buf)] // this conversion does not allocate
	if !ok {
		return g.newGroup()
	}
	return n, true
}

// newGroup adds the group of buf, if there is room.
func (g *Groups) newGroup() (n uint32, ok bool) {
	if len(g.counts) >= g.options.Max {
		return 0, false
	}
	n = uint32(len(g.counts))
	name := g.name()
	g.index[name] = n
	g.names = append(g.names, name)
	g.counts = append(g.counts, 0)
	for range g.options.Sum {
		g.sums = append(g.sums, Sum{})
	}
	if g.options.Pivot {
		g.states = append(g.states, make([]uint32, stateColumns)...)
	}
	return n, true
}

// name returns the name of the group of buf. It reuses the string of the other
// reading, if that has it.
func (g *Groups) name() string {
	if g.like != nil {
		if n, ok := g.like.index[string(g.buf)]; ok { // this conversion does not allocate
			return g.like.names[n]
		}
	}
	return string(g.buf)
}

// stateColumn returns the state, or 0 if it is unknown.
func stateColumn(s *socket.Socket) int {
	if !s.Known.Has(socket.FieldState) || !s.State.Valid() {
		return 0
	}
	return int(s.State.Reported())
}

// Clone returns a copy for an answer that stays as it is while g goes on counting.
func (g *Groups) Clone() *Groups {
	c := *g
	c.index, c.names, c.counts = maps.Clone(g.index), slices.Clone(g.names), slices.Clone(g.counts)
	c.sums, c.states, c.parts = slices.Clone(g.sums), slices.Clone(g.states), slices.Clone(g.parts)
	c.overflow.sums, c.overflow.states = slices.Clone(g.overflow.sums), slices.Clone(g.overflow.states)
	c.buf = nil
	return &c
}

// Total returns how many sockets were counted.
func (g *Groups) Total() uint64 { return g.total }

// Len returns how many groups there are, without those that found no room.
func (g *Groups) Len() int { return len(g.counts) }

// A tally sums up several groups.
type tally struct {
	count  uint64
	part   part
	sums   []Sum
	states []uint64
}

func (g *Groups) newTally() tally {
	t := tally{sums: make([]Sum, len(g.options.Sum))}
	if g.options.Pivot {
		t.states = make([]uint64, stateColumns)
	}
	return t
}

func (t *tally) add(g *Groups, s *socket.Socket) {
	t.count++
	for i, f := range g.options.Sum {
		t.sums[i].add(f.Value(s))
	}
	if t.states != nil {
		t.states[stateColumn(s)]++
	}
}

func (t *tally) addN(s *socket.Socket, n uint64) {
	t.count += n
	if t.states != nil {
		t.states[stateColumn(s)] += n
	}
}

func (t *tally) merge(g *Groups, n uint32) {
	t.count += g.counts[n]
	t.part.add(g.part(n))
	for i := range t.sums {
		t.sums[i].merge(g.sums[int(n)*len(t.sums)+i])
	}
	for i := range t.states {
		t.states[i] += uint64(g.states[int(n)*stateColumns+i])
	}
}

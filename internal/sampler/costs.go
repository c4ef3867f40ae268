// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"slices"
	"time"
)

// costs keeps the times of the last passes.
type costs struct {
	took  []time.Duration
	later bool // the first of them was not the first pass of all
}

// fewPasses is how many passes in a row must be too expensive. A single one may have
// loaded programs, or waited for a processor.
const fewPasses = 3

// note records the time of a pass.
func (c *costs) note(took time.Duration) {
	c.took = append(c.took, took)
	if len(c.took) > fewPasses {
		c.took = slices.Delete(c.took, 0, 1)
	}
}

// once is what a first pass may have spent on what later ones find ready, such as
// loaded programs.
const once = 300 * time.Millisecond

// typical returns the cost of the next pass; 0 if it is not known yet. It is that of the
// cheapest of a few passes, and of long ones that of the middle of them. With a purse
// two are enough, and a single one if the options say so.
func (c *costs) typical(o *Options) time.Duration {
	n := len(c.took)
	switch {
	case n >= fewPasses && (o.Purse == nil || !o.FirstCounts):
		return slices.Min(c.took)
	case n == 0 || o.Purse == nil:
		return 0
	case n == 1 && !c.later && !o.FirstCounts:
		return 0
	case n == 1 && !c.later:
		return max(0, c.took[0]-once)
	default:
		return slices.Sorted(slices.Values(c.took))[(n-1)/2]
	}
}

// needs returns the least interval at which passes stay within their share; 0 until
// their cost is known.
func (c *costs) needs(o *Options) time.Duration {
	return c.typical(o) * time.Duration(o.one())
}

// interval returns the time from one pass to the next: the smallest multiple of the
// requested interval that is long enough. If parts are looked at in between, which
// together take as much as whole passes, a stretched interval is doubled.
func (c *costs) interval(o Options, parts bool) time.Duration {
	if o.Fixed || o.Every <= 0 {
		return o.Every
	}
	needed := c.needs(&o)
	if parts && needed > o.Every {
		needed *= 2
	}
	times := (needed + o.Every - 1) / o.Every
	return max(times, 1) * o.Every
}

// thinnest is the smallest part that is looked at: one in this many.
const thinnest = 1 << 16

// A thinness decides how small a part is looked at, from the time that parts took.
type thinness struct {
	costs

	one    uint32
	larger time.Duration // time of a part of twice the size; 0 if unknown
	fixed  time.Duration // time of a part that does not depend on its size; 0 if unknown
	ticks  time.Duration // how many ticks there are from one part to the next, once none is small enough
	parts  int           // how many there were since then
}

// begin chooses the part that should fit, from the time of a whole pass.
func (t *thinness) begin(whole *costs, o Options) {
	if t.one > 0 {
		return
	}
	t.one = o.thins()
	for needed := 2 * whole.needs(&o); needed*time.Duration(o.thins()/2)/time.Duration(t.one) > o.Every && t.one < o.thinnest(); {
		t.one *= 2
	}
}

// look records the time of a part and chooses the next size. It chooses a smaller
// part if even the cheapest of a few was too expensive, and a larger one if a part of
// four times the size would fit. If a smaller part costs about the same, the cost
// does not depend on the size, and the size stays.
func (t *thinness) look(took time.Duration, o Options) {
	t.note(took)
	cost := time.Duration(0)
	if len(t.took) >= fewPasses {
		cost = t.typical(&o)
	}
	needed := 2 * cost * time.Duration(o.one())
	switch {
	case cost == 0:
	case t.larger > 0 && 4*cost > 3*t.larger:
		t.fixed = t.larger
		t.to(max(2, t.one/o.thins()), 0)
	case needed > o.Every && t.one < o.thinnest() && cost > 2*t.fixed:
		t.fixed = 0
		t.to(min(t.one*o.thins(), o.thinnest()), cost)
	case 2*time.Duration(o.thins())*needed < o.Every && t.one > o.thins():
		t.to(max(2, t.one/o.thins()), 0)
	default:
		t.larger = 0
		t.rare(needed, o)
	}
}

// thinnest returns the smallest part that may be looked at, as one in so many.
func (o *Options) thinnest() uint32 {
	if o.Thinnest == nil {
		return thinnest
	}
	return max(2, min(o.Thinnest(), thinnest))
}

// thins returns how many times smaller a part is made at a time. With a purse it is
// more: on a busy machine the costs of parts vary by more than half a part saves.
func (o *Options) thins() uint32 {
	if o.Purse != nil {
		return 4
	}
	return 2
}

// tries is after how many parts it is tried again whether a smaller one is cheaper.
const tries = 30

// rare makes parts rarer where even the smallest useful one is too expensive for each
// tick.
func (t *thinness) rare(needed time.Duration, o Options) {
	if o.Purse == nil || o.Every <= 0 {
		return
	}
	t.ticks = max(1, (needed+o.Every-1)/o.Every)
	if t.parts++; t.parts >= tries {
		t.parts, t.fixed = 0, 0
	}
}

// to changes to another size.
func (t *thinness) to(one uint32, larger time.Duration) {
	t.one, t.larger, t.took, t.later = one, larger, nil, true
}

// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"cmp"
	"slices"
	"time"
)

// costs is what the last passes took.
type costs struct {
	took []time.Duration
}

// fewPasses is how many in a row must be too expensive. One alone may have loaded
// programs, or have waited for a processor.
const fewPasses = 3

// note keeps what a pass took.
func (c *costs) note(took time.Duration) {
	c.took = append(c.took, took)
	if len(c.took) > fewPasses {
		c.took = slices.Delete(c.took, 0, 1)
	}
}

// needs is what the time between passes has to be at least, of which even the
// cheapest of the last few is not more than its share; 0 until there are a few.
func (c *costs) needs(share int) time.Duration {
	if len(c.took) < fewPasses {
		return 0
	}
	return slices.Min(c.took) * time.Duration(share)
}

// interval notes what a pass took, and returns the time to the next one: the
// least multiple of the interval asked for that it needs. With parts in between,
// which take as much as whole passes do, it is twice as long where it is longer.
func (c *costs) interval(took time.Duration, o Options, parts bool) time.Duration {
	c.note(took)
	if o.Fixed || o.Every <= 0 {
		return o.Every
	}
	needed := c.needs(cmp.Or(o.Share, Share))
	if parts && needed > o.Every {
		needed *= 2
	}
	times := (needed + o.Every - 1) / o.Every
	return max(times, 1) * o.Every
}

// thinnest is the smallest part that is looked at.
const thinnest = 1 << 16

// A thinness says how small a part is looked at, and finds it by what parts took.
type thinness struct {
	costs

	one    uint32
	larger time.Duration // what one of twice the size cost; 0 when that is not known
	fixed  time.Duration // what a part costs whatever its size; 0 when that is not known
}

// begin takes the part that should fit by what a whole pass took.
func (t *thinness) begin(whole *costs, o Options) {
	if t.one > 0 {
		return
	}
	t.one = 2
	for needed := 2 * whole.needs(cmp.Or(o.Share, Share)); needed/time.Duration(t.one) > o.Every && t.one < thinnest; {
		t.one *= 2
	}
}

// look notes what a part took, and finds the next: smaller when even the cheapest
// of a few was too expensive, larger when one of four times the size would fit.
// Where a smaller one costs about the same, what costs is not the part, and it
// stays as it was.
func (t *thinness) look(took time.Duration, o Options) {
	t.note(took)
	cost := t.needs(1)
	switch needed := 2 * cost * time.Duration(cmp.Or(o.Share, Share)); {
	case cost == 0:
	case t.larger > 0 && 4*cost > 3*t.larger:
		t.fixed = t.larger
		t.to(t.one/2, 0)
	case needed > o.Every && t.one < thinnest && cost > 2*t.fixed:
		t.fixed = 0
		t.to(2*t.one, cost)
	case 4*needed < o.Every && t.one > 2:
		t.to(t.one/2, 0)
	default:
		t.larger = 0
	}
}

// to goes to another size.
func (t *thinness) to(one uint32, larger time.Duration) {
	t.one, t.larger, t.took = one, larger, nil
}

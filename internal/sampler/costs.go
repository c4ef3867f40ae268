// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"cmp"
	"slices"
	"time"
)

// costs keeps the times of the last passes.
type costs struct {
	took []time.Duration
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

// needs returns the least interval at which the cheapest of the last passes stays
// within its share; 0 until there are enough passes.
func (c *costs) needs(share int) time.Duration {
	if len(c.took) < fewPasses {
		return 0
	}
	return slices.Min(c.took) * time.Duration(share)
}

// interval records the time of a pass and returns the time to the next one: the
// smallest multiple of the requested interval that is long enough. If parts are
// looked at in between, which together take as much as whole passes, a stretched
// interval is doubled.
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

// thinnest is the smallest part that is looked at: one in this many.
const thinnest = 1 << 16

// A thinness decides how small a part is looked at, from the time that parts took.
type thinness struct {
	costs

	one    uint32
	larger time.Duration // time of a part of twice the size; 0 if unknown
	fixed  time.Duration // time of a part that does not depend on its size; 0 if unknown
}

// begin chooses the part that should fit, from the time of a whole pass.
func (t *thinness) begin(whole *costs, o Options) {
	if t.one > 0 {
		return
	}
	t.one = 2
	for needed := 2 * whole.needs(cmp.Or(o.Share, Share)); needed/time.Duration(t.one) > o.Every && t.one < thinnest; {
		t.one *= 2
	}
}

// look records the time of a part and chooses the next size. It chooses a smaller
// part if even the cheapest of a few was too expensive, and a larger one if a part of
// four times the size would fit. If a smaller part costs about the same, the cost
// does not depend on the size, and the size stays.
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

// to changes to another size.
func (t *thinness) to(one uint32, larger time.Duration) {
	t.one, t.larger, t.took = one, larger, nil
}

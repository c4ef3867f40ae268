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

// interval notes what a pass took, and returns the time to the next one: the
// least multiple of the interval asked for of which even the cheapest of the
// last few is not more than its share.
func (c *costs) interval(took time.Duration, o Options) time.Duration {
	c.took = append(c.took, took)
	if len(c.took) > fewPasses {
		c.took = slices.Delete(c.took, 0, 1)
	}
	if o.Fixed || o.Every <= 0 || len(c.took) < fewPasses {
		return o.Every
	}
	needed := slices.Min(c.took) * time.Duration(cmp.Or(o.Share, Share))
	times := (needed + o.Every - 1) / o.Every
	return max(times, 1) * o.Every
}

// SPDX-License-Identifier: Apache-2.0

package query

import "math"

// A Sample tells how many buckets of a hash table were read. A hash spreads sockets
// over buckets at random, so a part of the buckets represents all of them.
type Sample struct {
	Buckets uint64 // how many were read
	Of      uint64 // how many there are
}

// An Estimate is a number estimated from a sample: with a probability of 95 % it lies
// between Low and High.
type Estimate struct {
	Value, Low, High uint64
	// Thin says that too few sockets were seen for the value to mean much.
	Thin bool
}

const (
	z95 = 1.96 // two-sided 95 % quantile of the normal distribution
	// thinSeen is the number of seen sockets below which an estimate is thin: its
	// interval is wider than a third of its value.
	thinSeen = 30
)

// Estimate estimates the number of sockets of which the sample has seen some. squares
// is the sum, over buckets, of the square of the number seen in the bucket.
//
// Value is seen, scaled up. The interval is the wider of two. One is that of a random
// choice of buckets (W. G. Cochran, Sampling Techniques, 3rd ed., 9.3, clusters of
// equal probability), which takes into account how uneven buckets are. The other is
// that of a Poisson distribution, by its square root (M. F. Freeman and J. W. Tukey
// 1950), which takes into account that few or none were seen.
func (s Sample) Estimate(seen, squares uint64) Estimate {
	if s.Buckets == 0 || s.Of <= s.Buckets {
		return Estimate{Value: seen, Low: seen, High: seen}
	}
	scale := float64(s.Of) / float64(s.Buckets)
	value := float64(seen) * scale
	half := z95 * s.deviation(float64(seen), float64(squares))
	low := min(value-half, scale*square(max(0, math.Sqrt(float64(seen))-z95/2)))
	high := max(value+half, scale*square(math.Sqrt(float64(seen)+1)+z95/2))
	return Estimate{
		Value: uint64(math.Round(value)),
		Low:   max(seen, uint64(max(0, math.Floor(low)))), // the sockets seen exist for certain
		High:  uint64(math.Ceil(high)),
		Thin:  seen < thinSeen,
	}
}

// deviation returns the standard deviation of the scaled number.
func (s Sample) deviation(seen, squares float64) float64 {
	m, of := float64(s.Buckets), float64(s.Of)
	if m < 2 {
		return 0
	}
	perSlot := max(0, squares-seen*seen/m) / (m - 1)
	return of * math.Sqrt((1-m/of)*perSlot/m)
}

func square(x float64) float64 { return x * x }

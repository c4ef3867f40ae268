// SPDX-License-Identifier: Apache-2.0

package knowledge

import "math"

// A candidate is a topic that words may be about, with what speaks for it.
type candidate struct {
	topic int
	parts [partCount]float64
}

// The parts of what a page is worth.
const (
	partNamed      = iota // how long a name is that stands in what is looked for
	partNamedLog          // its logarithm
	partWhole             // the logarithm of how much there is of what the page is called
	partText              // how much the page says of what is looked for
	partTextLog           // its logarithm
	partShare             // which share of what is looked for the page has
	partNear              // how like the most like query is that was asked for the page
	partNearSquare        // its square
	partSecond            // how like the second is
	partSame              // 1 if the first is the same
	partTimes             // the logarithm of how often the page was asked for
	partSpelt             // how like the query is that is spelt most like it
	partSpeltSquare
	partSpeltSecond
	partLikely     // see likelihood
	partLikelyWith // see likelihood

	// Of the following one is 1.
	partQuestion
	partParameter // a kernel parameter or an option
	partParameterNamed
	partParameterInContainer
	partCounterNamed
	partRule
	partAlert
	partMyth
	partOther
	partCount
)

// partWeights are what the parts count: what fits best to the queries of
// search_asked.txt, each asked as if it were not there. [TestWeights] finds them.
func partWeights() [partCount]float64 {
	return [partCount]float64{
		partNamed: 0.24, partNamedLog: -0.56, partWhole: 1.32, partText: 0.01, partTextLog: 0.13, partShare: 0.49,
		partNear: 2.19, partNearSquare: -1.61, partSecond: -0.38, partSame: 8, partTimes: 1.04,
		partSpelt: 4.43, partSpeltSquare: -0.36, partSpeltSecond: 2.60, partLikely: 0.76, partLikelyWith: 0.19,
		partQuestion: 0.32, partParameter: 0.82, partParameterNamed: -0.29, partParameterInContainer: -2.60,
		partCounterNamed: 1.94, partRule: -0.27, partAlert: -0.7, partMyth: 0.13, partOther: -0.05,
	}
}

// worth is what a page is worth by its parts.
func (c *candidate) worth(weights [partCount]float64) float64 {
	sum := 0.0
	for i, part := range c.parts {
		sum += weights[i] * part
	}
	return sum
}

// written takes what is written on a page: how long a name is that stands in what is
// looked for, how much of what the page is called, how much its text says of it, and which
// share of it that is.
func (c *candidate) written(named, whole, text, share float64) {
	c.parts[partNamed], c.parts[partNamedLog] = min(named, longestPhrase), math.Log1p(named)
	c.parts[partWhole] = math.Log1p(whole)
	c.parts[partText], c.parts[partTextLog] = text*share, math.Log1p(text*share)
	c.parts[partShare] = share
}

// soughtAs takes the kind of the page: who says more than a name asks what to do about it,
// and in a container how it is set there.
func (c *candidate) soughtAs(k Kind, named, inContainer bool) {
	part := partOther
	switch {
	case k == KindQuestion:
		part = partQuestion
	case k == KindSysctl && inContainer:
		part = partParameterInContainer
	case (k == KindSysctl || k == KindOption) && named:
		part = partParameterNamed
	case k == KindSysctl, k == KindOption:
		part = partParameter
	case k == KindCounter && named && !inContainer:
		part = partCounterNamed
	case k == KindRule:
		part = partRule
	case k == KindAlert:
		part = partAlert
	case k == KindMyth, k == KindCode:
		part = partMyth
	}
	c.parts[part] = 1
}

// askedAs takes what was asked before.
func (c *candidate) askedAs(like likeness, likely likelihood) {
	first := like.nearest[0]
	c.parts[partNear], c.parts[partNearSquare] = first, first*first
	c.parts[partSecond] = like.nearest[1]
	if first > 0.95 {
		c.parts[partSame] = 1
	}
	c.parts[partTimes] = math.Log1p(max(0, like.times))
	c.parts[partSpelt], c.parts[partSpeltSquare], c.parts[partSpeltSecond] = like.spelt[0], like.spelt[0]*like.spelt[0], like.spelt[1]
	c.parts[partLikely], c.parts[partLikelyWith] = likely.all, likely.with
}

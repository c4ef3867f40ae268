// SPDX-License-Identifier: Apache-2.0

package change

import "github.com/tcpvitals/tcpvitals/internal/tune/plan"

// Verdict tells what became of the finding for which a change was made.
type Verdict string

// The verdicts.
const (
	Helped        Verdict = "helped"
	NoEffect      Verdict = "no effect"
	Worse         Verdict = "worse"
	CannotTell    Verdict = "cannot tell"   // the rule lacks facts now, or the numbers cannot be compared
	NothingAsked  Verdict = "not asked for" // no finding: a person asked for the change
	NotInForce    Verdict = "not in force"  // the present value is not the new one
	wobble                = 0.10            // a difference up to this part of the number before is no change
	wobbleOfCount         = 1.0             // a difference of one connection is no change either
)

// A Reading is the second judgement of a finding.
type Reading struct {
	Found   bool          // the rule fires again for the same subject
	Judged  bool          // the rule had all facts; if neither Judged nor Found, the answer is unknown
	Measure *plan.Measure // of the finding; nil if the finding has none, or if the rule did not fire
	// Doubt tells why an improvement would prove nothing: there is no load any more,
	// or the change itself affects what is counted. "" for no doubt.
	Doubt string
}

// Judge compares a finding before the change with the same finding after it. In every
// number of a finding less is better, unless Doubt says that the two numbers cannot
// be compared.
func Judge(live Live, after Reading) Verdict {
	v := compare(live, after)
	if v == Helped && after.Doubt != "" {
		return CannotTell
	}
	return v
}

func compare(live Live, after Reading) Verdict {
	switch {
	case live.Finding == "":
		return NothingAsked
	case live.Is != IsNew:
		return NotInForce
	case !after.Found && !after.Judged:
		return CannotTell
	case !after.Found:
		return Helped
	case live.Measure == nil || after.Measure == nil || live.Measure.Name != after.Measure.Name || live.Measure.Unit != after.Measure.Unit:
		return CannotTell // still found, with another measure
	}
	was, is := live.Measure.Value, after.Measure.Value
	margin := max(wobble*was, 0)
	if live.Measure.Unit == "" {
		margin = max(margin, wobbleOfCount)
	}
	switch {
	case is < was-margin:
		return Helped
	case is > was+margin:
		return Worse
	default:
		return NoEffect
	}
}

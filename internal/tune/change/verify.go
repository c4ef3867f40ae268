// SPDX-License-Identifier: Apache-2.0

package change

import "github.com/tcpvitals/tcpvitals/internal/tune/plan"

// Verdict is what became of the finding that asked for a change.
type Verdict string

// The verdicts.
const (
	Helped        Verdict = "helped"
	NoEffect      Verdict = "no effect"
	Worse         Verdict = "worse"
	CannotTell    Verdict = "cannot tell"   // the rule lacks facts now, or a difference would prove nothing
	NothingAsked  Verdict = "not asked for" // by a finding: a person wanted it
	NotInForce    Verdict = "not in force"  // the value is not the new one
	wobble                = 0.10            // of the number before: less is no change
	wobbleOfCount         = 1.0             // and one connection more or less is none either
)

// A Reading is a finding judged again.
type Reading struct {
	Found   bool          // the rule fires, for the same subject
	Judged  bool          // the rule had all it needs; false with Found false is not knowing
	Measure *plan.Measure // of the finding; nil when it has none, or did not fire
	// Doubt says why an improvement would prove nothing: the load is gone, or
	// the change itself changed what is counted. Empty when there is none.
	Doubt string
}

// Judge compares the finding before a change with that after it. Every number
// that a finding rests on is one of trouble: less is better, unless there is
// reason to doubt that it is the same number.
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
		return CannotTell // still found, by another number
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

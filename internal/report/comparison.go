// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/tcpvitals/tcpvitals/internal/diagnose"

// CensusComparison is, in JSON, a count of the socket table beside the kernel's own
// count.
type CensusComparison struct {
	Name       string             `json:"name"`
	Ours       CensusNumber       `json:"ours"`
	Theirs     *CensusNumber      `json:"theirs"` // null: the kernel has no such count
	Difference int64              `json:"difference"`
	Parts      []ComparisonPart   `json:"parts"`
	Rest       int64              `json:"rest"`
	Agreement  diagnose.Agreement `json:"agreement"`
	Explained  bool               `json:"explained"`
	Why        LabText            `json:"why"`
}

// CensusNumber is a number and what it counts.
type CensusNumber struct {
	Name  string `json:"name"`
	Count uint64 `json:"count"`
}

// ComparisonPart is a part of a difference.
type ComparisonPart struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// NewCensusComparisons puts comparisons into their JSON form.
func NewCensusComparisons(all []diagnose.Comparison) []CensusComparison {
	out := make([]CensusComparison, len(all))
	for i := range all {
		c := &all[i]
		out[i] = CensusComparison{
			Name: c.Name, Ours: CensusNumber{c.OurName, c.Ours}, Difference: c.Difference, Parts: []ComparisonPart{},
			Rest: c.Rest, Agreement: c.Agreement, Explained: c.Explained(), Why: labText(c.Why),
		}
		if c.Agreement != diagnose.AgreeNotCounted {
			out[i].Theirs = &CensusNumber{c.TheirName, c.Theirs}
		}
		for _, p := range c.Parts {
			out[i].Parts = append(out[i].Parts, ComparisonPart(p))
		}
	}
	return out
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Gap is a gap in a document: its reason in English, and its code for programs.
type Gap struct {
	Source     string `json:"source"`
	Code       string `json:"code,omitempty"` // "" if the reason is a text of the system
	Reason     string `json:"reason"`
	Structural bool   `json:"structural,omitempty"`
}

// Gaps returns gaps for a document: [] and never null if there are none.
func Gaps(parts ...[]problem.Gap) []Gap {
	all := []Gap{}
	for _, gaps := range parts {
		for _, g := range gaps {
			all = append(all, Gap{Source: knowledge.GapSource(g), Code: string(knowledge.GapCode(g)), Reason: knowledge.GapReason(g), Structural: g.Structural})
		}
	}
	return all
}

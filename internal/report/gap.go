// SPDX-License-Identifier: Apache-2.0

package report

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Gap is a gap in a document: its reason in English words, and the code of it for
// programs.
type Gap struct {
	Source     string `json:"source"`
	Code       string `json:"code,omitempty"` // "" where only the system's words are known
	Reason     string `json:"reason"`
	Structural bool   `json:"structural,omitempty"`
}

// Gaps writes gaps for a document, as [] and never null where there are none.
func Gaps(parts ...[]problem.Gap) []Gap {
	all := []Gap{}
	for _, gaps := range parts {
		for _, g := range gaps {
			all = append(all, Gap{Source: knowledge.GapSource(g), Code: string(knowledge.GapCode(g)), Reason: knowledge.GapReason(g), Structural: g.Structural})
		}
	}
	return all
}

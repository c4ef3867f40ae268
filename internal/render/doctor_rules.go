// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// RulesList prints the rules of the doctor.
type RulesList struct {
	Rules   []diagnose.Rule
	Lang    knowledge.Lang
	Width   int
	Verbose bool // print all details
}

// String returns a line for each rule, or all its details.
func (l RulesList) String() string {
	var b strings.Builder
	v := newDoctorView(&report.Doctor{}, l.Lang)
	t := DoctorText{Lang: l.Lang, Width: l.Width}
	for i := range l.Rules {
		r := &l.Rules[i]
		lead := r.Code + "  "
		if !l.Verbose {
			t.lead(&b, lead, r.Title.In(l.Lang), len(lead))
			continue
		}
		if i > 0 {
			b.WriteString("\n")
		}
		t.lead(&b, lead, r.Title.In(l.Lang)+" ("+r.Name+")", len(lead))
		t.line(&b, doctorLine{Label: v.words.facts, Text: knowledge.Listed(r.Facts, l.Lang)}, len(lead))
		for _, line := range v.ruleLines(r)[1:] { // the first line is the title
			t.line(&b, line, len(lead))
		}
		t.line(&b, doctorLine{v.words.check, r.Check.String(), true}, len(lead))
	}
	return b.String()
}

// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
)

// Findings turns a diagnosis into findings for a plan: one for each parameter that
// would help, with the number on which the finding rests.
func Findings(d *diagnose.Diagnosis) (found []Finding) {
	for i := range d.Findings {
		found = append(found, remediesOf(&d.Findings[i], d.Window)...)
	}
	return found
}

// remediesOf returns the remedies of a finding and of the findings below it, as the
// doctor prints them.
func remediesOf(f *diagnose.Finding, window time.Duration) (found []Finding) {
	for _, c := range f.Changes {
		p := Finding{
			Code: f.Code, Subject: SubjectWord(f.Subject()), Evidence: f.Summary,
			Measure: MeasureOf(f, window), Check: f.Check.String(), Key: c.Key, Value: c.Value, Why: c.Why,
		}
		if f.Netns != nil {
			p.Netns = f.Netns.Name
		}
		found = append(found, p)
	}
	for i := range f.Explains {
		found = append(found, remediesOf(&f.Explains[i].Finding, window)...)
	}
	return found
}

// MeasureOf returns the number on which a finding rests.
func MeasureOf(f *diagnose.Finding, window time.Duration) *Measure {
	e := f.Measure(window)
	if e == nil {
		return nil
	}
	return &Measure{Name: strings.Join(strings.Fields(e.Name), "_"), Value: e.Value, Unit: e.Unit}
}

// SubjectWord returns a subject as plans write it: without blanks.
func SubjectWord(subject string) string { return strings.Join(strings.Fields(subject), "_") }

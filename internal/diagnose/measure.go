// SPDX-License-Identifier: Apache-2.0

package diagnose

import "time"

// Measure returns the number by which a finding is compared with itself at
// another time, nil when it has none. It means the same whatever the window was
// and whatever the limit is now: a loss is one a second, and what comes near a
// limit is a share of the limit.
func (f *Finding) Measure(window time.Duration) *Evidence {
	e := f.compared()
	if e == nil || e.Threshold == nil || e.Unit != "" {
		return e
	}
	m := *e
	switch {
	case f.Basis == Loss && window > 0:
		m.Value, m.Unit = e.Value/window.Seconds(), "1/s"
	case f.Basis == Limit && *e.Threshold > 0:
		m.Name, m.Value, m.Unit = e.Name+" of the threshold", 100*e.Value / *e.Threshold, "%"
	}
	return &m
}

// compared returns the evidence that was compared with a threshold: a loss
// before how near a limit is, of which the loss may be a consequence.
func (f *Finding) compared() *Evidence {
	var first *Evidence
	for i := range f.Evidence {
		e := &f.Evidence[i]
		switch {
		case e.Threshold == nil:
		case f.Basis == Loss && *e.Threshold == 0:
			return e
		case first == nil:
			first = e
		}
	}
	if first == nil && len(f.Evidence) > 0 {
		return &f.Evidence[0]
	}
	return first
}

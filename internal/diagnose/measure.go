// SPDX-License-Identifier: Apache-2.0

package diagnose

import "time"

// Measure returns the number by which a finding can be compared with itself at another
// time, nil if it has none. The number does not depend on the window or on the present
// limit: a loss is given per second, a number near a limit as a share of the limit.
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

// compared returns the evidence that was compared with a threshold. A loss comes
// before nearness to a limit, because the loss may be a consequence of that.
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

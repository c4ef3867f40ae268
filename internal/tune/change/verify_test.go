// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// TestJudge: an improvement counts only if the same thing was measured and if it
// proves something.
func TestJudge(t *testing.T) {
	rate := func(n float64) *plan.Measure {
		return &plan.Measure{Name: "TcpExt.ListenOverflows", Value: n, Unit: "1/s"}
	}
	other := &plan.Measure{Name: "waiting", Value: 1, Unit: "%"}
	inForce := change.IsNew
	for _, test := range []struct {
		name  string
		is    change.Is
		was   *plan.Measure
		after change.Reading
		want  change.Verdict
	}{
		{"gone", inForce, rate(9), change.Reading{Judged: true}, change.Helped},
		{"gone, and it proves nothing", inForce, rate(9), change.Reading{Judged: true, Doubt: "nobody connected"}, change.CannotTell},
		{"not judged", inForce, rate(9), change.Reading{}, change.CannotTell},
		{"less", inForce, rate(9), change.Reading{Found: true, Judged: true, Measure: rate(3)}, change.Helped},
		{"less by definition", inForce, rate(9), change.Reading{Found: true, Judged: true, Measure: rate(3), Doubt: "it counts otherwise now"}, change.CannotTell},
		{"as before", inForce, rate(9), change.Reading{Found: true, Judged: true, Measure: rate(8.9)}, change.NoEffect},
		{"more, whatever is in doubt", inForce, rate(9), change.Reading{Found: true, Judged: true, Measure: rate(19), Doubt: "nobody connected"}, change.Worse},
		{"another number", inForce, rate(9), change.Reading{Found: true, Judged: true, Measure: other}, change.CannotTell},
		{"no number", inForce, nil, change.Reading{Found: true, Judged: true, Measure: rate(3)}, change.CannotTell},
		{"not in force", change.IsOld, rate(9), change.Reading{Judged: true}, change.NotInForce},
	} {
		live := change.Live{Is: test.is}
		live.Finding, live.Measure = "AQ01", test.was
		if got := change.Judge(live, test.after); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

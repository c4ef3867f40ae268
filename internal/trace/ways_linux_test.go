// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// TestRawSaysWhatItLacks: with raw tracepoints, ends have everything but a cookie, and
// the answer says so; no requested field is missing.
func TestRawSaysWhatItLacks(t *testing.T) {
	traced(t, trace.Options{Rows: true, Resets: true, Way: tracer.Raw}, func(tr *trace.Trace, _ uint16) {
		reasons := map[socket.Reason]int{}
		tail, err := tr.Rows(t.Context(), nil, func(s *socket.Socket) bool {
			reasons[s.Change.Reason]++
			if s.Known.Has(socket.FieldCookie) || !s.Known.Has(socket.FieldRemotePort) {
				t.Errorf("%+v", s.Known)
			}
			return reasons[socket.Refused] == 0
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if reasons[socket.ClosedFirst] != 5 || reasons[socket.ClosedAfter] != 5 || reasons[socket.LingerZero] != 1 {
			t.Errorf("%v", reasons)
		}
		if !tail.Exact() || !slices.ContainsFunc(tail.Gaps, func(g problem.Gap) bool { return g.Code == problem.TracedRaw }) {
			t.Errorf("%+v", tail.Gaps)
		}
	})
}

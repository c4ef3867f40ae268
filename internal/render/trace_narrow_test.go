// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// TestTraceNarrow: if the table is too wide, the numbers stay in their columns and the
// program is written below.
func TestTraceNarrow(t *testing.T) {
	by := []trace.Doer{
		{Process: "python3", Unit: "init.scope", Port: 8899, Count: 432},
		{Process: "python3", Unit: "init.scope", Port: 8899, Accepted: true, Count: 277},
	}
	answer := &report.Trace{Summary: &trace.Summary{
		Took: 3 * time.Second, Total: 1721, Ends: []trace.End{{Reason: socket.ClosedFirst, Count: 709, By: by}, {Reason: socket.ClosedAfter, Count: 1012, By: by[:1]}},
	}}
	want := ` how connections ended (3.0 s)

 ended                           count   share  per s
 closed first, orderly             709  41.2 %  236.3
    by python3 (init.scope) to :8899 432, python3 (init.scope) :8899 277
 closed after the peer, orderly  1,012  58.8 %  337.3
    by python3 (init.scope) to :8899 432
`
	if got := (TraceTable{Trace: answer, Lang: knowledge.English, Width: 80}).String(); !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// TestPortWordsAreComplete: every knob has words in both languages.
func TestPortWordsAreComplete(t *testing.T) {
	for _, k := range diagnose.PortKnobs() {
		if text, ok := knowledge.PortKnob(string(k)); !ok || text.En == "" || text.Zh == "" || text.En == text.Zh {
			t.Errorf("%s: %v %+v", k, ok, text)
		}
	}
}

func TestPortsTable(t *testing.T) {
	u := diagnose.PortUse{
		Local: netip.MustParseAddr("192.0.2.1"), Remote: netip.MustParseAddrPort("198.51.100.7:443"),
		Capacity: 20, Live: 4, TimeWait: 6, Reusable: 2, Used: 8, Blocked: 1, Inferred: 3, Free: 8, FreeBind: 5, Closed: 2.5, Opened: 4,
		WillEnd: true, RunsOut: 4 * time.Second, Severity: diagnose.Warning, Knobs: []diagnose.PortKnob{diagnose.KnobMoreAddresses},
	}
	got := PortsTable{Ports: report.Ports{Engine: "sock_diag", Total: 3, Uses: []diagnose.PortUse{u}}, Width: 110}.String()
	want := ` from       to                used  blocked  reusable  free  of  for bind  closed/s  runs out  verdict
 192.0.2.1  198.51.100.7:443     8        4*        2     8  20         5      2.5+        4s  warning

 * partly inferred: these ports look as if bind() before connect() had chosen them

 do:   spread over more destination addresses or ports, or more source addresses: each pair has all ports to
       itself

 3 destinations · sock_diag · 2 more not shown (--limit 0 shows all)
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	watched := PortsTable{Ports: report.Ports{Engine: "sock_diag", Total: 1, Window: time.Second, Uses: []diagnose.PortUse{u}}, Width: 110}.String()
	if !strings.Contains(watched, "opened/s") || !strings.Contains(watched, " 4.0+ ") || strings.Contains(watched, "closed/s") {
		t.Errorf("with a window:\n%s", watched)
	}
	if empty := (PortsTable{Ports: report.Ports{Engine: "procfs"}, Lang: knowledge.Chinese, Width: 80}).String(); !strings.Contains(empty, "没有本机主动发起的连接") {
		t.Errorf("nothing to show:\n%s", empty)
	}
}

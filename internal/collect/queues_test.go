// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"net/netip"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestQueuesLeftOutAgain: after a restart of the reading, each listener that the
// filter did not choose counts once.
func TestQueuesLeftOutAgain(t *testing.T) {
	filter, err := query.Parse("sport = :80", query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &QueueLook{Filter: filter}
	for times := range 2 {
		if times > 0 {
			l.Reset()
		}
		for _, local := range []string{"192.0.2.1:80", "192.0.2.1:81", "192.0.2.1:82"} {
			l.Row(&socket.Socket{State: tcp.Listen, Known: diagnose.QueueFields(), Local: netip.MustParseAddrPort(local)})
		}
		if l.LeftOut != 2 || l.Undecided != 0 {
			t.Errorf("read %d times: %d left out, %d undecided; want 2 and 0", times+1, l.LeftOut, l.Undecided)
		}
	}
}

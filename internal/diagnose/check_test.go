// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"testing"
)

// TestChecksCount: the command lists sockets if they fit on a screen; otherwise it
// counts them, by owner if a list shows owners.
func TestChecksCount(t *testing.T) {
	f := Finding{Evidence: []Evidence{{Name: "share", Value: 99, Unit: "%"}, {Name: "TcpExt.TCPTimeouts", Value: 4000}, {Name: "CLOSE_WAIT", Value: 20}}}
	plainList := listOf("state close-wait", "pid = 7")
	owners := (&ownedBy{}).filter("state close-wait", nil, sentNothing())
	if got := f.counting(plainList); got.String() != plainList.String() {
		t.Errorf("20: %s", got)
	}
	f.Evidence[2].Value = 21
	for _, tt := range []struct{ got, want string }{
		{f.counting(plainList).String(), "tcpvitals census 'state close-wait and pid = 7'"},
		{f.counting(owners).String(), "tcpvitals census 'state close-wait' --by process,sport"},
		{f.counting(queuesAt(netip.MustParseAddrPort("127.0.0.1:80"))).String(), "tcpvitals queues 'sport = :80' --window 10s"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s, want %s", tt.got, tt.want)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestPortsInferred: bind() is inferred from what connect() does not do, and not from
// runs that do not overlap, nor from ports of the second pass once the first may have
// been used up.
func TestPortsInferred(t *testing.T) {
	for _, test := range []struct {
		name  string
		rows  []*socket.Socket
		opens uint64 // 0: not known
		want  map[string]int
	}{
		{"runs one after the other in a part of the range", append(callsTo(1, 32768, 2, 110), callsTo(2, 32988, 2, 110)...), 5000, map[string]int{"1": 0, "2": 0}},
		{"side by side, and never the same port", append(callsTo(1, 32768, 4, 110), callsTo(2, 32770, 4, 110)...), 5000, map[string]int{"1": 110, "2": 110}},
		{"side by side, too few", append(callsTo(1, 32768, 4, 40), callsTo(2, 32770, 4, 40)...), 5000, map[string]int{"1": 0, "2": 0}},
		{"the second half, few were opened", append(callsTo(1, 32769, 2, 30), callsTo(2, 40000, 2, 30)...), 60, map[string]int{"1": 0, "2": 30}},
		{"the second half, one fewer than the first has ports", append(callsTo(1, 32769, 2, 30), callsTo(2, 40000, 2, 30)...), 14115, map[string]int{"1": 0, "2": 30}},
		{"the second half, as many as the first has ports", append(callsTo(1, 32769, 2, 30), callsTo(2, 40000, 2, 30)...), 14116, map[string]int{"1": 0, "2": 0}},
		{"the second half, and it is not known how many", append(callsTo(1, 32769, 2, 30), callsTo(2, 40000, 2, 30)...), 0, map[string]int{"1": 0, "2": 0}},
	} {
		r := &diagnose.PortReading{Rules: map[uint64]*diagnose.PortRules{0: rulesOf(t, nil)}}
		if test.opens > 0 {
			r.Opens = map[uint64]uint64{0: test.opens}
		}
		for _, s := range test.rows {
			r.Add(s)
		}
		for _, u := range diagnose.JudgePorts(r, nil, 0) {
			to := u.Remote.Addr().As4()
			if want := test.want[fmt.Sprint(to[3])]; u.Inferred != want {
				t.Errorf("%s: to %s %d are inferred, not %d", test.name, u.Remote, u.Inferred, want)
			}
		}
	}
}

// callsTo returns n connections to the host 198.51.100.<to>. The first has the local
// port port, and each following one a port that is larger by apart.
func callsTo(to byte, port, apart, n int) (rows []*socket.Socket) {
	for i := range n {
		s := call(tcp.Established, uint16(port+i*apart), 0)
		s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, to}), 443)
		rows = append(rows, s)
	}
	return rows
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// wholeNamespace are the causes that rest on counters of a whole namespace. Such a
// counter names no socket, process or place that could be compared.
func wholeNamespace() []string {
	return []string{
		"AQ03 by AQ01", "AQ03 by SY03", "AQ03 by SY02", "CW03 by CW01", "TW02 by FW01",
		"SY01 by SY03", "SY01 by SY02", "SY04 by SY03", "SY04 by SY02", "SY04 by SY01",
		"SY05 by CT01", "CT02 by CT01", "SY05 by NP01", "FW04 by NP01", "ES03 by NP01",
		"TO01 by SY05", "TO01 by ES03", "RS01 by TO01", "OR01 by ME01",
		"FW04 by FW05", "CL01 by FW05", // both count all sockets in these states
	}
}

// TestCausesByIdentity: a finding explains no finding about another listener,
// destination, process or set of sockets.
func TestCausesByIdentity(t *testing.T) {
	cause := stranger(1, Critical)
	consequence := stranger(2, Warning)
	for _, c := range causes() {
		name := c.Of + " by " + c.By
		whole := slices.Contains(wholeNamespace(), name)
		switch {
		case whole:
		case c.Covers == nil:
			t.Errorf("%s: nothing says that the two are about the same", name)
		case c.Covers(cause, consequence):
			t.Errorf("%s: covers what is about something else", name)
		}
	}
	for _, name := range wholeNamespace() {
		if !slices.ContainsFunc(causes(), func(c Cause) bool { return c.Of+" by "+c.By == name }) {
			t.Errorf("%s is no cause", name)
		}
	}
}

// stranger is a finding that has nothing in common with any other.
func stranger(n byte, severity Severity) *Finding {
	local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, n}), 8000+uint16(n))
	remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, n}), 9000+uint16(n))
	return &Finding{
		Severity: severity, Basis: Limit, About: About{Local: local, Remote: remote},
		Owner: &socket.Owner{Process: &socket.Process{PID: uint32(n), Name: "app"}},
		rows:  []Kept{{State: tcp.CloseWait, Local: local, Remote: remote, Cookie: uint64(n), Inode: uint32(n)}},
		ports: heldPorts{taken: 100, bound: 10},
	}
}

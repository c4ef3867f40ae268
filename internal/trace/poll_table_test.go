// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestPollTable: what polling, once a second, concludes about one socket.
func TestPollTable(t *testing.T) {
	const none = tcp.State(0)
	for _, c := range []struct {
		name  string
		looks []tcp.State
		want  []string
	}{
		{"from the first look on", []tcp.State{tcp.Established, tcp.TimeWait, none, none}, []string{"ESTABLISHED to TIME_WAIT: 1 after 0s", "TIME_WAIT to CLOSE: 12 after 0s"}},
		{"opened and closed first", []tcp.State{none, tcp.Established, tcp.Established, tcp.FinWait1, tcp.TimeWait}, []string{
			"CLOSE to ESTABLISHED: 3 after 0s", "ESTABLISHED to FIN_WAIT1: 1 after 2s", "FIN_WAIT1 to TIME_WAIT: 12 after 3s",
		}},
		{"closed after the peer", []tcp.State{tcp.Established, tcp.CloseWait, tcp.LastAck, none, none}, []string{
			"ESTABLISHED to CLOSE_WAIT: 12 after 0s", "CLOSE_WAIT to LAST_ACK: 2 after 0s", "LAST_ACK to CLOSE: 12 after 0s",
		}},
		{"gone", []tcp.State{none, tcp.Established, none, none}, []string{"CLOSE to ESTABLISHED: 3 after 0s", "ESTABLISHED to CLOSE: 14 after 2s"}},
		{"left out once", []tcp.State{tcp.Established, none, tcp.Established, none}, nil},
		{"shorter than a look", []tcp.State{none, tcp.TimeWait}, []string{"? to TIME_WAIT: 1 after 0s"}},
	} {
		table := newPollTable(7)
		var told []string
		tell := func(r *tracer.Record) {
			from, lasted := "?", time.Duration(0)
			if r.From != 0 {
				from = r.From.String()
			}
			if r.Born != 0 {
				lasted = r.At - r.Born
			}
			told = append(told, fmt.Sprintf("%s to %s: %d after %v", from, r.To, r.What, lasted))
		}
		for i, state := range c.looks {
			at := time.Duration(i+1) * time.Second
			table.begin()
			if state != none {
				table.see(&socket.Socket{
					State: state, Kind: socket.Full, Cookie: 5,
					Local: netip.MustParseAddrPort("10.0.0.1:4000"), Remote: netip.MustParseAddrPort("10.0.0.2:80"),
				}, at, tell)
			}
			table.end(at, tell)
		}
		if !slices.Equal(told, c.want) {
			t.Errorf("%s: %q, want %q", c.name, told, c.want)
		}
	}
}

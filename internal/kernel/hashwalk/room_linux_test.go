// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestCountingTakesNoPort: in a namespace whose only local port is taken, a query is
// checked and answered, and no connection is opened in the namespace.
func TestCountingTakesNoPort(t *testing.T) {
	w := open(t)
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		setPorts(t, "41000 41000")
		l, err := listen(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 41000})
		if err != nil {
			t.Fatal(err)
		}
		defer closeFD(l)
		before := connectionsOpened(t)
		for _, q := range []Query{
			{Netns: []uint64{netnsOf()}, By: []Key{{Field: socket.FieldState}, {Field: socket.FieldLocalPort}}},
			{Netns: []uint64{netnsOf()}, States: tcp.SetOf(tcp.Listen, tcp.Bound), By: []Key{{Field: socket.FieldLocalPort}}},
			{By: census()},
		} {
			r, err := w.Walk(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if len(q.Netns) > 0 && (len(r.Rows) != 1 || r.Rows[0].Sockets != 1 || r.Rows[0].Socket.Local.Port() != 41000) {
				t.Errorf("want the one listener, got %+v", r.Rows)
			}
		}
		if after := connectionsOpened(t); !slices.Equal(after, before) {
			t.Errorf("connections were opened: %v before, %v after", before, after)
		}
	})
}

// TestSpacesWithoutRooms: the namespaces made for checks are not in the list of the
// kernel's namespaces.
func TestSpacesWithoutRooms(t *testing.T) {
	w := open(t)
	before, err := w.Namespaces()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Prepare(Query{By: census()}); err != nil {
		t.Fatal(err)
	}
	if w.rooms() != 1 {
		t.Errorf("%d rooms, want 1", w.rooms())
	}
	held, _, err := tablesOf(w.finder)
	if err != nil {
		t.Fatal(err)
	}
	after, err := w.Namespaces()
	if err != nil || uint32(after) != held.namespaces-1 {
		t.Errorf("%d namespaces of %d with the room (%d before it): %v", after, held.namespaces, before, err)
	}
}

func setPorts(t *testing.T, ports string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte(ports), 0); err != nil {
		t.Fatal(err)
	}
}

// connectionsOpened is how many connections this thread's namespace has opened and
// accepted (Tcp: ActiveOpens, PassiveOpens).
func connectionsOpened(t *testing.T) []uint64 {
	t.Helper()
	text, err := os.ReadFile("/proc/thread-self/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "Tcp: ") {
			lines = append(lines, strings.Fields(line))
		}
	}
	var values []uint64
	for _, name := range []string{"ActiveOpens", "PassiveOpens"} {
		n, err := strconv.ParseUint(lines[1][slices.Index(lines[0], name)], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, n)
	}
	return values
}

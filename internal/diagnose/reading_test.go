// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestNoWatchOfTimeWait: no watch is about TIME_WAIT, so a reading need not ask the
// watches.
func TestNoWatchOfTimeWait(t *testing.T) {
	for _, w := range watches {
		if w.states.Has(tcp.TimeWait) {
			t.Errorf("%s would see no row", w.name)
		}
	}
}

// timeWaitRows makes TIME_WAIT sockets of a service, or of calls to eight
// destinations.
func timeWaitRows(served bool) (rows []socket.Socket) {
	for i := range 4096 {
		s := rowOf(tcp.TimeWait, uint64(i))
		s.Local = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), 443)
		s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), uint16(40000+i))
		s.Expires = time.Duration(i) * time.Minute / 4096
		if !served {
			s.Direction = socket.Outbound
			s.Local = netip.AddrPortFrom(s.Local.Addr(), uint16(32768+i))
			s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(i*7) % 8}), 5432)
		}
		rows = append(rows, *s)
	}
	return rows
}

func readingOf(t testing.TB) *Reading {
	t.Helper()
	r := &Reading{Queues: &QueueReading{}, Ports: &PortReading{}}
	if err := r.Ports.ReadRules(1, map[string]string{SysctlPortRange: "32768 60999", SysctlTWReuse: "1", SysctlTimestamps: "1"}); err != nil {
		t.Fatal(err)
	}
	listener := rowOf(tcp.Listen, 9999)
	listener.Local, listener.Remote = netip.MustParseAddrPort("0.0.0.0:443"), netip.MustParseAddrPort("0.0.0.0:0")
	r.Add(listener)
	return r
}

// TestReadingAllocs: TIME_WAIT sockets, of which there may be a million, cost no
// memory.
func TestReadingAllocs(t *testing.T) {
	for name, served := range map[string]bool{"served": true, "called": false} {
		rows, r := timeWaitRows(served), readingOf(t)
		each := func() {
			for i := range rows {
				r.Add(&rows[i])
			}
		}
		each()
		if n := testing.AllocsPerRun(5, each); n > 0 {
			t.Errorf("%s: %v allocations for %d rows", name, n, len(rows))
		}
	}
}

func BenchmarkReadingTimeWait(b *testing.B) {
	for name, served := range map[string]bool{"served": true, "called": false} {
		b.Run(name, func(b *testing.B) {
			rows, r := timeWaitRows(served), readingOf(b)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r.Add(&rows[i&4095])
				i++
			}
		})
	}
}

// TestReadingOwnsPorts: for each busy destination one caller is looked up.
func TestReadingOwnsPorts(t *testing.T) {
	r := readingOf(t)
	for i := range 30 {
		for port := range 2 + i%2 {
			s := rowOf(tcp.Established, uint64(10*i+port))
			s.Direction = socket.Outbound
			s.Local = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(40000+10*i+port))
			s.Remote = netip.AddrPortFrom(netip.MustParseAddr("198.51.100.7"), uint16(i))
			r.Add(s)
		}
	}
	if n := len(r.Inodes()); n < ownedPorts || n > ownedPorts*len(holders{}) { // some of each destination
		t.Fatalf("asks for %d owners", n)
	}
	r.Own(func(uint32, uint64) *socket.Owner { return &socket.Owner{Process: &socket.Process{Name: "curl"}} })
	owned := 0
	for _, u := range JudgePorts(r.Ports, nil, 0) {
		if processName(only(u.Callers)) == "curl" {
			owned++
			continue
		}
		if u.Live == 3 {
			t.Errorf("%s with most connections has no owner", u.Remote)
		}
	}
	if owned != ownedPorts || len(r.Inodes()) != 0 {
		t.Errorf("%d owned, asks again for %d", owned, len(r.Inodes()))
	}
}

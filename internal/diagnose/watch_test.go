// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// client is the n-th of many connections to a server.
func client(n int, state tcp.State) *socket.Socket {
	s := rowOf(state, uint64(1000+n))
	s.Local = netip.MustParseAddrPort("192.0.2.1:443")
	s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(n >> 16), byte(n >> 8)}), uint16(1024+n%50000))
	s.SendQ = 2
	return s
}

// TestWatchIsBounded: sockets beyond the kept rows are counted, and the text says that
// it is a sample.
func TestWatchIsBounded(t *testing.T) {
	for _, n := range []int{keptRows, keptRows + 1, 300_000} {
		var w Watch
		for i := range n {
			w.add(client(i, tcp.CloseWait))
		}
		if w.Count != uint64(n) || w.SendQ != 2*uint64(n) || len(w.Rows) > keptRows || len(w.Rows) < keptRows/4 || cap(w.Rows) > keptRows {
			t.Errorf("%d sockets: %d, %d bytes, %d rows of %d", n, w.Count, w.SendQ, len(w.Rows), cap(w.Rows))
		}
		if said, sample := w.sampleText(); sample != (n > keptRows) || sample && !strings.Contains(said.En, commas(uint64(n))) {
			t.Errorf("%d sockets: %q", n, said.En)
		}
	}
}

// TestWatchOfTheSame: sockets with equal keys are counted and bounded too.
func TestWatchOfTheSame(t *testing.T) {
	var w Watch
	for range 3 * keptRows {
		w.add(&socket.Socket{State: tcp.CloseWait})
	}
	if w.Count != 3*keptRows || len(w.Rows) == 0 || len(w.Rows) > keptRows {
		t.Errorf("%d sockets, %d rows", w.Count, len(w.Rows))
	}
}

// TestSampleOfTwoReadings: sockets that stay are in the samples of both readings, in
// whatever order they are read and however many others come and go.
func TestSampleOfTwoReadings(t *testing.T) {
	const before, gone, now = 60_000, 6_000, 200_000
	var a, b Watch
	for i := range before {
		a.add(client(i, tcp.CloseWait))
	}
	for i := now - 1; i >= gone; i-- {
		b.add(client(i, tcp.CloseWait))
	}
	there, past := common(&b, &a)
	lasting, left := Persisted(&b, &a), vanished(&a, &b)
	if len(lasting)+len(left) != len(past) || len(there) < len(lasting) {
		t.Fatalf("%d of %d lasted, %d left", len(lasting), len(past), len(left))
	}
	for _, k := range left {
		if k.Cookie >= 1000+gone {
			t.Fatalf("%s is said to have gone", k.Remote)
		}
	}
	if share := float64(len(left)) / float64(len(past)); share < 0.08 || share > 0.12 {
		t.Errorf("%.3f of the sample left, a tenth of all did", share)
	}
}

// TestSampleOfBothEnds: the two ends of a connection are in the same sample.
func TestSampleOfBothEnds(t *testing.T) {
	var servers, clients Watch
	for i := range 100_000 {
		s := client(i, tcp.CloseWait)
		servers.add(s)
		if i < 40_000 {
			s.Local, s.Remote, s.Cookie = s.Remote, s.Local, s.Cookie+1_000_000
			clients.add(s)
		}
	}
	if n, of := facing(clients.Rows, servers.Rows); n != of || n == 0 {
		t.Errorf("%d of %d face the other end", n, of)
	}
	if n, of := facing(servers.Rows, clients.Rows); n*2 > of || n == 0 {
		t.Errorf("%d of %d face the other end", n, of)
	}
}

// TestSampleIsSaid: a finding that rests on a sample says so and gives the full
// number.
func TestSampleIsSaid(t *testing.T) {
	now, before := &Space{Sockets: &Reading{}}, &Space{Sockets: &Reading{}}
	for i := range 50_000 {
		s := client(i, tcp.CloseWait)
		s.Inode, s.SendQ = uint32(1+i), 0
		now.Sockets.Add(s)
		before.Sockets.Add(s)
	}
	d := judgeBy([]Rule{cw01()}, &Machine{Spaces: []*Space{now}}, &Machine{Spaces: []*Space{before}}, 10*settledIn)
	if len(d.Findings) != 1 {
		t.Fatalf("%d findings", len(d.Findings))
	}
	if said := d.Findings[0].Detail; len(said) == 0 || !strings.Contains(said[len(said)-1].En, "a sample: of 50,000 such sockets") {
		t.Errorf("%+v", said)
	}
}

// TestReadingAllocsMillion: the memory for a million connections that nobody accepts
// is bounded.
func TestReadingAllocsMillion(t *testing.T) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for _, state := range []tcp.State{tcp.Established, tcp.CloseWait} {
		r := readingOf(t)
		was := heap()
		for i := range 1_000_000 {
			s := client(i, state)
			r.Add(s)
		}
		if grown := heap() - was; grown > 5<<20 {
			t.Errorf("%s: %d MiB are kept", state, grown>>20)
		}
		runtime.KeepAlive(r)
	}
}

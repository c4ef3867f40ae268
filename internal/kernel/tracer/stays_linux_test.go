// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestStays: the recorded time in a state is the time that the program left the socket
// in it, by the program's own clock, with an error of at most a quarter of a power of
// two.
func TestStays(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := opened(t, Options{Netns: ns.Inode(), Stays: true, AllStays: true})
	const made = 5
	least := map[tcp.State]time.Duration{tcp.Established: 30 * time.Millisecond, tcp.CloseWait: 60 * time.Millisecond}
	most := map[tcp.State]time.Duration{}
	ns.Do(func() {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range made {
			start := time.Now()
			client, server, err := pair(l)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(least[tcp.Established])
			closing := time.Now()
			if err := client.Close(); err != nil {
				t.Fatal(err)
			}
			_, _ = server.Read(make([]byte, 1))
			most[tcp.Established] = max(most[tcp.Established], time.Since(start))
			time.Sleep(least[tcp.CloseWait])
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
			most[tcp.CloseWait] = max(most[tcp.CloseWait], time.Since(closing))
		}
	})
	testnet.Delivered(t)
	stays, err := tr.Stays()
	if err != nil {
		t.Fatal(err)
	}
	for state, n := range map[tcp.State]uint64{tcp.Established: 2 * made, tcp.CloseWait: made, tcp.SynRecv: 0, tcp.Listen: 0, tcp.TimeWait: 0} {
		if stays.Of(state) != n {
			t.Errorf("%d were in %s, want %d", stays.Of(state), state, n)
		}
	}
	for state := range least {
		for _, part := range []float64{0, 0.5, 1} {
			got := stays.Quantile(state, part)
			if got < least[state]*7/8 || got > most[state]*9/8 {
				t.Errorf("%s: quantile %v is %v, want between %v and %v", state, part, got, least[state], most[state])
			}
		}
	}
}

// TestStaySteps: every time is in the step that the kernel's program computes, and no
// step is wider than a quarter of its least time.
func TestStaySteps(t *testing.T) {
	last := time.Duration(-1)
	for i := range staySteps {
		begin, end := stepBegin(i), stepBegin(i+1)
		if begin <= last || end <= begin || i >= 4 && (end-begin)*4 > begin {
			t.Errorf("step %d from %v to %v", i, begin, end)
		}
		last = begin
	}
	if stepBegin(staySteps) < 365*24*time.Hour/2 {
		t.Errorf("the last step begins with %v", stepBegin(staySteps-1))
	}
	var s Stays
	s[tcp.Established][0], s[tcp.Established][100] = 98, 2
	if fast, slow := s.Quantile(tcp.Established, 0.5), s.Quantile(tcp.Established, 0.99); fast != stayUnit/2 || slow < stepBegin(100) || slow > stepBegin(101) {
		t.Errorf("%v and %v", fast, slow)
	}
	if s.Quantile(tcp.FinWait1, 0.5) != 0 {
		t.Error("a quantile of nothing")
	}
}

// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A stock is sockets that are made again when they get old: the first ones last for a
// minute, which is short on a slow machine.
type stock struct {
	t      *testing.T
	counts labtest.Counts
	family socket.Family
	held   *labtest.Held
	made   time.Time
}

func newStock(t *testing.T, counts labtest.Counts, family socket.Family) *stock {
	t.Helper()
	s := &stock{t: t, counts: counts, family: family}
	s.fresh()
	return s
}

// fresh returns sockets that have some time left. They exist until the end of the test
// for which the stock was made.
func (s *stock) fresh() *labtest.Held {
	s.t.Helper()
	if s.held == nil || time.Since(s.made) > 30*time.Second {
		s.made = time.Now()
		s.held = labtest.Hold(s.t, s.counts, s.family)
	}
	return s.held
}

// awaitCounts waits until the namespace of the calling thread has these sockets
// and no others.
func awaitCounts(t *testing.T, want map[tcp.State]uint64) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err := engine.Census(context.Background(), opened(t, engine.Options{Engine: "sock_diag"}), nil)
		if err != nil {
			t.Fatal(err)
		}
		wrong := false
		for s := range tcp.AllStates.All() {
			wrong = wrong || c.Of(s).Total != want[s]
		}
		switch {
		case !wrong:
			return
		case time.Now().After(deadline):
			t.Fatalf("sockets %v, want %v", &c.Tally, want)
		}
	}
}

// made counts the sockets that the test made.
func made(sockets []socket.Socket) *query.Tally {
	var t query.Tally
	for _, s := range sockets {
		t.Add(s.State, s.Kind, 1)
	}
	return &t
}

// TestCensusEqualsWhatWasMade holds every state in a namespace and counts it
// with both engines, by state and by kernel object.
func TestCensusEqualsWhatWasMade(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		t.Run(family.String(), func(t *testing.T) {
			stock := newStock(t, labtest.EveryState(), family)
			t.Run("sock_diag", func(t *testing.T) {
				held := stock.fresh()
				want := made(held.Visible())
				c := censusIn(t, held.Do, engine.Options{Engine: "sock_diag"})
				sameCounts(t, want, &c.Tally, tcp.AllStates)
				if !c.Exact {
					t.Error("the count is not exact")
				}
				onlyBoundMissing(t, c.Gaps, held.ShowsBound())
			})
			t.Run("hashwalk", func(t *testing.T) {
				testnet.Require(t, testnet.BPF)
				held := stock.fresh()
				c := censusIn(t, held.Do, engine.Options{Engine: "hashwalk"})
				sameCounts(t, made(held.Sockets), &c.Tally, tcp.AllStates)
				if !c.Exact || len(c.Gaps) != 0 {
					t.Errorf("exact %v, gaps %v", c.Exact, c.Gaps)
				}
			})
			t.Run("procfs", func(t *testing.T) {
				held := stock.fresh()
				want := made(held.Visible())
				c := censusIn(t, held.Do, engine.Options{Engine: "procfs"})
				sameCounts(t, want, &c.Tally, tcp.AllStates&^tcp.SetOf(tcp.Bound))
				if n := c.Of(tcp.Bound).Total; n != 0 || len(c.Limits) == 0 {
					t.Errorf("/proc cannot show BOUND, but the answer is %d with limits %v", n, c.Limits)
				}
			})
		})
	}
}

// onlyBoundMissing checks that an answer has no gap, except on a kernel that does not
// show sockets that are bound and idle: there it must have that gap.
func onlyBoundMissing(t *testing.T, gaps []problem.Gap, shown bool) {
	t.Helper()
	if shown && len(gaps) != 0 || !shown && (len(gaps) != 1 || gaps[0].Source != "BOUND" || !gaps[0].Structural) {
		t.Errorf("the kernel shows bound sockets: %v; gaps %v", shown, gaps)
	}
}

// TestCensusAgreesWithPeers counts what ss and netstat print in the namespace,
// for the states that these can show.
func TestCensusAgreesWithPeers(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		stock := newStock(t, labtest.EveryState(), family)
		for _, peer := range []string{"ss -tan", "netstat -tan", "netstat -tanp", "netstat -tanoe", "ss -tanp", "ss -tanoe"} {
			t.Run(family.String()+" "+peer, func(t *testing.T) {
				words := strings.Fields(peer)
				if _, err := exec.LookPath(words[0]); err != nil {
					testnet.Skip(t, testnet.Root, words[0]+" is not installed")
				}
				held := stock.fresh()
				var out []byte
				var err error
				held.Do(func() { out, err = exec.Command(words[0], words[1:]...).Output() })
				if err != nil {
					t.Fatal(err)
				}
				c, err := engine.Census(context.Background(), engine.NewListing(bytes.NewReader(out), peer), nil)
				if err != nil {
					t.Fatal(err)
				}
				for s, n := range held.Counts() {
					if got := c.Of(s).Total; s != tcp.Bound && got != uint64(n) {
						t.Errorf("%v: %s shows %d, made %d", s, peer, got, n)
					}
				}
			})
		}
	}
}

// TestReuseportAndMapped: listeners that share a port count one by one, and a
// v4-mapped connection counts once for each end.
func TestReuseportAndMapped(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	reuse := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
	}}
	var err error
	var closers []interface{ Close() error }
	ns.Do(func() {
		for range 8 {
			var l net.Listener
			if l, err = reuse.Listen(context.Background(), "tcp", "[::]:8080"); err != nil {
				return
			}
			closers = append(closers, l)
		}
		var c net.Conn
		if c, err = net.Dial("tcp4", "127.0.0.1:8080"); err == nil { // an IPv4 connection to an IPv6 listener, whose end is v4-mapped
			closers = append(closers, c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	testnet.Delivered(t)
	for _, name := range []string{"sock_diag", "procfs"} {
		c := censusIn(t, ns.Do, engine.Options{Engine: name})
		if l, e := c.Of(tcp.Listen).Total, c.Of(tcp.Established).Total; l != 8 || e != 2 {
			t.Errorf("%s: %d LISTEN and %d ESTABLISHED, made 8 and 2", name, l, e)
		}
	}
	for _, c := range closers {
		_ = c.Close()
	}
}

func censusIn(t *testing.T, do func(func()), o engine.Options) *query.Census {
	t.Helper()
	var c *query.Census
	var err error
	do(func() { c, err = engine.Census(context.Background(), opened(t, o), nil) })
	if err != nil {
		t.Fatalf("census by %s: %v", o.Engine, err)
	}
	return c
}

func sameCounts(t *testing.T, want, got *query.Tally, states tcp.StateSet) {
	t.Helper()
	for s := range states.All() {
		w, g := want.Of(s), got.Of(s)
		if w.Total != g.Total || w.Kinds != g.Kinds {
			t.Errorf("%v: counted %d %v, made %d %v", s, g.Total, g.Kinds, w.Total, w.Kinds)
		}
	}
}

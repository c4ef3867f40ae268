// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// soak returns the number in the environment that make soak sets, or the number for an
// ordinary run; a short run does a tenth of that.
func soak(t *testing.T, name string, ordinary int) int {
	t.Helper()
	if text := os.Getenv(name); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	if testing.Short() {
		return max(1, ordinary/10)
	}
	return ordinary
}

// A turnover keeps opening and closing real connections in a namespace until it is
// stopped, and keeps some open.
type turnover struct {
	listener, kept int
	abort          bool // connections end with RST, so that nothing remains when both ends are closed
	stop           *atomic.Bool

	opening, opened, closing, closed atomic.Int64 // connections whose opening or closing has begun, and is done; each counts both ends
}

// perSecond is how many connections each of four turnovers makes: 20,000 a
// second in all.
const perSecond = 5000

// run connects, accepts, and closes the oldest connection if too many are open.
func (c *turnover) run() error {
	server, err := unix.Getsockname(c.listener)
	if err != nil {
		return err
	}
	type pair struct{ client, server int }
	open := make([]pair, 0, c.kept+1)
	shut := func(p pair) {
		c.closing.Add(1)
		closeFD(p.client)
		closeFD(p.server)
		c.closed.Add(1)
	}
	defer func() {
		for _, p := range open {
			shut(p)
		}
	}()
	for oldest, start := 0, time.Now(); !c.stop.Load(); {
		if ahead := time.Duration(c.opened.Load())*time.Second/perSecond - time.Since(start); ahead > time.Millisecond {
			time.Sleep(ahead)
		}
		c.opening.Add(1)
		p := pair{-1, -1}
		if p.client, err = c.connect(server); err != nil {
			return err
		}
		if p.server, _, err = unix.Accept4(c.listener, unix.SOCK_CLOEXEC); err != nil {
			closeFD(p.client)
			return err
		}
		c.opened.Add(1)
		if len(open) < c.kept {
			open = append(open, p)
			continue
		}
		p, open[oldest] = open[oldest], p
		shut(p)
		oldest = (oldest + 1) % len(open)
	}
	return nil
}

func (c *turnover) connect(server unix.Sockaddr) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if c.abort {
		err = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	if err == nil {
		err = unix.Connect(fd, server)
	}
	if err != nil {
		closeFD(fd)
		return -1, err
	}
	return fd, nil
}

// listen makes the listener; accepted connections end as the listener's options say.
func (c *turnover) listen() (err error) {
	if c.listener, err = listenWith(loopback4(), 64); err != nil || !c.abort {
		return err
	}
	return unix.SetsockoptLinger(c.listener, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// A churn is several turnovers in two namespaces. In one, connections leave nothing
// behind, so that their number is always known; in the other they end as usual, in
// TIME_WAIT, and only disturb.
type churn struct {
	counted, disturbing []*turnover
	stop                atomic.Bool
	running             sync.WaitGroup
}

func startChurn(t *testing.T, counted, others *testnet.NS) *churn {
	t.Helper()
	c := &churn{}
	start := func(ns *testnet.NS, abort bool, kept int) *turnover {
		one := &turnover{abort: abort, kept: kept, stop: &c.stop}
		var err error
		ns.Do(func() { err = one.listen() })
		if err != nil {
			t.Fatal(err)
		}
		c.running.Go(func() {
			ns.Do(func() {
				if err := one.run(); err != nil {
					t.Errorf("open and close connections: %v", err)
				}
			})
			closeFD(one.listener)
		})
		return one
	}
	for range 2 {
		c.counted = append(c.counted, start(counted, true, 3000))
		c.disturbing = append(c.disturbing, start(others, false, 10))
	}
	return c
}

func (c *churn) end() {
	c.stop.Store(true)
	c.running.Wait()
}

// sum adds a number of all turnovers.
func sum(all []*turnover, of func(*turnover) *atomic.Int64) (n int64) {
	for _, one := range all {
		n += of(one).Load()
	}
	return n
}

func opening(c *turnover) *atomic.Int64 { return &c.opening }
func opened(c *turnover) *atomic.Int64  { return &c.opened }
func closing(c *turnover) *atomic.Int64 { return &c.closing }
func closed(c *turnover) *atomic.Int64  { return &c.closed }

// TestChurn: while connections come and go, sockets that stay are counted exactly, the
// total differs by at most what changed during the walk, and no walk fails.
func TestChurn(t *testing.T) {
	walker := open(t)
	ns, others := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	const staying = 500
	fds := make([]int, 0, staying)
	defer func() { closeAll(fds) }()
	ns.Do(func() {
		for range staying {
			fd, err := connectSelf(netip.IPv6Loopback())
			if err != nil {
				t.Error(err)
				return
			}
			fds = append(fds, fd)
		}
	})
	// Otherwise walks would wait 10 ms after each slice until the turnovers of this
	// process yield.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	c := startChurn(t, ns, others)
	defer c.end()
	for sum(c.counted, closed) < 100 && !t.Failed() { // until all connections that are kept are open
		time.Sleep(10 * time.Millisecond)
	}
	first := sum(c.counted, opened) + sum(c.disturbing, opened)
	start := time.Now()
	length := time.Duration(soak(t, "SOAK_SECONDS", 3)) * time.Second
	walks, again, unsettled, widest := 0, uint64(0), 0, int64(0)
	for ; time.Since(start) < length && !t.Failed(); walks++ {
		q := Query{Netns: []uint64{ns.Inode()}, States: connections, By: key(socket.FieldFamily), Workers: 1 + walks%2}
		openedBefore, closedBefore := sum(c.counted, opened), sum(c.counted, closed)
		closingBefore := sum(c.counted, closing)
		r, err := walker.Walk(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		openingAfter, closingAfter := sum(c.counted, opening), sum(c.counted, closing)
		again += r.Again
		if r.Unsettled > 0 {
			unsettled++
			continue
		}
		counted := map[socket.Family]int64{}
		for _, row := range r.Rows {
			counted[row.Socket.Family] += int64(row.Sockets)
		}
		// Each connection has two sockets, and for a moment a third one, the request.
		stayed := 2 * (openedBefore - closingBefore)
		changed := openingAfter - openedBefore + closingAfter - closedBefore
		widest = max(widest, changed)
		if n := counted[socket.IPv4]; n < stayed-2*changed || n > stayed+3*changed {
			t.Errorf("walk %d: %d sockets, where %d stayed and %d connections changed", walks, n, stayed, changed)
		}
		if n := counted[socket.IPv6]; n != staying {
			t.Errorf("walk %d: %d of %d sockets that stay", walks, n, staying)
		}
	}
	took := time.Since(start).Seconds()
	n := sum(c.counted, opened) + sum(c.disturbing, opened) - first
	t.Logf("%d walks in %.1f s, %.0f connections a second, at most %d changed during a walk; %d chains walked again, %d walks with one given up",
		walks, took, float64(n)/took, widest, again, unsettled)
	if n == 0 || walks == 0 || unsettled > 1+walks/100 {
		t.Errorf("%d connections, %d walks, %d of them not settled", n, walks, unsettled)
	}
}

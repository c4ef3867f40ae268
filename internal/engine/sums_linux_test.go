// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// holdIdle binds a socket of a family in the namespace of the calling thread.
func holdIdle(t *testing.T, family int) {
	t.Helper()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	var at unix.Sockaddr = &unix.SockaddrInet4{}
	if family == unix.AF_INET6 {
		at = &unix.SockaddrInet6{}
	}
	if err := unix.Bind(fd, at); err != nil {
		t.Fatal(err)
	}
}

// proves counts as a bare census does, and reports whether the sums proved that no
// socket is bound and idle.
func proves(t *testing.T) bool {
	t.Helper()
	c, err := lonelyCensus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c != nil
}

// TestSumsSeeIdle: a bound and idle socket of either family is never overlooked, in
// this or another namespace.
func TestSumsSeeIdle(t *testing.T) {
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		ns, other := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
		ns.Do(func() { holdIdle(t, family) })
		for _, where := range []*testnet.NS{ns, other} {
			where.Do(func() {
				if s := sumsHere(); !s.known || s.all() {
					t.Errorf("family %d: sums %+v", family, s)
				}
				if proves(t) {
					t.Errorf("family %d: said to be none", family)
				}
			})
		}
	}
}

// TestSumsWhileConnectionsComeAndGo: it is not overlooked while connections come and
// go, although a reading of the sums may have counted some of these only in inuse.
func TestSumsWhileConnectionsComeAndGo(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() { holdIdle(t, unix.AF_INET) })
	var stop atomic.Bool
	var churn sync.WaitGroup
	for range 2 {
		churn.Go(func() { ns.Do(func() { comeAndGo(t, &stop) }) })
	}
	wrong, looked := 0, 0
	ns.Do(func() {
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); looked++ {
			if proves(t) {
				wrong++
			}
		}
	})
	stop.Store(true)
	churn.Wait()
	if wrong > 0 {
		t.Errorf("of %d looks %d overlooked the socket", looked, wrong)
	}
}

// comeAndGo opens and resets connections.
func comeAndGo(t *testing.T, stop *atomic.Bool) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return
	}
	defer l.Close()
	for !stop.Load() {
		c, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		_ = c.(*net.TCPConn).SetLinger(0)
		if s, err := l.Accept(); err == nil {
			_ = s.(*net.TCPConn).SetLinger(0)
			_ = s.Close()
		}
		_ = c.Close()
	}
}

// TestSumsProveNone: if all TCP sockets of the host are in one namespace, the count
// does not read the bind table and is the same. In a guest (internal/guest) nothing
// else runs and this package is first, so there it must happen once the sockets of
// earlier tests are gone. On other machines somebody usually has a socket.
func TestSumsProveNone(t *testing.T) {
	patience, otherwise := time.Duration(0), t.Skipf
	if os.Getenv("GUEST_BOOT") != "" {
		patience, otherwise = time.Minute, t.Fatalf
	}
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
			l, err := net.Listen("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
		}
		for end := time.Now().Add(patience); !sumsHere().all() && time.Now().Before(end); {
			time.Sleep(100 * time.Millisecond)
		}
		if s := sumsHere(); !s.all() {
			otherwise("this host has %d TCP sockets, of which %d are of this test", s.alloc, s.inuse)
			return
		}
		c, err := lonelyCensus(t.Context())
		switch {
		case err != nil:
			t.Fatal(err)
		case c == nil:
			otherwise("somebody made a TCP socket on this host meanwhile")
		case c.Total() != 2 || len(c.Gaps) != 0 || !c.Exact:
			t.Errorf("counted %v, exact %v, gaps %v; want two listeners", &c.Tally, c.Exact, c.Gaps)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A busyPort is a listener with connections, and sockets that are only bound, all with
// one address and port, so that they are in one list of the kernel's bind table.
type busyPort struct {
	where    unix.Sockaddr
	listener int
	fds      []int
}

// newBusyPort begins the list with a bound socket, which stays the last one, because
// the kernel adds at the front (include/net/sock.h sk_add_bind_node).
func newBusyPort(t *testing.T) *busyPort {
	t.Helper()
	c := &busyPort{where: &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}}
	c.bind(t)
	where, err := unix.Getsockname(c.fds[0])
	if err != nil {
		t.Fatal(err)
	}
	c.where = where
	c.listener = c.bind(t)
	if err := unix.Listen(c.listener, 4096); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *busyPort) bind(t *testing.T) (fd int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		c.fds = append(c.fds, fd)
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if err == nil {
		err = unix.Bind(fd, c.where)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// connect makes n connections that are not accepted.
func (c *busyPort) connect(t *testing.T, n int) {
	t.Helper()
	for range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			c.fds = append(c.fds, fd)
			err = unix.Connect(fd, c.where)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// come opens connections, accepts them and closes the listener's side first, so that
// TIME_WAIT stays in the list; it repeats this until stop.
func (c *busyPort) come(stop *atomic.Bool) (opened int) {
	for !stop.Load() {
		client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return opened
		}
		if unix.Connect(client, c.where) == nil {
			if server, _, err := unix.Accept(c.listener); err == nil {
				closeFD(server)
				opened++
			}
		}
		closeFD(client)
	}
	return opened
}

// TestBoundInALongList: idle sockets are found at the end, in the middle and at the
// beginning of a long list of the bind table, whether the program enters the list at
// several places or, as on older kernels, at one.
func TestBoundInALongList(t *testing.T) {
	walkers := []*Walker{open(t), open(t)}
	walkers[1].copies = true
	ns := testnet.New(t, testnet.Options{})
	const connections, rounds = 1500, 5
	var c *busyPort
	ns.Do(func() {
		c = newBusyPort(t)
		c.connect(t, connections)
		c.bind(t)
		c.connect(t, connections)
	})
	defer func() { closeAll(c.fds) }()
	q := Query{Netns: []uint64{ns.Inode()}, States: tcp.SetOf(tcp.Bound), By: key(socket.FieldState)}
	for range rounds {
		for i, w := range walkers {
			r, err := w.Walk(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if r.Sockets != 2 || r.Unsettled > 0 {
				t.Errorf("walker %d: %d of 2 bound sockets, %d unsettled", i, r.Sockets, r.Unsettled)
			}
		}
	}
	ns.Do(func() { c.bind(t) })
	if r, err := walkers[0].Walk(t.Context(), q); err != nil || r.Sockets != 3 {
		t.Errorf("%+v, %v: want 3 bound sockets", r, err)
	}
}

// TestEntranceTakenByAnother: a scan must notice that a socket has the memory of an
// earlier one that was an entrance, because the members after it have not been seen.
func TestEntranceTakenByAnother(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	q := Query{Netns: []uint64{ns.Inode()}, States: tcp.SetOf(tcp.Bound), By: key(socket.FieldState), Workers: 1}
	v, err := load(object, q, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	defer v.close() //nolint:errcheck // never fails
	if v.need&loadsDirectly == 0 {
		t.Skip("this kernel has no direct loads: nothing is scanned")
	}
	var c *busyPort
	ns.Do(func() {
		c = newBusyPort(t)
		c.connect(t, 4000) // in front of a bound socket
	})
	defer func() { closeAll(c.fds) }()
	_, all, err := v.tables()
	if err != nil {
		t.Fatal(err)
	}
	for _, taken := range []func(*entrance){func(e *entrance) { e.hash++ }, func(e *entrance) { e.from += 8 }} {
		r := &run{variant: v, query: &q, vanished: make([]atomic.Bool, len(all)), scan: 1}
		r.spans, _, _ = spans(&q, all)
		n := enterAs(t, r, taken)
		if n == 0 {
			t.Skip("this kernel has no entrances: sockets in TIME_WAIT hang elsewhere")
		}
		if err := v.clear(); err != nil {
			t.Fatal(err)
		}
		if err := r.all(t.Context(), r.spans); err != nil {
			t.Fatal(err)
		}
		if w, err := v.worker(0); err != nil || w.counted != 1 {
			t.Errorf("%d of 1 bound socket behind %d entrances, %v", w.counted, n, err)
		}
	}
}

// enterAs looks for entrances and changes them, as if they had been found before these
// sockets existed.
func enterAs(t *testing.T, r *run, alter func(*entrance)) (n int) {
	t.Helper()
	var found entrances
	entrances := r.loaded.Map("entrances")
	if err := entrances.Put(number(0), bytesOf(&found)); err != nil {
		t.Fatal(err)
	}
	a := walkArgs{which: established, table: r.spans[0].table}
	if ret, err := r.loaded.Run("enter", bytesOf(&a)); err != nil || ret != 0 {
		t.Fatal(ret, err)
	}
	if err := entrances.Lookup(number(0), bytesOf(&found)); err != nil {
		t.Fatal(err)
	}
	for i := range found {
		if found[i].node != 0 {
			alter(&found[i])
			n++
		}
	}
	if err := entrances.Put(number(0), bytesOf(&found)); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestBoundAmongChurn: idle sockets that stay are found in every walk, while
// connections change their list as fast as they come.
func TestBoundAmongChurn(t *testing.T) {
	walker := open(t)
	c := startBusy(t)
	q := Query{Netns: []uint64{c.ns.Inode()}, By: key(socket.FieldState)}
	c.check(t, func() (bound, unsettled uint64, err error) {
		r, err := walker.Walk(t.Context(), q)
		if err != nil {
			return 0, 0, err
		}
		for _, row := range r.Rows {
			if row.Socket.State == tcp.Bound {
				bound += row.Sockets
			}
		}
		return bound, r.Unsettled, nil
	})
}

// TestBoundSlotAmongChurn is the same for walks of that list's slot only, most of
// which are disturbed. A member that leaves may lead past others or, if the kernel
// reuses its memory for another socket, to the end of the list.
func TestBoundSlotAmongChurn(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	for name, copies := range map[string]bool{"loads": false, "copies": true} {
		t.Run(name, func(t *testing.T) {
			c := startBusy(t)
			q := Query{Netns: []uint64{c.ns.Inode()}, States: tcp.SetOf(tcp.Bound), By: key(socket.FieldState)}
			v, err := load(object, q, 1, copies)
			if err != nil {
				t.Fatal(err)
			}
			defer v.close() //nolint:errcheck // never fails
			slot := c.slot(t, v)
			c.check(t, func() (bound, unsettled uint64, err error) {
				w, err := v.sum(slot)
				return w.counted, w.unsettled, err
			})
		})
	}
}

// A busyList is a busyPort in its own namespace with new connections.
type busyList struct {
	*busyPort
	ns *testnet.NS
}

func startBusy(t *testing.T) *busyList {
	t.Helper()
	c := &busyList{ns: testnet.New(t, testnet.Options{})}
	c.ns.Do(func() {
		c.busyPort = newBusyPort(t)
		c.bind(t)
	})
	t.Cleanup(func() { closeAll(c.fds) })
	return c
}

// slot is the position of the list in the bind table.
func (c *busyList) slot(t *testing.T, v *variant) span {
	t.Helper()
	_, all, err := v.tables()
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{fds: c.fds, helper: -1}
	p.tell(tcp.Bound, addrPort(c.where), netip.AddrPortFrom(netip.IPv4Unspecified(), 0), 0)
	p.in(c.ns.Inode())
	where, wrong, err := (&checker{variant: v, tables: all}).slot(p, bindTable)
	if err != nil || wrong != "" {
		t.Fatal(wrong, err)
	}
	return where
}

// check counts repeatedly while connections come. The two sockets that stay must be
// found, unless the walk reports that it could not settle the list.
func (c *busyList) check(t *testing.T, count func() (bound, unsettled uint64, err error)) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8)) // as in TestChurn
	var stop atomic.Bool
	var coming sync.WaitGroup
	opened := 0
	coming.Go(func() { c.ns.Do(func() { opened = c.come(&stop) }) })
	walks, given := 0, 0
	length := time.Duration(soak(t, "SOAK_SECONDS", 3)) * time.Second
	for start := time.Now(); time.Since(start) < length && !t.Failed(); walks++ {
		bound, unsettled, err := count()
		switch {
		case err != nil:
			t.Error(err)
		case unsettled > 0:
			given++
		case bound != 2 && bound != 3: // a client that is connecting is bound for a moment
			t.Errorf("walk %d: %d bound sockets, want the 2 that stay", walks, bound)
		}
	}
	stop.Store(true)
	coming.Wait()
	t.Logf("%d walks, %d of them not settled, %d connections meanwhile", walks, given, opened)
	if opened == 0 || walks == 0 || given > 1+walks/100 {
		t.Error("nothing was tested, or too little settled")
	}
}

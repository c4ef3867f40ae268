// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A crowd is many sockets over loopback in one namespace. As many as possible have no
// file descriptor: connections that were not accepted, and what remains when both ends
// are closed.
type crowd struct{ open []int }

// close closes the open descriptors; the rest ends with the namespace.
func (c *crowd) close() { closeAll(c.open) }

// keep records a descriptor unless there was an error.
func (c *crowd) keep(fd int, err error) error {
	if err == nil {
		c.open = append(c.open, fd)
	}
	return err
}

// fill makes some 4,950 sockets of both families, in the namespace of the
// calling thread: 1,350 with a descriptor, 1,400 in TIME_WAIT, 1,200 each in
// FIN_WAIT2 as minisockets and in CLOSE_WAIT. A short run makes a fifth.
func (c *crowd) fill() error {
	for _, loopback := range []netip.Addr{loopback4(), netip.IPv6Loopback()} {
		for i := range parts() {
			if err := c.part(loopback, i); err != nil {
				return fmt.Errorf("part %d over %v: %w", i, loopback, err)
			}
		}
	}
	return nil
}

// parts is the number of parts for each family.
func parts() int {
	if testing.Short() {
		return 1
	}
	return 5
}

// part makes a tenth of the sockets: several of each kind, to one listener.
func (c *crowd) part(to netip.Addr, number int) error {
	from := to
	if to.Is4() {
		from = netip.AddrFrom4([4]byte{127, byte(10 * number), 3, 7})
	}
	listener, err := listenWith(to, 4096)
	if c.keep(listener, err) != nil {
		return err
	}
	server, err := unix.Getsockname(listener)
	if err != nil {
		return err
	}
	for _, each := range []struct {
		n    int
		make func(from netip.Addr, server unix.Sockaddr, listener int) error
	}{{140, c.timeWait}, {30, c.established}, {20, c.finWait2}, {120, c.mini}, {5, c.listening}, {5, c.bound}, {5, c.stuck}} {
		for range each.n {
			if err := each.make(from, server, listener); err != nil {
				return err
			}
		}
	}
	return nil
}

// timeWait leaves one socket, at the server's side.
func (c *crowd) timeWait(from netip.Addr, server unix.Sockaddr, listener int) error {
	client, err := connectFrom(from, server)
	if err != nil {
		return err
	}
	accepted, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err == nil {
		closeFD(accepted)
	}
	closeFD(client)
	return err
}

// established leaves two sockets, one of them not accepted.
func (c *crowd) established(from netip.Addr, server unix.Sockaddr, _ int) error {
	return c.keep(connectFrom(from, server))
}

// finWait2 leaves a full socket in FIN_WAIT2, and one in CLOSE_WAIT.
func (c *crowd) finWait2(from netip.Addr, server unix.Sockaddr, _ int) error {
	client, err := connectFrom(from, server)
	if c.keep(client, err) != nil {
		return err
	}
	return unix.Shutdown(client, unix.SHUT_WR)
}

// mini leaves a minisocket in FIN_WAIT2, and one in CLOSE_WAIT.
func (c *crowd) mini(from netip.Addr, server unix.Sockaddr, _ int) error {
	client, err := connectFrom(from, server)
	if err == nil {
		closeFD(client)
	}
	return err
}

func (c *crowd) listening(from netip.Addr, _ unix.Sockaddr, _ int) error {
	return c.keep(listen(sockaddr(netip.AddrPortFrom(from, 0))))
}

func (c *crowd) bound(from netip.Addr, _ unix.Sockaddr, _ int) error {
	fd, err := unix.Socket(domain(from), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if c.keep(fd, err) != nil {
		return err
	}
	return unix.Bind(fd, sockaddr(netip.AddrPortFrom(from, 0)))
}

// stuck leaves a client in SYN_SENT, and the connections that fill the listener's
// queue.
func (c *crowd) stuck(from netip.Addr, _ unix.Sockaddr, _ int) error {
	listener, err := listenWith(from, 0)
	if c.keep(listener, err) != nil {
		return err
	}
	server, err := unix.Getsockname(listener)
	if err != nil {
		return err
	}
	for range 2 {
		fd, err := unix.Socket(domain(from), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if c.keep(fd, err) != nil {
			return err
		}
		if err := unix.Connect(fd, server); err != nil && !errors.Is(err, syscall.EINPROGRESS) {
			return err
		}
	}
	return nil
}

func listenWith(at netip.Addr, backlog int) (int, error) {
	fd, err := listen(sockaddr(netip.AddrPortFrom(at, 0)))
	if err != nil {
		return -1, err
	}
	return fd, unix.Listen(fd, backlog)
}

func connectFrom(from netip.Addr, server unix.Sockaddr) (int, error) {
	fd, err := unix.Socket(domain(from), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err = unix.Bind(fd, sockaddr(netip.AddrPortFrom(from, 0))); err == nil {
		err = unix.Connect(fd, server)
	}
	if err != nil {
		closeFD(fd)
	}
	return fd, err
}

// crowded makes 20 namespaces with a crowd in each. Every fifth has its own table of
// connections; the others also have the lab's sockets in every state.
func crowded(t *testing.T) *world {
	t.Helper()
	w := &world{copying: open(t), made: time.Now()}
	w.copying.copies = true
	fill := func(inode uint64, do func(func())) {
		c := &crowd{}
		t.Cleanup(c.close)
		var err error
		do(func() { err = c.fill() })
		if err != nil {
			t.Fatal(err)
		}
		w.inodes = append(w.inodes, inode)
		w.inside = append(w.inside, do)
	}
	n := 20
	if os.Getenv("GUEST_BOOT") != "" {
		n = 5 // 20,000 sockets take a minute on an emulated processor
	}
	for i := range n {
		if i%5 == 4 {
			ns := testnet.New(t, testnet.Options{PrivateHash: 1 << 13})
			fill(ns.Inode(), ns.Do)
			continue
		}
		family := socket.IPv4
		if i%2 == 1 {
			family = socket.IPv6
		}
		held := labtest.Hold(t, everyState(1), family)
		fill(held.Inode, held.Do)
	}
	w.refresh(t)
	return w
}

// TestHundredThousandSockets: for 100,000 sockets in 20 namespaces, in every state,
// the walk's groups equal those of sock_diag, which is asked namespace by namespace.
func TestHundredThousandSockets(t *testing.T) {
	walker := open(t)
	begin := time.Now()
	w := crowded(t)
	t.Logf("%d sockets after %v", len(w.sockets), time.Since(begin).Round(time.Millisecond))
	if len(w.sockets) < 1000*parts()*len(w.inodes) {
		t.Errorf("only %d sockets in %d namespaces", len(w.sockets), len(w.inodes))
	}
	states := map[tcp.State]map[socket.Kind]int{}
	for i := range w.sockets {
		s := &w.sockets[i]
		if states[s.State] == nil {
			states[s.State] = map[socket.Kind]int{}
		}
		states[s.State][s.Kind]++
	}
	t.Logf("%v", states)
	for s := range tcp.AllStates.All() {
		if s != tcp.Close && len(states[s]) == 0 && (w.bound || s != tcp.Bound) {
			t.Errorf("no socket in %v", s)
		}
	}
	if len(states[tcp.FinWait2]) != 2 {
		t.Errorf("FIN_WAIT2: %v", states[tcp.FinWait2])
	}
	const fine = 1 << 18                            // room for groups of two workers
	t.Run("TIME_WAIT by peer", func(t *testing.T) { // first, because on a slow machine these soon end
		w.check(t, walker, Query{Netns: w.inodes, States: tcp.SetOf(tcp.TimeWait), By: key(socket.FieldRemotePort), MaxRows: fine})
	})
	for name, q := range map[string]Query{
		"namespace, state, family": {By: census()},
		"kind, state":              {By: key(socket.FieldKind, socket.FieldState)},
		"local port":               {By: key(socket.FieldLocalPort), MaxRows: fine},
		"remote port, namespace":   {By: key(socket.FieldRemotePort, socket.FieldNetnsInode), MaxRows: fine},
		"addresses":                {By: key(socket.FieldLocal, socket.FieldRemote, socket.FieldNetnsInode), MaxRows: fine},
		"prefixes":                 {By: []Key{cut(socket.FieldLocal, 16, 64), cut(socket.FieldRemote, 9, 128)}},
		"cgroup, device":           {By: key(socket.FieldCgroupID, socket.FieldIfindex)},
		"every socket by itself":   {By: key(socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort, socket.FieldNetnsInode, socket.FieldState), MaxRows: fine},
		"one worker":               {By: census(), Workers: 1},
		"smallest slices":          {By: census(), Slice: 1},
		"FIN_WAIT2 as full":        {States: tcp.SetOf(tcp.FinWait2), Kinds: []socket.Kind{socket.Full}, By: census()},
		"listeners and bound":      {States: tcp.SetOf(tcp.Listen, tcp.Bound), By: key(socket.FieldLocalPort, socket.FieldNetnsInode)},
		"a range of ports":         {Where: socket.PortCondition{Side: socket.RemoteSide, Is: socket.PortAtLeast, Port: 40000}, By: census()},
		"a prefix":                 {Where: socket.HostCondition{Side: socket.LocalSide, Prefix: netip.MustParsePrefix("127.0.0.0/12")}, By: census()},
	} {
		t.Run(name, func(t *testing.T) {
			q.Netns = w.inodes
			w.check(t, walker, q)
		})
	}
	t.Run("five namespaces", func(t *testing.T) {
		w.check(t, walker, Query{Netns: slices.Clone(w.inodes[len(w.inodes)-5:]), By: census()})
	})
}

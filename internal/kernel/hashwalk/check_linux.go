// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// checkTries is how often a check is made that others can disturb: they open
// and close connections in the same slot of the table.
const checkTries = 5

// checkSlices bounds a walk of the self-check: a program that is led in circles
// must not take this one along. A hundred slices are 50 ms.
const checkSlices = 100

// selfCheck opens connections of this process to itself, walks the slots of the
// table where the kernel keeps them, and closes them: the counts must have been
// higher by just those, and the program must have read their addresses, ports,
// state and namespace as they are. It does the same with a chain of listeners.
//
// What makes it necessary: a loop written in the obvious way loads on Linux 6.1,
// runs, and counts nothing (see struct worker in prog/walk.bpf.c).
func (v *variant) selfCheck() error {
	_, all, err := v.tables()
	if err != nil {
		return err
	}
	if err := v.clear(); err != nil {
		return err
	}
	for _, loopback := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		if err := v.checkFamily(loopback, all); err != nil {
			return err
		}
	}
	return v.checkChain(all)
}

// checkFamily checks with a connection over a loopback address. That there is
// no such address here is no error.
func (v *variant) checkFamily(loopback netip.Addr, all []table) error {
	for try := 1; ; try++ {
		self, err := connectSelf(loopback)
		if err != nil {
			return nil //nolint:nilerr // no loopback, no IPv6
		}
		wrong, err := v.checkOne(self, all)
		switch {
		case err != nil:
			return err
		case wrong == "":
			return nil
		case try == checkTries:
			return fmt.Errorf("%w: %s", ErrSelfCheck, wrong)
		}
	}
}

// checkOne walks the slot of the connection with and without it, and returns
// what is wrong. The connection is closed afterwards.
func (v *variant) checkOne(self *selfConnection, all []table) (wrong string, err error) {
	defer self.close()
	at := located{fd: uint32(self.fd)}
	if ret, err := v.loaded.Run("locate", bytesOf(&at)); err != nil || ret != 0 {
		return fmt.Sprintf("cannot find a socket of its own (%d)", ret), err
	}
	i := tableOf(all, at.hashinfo)
	if i < 0 || at.slot > all[i].ehashMask {
		return "the table of its own namespace is not among those found", nil
	}
	slot := span{which: established, table: uint32(i), from: at.slot, to: at.slot + 1, step: 1}
	with, err := v.sum(slot)
	if err != nil {
		return "", err
	}
	self.close()
	without, err := v.sum(slot)
	if err != nil {
		return "", err
	}
	expected := uint64(0)
	if v.query.holds(self, at.netns) {
		expected = 1
	}
	switch seen, counted := with.seen-without.seen, with.counted-without.counted; {
	case seen != 1 || counted != expected:
		return fmt.Sprintf("of 1 socket %d were seen and %d counted, not %d", int64(seen), int64(counted), expected), nil
	case with.seen == 1 && counted == 1:
		return v.misread(&with.subject, self, at.netns), nil
	default:
		return "", nil
	}
}

// tableOf returns the number of the table at that address, -1 for none.
func tableOf(all []table, hashinfo uint64) int {
	for i := range all {
		if all[i].hashinfo == hashinfo {
			return i
		}
	}
	return -1
}

// sum walks the slots from nothing and returns what the first worker counted.
func (v *variant) sum(s span) (w workerState, err error) {
	if err := v.loaded.Map("workers").Put(number(0), bytesOf(&w)); err != nil {
		return w, err
	}
	a := walkArgs{which: s.which, table: s.table, from: s.from, to: s.to, step: s.step, budget: uint32(DefaultSlice), fresh: 1}
	for range checkSlices {
		if ret, err := v.loaded.Run("walk", bytesOf(&a)); err != nil || ret != 0 {
			return w, orFailed(err, "walk", ret)
		}
		a.fresh = 0
		if a.done != 0 {
			err = v.loaded.Map("workers").Lookup(number(0), bytesOf(&w))
			return w, err
		}
	}
	return w, fmt.Errorf("%w: the walk of %d slots does not end", ErrSelfCheck, s.to-s.from)
}

// holds says what the query says about the connection.
func (q *Query) holds(self *selfConnection, netns uint32) bool {
	wanted, _ := codesOf(q)
	if wanted>>tcp.Established&1 == 0 {
		return false
	}
	if len(q.Netns) > 0 && !slices.Contains(q.Netns, uint64(netns)) {
		return false
	}
	if q.Where == nil {
		return true
	}
	s := socket.Socket{State: tcp.Established, Kind: socket.Full, Family: self.family, Local: self.addr, Remote: self.addr, Direction: socket.Outbound}
	return q.Where.Match(&s)
}

// misread returns how the program has read the connection wrongly.
func (v *variant) misread(s *subject, self *selfConnection, netns uint32) string {
	as16 := self.addr.Addr().As16()
	port := self.addr.Port()
	switch {
	case v.need&needPorts != 0 && (s.localPort != port || s.remotePort != port):
		return fmt.Sprintf("port %d was read as %d and %d", port, s.localPort, s.remotePort)
	case code(s.code&codeMask) != code(tcp.Established) || socket.Family(s.family) != self.family:
		return fmt.Sprintf("%s %s was read as %d, %d", self.family, tcp.Established, s.family, s.code)
	case v.need&needAddress != 0 && (s.local != as16 || s.remote != as16):
		return fmt.Sprintf("address %s was read as %x and %x", self.addr.Addr(), s.local, s.remote)
	case v.need&needDirection != 0 && s.direction != uint8(socket.Outbound): // nobody listens that the program knows of
		return fmt.Sprintf("direction %d was read of a connection to itself", s.direction)
	case s.netns != netns || netns == 0 || self.netns != 0 && self.netns != netns:
		return fmt.Sprintf("namespace %d was read as %d and %d", self.netns, s.netns, netns)
	default:
		return ""
	}
}

const (
	// chain is how many sockets checkChain puts into one slot.
	chain = 3
	// chainTries is how often it looks. It counts the listeners of the whole host,
	// which come and go meanwhile; a program that is wrong is so every time.
	chainTries = 40
)

// checkChain makes listeners that share a port, and so a slot of the table of
// listeners, and counts that table with and without them: a walk must follow a
// chain to its end. On the loopback address and for a moment only, nobody's
// connection can go there by mistake.
func (v *variant) checkChain(all []table) error {
	shared := slices.IndexFunc(all, func(t table) bool { return t.pernet == 0 })
	if shared < 0 {
		return fmt.Errorf("%w: no table that namespaces share", ErrSelfCheck)
	}
	whole := span{which: listeners, table: uint32(shared), to: all[shared].lhash2Mask + 1, step: 1}
	for try := 1; ; try++ {
		fds, err := listenTogether(chain)
		if err != nil {
			return fmt.Errorf("%w: cannot open sockets to check with: %w", ErrSelfCheck, err)
		}
		with, err := v.sum(whole)
		closeAll(fds)
		if err != nil {
			return err
		}
		without, err := v.sum(whole)
		if err != nil {
			return err
		}
		if with.seen == without.seen+chain {
			return nil
		}
		if try == chainTries {
			return fmt.Errorf("%w: of %d listeners in one slot %d were seen", ErrSelfCheck, chain, int64(with.seen-without.seen))
		}
	}
}

// listenTogether opens n listeners on one free port.
func listenTogether(n int) (fds []int, err error) {
	var where unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	for range n {
		fd, err := listen(where)
		if err != nil && len(fds) == 0 { // no loopback device: then nobody can come from outside either
			where = &unix.SockaddrInet4{}
			fd, err = listen(where)
		}
		if err != nil {
			closeAll(fds)
			return nil, err
		}
		fds = append(fds, fd)
		if where, err = unix.Getsockname(fd); err != nil {
			closeAll(fds)
			return nil, err
		}
	}
	return fds, nil
}

func listen(where unix.Sockaddr) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if err == nil {
		err = unix.Bind(fd, where)
	}
	if err == nil {
		err = unix.Listen(fd, 0)
	}
	if err != nil {
		closeFD(fd)
		return -1, err
	}
	return fd, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		closeFD(fd)
	}
}

// connectPatience is how long a connection to oneself may take, in ms.
const connectPatience = 200

// A selfConnection is a socket that is connected to itself, by a simultaneous
// open with itself (RFC 9293 section 3.5): one socket in the table, and nobody
// else can take part.
type selfConnection struct {
	fd     int
	addr   netip.AddrPort
	family socket.Family
	netns  uint32 // 0: unknown
}

// connectSelf makes one over the loopback address.
func connectSelf(loopback netip.Addr) (*selfConnection, error) {
	self := &selfConnection{family: socket.IPv4}
	domain := unix.AF_INET
	var sa unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if loopback.Is6() {
		self.family, domain = socket.IPv6, unix.AF_INET6
		sa = &unix.SockaddrInet6{Addr: loopback.As16()}
	}
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	self.fd = fd
	if err := self.connect(sa, loopback); err != nil {
		self.close()
		return nil, err
	}
	return self, nil
}

func (c *selfConnection) connect(sa unix.Sockaddr, loopback netip.Addr) error {
	// Closing by RST leaves no TIME_WAIT behind.
	if err := unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return err
	}
	if err := unix.Bind(c.fd, sa); err != nil {
		return err
	}
	own, err := unix.Getsockname(c.fd)
	if err != nil {
		return err
	}
	switch own := own.(type) {
	case *unix.SockaddrInet4:
		c.addr = netip.AddrPortFrom(loopback, uint16(own.Port))
	case *unix.SockaddrInet6:
		c.addr = netip.AddrPortFrom(loopback, uint16(own.Port))
	}
	if err := unix.Connect(c.fd, own); err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		return err
	}
	// The kernel may leave the segments to a thread of its own when it is busy.
	ready := []unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLOUT}}
	if _, err := unix.Poll(ready, connectPatience); err != nil && !errors.Is(err, syscall.EINTR) {
		return err
	}
	if _, err := unix.Getpeername(c.fd); err != nil {
		return err // the way to itself is not as usual here
	}
	c.netns = netnsOf()
	return nil
}

// close gives the socket up; doing so again does nothing.
func (c *selfConnection) close() {
	if c.fd >= 0 {
		closeFD(c.fd)
	}
	c.fd = -1
}

// netnsOf returns the inode of this thread's namespace, 0 when it is not told.
func netnsOf() uint32 {
	var st unix.Stat_t
	if unix.Stat("/proc/thread-self/ns/net", &st) != nil {
		return 0
	}
	return uint32(st.Ino)
}

// closeFD closes what was used for a check only.
func closeFD(fd int) { _ = unix.Close(fd) }

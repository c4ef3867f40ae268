// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// chain is how many listeners share a slot in the self-check.
const chain = 3

// connectPatience is how long a connection to this process may take, in milliseconds.
const connectPatience = 200

// A probe is a set of sockets of this process that the self-check looks for. They are
// alike in all that a walk reads.
type probe struct {
	fds    []int
	helper int // descriptor of the listener behind a connection, -1 for none
	told   socket.Socket
}

// close closes the sockets; a second call does nothing. Connections end with RST, so
// that no TIME_WAIT remains.
func (p *probe) close() {
	for i, fd := range p.fds {
		if fd >= 0 {
			closeFD(fd)
		}
		p.fds[i] = -1
	}
	if p.helper >= 0 {
		closeFD(p.helper)
	}
	p.helper = -1
}

// ask lets sock_diag describe the probe. It asks for one socket, which costs the same
// on every host, and sock_diag must know exactly that one. If sock_diag does not
// answer, the description by this process stands.
func (p *probe) ask(diag *sockdiag.Conn) (wrong string) {
	if diag == nil || p.told.State == tcp.Bound { // only dumps show bound sockets
		return ""
	}
	m, found, err := diag.Find(p.told.Local, p.told.Remote, p.told.Ifindex)
	if err != nil {
		return ""
	}
	if !found {
		return "sock_diag does not find a socket of this process"
	}
	var s socket.Socket
	var d sockdiag.Decoder
	d.Decode(m, &s)
	if !slices.ContainsFunc(p.fds, func(fd int) bool { return cookieOf(fd, s.Cookie) == s.Cookie }) {
		return "sock_diag finds another socket than that of this process"
	}
	s.Netns, s.Direction = p.told.Netns, p.told.Direction
	s.Known = s.Known.Union(p.told.Known)
	p.told = s
	return ""
}

// cookieOf returns the kernel's cookie of the socket (SO_COOKIE, Linux 4.12), or
// otherwise if the kernel does not tell it.
func cookieOf(fd int, otherwise uint64) uint64 {
	n, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		return otherwise
	}
	return n
}

// tell describes the probe by what this process knows of its own sockets.
func (p *probe) tell(state tcp.State, local, remote netip.AddrPort, device uint32) {
	p.told = socket.Socket{
		Known: socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldFamily, socket.FieldLocal, socket.FieldLocalPort,
			socket.FieldRemote, socket.FieldRemotePort, socket.FieldIfindex, socket.FieldDirection),
		State: state, Kind: socket.Full, Family: socket.IPv4, Local: local, Remote: remote, Ifindex: device,
	}
	if state == tcp.Bound {
		p.told.Kind = socket.Idle
	}
	if local.Addr().Is6() {
		p.told.Family = socket.IPv6
	}
	if state == tcp.Established {
		p.told.Direction = socket.Outbound
	}
	if inode := netnsOf(); inode != 0 {
		p.in(inode)
	}
}

// in records the namespace of the probe.
func (p *probe) in(netns uint64) {
	p.told.Netns = &socket.Netns{Inode: netns}
	p.told.Known.Add(socket.FieldNetnsInode)
}

// loopbackDevice is the index that the loopback device has in every namespace
// (include/net/flow.h LOOPBACK_IFINDEX).
const loopbackDevice = 1

// openConnection makes a connection between two different loopback addresses, if
// there are two, and between different ports: a confusion of the two ends is then
// noticed. It is bound to the loopback device. Nil without an error means that no
// connection is possible here.
func openConnection(loopback netip.Addr) (*probe, error) {
	from := loopback
	if loopback.Is4() {
		from = loopback.Next()
	}
	p := &probe{helper: -1}
	if err := p.connect(loopback, from); err != nil {
		p.close()
		return nil, nil //nolint:nilnil,nilerr // no loopback device, or no IPv6
	}
	return p, nil
}

func (p *probe) connect(to, from netip.Addr) (err error) {
	if p.helper, err = listen(sockaddr(netip.AddrPortFrom(to, 0))); err != nil {
		return err
	}
	remote, err := unix.Getsockname(p.helper)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(domain(to), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	p.fds = []int{fd}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return err
	}
	device := uint32(loopbackDevice)
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX, loopbackDevice) != nil {
		device = 0 // before Linux 5.7 binding to a device needs privilege
	}
	if unix.Bind(fd, sockaddr(netip.AddrPortFrom(from, 0))) != nil {
		if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(to, 0))); err != nil {
			return err
		}
	}
	if err := connectAndWait(fd, remote); err != nil {
		return err
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		return err
	}
	p.tell(tcp.Established, addrPort(local), addrPort(remote), device)
	return nil
}

// connectAndWait connects a non-blocking socket and waits for the result.
func connectAndWait(fd int, to unix.Sockaddr) error {
	if err := unix.Connect(fd, to); err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		return err
	}
	// A busy kernel may handle the segments in a thread of its own.
	ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if _, err := unix.Poll(ready, connectPatience); err != nil && !errors.Is(err, syscall.EINTR) {
		return err
	}
	_, err := unix.Getpeername(fd)
	return err
}

// openChain makes listeners that share a port, and so a slot of the table of
// listeners: a walk must follow the chain to its end. They listen on the loopback
// address and briefly, so no foreign connection can arrive by mistake.
func openChain() (*probe, error) {
	fds, err := listenTogether(chain)
	if err != nil {
		return nil, err
	}
	p := &probe{fds: fds, helper: -1}
	sa, err := unix.Getsockname(fds[0])
	if err != nil {
		p.close()
		return nil, err
	}
	p.tell(tcp.Listen, addrPort(sa), netip.AddrPortFrom(netip.IPv4Unspecified(), 0), 0)
	return p, nil
}

// openBound makes a socket that is only bound.
func openBound() (*probe, error) {
	p := &probe{helper: -1}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	p.fds = []int{fd}
	if unix.Bind(fd, sockaddr(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0))) != nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{}) // no loopback device
	}
	var sa unix.Sockaddr
	if err == nil {
		sa, err = unix.Getsockname(fd)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	p.tell(tcp.Bound, addrPort(sa), netip.AddrPortFrom(netip.IPv4Unspecified(), 0), 0)
	return p, nil
}

// listenTogether opens n listeners on one free port.
func listenTogether(n int) (fds []int, err error) {
	where := sockaddr(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0))
	for range n {
		fd, err := listen(where)
		if err != nil && len(fds) == 0 { // without a loopback device nobody can connect from outside either
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
	fd, err = unix.Socket(domain(addrPort(where).Addr()), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
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

// closeFD closes a descriptor that only a check used.
func closeFD(fd int) { _ = unix.Close(fd) }

// netnsOf returns the inode of this thread's namespace, or 0 if it cannot be
// read.
func netnsOf() uint64 {
	var st unix.Stat_t
	if unix.Stat("/proc/thread-self/ns/net", &st) != nil {
		return 0
	}
	return st.Ino
}

func domain(a netip.Addr) int {
	if a.Is6() {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is6() {
		return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	default:
		return netip.AddrPort{}
	}
}

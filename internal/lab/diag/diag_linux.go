// SPDX-License-Identifier: Apache-2.0

package diag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Layout of struct inet_diag_req_v2 and struct inet_diag_msg
// (include/uapi/linux/inet_diag.h).
const (
	requestSize = 56
	messageSize = 72
	headerSize  = unix.NLMSG_HDRLEN

	sockDiagByFamily = 20 // SOCK_DIAG_BY_FAMILY
	sockDestroy      = 21 // SOCK_DESTROY
)

// Conn is a socket to the kernel's socket diagnosis. It speaks of the network
// namespace that it was dialled in, from whatever thread it is used, and is
// not safe for concurrent use.
type Conn struct {
	fd  int
	buf []byte
}

// Dial opens a Conn in the network namespace of the calling thread. The error
// is a [*problem.UnsupportedError] when the kernel module for TCP is missing.
func Dial() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("open sock_diag: %w", err)
	}
	c := &Conn{fd: fd, buf: make([]byte, 32<<10)}
	if err := c.check(); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return c, nil
}

// check asks for the sockets in no state at all. Without tcp_diag the kernel
// answers every question with ENOENT, which to Lookup would mean that there is
// no such socket.
func (c *Conn) check() error {
	_, err := c.Rows(0)
	if errors.Is(err, unix.ENOENT) {
		return &problem.UnsupportedError{
			Feature: "sock_diag for TCP", Hint: "modprobe tcp_diag",
			Reason: "the kernel module tcp_diag is not loaded and could not be loaded by itself",
		}
	}
	return err
}

// Close closes the Conn.
func (c *Conn) Close() error { return unix.Close(c.fd) }

// Lookup returns the socket of a connection. found is false when there is
// none. A listener is not a connection: it is found with the remote address
// 0.0.0.0:0 or [::]:0 only.
func (c *Conn) Lookup(local, remote netip.AddrPort) (row socket.Socket, found bool, err error) {
	if err := c.send(sockDiagByFamily, 0, request(local, remote, ^uint32(0))); err != nil {
		return row, false, err
	}
	err = c.receive(func(r socket.Socket) { row = r })
	if errors.Is(err, unix.ENOENT) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("sock_diag: look up %v: %w", local, err)
	}
	// The kernel falls back to a listener on the port (__inet_lookup).
	return row, row.Remote.Port() == remote.Port(), nil
}

// Rows returns every TCP socket of the namespace in one of the states.
func (c *Conn) Rows(states tcp.StateSet) ([]socket.Socket, error) {
	var rows []socket.Socket
	for _, any := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		all := netip.AddrPortFrom(any, 0)
		if err := c.send(sockDiagByFamily, unix.NLM_F_DUMP, request(all, all, uint32(states))); err != nil {
			return nil, err
		}
		if err := c.receive(func(r socket.Socket) { rows = append(rows, r) }); err != nil {
			return nil, fmt.Errorf("sock_diag: dump: %w", err)
		}
	}
	return rows, nil
}

// ShowsBound reports whether this kernel shows sockets that are bound but
// neither listen nor have a connection (include/net/tcp_states.h
// TCP_BOUND_INACTIVE, Linux 6.8). It binds one in the network namespace of the
// calling thread, which must be the Conn's, and looks for it.
func (c *Conn) ShowsBound() (bool, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, fmt.Errorf("open a socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return false, fmt.Errorf("bind a socket: %w", err)
	}
	rows, err := c.Rows(tcp.SetOf(tcp.Bound))
	return len(rows) > 0, err
}

// Destroy closes a connection as ss -K does (CONFIG_INET_DIAG_DESTROY).
func (c *Conn) Destroy(local, remote netip.AddrPort) error {
	if err := c.send(sockDestroy, unix.NLM_F_ACK, request(local, remote, ^uint32(0))); err != nil {
		return err
	}
	return c.receive(func(socket.Socket) {})
}

func request(local, remote netip.AddrPort, states uint32) []byte {
	b := make([]byte, requestSize)
	b[0], b[1] = unix.AF_INET, unix.IPPROTO_TCP
	if local.Addr().Is6() {
		b[0] = unix.AF_INET6
	}
	binary.NativeEndian.PutUint32(b[4:], states)
	binary.BigEndian.PutUint16(b[8:], local.Port())
	binary.BigEndian.PutUint16(b[10:], remote.Port())
	copy(b[12:28], local.Addr().AsSlice())
	copy(b[28:44], remote.Addr().AsSlice())
	binary.NativeEndian.PutUint64(b[48:], ^uint64(0)) // INET_DIAG_NOCOOKIE
	return b
}

func (c *Conn) send(kind, flags uint16, body []byte) error {
	msg := make([]byte, headerSize, headerSize+len(body))
	binary.NativeEndian.PutUint32(msg, uint32(headerSize+len(body)))
	binary.NativeEndian.PutUint16(msg[4:], kind)
	binary.NativeEndian.PutUint16(msg[6:], unix.NLM_F_REQUEST|flags)
	to := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	if err := unix.Sendto(c.fd, append(msg, body...), 0, to); err != nil {
		return fmt.Errorf("sock_diag: %w", err)
	}
	return nil
}

// receive hands on the rows of one answer: a single message or a whole dump.
func (c *Conn) receive(each func(socket.Socket)) error {
	for {
		n, _, err := unix.Recvfrom(c.fd, c.buf, 0)
		if err != nil {
			return err
		}
		if done, err := messages(c.buf[:n], each); done || err != nil {
			return err
		}
	}
}

// messages walks one datagram. done is true when the answer is complete.
func messages(b []byte, each func(socket.Socket)) (done bool, err error) {
	for len(b) >= headerSize {
		n := int(binary.NativeEndian.Uint32(b))
		if n < headerSize || n > len(b) {
			return true, fmt.Errorf("netlink message of %d bytes in %d", n, len(b))
		}
		kind, flags := binary.NativeEndian.Uint16(b[4:]), binary.NativeEndian.Uint16(b[6:])
		body := b[headerSize:n]
		switch {
		case kind == unix.NLMSG_DONE:
			return true, status(body) // net/netlink/af_netlink.c netlink_dump_done
		case kind == unix.NLMSG_ERROR:
			return true, status(body)
		case kind == sockDiagByFamily && len(body) >= messageSize:
			each(row(body))
		}
		if flags&unix.NLM_F_MULTI == 0 {
			return true, nil
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return false, nil
}

// status is the error of an acknowledgement; 0 is success.
func status(body []byte) error {
	if len(body) < 4 {
		return fmt.Errorf("netlink error of %d bytes", len(body))
	}
	if code := int32(binary.NativeEndian.Uint32(body)); code != 0 {
		return unix.Errno(-code)
	}
	return nil
}

// row reads a struct inet_diag_msg.
func row(b []byte) socket.Socket {
	s := socket.Socket{
		Family:  socket.IPv4,
		State:   tcp.State(b[1]),
		Timer:   socket.Timer(b[2]),
		Retrans: b[3],
		Local:   addrPort(b[0], b[8:24], b[4:]),
		Remote:  addrPort(b[0], b[24:40], b[6:]),
		Ifindex: binary.NativeEndian.Uint32(b[40:]),
		Cookie:  uint64(binary.NativeEndian.Uint32(b[44:])) | uint64(binary.NativeEndian.Uint32(b[48:]))<<32,
		Expires: time.Duration(binary.NativeEndian.Uint32(b[52:])) * time.Millisecond,
		RecvQ:   binary.NativeEndian.Uint32(b[56:]),
		SendQ:   binary.NativeEndian.Uint32(b[60:]),
		UID:     binary.NativeEndian.Uint32(b[64:]),
		Inode:   binary.NativeEndian.Uint32(b[68:]),
	}
	if b[0] == unix.AF_INET6 {
		s.Family = socket.IPv6
	}
	s.Kind = kind(s)
	if s.Kind == socket.Idle {
		s.State = tcp.Bound
	}
	return s
}

// kind infers the kernel's object from what sock_diag shows of it.
func kind(s socket.Socket) socket.Kind {
	switch {
	case s.Timer == socket.TimerTimeWait:
		return socket.Mini
	case s.State == tcp.SynRecv && s.Inode == 0:
		return socket.Request
	case s.State == tcp.Close && s.Remote.Port() == 0:
		return socket.Idle
	default:
		return socket.Full
	}
}

func addrPort(family byte, addr, port []byte) netip.AddrPort {
	p := binary.BigEndian.Uint16(port)
	if family == unix.AF_INET6 {
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(addr)), p)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(addr)), p)
}

// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// answerTimeout bounds the wait for one datagram, in seconds. The kernel fills a dump
// while it is read; a wait of this length means that something is wrong.
const answerTimeout = 10

// A netlink socket is the wire to the kernel.
type netlink int

// Open opens a sock_diag socket in the network namespace of the calling thread. It
// needs no privilege, and its dumps have no marks, see [OpenWithMarks]. The error is
// a [*problem.UnsupportedError] if the kernel has no sock_diag, or if a sandbox
// refuses it.
func Open() (c *Conn, err error) {
	err = withoutNetAdmin(func() error {
		c, err = OpenWithMarks()
		return err
	})
	return c, err
}

// OpenWithMarks is [Open] for dumps that include SO_MARK, which the kernel sends only
// to CAP_NET_ADMIN. Such dumps take longer.
func OpenWithMarks() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, unavailable(err)
	}
	// This option only improves error texts; older kernels do not know it.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1)
	timeout := unix.Timeval{Sec: answerTimeout}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		_ = unix.Close(fd)
		return nil, problem.Errorf("sock_diag: set receive timeout: %w", "sock_diag：设置接收超时：%w", err)
	}
	// Answers need not echo the request. Old kernels do not know this option.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	return NewConn(netlink(fd)), nil
}

// Send writes the request without an address, which means to the kernel. With an
// address, the kernel would check only the capabilities of the sending thread and not
// those of the socket (net/netlink/af_netlink.c __netlink_ns_capable).
func (fd netlink) Send(request []byte) error {
	if _, err := unix.Write(int(fd), request); err != nil {
		return &KernelError{Errno: errno(err)}
	}
	return nil
}

// Receive reads one datagram. It uses read(2), because recvmsg(2) costs an allocation
// per call in Go. The lengths of the messages reveal a datagram that did not fit the
// buffer.
func (fd netlink) Receive(buf []byte) (int, error) {
	for {
		n, err := unix.Read(int(fd), buf)
		switch {
		case err == nil && n == 0:
			return 0, incomplete(nil, problem.New("the kernel sent nothing", "内核什么也没发送"))
		case err == nil:
			return n, nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOBUFS):
			return 0, incomplete(err, problem.New("the kernel had no room for the answer (ENOBUFS)", "内核放不下应答（ENOBUFS）"))
		case errors.Is(err, unix.EAGAIN):
			return 0, incomplete(err, problem.Errorf("no answer for %d s", "%d 秒没有应答", answerTimeout))
		default:
			return 0, problem.Errorf("sock_diag: read: %w", "sock_diag：读取：%w", err)
		}
	}
}

// Close closes the socket.
func (fd netlink) Close() error { return unix.Close(int(fd)) }

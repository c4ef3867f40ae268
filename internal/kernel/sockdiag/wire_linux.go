// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// answerTimeout bounds the wait for one datagram, in seconds. The kernel fills a
// dump while it is read, so that a wait at all means trouble.
const answerTimeout = 10

// A netlink socket is the wire to the kernel.
type netlink int

// Open opens a sock_diag socket in the network namespace of the calling
// thread. It needs no privilege, and its dumps tell no marks, see
// [OpenWithMarks]. The error is a [*problem.UnsupportedError] when the kernel
// has no sock_diag, or when a sandbox refuses it.
func Open() (c *Conn, err error) {
	err = withoutNetAdmin(func() error {
		c, err = OpenWithMarks()
		return err
	})
	return c, err
}

// OpenWithMarks is [Open] for dumps that tell SO_MARK, which the kernel does
// for CAP_NET_ADMIN only. They take longer.
func OpenWithMarks() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, unavailable(err)
	}
	// Only for better error texts: older kernels do not know the option.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1)
	timeout := unix.Timeval{Sec: answerTimeout}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		_ = unix.Close(fd)
		return nil, problem.Errorf("sock_diag: set receive timeout: %w", "sock_diag：设置接收超时：%w", err)
	}
	// Each answer without an echo of the request. Old kernels do not know it.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	return NewConn(netlink(fd)), nil
}

// Send writes the request without an address, which means to the kernel. With
// an address the kernel would judge by the sender's capabilities alone and not
// by those of the socket (net/netlink/af_netlink.c __netlink_ns_capable).
func (fd netlink) Send(request []byte) error {
	if _, err := unix.Write(int(fd), request); err != nil {
		return &KernelError{Errno: errno(err)}
	}
	return nil
}

// Receive reads one datagram. It uses read(2) rather than recvmsg(2), which
// costs an allocation a call in Go; a datagram that did not fit the buffer is
// noticed by its message lengths.
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

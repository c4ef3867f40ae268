// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

const (
	// bufferSize is the largest datagram that the kernel makes for a dump
	// (net/netlink/af_netlink.c netlink_recvmsg caps max_recvmsg_len at 32 KiB).
	// A smaller buffer would make it send more and smaller ones.
	bufferSize = 32 << 10

	// answerTimeout bounds the wait for one datagram, in seconds. The kernel
	// fills a dump while it is read, so that a wait at all means trouble.
	answerTimeout = 10
)

// A Conn is a sock_diag socket with its buffer. It is not safe for concurrent
// use. It stays in the network namespace in which it was opened.
type Conn struct {
	fd  int
	seq uint32
	buf []byte
}

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
		return nil, fmt.Errorf("sock_diag: set receive timeout: %w", err)
	}
	return &Conn{fd: fd, buf: make([]byte, bufferSize)}, nil
}

// Close closes the socket.
func (c *Conn) Close() error { return unix.Close(c.fd) }

// Dump asks for the sockets of q and calls visit for each, in the kernel's
// order. The Message is valid only during the call. When visit returns false
// the dump ends early without an error, and c can only be closed.
//
// The error matches [ErrIncomplete] when the answer fell short or was not
// consistent; it is a [*problem.UnsupportedError] when the kernel cannot dump
// TCP sockets, matches [ErrFilterRefused] when it will not run q's filter, is a
// [*KernelError] for any other refusal, and ctx's error when that ended first.
func (c *Conn) Dump(ctx context.Context, q Request, visit func(Message) bool) error {
	if len(q.Filter) > maxFilter {
		return fmt.Errorf("sock_diag: filter of %d bytes does not fit a message", len(q.Filter))
	}
	c.seq++
	if err := c.send(q.marshal(c.seq)); err != nil {
		return err
	}
	r := reply{seq: c.seq}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := c.receive(c.buf)
		if err != nil {
			return err
		}
		done, err := r.feed(c.buf[:n], visit)
		if err = filterError(q, err); err != nil {
			return explain(err)
		}
		if done {
			return nil
		}
	}
}

// send writes the request without an address, which means to the kernel. With
// an address the kernel would judge by the sender's capabilities alone and not
// by those of the socket (net/netlink/af_netlink.c __netlink_ns_capable).
func (c *Conn) send(request []byte) error {
	if _, err := unix.Write(c.fd, request); err != nil {
		return explain(&KernelError{Errno: errno(err)})
	}
	return nil
}

// receive reads one datagram. It uses read(2) rather than recvmsg(2), which
// costs an allocation a call in Go; a datagram that did not fit the buffer is
// noticed by its message lengths.
func (c *Conn) receive(buf []byte) (int, error) {
	for {
		n, err := unix.Read(c.fd, buf)
		switch {
		case err == nil && n == 0:
			return 0, &IncompleteError{Reason: "the kernel sent nothing"}
		case err == nil:
			return n, nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOBUFS):
			return 0, &IncompleteError{Reason: "the kernel had no room for the answer (ENOBUFS)", Err: err}
		case errors.Is(err, unix.EAGAIN):
			return 0, &IncompleteError{Reason: fmt.Sprintf("no answer for %d s", answerTimeout), Err: err}
		default:
			return 0, fmt.Errorf("sock_diag: read: %w", err)
		}
	}
}

// explain turns a refusal that means "not on this kernel" into an error that
// says what is missing.
func explain(err error) error {
	if errors.Is(err, ErrFilterRefused) {
		return err
	}
	if refused, ok := errors.AsType[*KernelError](err); ok {
		switch refused.Errno {
		case syscall.ENOENT:
			return &problem.UnsupportedError{
				Feature: "sock_diag for TCP",
				Reason:  "the kernel module tcp_diag is not loaded and could not be loaded by itself",
				Hint:    "modprobe tcp_diag",
			}
		case syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.ECONNREFUSED:
			return unavailable(refused)
		}
	}
	return err
}

// unavailable says that sock_diag cannot be used at all.
func unavailable(err error) error {
	u := &problem.UnsupportedError{Feature: "sock_diag", Reason: err.Error()}
	switch errno(err) {
	case syscall.EPERM, syscall.EACCES:
		u.Reason = "a sandbox (seccomp, LSM) refuses NETLINK_SOCK_DIAG: " + err.Error()
	case syscall.EPROTONOSUPPORT, syscall.EAFNOSUPPORT:
		u.Reason = "the kernel is built without CONFIG_INET_DIAG: " + err.Error()
		u.Hint = "modprobe inet_diag tcp_diag"
	}
	return u
}

func errno(err error) syscall.Errno {
	var number syscall.Errno
	errors.As(err, &number)
	return number
}

// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"context"
	"errors"
	"syscall"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// bufferSize is the largest datagram that the kernel makes for a dump
// (net/netlink/af_netlink.c netlink_recvmsg caps max_recvmsg_len at 32 KiB). With a
// smaller buffer the kernel would send more and smaller datagrams.
const bufferSize = 32 << 10

// A Wire carries netlink datagrams to the kernel and back. It is a socket, or in a
// test a program that answers in place of the kernel.
type Wire interface {
	// Send passes on one datagram of requests. The error is a [*KernelError] if the
	// kernel refused it.
	Send(request []byte) error
	// Receive reads one datagram. The error matches [ErrIncomplete] if a datagram was
	// lost or did not come in time.
	Receive(buf []byte) (int, error)
	Close() error
}

// A Conn sends requests over a wire. It is not safe for concurrent use. It stays in
// the network namespace in which it was opened.
type Conn struct {
	wire Wire
	seq  uint32
	buf  []byte
}

// NewConn returns a Conn over any wire; [Open] opens one to the kernel.
func NewConn(w Wire) *Conn { return &Conn{wire: w, buf: make([]byte, bufferSize)} }

// Close closes the wire.
func (c *Conn) Close() error { return c.wire.Close() }

// Dump asks for the sockets of q and calls visit for each, in the kernel's order. The
// Message is valid only during the call. When visit returns false the dump ends early
// without an error, and c can only be closed.
//
// The error matches [ErrIncomplete] if the answer was incomplete or inconsistent. It
// is a [*problem.UnsupportedError] if the kernel cannot dump TCP sockets, matches
// [ErrFilterRefused] if the kernel will not run q's filter, is a [*KernelError] for
// any other refusal, and ctx's error if ctx ended first.
func (c *Conn) Dump(ctx context.Context, q Request, visit func(Message) bool) error {
	if len(q.Filter) > maxFilter {
		return problem.Errorf("sock_diag: filter of %d bytes does not fit a message", "sock_diag：%d 字节的过滤程序放不进一条消息", len(q.Filter))
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
		n, err := c.wire.Receive(c.buf)
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

// send passes on a request.
func (c *Conn) send(request []byte) error {
	if err := c.wire.Send(request); err != nil {
		return explain(err)
	}
	return nil
}

// explain turns a refusal that means "not on this kernel" into an error that names
// what is missing.
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
				Zh:      "这里不支持 TCP 的 sock_diag：内核模块 tcp_diag 没有加载，也无法自动加载", HintZh: "modprobe tcp_diag",
			}
		case syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.ECONNREFUSED:
			return unavailable(refused)
		}
	}
	return err
}

// unavailable returns the error that sock_diag cannot be used at all.
func unavailable(err error) error {
	u := &problem.UnsupportedError{Feature: "sock_diag", Reason: err.Error()}
	switch errno(err) {
	case syscall.EPERM, syscall.EACCES:
		u.Reason = "a sandbox (seccomp, LSM) refuses NETLINK_SOCK_DIAG: " + err.Error()
		u.Zh = "这里不支持 sock_diag：沙箱（seccomp、LSM）拒绝 NETLINK_SOCK_DIAG：" + err.Error()
	case syscall.EPROTONOSUPPORT, syscall.EAFNOSUPPORT:
		u.Reason = "the kernel is built without CONFIG_INET_DIAG: " + err.Error()
		u.Zh = "这里不支持 sock_diag：内核编译时没有 CONFIG_INET_DIAG：" + err.Error()
		u.Hint, u.HintZh = "modprobe inet_diag tcp_diag", "modprobe inet_diag tcp_diag"
	}
	return u
}

func errno(err error) syscall.Errno {
	var number syscall.Errno
	errors.As(err, &number)
	return number
}

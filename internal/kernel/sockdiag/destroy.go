// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"syscall"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Target is one socket to be destroyed. The kernel looks it up by addresses and
// device, and touches the socket found only if its cookie is the same
// (net/ipv4/inet_diag.c inet_diag_find_one_icsk, sock_diag_check_cookie).
type Target struct {
	Local, Remote netip.AddrPort
	Device        uint32 // device that the socket is bound to; 0 for none
	Cookie        uint64 // 0 is never a cookie
}

// TargetOf returns the target for a row.
func TargetOf(s *socket.Socket) Target {
	return Target{Local: s.Local, Remote: s.Remote, Device: s.Ifindex, Cookie: s.Cookie}
}

// ErrNoSuchSocket is matched if the kernel did not find a target: the socket is gone,
// or the kernel finds another one first, as among listeners that share a port
// (SO_REUSEPORT).
var ErrNoSuchSocket = problem.New("no such socket", "没有这个套接字")

const (
	typeDestroy = 21 // SOCK_DESTROY (include/uapi/linux/sock_diag.h), Linux 4.5

	flagsDestroy = 0x5 // NLM_F_REQUEST | NLM_F_ACK

	sizeofTarget = sizeofHeader + sizeofReqV2

	// destroyBatch is how many requests go in one datagram. The kernel answers
	// each before it reads the next (net/netlink/af_netlink.c netlink_rcv_skb),
	// and the answers of one batch must fit the receive buffer.
	destroyBatch = 64
)

// Destroy destroys each target with SOCK_DESTROY and calls told for each in order.
// The result is nil for a destroyed socket. Otherwise it is an error that matches
// [ErrNoSuchSocket], a [*problem.PermissionError], a [*problem.UnsupportedError], a
// [*KernelError], or an error that no answer came. No other socket is touched. The
// returned error is ctx's, or tells why the remaining targets were not tried; told is
// then called only for the targets before.
//
// The kernel sends a RST to the peer in states in which the peer has something to
// lose (net/ipv4/tcp.c tcp_need_reset). A process that has the socket open gets
// ECONNABORTED from it. For requests, TIME_WAIT, and FIN_WAIT2 without an owner, no
// segment is sent.
func (c *Conn) Destroy(ctx context.Context, targets []Target, told func(i int, err error)) error {
	for from := 0; from < len(targets); from += destroyBatch {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch := targets[from:min(from+destroyBatch, len(targets))]
		answers, err := c.destroy(batch)
		if err != nil {
			return err
		}
		for i, err := range answers {
			told(from+i, err)
		}
	}
	return nil
}

// destroy sends one batch in one datagram.
func (c *Conn) destroy(batch []Target) ([]error, error) {
	a := newAcks(c.seq+1, len(batch))
	c.seq += uint32(len(batch))
	request := make([]byte, 0, len(batch)*sizeofTarget)
	for i, t := range batch {
		request = appendTarget(request, t, a.first+uint32(i))
	}
	if err := c.send(request); err != nil {
		return nil, err
	}
	for a.open > 0 {
		n, err := c.wire.Receive(c.buf)
		if errors.Is(err, ErrIncomplete) {
			return a.errs, nil // targets without an answer have an error that says so
		}
		if err == nil {
			err = a.feed(c.buf[:n])
		}
		if err != nil {
			return nil, err
		}
	}
	return a.errs, nil
}

// appendTarget appends the request to destroy t.
func appendTarget(b []byte, t Target, seq uint32) []byte {
	one := marshalOne(t.Local, t.Remote, t.Device, seq)
	binary.NativeEndian.PutUint16(one[4:], typeDestroy)
	binary.NativeEndian.PutUint16(one[6:], flagsDestroy)
	binary.NativeEndian.PutUint64(one[offReqID+40:], wireCookie(t.Cookie))
	return append(b, one...)
}

// wireCookie returns the cookie as two words in the host's byte order, low half first
// (net/core/sock_diag.c sock_diag_save_cookie).
func wireCookie(cookie uint64) uint64 {
	var b [8]byte
	binary.NativeEndian.PutUint32(b[:], uint32(cookie))
	binary.NativeEndian.PutUint32(b[4:], uint32(cookie>>32))
	return binary.NativeEndian.Uint64(b[:])
}

// acks collects the answers to one batch.
type acks struct {
	first uint32  // sequence number of the first request
	errs  []error // by request; errUnanswered until an answer comes
	open  int     // how many requests have no answer yet
}

var errUnanswered = problem.New("the kernel did not say what became of it", "内核没有说明结果如何")

func newAcks(first uint32, n int) *acks {
	a := &acks{first: first, errs: make([]error, n), open: n}
	for i := range a.errs {
		a.errs[i] = errUnanswered
	}
	return a
}

// feed reads one datagram.
func (a *acks) feed(datagram []byte) error {
	for len(datagram) >= sizeofHeader {
		length := int(binary.NativeEndian.Uint32(datagram))
		if length < sizeofHeader || length > len(datagram) {
			return incomplete(nil, problem.Errorf("message of %d bytes in %d", "消息有 %d 字节，数据报只有 %d", length, len(datagram)))
		}
		a.message(datagram[:length])
		datagram = datagram[min(align(length), len(datagram)):]
	}
	return nil
}

// message takes one acknowledgement: NLMSG_ERROR with the number of its request.
func (a *acks) message(msg []byte) {
	i := binary.NativeEndian.Uint32(msg[8:]) - a.first
	if binary.NativeEndian.Uint16(msg[4:]) != typeError || i >= uint32(len(a.errs)) || len(msg) < sizeofHeader+4 {
		return // an answer to an older request
	}
	if a.errs[i] == errUnanswered { //nolint:errorlint // compares with the value itself
		a.open--
	}
	payload := msg[sizeofHeader:]
	code := int32(binary.NativeEndian.Uint32(payload))
	if code == 0 {
		a.errs[i] = nil
		return
	}
	a.errs[i] = destroyError(&KernelError{
		Errno:   syscall.Errno(-code),
		Message: extendedMessage(payload[4:], binary.NativeEndian.Uint16(msg[6:])),
	})
}

// destroyError turns a refusal into a named error.
//
// EPERM comes from sock_diag_destroy (net/core/sock_diag.c), which asks for
// CAP_NET_ADMIN in the user namespace that owns the network namespace. EOPNOTSUPP
// comes from inet_diag_cmd_exact if the kernel lacks CONFIG_INET_DIAG_DESTROY.
func destroyError(refused *KernelError) error {
	switch refused.Errno {
	case syscall.ENOENT:
		return ErrNoSuchSocket
	case syscall.EPERM, syscall.EACCES:
		return &problem.PermissionError{Op: "destroy a socket", OpZh: "销毁套接字", Need: []string{"CAP_NET_ADMIN"}, Err: refused.Errno}
	case syscall.EOPNOTSUPP:
		return &problem.UnsupportedError{
			Feature: "closing sockets of others (SOCK_DESTROY)",
			Reason:  "the kernel is built without CONFIG_INET_DIAG_DESTROY",
			Hint:    "the process that has the socket open must close it, or be restarted",
			Zh:      "这里不支持关闭别人的套接字（SOCK_DESTROY）：内核编译时没有 CONFIG_INET_DIAG_DESTROY", HintZh: "只能由打开它的进程关闭：由程序自己关闭，或重启它",
		}
	default:
		return refused
	}
}

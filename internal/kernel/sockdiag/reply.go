// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// ErrIncomplete is matched by every error of a dump that ended without seeing all
// sockets, or all at one time. Another dump may help.
var ErrIncomplete = problem.New("incomplete dump", "数据不完整")

// An IncompleteError tells how a dump was incomplete. It matches [ErrIncomplete].
type IncompleteError struct {
	Why error
	Err error // the system's error, if there was one
}

func incomplete(err, why error) error { return &IncompleteError{Why: why, Err: err} }

func (e *IncompleteError) Error() string { return "sock_diag dump is incomplete: " + e.Why.Error() }

// Chinese is the error in Chinese.
func (e *IncompleteError) Chinese() string {
	return "sock_diag 数据不完整：" + problem.Wording(e.Why, true)
}

// Is makes errors.Is(err, ErrIncomplete) true.
func (e *IncompleteError) Is(target error) bool { return target == ErrIncomplete }

func (e *IncompleteError) Unwrap() error { return e.Err }

// A KernelError is the kernel's refusal of a request.
type KernelError struct {
	Errno   syscall.Errno
	Message string // the kernel's extended message, if it sent one (NETLINK_EXT_ACK)
}

func (e *KernelError) Error() string {
	if e.Message == "" {
		return "sock_diag: kernel answered " + e.Errno.Error()
	}
	return fmt.Sprintf("sock_diag: kernel answered %v: %s", e.Errno, e.Message)
}

// Chinese is the error in Chinese; the kernel's own words stay as they are.
func (e *KernelError) Chinese() string {
	if e.Message == "" {
		return "sock_diag：内核答复 " + e.Errno.Error()
	}
	return fmt.Sprintf("sock_diag：内核答复 %v：%s", e.Errno, e.Message)
}

func (e *KernelError) Unwrap() error { return e.Errno }

// ErrFilterRefused is matched if the kernel does not run Request.Filter: it is too
// old for one of the conditions, or a mark is compared without CAP_NET_ADMIN. The
// caller dumps without the filter and evaluates it in this process.
var ErrFilterRefused = problem.New("the kernel refuses the filter", "内核拒绝该过滤程序")

// A FilterError wraps the kernel's refusal of a filter. It matches
// [ErrFilterRefused].
type FilterError struct{ Err error }

func (e *FilterError) Error() string { return ErrFilterRefused.Error() + ": " + e.Err.Error() }

// Chinese is the error in Chinese.
func (e *FilterError) Chinese() string {
	return problem.Wording(ErrFilterRefused, true) + "：" + problem.Wording(e.Err, true)
}

// Is makes errors.Is(err, ErrFilterRefused) true.
func (e *FilterError) Is(target error) bool { return target == ErrFilterRefused }

func (e *FilterError) Unwrap() error { return e.Err }

// filterError returns err as a [*FilterError] if the kernel refused the filter
// (net/ipv4/inet_diag.c inet_diag_bc_audit), else err itself.
func filterError(q Request, err error) error {
	if len(q.Filter) == 0 {
		return err
	}
	refused, ok := errors.AsType[*KernelError](err)
	if ok && (refused.Errno == syscall.EINVAL || refused.Errno == syscall.EPERM) {
		return &FilterError{Err: err}
	}
	return err
}

// Netlink's message header and types (include/uapi/linux/netlink.h).
const (
	sizeofHeader = 16 // struct nlmsghdr

	typeNoop    = 1 // NLMSG_NOOP
	typeError   = 2 // NLMSG_ERROR
	typeDone    = 3 // NLMSG_DONE
	typeOverrun = 4 // NLMSG_OVERRUN

	flagDumpIntr = 0x10  // NLM_F_DUMP_INTR
	flagCapped   = 0x100 // NLM_F_CAPPED
	flagAckTLVs  = 0x200 // NLM_F_ACK_TLVS

	extAckMessage = 1 // NLMSGERR_ATTR_MSG
)

// Types of the sock_diag messages (include/uapi/linux/sock_diag.h, inet_diag.h).
const (
	typeByFamily = 20 // SOCK_DIAG_BY_FAMILY
	typeTCPDiag  = 18 // TCPDIAG_GETSOCK
)

// A reply follows one dump over all its datagrams.
type reply struct {
	seq         uint32
	interrupted bool // the kernel set NLM_F_DUMP_INTR on a message
	begun       bool // at least one socket has come
	stopped     bool // visit returned false
}

// feed reads one datagram. done is true when the dump has ended.
func (r *reply) feed(datagram []byte, visit func(Message) bool) (done bool, err error) {
	for len(datagram) >= sizeofHeader {
		length := int(binary.NativeEndian.Uint32(datagram))
		if length < sizeofHeader || length > len(datagram) {
			return true, incomplete(nil, problem.Errorf("message of %d bytes in %d", "消息有 %d 字节，数据报只有 %d", length, len(datagram)))
		}
		if binary.NativeEndian.Uint32(datagram[8:]) == r.seq {
			done, err = r.message(datagram[:length], visit)
			if done || err != nil {
				return true, err
			}
		}
		datagram = datagram[min(align(length), len(datagram)):]
	}
	if len(datagram) > 0 {
		return true, incomplete(nil, problem.Errorf("%d stray bytes after the last message", "最后一条消息之后多出 %d 字节", len(datagram)))
	}
	return false, nil
}

// last reports whether a datagram ends the dump: it holds the end, a refusal, or
// something that cannot be read.
func (r *reply) last(datagram []byte) bool {
	for len(datagram) >= sizeofHeader {
		length := int(binary.NativeEndian.Uint32(datagram))
		if length < sizeofHeader || length > len(datagram) {
			return true
		}
		if binary.NativeEndian.Uint32(datagram[8:]) == r.seq {
			switch binary.NativeEndian.Uint16(datagram[4:]) {
			case typeByFamily, typeTCPDiag, typeNoop:
			default:
				return true
			}
		}
		datagram = datagram[min(align(length), len(datagram)):]
	}
	return len(datagram) > 0
}

// message reads one netlink message of this dump.
func (r *reply) message(msg []byte, visit func(Message) bool) (done bool, err error) {
	flags := binary.NativeEndian.Uint16(msg[6:])
	r.interrupted = r.interrupted || flags&flagDumpIntr != 0
	payload := msg[sizeofHeader:]
	switch kind := binary.NativeEndian.Uint16(msg[4:]); kind {
	case typeByFamily, typeTCPDiag:
		if len(payload) < sizeofMsg {
			return true, incomplete(nil, problem.Errorf("socket message of %d bytes", "套接字消息只有 %d 字节", len(payload)))
		}
		r.begun = true
		if !visit(Message(payload)) {
			r.stopped = true
			return true, nil
		}
		return false, nil
	case typeDone:
		return true, r.end(payload)
	case typeError:
		return true, refusal(payload, flags)
	case typeOverrun:
		return true, incomplete(nil, problem.New("the kernel reports lost messages (NLMSG_OVERRUN)", "内核报告丢失了消息（NLMSG_OVERRUN）"))
	case typeNoop:
		return false, nil
	default:
		return true, incomplete(nil, problem.Errorf("unknown netlink message type %d", "未知的 netlink 消息类型 %d", kind))
	}
}

// end reads NLMSG_DONE, whose payload is the dump's result: 0 or -errno
// (net/netlink/af_netlink.c netlink_dump_done). ENOENT before the first socket is a
// refusal: inet_diag is there and accepted the request, but the tcp_diag module that
// would answer it is missing (net/ipv4/inet_diag.c __inet_diag_dump).
func (r *reply) end(payload []byte) error {
	if len(payload) >= 4 {
		if code := int32(binary.NativeEndian.Uint32(payload)); code < 0 {
			errno := syscall.Errno(-code)
			if errno == syscall.ENOENT && !r.begun {
				return &KernelError{Errno: errno}
			}
			return incomplete(errno, problem.Errorf("the kernel ended it: %v", "被内核终止：%v", errno))
		}
	}
	if r.interrupted {
		return incomplete(nil, problem.New("the socket table changed under it (NLM_F_DUMP_INTR)", "读取时套接字表发生了变化（NLM_F_DUMP_INTR）"))
	}
	return nil
}

// refusal reads NLMSG_ERROR (struct nlmsgerr). An error of 0 is an
// acknowledgement, which a dump never gets.
func refusal(payload []byte, flags uint16) error {
	if len(payload) < 4 {
		return incomplete(nil, problem.New("error message without a code", "错误消息中没有编号"))
	}
	code := int32(binary.NativeEndian.Uint32(payload))
	if code >= 0 {
		return incomplete(nil, problem.New("acknowledged but not answered", "已确认，但没有应答"))
	}
	return &KernelError{Errno: syscall.Errno(-code), Message: extendedMessage(payload[4:], flags)}
}

// extendedMessage returns the kernel's text of a refusal. It stands among the
// attributes behind the echoed request, of which a capped answer has the header only.
func extendedMessage(echo []byte, flags uint16) string {
	if flags&flagAckTLVs == 0 || len(echo) < sizeofHeader {
		return ""
	}
	skip := sizeofHeader
	if flags&flagCapped == 0 {
		skip = align(int(binary.NativeEndian.Uint32(echo)))
	}
	if skip < 0 || skip > len(echo) {
		return ""
	}
	text, ok := findAttribute(echo[skip:], extAckMessage)
	for ok && len(text) > 0 && text[len(text)-1] == 0 {
		text = text[:len(text)-1]
	}
	return string(text)
}

// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Message is one socket as the kernel sent it: struct inet_diag_msg
// (include/uapi/linux/inet_diag.h) and the attributes behind it. A Message is a view
// into the reader's buffer and is valid only inside the visit function.
type Message []byte

// The layout of struct inet_diag_msg. Ports and addresses are in network byte
// order, everything else in the host's.
const (
	offFamily  = 0
	offState   = 1
	offTimer   = 2
	offRetrans = 3
	offSport   = 4
	offDport   = 6
	offSrc     = 8
	offDst     = 24
	offIfindex = 40
	offCookie  = 44
	offExpires = 52
	offRqueue  = 56
	offWqueue  = 60
	offUID     = 64
	offInode   = 68
	sizeofMsg  = 72
)

// Address families as sent by the kernel (include/linux/socket.h). They are spelled
// out because decoding must also build on systems whose AF_INET6 has another value.
const (
	afInet  = 2
	afInet6 = 10
)

// State returns the state as reported: SynRecv for request sockets, and Bound
// for what the kernel calls state 7, which in a dump is a socket that is bound
// but idle (include/net/tcp_states.h TCP_BOUND_INACTIVE, Linux 6.8).
func (m Message) State() tcp.State {
	s := tcp.State(m[offState])
	if s == tcp.Close {
		return tcp.Bound
	}
	return s.Reported()
}

// Kind returns which kernel object the socket is.
//
// The kernel does not say so directly. A minisocket is the only object in FIN_WAIT2
// or TIME_WAIT with the time-wait timer. Full sockets always carry attributes,
// INET_DIAG_SHUTDOWN first (net/ipv4/inet_diag.c inet_diag_msg_attrs_fill); request
// sockets never carry that one. A test makes full sockets in SYN_RECV, by Fast Open
// and by simultaneous open, and checks this on the running kernel.
func (m Message) Kind() socket.Kind {
	switch tcp.State(m[offState]) {
	case tcp.TimeWait:
		return socket.Mini
	case tcp.FinWait2:
		if socket.Timer(m[offTimer]) == socket.TimerTimeWait {
			return socket.Mini
		}
	case tcp.SynRecv, tcp.NewSynRecv:
		if _, ok := m.attribute(attrShutdown); !ok {
			return socket.Request
		}
	case tcp.Close:
		return socket.Idle
	default: // every other state exists only as a full socket
	}
	return socket.Full
}

// Inode returns the inode of the socket's file; 0 if no process has it open.
func (m Message) Inode() uint32 { return binary.NativeEndian.Uint32(m[offInode:]) }

// Retrans returns idiag_retrans: how often the pending timer has expired in a row, as
// a retransmission, a window probe or a keepalive probe (net/ipv4/inet_diag.c
// inet_sk_diag_fill).
func (m Message) Retrans() uint8 { return m[offRetrans] }

// Route returns a hash of the two addresses and the remote port: equal for all
// connections from one address to one destination, and rarely equal otherwise.
func (m Message) Route() uint64 {
	const odd = 0x9e3779b97f4a7c15 // multiplier of SplitMix64: every input bit changes higher bits
	n := uint64(binary.NativeEndian.Uint16(m[offDport:]))
	for _, at := range [...]int{offSrc, offSrc + 8, offDst, offDst + 8} {
		n = (n ^ binary.NativeEndian.Uint64(m[at:])) * odd
		n ^= n >> 32
	}
	return n
}

// Loopback reports whether the other end is a loopback address.
func (m Message) Loopback() bool { return m.address(offDst).Unmap().IsLoopback() }

// Full reports whether the accept queue of a listener is full: more connections wait
// than the limit (include/net/sock.h sk_acceptq_is_full). For a listener RecvQ is the
// queue and SendQ the limit (net/ipv4/tcp_diag.c tcp_diag_get_info).
func (m Message) Full() bool {
	return binary.NativeEndian.Uint32(m[offRqueue:]) > binary.NativeEndian.Uint32(m[offWqueue:])
}

// fixedFields returns the fields that struct inet_diag_msg tells of every socket.
// Backlog is among them because SendQ holds it for a listener.
func fixedFields() socket.FieldSet {
	// Written out because every row needs it; a field beyond the first word of the
	// set would not compile.
	return socket.FieldSet{
		1<<socket.FieldState | 1<<socket.FieldFamily | 1<<socket.FieldKind |
			1<<socket.FieldLocal | 1<<socket.FieldLocalPort | 1<<socket.FieldRemote | 1<<socket.FieldRemotePort |
			1<<socket.FieldInode | 1<<socket.FieldCookie | 1<<socket.FieldIfindex | 1<<socket.FieldUID |
			1<<socket.FieldRecvQ | 1<<socket.FieldSendQ | 1<<socket.FieldBacklog |
			1<<socket.FieldTimer | 1<<socket.FieldExpires | 1<<socket.FieldRetrans,
	}
}

// Decode fills s with what struct inet_diag_msg tells, replacing all of s. A
// [Decoder] reads the attributes as well.
func (m Message) Decode(s *socket.Socket) {
	*s = socket.Socket{
		Known:   fixedFields(),
		State:   m.State(),
		Kind:    m.Kind(),
		Family:  family(m[offFamily]),
		Local:   netip.AddrPortFrom(m.address(offSrc), binary.BigEndian.Uint16(m[offSport:])),
		Remote:  netip.AddrPortFrom(m.address(offDst), binary.BigEndian.Uint16(m[offDport:])),
		Timer:   socket.Timer(m[offTimer]),
		Expires: m.expires(),
		Retrans: m[offRetrans],
		RecvQ:   binary.NativeEndian.Uint32(m[offRqueue:]),
		SendQ:   binary.NativeEndian.Uint32(m[offWqueue:]),
		UID:     binary.NativeEndian.Uint32(m[offUID:]),
		Inode:   m.Inode(),
		Ifindex: binary.NativeEndian.Uint32(m[offIfindex:]),
		Cookie:  m.cookie(),
	}
}

// expires returns the time until the timer fires. If the timer is overdue, older
// kernels send a negative number as unsigned (jiffies_to_msecs; newer kernels use
// jiffies_delta_to_msecs), which would read as 49 days; it becomes 0.
func (m Message) expires() time.Duration {
	ms := int32(binary.NativeEndian.Uint32(m[offExpires:]))
	return time.Duration(max(ms, 0)) * time.Millisecond
}

// cookie joins the two halves of idiag_cookie, low half first
// (net/core/sock_diag.c sock_diag_save_cookie).
func (m Message) cookie() uint64 {
	low := binary.NativeEndian.Uint32(m[offCookie:])
	high := binary.NativeEndian.Uint32(m[offCookie+4:])
	return uint64(high)<<32 | uint64(low)
}

func (m Message) address(off int) netip.Addr {
	if m[offFamily] == afInet {
		return netip.AddrFrom4([4]byte(m[off : off+4]))
	}
	return netip.AddrFrom16([16]byte(m[off : off+16]))
}

func family(af byte) socket.Family {
	switch af {
	case afInet:
		return socket.IPv4
	case afInet6:
		return socket.IPv6
	default:
		return 0
	}
}

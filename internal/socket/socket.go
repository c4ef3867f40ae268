// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Kind tells which kernel object a socket is. States with the same name can be
// different objects that live under different rules: a FIN_WAIT2 row is a full
// socket without a time limit while its owner has it open, and a minisocket of
// 256 bytes bounded by tcp_fin_timeout once the owner has closed it.
type Kind uint8

const (
	// KindUnknown is used by sources that do not tell the kind.
	KindUnknown Kind = iota
	// Full is a complete socket (struct tcp_sock).
	Full
	// Mini is a time-wait minisocket (struct inet_timewait_sock): TIME_WAIT,
	// or FIN_WAIT2 after close().
	Mini
	// Request is a request socket (struct tcp_request_sock): SYN_RECV before
	// the third handshake segment.
	Request
	// Idle is a socket that is bound but neither listening nor connected.
	Idle

	// NumKinds is the length of an array indexed by Kind.
	NumKinds = int(Idle) + 1
)

// String returns the kind in one word: full, mini, request, idle or unknown.
func (k Kind) String() string {
	switch k {
	case Full:
		return "full"
	case Mini:
		return "mini"
	case Request:
		return "request"
	case Idle:
		return "idle"
	default:
		return "unknown"
	}
}

// Family is the address family of a socket. A v4-mapped connection on an IPv6
// socket is IPv6.
type Family uint8

const (
	// IPv4 is AF_INET.
	IPv4 Family = 4
	// IPv6 is AF_INET6.
	IPv6 Family = 6
)

// String returns ipv4, ipv6 or unknown.
func (f Family) String() string {
	switch f {
	case IPv4:
		return "ipv4"
	case IPv6:
		return "ipv6"
	default:
		return "unknown"
	}
}

// Timer is the timer that runs on a socket, with the number of
// /proc/net/tcp and idiag_timer (net/ipv4/inet_diag.c, net/ipv4/tcp_ipv4.c).
type Timer uint8

const (
	// TimerOff means that no timer runs.
	TimerOff Timer = 0
	// TimerOn is the retransmission timer; ss prints "on".
	TimerOn Timer = 1
	// TimerKeepalive is the keepalive timer, or that of an orphaned FIN_WAIT2.
	TimerKeepalive Timer = 2
	// TimerTimeWait is the timer of a time-wait minisocket.
	TimerTimeWait Timer = 3
	// TimerPersist is the zero-window probe timer.
	TimerPersist Timer = 4
)

// String returns the timer as ss names it: off, on, keepalive, timewait, persist.
func (t Timer) String() string {
	switch t {
	case TimerOff:
		return "off"
	case TimerOn:
		return "on"
	case TimerKeepalive:
		return "keepalive"
	case TimerTimeWait:
		return "timewait"
	case TimerPersist:
		return "persist"
	default:
		return "unknown"
	}
}

// Socket is one row of the socket table. Engines reuse one Socket for all rows of a
// stream, with all that it points to: copy what you keep.
//
// Known says which of the fields below this row really tells; the others are zero and
// mean nothing. Parts behind a pointer (Info, Mem, Netns, Cgroup, Owner) are unknown
// if the pointer is nil, and have no bit in Known. Use the field table
// ([Field.Value]) instead of the members wherever unknown matters.
type Socket struct {
	Known   FieldSet
	State   tcp.State // as reported; never NewSynRecv
	Kind    Kind
	Family  Family
	Local   netip.AddrPort
	Remote  netip.AddrPort
	Timer   Timer
	Expires time.Duration // until the timer fires; 0 when none runs
	Retrans uint8         // consecutive retransmissions, or unanswered probes
	// RecvQ is unread bytes; for a listener, connections waiting for accept().
	RecvQ uint32
	// SendQ is bytes not yet acknowledged; for a listener, the limit of its
	// accept queue (sock_diag only; net/ipv4/tcp_diag.c tcp_diag_get_info).
	SendQ   uint32
	UID     uint32
	Inode   uint32 // 0: no process has it open
	Ifindex uint32 // device the socket is bound to; 0 for none
	Cookie  uint64 // the kernel's number for this socket, never reused

	// Attributes that sock_diag adds to full sockets.

	Mark       uint32   // SO_MARK; sent only to CAP_NET_ADMIN (INET_DIAG_MARK)
	CgroupID   uint64   // inode of the cgroup v2 directory (INET_DIAG_CGROUP_ID)
	Shutdown   Shutdown // which directions are shut (INET_DIAG_SHUTDOWN)
	V6Only     bool     // IPV6_V6ONLY of an IPv6 listener (INET_DIAG_SKV6ONLY)
	Autobound  bool     // the kernel chose the local port (INET_DIAG_BC_AUTO)
	Congestion string   // congestion control (INET_DIAG_CONG)
	Subflow    bool     // a part of an MPTCP connection; read with Info only (INET_DIAG_ULP_INFO)

	// Looked up by the engine: names, and what the listeners tell.

	User      string         // name of UID; empty when it has none
	Device    string         // name of Ifindex; empty when it has none
	Direction Direction      // who opened the connection
	Listener  netip.AddrPort // the listener that owns the local port; zero for none

	Info   *TCPInfo
	Mem    *MemInfo
	Netns  *Netns
	Cgroup *Cgroup
	Owner  *Owner
	Change *Change // nil except in a trace
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A WatchID names a kind of socket that a rule looks at one by one.
type WatchID int

// The watches. A new one is an entry here and in the table below.
const (
	// CloseWaitHeld are sockets in CLOSE_WAIT that a process has open.
	CloseWaitHeld WatchID = iota
	// CloseWaitListed are sockets in CLOSE_WAIT for which the source does not show
	// whether a process has them open.
	CloseWaitListed
	// FinWait2Held are sockets in FIN_WAIT2 that a process has open.
	FinWait2Held
	// CloseWaitUnaccepted are sockets in CLOSE_WAIT that wait for accept().
	CloseWaitUnaccepted
	// FinWait2Closed are sockets in FIN_WAIT2 that their owner has closed.
	FinWait2Closed
	// FinWait1Resent are sockets in FIN_WAIT1 that wait for the answer to a
	// retransmission.
	FinWait1Resent
	// FinWait1Unanswered are sockets in FIN_WAIT1 at the second retransmission or
	// later.
	FinWait1Unanswered
	// TeardownQueued are closed connections with data left to send.
	TeardownQueued
	// ZeroWindow are closed connections that wait to send, with no data in flight.
	ZeroWindow
	// Persisting are open connections that wait to send, with no data in flight.
	Persisting
	// Resent are connections that have sent a segment again since they were opened.
	Resent
	// LastAckResent are sockets in LAST_ACK at the third retransmission or later.
	LastAckResent
	// Subflows are open connections that are parts of MPTCP connections, as far as the
	// kernel shows that without a request for marks.
	Subflows
	// MultipathHeld are MPTCP connections that the peer has closed and a process still
	// has open; see [Reading.AddMultipath].
	MultipathHeld

	// HalfOpen are sockets in SYN_RECV.
	HalfOpen
	// SynUnanswered are sockets in SYN_SENT whose SYN was sent again.
	SynUnanswered
	// EstablishedRetrying are sockets in ESTABLISHED that have sent the same data, or
	// a keepalive probe, several times without an answer.
	EstablishedRetrying
	// EstablishedUnread are sockets in ESTABLISHED with data that their process has
	// not read.
	EstablishedUnread
	// EstablishedIdle are sockets in ESTABLISHED without a timer and without traffic.
	EstablishedIdle

	numWatches = iota
)

// String returns the watch's subject, for messages.
func (w WatchID) String() string { return watches[w].name }

// watch is an entry of the table: a condition on rows, and the fields that it needs.
type watch struct {
	name   string
	states tcp.StateSet
	needs  []socket.FieldID
	wants  func(*socket.Socket) bool
}

var watches = [numWatches]watch{
	CloseWaitHeld: {
		"owners of CLOSE_WAIT", tcp.SetOf(tcp.CloseWait),
		[]socket.FieldID{socket.FieldInode},
		func(s *socket.Socket) bool { return s.Inode != 0 },
	},
	CloseWaitListed: {
		"CLOSE_WAIT", tcp.SetOf(tcp.CloseWait), nil,
		func(s *socket.Socket) bool { return !s.Known.Has(socket.FieldInode) },
	},
	FinWait2Held: {
		"owners of FIN_WAIT2", tcp.SetOf(tcp.FinWait2),
		[]socket.FieldID{socket.FieldInode, socket.FieldKind},
		func(s *socket.Socket) bool { return s.Kind == socket.Full && s.Inode != 0 },
	},
	HalfOpen: {
		"half-open connections", tcp.SetOf(tcp.SynRecv),
		[]socket.FieldID{socket.FieldRetrans},
		func(*socket.Socket) bool { return true },
	},
	SynUnanswered: {
		"retransmissions of SYN_SENT", tcp.SetOf(tcp.SynSent),
		[]socket.FieldID{socket.FieldRetrans},
		func(s *socket.Socket) bool { return s.Retrans > 0 },
	},
	EstablishedRetrying: {
		"retransmissions of ESTABLISHED", tcp.SetOf(tcp.Established),
		[]socket.FieldID{socket.FieldRetrans, socket.FieldTimer},
		func(s *socket.Socket) bool {
			return s.Timer == socket.TimerOn && s.Retrans >= deadRetries || s.Timer == socket.TimerKeepalive && s.Retrans >= deadProbes
		},
	},
	EstablishedUnread: {
		"unread data of ESTABLISHED", tcp.SetOf(tcp.Established),
		// Without struct tcp_info it is not known whether the data was read.
		[]socket.FieldID{socket.FieldInode, socket.FieldRecvQ, socket.FieldLastRecv},
		func(s *socket.Socket) bool { return s.Inode != 0 && s.RecvQ > 0 },
	},
	EstablishedIdle: {
		"last data of ESTABLISHED", tcp.SetOf(tcp.Established),
		[]socket.FieldID{socket.FieldTimer, socket.FieldLastSend, socket.FieldLastRecv},
		func(s *socket.Socket) bool { return s.Timer == socket.TimerOff && s.Info != nil }, // further condition: [Reading.silent]
	},
	CloseWaitUnaccepted: {
		"CLOSE_WAIT that wait for accept()", tcp.SetOf(tcp.CloseWait),
		[]socket.FieldID{socket.FieldInode},
		func(s *socket.Socket) bool { return s.Inode == 0 },
	},
	FinWait2Closed: {
		"FIN_WAIT2 that are closed", tcp.SetOf(tcp.FinWait2),
		[]socket.FieldID{socket.FieldInode, socket.FieldKind},
		func(s *socket.Socket) bool { return s.Kind == socket.Mini || s.Inode == 0 },
	},
	FinWait1Resent: {
		"retransmissions of FIN_WAIT1", tcp.SetOf(tcp.FinWait1),
		[]socket.FieldID{socket.FieldRetrans},
		func(s *socket.Socket) bool { return s.Retrans > 0 },
	},
	FinWait1Unanswered: {
		"retransmissions of FIN_WAIT1", tcp.SetOf(tcp.FinWait1),
		[]socket.FieldID{socket.FieldRetrans},
		func(s *socket.Socket) bool { return s.Retrans >= 2 },
	},
	TeardownQueued: {
		"Send-Q of closed connections", closingStates(),
		[]socket.FieldID{socket.FieldSendQ},
		func(s *socket.Socket) bool { return s.SendQ > 1 },
	},
	ZeroWindow: {
		"timers of closed connections", closingStates(),
		[]socket.FieldID{socket.FieldTimer},
		func(s *socket.Socket) bool { return s.Timer == socket.TimerPersist },
	},
	Persisting: {
		"timers of open connections", tcp.SetOf(tcp.Established, tcp.CloseWait),
		[]socket.FieldID{socket.FieldTimer},
		func(s *socket.Socket) bool { return s.Timer == socket.TimerPersist },
	},
	Resent: {
		"retransmissions of single connections", tcp.SetOf(tcp.Established, tcp.CloseWait) | closingStates(),
		[]socket.FieldID{socket.FieldTotalRetrans},
		func(s *socket.Socket) bool { return s.Info != nil && s.Info.TotalRetrans > 0 },
	},
	LastAckResent: {
		"retransmissions of LAST_ACK", tcp.SetOf(tcp.LastAck),
		[]socket.FieldID{socket.FieldRetrans},
		func(s *socket.Socket) bool { return s.Retrans >= 3 },
	},
	Subflows: {
		"subflows of MPTCP", tcp.SetOf(tcp.Established, tcp.CloseWait),
		[]socket.FieldID{socket.FieldLastRecv},
		func(s *socket.Socket) bool { return s.Subflow },
	},
	MultipathHeld: {name: "owners of CLOSE_WAIT of MPTCP"}, // no TCP row belongs to it
}

// closingStates are the states that wait for the answer to a FIN of this side.
func closingStates() tcp.StateSet { return tcp.SetOf(tcp.FinWait1, tcp.Closing, tcp.LastAck) }

// deep reports whether a watch needs fields that are costly for the kernel.
func (w watch) deep() bool {
	for _, id := range w.needs {
		if id.Field().Cost == socket.CostInfo {
			return true
		}
	}
	return false
}

// DeepFields are the fields that a reading needs besides [ReadingFields]; they are
// read only if there are few enough connections, because the kernel locks each socket
// to fill in struct tcp_info (net/ipv4/tcp.c tcp_get_info). Rules that need them are
// not judged without them.
func DeepFields() (all socket.FieldSet) {
	for _, w := range watches {
		if w.deep() {
			all = all.Union(socket.FieldsOf(w.needs...))
		}
	}
	return all
}

// DeepLimit is the number of ESTABLISHED up to which the deep fields are read without
// being requested.
const DeepLimit = 100_000

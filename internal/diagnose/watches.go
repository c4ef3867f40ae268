// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A WatchID names the sockets that a rule wants to see one by one.
type WatchID int

// The watches. A new one is an entry here and in the table below.
const (
	// CloseWaitHeld are CLOSE_WAIT that a process has open.
	CloseWaitHeld WatchID = iota
	// CloseWaitListed are CLOSE_WAIT of which the source does not tell whether a
	// process has them open.
	CloseWaitListed
	// FinWait2Held are FIN_WAIT2 that a process has open.
	FinWait2Held
	// CloseWaitUnaccepted are CLOSE_WAIT that wait for accept().
	CloseWaitUnaccepted
	// FinWait2Closed are FIN_WAIT2 whose owner has closed them.
	FinWait2Closed
	// FinWait1Resent are FIN_WAIT1 that wait for the answer to a retransmission.
	FinWait1Resent
	// FinWait1Unanswered are FIN_WAIT1 at the second retransmission or later.
	FinWait1Unanswered
	// TeardownQueued are closed connections with something left to send.
	TeardownQueued
	// ZeroWindow are closed connections that wait to send, with nothing on the way.
	ZeroWindow
	// Persisting are open connections that wait to send, with nothing on the way.
	Persisting
	// Resent are connections that have sent something again since they were opened.
	Resent
	// LastAckResent are LAST_ACK at the third retransmission or later.
	LastAckResent
	// Subflows are open connections that are parts of MPTCP connections, as far as
	// the kernel tells without being asked for marks.
	Subflows
	// MultipathHeld are MPTCP connections whose peer has closed and that a process
	// has open; see [Reading.AddMultipath].
	MultipathHeld

	// HalfOpen are SYN_RECV.
	HalfOpen
	// SynUnanswered are SYN_SENT whose SYN had to be sent again.
	SynUnanswered
	// EstablishedRetrying are ESTABLISHED that have sent the same data, or a
	// keepalive probe, again and again without an answer.
	EstablishedRetrying
	// EstablishedUnread are ESTABLISHED of a process with data that it has not read.
	EstablishedUnread
	// EstablishedIdle are ESTABLISHED without a timer and without traffic.
	EstablishedIdle

	numWatches = iota
)

// String returns what the watch is about, for messages.
func (w WatchID) String() string { return watches[w].name }

// watch is an entry of the table: which rows, and what must be known of a row
// to say so.
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
		// Without its struct tcp_info nobody can tell whether it was read.
		[]socket.FieldID{socket.FieldInode, socket.FieldRecvQ, socket.FieldLastRecv},
		func(s *socket.Socket) bool { return s.Inode != 0 && s.RecvQ > 0 },
	},
	EstablishedIdle: {
		"last data of ESTABLISHED", tcp.SetOf(tcp.Established),
		[]socket.FieldID{socket.FieldTimer, socket.FieldLastSend, socket.FieldLastRecv},
		func(s *socket.Socket) bool { return s.Timer == socket.TimerOff && s.Info != nil }, // and [Reading.silent]
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
	MultipathHeld: {name: "owners of CLOSE_WAIT of MPTCP"}, // of no row of TCP
}

// closingStates are those that wait for the answer to a FIN of this side.
func closingStates() tcp.StateSet { return tcp.SetOf(tcp.FinWait1, tcp.Closing, tcp.LastAck) }

// deep reports whether a watch needs what costs the kernel time.
func (w watch) deep() bool {
	for _, id := range w.needs {
		if id.Field().Cost == socket.CostInfo {
			return true
		}
	}
	return false
}

// DeepFields are what a reading looks at besides [ReadingFields] where there
// are few enough connections: the kernel locks each socket to fill in struct
// tcp_info (net/ipv4/tcp.c tcp_get_info). Rules that need it are not judged
// without it.
func DeepFields() (all socket.FieldSet) {
	for _, w := range watches {
		if w.deep() {
			all = all.Union(socket.FieldsOf(w.needs...))
		}
	}
	return all
}

// DeepLimit is up to how many ESTABLISHED the deep fields are worth their cost
// without being asked for.
const DeepLimit = 100_000

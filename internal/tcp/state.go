// SPDX-License-Identifier: Apache-2.0

package tcp

import "strconv"

// State is the state of a TCP connection, with the kernel's number.
//
// The numbers 1 to 12 are those of include/net/tcp_states.h and are what
// /proc/net/tcp (in hex) and inet_diag report; 13 is a dump-mask pseudo-state
// (Linux 6.8, commit 91051f003948). The zero State is no state.
type State uint8

// The states. RFC 9293 section 3.3.2 defines the eleven from Established to
// Closing (the RFC's CLOSED is Close); NewSynRecv and Bound are Linux's own.
const (
	Established State = 1
	SynSent     State = 2
	SynRecv     State = 3
	FinWait1    State = 4
	FinWait2    State = 5
	TimeWait    State = 6
	Close       State = 7
	CloseWait   State = 8
	LastAck     State = 9
	Listen      State = 10
	Closing     State = 11

	// NewSynRecv is a request socket: a connection whose third handshake
	// segment has not arrived (Linux 4.1). The kernel reports it to user space
	// as SynRecv, and so do we: it prints as SYN_RECV.
	NewSynRecv State = 12

	// Bound is a socket that is bound to a port but neither listening nor
	// connected. The kernel reports it as state 7 when the dump mask has bit
	// 13; we count it apart from Close and print BOUND.
	Bound State = 13
)

// maxState is the highest number that is a state.
const maxState = Bound

// NumStates is the length of an array indexed by State.
const NumStates = int(maxState) + 1

// names are the output spellings: netstat's, and BOUND.
var names = [maxState + 1]string{
	Established: "ESTABLISHED",
	SynSent:     "SYN_SENT",
	SynRecv:     "SYN_RECV",
	FinWait1:    "FIN_WAIT1",
	FinWait2:    "FIN_WAIT2",
	TimeWait:    "TIME_WAIT",
	Close:       "CLOSE",
	CloseWait:   "CLOSE_WAIT",
	LastAck:     "LAST_ACK",
	Listen:      "LISTEN",
	Closing:     "CLOSING",
	NewSynRecv:  "SYN_RECV",
	Bound:       "BOUND",
}

// String returns the state as netstat prints it, such as TIME_WAIT. Other
// numbers print as State(n).
func (s State) String() string {
	if !s.Valid() {
		return "State(" + strconv.Itoa(int(s)) + ")"
	}
	return names[s]
}

// Valid reports whether s is one of the states of this package.
func (s State) Valid() bool { return s >= Established && s <= maxState }

// Reported returns the state under which s is counted and shown: SynRecv for
// NewSynRecv, and s itself for every other state.
func (s State) Reported() State {
	if s == NewSynRecv {
		return SynRecv
	}
	return s
}

// RFC returns the name of the state in RFC 9293 section 3.3.2, such as
// FIN-WAIT-1, and "" for Bound, which the RFC does not know.
func (s State) RFC() string {
	switch s {
	case Established:
		return "ESTABLISHED"
	case SynSent:
		return "SYN-SENT"
	case SynRecv, NewSynRecv:
		return "SYN-RECEIVED"
	case FinWait1:
		return "FIN-WAIT-1"
	case FinWait2:
		return "FIN-WAIT-2"
	case TimeWait:
		return "TIME-WAIT"
	case Close:
		return "CLOSED"
	case CloseWait:
		return "CLOSE-WAIT"
	case LastAck:
		return "LAST-ACK"
	case Listen:
		return "LISTEN"
	case Closing:
		return "CLOSING"
	default:
		return ""
	}
}

// Metric returns the name that node_exporter gives the state, such as
// time_wait (collector/tcpstat_linux.go); Bound is bound.
func (s State) Metric() string {
	b := []byte(s.String())
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Synchronized reports whether both ends have agreed on sequence numbers:
// every state from ESTABLISHED on (RFC 9293 section 3.3.2).
func (s State) Synchronized() bool {
	switch s {
	case Established, FinWait1, FinWait2, TimeWait, CloseWait, LastAck, Closing:
		return true
	default:
		return false
	}
}

// HalfOpen reports whether the handshake is under way.
func (s State) HalfOpen() bool { return s == SynSent || s == SynRecv || s == NewSynRecv }

// Teardown reports whether at least one end has asked to close and the
// connection is not gone yet.
func (s State) Teardown() bool {
	switch s {
	case FinWait1, FinWait2, TimeWait, CloseWait, LastAck, Closing:
		return true
	default:
		return false
	}
}

// ActiveClose reports whether s lies on the path of the end that closed first.
func (s State) ActiveClose() bool {
	return s == FinWait1 || s == FinWait2 || s == Closing || s == TimeWait
}

// PassiveClose reports whether s lies on the path of the end that closed second.
func (s State) PassiveClose() bool { return s == CloseWait || s == LastAck }

// Orphanable reports whether a socket can be in s with no process owning it
// because the application has closed it already.
func (s State) Orphanable() bool {
	switch s {
	case FinWait1, FinWait2, TimeWait, LastAck, Closing:
		return true
	default:
		return false
	}
}

// Connection reports whether s belongs to a connection, that is to two ends:
// not LISTEN, not CLOSE, not BOUND.
func (s State) Connection() bool { return s.Synchronized() || s.HalfOpen() }

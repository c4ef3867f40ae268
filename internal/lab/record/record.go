// SPDX-License-Identifier: Apache-2.0

// Package record holds the events of a lab scenario in order: segments with their
// fate and the states of both ends, calls of the applications with their results,
// checks, and notes.
//
// The data is plain: internal/lab/testbed records it and internal/render draws it.
package record

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// End is one end of a connection.
type End uint8

// The ends. Kernel is the socket under test, drawn on the left. Peer is the
// script's own TCP or, where two real sockets talk, the other socket.
const (
	Kernel End = iota
	Peer
)

// Other returns the opposite end.
func (e End) Other() End { return 1 - e }

// String returns kernel or peer.
func (e End) String() string {
	if e == Kernel {
		return "kernel"
	}
	return "peer"
}

// Fate is what happened to a segment.
type Fate uint8

const (
	// Delivered segments left one end and reached the other at once.
	Delivered Fate = iota
	// Lost segments were sent and did not arrive.
	Lost
	// Held segments are on their way: the network will deliver them later.
	Held
	// Late segments left earlier and arrive now: held ones, or copies.
	Late
)

// String returns delivered, lost, held or late.
func (f Fate) String() string {
	switch f {
	case Lost:
		return "lost"
	case Held:
		return "held"
	case Late:
		return "late"
	default:
		return "delivered"
	}
}

// Kind is what an event is.
type Kind uint8

// The kinds of events.
const (
	Segment Kind = iota
	Call
	Check
	Note
)

// Event is one thing that happened.
type Event struct {
	At   time.Duration // since the scenario began
	Kind Kind
	Flow string // the connection's name in the scenario; may be empty
	Line int    // of the script; 0 if there is none
	Turn int    // of the innermost loop, from 1; 0 outside loops

	// States are the states of the kernel's and the peer's end after the event. Close
	// means no connection, 0 unknown.
	States [2]tcp.State

	End     End            // who sent, called or was checked
	Segment SegmentDetails // of a Segment
	Text    string         // of a Call or a Check
	Result  string         // of a Call: errno's name, data, or ""
	Note    knowledge.Text // of a Note
}

// SegmentDetails is a segment as a reader wants to see it.
type SegmentDetails struct {
	Flags segment.Flags
	Seq   uint32 // relative to the sender's initial sequence number
	Ack   uint32 // relative to the receiver's
	Len   int    // of the payload, in bytes
	Data  string // the payload, when it is short and readable
	Win   uint16
	MSS   uint16
	// TSVal and TSEcr are as on the wire.
	HasTimestamps bool
	TSVal, TSEcr  uint32
	Fate          Fate
	Again         bool   // a retransmission
	Copied        bool   // the network keeps a copy
	Label         string // of what is held, copied or late
	Count         int    // above 1: this event stands for that many
}

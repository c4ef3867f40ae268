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

// The ends. Kernel is the socket under test, drawn on the left. Peer is the scripted
// TCP or, if two real sockets talk to each other, the other socket.
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
	// Lost segments were sent and never arrive.
	Lost
	// Held segments are held by the network, which will deliver them later.
	Held
	// Late segments were sent earlier and arrive now: they were held, or are copies.
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

// Kind is the kind of an event.
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
	Line int    // line of the script; 0 if there is none
	Turn int    // turn of the innermost loop, from 1; 0 outside loops

	// States are the states of the kernel's and the peer's end after the event. Close
	// means no connection, 0 unknown.
	States [2]tcp.State

	End     End            // the end that sent, called or was checked
	Segment SegmentDetails // for a Segment
	Text    string         // for a Call or a Check, in English
	Result  string         // for a Call: name of the errno, data, or ""
	Note    knowledge.Text // for a Note; Text in both languages, where it has words
}

// SegmentDetails is a segment in the form in which a reader sees it.
type SegmentDetails struct {
	Flags segment.Flags
	Seq   uint32 // relative to the sender's initial sequence number
	Ack   uint32 // relative to the receiver's initial sequence number
	Len   int    // length of the payload in bytes
	Data  string // the payload, if it is short and printable
	Win   uint16
	MSS   uint16
	// TSVal and TSEcr are the values on the wire.
	HasTimestamps bool
	TSVal, TSEcr  uint32
	Fate          Fate
	Again         bool   // this segment is a retransmission
	Copied        bool   // the network keeps a copy, which it can deliver later
	Label         string // name of a segment that is held, copied or late
	Count         int    // if above 1, this event stands for that many segments
}

// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Options say what a tracer does. The zero Options count transitions.
type Options struct {
	// Netns is the inode of the network namespace to look at, 0 for all.
	Netns uint64
	// Owners counts who connects, closes and aborts.
	Owners bool
	// Ends makes a record of each connection that ends.
	Ends bool
	// Opens makes a record of each connect().
	Opens bool
	// Events makes a record of each transition.
	Events bool
	// Where and States choose of which transitions there are records: those that meet
	// a condition over the fields of [Pushable], nil for all, and that lead to one of
	// these states, 0 for all. What is counted and kept they do not change, nor the
	// records of Resets.
	Where  socket.Condition
	States tcp.StateSet
	// Resets counts RST that are sent with Owners, and makes a record of each with
	// Ends or Events.
	Resets bool
	// Stays counts how long some sockets are in each state, for [Tracer.Stays]: one
	// of [StaySample].
	Stays bool
	// AllStays counts that of all sockets.
	AllStays bool
	// KeepClosers keeps who closed each connection first, for [Tracer.Closer]:
	// of the newest [KeptClosers] sockets.
	KeepClosers bool
	// Way is how to look; 0 for the best that the kernel allows.
	Way Way
	// Cost lets the kernel time the program, and an empty one beside it: see
	// [Tracer.Cost]. It needs CAP_SYS_ADMIN.
	Cost bool
}

// A Way is how transitions are observed. Each way sees less than the one before.
type Way uint8

const (
	// Typed is a program that the kernel hands typed pointers (tp_btf): all.
	Typed Way = iota + 1
	// Raw is a program at raw tracepoints: a socket has no cookie unless somebody
	// has asked for it, so that a time-wait socket is not told from another.
	Raw
	// Sampled is by the classic tracepoint, without a program: not of this package.
	Sampled
	// Looked is by looking at the socket table again and again, nor is it.
	Looked
)

// Pushable returns the fields that a condition may read.
func Pushable() socket.FieldSet {
	return socket.FieldsOf(socket.FieldFamily, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote,
		socket.FieldRemotePort, socket.FieldCgroupID, socket.FieldDirection)
}

// KeptClosers is of how many sockets it is kept who closed them first: 16 MiB, for
// 4,000 a second as long as TIME_WAIT lasts. A socket has one place, by its
// cookie; cookies are given in order, to each that a trace looks at.
const KeptClosers = 1 << 18

// StaySample is one of how many sockets Stays looks at.
const StaySample = 16

// What a transition is, told by its two states and the socket's error.
type What uint8

// The kinds of transitions. Those up to NoPort are made by a process, which
// is then known.
const (
	ClosedFirst   What = iota + 1 // to FIN_WAIT1: close() or shutdown()
	ClosedAfter                   // CLOSE_WAIT to LAST_ACK: the peer was first
	Connects                      // CLOSE to SYN_SENT
	AbortedUnread                 // closed with data that nobody had read: an RST
	AbortedLinger                 // closed with SO_LINGER and no time: an RST
	Aborted                       // disconnected in another way: connect() to no address, a repair
	Unaccepted                    // its listener was closed before anybody accepted it: an RST
	GaveUp                        // closed while it was connecting
	Destroyed                     // by SOCK_DESTROY from another process: ss -K, tcpvitals kill
	NoPort                        // connect() that found no local port, and sent no SYN (EADDRNOTAVAIL)
	Ended                         // by a packet or a timer: the error says
	Changed                       // no end
	ResetSent                     // no end: an RST is sent, of no process; Errno says why
	Vanished                      // not by a program: it was there at one look and not at the next
)

// Acts reports whether a process did this.
func (w What) Acts() bool { return w >= ClosedFirst && w < Ended }

// An Owner is who did something, and to which service. Process and Actor are
// empty where no process acted.
type Owner struct {
	What  What
	From  tcp.State
	Errno uint16 // of the socket when it ended: 104 ECONNRESET, 110 ETIMEDOUT; of ResetSent why, see [Tracer.ResetReason]
	Netns uint32
	// Port is that of the listener where the connection was accepted, else that
	// of the peer.
	Port     uint16
	Accepted bool
	V6       bool
	Kernel   bool   // a thread of the kernel closed it, for whoever had it
	Cgroup   uint64 // of the socket: of who made it, or its listener
	Actor    uint64 // cgroup of the process that acted
	Process  string // its name; raw bytes that anybody can choose
}

// A Record is one end of a connection, or one transition.
type Record struct {
	At       time.Duration // since boot, without suspended time (CLOCK_MONOTONIC)
	Born     time.Duration // when it was established; 0: before the trace
	Cookie   uint64
	What     What
	From, To tcp.State
	Errno    uint16 // of ResetSent why: see [Tracer.ResetReason]
	Netns    uint32
	Local    netip.AddrPort
	Remote   netip.AddrPort
	Accepted bool
	Kernel   bool
	Cgroup   uint64
	Actor    uint64
	PID      uint32        // 0 where no process acted
	Start    time.Duration // of the process, since boot (CLOCK_BOOTTIME)
	Process  string
	Unseen   bool // whoever did it was not seen: there was no program
}

// A Closer is who closed a connection first.
type Closer struct {
	PID     uint32
	Start   time.Duration // CLOCK_BOOTTIME
	Process string
	Kernel  bool
	Cgroup  uint64
	Actor   uint64
}

// Totals are what was counted since the tracer was opened.
type Totals struct {
	Edges Edges
	// Owners are unordered; nil unless they were asked for.
	Owners []OwnerCount
	Lost   Losses
}

// Of returns how many went from one state to another.
func (t *Totals) Of(from, to tcp.State) uint64 { return t.Edges.Of(from, to) }

// Edges are transitions, counted by the kernel's numbers of both states.
type Edges [16][16]uint64

// Of returns how many went from one state to another.
func (e *Edges) Of(from, to tcp.State) uint64 { return e[from&15][to&15] }

// Failed returns how many went from a state to CLOSE with an error of the socket:
// an RST came, or a timer gave up. They are among those that went there.
func (e *Edges) Failed(from tcp.State) uint64 { return e[from&15][0] }

// Subtract takes off what was counted at an earlier time.
func (e *Edges) Subtract(base *Edges) {
	for i := range e {
		for j := range e[i] {
			e[i][j] -= base[i][j]
		}
	}
}

// An OwnerCount is how often an owner did what it says.
type OwnerCount struct {
	Owner
	Count uint64
}

// Losses count what the tracer could not record.
type Losses struct {
	// Owners is how many counts had no room in the table of owners.
	Owners uint64
	// Records is how many records had no room in the ring.
	Records uint64
	// Closers is how many of those who closed first were dropped for newer ones
	// while their TIME_WAIT may still be there.
	Closers uint64
	// Stays is of how many sockets it was forgotten how long they were in a state.
	Stays uint64
	// Skipped is how often the kernel left the program out, for all namespaces:
	// an upper bound of what is missing in a count.
	Skipped uint64
}

// A Cost is what the program took.
type Cost struct {
	Runs  uint64
	Took  time.Duration
	Floor time.Duration // what an empty program takes a run
}

// Any reports whether something was lost.
func (l Losses) Any() bool { return l != Losses{} }

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
	// Netns is the inode of the network namespace to trace, 0 for all.
	Netns uint64
	// Owners counts who connects, closes and aborts.
	Owners bool
	// Ends makes a record for each connection that ends.
	Ends bool
	// Opens makes a record for each connect().
	Opens bool
	// Events makes a record for each transition.
	Events bool
	// Where and States restrict the transitions for which there are records: those
	// that meet a condition over the fields of [Pushable] (nil: all) and lead to one
	// of these states (0: all). They change neither the counts, nor the records of
	// Resets.
	Where  socket.Condition
	States tcp.StateSet
	// Resets counts each RST that is sent, if Owners is set, and makes a record of
	// it, if Ends or Events is set.
	Resets bool
	// Stays measures how long some sockets are in each state, for [Tracer.Stays]: one
	// of [StaySample] sockets.
	Stays bool
	// AllStays measures it for all sockets.
	AllStays bool
	// KeepClosers keeps who closed each connection first, for [Tracer.Closer], for
	// the newest [KeptClosers] sockets.
	KeepClosers bool
	// Way is how to observe transitions; 0 for the best way that the kernel allows.
	Way Way
	// Cost lets the kernel measure the time of the program, and of an empty one for
	// comparison: see [Tracer.Cost]. It needs CAP_SYS_ADMIN.
	Cost bool
}

// A Way is how transitions are observed. Each way sees less than the one before.
type Way uint8

const (
	// Typed is a program that receives typed pointers from the kernel (tp_btf). It
	// sees everything.
	Typed Way = iota + 1
	// Raw is a program at raw tracepoints. A socket has no cookie unless some program
	// has asked for it, so time-wait sockets cannot be told apart.
	Raw
	// Sampled uses the classic tracepoint, without a program. Package tracepoint
	// implements it.
	Sampled
	// Looked reads the socket table again and again. Package trace implements it.
	Looked
)

// Pushable returns the fields that a condition may read.
func Pushable() socket.FieldSet {
	return socket.FieldsOf(socket.FieldFamily, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote,
		socket.FieldRemotePort, socket.FieldCgroupID, socket.FieldDirection)
}

// KeptClosers is for how many sockets it is remembered who closed them first. They
// take 16 MiB and suffice for 4,000 closes per second during the TIME_WAIT period. A
// socket's place follows from its cookie; cookies are assigned in order to each
// socket that a trace sees.
const KeptClosers = 1 << 18

// StaySample says that Stays measures one of this many sockets.
const StaySample = 16

// What is the kind of a transition, derived from its two states and the socket's
// error.
type What uint8

// The kinds of transitions. Those up to NoPort are made by a known process.
const (
	ClosedFirst   What = iota + 1 // to FIN_WAIT1: close() or shutdown()
	ClosedAfter                   // CLOSE_WAIT to LAST_ACK: the peer closed first
	Connects                      // CLOSE to SYN_SENT
	AbortedUnread                 // closed with unread data: an RST
	AbortedLinger                 // closed with SO_LINGER and a time of 0: an RST
	Aborted                       // disconnected in another way: connect() to no address, or repair mode
	Unaccepted                    // the listener was closed before any process accepted it: an RST
	GaveUp                        // closed while connecting
	Destroyed                     // by SOCK_DESTROY from another process: ss -K, tcpvitals kill
	NoPort                        // connect() that found no local port, and sent no SYN (EADDRNOTAVAIL)
	Ended                         // by a packet or a timer: the error tells
	Changed                       // a transition that ends nothing
	ResetSent                     // not an end: an RST is sent, by no process; Errno tells why
	Vanished                      // seen by looking at the table: the socket was there at one look and not at the next
)

// Acts reports whether a process made this transition.
func (w What) Acts() bool { return w >= ClosedFirst && w < Ended }

// An Owner is a process that did something, and the service concerned. Process and
// Actor are empty if no process acted.
type Owner struct {
	What  What
	From  tcp.State
	Errno uint16 // error of the socket when it ended: 104 ECONNRESET, 110 ETIMEDOUT; for ResetSent the reason, see [Tracer.ResetReason]
	Netns uint32
	// Port is the listener's port for an accepted connection, else the peer's port.
	Port     uint16
	Accepted bool
	V6       bool
	Kernel   bool   // a kernel thread closed the socket on behalf of its owner
	Cgroup   uint64 // cgroup of the socket: that of the process that made it, or of the listener
	Actor    uint64 // cgroup of the process that acted
	Process  string // name of the process; any bytes that the process chose
}

// A Record is one end of a connection, or one transition.
type Record struct {
	At       time.Duration // since boot, without suspended time (CLOCK_MONOTONIC)
	Born     time.Duration // when the connection was established; 0 if before the trace
	Cookie   uint64
	What     What
	From, To tcp.State
	Errno    uint16 // for ResetSent the reason, see [Tracer.ResetReason]
	Netns    uint32
	Local    netip.AddrPort
	Remote   netip.AddrPort
	Accepted bool
	Kernel   bool
	Cgroup   uint64
	Actor    uint64
	PID      uint32        // 0 if no process acted
	Start    time.Duration // start of the process, since boot (CLOCK_BOOTTIME)
	Process  string
	Unseen   bool // who did it is unknown: no eBPF program saw it
}

// A Closer is the process that closed a connection first.
type Closer struct {
	PID     uint32
	Start   time.Duration // CLOCK_BOOTTIME
	Process string
	Kernel  bool
	Cgroup  uint64
	Actor   uint64
}

// Totals are the counts since the tracer was opened.
type Totals struct {
	Edges Edges
	// Owners are unordered; nil if Options.Owners is not set.
	Owners []OwnerCount
	Lost   Losses
}

// Of returns how many went from one state to another.
func (t *Totals) Of(from, to tcp.State) uint64 { return t.Edges.Of(from, to) }

// Edges are counts of transitions, by the kernel's numbers of both states.
type Edges [16][16]uint64

// Of returns how many went from one state to another.
func (e *Edges) Of(from, to tcp.State) uint64 { return e[from&15][to&15] }

// Failed returns how many sockets went from a state to CLOSE with an error: an RST
// came, or a timer gave up. Of includes them.
func (e *Edges) Failed(from tcp.State) uint64 { return e[from&15][0] }

// Subtract subtracts earlier counts.
func (e *Edges) Subtract(base *Edges) {
	for i := range e {
		for j := range e[i] {
			e[i][j] -= base[i][j]
		}
	}
}

// An OwnerCount is how often an owner did what it describes.
type OwnerCount struct {
	Owner
	Count uint64
}

// Losses count what the tracer could not record.
type Losses struct {
	// Owners is how many counts found no room in the table of owners.
	Owners uint64
	// Records is how many records found no room in the ring.
	Records uint64
	// Closers is how many remembered closers were replaced by newer ones while their
	// TIME_WAIT may still exist.
	Closers uint64
	// Stays is for how many sockets the time in their state was forgotten.
	Stays uint64
	// Skipped is how often the kernel skipped the program, for all namespaces: an
	// upper bound of what a count misses.
	Skipped uint64
}

// A Cost is the time that the program took.
type Cost struct {
	Runs  uint64
	Took  time.Duration
	Floor time.Duration // time per run of an empty program
}

// Any reports whether something was lost.
func (l Losses) Any() bool { return l != Losses{} }

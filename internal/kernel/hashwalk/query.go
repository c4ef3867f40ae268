// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Query says what a walk is to count. The zero Query counts every socket of
// the host, in one row.
type Query struct {
	// States is the set of states wanted, 0 for all. The table of listeners and
	// that of bound-but-idle sockets are walked only for LISTEN and BOUND.
	States tcp.StateSet
	// Kinds are the kernel objects wanted; none means all.
	Kinds []socket.Kind
	// Netns are the network namespaces wanted, by inode; none means all of the
	// host.
	Netns []uint64
	// Where is a condition over the fields of [Pushable]; nil holds every socket.
	Where socket.Condition
	// By is what separates rows.
	By []Key
	// Unowned counts apart, in Row.Unowned, the full sockets that no process has
	// open. It costs another look at each of them.
	Unowned bool
	// Sample, when above 1, walks one slot of each so many that follow each other;
	// Offset, which is to be chosen at random, says which. Listeners are few and
	// always counted whole.
	Sample, Offset uint32
	// MaxRows bounds the rows that the kernel has room for; 0 means
	// DefaultMaxRows. Sockets of further groups are counted in Result.Overflow.
	// Rows are rounded up; a group that several workers met takes as many rows.
	MaxRows int
	// Workers is how many processors walk at the same time; 0 means all.
	Workers int
	// Slice is for how long at most a processor is held without a pause; 0 means
	// DefaultSlice.
	Slice time.Duration
	// Progress, when not nil, is told now and then how many slots of how many
	// are done. It is called by several goroutines.
	Progress func(done, total uint64)

	endpoints int // of listeners that there is room for
}

const (
	// DefaultMaxRows is how many groups there is room for.
	DefaultMaxRows = 1 << 14
	// DefaultSlice keeps a processor for less than a millisecond, with what a
	// turn takes beyond its slice.
	DefaultSlice = 500 * time.Microsecond
)

// Key is one thing that separates rows: a field of [Groupable]. Addresses are
// cut to a prefix when Cut is true: to Bits4 bits where they are IPv4 or
// v4-mapped, to Bits6 otherwise.
type Key struct {
	Field        socket.FieldID
	Cut          bool
	Bits4, Bits6 uint8
}

// A Row is one group. Rows may be finer than the keys of the query ask for: the
// caller adds up those whose keys read the same.
type Row struct {
	// Socket has the fields that the keys name, and no others: see its Known and
	// its Netns. Addresses are unmapped.
	Socket socket.Socket
	// Sockets is how many there are; of a sample, how many were seen.
	Sockets uint64
	// Unowned is how many of them are full sockets that no process has open.
	Unowned uint64
	// Sampled says that the row comes from a part of the slots. Squares is then
	// the sum over those slots of the square of how many the slot had, from which
	// an interval follows.
	Sampled bool
	Squares uint64
}

// A Result is the answer to a Query, and what it took.
type Result struct {
	Rows []Row
	// Sockets is how many sockets the query holds: those of all rows, and
	// Overflow.
	Sockets uint64
	// Overflow is how many found no room in a row.
	Overflow uint64
	// Unsettled is how many chains kept changing and were given up: some sockets
	// of them may be missing.
	Unsettled uint64
	// Again is how often a chain was walked again because it changed.
	Again uint64
	// Vanished is how many namespaces with a table of their own ended meanwhile.
	Vanished int
	// Slots is how many slots of the tables of connections and of bound ports were
	// walked, of SlotsOfAll. Those of listeners, always whole, are not among them.
	Slots, SlotsOfAll uint64
	// Seen is how many sockets were looked at.
	Seen uint64
	// Namespaces is how many network namespaces the host has, Tables how many
	// tables of connections they have.
	Namespaces, Tables int
	// Unlisted is how many tables there was no room to list: they were not walked.
	Unlisted int

	// Elapsed is the time of the walk, without loading.
	Elapsed time.Duration
	// Held is the sum over processors of the time that the kernel part took,
	// HeldMost the longest time that one was held without a pause. Both are by the
	// clock: where the kernel let others in between, their time is in it.
	Held, HeldMost time.Duration
}

// Exact reports whether every socket was counted, and none estimated.
func (r *Result) Exact() bool {
	return r.Unsettled == 0 && r.Overflow == 0 && r.Unlisted == 0 && r.Slots == r.SlotsOfAll
}

// Pushable returns the fields that a condition may read: it is to be given to
// query.Split. Where a query reads the direction, the listeners are walked
// first: it is that of owner.Clues, by the listeners that there are then.
func Pushable() socket.FieldSet {
	return socket.FieldsOf(socket.FieldFamily, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote,
		socket.FieldRemotePort, socket.FieldIfindex, socket.FieldCgroupID, socket.FieldDirection)
}

// Groupable returns the fields that a key may name. For a namespace and a
// cgroup a row has the number; names are looked up elsewhere.
func Groupable() socket.FieldSet {
	return Pushable().Union(socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldNetns,
		socket.FieldNetnsInode, socket.FieldNetnsContainer, socket.FieldCgroup, socket.FieldListener))
}

// states returns the states wanted, request sockets with SYN_RECV.
func (q *Query) states() tcp.StateSet {
	set := q.States
	if set == 0 {
		set = tcp.AllStates
	}
	if set.Has(tcp.SynRecv) || set.Has(tcp.NewSynRecv) {
		set |= tcp.SetOf(tcp.SynRecv, tcp.NewSynRecv)
	}
	return set
}

// directed reports whether the query tells connections apart by the listeners
// that there are.
func (q *Query) directed() bool {
	if q.Where != nil && q.Where.Reads().Has(socket.FieldDirection) {
		return true
	}
	return slices.ContainsFunc(q.By, func(k Key) bool {
		return k.Field == socket.FieldDirection || k.Field == socket.FieldListener
	})
}

// slice returns for how many nanoseconds a processor is held at a time.
func (q *Query) slice() uint32 {
	if q.Slice <= 0 {
		return uint32(DefaultSlice)
	}
	return uint32(q.Slice)
}

// sampling reports whether only a part of the slots is walked.
func (q *Query) sampling() bool { return q.Sample > 1 }

// reads reports whether the query has a filter at all, and what it reads.
func (q *Query) reads() (filter bool, fields socket.FieldSet) {
	if q.Where != nil {
		fields = q.Where.Reads()
	}
	return q.Where != nil || len(q.Netns) > 0, fields
}

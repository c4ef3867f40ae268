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
	// Where is a condition over the fields of [Pushable]; nil chooses every socket.
	Where socket.Condition
	// By are the fields by which rows are separated.
	By []Key
	// Unowned counts in Row.Unowned the full sockets that no process has open. It
	// reads more of each of them.
	Unowned bool
	// Sample, above 1, walks one of every Sample slots in a row; Offset, to be chosen
	// at random, says which. Listeners are few and always counted completely.
	Sample, Offset uint32
	// MaxRows is for how many rows the kernel reserves room; 0 means DefaultMaxRows.
	// Sockets of further groups are counted in Result.Overflow. The number is rounded
	// up. A group that several workers met takes a row for each of them.
	MaxRows int
	// Workers is how many processors walk at the same time; 0 means all.
	Workers int
	// Slice is the longest time for which a processor is held without a pause; 0
	// means DefaultSlice.
	Slice time.Duration
	// Progress, if not nil, is called now and then with the number of slots done and
	// their total. Several goroutines call it.
	Progress func(done, total uint64)

	endpoints int // for how many listening addresses and ports there is room
}

const (
	// DefaultMaxRows is how many groups there is room for.
	DefaultMaxRows = 1 << 14
	// DefaultSlice holds a processor for less than a millisecond, including what a
	// turn needs beyond its slice.
	DefaultSlice = 500 * time.Microsecond
)

// A Key is one field that separates rows: a field of [Groupable]. If Cut is true,
// addresses are cut to a prefix: IPv4 and v4-mapped ones to Bits4 bits, others to
// Bits6 bits.
type Key struct {
	Field        socket.FieldID
	Cut          bool
	Bits4, Bits6 uint8
}

// A Row is one group. Rows may be finer than the keys of the query: the caller adds
// up rows whose keys read the same.
type Row struct {
	// Socket has only the fields that the keys name: see its Known and its Netns.
	// Addresses are unmapped.
	Socket socket.Socket
	// Sockets is how many there are; of a sample, how many were seen.
	Sockets uint64
	// Unowned is how many of them are full sockets that no process has open.
	Unowned uint64
	// Sampled says that the row comes from a part of the slots. Squares is then the
	// sum, over those slots, of the square of the number of sockets in the slot; a
	// confidence interval follows from it.
	Sampled bool
	Squares uint64
}

// A Result is the answer to a Query and the effort that it took.
type Result struct {
	Rows []Row
	// Sockets is how many sockets the query chooses: those of all rows and Overflow.
	Sockets uint64
	// Overflow is how many sockets found no room in a row.
	Overflow uint64
	// Unsettled is how many chains kept changing until the walk gave them up: some of
	// their sockets may be missing.
	Unsettled uint64
	// Again is how often a chain was walked again because it changed.
	Again uint64
	// Vanished is how many namespaces with a table of their own ended during the
	// walk.
	Vanished int
	// Slots is how many slots of the tables of connections and of bound ports were
	// walked, out of SlotsOfAll. The table of listeners, always walked completely, is
	// not counted here.
	Slots, SlotsOfAll uint64
	// Seen is how many sockets were looked at.
	Seen uint64
	// Namespaces is how many network namespaces the host has, Tables how many
	// tables of connections they have.
	Namespaces, Tables int
	// Unlisted is how many tables found no room in the list of tables: they were not
	// walked.
	Unlisted int

	// Elapsed is the time of the walk, without loading the program.
	Elapsed time.Duration
	// Held is the time spent in the kernel, summed over processors. HeldMost is the
	// longest time for which one processor was held without a pause. Both are wall
	// time: they include the time of others that the kernel ran in between.
	Held, HeldMost time.Duration
}

// Exact reports whether every socket was counted, and none estimated.
func (r *Result) Exact() bool {
	return r.Unsettled == 0 && r.Overflow == 0 && r.Unlisted == 0 && r.Slots == r.SlotsOfAll
}

// Pushable returns the fields that a condition may read; query.Split takes it. If a
// query reads the direction, the listeners are walked first, and the direction
// follows from them, as in owner.Clues.
func Pushable() socket.FieldSet {
	return socket.FieldsOf(socket.FieldFamily, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote,
		socket.FieldRemotePort, socket.FieldIfindex, socket.FieldCgroupID, socket.FieldDirection)
}

// Groupable returns the fields that a key may name. Namespaces and cgroups are
// returned as numbers; the caller looks up their names.
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

// directed reports whether the query reads the direction of connections, which needs
// the listeners.
func (q *Query) directed() bool {
	if q.Where != nil && q.Where.Reads().Has(socket.FieldDirection) {
		return true
	}
	return slices.ContainsFunc(q.By, func(k Key) bool {
		return k.Field == socket.FieldDirection || k.Field == socket.FieldListener
	})
}

// slice returns how many nanoseconds a processor is held at a time.
func (q *Query) slice() uint32 {
	if q.Slice <= 0 {
		return uint32(DefaultSlice)
	}
	return uint32(q.Slice)
}

// sampling reports whether only a part of the slots is walked.
func (q *Query) sampling() bool { return q.Sample > 1 }

// reads reports whether the query has a filter, and which fields the filter reads.
func (q *Query) reads() (filter bool, fields socket.FieldSet) {
	if q.Where != nil {
		fields = q.Where.Reads()
	}
	return q.Where != nil || len(q.Netns) > 0, fields
}

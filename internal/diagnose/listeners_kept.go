// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"container/heap"
	"hash/maphash"
	"math"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ListenersKept is how many listeners of a machine are kept one by one. There is a
// bound because any user may open as many listeners as there are descriptors.
const ListenersKept = 20_000

// keptAnyway is how many listeners each namespace may keep even if others have taken
// the room.
const keptAnyway = 64

// A ListenerRoom counts the kept listeners of a machine. The zero value has room for
// [ListenersKept].
type ListenerRoom struct{ taken int }

// take takes room for one more listener, for a reading that keeps has of them, and
// reports whether there was room.
func (r *ListenerRoom) take(has int) bool {
	if r.taken >= ListenersKept && has >= keptAnyway {
		return false
	}
	r.taken++
	return true
}

// leftOut is what a reading knows of the listeners for which there was no room.
type leftOut struct {
	n       uint64            // number of chosen ones
	places  map[uint64]uint32 // how many, by the hash of their address and port
	dropped map[uint64]bool   // namespaces in which one of them may have dropped connections
	seed    maphash.Seed
}

// at counts those of an address and port.
func (o *leftOut) at(p place) uint64 {
	if len(o.places) == 0 {
		return 0
	}
	return uint64(o.places[maphash.Comparable(o.seed, p)])
}

// add counts a listener. Its only lasting cost is 12 bytes in a map.
func (o *leftOut) add(s *socket.Socket, chosen bool) {
	if o.places == nil {
		o.places, o.dropped, o.seed = map[uint64]uint32{}, map[uint64]bool{}, maphash.MakeSeed()
	}
	o.places[maphash.Comparable(o.seed, placeOf(s))]++
	if chosen {
		o.n++
	}
	if drops, known := plainNumber(socket.FieldDrops, s); !known || drops > 0 {
		o.dropped[netnsOf(s)] = true
	}
}

// LeftOut is how many chosen listeners are not judged because there was no room.
func (r *QueueReading) LeftOut() uint64 { return r.left.n }

// keep keeps a listener if there is room; otherwise it replaces the least important
// one, if that matters less.
func (r *QueueReading) keep(s *socket.Socket, chosen bool) {
	if r.Room == nil {
		r.Room = &ListenerRoom{}
	}
	l := listener{chosen: chosen, rank: rankOf(s, chosen)}
	if len(r.left.places) == 0 && r.Room.take(len(r.listeners)) {
		l.row = s.Clone()
		r.listeners = append(r.listeners, l)
		return
	}
	kept := (*byRank)(&r.listeners)
	if len(r.left.places) == 0 {
		heap.Init(kept)
	}
	if least := r.listeners[0]; least.rank < l.rank {
		r.left.add(least.row, least.chosen)
		l.row = s.Clone()
		r.listeners[0] = l
		heap.Fix(kept, 0)
		return
	}
	r.left.add(s, chosen)
}

// rankOf says how much a listener matters when not all are kept: first whether it was
// chosen, then how full its accept queue is, then its drops.
func rankOf(s *socket.Socket, chosen bool) (rank uint64) {
	const asked, full, filling, waits = 1 << 40, 3 << 36, 2 << 36, 1 << 36
	if chosen {
		rank = asked
	}
	waiting, _ := plainNumber(socket.FieldAcceptQ, s)
	limit, limited := plainNumber(socket.FieldBacklog, s)
	switch {
	case waiting == 0:
	case limited && waiting > limit:
		rank += full
	case !limited || 2*waiting >= limit:
		rank += filling
	default:
		rank += waits
	}
	drops, _ := plainNumber(socket.FieldDrops, s)
	return rank + min(drops, math.MaxUint32)
}

// plainNumber is [number] without an allocation.
func plainNumber(id socket.FieldID, s *socket.Socket) (n uint64, ok bool) {
	v, ok := id.Field().Value(s)
	if !ok || v.Kind() != socket.Number {
		return 0, false
	}
	return v.Number(), true
}

// byRank is a heap with the least important listener on top.
type byRank []listener

func (b byRank) Len() int           { return len(b) }
func (b byRank) Less(i, j int) bool { return b[i].rank < b[j].rank }
func (b byRank) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

// Push and Pop are required by heap.Interface and not used: the heap does not change
// its size.
func (*byRank) Push(any) {}
func (*byRank) Pop() any { return nil }

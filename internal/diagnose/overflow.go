// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ListenCounters are the kernel's counters of all listeners of a network namespace
// together, since the namespace was made.
type ListenCounters struct {
	Drops     uint64 // TcpExt.ListenDrops: SYNs and final ACKs that got no connection, for any reason
	Overflows uint64 // TcpExt.ListenOverflows: of these, those that found the accept queue full
	SynDrops  uint64 // TcpExt.TCPReqQFullDrop: of these, those that found the SYN queue full, without cookies
	Deferred  uint64 // TcpExt.TCPDeferAcceptDrop: final ACKs that listeners with TCP_DEFER_ACCEPT ignored

	CookiesSent uint64 // TcpExt.SyncookiesSent
	CookiesBack uint64 // TcpExt.SyncookiesRecv: those that a client brought back
}

// ListenCountersOf takes them from counters by name; ok is false if they were not
// read.
func ListenCountersOf(counters Numbers) (c ListenCounters, ok bool) {
	c.Drops, ok = counters.Of("TcpExt.ListenDrops")
	overflows, okToo := counters.Of("TcpExt.ListenOverflows")
	c.Overflows = overflows
	c.SynDrops, _ = counters.Of("TcpExt.TCPReqQFullDrop")
	c.Deferred, _ = counters.Of("TcpExt.TCPDeferAcceptDrop")
	c.CookiesSent, _ = counters.Of("TcpExt.SyncookiesSent")
	c.CookiesBack, _ = counters.Of("TcpExt.SyncookiesRecv")
	return c, ok && okToo
}

// since is by how much the counters grew. ok is false if one decreased: then the
// earlier ones belong to another namespace.
func (c ListenCounters) since(before ListenCounters) (grown ListenCounters, ok bool) {
	if c.Drops < before.Drops || c.Overflows < before.Overflows || c.SynDrops < before.SynDrops {
		return ListenCounters{}, false
	}
	return ListenCounters{
		Drops: c.Drops - before.Drops, Overflows: c.Overflows - before.Overflows, SynDrops: c.SynDrops - before.SynDrops,
		Deferred: c.Deferred - before.Deferred, CookiesSent: c.CookiesSent - before.CookiesSent, CookiesBack: c.CookiesBack - before.CookiesBack,
	}, true
}

// Overflows are how many SYNs and final ACKs a listener dropped in a window because
// its accept queue was full.
//
// The kernel counts overflows by namespace only. A listener's own count of drops
// (sk_drops) also includes packets that nobody misses: a bare RST or FIN, a scan, with
// TCP_DEFER_ACCEPT the ACK of every handshake (net/ipv4/tcp_input.c
// tcp_rcv_state_process, net/ipv4/tcp_ipv4.c tcp_v4_rcv). So its own drops are an
// upper bound, and a listener is blamed only if its queue was seen full or if no other
// listener's drops grew.
type Overflows struct {
	Least, Most uint64
}

// suspects are the listeners of a namespace that may have overflowed in a window.
type suspects struct {
	grown   ListenCounters
	drops   map[*socket.Socket]uint64 // growth of each listener's own drops, if any
	unknown bool                      // other listeners may have overflowed too: one has gone, was not kept, or does not show its drops
	unsure  map[*socket.Socket]bool   // listeners whose drops at the earlier reading are not known
}

// suspectsOf finds the suspects of each namespace whose counters were read twice.
func suspectsOf(now, before *QueueReading) map[uint64]*suspects {
	all := map[uint64]*suspects{}
	if before == nil {
		return all
	}
	for inode, counters := range now.Counters {
		past, known := before.Counters[inode]
		if grown, ok := counters.since(past); known && ok {
			all[inode] = &suspects{grown: grown, drops: map[*socket.Socket]uint64{}, unsure: map[*socket.Socket]bool{}}
		}
	}
	earlier := map[uint64]*socket.Socket{}
	for i := range before.listeners {
		if row := before.listeners[i].row; row.Known.Has(socket.FieldCookie) {
			earlier[row.Cookie] = row
		}
	}
	for inode, s := range all {
		s.unknown = now.left.dropped[inode] || before.left.dropped[inode]
	}
	for i := range now.listeners {
		row := now.listeners[i].row
		past := earlier[row.Cookie]
		if s := all[netnsOf(row)]; s != nil && (past != nil || !before.left.dropped[netnsOf(row)]) {
			s.add(row, past)
		} else if s != nil {
			s.unsure[row] = true
		}
		delete(earlier, row.Cookie)
	}
	for _, gone := range earlier {
		if s := all[netnsOf(gone)]; s != nil {
			s.unknown = true
		}
	}
	return all
}

// add adds a listener and its earlier reading, nil if it was opened since.
func (s *suspects) add(row, earlier *socket.Socket) {
	drops := number(socket.FieldDrops, row)
	if drops == nil || !row.Known.Has(socket.FieldCookie) {
		s.unknown = true
		return
	}
	grown := *drops
	if earlier != nil {
		past := number(socket.FieldDrops, earlier)
		if past == nil {
			s.unknown = true
			return
		}
		grown = dropsSince(*drops, *past)
	}
	if grown > 0 {
		s.drops[row] = grown
	}
}

// dropsSince is the growth of sk_drops, which has 32 bits and wraps around.
func dropsSince(now, before uint64) uint64 { return uint64(uint32(now) - uint32(before)) }

// overflows says how many connections a listener lost; nil if that is not known. full
// says that its accept queue was full at a reading.
func (s *suspects) overflows(row *socket.Socket, full bool) *Overflows {
	if s == nil || s.unsure[row] {
		return nil
	}
	own, dropped := s.drops[row]
	if !dropped && s.unknown && number(socket.FieldDrops, row) == nil {
		return nil
	}
	o := &Overflows{Most: min(own, s.grown.Overflows)}
	switch {
	case o.Most == 0:
	case len(s.drops) == 1 && !s.unknown:
		o.Least = o.Most
	case full:
		o.Least = 1
	}
	return o
}

// ranked lists at most n suspects, those with the most drops first.
func (s *suspects) ranked(n int) []*socket.Socket {
	rows := make([]*socket.Socket, 0, len(s.drops))
	for row := range s.drops {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *socket.Socket) int {
		return cmp.Or(cmp.Compare(s.drops[b], s.drops[a]), a.Local.Compare(b.Local), cmp.Compare(a.Cookie, b.Cookie))
	})
	return rows[:min(n, len(rows))]
}

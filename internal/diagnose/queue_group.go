// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A group is the listeners of one address and port: several with SO_REUSEPORT,
// or one for each device. The kernel does not show for which of them a
// half-open or unaccepted connection waits.
//
// Anybody may listen thousands of times at one port, and each member is judged by
// all: what they are together is added up as they come.
type group struct {
	members    []*listener
	left       uint64 // members that were left out: of them nothing else is known
	v4         bool   // an IPv6 wildcard of it takes IPv4 as well
	synRecv    uint64
	again      uint64
	unaccepted uint64
	gaveUp     uint64
	waiting    map[place]*waiting // by where they came in
	accepted   []uint32
	limits     uint64 // sum of what the members may hold, as far as it is known
	unlimited  bool   // of a member it is not known
	queued     uint64 // sum of their accept queues, likewise
	devices    map[uint32]onDevice
	cookies    map[uint64]*socket.Socket // the first member of each; made when it is asked for
}

// onDevice are the members of a group on one device, by its index.
type onDevice struct {
	members int
	roomy   int // of these, less than half full
}

func (g *group) add(l *listener) {
	g.members = append(g.members, l)
	g.v4 = g.v4 && !l.row.V6Only
	n, known := plainNumber(socket.FieldBacklog, l.row)
	g.limits, g.unlimited = g.limits+n, g.unlimited || !known
	queued, _ := plainNumber(socket.FieldAcceptQ, l.row)
	g.queued += queued
	if g.devices == nil {
		g.devices = map[uint32]onDevice{}
	}
	d := g.devices[l.row.Ifindex]
	d.members++
	if roomy(l.row) {
		d.roomy++
	}
	g.devices[l.row.Ifindex] = d
}

// roomy reports whether a listener is known to be at most half full.
func roomy(row *socket.Socket) bool {
	waiting, known := plainNumber(socket.FieldAcceptQ, row)
	limit, limited := plainNumber(socket.FieldBacklog, row)
	return known && limited && 2*waiting <= limit
}

// limit is what the members may hold together; ok is false when one is not known.
func (g *group) limit() (sum uint64, ok bool) {
	if g.left > 0 || g.unlimited {
		return 0, false
	}
	return g.limits, true
}

// sharing counts the members that are on the same device, and those left out,
// which may be.
func (g *group) sharing(l *listener) int {
	return g.devices[l.row.Ifindex].members + int(g.left)
}

// othersHaveRoom reports whether most of the other members are less than half
// full: then the port is not overloaded, this member is slow.
func (g *group) othersHaveRoom(l *listener) bool {
	d := g.devices[l.row.Ifindex]
	others, room := d.members-1, d.roomy
	if roomy(l.row) {
		room--
	}
	return 2*room > others+int(g.left)
}

// find returns the same listener in an earlier reading, known by its cookie.
func (g *group) find(s *socket.Socket) *socket.Socket {
	if g == nil || !s.Known.Has(socket.FieldCookie) {
		return nil
	}
	if g.cookies == nil {
		g.cookies = make(map[uint64]*socket.Socket, len(g.members))
		for _, m := range g.members {
			if g.cookies[m.row.Cookie] == nil {
				g.cookies[m.row.Cookie] = m.row
			}
		}
	}
	return g.cookies[s.Cookie]
}

// stuckFrom is how many must have stayed for a listener to be stuck: a queue is
// served in the order of arrival, so one tells of all behind it. Where several
// have the address, be it on a device each, it is not known whose it is, unless
// all that waited stayed.
func (g *group) stuckFrom() uint64 {
	switch {
	case g.left > 0:
		return math.MaxUint64
	case len(g.members) == 1:
		return 1
	default:
		return g.queued
	}
}

// A queueStay is what became of the connections that waited at a group's places at an
// earlier reading.
type queueStay struct {
	left         uint64 // that wait no more
	open, closed uint64 // that still do, and were in ESTABLISHED, or in CLOSE_WAIT, at both
	turned       uint64 // that still do, and were closed by their clients meanwhile
}

func (s *queueStay) all() uint64 { return s.open + s.closed + s.turned }

// stayed compares two readings: connections that still wait do so at the place
// where they came in.
func stayed(past, now *group) (s queueStay) {
	if past == nil {
		return s
	}
	for p, was := range past.waiting {
		s.left += was.all()
		is := now.waiting[p]
		if is == nil {
			continue
		}
		s.open += was.open.shared(&is.open)
		s.closed += was.closed.shared(&is.closed)
		s.turned += was.open.shared(&is.closed)
	}
	s.left -= s.all()
	return s
}

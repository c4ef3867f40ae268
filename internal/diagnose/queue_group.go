// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A group is the listeners of one address and port: several with SO_REUSEPORT, or one
// on each device. The kernel does not show for which of them a half-open or unaccepted
// connection waits.
//
// Anybody may open thousands of listeners at one port, and each is judged by the whole
// group, so the group keeps running sums.
type group struct {
	members    []*listener
	left       uint64 // members that were not kept; only their number is known
	v4         bool   // no member is IPv6-only: an IPv6 wildcard of the group takes IPv4 too
	synRecv    uint64
	again      uint64
	unaccepted uint64
	gaveUp     uint64
	waiting    map[place]*waiting // waiting connections by the place where they came in
	accepted   []uint32
	limits     uint64 // sum of the known limits of the members
	unlimited  bool   // the limit of some member is not known
	queued     uint64 // sum of the known lengths of the members' accept queues
	devices    map[uint32]onDevice
	cookies    map[uint64]*socket.Socket // the first member with each cookie; made when needed
}

// onDevice are the members of a group on one device, by its index.
type onDevice struct {
	members int
	roomy   int // of these, those less than half full
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

// roomy reports whether a listener is known to be less than half full.
func roomy(row *socket.Socket) bool {
	waiting, known := plainNumber(socket.FieldAcceptQ, row)
	limit, limited := plainNumber(socket.FieldBacklog, row)
	return known && limited && 2*waiting <= limit
}

// limit is how many connections the members may hold together; ok is false if the
// limit of one is not known.
func (g *group) limit() (sum uint64, ok bool) {
	if g.left > 0 || g.unlimited {
		return 0, false
	}
	return g.limits, true
}

// sharing counts the members on the same device, and those that were not kept, because
// they may be on it.
func (g *group) sharing(l *listener) int {
	return g.devices[l.row.Ifindex].members + int(g.left)
}

// othersHaveRoom reports whether most of the other members are less than half full:
// then the port is not overloaded but this member is slow.
func (g *group) othersHaveRoom(l *listener) bool {
	d := g.devices[l.row.Ifindex]
	others, room := d.members-1, d.roomy
	if roomy(l.row) {
		room--
	}
	return 2*room > others+int(g.left)
}

// find returns the same listener, by its cookie, in an earlier reading.
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

// stuckFrom is how many connections must have stayed before a listener counts as
// stuck. A queue is served in the order of arrival, so for a single listener one is
// enough. With several members, even on different devices, it is not known to which of
// them a connection belongs, so all waiting connections must have stayed.
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

// A queueStay says what became of the connections that waited at a group's places at
// an earlier reading.
type queueStay struct {
	left         uint64 // no longer wait
	open, closed uint64 // still wait, and were in ESTABLISHED, or in CLOSE_WAIT, at both readings
	turned       uint64 // still wait, and their clients have closed since
}

func (s *queueStay) all() uint64 { return s.open + s.closed + s.turned }

// stayed compares two readings. A connection that still waits does so at the place
// where it came in.
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

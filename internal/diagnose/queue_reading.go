// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A QueueReading is what one pass over the socket table tells about listeners.
// It grows with the number of listeners, of their local addresses and of the
// connections that wait for accept(), not with that of all connections. The
// zero value is ready to use.
type QueueReading struct {
	// Somaxconn is net.core.somaxconn by the inode of the network namespace.
	Somaxconn map[uint64]uint64

	// ListenDrops is the counter TcpExt.ListenDrops, likewise. What a listener
	// counts as its own drops includes bare ACKs that TCP_DEFER_ACCEPT ignores
	// (net/ipv4/tcp_ipv4.c tcp_v4_rcv); lost connections are in this one too.
	ListenDrops map[uint64]uint64

	// Alone says that this reading will not be compared with another, so that
	// it need not keep which connections wait. A million of them are 36 MB.
	Alone bool

	listeners []listener
	places    map[place]*queued
	noInodes  bool // of some connections it is not known whether anybody has them open
}

// listener is one listening socket.
type listener struct {
	row    *socket.Socket
	chosen bool
}

// place is where connections arrive.
type place struct {
	netns uint64
	local netip.AddrPort
}

// queued is what waits at a place.
type queued struct {
	synRecv    uint64
	unaccepted uint64
	cookies    []uint64 // of the unaccepted, as far as they are known
}

// QueueFields are what a reading looks at in a row.
func QueueFields() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldState, socket.FieldLocal, socket.FieldLocalPort, socket.FieldCookie, socket.FieldInode, socket.FieldIfindex,
		socket.FieldV6Only, socket.FieldRecvQ, socket.FieldBacklog, socket.FieldDrops, socket.FieldNetns, socket.FieldNetnsInode,
	)
}

// QueueStates are the states that a reading looks at.
func QueueStates() tcp.StateSet {
	return tcp.SetOf(tcp.Listen, tcp.SynRecv, tcp.Established, tcp.CloseWait)
}

// Add takes a row; rows that have to do with no queue are passed over. A
// listener that is not chosen is not judged, but connections that arrive at it
// are not taken for another's.
func (r *QueueReading) Add(s *socket.Socket, chosen bool) {
	switch s.State {
	case tcp.Listen:
		r.listeners = append(r.listeners, listener{row: s.Clone(), chosen: chosen})
	case tcp.SynRecv:
		r.at(s).synRecv++
	case tcp.Established, tcp.CloseWait:
		switch {
		case !s.Known.Has(socket.FieldInode):
			r.noInodes = true
		case s.Inode == 0:
			r.at(s).addUnaccepted(s, !r.Alone)
		}
	default: // no other state waits for a listener
	}
}

func (q *queued) addUnaccepted(s *socket.Socket, keep bool) {
	q.unaccepted++
	if keep && s.Known.Has(socket.FieldCookie) {
		q.cookies = append(q.cookies, s.Cookie)
	}
}

func (r *QueueReading) at(s *socket.Socket) *queued {
	p := placeOf(s)
	q := r.places[p]
	if q == nil {
		if r.places == nil {
			r.places = map[place]*queued{}
		}
		q = &queued{}
		r.places[p] = q
	}
	return q
}

// placeOf makes addresses of the same host equal: an IPv4 address mapped into
// IPv6 is IPv4, and the zone is left out, which not every source tells.
func placeOf(s *socket.Socket) place {
	return place{netnsOf(s), netip.AddrPortFrom(s.Local.Addr().Unmap().WithZone(""), s.Local.Port())}
}

func netnsOf(s *socket.Socket) uint64 {
	if s.Netns == nil {
		return 0
	}
	return s.Netns.Inode
}

// groups finds the listeners that share an address and port, and gives each
// group what waits for it.
func (r *QueueReading) groups() map[place]*group {
	all := map[place]*group{}
	for i := range r.listeners {
		p := placeOf(r.listeners[i].row)
		g := all[p]
		if g == nil {
			g = &group{v4: true}
			all[p] = g
		}
		g.add(&r.listeners[i])
	}
	for p, q := range r.places {
		if g := owning(all, p); g != nil {
			g.synRecv += q.synRecv
			g.unaccepted += q.unaccepted
			g.cookies = append(g.cookies, q.cookies...)
		}
	}
	return all
}

// owning returns the group that the kernel would give a connection to: the
// exact address before the wildcard of the family before that of IPv6, which
// takes IPv4 too unless told otherwise (net/ipv4/inet_hashtables.c
// compute_score). nil for a connection without a listener: one that connected
// to itself, or whose listener has gone.
func owning(all map[place]*group, p place) *group {
	if g := all[p]; g != nil {
		return g
	}
	any4 := place{p.netns, netip.AddrPortFrom(netip.IPv4Unspecified(), p.local.Port())}
	any6 := place{p.netns, netip.AddrPortFrom(netip.IPv6Unspecified(), p.local.Port())}
	if !p.local.Addr().Is4() {
		return all[any6]
	}
	if g := all[any4]; g != nil {
		return g
	}
	if g := all[any6]; g != nil && g.v4 {
		return g
	}
	return nil
}

// A group is the listeners of one address and port: several with SO_REUSEPORT,
// or one for each device. The kernel does not show for which of them a
// half-open or unaccepted connection waits.
type group struct {
	members    []*listener
	v4         bool // an IPv6 wildcard of it takes IPv4 as well
	synRecv    uint64
	unaccepted uint64
	cookies    []uint64
}

func (g *group) add(l *listener) {
	g.members = append(g.members, l)
	g.v4 = g.v4 && !l.row.V6Only
}

// limit is what the members may hold together; ok is false when one is not known.
func (g *group) limit() (sum uint64, ok bool) {
	for _, l := range g.members {
		n := number(socket.FieldBacklog, l.row)
		if n == nil {
			return 0, false
		}
		sum += *n
	}
	return sum, true
}

// number returns a field's value, nil when it is not known.
func number(id socket.FieldID, s *socket.Socket) *uint64 {
	v, ok := id.Field().Value(s)
	if !ok || v.Kind() != socket.Number {
		return nil
	}
	n := v.Number()
	return &n
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A QueueReading is the result of one pass over the socket table about listeners. Its
// memory grows with the number of local addresses and of connections that wait for
// accept(), not with that of all connections. It keeps a bounded number of listeners,
// see [ListenerRoom]. The zero value is ready to use.
type QueueReading struct {
	// Somaxconn is net.core.somaxconn by the inode of the network namespace.
	Somaxconn map[uint64]uint64

	// Counters are the kernel's counters of all listeners of a namespace, by its
	// inode; a namespace is missing if they were not read.
	Counters map[uint64]ListenCounters

	// SynQueues say how much a SYN queue may hold, by the inode of the namespace; a
	// namespace is missing if that was not read.
	SynQueues map[uint64]SynQueue

	// Alone says that this reading will not be compared with another one, so it does
	// not keep which connections wait.
	Alone bool

	// Room is shared with the other readings of a machine; with nil the reading has
	// room of its own.
	Room *ListenerRoom

	listeners []listener
	left      leftOut
	listening portSet // ports of all listeners
	places    map[place]*queued
	noInodes  bool // for some connections it is not known whether a process has them open
	stopped   map[*socket.Socket]bool
}

// Stopped tells the reading that the process that accepts from a listener is stopped.
func (r *QueueReading) Stopped(listener *socket.Socket) {
	if r.stopped == nil {
		r.stopped = map[*socket.Socket]bool{}
	}
	r.stopped[listener] = true
}

// AskStopped asks of each chosen listener where connections wait whether its owner is
// stopped.
func (r *QueueReading) AskStopped(stopped func(*socket.Owner) bool) {
	for i := range r.listeners {
		l := &r.listeners[i]
		if n, _ := plainNumber(socket.FieldAcceptQ, l.row); l.chosen && n > 0 && stopped(l.row.Owner) {
			r.Stopped(l.row)
		}
	}
}

// A SynQueue is what limits the half-open connections of every listener of a namespace
// besides the listener's own limit.
type SynQueue struct {
	Cookies    bool   // net.ipv4.tcp_syncookies is not 0: if the queue is full, the kernel answers with cookies
	MaxBacklog uint64 // net.ipv4.tcp_max_syn_backlog; it matters only without cookies
}

// sheds reports whether the kernel drops SYNs when a listener has that many half-open
// connections: without cookies it keeps the last quarter of the limit for peers that
// were connected before (net/ipv4/tcp_input.c tcp_conn_request).
func (s SynQueue) sheds(halfOpen uint64) bool {
	return !s.Cookies && halfOpen > s.MaxBacklog-s.MaxBacklog/4
}

// Learn records the kernel parameters and counters of a namespace. Those that are
// missing stay unknown.
func (r *QueueReading) Learn(inode uint64, sysctls map[string]string, counters Numbers) {
	if r.Somaxconn == nil {
		r.Somaxconn, r.Counters, r.SynQueues = map[uint64]uint64{}, map[uint64]ListenCounters{}, map[uint64]SynQueue{}
	}
	if n, err := strconv.ParseUint(sysctls["net.core.somaxconn"], 10, 64); err == nil {
		r.Somaxconn[inode] = n
	}
	if c, ok := ListenCountersOf(counters); ok {
		r.Counters[inode] = c
	}
	cookies, backlog := sysctls["net.ipv4.tcp_syncookies"], sysctls["net.ipv4.tcp_max_syn_backlog"]
	if n, err := strconv.ParseUint(backlog, 10, 64); err == nil && cookies != "" {
		r.SynQueues[inode] = SynQueue{Cookies: cookies != "0", MaxBacklog: n}
	}
}

// QueueSysctls are the kernel parameters that [QueueReading.Learn] uses.
func QueueSysctls() []string {
	return []string{"net.core.somaxconn", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog"}
}

// listener is one listening socket.
type listener struct {
	row    *socket.Socket
	chosen bool
	rank   uint64 // see [rankOf]; only for listeners kept in place of others
}

// place is where connections arrive.
type place struct {
	netns uint64
	local netip.AddrPort
}

// queued is the connections that wait at a place.
type queued struct {
	synRecv    uint64
	again      uint64 // half-open connections whose SYN-ACK was sent again, or for which that is not known
	unaccepted uint64
	gaveUp     uint64 // of these, in CLOSE_WAIT
	waiting    waiting
	accepted   []uint32 // inodes of some connections that a process has open
}

// waiting are the cookies of unaccepted connections, as far as they are known.
type waiting struct {
	open, closed cookieSet // cookies of connections in ESTABLISHED, and of those in CLOSE_WAIT
}

func (w *waiting) all() uint64 { return w.open.n + w.closed.n }

func (w *waiting) add(s *socket.Socket) {
	if s.State == tcp.Established {
		w.open.add(s.Cookie)
	} else {
		w.closed.add(s.Cookie)
	}
}

// acceptedKept is how many accepted connections of a place are kept: their owner shows
// which process accepts there.
const acceptedKept = 16

func (q *queued) addAccepted(inode uint32) {
	if len(q.accepted) < acceptedKept {
		q.accepted = append(q.accepted, inode)
	}
}

// QueueFields are the fields that a reading needs.
func QueueFields() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldState, socket.FieldLocal, socket.FieldLocalPort, socket.FieldCookie, socket.FieldInode, socket.FieldIfindex,
		socket.FieldV6Only, socket.FieldRecvQ, socket.FieldBacklog, socket.FieldDrops, socket.FieldRetrans, socket.FieldNetns, socket.FieldNetnsInode,
	)
}

// QueueStates are the states that a reading needs.
func QueueStates() tcp.StateSet {
	return tcp.SetOf(tcp.Listen, tcp.SynRecv, tcp.Established, tcp.CloseWait)
}

// Add takes a row and skips rows that concern no queue. A listener that is not chosen
// is not judged, but its connections are not attributed to another listener.
func (r *QueueReading) Add(s *socket.Socket, chosen bool) {
	switch s.State {
	case tcp.Listen:
		r.keep(s, chosen)
		r.listening.add(s.Local.Port())
	case tcp.SynRecv:
		q := r.at(s)
		q.synRecv++
		if !s.Known.Has(socket.FieldRetrans) || s.Retrans > 0 {
			q.again++
		}
	case tcp.Established, tcp.CloseWait:
		switch {
		case !s.Known.Has(socket.FieldInode):
			r.noInodes = true
		case s.Inode == 0:
			r.at(s).addUnaccepted(s, !r.Alone)
		case r.listening.has(s.Local.Port()):
			r.at(s).addAccepted(s.Inode)
		}
	default: // sockets in other states do not wait for accept()
	}
}

func (q *queued) addUnaccepted(s *socket.Socket, keep bool) {
	q.unaccepted++
	if s.State == tcp.CloseWait {
		q.gaveUp++
	}
	if keep && s.Known.Has(socket.FieldCookie) {
		q.waiting.add(s)
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

// placeOf makes addresses that mean the same host equal: an IPv4 address mapped into
// IPv6 becomes IPv4, and the zone is dropped, because not every source shows it.
func placeOf(s *socket.Socket) place {
	return place{netnsOf(s), netip.AddrPortFrom(s.Local.Addr().Unmap().WithZone(""), s.Local.Port())}
}

func netnsOf(s *socket.Socket) uint64 {
	if s.Netns == nil {
		return 0
	}
	return s.Netns.Inode
}

// groups collects the listeners that share an address and port, and gives each group
// its waiting connections.
func (r *QueueReading) groups() map[place]*group {
	all := map[place]*group{}
	for i := range r.listeners {
		p := placeOf(r.listeners[i].row)
		g := all[p]
		if g == nil {
			g = &group{v4: true, waiting: map[place]*waiting{}}
			all[p] = g
		}
		g.add(&r.listeners[i])
	}
	for p, g := range all {
		g.left = r.left.at(p)
	}
	for p, q := range r.places {
		if g := r.owning(all, p); g != nil {
			g.synRecv += q.synRecv
			g.again += q.again
			g.unaccepted += q.unaccepted
			g.gaveUp += q.gaveUp
			g.waiting[p] = &q.waiting
			g.accepted = append(g.accepted, q.accepted...)
		}
	}
	return all
}

// owning returns the group to which the kernel would give a connection: that of the
// exact address, else that of the family's wildcard, else that of the IPv6 wildcard,
// which takes IPv4 too unless it is IPv6-only (net/ipv4/inet_hashtables.c
// compute_score). It returns nil for a connection without a listener: one that is
// connected to itself, or whose listener has gone or was not kept.
func (r *QueueReading) owning(all map[place]*group, p place) *group {
	if g := all[p]; g != nil || r.left.at(p) > 0 {
		return g
	}
	any4 := place{p.netns, netip.AddrPortFrom(netip.IPv4Unspecified(), p.local.Port())}
	any6 := place{p.netns, netip.AddrPortFrom(netip.IPv6Unspecified(), p.local.Port())}
	if !p.local.Addr().Is4() {
		return all[any6]
	}
	if g := all[any4]; g != nil || r.left.at(any4) > 0 {
		return g
	}
	if g := all[any6]; g != nil && g.v4 {
		return g
	}
	return nil
}

// number returns a field's value, nil if it is not known.
func number(id socket.FieldID, s *socket.Socket) *uint64 {
	if n, ok := plainNumber(id, s); ok {
		return &n
	}
	return nil
}

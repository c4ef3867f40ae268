// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// timeWait is how long TIME_WAIT lasts: TCP_TIMEWAIT_LEN, include/net/tcp.h.
const timeWait = 60 * time.Second

// ageBuckets divide the lifetime of a TIME_WAIT socket, for rates and forecasts.
const (
	ageBuckets = 6
	bucketSpan = timeWait / ageBuckets
)

// A PortReading is the result of one pass over the socket table about local ports. Its
// memory grows with the number of destinations and of local addresses, not with that
// of connections. Rules must be set before the first row.
type PortReading struct {
	// Rules are the parameters of a network namespace, by its inode. Rows of other
	// namespaces are skipped.
	Rules map[uint64]*PortRules
	// Within is the length of the window: a TIME_WAIT socket younger than it counts as
	// entered in the window.
	Within time.Duration
	// Recycled is the counter TcpExt.TWRecycled by the inode of the network namespace:
	// how many TIME_WAIT sockets connect() has taken over. A namespace is missing if
	// the counter was not read.
	Recycled map[uint64]uint64
	// Opens is the counter Tcp.ActiveOpens likewise: how many connections connect() has
	// begun since the namespace exists. It must be set before the first row.
	Opens map[uint64]uint64

	spaces map[uint64]*portSpace
}

// portSpace is the ports of one namespace.
type portSpace struct {
	netns        *socket.Netns
	rules        *PortRules
	opens        *uint64 // connections that connect() has begun; nil if not known
	blocked      portSet // ports of sockets that are known to have bound their port
	sources      map[netip.Addr]*portSource
	destinations map[destination]*portUse
	bound        holders // some of the sockets that are bound and not connected
	bounds       int
	spreads      int // destinations for which the position of the ports is counted
	// unclosed is how many connections to a destination on this host the program there
	// has not closed although its caller has.
	unclosed map[destination]int

	// Values of the last row: most rows of a host have the same local address.
	lastLocal  netip.Addr
	lastSource *portSource
}

// portSource is the ports of one local address.
type portSource struct {
	taken  portSet // ports of any socket
	once   portSet // ports of one or more outgoing connections
	shared portSet // ports of more than one outgoing connection
}

// destination identifies a group of connections that need different local ports.
type destination struct {
	local  netip.Addr
	remote netip.AddrPort
}

// portUse is the connections to one destination.
type portUse struct {
	live     int // not in TIME_WAIT; minisockets in FIN_WAIT2 are included
	leaving  int // of live, those that no program has open any more and that end by themselves
	unclosed int // of live, in CLOSE_WAIT
	calling  int // of live, in SYN_SENT
	shut     int // of live, in FIN_WAIT2, and a program has them open
	waiting  int // of live, in FIN_WAIT2
	timeWait int
	reusable int // of timeWait, those that connect() takes over by the parameters of this host
	entered  int // of timeWait, those younger than the window
	ages     [ageBuckets]int
	held     portClasses // all ports but those of reusable
	spread   *portSpread // nil for few connections
	first    [spreadFrom - 1]uint16
	old      portClasses // ports of reusable

	// Of live: connections known to use timestamps, and known not to.
	stamped, unstamped int

	holders holders // some of live
	stay    stay    // a sample of the connections in live that are not in leaving
}

// staying is how many connections hold a port until a program closes them.
func (u *portUse) staying() int { return u.live - u.leaving }

// PortFields are the fields that a reading needs.
func PortFields() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldState, socket.FieldKind, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
		socket.FieldExpires, socket.FieldDirection, socket.FieldNetns, socket.FieldNetnsInode, socket.FieldInode, socket.FieldCookie,
	)
}

// PortDeepFields are further fields that a reading uses if there are few enough
// connections: whether they use timestamps, which is in struct tcp_info.
func PortDeepFields() socket.FieldSet { return socket.FieldsOf(socket.FieldLastRecv) }

// Add takes a row. Listening and bound sockets must come before connections, as they
// do in every dump of the kernel.
func (r *PortReading) Add(s *socket.Socket) {
	space := r.space(s)
	if space == nil {
		return
	}
	space.farEnd(s)
	if !space.rules.usable(s.Local.Port()) {
		return
	}
	port, local := s.Local.Port(), s.Local.Addr().Unmap().WithZone("")
	source := space.source(local)
	source.taken.add(port)
	if !s.State.Connection() || s.Direction != socket.Outbound {
		// connect() does not use the port of a listener, of a connection that it
		// accepted, or of a bound socket (fastreuse of the bind bucket,
		// __inet_hash_connect).
		space.blocked.add(port)
		if s.Inode != 0 && s.State != tcp.Listen && !s.State.Connection() {
			space.bound.add(s, space.bounds)
			space.bounds++
		}
		return
	}
	if !source.once.add(port) {
		source.shared.add(port)
	}
	d := destination{local, netip.AddrPortFrom(s.Remote.Addr().Unmap().WithZone(""), s.Remote.Port())}
	u := space.destinations[d]
	if u == nil {
		u = &portUse{}
		space.destinations[d] = u
	}
	reusable := u.count(s, space.rules, d, r.Within)
	space.spread(u, port)
	classes := &u.held
	if reusable {
		classes = &u.old
	}
	switch {
	case space.blocked.has(port):
		classes.overlap++
	case space.rules.preferred(port):
		classes.preferred++
	default:
		classes.second++
	}
}

// portClasses count ports by their position.
type portClasses struct {
	preferred int // connect() tries them in its first pass
	second    int // connect() tries them in its second pass
	overlap   int // blocked for another reason too
}

// taken is how many ports would otherwise be free.
func (c portClasses) taken() int { return c.preferred + c.second }

func (c portClasses) plus(d portClasses) portClasses {
	return portClasses{c.preferred + d.preferred, c.second + d.second, c.overlap + d.overlap}
}

// count counts one connection and reports whether connect() may take over its port.
func (u *portUse) count(s *socket.Socket, rules *PortRules, d destination, within time.Duration) (reusable bool) {
	if s.State != tcp.TimeWait {
		u.live++
		switch s.State {
		case tcp.CloseWait:
			u.unclosed++
		case tcp.SynSent:
			u.calling++
		case tcp.FinWait2:
			u.waiting++
			if s.Inode != 0 {
				u.shut++
			}
		default:
		}
		u.stamp(s)
		switch {
		case s.State.Orphanable() && s.Inode == 0 && s.Known.Has(socket.FieldInode):
			u.leaving++
		case u.staying() > stayFrom:
			u.stay.add(s)
		default:
		}
		if s.Inode != 0 {
			u.holders.add(s, u.live)
		}
		return false
	}
	u.timeWait++
	if !s.Known.Has(socket.FieldExpires) {
		return false
	}
	age := max(0, timeWait-s.Expires)
	u.ages[min(int(age/bucketSpan), ageBuckets-1)]++
	if age < within {
		u.entered++
	}
	if age > rules.Delay && rules.reuses(d.local, d.remote.Addr()) {
		u.reusable++
		return true
	}
	return false
}

// farEnd handles a connection that a program here does not close: if its caller, at
// the other end, is on this host too, the connection holds one of the caller's ports.
func (p *portSpace) farEnd(s *socket.Socket) {
	if s.State != tcp.CloseWait || !p.rules.usable(s.Remote.Port()) {
		return
	}
	here, caller := plainPlace(s.Local), plainPlace(s.Remote)
	if !caller.Addr().IsLoopback() && caller.Addr() != here.Addr() {
		return
	}
	if p.unclosed == nil {
		p.unclosed = map[destination]int{}
	}
	p.unclosed[destination{caller.Addr(), here}]++
}

// stamp records whether the two ends of a connection use timestamps; its handshake
// decides that (TCPI_OPT_TIMESTAMPS, include/uapi/linux/tcp.h).
func (u *portUse) stamp(s *socket.Socket) {
	switch {
	case s.Info == nil || s.Info.Size < infoTimes || s.State == tcp.SynSent || s.State == tcp.SynRecv:
	case s.Info.Options&1 != 0:
		u.stamped++
	default:
		u.unstamped++
	}
}

func (r *PortReading) space(s *socket.Socket) *portSpace {
	inode := netnsOf(s)
	if space := r.spaces[inode]; space != nil {
		return space
	}
	rules := r.Rules[inode]
	if rules == nil {
		return nil
	}
	if r.spaces == nil {
		r.spaces = map[uint64]*portSpace{}
	}
	space := &portSpace{netns: s.Netns, rules: rules, sources: map[netip.Addr]*portSource{}, destinations: map[destination]*portUse{}}
	if n, known := r.Opens[inode]; known {
		space.opens = &n
	}
	r.spaces[inode] = space
	return space
}

func (p *portSpace) source(local netip.Addr) *portSource {
	if p.lastSource != nil && p.lastLocal == local {
		return p.lastSource
	}
	s := p.sources[local]
	if s == nil {
		s = &portSource{}
		p.sources[local] = s
	}
	p.lastLocal, p.lastSource = local, s
	return s
}

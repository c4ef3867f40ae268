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

// ageBuckets divide the life of a TIME_WAIT for rates and forecasts.
const (
	ageBuckets = 6
	bucketSpan = timeWait / ageBuckets
)

// A PortReading is what one pass over the socket table tells about local ports.
// It grows with the number of destinations and of local addresses, not with
// that of connections. Rules must be there before the first row.
type PortReading struct {
	// Rules by the inode of the network namespace. Rows of other namespaces
	// are passed over.
	Rules map[uint64]*PortRules
	// Within is the window that has passed: TIME_WAIT younger than it are
	// counted as entered in it.
	Within time.Duration
	// Recycled is the counter TcpExt.TWRecycled by the inode of the network
	// namespace: how many TIME_WAIT connect() has taken over. None where it was
	// not read.
	Recycled map[uint64]uint64

	spaces map[uint64]*portSpace
}

// portSpace is one namespace.
type portSpace struct {
	netns        *socket.Netns
	rules        *PortRules
	blocked      portSet // held by a socket that bound its port, to be seen as such
	sources      map[netip.Addr]*portSource
	destinations map[destination]*portUse
	bound        holders // some of the sockets that bound a port and are no connection
	bounds       int
	spreads      int // destinations whose ports are counted by where they lie
	// unclosed is how many connections to a destination on this host the program
	// there has not closed, though its caller has.
	unclosed map[destination]int

	// The last row's: most rows of a host have one local address.
	lastLocal  netip.Addr
	lastSource *portSource
}

// portSource is the ports of one local address.
type portSource struct {
	taken  portSet // by any socket
	once   portSet // by an outgoing connection
	shared portSet // by more than one
}

// destination is what a connection is unique among, with its local port.
type destination struct {
	local  netip.Addr
	remote netip.AddrPort
}

// portUse is the connections to one destination.
type portUse struct {
	live     int // not in TIME_WAIT, FIN_WAIT2 minisockets included
	leaving  int // of live, those that no program has any more and that end by themselves
	unclosed int // of live, CLOSE_WAIT
	calling  int // of live, SYN_SENT
	shut     int // of live, FIN_WAIT2 that a program has open
	waiting  int // of live, FIN_WAIT2
	timeWait int
	reusable int // of timeWait, those that connect() takes over by the rules of this host
	entered  int // of timeWait, those younger than the window
	ages     [ageBuckets]int
	held     portClasses // without reusable
	spread   *portSpread // nil of few
	first    [spreadFrom - 1]uint16
	old      portClasses // of reusable

	// Of live, those of which it is known whether both ends use timestamps.
	stamped, unstamped int

	holders holders // of live
	stay    stay    // of live without leaving
}

// staying are the connections that hold a port until a program closes them.
func (u *portUse) staying() int { return u.live - u.leaving }

// PortFields are what a reading looks at in a row.
func PortFields() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldState, socket.FieldKind, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
		socket.FieldExpires, socket.FieldDirection, socket.FieldNetns, socket.FieldNetnsInode, socket.FieldInode, socket.FieldCookie,
	)
}

// PortDeepFields are what a reading looks at besides, where there are few enough
// connections: whether they have timestamps, which comes with struct tcp_info.
func PortDeepFields() socket.FieldSet { return socket.FieldsOf(socket.FieldLastRecv) }

// Add takes a row. Listening and bound sockets must come before connections,
// as they do in every dump of the kernel.
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
		// A listener, what it accepted, and a bound socket keep connect() off
		// the port (fastreuse of the bind bucket, __inet_hash_connect).
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

// portClasses count ports by where they lie.
type portClasses struct {
	preferred int // in connect()'s first pass
	second    int // in its second pass
	overlap   int // blocked anyway
}

// taken is how many ports would be free otherwise.
func (c portClasses) taken() int { return c.preferred + c.second }

func (c portClasses) plus(d portClasses) portClasses {
	return portClasses{c.preferred + d.preferred, c.second + d.second, c.overlap + d.overlap}
}

// count takes one connection and reports whether connect() may take its port over.
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

// farEnd counts a connection that a program here does not close, for the caller at
// its other end, where that is on this host too: it then holds one of its ports.
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

// stamp notes whether both ends of a connection use timestamps, which its
// handshake decides (TCPI_OPT_TIMESTAMPS, include/uapi/linux/tcp.h).
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

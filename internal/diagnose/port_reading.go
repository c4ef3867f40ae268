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

	spaces map[uint64]*portSpace
}

// portSpace is one namespace.
type portSpace struct {
	netns        *socket.Netns
	rules        *PortRules
	blocked      portSet // held by a socket that bound its port, to be seen as such
	sources      map[netip.Addr]*portSource
	destinations map[destination]*portUse

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
	live      int // not in TIME_WAIT, FIN_WAIT2 minisockets included
	timeWait  int
	reusable  int // of timeWait, those that connect() takes over
	entered   int // of timeWait, those younger than the window
	ages      [ageBuckets]int
	preferred int // on ports of connect()'s first pass, and not reusable
	second    int // on ports of its second pass
	overlap   int // on ports that are blocked anyway, and not reusable

	// The last connection that a process has open, and whose it is.
	inode uint32
	owner *socket.Owner
}

// PortFields are what a reading looks at in a row.
func PortFields() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldState, socket.FieldKind, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
		socket.FieldExpires, socket.FieldDirection, socket.FieldNetns, socket.FieldNetnsInode,
	)
}

// Add takes a row. Listening and bound sockets must come before connections,
// as they do in every dump of the kernel.
func (r *PortReading) Add(s *socket.Socket) {
	space := r.space(s)
	if space == nil || !space.rules.usable(s.Local.Port()) {
		return
	}
	port, local := s.Local.Port(), s.Local.Addr().Unmap().WithZone("")
	source := space.source(local)
	source.taken.add(port)
	if !s.State.Connection() || s.Direction != socket.Outbound {
		// A listener, what it accepted, and a bound socket keep connect() off
		// the port (fastreuse of the bind bucket, __inet_hash_connect).
		space.blocked.add(port)
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
	switch {
	case reusable:
	case space.blocked.has(port):
		u.overlap++
	case space.rules.preferred(port):
		u.preferred++
	default:
		u.second++
	}
}

// count takes one connection and reports whether connect() may take its port over.
func (u *portUse) count(s *socket.Socket, rules *PortRules, d destination, within time.Duration) (reusable bool) {
	if s.State != tcp.TimeWait {
		u.live++
		if s.Inode != 0 {
			u.inode, u.owner = s.Inode, s.Owner
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

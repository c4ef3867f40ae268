// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// CluesOptions says how much [Clues] remembers.
type CluesOptions struct {
	// MaxDestinations bounds the remote addresses and ports that are
	// remembered, up to 100 bytes each; 0 means 131,072, 13 MB.
	MaxDestinations int
}

// Clues infers the owner of a socket that has none from those that have one,
// within one network namespace. Its memory grows with listeners and
// destinations, not with sockets. Not safe for concurrent use.
//
// A socket whose local port has a listener came in through it, and gets its
// owner. Any other went out, and gets the owner of the other connections to the
// same remote address and port, when they agree. Both can be wrong (a client
// may bind a port that somebody listens on; a program that has finished may
// have used the same destination), which is why the answer is [Inferred].
type Clues struct {
	max       int
	listeners map[uint16][]listener
	// destinations has an index into owners.
	destinations map[netip.AddrPort]uint32
	owners       []Owner
	index        map[Owner]uint32
	dropped      uint64
}

type listener struct {
	addr  netip.Addr
	only6 bool // on all of IPv6, and not on IPv4
	owner Owner
	// nobody is whether listeners here have no owner in common.
	nobody bool
}

// NewClues returns Clues that know nothing yet.
func NewClues(o CluesOptions) *Clues {
	if o.MaxDestinations <= 0 {
		o.MaxDestinations = 1 << 17
	}
	return &Clues{
		max:          o.MaxDestinations,
		listeners:    map[uint16][]listener{},
		destinations: map[netip.AddrPort]uint32{},
		owners:       []Owner{{}}, // index 0: owners that have nothing in common
		index:        map[Owner]uint32{{}: 0},
	}
}

// Add takes in a socket whose owner is known. Listeners should come before
// connections, as they do in every dump of the kernel, else incoming
// connections are remembered as destinations too. A listener is worth adding
// with a zero owner: it tells directions apart.
func (c *Clues) Add(s *socket.Socket, o Owner) {
	if s.State == tcp.Listen {
		c.addListener(s, o)
		return
	}
	if !o.Zero() && !c.Inbound(s.Local) {
		c.addDestination(plain(s.Remote), o)
	}
}

func (c *Clues) addListener(s *socket.Socket, o Owner) {
	addr, port := plain(s.Local).Addr(), s.Local.Port()
	only6 := addr == netip.IPv6Unspecified() && s.Known.Has(socket.FieldV6Only) && s.V6Only
	all := c.listeners[port]
	for i := range all {
		if all[i].addr == addr && all[i].only6 == only6 { // SO_REUSEPORT
			known := !o.Zero() && !all[i].owner.Zero()
			all[i].owner = all[i].owner.Common(o)
			all[i].nobody = all[i].nobody || known && all[i].owner.Zero()
			return
		}
	}
	c.listeners[port] = append(all, listener{addr: addr, only6: only6, owner: o})
}

func (c *Clues) addDestination(remote netip.AddrPort, o Owner) {
	i, known := c.destinations[remote]
	switch {
	case known && c.owners[i] == o:
		return
	case known:
		c.destinations[remote] = c.intern(c.owners[i].Common(o))
	case len(c.destinations) >= c.max:
		c.dropped++
	default:
		c.destinations[remote] = c.intern(o)
	}
}

// intern returns the index of an owner, so that a destination costs 4 bytes
// for it.
func (c *Clues) intern(o Owner) uint32 {
	i, ok := c.index[o]
	if !ok {
		i = uint32(len(c.owners))
		c.owners = append(c.owners, o)
		c.index[o] = i
	}
	return i
}

// Inbound reports whether a listener accepts connections to a local address,
// and so whether a connection with it came in.
func (c *Clues) Inbound(local netip.AddrPort) bool {
	_, ok := c.listener(local)
	return ok
}

// Listener returns the address of the listener that accepts connections to a
// local address; ok is false when there is none.
func (c *Clues) Listener(local netip.AddrPort) (address netip.AddrPort, ok bool) {
	l, ok := c.listener(local)
	return netip.AddrPortFrom(l.addr, local.Port()), ok
}

// listener returns the listener that the kernel would choose: the exact
// address before the wildcard of the same family before the IPv6 wildcard, that
// accepts IPv4 too unless it was told otherwise (net/ipv4/inet_hashtables.c
// compute_score).
func (c *Clues) listener(local netip.AddrPort) (listener, bool) {
	all := c.listeners[local.Port()]
	if len(all) == 0 {
		return listener{}, false
	}
	addr := plain(local).Addr()
	var best listener
	rank := 0
	for _, l := range all {
		if r := matches(&l, addr); r > rank {
			best, rank = l, r
		}
	}
	return best, rank > 0
}

// matches ranks how well a listener's address fits a local one; 0 is not at all.
func matches(l *listener, local netip.Addr) int {
	switch {
	case l.addr == local:
		return 3
	case !l.addr.IsUnspecified():
		return 0
	case l.addr.Is4() == local.Is4():
		return 2
	case l.addr.Is6() && !l.only6:
		return 1
	default:
		return 0
	}
}

// Dropped counts the connections whose destination was not remembered because
// there were more than MaxDestinations.
func (c *Clues) Dropped() uint64 { return c.dropped }

// Infer says whose a socket without owner is. It does not allocate.
func (c *Clues) Infer(s *socket.Socket) Verdict {
	if l, ok := c.listener(s.Local); ok {
		return byListener(l)
	}
	if s.Kind == socket.Request || s.State == tcp.SynRecv {
		return Verdict{Reason: NoClue} // it came in, so its destination tells nothing
	}
	return c.byDestination(plain(s.Remote))
}

func byListener(l listener) Verdict {
	switch {
	case l.nobody:
		return Verdict{Reason: SeveralListeners}
	case l.owner.Zero():
		return Verdict{Reason: ListenerUnknown}
	case l.owner.Among != "" && l.owner.Process == "":
		return Verdict{Reason: SeveralHolders}
	default:
		o := l.owner
		o.Also, o.Among = "", ""
		return Verdict{Owner: o, Confidence: Inferred, Reason: ByListener}
	}
}

func (c *Clues) byDestination(remote netip.AddrPort) Verdict {
	i, ok := c.destinations[remote]
	switch {
	case ok && i == 0:
		return Verdict{Reason: SeveralClients}
	case ok:
		return Verdict{Owner: c.owners[i], Confidence: Inferred, Reason: ByDestination}
	case c.dropped > 0:
		return Verdict{Reason: TooManyDestinations}
	default:
		return Verdict{Reason: NoClue}
	}
}

// plain makes addresses of the same host equal: an IPv4 address mapped into
// IPv6 is IPv4, and the zone, which some sources do not tell, is left out.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

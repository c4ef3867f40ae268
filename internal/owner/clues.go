// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// CluesOptions tell how much [Clues] remembers.
type CluesOptions struct {
	// MaxDestinations bounds the remote addresses and ports that are
	// remembered, up to 100 bytes each; 0 means 131,072, 13 MB.
	MaxDestinations int
}

// Clues infers the owner of a socket without an owner from sockets with one, within
// one network namespace. Its memory grows with the number of listeners and
// destinations, not of sockets. Not safe for concurrent use.
//
// If the local port of a socket has a listener, the socket came in through it and
// gets the listener's owner. Any other socket is outgoing, and gets the owner of the
// other connections to the same remote address and port, if they all have the same.
// Both conclusions can be wrong: a client may bind a listening port, and a program
// that has ended may have used the same destination. Therefore the answer is
// [Inferred].
type Clues struct {
	max       int
	listeners map[uint16][]listener
	// destinations maps to an index into owners.
	destinations map[netip.AddrPort]uint32
	owners       []Owner
	index        map[Owner]uint32
	dropped      uint64
}

type listener struct {
	addr  netip.Addr
	only6 bool // all IPv6 addresses, without IPv4
	owner Owner
	// nobody says that the listeners at this address have no common owner.
	nobody bool
}

// NewClues returns Clues without any socket.
func NewClues(o CluesOptions) *Clues {
	if o.MaxDestinations <= 0 {
		o.MaxDestinations = 1 << 17
	}
	return &Clues{
		max:          o.MaxDestinations,
		listeners:    map[uint16][]listener{},
		destinations: map[netip.AddrPort]uint32{},
		owners:       []Owner{{}}, // index 0 means owners that have nothing in common
		index:        map[Owner]uint32{{}: 0},
	}
}

// Add takes a socket whose owner is known. Listeners must come before connections, as
// in every dump of the kernel; otherwise incoming connections are remembered as
// destinations too. Add a listener even if its owner is unknown: it tells directions.
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
		if all[i].addr == addr && all[i].only6 == only6 { // SO_REUSEPORT: several listeners at the same address
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

// intern returns the index of an owner, so that a destination needs only 4 bytes for
// it.
func (c *Clues) intern(o Owner) uint32 {
	i, ok := c.index[o]
	if !ok {
		i = uint32(len(c.owners))
		c.owners = append(c.owners, o)
		c.index[o] = i
	}
	return i
}

// Inbound reports whether a listener accepts connections to a local address, so that
// a connection with that address is incoming.
func (c *Clues) Inbound(local netip.AddrPort) bool {
	_, ok := c.listener(local)
	return ok
}

// Listener returns the address of the listener that accepts connections to a local
// address; ok is false if there is none.
func (c *Clues) Listener(local netip.AddrPort) (address netip.AddrPort, ok bool) {
	l, ok := c.listener(local)
	return netip.AddrPortFrom(l.addr, local.Port()), ok
}

// listener returns the listener that the kernel would choose: the exact address
// before the wildcard of the same family, before the IPv6 wildcard, which accepts
// IPv4 too unless it is IPv6-only (net/ipv4/inet_hashtables.c compute_score).
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

// matches ranks how well a listener's address fits a local one; 0 is no match.
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

// Dropped returns how many connections had a destination that was not remembered,
// because there were more than MaxDestinations.
func (c *Clues) Dropped() uint64 { return c.dropped }

// Infer returns the inferred owner of a socket. It does not allocate.
func (c *Clues) Infer(s *socket.Socket) Verdict {
	if l, ok := c.listener(s.Local); ok {
		return byListener(l)
	}
	if s.Kind == socket.Request || s.State == tcp.SynRecv {
		return Verdict{Reason: NoClue} // incoming: its destination tells nothing
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

// plain makes addresses of the same host equal: a v4-mapped address becomes IPv4, and
// the zone, which some sources do not tell, is removed.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

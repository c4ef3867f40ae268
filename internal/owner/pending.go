// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"iter"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Pending counts sockets without owner until the clues are complete, for a
// table that is read once. Key is whatever else they are grouped by. It keeps
// one count for each key and destination, or for each key and local address
// where there is a listener by then. Not safe for concurrent use.
type Pending[Key comparable] struct {
	clues    *Clues
	counts   map[pendingKey[Key]]uint64
	overflow map[Key]uint64
}

type pendingKey[Key comparable] struct {
	key     Key
	addr    netip.AddrPort // local when inbound, else remote
	inbound bool
	request bool
}

// NewPending returns a Pending that asks clues in the end.
func NewPending[Key comparable](clues *Clues) *Pending[Key] {
	return &Pending[Key]{
		clues:    clues,
		counts:   map[pendingKey[Key]]uint64{},
		overflow: map[Key]uint64{},
	}
}

// Add counts a socket without owner. Listeners must have been added to the
// clues before.
func (p *Pending[Key]) Add(s *socket.Socket, key Key) {
	k := pendingKey[Key]{key: key, inbound: p.clues.Inbound(s.Local)}
	k.addr = plain(s.Remote)
	k.request = s.Kind == socket.Request || s.State == tcp.SynRecv
	if k.inbound {
		k.addr = plain(s.Local)
	} else if k.request {
		k.addr = netip.AddrPort{}
	}
	if _, known := p.counts[k]; !known && len(p.counts) >= p.clues.max {
		p.overflow[key]++
		return
	}
	p.counts[k]++
}

// All yields what was counted with its owner: each key once for every local
// address or destination it was counted with.
func (p *Pending[Key]) All() iter.Seq2[Key, Count] {
	return func(yield func(Key, Count) bool) {
		for k, n := range p.counts {
			if !yield(k.key, Count{p.verdict(k), n}) {
				return
			}
		}
		for key, n := range p.overflow {
			if !yield(key, Count{Verdict{Reason: TooManyDestinations}, n}) {
				return
			}
		}
	}
}

// Count is a number of sockets that share a verdict.
type Count struct {
	Verdict Verdict
	Sockets uint64
}

func (p *Pending[Key]) verdict(k pendingKey[Key]) Verdict {
	switch {
	case k.inbound:
		l, _ := p.clues.listener(k.addr)
		return byListener(l)
	case k.request:
		return Verdict{Reason: NoClue}
	default:
		return p.clues.byDestination(k.addr)
	}
}

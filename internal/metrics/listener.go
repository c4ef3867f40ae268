// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Listener is an address at which connections are accepted; with SO_REUSEPORT
// several sockets share it. A nil pointer means that the number could not be read.
type Listener struct {
	Local netip.AddrPort
	Netns string

	Members  int
	Waiting  *uint64 // sum over all members, as are Limit and Drops
	Limit    *uint64
	Drops    *uint64
	HalfOpen uint64
	Fullest  float64 // fill level of the fullest member, from 0 to 1
}

// ListenersOf groups queues by address and keeps the top fullest. Equally full ones
// are ordered by address, so that the choice is the same in each examination.
func ListenersOf(queues []diagnose.Queue, top int) Top[Listener] {
	type place struct {
		local netip.AddrPort
		netns string
	}
	at := map[place]int{}
	var all []Listener
	for i := range queues {
		q := &queues[i]
		p := place{local: q.Socket.Local, netns: netnsOf(q.Socket.Netns)}
		n, ok := at[p]
		if !ok {
			n = len(all)
			at[p] = n
			all = append(all, Listener{Local: p.local, Netns: p.netns, HalfOpen: q.SynRecv, Waiting: new(uint64), Limit: new(uint64), Drops: new(uint64)})
		}
		all[n].add(q)
	}
	slices.SortFunc(all, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(b.Fullest, a.Fullest), a.Local.Compare(b.Local), cmp.Compare(a.Netns, b.Netns))
	})
	return cut(all, top)
}

// netnsOf returns the value of the label netns; "" if unknown.
func netnsOf(ns *socket.Netns) string {
	if ns == nil {
		return ""
	}
	return clean(ns.Name)
}

func (l *Listener) add(q *diagnose.Queue) {
	l.Members++
	l.Waiting, l.Limit, l.Drops = sum(l.Waiting, q.Waiting), sum(l.Limit, q.Limit), sum(l.Drops, q.Drops)
	if q.Waiting != nil && q.Limit != nil {
		// The kernel accepts one connection more than the limit (include/net/sock.h
		// sk_acceptq_is_full).
		l.Fullest = max(l.Fullest, float64(*q.Waiting)/float64(*q.Limit+1))
	}
}

// sum adds two numbers; the sum is unknown if one of them is.
func sum(a, b *uint64) *uint64 {
	if a == nil || b == nil {
		return nil
	}
	n := *a + *b
	return &n
}

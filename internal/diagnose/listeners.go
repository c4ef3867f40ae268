// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// listeners holds the result of [JudgeQueues] for a namespace. The doctor has no other
// judgement of queues.
type listeners struct {
	queues  []Queue   // the worst first
	blame   *suspects // which listeners may have overflowed in the window; nil if that is not known
	reading *QueueReading
	groups  map[place]*group
	ofRow   map[*socket.Socket]*Queue
	worst   map[*group]*Queue // the worst listener of a group, filled as needed
}

// listeners judges the queues of the namespace, once for all rules. ok is false if the
// listeners are not known.
func (c *Case) listeners() (l *listeners, ok bool) {
	s := c.Now.Sockets
	switch {
	case s == nil || s.Queues == nil || s.Counts:
		c.Lacks("listeners", text("only numbers of sockets are known", "只知道各状态的套接字数量"))
		return nil, false
	case c.Machine.Listing && c.Count(tcp.Listen) == 0:
		c.Lacks("listeners", text("the listing has none: netstat -a and ss -a show them", "列表中没有监听套接字：netstat -a、ss -a 才会显示"))
		return nil, false
	case c.judged == nil:
		now, before := c.Now.queueReading(), c.Before.queueReading()
		queues, groups, blame := judgeQueues(now, before, c.Window)
		c.judged = &listeners{
			queues: queues, blame: blame[c.Now.inode()], reading: now, groups: groups, ofRow: map[*socket.Socket]*Queue{},
			worst: map[*group]*Queue{},
		}
		for i := range c.judged.queues {
			q := &c.judged.queues[i]
			c.judged.ofRow[q.Socket] = q
		}
	}
	return c.judged, true
}

// queueReading is the reading of the queues of a namespace, with the facts needed to
// judge them; nil if there is none.
func (s *Space) queueReading() *QueueReading {
	if s == nil || s.Sockets == nil || s.Sockets.Queues == nil {
		return nil
	}
	r := *s.Sockets.Queues
	r.Somaxconn, r.Counters, r.SynQueues = nil, nil, nil
	inodes := []uint64{0} // 0 for rows without a namespace
	if s.Netns != nil {
		inodes = append(inodes, s.Netns.Inode)
	}
	for _, inode := range inodes {
		r.Learn(inode, s.Sysctls, s.Counters)
	}
	return &r
}

// byAddress groups listeners by address and port. Those of a SO_REUSEPORT group are
// judged one by one and reported together, the worst one first.
func (l *listeners) byAddress() [][]*Queue {
	at := map[netip.AddrPort]int{}
	var out [][]*Queue
	for i := range l.queues {
		q := &l.queues[i]
		n, seen := at[q.Socket.Local]
		if !seen {
			n = len(out)
			at[q.Socket.Local] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], q)
	}
	return out
}

// of returns the listener at which a connection came in, nil if there is none. If
// several have the address, it returns the worst, but never one on a device other than
// the connections' device.
func (l *listeners) of(netns uint64, local netip.AddrPort) *Queue {
	p := place{netns, netip.AddrPortFrom(local.Addr().Unmap().WithZone(""), local.Port())}
	g := l.reading.owning(l.groups, p)
	if g == nil {
		return nil
	}
	worst, known := l.worst[g]
	if known {
		return worst
	}
	for _, m := range g.members {
		if q := l.ofRow[m.row]; q != nil && (worst == nil || q.Severity > worst.Severity) {
			worst = q
		}
	}
	l.worst[g] = worst
	return worst
}

// inode is the number of the namespace, 0 if it is not known.
func (s *Space) inode() uint64 {
	if s.Netns == nil {
		return 0
	}
	return s.Netns.Inode
}

// most returns at most n keys, those with the greatest counts first.
func most[K comparable](counts map[K]uint64, n int, name func(K) string) []K {
	keys := make([]K, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(name(a), name(b)))
	})
	return keys[:min(n, len(keys))]
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// listeners is what [JudgeQueues] says of a namespace: the doctor has no
// opinion of its own on queues.
type listeners struct {
	queues  []Queue   // the worst first
	blame   *suspects // who may have overflowed in the window; nil when that is not known
	reading *QueueReading
	groups  map[place]*group
	ofRow   map[*socket.Socket]*Queue
	worst   map[*group]*Queue // of those that were asked for
}

// listeners judges the queues of the namespace, once for all rules. ok is false
// when it is not known who listens.
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

// queueReading is what was read of the queues of a namespace, with the facts
// that are needed to judge them; nil when nothing was.
func (s *Space) queueReading() *QueueReading {
	if s == nil || s.Sockets == nil || s.Sockets.Queues == nil {
		return nil
	}
	r := *s.Sockets.Queues
	r.Somaxconn, r.Counters, r.SynQueues = nil, nil, nil
	inodes := []uint64{0} // of rows that do not tell their namespace
	if s.Netns != nil {
		inodes = append(inodes, s.Netns.Inode)
	}
	for _, inode := range inodes {
		r.Learn(inode, s.Sysctls, s.Counters)
	}
	return &r
}

// byAddress brings together the listeners that share an address and port: those
// of SO_REUSEPORT are judged one by one and reported together. The first of
// each is the worst.
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

// of returns the listener that a connection came in at, nil when there is none. Of
// several at one address it is the one that is worst off, and not one whose device
// the connections did not come by.
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

// inode is the number of the namespace, 0 when it is not known.
func (s *Space) inode() uint64 {
	if s.Netns == nil {
		return 0
	}
	return s.Netns.Inode
}

// most returns the keys of a count, the greatest first, at most n.
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

// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// seenRows collects from rows what [query.Passing] tells, as far as the rows tell it.
type seenRows struct {
	query.Passing

	routes routes // destinations in the namespace that is being read
}

func (p *seenRows) row(s *socket.Socket) {
	p.routes.addRow(s)
	switch {
	case s.State == tcp.Listen && s.Known.Has(socket.FieldBacklog) && s.Known.Has(socket.FieldRecvQ) && s.RecvQ > s.SendQ: // RecvQ is the accept queue, Backlog its limit
		p.FullQueues++
	case s.State == tcp.SynSent && s.Known.Has(socket.FieldRetrans) && s.Retrans > 0:
		p.Unanswered++
	}
}

// leave ends a namespace. Of several namespaces, the one is reported in which one
// destination holds the largest share of the local ports.
func (p *seenRows) leave(read readSysctl) {
	held, ports := p.routes.fullest(read)
	p.routes = routes{}
	if ports > 0 && (p.Ports == 0 || held*p.Ports > p.ToOne*ports) {
		p.ToOne, p.Ports = held, ports
	}
}

// rowCounter is a visitor that counts rows one by one.
type rowCounter struct {
	asked  Counting
	visit  CountVisit
	owners bool // the inode of every row was known
	seen   seenRows
}

// Enter does nothing.
func (*rowCounter) Enter(*Space) error { return nil }

// Row counts a socket.
func (c *rowCounter) Row(s *socket.Socket) bool {
	n := Counted{Sockets: 1}
	if c.asked.Unowned {
		known := s.Known.Has(socket.FieldInode)
		c.owners = c.owners && known
		if s.Kind == socket.Full && known && s.Inode == 0 {
			n.Unowned = 1
		}
		c.seen.row(s)
	}
	c.visit(s, n)
	return true
}

// Leave adds what is known for the namespace as a whole. What cannot be read is no
// gap: nobody asked for it.
func (c *rowCounter) Leave(space *Space) error {
	if c.asked.Unowned {
		c.seen.leave(space.facts.sysctl)
	}
	return nil
}

// countedAgain is a rowCounter for a caller that can forget what was counted.
type countedAgain struct{ *rowCounter }

// Reset starts over.
func (c countedAgain) Reset() {
	c.seen = seenRows{}
	c.asked.Again()
}

// beside reads what a walk does not tell of the calling thread's namespace: the
// accept queues of listeners, and where connections go. connections is how many the
// walk found; destinations are looked at only if these could use up the local ports,
// and only a part of the connections is read. What cannot be read stays 0 without a
// gap: nobody asked for it.
func beside(ctx context.Context, connections uint64) (seen query.Passing) {
	seen.FullQueues = fullQueues(ctx)
	if ports := localPorts(sysctl.Read); ports == 0 || 2*connections < ports {
		return seen
	}
	var some routes
	conn, err := sockdiag.Open()
	if err != nil {
		return seen
	}
	defer conn.Close() //nolint:errcheck // the connection is only read
	// The table of connections is a hash table: its first sockets are as good a
	// sample as any.
	request := sockdiag.Request{States: tcp.AllStates &^ tcp.SetOf(tcp.Listen, tcp.Bound)}
	if err := conn.Dump(ctx, request, func(m sockdiag.Message) bool {
		some.add(m, m.State())
		return some.rows < routeAll
	}); err != nil || some.rows == 0 {
		return seen
	}
	seen.ToOne, seen.Ports = some.fullest(sysctl.Read)
	seen.ToOne = seen.ToOne * max(connections, some.rows) / some.rows
	return seen
}

// countInKernel is countByWalk, completed for a single namespace by what a walk does
// not tell.
func (h *Host) countInKernel(ctx context.Context, q Counting, visit CountVisit) (*Report, error) {
	if !q.plain() || h.scope.All() {
		return h.countByWalk(ctx, q, visit)
	}
	var all query.Tally
	r, err := h.countByWalk(ctx, q, func(s *socket.Socket, n Counted) {
		all.Add(s.State, s.Kind, n.Sockets)
		visit(s, n)
	})
	if err != nil {
		return nil, err
	}
	spaces, _, err := h.spaces(ctx)
	if err != nil || len(spaces) != 1 {
		return r, nil //nolint:nilerr // nobody asked for it: no gap
	}
	_ = spaces[0].Do(func() error { // nobody asked for this either
		r.Passing = beside(ctx, connectionsOf(&all))
		return nil
	})
	return r, nil
}

// connectionsOf returns how many sockets of a census lie in the table of connections.
func connectionsOf(t *query.Tally) uint64 {
	return t.Total() - t.Of(tcp.Listen).Total - t.Of(tcp.Bound).Total
}

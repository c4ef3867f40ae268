// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A pollTable holds the sockets of a network namespace as of one look, by cookie. A
// TIME_WAIT socket has the cookie of its connection.
type pollTable struct {
	netns     uint32
	sockets   map[uint64]*polled
	listening map[uint16]bool
	look      uint64
	full      uint64 // sockets that found no room, at the last look
	begun     bool   // there was an earlier look
}

// A polled is a socket as last seen.
type polled struct {
	local, remote netip.AddrPort
	cgroup        uint64
	born          time.Duration // when it was first seen; 0 if at the first look
	look          uint64
	state         tcp.State
	accepted      bool
}

// polledMost bounds how many sockets of a namespace are compared: 40 MiB of memory.
const polledMost = 1 << 18

func newPollTable(netns uint32) *pollTable {
	return &pollTable{netns: netns, sockets: map[uint64]*polled{}, listening: map[uint16]bool{}}
}

// begin begins a look.
func (t *pollTable) begin() {
	t.look++
	t.full = 0
}

// see takes a socket of the look, and calls tell if the socket has changed. The
// kernel sends listeners first.
func (t *pollTable) see(s *socket.Socket, at time.Duration, tell func(*tracer.Record)) {
	if s.Kind == socket.Request || s.Kind == socket.Idle || s.Cookie == 0 {
		return // it is not a connection yet
	}
	if s.State == tcp.Listen {
		t.listening[s.Local.Port()] = true
		return
	}
	p := t.sockets[s.Cookie]
	if p == nil {
		t.meet(s, at, tell)
		return
	}
	p.look = t.look
	if s.CgroupID != 0 {
		p.cgroup = s.CgroupID
	}
	if from := p.state; from != s.State {
		p.state = s.State
		p.local, p.remote = s.Local, s.Remote
		tell(t.record(s.Cookie, p, from, at))
	}
}

// meet takes a socket that the previous look did not have.
func (t *pollTable) meet(s *socket.Socket, at time.Duration, tell func(*tracer.Record)) {
	if len(t.sockets) >= polledMost {
		t.full++
		return
	}
	p := &polled{local: s.Local, remote: s.Remote, cgroup: s.CgroupID, state: s.State, look: t.look}
	p.accepted = s.State != tcp.SynSent && t.listening[s.Local.Port()]
	t.sockets[s.Cookie] = p
	if !t.begun {
		return
	}
	p.born = at
	if !p.accepted && !hasClosed(s.State) { // connect() was called after the previous look
		opened := t.record(s.Cookie, p, tcp.Close, at)
		opened.What = tracer.Connects
		tell(opened)
		return
	}
	tell(t.record(s.Cookie, p, 0, at))
}

// end reports the sockets that were missing in two looks.
func (t *pollTable) end(at time.Duration, tell func(*tracer.Record)) {
	for cookie, p := range t.sockets {
		if p.look+1 >= t.look { // a dump may miss a socket that moves in the table
			continue
		}
		delete(t.sockets, cookie)
		from := p.state
		p.state = tcp.Close
		tell(t.record(cookie, p, from, at))
	}
	t.begun = true
}

// record makes a record of a change; the kind of change is derived from the two
// states.
func (t *pollTable) record(cookie uint64, p *polled, from tcp.State, at time.Duration) *tracer.Record {
	r := &tracer.Record{
		At: at, Cookie: cookie, From: from, To: p.state, Netns: t.netns, Local: p.local, Remote: p.remote,
		Accepted: p.accepted, Cgroup: p.cgroup, What: concluded(from, p.state),
	}
	if from != 0 && from != tcp.Close {
		r.Born = p.born
	}
	return r
}

// concluded derives the kind of transition between two looks. A socket in FIN_WAIT or
// TIME_WAIT was closed by this side first. How a missing socket ended is unknown.
func concluded(from, to tcp.State) tracer.What {
	switch {
	case hasClosed(to) && !hasClosed(from):
		return tracer.ClosedFirst
	case to == tcp.LastAck:
		return tracer.ClosedAfter
	case to == tcp.Close && !hasClosed(from) && from != tcp.LastAck:
		return tracer.Vanished
	default:
		return tracer.Changed
	}
}

// hasClosed reports whether this host has closed a socket in this state, before its
// peer or at the same time.
func hasClosed(s tcp.State) bool {
	return s == tcp.FinWait1 || s == tcp.FinWait2 || s == tcp.Closing || s == tcp.TimeWait
}

// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// sockdiagRows reads the namespace of the calling thread.
func sockdiagRows(s *scanner) error {
	d := &diagRows{scanner: s, push: pushDown(s.scan.Filter)}
	d.there = d.tables(s.annotator.netns.Inode)
	d.states = d.push.states & d.there
	for _, step := range d.steps() {
		if err := d.dump(step); err != nil {
			return err
		}
		if s.stopped {
			return nil
		}
	}
	d.noteBound()
	return nil
}

// diagRows reads one namespace in a few dumps.
type diagRows struct {
	*scanner
	push    pushed
	states  tcp.StateSet // states that are asked for and possible here
	there   tcp.StateSet // states that are possible in this namespace
	decoder sockdiag.Decoder
	row     socket.Socket
	bound   uint64
	numbers map[string]uint64 // see sockstat
}

// A step is one dump.
type step struct {
	states tcp.StateSet
	shown  tcp.StateSet // states of this dump that were asked for; the others serve as clues only
	narrow bool         // the kernel may leave out what the filter does not choose
	later  *parked      // keeps sockets whose owner or direction later sockets tell; nil shows all as they come
}

// steps splits the states into dumps, so that the sockets from which an owner or a
// direction is inferred come before the sockets that need it. Each state is read
// once, listeners possibly twice.
func (d *diagRows) steps() []step {
	late := d.states & deferred()
	switch {
	case d.there == tcp.SetOf(tcp.Listen): // nothing is inferred about listeners
		return []step{{states: d.states, shown: d.states, narrow: true}}
	case d.inOrder: // all in the kernel's order; later answers from the snapshot keep to it
		clues := tcp.AllStates &^ (deferred() | tcp.SetOf(tcp.Listen, tcp.Bound)) // a bound but idle socket tells nothing about others
		return []step{{states: tcp.SetOf(tcp.Listen)}, {states: clues}, {states: tcp.AllStates, shown: tcp.AllStates}}
	case !d.annotator.need.listeners:
		return []step{{states: d.states, shown: d.states, narrow: true}}
	case !d.annotator.need.owner || late == 0:
		listen := tcp.SetOf(tcp.Listen)
		return []step{{states: listen}, {states: d.states, shown: d.states, narrow: true}}
	default:
		listen, early := step{states: tcp.SetOf(tcp.Listen)}, tcp.AllStates&^deferred()
		if d.fewEnded() {
			return []step{listen, {states: early | late, shown: d.states, later: &parked{}}}
		}
		return []step{
			listen,
			{states: early, shown: early & d.states},
			{states: late, shown: late, narrow: true},
		}
	}
}

// fewEnded reports whether the connections that have ended are so few that they can
// be kept until all others were seen. To ask for them again would walk the whole
// table again: half of the cost of an idle host.
func (d *diagRows) fewEnded() bool {
	timeWait, known := d.sockstat()["TCP.tw"]
	return known && timeWait <= fewTimeWait
}

// fewTimeWait is a number of TIME_WAIT sockets that surely finds room.
const fewTimeWait = maxParked / 4 / sizeofTimeWait

func (d *diagRows) dump(p step) error {
	if p.states &= d.there; p.states == 0 {
		return nil
	}
	conn, err := d.open()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the connection is only read
	request := sockdiag.Request{States: p.states, Fields: d.scan.fields()}
	if p.narrow {
		request.Filter = d.push.bytecode
	}
	ask := conn.DumpAhead
	if p.states&connected() == 0 {
		ask = conn.Dump // few sockets: reading ahead gains nothing
	}
	err = ask(d.ctx, request, func(m sockdiag.Message) bool { return d.take(m, p) })
	if errors.Is(err, sockdiag.ErrFilterRefused) {
		d.push = d.push.withdrawn(d.scan.Filter) // the kernel refused before the first socket
		return d.dump(p)
	}
	if errors.Is(err, sockdiag.ErrIncomplete) {
		d.report.disturb(problem.Failed("sock_diag", err))
		err = nil
	}
	if err != nil || p.later == nil || d.stopped {
		return err
	}
	return d.showParked(p)
}

// showParked shows what was kept of a dump. If it did not all find room, the kernel
// is asked again.
func (d *diagRows) showParked(p step) error {
	late := p.shown & deferred()
	if p.later.full {
		return d.dump(step{states: late, shown: late, narrow: true})
	}
	p.later.each(func(m sockdiag.Message) bool { return d.take(m, step{shown: late}) })
	return nil
}

// open asks for marks only if something looks at them: they cost time. Before Linux
// 6.15 the kernel tells only together with marks that a socket belongs to MPTCP.
func (d *diagRows) open() (*sockdiag.Conn, error) {
	if f := d.scan.fields(); f.Has(socket.FieldMark) || f.Has(socket.FieldMPTCP) || d.push.marks {
		return sockdiag.OpenWithMarks()
	}
	return sockdiag.Open()
}

// take decodes one socket, records it as a clue, and offers it.
func (d *diagRows) take(m sockdiag.Message, p step) bool {
	state := m.State()
	if state == tcp.Bound {
		d.bound++
	}
	if p.later != nil && deferred().Has(state) {
		p.later.add(m)
		return true
	}
	d.decoder.Decode(m, &d.row)
	if state == tcp.Listen || !deferred().Has(state) {
		d.clue(&d.row)
	}
	if !p.shown.Has(state) {
		return true
	}
	if p.narrow {
		return d.offerIf(d.push.rest, &d.row)
	}
	return d.offer(&d.row)
}

// clue records what a socket tells about others.
func (s *scanner) clue(row *socket.Socket) {
	s.annotator.clue(row)
	if s.byPlaces != nil {
		s.byPlaces.clue(row)
	}
}

// noteBound adds a gap if the kernel cannot dump bound but idle sockets.
func (d *diagRows) noteBound() {
	if !d.states.Has(tcp.Bound) {
		return
	}
	if g, missing := boundGap(d.bound); missing {
		d.report.note(g)
	}
}

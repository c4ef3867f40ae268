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
	d.states = d.push.states
	if d.states.Has(tcp.Bound) {
		probe, err := sockdiag.HoldBound()
		d.probe, d.probeErr = probe, err
		if err == nil {
			defer probe.Close()
		}
	}
	for _, step := range d.steps() {
		if err := d.dump(step); err != nil {
			return err
		}
		if s.stopped {
			return nil
		}
	}
	return d.noteBound()
}

// diagRows reads one namespace in a few dumps.
type diagRows struct {
	*scanner
	push      pushed
	states    tcp.StateSet
	decoder   sockdiag.Decoder
	row       socket.Socket
	probe     *sockdiag.BoundProbe
	probeErr  error
	probeSeen bool
	bound     uint64
}

// A step is one dump.
type step struct {
	states tcp.StateSet
	shown  tcp.StateSet // the states of it that were asked for; the others are only clues
	narrow bool         // the kernel may leave out what the filter does not choose
}

// steps splits the states into dumps so that what the owner or direction of a
// socket is concluded from has been seen before the socket. Each state is read
// once, listeners possibly twice.
func (d *diagRows) steps() []step {
	late := d.states & deferred()
	switch {
	case d.saver != nil: // all in the order of the kernel, which later answers keep to
		clues := tcp.AllStates &^ (deferred() | tcp.SetOf(tcp.Listen, tcp.Bound)) // what is bound but idle tells nothing about others
		return []step{{states: tcp.SetOf(tcp.Listen)}, {states: clues}, {states: tcp.AllStates, shown: tcp.AllStates}}
	case !d.annotator.need.listeners:
		return []step{{states: d.states, shown: d.states, narrow: true}}
	case !d.annotator.need.owner || late == 0:
		listen := tcp.SetOf(tcp.Listen)
		return []step{{states: listen}, {states: d.states, shown: d.states, narrow: true}}
	default:
		early := tcp.AllStates &^ deferred()
		return []step{
			{states: tcp.SetOf(tcp.Listen)},
			{states: early, shown: early & d.states},
			{states: late, shown: late, narrow: true},
		}
	}
}

func (d *diagRows) dump(p step) error {
	if p.states == 0 {
		return nil
	}
	conn, err := d.open()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	request := sockdiag.Request{States: p.states, Fields: d.scan.fields()}
	if p.narrow {
		request.Filter = d.push.bytecode
	}
	err = conn.DumpAhead(d.ctx, request, func(m sockdiag.Message) bool { return d.take(m, p) })
	if errors.Is(err, sockdiag.ErrFilterRefused) {
		d.push = d.push.withdrawn(d.scan.Filter) // refused before the first socket
		return d.dump(p)
	}
	if errors.Is(err, sockdiag.ErrIncomplete) {
		// What was shown cannot be taken back, so that there is no second try.
		d.report.Exact = false
		d.report.Gaps = append(d.report.Gaps, problem.Gap{Source: "sock_diag", Reason: err.Error()})
		return nil
	}
	return err
}

// open asks for marks only where they are looked at: they cost time.
func (d *diagRows) open() (*sockdiag.Conn, error) {
	if d.scan.fields().Has(socket.FieldMark) || d.push.marks {
		return sockdiag.OpenWithMarks()
	}
	return sockdiag.Open()
}

// take decodes one socket, keeps the clue that it is, and offers it.
func (d *diagRows) take(m sockdiag.Message, p step) bool {
	state := m.State()
	if state == tcp.Bound {
		if d.probe != nil && d.probe.Owns(m) {
			d.probeSeen = true
			return true
		}
		d.bound++
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

// clue keeps what a socket tells about others.
func (s *scanner) clue(row *socket.Socket) {
	s.annotator.clue(row)
	if s.saver != nil {
		s.saver.places.clue(row)
	}
}

// noteBound says when a dump without bound-but-idle sockets is no answer. A
// filter in the kernel may have left the probe out: then it is looked for again.
func (d *diagRows) noteBound() error {
	if d.probe != nil && !d.probeSeen && d.bound == 0 && d.push.bytecode != nil && d.states.Has(tcp.Bound) {
		if err := d.seekProbe(); err != nil {
			return err
		}
	}
	if reason := boundGap(d.bound, d.probeSeen, d.probeErr); d.states.Has(tcp.Bound) && reason != "" {
		d.report.passedOver(boundSource, errors.New(reason))
	}
	return nil
}

// seekProbe looks for the probe among all bound-but-idle sockets.
func (d *diagRows) seekProbe() error {
	conn, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	err = conn.Dump(d.ctx, sockdiag.Request{States: tcp.SetOf(tcp.Bound)}, func(m sockdiag.Message) bool {
		d.probeSeen = d.probeSeen || d.probe.Owns(m)
		return true
	})
	if errors.Is(err, sockdiag.ErrIncomplete) {
		return nil // a remark in passing: the answer itself is whole
	}
	return err
}

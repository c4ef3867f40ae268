// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Testbed is the testbed of one scenario. Only the function that it is passed to may
// use it, on that goroutine.
type Testbed struct {
	family  socket.Family
	wire    *wire.Wire
	diag    *sockdiag.Conn
	start   time.Time
	events  []*record.Event
	flows   map[string]*Flow
	tuples  map[[2]netip.AddrPort]*Flow
	sockets map[socketName]int
	network map[string]*underway // segments that the network holds or has copied
	base    counters
	marked  int // index of the first event after Mark
	line    int
	turn    int
	buf     []byte
	out     []byte

	interrupted func() error
}

func newBench(family socket.Family, w *wire.Wire, d *sockdiag.Conn) *Testbed {
	return &Testbed{
		family: family, wire: w, diag: d, start: time.Now(),
		flows:   make(map[string]*Flow),
		tuples:  make(map[[2]netip.AddrPort]*Flow),
		sockets: make(map[socketName]int),
		network: make(map[string]*underway),
		buf:     make([]byte, wire.MaxPacket),

		interrupted: func() error { return nil },
	}
}

func (b *Testbed) close() {
	for _, fd := range b.sockets {
		unix.Close(fd)
	}
	_ = b.diag.Close()
	_ = b.wire.Close()
}

// Interrupt makes the testbed stop with an error soon after check returns one, even
// while it waits. The testbed calls check about ten times a second.
func (b *Testbed) Interrupt(check func() error) { b.interrupted = check }

// patience is the longest time between two calls of Interrupt's check.
const patience = 100 * time.Millisecond

// Family is the address family of the scenario.
func (b *Testbed) Family() socket.Family { return b.family }

// WireKind returns the kind of wire between the kernel and the peer.
func (b *Testbed) WireKind() wire.Kind { return b.wire.Kind() }

// Events returns the events up to now. The list is complete once the function that
// uses the testbed has returned.
func (b *Testbed) Events() []*record.Event { return b.events }

// At sets the line of the script that is running, and the turn of a loop, for the
// events that follow.
func (b *Testbed) At(line, turn int) { b.line, b.turn = line, turn }

// Note adds a sentence to the trace.
func (b *Testbed) Note(text knowledge.Text) {
	b.record(&record.Event{Kind: record.Note, Note: text})
}

// Checked records that a check succeeded.
func (b *Testbed) Checked(flow string, text knowledge.Text) {
	e := &record.Event{Kind: record.Check, Flow: flow, Text: text.En, Note: text}
	if f := b.flows[flow]; f != nil {
		e.States = b.states(f)
	}
	b.record(e)
}

// record appends an event with the time and the script's line.
func (b *Testbed) record(e *record.Event) {
	e.At, e.Line, e.Turn = time.Since(b.start), b.line, b.turn
	b.events = append(b.events, e)
}

// states returns the states of both ends for the trace; an error gives an unknown
// state.
func (b *Testbed) states(f *Flow) [2]tcp.State {
	states := [2]tcp.State{b.end(f, record.Kernel), f.tcp.state}
	if f.route != scripted {
		states[record.Peer] = b.end(f, record.Peer)
	}
	return states
}

// end returns the state of an end's own socket. Without a connection, but with a
// listener, the state is LISTEN.
func (b *Testbed) end(f *Flow, end record.End) tcp.State {
	local, remote := b.ends(f, end)
	row, found, err := b.diag.Lookup(local, remote)
	switch {
	case err != nil:
		return 0
	case found:
		return row.State
	case row.State == tcp.Listen:
		return tcp.Listen
	default:
		return tcp.Close
	}
}

// pump reads one packet from the kernel, waiting at most timeout and at most
// [patience]. more is false if there was none.
func (b *Testbed) pump(timeout time.Duration) (more bool, err error) {
	if err := b.interrupted(); err != nil {
		return false, err
	}
	n, err := b.wire.Read(b.buf, min(timeout, patience))
	if err != nil || n == 0 {
		return false, err
	}
	s, err := segment.Decode(b.buf[:n])
	if errors.Is(err, segment.ErrNotTCP) {
		return true, nil // IPv6 sends messages about routers and listeners by itself
	}
	if err != nil {
		return true, problem.Errorf("packet from the kernel: %w", "来自内核的报文：%w", err)
	}
	b.arrive(&s)
	return true, nil
}

// arrive files a segment that the kernel sent under its flow.
func (b *Testbed) arrive(s *segment.Segment) {
	f, from := b.find(s)
	if f == nil {
		return // it belongs to no connection of the script
	}
	if f.quiet {
		f.count++
		f.tcp.received(s)
		return
	}
	e := &record.Event{Kind: record.Segment, Flow: f.name, End: from, Segment: f.details(s, from)}
	e.States = b.states(f)
	b.record(e)
	a := &arrival{segment: *s, from: from, event: e, reopens: f.reopens(s, from)}
	a.segment.Payload = append([]byte(nil), s.Payload...) // copied because the buffer is reused
	f.arrived = append(f.arrived, a)
}

// drain reads everything that the kernel has sent so far.
func (b *Testbed) drain() error {
	for {
		more, err := b.pump(0)
		if err != nil || !more {
			return err
		}
	}
}

// Wait waits for d. Segments that arrive meanwhile are recorded with their own time.
func (b *Testbed) Wait(d time.Duration) error {
	deadline := time.Now().Add(d)
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return b.drain()
		}
		if _, err := b.pump(left); err != nil {
			return err
		}
	}
}

// Await waits until check returns nil, within the range. If the time is over, it
// returns the last error of check; if check succeeded too early, a [*Failure]. The
// time counts from the previous event.
func (b *Testbed) Await(what knowledge.Text, r Range, check func() error) error {
	since := b.lastEvent()
	for {
		if err := b.drain(); err != nil {
			return err
		}
		begun := time.Since(b.start) - since
		err := check()
		passed := time.Since(b.start) - since
		if err == nil {
			return early(what, passed, r)
		}
		if r.Max == 0 {
			// This process may have been stopped after the check, so use the time
			// before it.
			passed = begun
		}
		var failure *Failure
		if passed > r.limit() || !errors.As(err, &failure) {
			return err
		}
		if _, err := b.pump(min(time.Millisecond, r.limit())); err != nil {
			return err
		}
	}
}

func early(what knowledge.Text, passed time.Duration, r Range) error {
	if took := passed.Round(time.Millisecond).String(); passed < r.Min {
		return &Failure{What: what, Want: knowledge.Text{En: "not before " + r.Min.String(), Zh: "不早于 " + r.Min.String()}, Got: knowledge.Text{En: "after " + took, Zh: took + " 之后"}}
	}
	return nil
}

// lastEvent returns the time of the last event.
func (b *Testbed) lastEvent() time.Duration {
	if len(b.events) == 0 {
		return 0
	}
	return b.events[len(b.events)-1].At
}

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

// Testbed is one scenario's laboratory. It must be used by the function that it
// was given to, on that goroutine.
type Testbed struct {
	family  socket.Family
	wire    *wire.Wire
	diag    *sockdiag.Conn
	start   time.Time
	events  []*record.Event
	flows   map[string]*Flow
	tuples  map[[2]netip.AddrPort]*Flow
	sockets map[socketName]int
	network map[string]*underway // segments that the network holds or has a copy of
	base    counters
	marked  int // index of the first event since Mark
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

// Interrupt makes the testbed stop with an error soon after check returns one, in
// the midst of whatever it waits for. It is asked about ten times a second.
func (b *Testbed) Interrupt(check func() error) { b.interrupted = check }

// patience is the longest time without a look at Interrupt's check.
const patience = 100 * time.Millisecond

// Family is the address family of the scenario.
func (b *Testbed) Family() socket.Family { return b.family }

// WireKind tells what joins the kernel and the peer.
func (b *Testbed) WireKind() wire.Kind { return b.wire.Kind() }

// Events returns the events so far. The list is complete once the function given to the
// testbed has returned.
func (b *Testbed) Events() []*record.Event { return b.events }

// At tells the testbed which line of a script speaks, and in which turn of a
// loop, so that events can say so.
func (b *Testbed) At(line, turn int) { b.line, b.turn = line, turn }

// Note writes a sentence of the story into the trace.
func (b *Testbed) Note(text knowledge.Text) {
	b.record(&record.Event{Kind: record.Note, Note: text})
}

// Checked writes down that a check held.
func (b *Testbed) Checked(flow, text string) {
	e := &record.Event{Kind: record.Check, Flow: flow, Text: text}
	if f := b.flows[flow]; f != nil {
		e.States = b.states(f)
	}
	b.record(e)
}

// record appends an event, stamped with the time and the script's line.
func (b *Testbed) record(e *record.Event) {
	e.At, e.Line, e.Turn = time.Since(b.start), b.line, b.turn
	b.events = append(b.events, e)
}

// states returns the states of both ends for the trace, where an error is as
// good as an unknown state.
func (b *Testbed) states(f *Flow) [2]tcp.State {
	states := [2]tcp.State{b.end(f, record.Kernel), f.tcp.state}
	if f.route != scripted {
		states[record.Peer] = b.end(f, record.Peer)
	}
	return states
}

// end looks an end's own socket up. Where there is no connection but a
// listener waits, the end is in LISTEN.
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

// pump takes one packet out of the kernel, waiting for it for at most timeout
// and [patience]. more is false when there was none.
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
		return true, nil // IPv6 talks about routers and listeners by itself
	}
	if err != nil {
		return true, problem.Errorf("packet from the kernel: %w", "来自内核的报文：%w", err)
	}
	b.arrive(&s)
	return true, nil
}

// arrive files a segment that came out of the kernel.
func (b *Testbed) arrive(s *segment.Segment) {
	f, from := b.find(s)
	if f == nil {
		return // of no connection that the script knows
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
	a.segment.Payload = append([]byte(nil), s.Payload...) // the buffer is reused
	f.arrived = append(f.arrived, a)
}

// drain takes out everything that the kernel has sent so far.
func (b *Testbed) drain() error {
	for {
		more, err := b.pump(0)
		if err != nil || !more {
			return err
		}
	}
}

// Wait lets time pass. Segments that arrive meanwhile are written down with
// their own time.
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

// Await waits until check returns nil, and no longer than the range says. It
// returns check's last error when time is up, and a [*Failure] when the check
// held too early. The time counts from the event before.
func (b *Testbed) Await(what string, r Range, check func() error) error {
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
			// This process may have been stopped since it looked.
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

func early(what string, passed time.Duration, r Range) error {
	if passed < r.Min {
		return &Failure{What: what, Want: "not before " + r.Min.String(), Got: "after " + passed.Round(time.Millisecond).String()}
	}
	return nil
}

// lastEvent returns when the latest event happened.
func (b *Testbed) lastEvent() time.Duration {
	if len(b.events) == 0 {
		return 0
	}
	return b.events[len(b.events)-1].At
}

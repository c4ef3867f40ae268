// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// underway is a segment that the network holds or has copied.
type underway struct {
	flow    *Flow
	from    record.End
	segment segment.Segment
	held    bool
}

// Send sends a segment from the peer.
func (b *Testbed) Send(name string, s Send) error {
	f := b.flow(name)
	if err := b.drain(); err != nil {
		return err
	}
	seg := b.build(f, s)
	f.tcp.sent(&seg)
	return b.emit(f, record.Peer, &seg, Handling{Fate: s.Fate, Label: s.Label, Copy: s.Copy})
}

// build makes the segment and fills in the values that a correct TCP would send.
func (b *Testbed) build(f *Flow, s Send) segment.Segment {
	p := &f.tcp
	if s.Flags&segment.SYN != 0 && !s.Again && (!p.chosen || s.Flags&segment.ACK == 0) {
		p.newISN(s.ISN)
	}
	seq := p.next
	if s.Again {
		seq -= lengthOf(s)
	}
	seg := segment.Segment{
		Src: f.peer, Dst: f.kernel, Flags: s.Flags, Payload: s.Data,
		Seq:    s.Seq.resolve(seq, p.isn),
		Window: uint16(s.Win.resolve(65535, 0)),
	}
	if s.Flags&segment.ACK != 0 || s.Ack.Base != Default {
		seg.Ack = s.Ack.resolve(p.kernelNext, p.kernelISN)
	}
	b.options(p, s, &seg.Options)
	return seg
}

// lengthOf is the length, in sequence numbers, of a segment that is to be repeated.
func lengthOf(s Send) uint32 {
	seg := segment.Segment{Flags: s.Flags, Payload: s.Data}
	return seg.Len()
}

// peerClock is the timestamp clock of the scripted peer, in milliseconds. Its start is
// arbitrary but leaves room for smaller values.
func (b *Testbed) peerClock() uint32 {
	return 1_000_000 + uint32(time.Since(b.start).Milliseconds())
}

func (b *Testbed) options(p *peerTCP, s Send, o *segment.Options) {
	if s.Flags&segment.SYN != 0 {
		o.MSS = 1460
		o.HasScale, o.Scale = s.Scale != 0, uint8(s.Scale)
		o.HasTimestamps = s.Timestamps
	} else {
		o.HasTimestamps = p.agreed
	}
	if o.HasTimestamps {
		o.TSVal = s.TS.resolve(b.peerClock(), 0)
		if s.Flags&segment.ACK != 0 {
			o.TSEcr = p.tsRecent
		}
	}
}

// keep stores a segment in the network if it is to be held or copied.
func (b *Testbed) keep(f *Flow, from record.End, s *segment.Segment, h Handling) {
	if h.Fate == record.Held || h.Copy {
		b.network[h.Label] = &underway{flow: f, from: from, segment: *s, held: h.Fate == record.Held}
	}
}

// emit records a segment and, unless it is lost or held, passes it to the kernel.
func (b *Testbed) emit(f *Flow, from record.End, s *segment.Segment, h Handling) error {
	b.keep(f, from, s, h)
	e := &record.Event{Kind: record.Segment, Flow: f.name, End: from, Segment: f.details(s, from)}
	e.Segment.Fate, e.Segment.Label, e.Segment.Copied = h.Fate, h.Label, h.Copy
	if !f.quiet {
		b.record(e)
	}
	if h.Fate == record.Delivered || h.Fate == record.Late {
		if err := b.inject(s); err != nil {
			return err
		}
	}
	if !f.quiet {
		e.States = b.states(f)
	}
	return b.drain()
}

// inject passes a segment to the kernel.
func (b *Testbed) inject(s *segment.Segment) error {
	b.out = segment.Append(b.out[:0], s)
	if err := b.wire.Write(b.out); err != nil {
		return problem.Errorf("give a segment to the kernel: %w", "把报文段交给内核：%w", err)
	}
	return nil
}

// Deliver delivers a held segment, or the copy of one, now.
func (b *Testbed) Deliver(label string) error {
	u := b.network[label]
	if u == nil {
		return problem.Errorf("the network holds no segment called %q", "网络中没有扣住名为 %q 的报文段", label)
	}
	if err := b.drain(); err != nil {
		return err
	}
	if u.held {
		delete(b.network, label)
	}
	if u.from == record.Kernel && u.flow.route == scripted {
		u.flow.tcp.received(&u.segment)
		b.arrival(u, label)
		return nil
	}
	s := u.segment
	if u.flow.route == relayed {
		s.Src, s.Dst = b.translate(u.flow, u.from)
	}
	return b.emit(u.flow, u.from, &s, Handling{Fate: record.Late, Label: label})
}

// arrival records that a segment reached the scripted peer late.
func (b *Testbed) arrival(u *underway, label string) {
	e := &record.Event{Kind: record.Segment, Flow: u.flow.name, End: u.from, Segment: u.flow.details(&u.segment, u.from)}
	e.Segment.Fate, e.Segment.Label, e.Segment.Again = record.Late, label, false
	e.States = b.states(u.flow)
	b.record(e)
}

// Expect consumes the kernel's next segment of a connection and fails unless it is as
// described. It skips retransmissions unless one is expected, and segments that only
// open a closed window unless a window is expected. The peer does not see a segment
// that is lost or held.
func (b *Testbed) Expect(name string, x Expect) error {
	f := b.flow(name)
	a, err := b.next(f, x)
	if err != nil {
		return err
	}
	if diff := b.compare(f, a, x); diff.En != "" {
		got := describe(a.event.Segment)
		return &Failure{What: segmentOf(name), Want: Same(x), Got: knowledge.Text{En: got.En + " (" + diff.En + ")", Zh: got.Zh + "（" + diff.Zh + "）"}}
	}
	a.event.Segment.Fate, a.event.Segment.Label, a.event.Segment.Copied = x.Fate, x.Label, x.Copy
	b.keep(f, a.from, &a.segment, x.Handling)
	if f.route == scripted && x.Fate == record.Delivered {
		f.tcp.received(&a.segment)
		a.event.States[record.Peer] = f.tcp.state
	}
	if f.route == relayed && x.Fate == record.Delivered {
		return b.forward(f, a)
	}
	return nil
}

// next waits for the next segment that Expect has to compare.
func (b *Testbed) next(f *Flow, x Expect) (*arrival, error) {
	deadline := time.Now().Add(x.Within.limit())
	since := b.lastEvent()
	for {
		for len(f.arrived) > 0 {
			a := f.arrived[0]
			f.arrived = f.arrived[1:]
			if a.event.Segment.Again && !x.Again || a.reopens && x.Window == nil {
				continue
			}
			return a, early(segmentOf(f.name), a.event.At-b.before(a, since), x.Within)
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil, &Failure{What: segmentOf(f.name), Want: Same(x), Got: nothingWithin(x.Within.limit())}
		}
		if _, err := b.pump(left); err != nil {
			return nil, err
		}
	}
}

// segmentOf is the kernel's next segment of a connection.
func segmentOf(name string) knowledge.Text { return Of(name, "segment", "报文段") }

func nothingWithin(d time.Duration) knowledge.Text {
	return knowledge.Text{En: "nothing within " + d.String(), Zh: d.String() + " 内没有"}
}

// before returns the time of the event before an arrival. If Expect waited for the
// arrival, it returns the start of the wait.
func (b *Testbed) before(a *arrival, since time.Duration) time.Duration {
	for i := len(b.events) - 1; i > 0; i-- {
		if b.events[i] == a.event {
			return b.events[i-1].At
		}
	}
	return min(since, a.event.At)
}

// compare describes the difference between a segment and the expectation, or returns
// an empty text.
func (b *Testbed) compare(f *Flow, a *arrival, x Expect) knowledge.Text {
	s, d := &a.segment, a.event.Segment
	switch {
	case s.Flags|segment.PSH != x.Flags|segment.PSH:
		return knowledge.Text{En: "other flags", Zh: "标志不同"}
	case x.Again && !d.Again:
		return knowledge.Text{En: "not a retransmission", Zh: "不是重传"}
	case x.From != nil && a.from != *x.From:
		return knowledge.Text{En: "from the " + a.from.String(), Zh: "来自另一端"}
	case x.Data != nil && !bytes.Equal(s.Payload, []byte(*x.Data)):
		return knowledge.Text{En: "other data", Zh: "数据不同"}
	case x.Len != nil && len(s.Payload) != *x.Len:
		return knowledge.Text{En: "other length", Zh: "长度不同"}
	case x.Timestamps != nil && s.Options.HasTimestamps != *x.Timestamps:
		return knowledge.Text{En: "timestamps", Zh: "时间戳不同"}
	case x.Window != nil && int(s.Window) != *x.Window:
		return knowledge.Text{En: fmt.Sprintf("window %d", s.Window), Zh: fmt.Sprintf("窗口 %d", s.Window)}
	case x.Seq != nil && s.Seq != x.Seq.resolve(f.tcp.kernelNext, f.isn[a.from]):
		return knowledge.Text{En: "other sequence number", Zh: "序列号不同"}
	case x.Ack != nil && s.Ack != x.Ack.resolve(f.tcp.next, f.isn[a.from.Other()]):
		return knowledge.Text{En: "other acknowledgement number", Zh: "确认号不同"}
	case x.ISN != nil && s.Seq != x.ISN.resolve(f.tcp.kernelNext, 0):
		n := int32(s.Seq - f.tcp.kernelNext)
		return knowledge.Text{En: fmt.Sprintf("initial sequence number %+d", n), Zh: fmt.Sprintf("初始序列号 %+d", n)}
	}
	return knowledge.Text{}
}

// ExpectNothing fails if the kernel sends a segment of the connection within d.
// Retransmissions are ignored if d is shorter than their timer: they are then due only
// because the machine is slow.
func (b *Testbed) ExpectNothing(name string, d time.Duration) error {
	f := b.flow(name)
	if err := b.Wait(d); err != nil {
		return err
	}
	const retransmission = 200 * time.Millisecond // TCP_RTO_MIN, include/net/tcp.h
	for _, a := range f.arrived {
		if a.reopens {
			continue
		}
		if !a.event.Segment.Again || d > retransmission {
			return &Failure{What: segmentOf(name), Want: knowledge.Text{En: "nothing", Zh: "没有"}, Got: describe(a.event.Segment)}
		}
	}
	f.arrived = nil
	return nil
}

// Seen returns how many segments with these flags, ignoring PSH, the kernel has sent
// on all connections since the last Mark, and consumes them.
func (b *Testbed) Seen(flags segment.Flags) int {
	n := 0
	for _, e := range b.events[b.marked:] {
		if e.Kind == record.Segment && e.End == record.Kernel && e.Segment.Fate != record.Late &&
			e.Segment.Flags|segment.PSH == flags|segment.PSH {
			n++
		}
	}
	return n
}

// PeerState returns the state that the scripted peer is in by its own records.
func (b *Testbed) PeerState(name string) tcp.State { return b.flow(name).tcp.state }

// describe writes a segment in a few words.
func describe(d record.SegmentDetails) knowledge.Text {
	text := fmt.Sprintf("%s seq=%d", d.Flags, d.Seq)
	if d.Flags&segment.ACK != 0 {
		text += fmt.Sprintf(" ack=%d", d.Ack)
	}
	if d.Data != "" {
		text += " " + strconv.Quote(d.Data)
	}
	both := Same(text)
	if d.Data == "" && d.Len > 0 {
		both = knowledge.Text{En: fmt.Sprintf("%s %d bytes", text, d.Len), Zh: fmt.Sprintf("%s %d 字节", text, d.Len)}
	}
	if d.Again {
		both = knowledge.Text{En: both.En + " again", Zh: both.Zh + " 重传"}
	}
	return both
}

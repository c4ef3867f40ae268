// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// ladderKind is what a rung of a ladder shows.
type ladderKind uint8

const (
	rungSegment   ladderKind = iota
	rungHandshake            // three segments as one
	rungCall
	rungRemark // a check worth a remark
	rungNote
	rungPause
)

// rung is one step of a ladder, ready to be drawn as text or as a picture.
type rung struct {
	kind   ladderKind
	at     time.Duration // since the first rung
	flow   string
	line   int // line of the script
	end    record.End
	label  string // text of the segment, the call, the remark or the note
	fate   record.Fate
	again  bool
	copied bool   // the network keeps a copy
	name   string // name of what the network holds
	// states are the present states of both ends; changed says which of them are new.
	states  [2]tcp.State
	changed [2]bool
}

// ladder is a trace prepared for drawing.
type ladder struct {
	rungs []rung
	flows int // number of connections with segments: with several, each rung names its own
}

// ladderMaker keeps what it needs of earlier events.
type ladderMaker struct {
	o      Options
	ladder ladder
	start  time.Duration
	last   time.Duration
	shown  map[string][2]tcp.State
	timers map[string]float64 // seconds left when last seen
}

// notable is the shortest silence that is shown.
const notable = 50 * time.Millisecond

// newLadder turns events into rungs. It leaves out what the columns of states show
// anyway, such as a check of a state. A handshake that the script did not spell out
// becomes one rung.
func newLadder(events []*record.Event, o Options) ladder {
	m := ladderMaker{o: o, shown: map[string][2]tcp.State{}, timers: map[string]float64{}}
	m.ladder.flows = segmentFlows(events)
	if len(events) > 0 {
		m.start, m.last = events[0].At, events[0].At
	}
	for i := 0; i < len(events); i++ {
		if isHandshake(events[i:]) {
			m.handshake(events[i+2])
			i += 2
			continue
		}
		m.event(events[i])
	}
	return m.ladder
}

func segmentFlows(events []*record.Event) int {
	names := map[string]bool{}
	for _, e := range events {
		if e.Kind == record.Segment {
			names[e.Flow] = true
		}
	}
	return len(names)
}

// isHandshake reports whether events begin with SYN, SYN,ACK and ACK that one line of
// the script made and that were all delivered.
func isHandshake(events []*record.Event) bool {
	flags := []segment.Flags{segment.SYN, segment.SYN | segment.ACK, segment.ACK}
	if len(events) < len(flags) || events[0].Line == 0 {
		return false
	}
	for i, e := range events[:len(flags)] {
		s := e.Segment
		plain := s.Fate == record.Delivered && !s.Copied && !s.Again && s.Len == 0 && s.Count <= 1
		if e.Kind != record.Segment || s.Flags != flags[i] || !plain || e.Line != events[0].Line || e.Flow != events[0].Flow {
			return false
		}
	}
	return true
}

func (m *ladderMaker) handshake(last *record.Event) {
	m.add(rung{kind: rungHandshake, flow: last.Flow, end: last.End, label: handshakeText().In(m.o.Lang)}, last)
}

func handshakeText() knowledge.Text {
	return knowledge.Text{En: "handshake: SYN, SYN,ACK, ACK", Zh: "三次握手：SYN、SYN,ACK、ACK"}
}

func (m *ladderMaker) event(e *record.Event) {
	switch e.Kind {
	case record.Segment:
		s := e.Segment
		m.add(rung{
			kind: rungSegment, flow: e.Flow, end: e.End, label: m.segmentLabel(s),
			fate: s.Fate, again: s.Again && s.Fate != record.Late, copied: s.Copied, name: s.Label,
		}, e)
	case record.Call:
		m.add(rung{kind: rungCall, flow: e.Flow, end: e.End, label: m.callLabel(e)}, e)
	case record.Note:
		m.add(rung{kind: rungNote, label: e.Note.In(m.o.Lang)}, e)
	case record.Check:
		if text := m.remark(e); text != "" {
			m.add(rung{kind: rungRemark, flow: e.Flow, end: e.End, label: text}, e)
		}
	}
}

// add appends a rung, after a pause if there was one.
func (m *ladderMaker) add(r rung, e *record.Event) {
	if silence := e.At - m.last; silence >= notable {
		m.ladder.rungs = append(m.ladder.rungs, rung{kind: rungPause, at: e.At - m.start, label: m.pause(silence)})
	}
	m.last, r.at, r.line = e.At, e.At-m.start, e.Line
	if r.kind != rungNote && e.States[record.Kernel] != 0 {
		m.states(&r, e)
	}
	m.ladder.rungs = append(m.ladder.rungs, r)
}

// states sets both states. If a call sends a segment, the segment shows the sender's
// new state and the call does not.
func (m *ladderMaker) states(r *rung, e *record.Event) {
	before := m.shown[e.Flow]
	r.states = e.States
	if r.kind == rungCall {
		r.states = before
		return
	}
	for end := range r.states {
		r.changed[end] = r.states[end] != before[end] && r.states[end] != 0 && (before[end] != 0 || r.states[end] != tcp.Close)
	}
	m.shown[e.Flow] = r.states
}

func (m *ladderMaker) pause(silence time.Duration) string {
	text := Milliseconds(silence)
	return knowledge.Text{En: text + " later", Zh: text + " 之后"}.In(m.o.Lang)
}

// segmentLabel returns a short description of a segment: flags, data, numbers.
func (m *ladderMaker) segmentLabel(s record.SegmentDetails) string {
	parts := []string{s.Flags.String()}
	switch {
	case s.Data != "":
		parts = append(parts, strconv.Quote(s.Data))
	case s.Len > 0:
		bytes := knowledge.Grouped(uint64(s.Len))
		parts = append(parts, knowledge.Text{En: bytes + " bytes", Zh: bytes + " 字节"}.In(m.o.Lang))
	}
	parts = append(parts, "seq="+m.number(s.Seq, s.Fate))
	if s.Flags&segment.ACK != 0 {
		parts = append(parts, "ack="+m.number(s.Ack, s.Fate))
	}
	if s.Count > 1 {
		parts = append(parts, fmt.Sprintf("× %d", s.Count))
	}
	return strings.Join(parts, " ")
}

// number returns a sequence number relative to the initial one. A lower number, in a
// late segment, belongs to an earlier connection.
func (m *ladderMaker) number(n uint32, fate record.Fate) string {
	if int32(n) < 0 && fate == record.Late {
		return knowledge.Text{En: "old", Zh: "旧"}.In(m.o.Lang)
	}
	return strconv.Itoa(int(int32(n)))
}

func (m *ladderMaker) callLabel(e *record.Event) string {
	if e.Result == "" {
		return m.said(e)
	}
	return m.said(e) + " → " + e.Result
}

// said is the text of a call or a check in the reader's language.
func (m *ladderMaker) said(e *record.Event) string {
	return cmp.Or(e.Note.In(m.o.Lang), e.Text)
}

// remark returns what a check tells beyond the states, or "".
func (m *ladderMaker) remark(e *record.Event) string {
	switch {
	case strings.HasPrefix(e.Text, "state "), strings.HasPrefix(e.Text, "other state "), strings.HasPrefix(e.Text, "peer in "):
		return ""
	case strings.HasPrefix(e.Text, "timer timewait "):
		return m.timer(e)
	default:
		return m.said(e)
	}
}

// timer tells how long TIME_WAIT still lasts, if that time has become longer.
func (m *ladderMaker) timer(e *record.Event) string {
	left, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimPrefix(e.Text, "timer timewait "), " s"), 64)
	if err != nil {
		return m.said(e)
	}
	before, known := m.timers[e.Flow]
	m.timers[e.Flow] = left
	text := knowledge.Text{En: fmt.Sprintf("TIME_WAIT has %.1f s left", left), Zh: fmt.Sprintf("TIME_WAIT 还剩 %.1f 秒", left)}
	if known && left > before+0.1 {
		text = knowledge.Text{En: fmt.Sprintf("timer back to %.1f s", left), Zh: fmt.Sprintf("定时器重新回到 %.1f 秒", left)}
	}
	return text.In(m.o.Lang)
}

// named adds the name of the connection before a label if there are several.
func (l *ladder) named(r rung) string {
	if l.flows < 2 || r.flow == "" || r.kind != rungSegment && r.kind != rungHandshake {
		return r.label
	}
	return r.flow + ": " + r.label
}

// againText returns the mark of a retransmission.
func againText() knowledge.Text { return knowledge.Text{En: "again", Zh: "重传"} }

// fateText returns the word for what became of a segment; empty for a delivered one.
func fateText(f record.Fate) knowledge.Text {
	switch f {
	case record.Lost:
		return knowledge.Text{En: "lost", Zh: "丢失"}
	case record.Held:
		return knowledge.Text{En: "held up", Zh: "滞留"}
	case record.Late:
		return knowledge.Text{En: "late", Zh: "迟到"}
	default:
		return knowledge.Text{}
	}
}

// endText returns the heading of a column.
func endText(e record.End) knowledge.Text {
	if e == record.Kernel {
		return knowledge.Text{En: "kernel", Zh: "内核"}
	}
	return knowledge.Text{En: "peer", Zh: "对端"}
}

// clock prints the time of a rung.
func clock(d time.Duration) string {
	if d < 10*time.Millisecond {
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 2, 64) + " ms"
	}
	return Milliseconds(d)
}

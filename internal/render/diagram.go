// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The size of the diagram and of its boxes.
const (
	diagramWidth  = 80
	diagramHeight = 48
	boxWidth      = 15
)

// place is the position of a state's box. CLOSE has two, as in the RFC: at the head
// and at the foot.
type place struct {
	state tcp.State
	foot  bool
	at    point // upper left corner
}

// edge is how a transition is drawn: from a point on the border of the first box to
// the cell before the border of the second, with its words at label. The transition
// itself tells the words and whether the line is dashed.
type edge struct {
	from, to tcp.State
	event    tcp.Event
	path     []point
	label    point
}

// toFoot reports whether the edge ends at the box at the foot.
func (e edge) toFoot() bool {
	return e.to == tcp.Close && (e.from == tcp.TimeWait || e.from == tcp.LastAck)
}

// places returns the layout of the boxes.
func places() []place {
	return []place{
		{state: tcp.Close, at: point{32, 0}},
		{state: tcp.Bound, at: point{2, 0}},
		{state: tcp.Listen, at: point{10, 7}},
		{state: tcp.SynSent, at: point{54, 7}},
		{state: tcp.SynRecv, at: point{10, 15}},
		{state: tcp.Established, at: point{32, 21}},
		{state: tcp.FinWait1, at: point{10, 28}},
		{state: tcp.CloseWait, at: point{54, 28}},
		{state: tcp.FinWait2, at: point{2, 36}},
		{state: tcp.Closing, at: point{23, 36}},
		{state: tcp.LastAck, at: point{54, 36}},
		{state: tcp.TimeWait, at: point{23, 44}},
		{state: tcp.Close, foot: true, at: point{54, 44}},
	}
}

// edges returns the layout of the lines: every edge of RFC 9293 figure 5, and bind().
// A test compares it with tcp.Transitions.
func edges() []edge {
	return []edge{
		{tcp.Close, tcp.Bound, tcp.BindCall, []point{{32, 1}, {17, 1}}, point{21, 0}},
		{tcp.Close, tcp.Listen, tcp.PassiveOpen, []point{{35, 3}, {35, 5}, {17, 5}, {17, 6}}, point{19, 4}},
		{tcp.Close, tcp.SynSent, tcp.ActiveOpen, []point{{46, 1}, {64, 1}, {64, 6}}, point{66, 3}},
		{tcp.Listen, tcp.Close, tcp.CloseCall, []point{{24, 8}, {38, 8}, {38, 4}}, point{26, 7}},
		{tcp.SynSent, tcp.Close, tcp.CloseCall, []point{{57, 7}, {57, 5}, {43, 5}, {43, 4}}, point{47, 4}},
		{tcp.Listen, tcp.SynSent, tcp.SendCall, []point{{24, 9}, {53, 9}}, point{41, 7}},
		{tcp.Listen, tcp.SynRecv, tcp.ArriveSYN, []point{{17, 10}, {17, 14}}, point{19, 12}},
		{tcp.SynRecv, tcp.Listen, tcp.ArriveRST, []point{{10, 16}, {5, 16}, {5, 9}, {9, 9}}, point{7, 12}},
		{tcp.SynSent, tcp.SynRecv, tcp.ArriveSYN, []point{{57, 10}, {57, 16}, {25, 16}}, point{38, 14}},
		{tcp.SynSent, tcp.Established, tcp.ArriveSYNACK, []point{{64, 10}, {64, 19}, {43, 19}, {43, 20}}, point{66, 14}},
		{tcp.SynRecv, tcp.Established, tcp.ArriveACKofSYN, []point{{24, 17}, {35, 17}, {35, 20}}, point{37, 18}},
		{tcp.SynRecv, tcp.FinWait1, tcp.CloseCall, []point{{14, 18}, {14, 27}}, point{16, 21}},
		{tcp.Established, tcp.FinWait1, tcp.CloseCall, []point{{35, 24}, {35, 26}, {20, 26}, {20, 27}}, point{22, 24}},
		{tcp.Established, tcp.CloseWait, tcp.ArriveFIN, []point{{43, 24}, {43, 26}, {61, 26}, {61, 27}}, point{49, 24}},
		{tcp.FinWait1, tcp.FinWait2, tcp.ArriveACKofFIN, []point{{13, 31}, {13, 35}}, point{15, 34}},
		{tcp.FinWait1, tcp.Closing, tcp.ArriveFIN, []point{{21, 31}, {21, 33}, {32, 33}, {32, 35}}, point{26, 31}},
		{tcp.CloseWait, tcp.LastAck, tcp.CloseCall, []point{{61, 31}, {61, 35}}, point{63, 33}},
		{tcp.FinWait2, tcp.TimeWait, tcp.ArriveFIN, []point{{9, 39}, {9, 45}, {22, 45}}, point{11, 42}},
		{tcp.Closing, tcp.TimeWait, tcp.ArriveACKofFIN, []point{{30, 39}, {30, 43}}, point{32, 41}},
		{tcp.LastAck, tcp.Close, tcp.ArriveACKofFIN, []point{{61, 39}, {61, 43}}, point{63, 41}},
		{tcp.TimeWait, tcp.Close, tcp.TimeWaitTimeout, []point{{37, 45}, {53, 45}}, point{39, 44}},
	}
}

// Diagram draws the state diagram of RFC 9293 (figure 5) with the number of sockets
// in each state, and BOUND, which Linux adds. It is 80 columns wide. A state that is
// missing in counts is unknown and gets no number. If counts is nil, the boxes show
// the RFC's names instead.
func Diagram(counts map[tcp.State]uint64, o Options) string {
	c := drawDiagram(counts, o)
	var notes strings.Builder
	for _, note := range diagramNotes(o) {
		for _, line := range Wrap(note.In(o.Lang), min(o.width(), diagramWidth)-2) {
			notes.WriteString("  " + o.in(faint, line) + "\n")
		}
	}
	return c.string(o) + "\n" + notes.String()
}

func drawDiagram(counts map[tcp.State]uint64, o Options) *canvas {
	c := newCanvas(diagramWidth, diagramHeight)
	for _, p := range places() {
		c.box(p.at, boxWidth, 0, boxStyle(p, counts), content(p, counts)...)
	}
	for i, e := range edges() {
		t, ok := transition(e)
		if !ok {
			continue // a test checks that there is none
		}
		c.edge(i+1, e, t, o)
	}
	return c
}

// boxStyle makes states with sockets stand out.
func boxStyle(p place, counts map[tcp.State]uint64) style {
	if n, ok := counts[p.state]; ok && n == 0 {
		return faint
	}
	return bold
}

// content returns the lines of a box: the name, and below it the count, nothing if
// the count is unknown, or the RFC's name if counts is nil.
func content(p place, counts map[tcp.State]uint64) []string {
	name := p.state.String()
	n, ok := counts[p.state]
	switch {
	case p.foot:
		return []string{name}
	case ok:
		return []string{name, knowledge.Grouped(n)}
	case counts == nil && p.state.RFC() != name:
		return []string{name, p.state.RFC()}
	default:
		return []string{name, ""}
	}
}

// transition returns the transition that e draws.
func transition(e edge) (tcp.Transition, bool) {
	for _, t := range e.from.Next() {
		if t.To == e.to && t.Event == e.event {
			return t, true
		}
	}
	return tcp.Transition{}, false
}

// edge draws one edge with its words: the event, and below it what is sent.
func (c *canvas) edge(owner int, e edge, t tcp.Transition, o Options) {
	c.leave(e.path[0], owner)
	c.line(owner, !t.Linux, e.path...)
	c.head(e.path[len(e.path)-1], heading(e.path))
	c.text(e.label, knowledge.EventText(t.Event).In(o.Lang), plain)
	c.text(point{e.label.x, e.label.y + 1}, knowledge.SendsText(t.Sends).In(o.Lang), plain)
}

// heading is the direction in which a path ends.
func heading(path []point) uint8 {
	_, out, _ := step(path[len(path)-2], path[len(path)-1])
	return out
}

// dashMeaning returns the legend of dashed lines.
func dashMeaning(o Options) knowledge.Text {
	dashes := "┄┄"
	if o.ASCII {
		dashes = ".."
	}
	return knowledge.Text{
		En: dashes + " RFC diagram only, not on Linux",
		Zh: dashes + " 只在 RFC 的图里有，Linux 没有",
	}
}

// diagramNotes returns what the drawing leaves out; each part stands for one or more
// edges of tcp.Transitions.
func diagramNotes(o Options) []knowledge.Text {
	return []knowledge.Text{
		dashMeaning(o),
		{
			En: "Not drawn: a RST, an abort or a timeout takes a connection from any state to CLOSE; " +
				"FIN_WAIT1 goes straight to TIME_WAIT when the peer's FIN acknowledges ours too; " +
				"a new SYN or connect() can take over a TIME_WAIT; " +
				"BOUND goes on as CLOSE does, by listen() or connect().",
			Zh: "图中未画：RST、异常中止或超时，可以让连接从任何状态直接到 CLOSE；" +
				"对端的 FIN 同时确认了本端的 FIN 时，FIN_WAIT1 直接进入 TIME_WAIT；" +
				"新的 SYN 或 connect() 可以接管 TIME_WAIT；" +
				"BOUND 之后与 CLOSE 一样，可以 listen() 或 connect()。",
		},
	}
}

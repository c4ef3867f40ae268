// SPDX-License-Identifier: Apache-2.0

package render

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// spoke is one line of a neighbourhood: another state, and the events of the
// transitions between that state and the state in the middle.
type spoke struct {
	name   string // name of the other state
	label  string
	dashed bool // only in the RFC's diagram, not on Linux
	failed bool // without the closing handshake
}

// goesWith reports whether s and other can share a line.
func (s spoke) goesWith(other spoke) bool {
	return s.dashed == other.dashed && s.failed == other.failed
}

// Neighbourhood draws the part of the diagram around a state: on the left the states
// that lead into it, with the events, on the right the states to which it leads. If
// the width is too small, the first list is above and the second below. A dashed line
// is in the RFC's diagram but not on Linux.
func Neighbourhood(s tcp.State, o Options) string {
	s = s.Reported()
	if !s.Valid() {
		return ""
	}
	for _, limit := range []int{48, 36, 28, 22, 18, 14} {
		w := newWheel(s, incoming(s, limit, o), outgoing(s, limit, o))
		if w.width() <= o.width() {
			return w.draw().string(o) + dashNote(w.in, w.out, o)
		}
	}
	limit := o.width() - 22 // columns that the stack needs beside the label
	in, out := incoming(s, limit, o), outgoing(s, limit, o)
	return drawStack(s, in, out).string(o) + dashNote(in, out, o)
}

// dashNote explains dashed lines, if there are any.
func dashNote(in, out []spoke, o Options) string {
	for _, s := range append(slices.Clone(in), out...) {
		if s.dashed {
			return "  " + o.in(faint, dashMeaning(o).In(o.Lang)) + "\n"
		}
	}
	return ""
}

// incoming returns the transitions into s. Those that are possible in any state are
// listed once, or CLOSE would have one for every state.
func incoming(s tcp.State, limit int, o Options) []spoke {
	var p packer
	failed := map[tcp.Event]bool{}
	for _, t := range s.Previous() {
		if s == tcp.Close && failure(t.Event) {
			failed[t.Event] = true
			continue
		}
		p.add(t.From.String(), t, o)
	}
	for _, e := range tcp.Events() {
		if failed[e] {
			p.add(anyConnection().In(o.Lang), tcp.Transition{Event: e, Linux: true}, o)
		}
	}
	return p.spokes(limit, o)
}

// outgoing returns the spokes out of s.
func outgoing(s tcp.State, limit int, o Options) []spoke {
	var p packer
	for _, t := range s.Next() {
		p.add(t.To.String(), t, o)
	}
	return p.spokes(limit, o)
}

func anyConnection() knowledge.Text {
	return knowledge.Text{En: "any connection", Zh: "任何连接"}
}

// failure reports whether e ends a connection without the closing handshake.
func failure(e tcp.Event) bool {
	switch e {
	case tcp.ArriveRST, tcp.AbortCall, tcp.ArriveLateData, tcp.RetriesExhausted, tcp.ResourceLimit, tcp.ListenerClosed:
		return true
	default:
		return false
	}
}

// packer collects transitions by neighbour, in the order of their first occurrence.
type packer struct {
	names  []string
	spoken map[string][]spoke // one spoke per transition
}

func (p *packer) add(name string, t tcp.Transition, o Options) {
	if p.spoken == nil {
		p.spoken = map[string][]spoke{}
	}
	if p.spoken[name] == nil {
		p.names = append(p.names, name)
	}
	label := knowledge.EventText(t.Event).In(o.Lang)
	p.spoken[name] = append(p.spoken[name], spoke{name, label, !t.Linux, failure(t.Event)})
}

// spokes puts transitions of one neighbour on one line as long as their events fit in
// limit columns.
func (p *packer) spokes(limit int, o Options) []spoke {
	comma := knowledge.Text{En: ", ", Zh: "、"}.In(o.Lang)
	var all []spoke
	for _, name := range p.names {
		for i, s := range p.spoken[name] {
			n := len(all) - 1
			if i > 0 && all[n].goesWith(s) && Width(all[n].label+comma+s.label) <= limit {
				all[n].label += comma + s.label
				continue
			}
			all = append(all, s)
		}
	}
	return all
}

// wheel is the wide layout: spokes in, the state's box, spokes out.
type wheel struct {
	state                              tcp.State
	in, out                            []spoke
	inName, inLabel, outName, outLabel int // widths of the columns
}

func newWheel(s tcp.State, in, out []spoke) wheel {
	w := wheel{state: s, in: in, out: out}
	w.inName, w.inLabel = columns(in)
	w.outName, w.outLabel = columns(out)
	return w
}

// columns returns the widths of the names and of the labels.
func columns(spokes []spoke) (name, label int) {
	for _, s := range spokes {
		name = max(name, Width(s.name))
		label = max(label, Width(s.label))
	}
	return name, label
}

// The columns of the wheel, from the left: indent, name, blank, label, blank,
// line, joint, line and arrow, box, line, joint, line, blank, label, blank,
// line and arrow, blank, name.
const indent = 2

func (w wheel) boxWidth() int { return len(w.state.String()) + 4 }
func (w wheel) joint() int    { return indent + w.inName + 1 + w.inLabel + 2 }
func (w wheel) boxAt() int    { return w.joint() + 4 }
func (w wheel) fork() int     { return w.boxAt() + w.boxWidth() + 2 }
func (w wheel) width() int    { return w.fork() + 3 + w.outLabel + 4 + 1 + w.outName }

func (w wheel) draw() *canvas {
	height := max(len(w.in), len(w.out), 3)
	c := newCanvas(w.width(), height)
	middle := (height - 1) / 2
	c.box(point{w.boxAt(), middle - 1}, w.boxWidth(), 0, bold, w.state.String())
	w.drawIn(c, middle)
	w.drawOut(c, middle)
	return c
}

// drawIn draws the spokes on the left, their joint and the arrow into the box.
func (w wheel) drawIn(c *canvas, middle int) {
	first := middle - (len(w.in)-1)/2
	for i, s := range w.in {
		y := first + i
		c.text(point{indent, y}, s.name, plain)
		c.text(point{indent + w.inName + 1, y}, s.label, faint)
		c.line(1, s.dashed, point{indent + w.inName + 2 + Width(s.label), y}, point{w.joint(), y})
	}
	c.line(1, false, point{w.joint(), first}, point{w.joint(), first + len(w.in) - 1})
	c.line(1, false, point{w.joint(), middle}, point{w.boxAt() - 1, middle})
	c.head(point{w.boxAt() - 1, middle}, right)
}

// drawOut draws the line out of the box, its fork and the spokes on the right.
func (w wheel) drawOut(c *canvas, middle int) {
	first := middle - (len(w.out)-1)/2
	border := point{w.boxAt() + w.boxWidth() - 1, middle}
	c.leave(border, 2)
	c.line(2, false, border, point{w.fork(), middle})
	c.line(2, false, point{w.fork(), first}, point{w.fork(), first + len(w.out) - 1})
	for i, s := range w.out {
		y := first + i
		end := w.fork() + 3 + w.outLabel + 3
		c.line(2, s.dashed, point{w.fork(), y}, point{w.fork() + 1, y})
		c.text(point{w.fork() + 3, y}, s.label, faint)
		c.line(3, s.dashed, point{w.fork() + 4 + Width(s.label), y}, point{end, y})
		c.head(point{end, y}, right)
		c.text(point{end + 2, y}, s.name, plain)
	}
}

// drawStack is the narrow layout: what leads in above the box, what leads out
// below it.
func drawStack(s tcp.State, in, out []spoke) *canvas {
	inName, inLabel := columns(in)
	outName, outLabel := columns(out)
	boxWidth := len(s.String()) + 4
	width := max(8+inName+inLabel, indent+boxWidth, 11+outLabel+outName)
	top := len(in) + 1
	c := newCanvas(width, top+3+len(out))
	for i, sp := range in {
		c.line(1, sp.dashed, point{4, i}, point{5, i})
		c.text(point{7, i}, sp.name, plain)
		c.text(point{8 + inName, i}, sp.label, faint)
	}
	c.line(1, false, point{4, 0}, point{4, top - 1})
	c.head(point{4, top - 1}, down)
	c.box(point{indent, top}, boxWidth, 0, bold, s.String())
	border := point{4, top + 2}
	c.leave(border, 2)
	c.line(2, false, border, point{4, top + 2 + len(out)})
	for i, sp := range out {
		y := top + 3 + i
		c.line(2, sp.dashed, point{4, y}, point{5, y})
		c.text(point{7, y}, sp.label, faint)
		c.line(3, sp.dashed, point{8 + Width(sp.label), y}, point{8 + outLabel + 1, y})
		c.head(point{8 + outLabel + 1, y}, right)
		c.text(point{8 + outLabel + 3, y}, sp.name, plain)
	}
	return c
}

// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"math"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The smallest size in which the diagram is readable. On smaller screens the states
// are a table.
const (
	diagramWidth  = 80
	diagramHeight = 20
)

// A node is the place of a state: in one of three columns and five rows.
type node struct {
	state    tcp.State
	col, row int
}

// nodes returns the layout of RFC 9293 figure 5: opening above, closing first on the
// left, closing second on the right.
func nodes() []node {
	return []node{
		{tcp.Listen, 0, 0},
		{tcp.SynSent, 2, 0},
		{tcp.SynRecv, 0, 1},
		{tcp.Bound, 1, 1},
		{tcp.Established, 1, 2},
		{tcp.FinWait1, 0, 3},
		{tcp.Closing, 1, 3},
		{tcp.CloseWait, 2, 3},
		{tcp.FinWait2, 0, 4},
		{tcp.TimeWait, 1, 4},
		{tcp.LastAck, 2, 4},
	}
}

// A plan is the layout in cells.
type plan struct {
	x0, y0           int
	box, gap         int // columns
	height, distance int // rows of a box, and from one box to the next
}

func planFor(y0, width, height int) plan {
	p := plan{y0: y0, distance: min(8, max(4, height/5))}
	p.height = min(5, p.distance-1)
	p.gap = min(30, max(10, width/8))
	p.box = min(36, (width-2*p.gap)/3)
	p.gap = min(p.gap+8, (width-3*p.box)/2)
	p.x0 = (width - 3*p.box - 2*p.gap) / 2
	return p
}

func (p plan) left(col int) int   { return p.x0 + col*(p.box+p.gap) }
func (p plan) middle(col int) int { return p.left(col) + p.box/2 }
func (p plan) top(row int) int    { return p.y0 + row*p.distance }
func (p plan) line(row int) int   { return p.top(row) + p.height/2 }
func (p plan) foot(row int) int   { return p.top(row) + p.height - 1 }

// A point is a cell.
type point struct{ x, y int }

// An edge is a transition with its path on the screen, and the place of its rate.
type edge struct {
	from, to tcp.State
	way      []point
	label    point
}

// edges returns the transitions that are drawn. A path begins on or beside the border
// of a box and ends at the cell before another box.
func (p plan) edges() []edge {
	below := func(row int) int { return p.foot(row) + 1 }
	beside := func(col, row int) (from, to, label point) {
		return point{p.left(col) + p.box, p.line(row)}, point{p.left(col+1) - 1, p.line(row)}, point{p.left(col) + p.box + 1, p.line(row) - 1}
	}
	down := func(col, row int) ([]point, point) {
		x := p.middle(col)
		return []point{{x, p.foot(row)}, {x, p.top(row+1) - 1}}, point{x + 2, p.top(row+1) - 1}
	}
	var all []edge
	add := func(from, to tcp.State, label point, way ...point) { all = append(all, edge{from, to, way, label}) }

	a, b, l := beside(0, 0)
	add(tcp.Close, tcp.Listen, l, point{b.x + 1, b.y}, a)
	a, b, l = beside(1, 0)
	add(tcp.Close, tcp.SynSent, l, point{a.x - 1, a.y}, b)
	way, l := down(0, 0)
	add(tcp.Listen, tcp.SynRecv, l, way...)
	way, l = down(1, 0)
	way[0].y = p.line(0) + 1 // CLOSE has no box
	add(tcp.Close, tcp.Bound, l, way...)
	add(tcp.SynSent, tcp.SynRecv, point{p.left(1) + 2, below(0)},
		point{p.middle(2) - 4, p.foot(0)}, point{p.middle(2) - 4, below(0)}, point{p.middle(0) + 8, below(0)}, point{p.middle(0) + 8, p.top(1) - 1})
	add(tcp.SynRecv, tcp.Established, point{p.middle(0) + 2, p.line(2) - 1},
		point{p.middle(0), p.foot(1)}, point{p.middle(0), p.line(2)}, point{p.left(1) - 1, p.line(2)})
	add(tcp.SynSent, tcp.Established, point{p.left(1) + p.box + 2, p.line(2) - 1},
		point{p.middle(2), p.foot(0)}, point{p.middle(2), p.line(2)}, point{p.left(1) + p.box, p.line(2)})
	add(tcp.Established, tcp.FinWait1, point{p.middle(0) + 2, below(2)},
		point{p.left(1) + 4, p.foot(2)}, point{p.left(1) + 4, below(2)}, point{p.middle(0), below(2)}, point{p.middle(0), p.top(3) - 1})
	add(tcp.Established, tcp.CloseWait, point{p.left(1) + p.box + 2, below(2)},
		point{p.left(1) + p.box - 5, p.foot(2)}, point{p.left(1) + p.box - 5, below(2)}, point{p.middle(2), below(2)}, point{p.middle(2), p.top(3) - 1})
	a, b, l = beside(0, 3)
	add(tcp.FinWait1, tcp.Closing, l, a, b)
	way, l = down(0, 3)
	add(tcp.FinWait1, tcp.FinWait2, l, way...)
	way, l = down(1, 3)
	add(tcp.Closing, tcp.TimeWait, l, way...)
	way, l = down(2, 3)
	add(tcp.CloseWait, tcp.LastAck, l, way...)
	a, b, l = beside(0, 4)
	add(tcp.FinWait2, tcp.TimeWait, l, a, b)
	return append(all, p.ends()...)
}

// ends returns the two transitions to CLOSE, which is drawn a second time between
// them.
func (p plan) ends() []edge {
	y, left, right := p.line(4), p.left(1)+p.box, p.left(2)-1
	word := p.closeAgain()
	return []edge{
		{tcp.TimeWait, tcp.Close, []point{{left, y}, {word - 1, y}}, point{left + 1, y - 1}},
		{tcp.LastAck, tcp.Close, []point{{right, y}, {word + 5, y}}, point{-1, 0}},
	}
}

// closeAgain returns the column of the second CLOSE, at the foot.
func (p plan) closeAgain() int { return p.left(1) + p.box + (p.gap-5)/2 }

// The four directions in which a line can leave a cell, as bits.
const (
	up uint8 = 1 << iota
	right
	down
	left
)

// lineRunes are indexed by thickness (thin, thick, double) and by the set of
// directions.
var lineRunes = [3][16]rune{
	{' ', '│', '─', '╰', '│', '│', '╭', '├', '─', '╯', '─', '┴', '╮', '┤', '┬', '┼'},
	{' ', '┃', '━', '┗', '┃', '┃', '┏', '┣', '━', '┛', '━', '┻', '┓', '┫', '┳', '╋'},
	{' ', '║', '═', '╚', '║', '║', '╔', '╠', '═', '╝', '═', '╩', '╗', '╣', '╦', '╬'},
}

// A wire is the set of lines in a cell.
type wire struct {
	directions uint8
	weight     int
	ink        ink
}

// weight returns the thickness of an edge: one step more for each factor of about 30
// in the rate.
func weight(perSecond float64) int {
	if perSecond <= 0 {
		return 0
	}
	return max(0, min(2, int(math.Log10(perSecond)/1.5)))
}

// flow is the rate of an edge per second; known is false without a trace.
type flow struct {
	perSecond float64
	known     bool
}

// drawDiagram draws the states and the transitions between them.
func (m *model) drawDiagram(c *canvas, y, height int) {
	p := planFor(y, c.width, height)
	wires := map[point]wire{}
	all := p.edges()
	for i := range all {
		trail(wires, &all[i], m.flow(all[i].from, all[i].to))
	}
	for at, w := range wires {
		c.put(at.x, at.y, 1, w.ink, w.shown())
	}
	for i := range all {
		m.drawHead(c, &all[i])
	}
	closed := tcp.Close.String()
	c.put(p.middle(1)-len(closed)/2, p.line(0), len(closed), faint, closed)
	c.put(p.closeAgain(), p.line(4), len(closed), faint, closed)
	m.nodesAt = m.nodesAt[:0]
	for _, n := range nodes() {
		m.drawNode(c, p, n)
		m.drawLoss(c, p, n)
	}
	m.drawLegend(c, p)
}

// trail draws an edge into the cells. Where two edges meet both stay visible.
func trail(wires map[point]wire, e *edge, f flow) {
	with := faint
	if f.known && f.perSecond > 0 {
		with = lead
	}
	mark := func(at point, d uint8) {
		w := wires[at]
		w.directions |= d
		if t := weight(f.perSecond); t > w.weight {
			w.weight = t
		}
		if w.ink != lead {
			w.ink = with
		}
		wires[at] = w
	}
	for i := 1; i < len(e.way); i++ {
		for at := e.way[i-1]; at != e.way[i]; {
			next, out, in := step(at, e.way[i])
			mark(at, out)
			mark(next, in)
			at = next
		}
	}
}

// step returns the cell next to at on the way to goal.
func step(at, goal point) (next point, out, in uint8) {
	switch {
	case goal.x > at.x:
		return point{at.x + 1, at.y}, right, left
	case goal.x < at.x:
		return point{at.x - 1, at.y}, left, right
	case goal.y > at.y:
		return point{at.x, at.y + 1}, down, up
	default:
		return point{at.x, at.y - 1}, up, down
	}
}

func (w wire) shown() string {
	return string(lineRunes[w.weight][w.directions])
}

// drawHead draws the arrow at the end of an edge, and its rate.
func (m *model) drawHead(c *canvas, e *edge) {
	f := m.flow(e.from, e.to)
	with := faint
	if f.known && f.perSecond > 0 {
		with = lead
	}
	end := e.way[len(e.way)-1]
	head := "▼"
	if len(e.way) > 1 {
		switch before := e.way[len(e.way)-2]; {
		case before.x < end.x:
			head = "►"
		case before.x > end.x:
			head = "◄"
		}
	}
	c.put(end.x, end.y, 1, with, head)
	if f.known && f.perSecond > 0 && e.label.x >= 0 {
		c.put(e.label.x, e.label.y, 9, lead, rate(f.perSecond)+"/s")
	}
}

// drawNode draws a state: its count, the change of the count, and the last minute.
func (m *model) drawNode(c *canvas, p plan, n node) {
	x, y := p.left(n.col), p.top(n.row)
	here := m.state() == n.state
	count, known := m.count(n.state)
	with := bold
	switch {
	case here:
		with = chosen
	case known && count == 0:
		with = faint
	}
	frame(c, x, y, p.box, p.height, with)
	name := " " + n.state.String() + " "
	if here {
		name = "▶" + n.state.String() + " "
	}
	c.put(x+1, y, p.box-2, with, name)
	m.drawCount(c, x, y+1, p.box, n.state)
	foot := y + p.height - 1
	if p.height >= 4 {
		foot--
	}
	c.right(x+p.box-2, foot, good, m.spark(n.state, p.box-4))
	if p.height >= 5 {
		c.put(x+2, y+2, p.box-4, faint, fit(m.stay(n.state), p.box-4))
	}
	m.nodesAt = append(m.nodesAt, area{x, y, p.box, p.height, n.state})
}

// An area is where a state is on the screen, for the mouse.
type area struct {
	x, y, width, height int
	state               tcp.State
}

func frame(c *canvas, x, y, width, height int, with ink) {
	if with == chosen {
		with = bold
	}
	for i := 1; i < width-1; i++ {
		c.put(x+i, y, 1, with, "─")
		c.put(x+i, y+height-1, 1, with, "─")
	}
	for j := 1; j < height-1; j++ {
		c.put(x, y+j, 1, with, "│")
		c.put(x+width-1, y+j, 1, with, "│")
	}
	c.put(x, y, 1, with, "╭")
	c.put(x+width-1, y, 1, with, "╮")
	c.put(x, y+height-1, 1, with, "╰")
	c.put(x+width-1, y+height-1, 1, with, "╯")
}

// drawCount writes the numbers of a state in the chosen mode: counts or shares.
func (m *model) drawCount(c *canvas, x, y, width int, s tcp.State) {
	a := m.amountOf(s)
	with := bold
	if a.none {
		with = faint
	}
	at := c.put(x+2, y, width-4, with, a.text)
	if at+1+render.Width(a.more) <= x+width-1 {
		c.right(x+width-2, y, a.ink, a.more)
	}
}

// An amount is the number of sockets in a state as text, with a remark.
type amount struct {
	text, more string
	ink        ink  // style of the remark
	none       bool // no sockets, as far as known
}

// amountOf returns the number of sockets in a state. The remark is the growth per
// second; for an estimate it is the error; for a state too rare to be estimated it is
// when it was counted.
func (m *model) amountOf(s tcp.State) amount {
	now, ok := m.shown()
	if !ok {
		return amount{text: render0}
	}
	n := now.counts[s]
	a := amount{text: knowledge.Grouped(n), more: change(m.net(s)), ink: good, none: n == 0 && !now.estimated(s)}
	if m.net(s) < 0 {
		a.ink = lead
	}
	switch {
	case now.unknown.Has(s):
		return amount{text: render.UnknownText, none: true, ink: faint}
	case now.past && now.oneIn > 0:
		a.text = "~" + about(n)
	case now.old.Has(s):
		a.more, a.ink = fmt.Sprintf(m.say("%s ago", "%s前"), ago(now.at.Sub(now.whole))), faint
	case now.estimated(s) && n == 0:
		a.text, a.more = m.sign("≤", "<=")+about(uint64(now.spread[s])), ""
	case now.estimated(s):
		a.text, a.ink = "~"+about(n), faint
		a.more = fmt.Sprintf("%s%.1f %%", m.sign("±", "+-"), 100*float64(now.spread[s])/float64(n))
	}
	if m.shares {
		a.text = fmt.Sprintf("%.1f %%", 100*m.share(n))
		if now.estimated(s) {
			a.text = "~" + a.text
		}
	}
	return a
}

// sign returns text, or its substitute if the screen has ASCII only.
func (m *model) sign(text, ascii string) string {
	if m.o.ASCII {
		return ascii
	}
	return text
}

// render0 stands for a count before the first look.
const render0 = "…"

// drawLoss writes, beside a state, how many connections per second leave it without
// an orderly end, if the trace sees them.
func (m *model) drawLoss(c *canvas, p plan, n node) {
	f := m.lost(n.state)
	if !f.known || f.perSecond <= 0 {
		return
	}
	text := "╌✗" + rate(f.perSecond) + "/s"
	y := p.line(n.row) + 1
	if n.col == 2 {
		c.right(p.left(2), y, warn, text)
		return
	}
	c.put(p.left(n.col)+p.box, y, p.gap, warn, text)
}

// drawLegend writes, beside BOUND, what the edges mean.
func (m *model) drawLegend(c *canvas, p plan) {
	x := p.left(1) + p.box + 1
	width := p.middle(2) - x - 1
	for i, l := range render.Wrap(m.legend(), width) {
		if i < p.distance-1 {
			c.put(x, p.top(1)+i, width, faint, l)
		}
	}
}

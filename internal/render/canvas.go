// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// point is a cell of a canvas: column and row, from 0.
type point struct{ x, y int }

// The four directions in which a line leaves a cell.
const (
	up uint8 = 1 << iota
	right
	down
	left
)

// cell is one column of one row. A wide character occupies two cells; the second has no rune
// and is marked as taken.
type cell struct {
	lines  uint8 // directions
	dashed bool
	owner  int // who drew the lines; only lines of one owner are joined
	char   rune
	taken  bool
	style  style
}

// canvas is a drawing of lines and text. Lines of one owner that meet are joined.
// Anything else that meets is a collision, a bug of the layout: it is recorded for
// the tests, and the drawing continues.
type canvas struct {
	width      int
	rows       [][]cell
	collisions []string
}

func newCanvas(width, height int) *canvas {
	c := &canvas{width: width, rows: make([][]cell, height)}
	for y := range c.rows {
		c.rows[y] = make([]cell, width)
	}
	return c
}

// at returns the cell at p; a dummy cell if p is outside.
func (c *canvas) at(p point) *cell {
	if p.y < 0 || p.y >= len(c.rows) || p.x < 0 || p.x >= c.width {
		c.collide(p, "outside")
		return &cell{}
	}
	return &c.rows[p.y][p.x]
}

func (c *canvas) collide(p point, what string) {
	c.collisions = append(c.collisions, fmt.Sprintf("%s at column %d, row %d", what, p.x, p.y))
}

// line draws lines through the points; neighbours differ in one coordinate.
func (c *canvas) line(owner int, dashed bool, points ...point) {
	for i := 1; i < len(points); i++ {
		for p := points[i-1]; p != points[i]; {
			next, out, in := step(p, points[i])
			c.mark(p, owner, out, dashed)
			c.mark(next, owner, in, dashed)
			p = next
		}
	}
}

// step returns the neighbour of p towards goal, and the directions in which
// the line leaves p and enters the neighbour.
func step(p, goal point) (next point, out, in uint8) {
	switch {
	case goal.x > p.x:
		return point{p.x + 1, p.y}, right, left
	case goal.x < p.x:
		return point{p.x - 1, p.y}, left, right
	case goal.y > p.y:
		return point{p.x, p.y + 1}, down, up
	default:
		return point{p.x, p.y - 1}, up, down
	}
}

func (c *canvas) mark(p point, owner int, direction uint8, dashed bool) {
	at := c.at(p)
	if at.taken || at.lines != 0 && at.owner != owner {
		c.collide(p, "line")
	}
	if at.lines == 0 {
		at.dashed = dashed
	}
	at.lines |= direction
	at.owner = owner
}

// leave lets a line of another owner start at p, which lies on a border.
func (c *canvas) leave(p point, owner int) { c.at(p).owner = owner }

// text writes s from p to the right.
func (c *canvas) text(p point, s string, st style) {
	for _, r := range s {
		for i := range max(1, displaywidth.Rune(r)) {
			at := c.at(point{p.x + i, p.y})
			if at.taken || at.lines != 0 {
				c.collide(p, "text "+s)
			}
			*at = cell{taken: true, style: st}
			if i == 0 {
				at.char = r
			}
		}
		p.x += max(1, displaywidth.Rune(r))
	}
}

// head puts an arrow head on the end of a line.
func (c *canvas) head(p point, direction uint8) {
	at := c.at(p)
	at.lines, at.taken = 0, true
	switch direction {
	case up:
		at.char = '▲'
	case right:
		at.char = '►'
	case down:
		at.char = '▼'
	default:
		at.char = '◄'
	}
}

// box draws a frame with lines of text centred in it.
func (c *canvas) box(corner point, width, owner int, st style, content ...string) {
	far := point{corner.x + width - 1, corner.y + len(content) + 1}
	c.line(owner, false, corner, point{far.x, corner.y}, far, point{corner.x, far.y}, corner)
	for i, s := range content {
		x := corner.x + (width-Width(s)+1)/2
		c.text(point{x, corner.y + 1 + i}, s, st)
	}
}

// string returns the drawing, each row without blanks at its end.
func (c *canvas) string(o Options) string {
	var b strings.Builder
	for _, row := range c.rows {
		b.WriteString(strings.TrimRight(c.row(row, o), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

func (c *canvas) row(row []cell, o Options) string {
	var b strings.Builder
	last := 0
	for x, at := range row {
		if at.taken || at.lines != 0 {
			last = x + 1
		}
	}
	current := plain
	for _, at := range row[:last] {
		if o.Colour && at.style != current {
			b.WriteString(sgr(plain))
			if at.style != plain {
				b.WriteString(sgr(at.style))
			}
			current = at.style
		}
		if r := at.rune(o.ASCII); r != 0 {
			b.WriteRune(r)
		}
	}
	if current != plain {
		b.WriteString(sgr(plain))
	}
	return b.String()
}

// rune returns what the cell shows, 0 for the second half of a wide character.
func (at cell) rune(ascii bool) rune {
	switch {
	case at.taken && ascii:
		return asciiRune(at.char)
	case at.taken:
		return at.char
	case at.lines == 0:
		return ' '
	}
	r := lineRune(at.lines)
	if at.dashed && r == '─' {
		r = '┄'
	}
	if at.dashed && r == '│' {
		r = '┆'
	}
	if ascii {
		return asciiRune(r)
	}
	return r
}

func lineRune(directions uint8) rune {
	const runes = " │─└││┌├─┘─┴┐┤┬┼" // indexed by the set of directions
	i := uint8(0)
	for _, r := range runes {
		if i == directions {
			return r
		}
		i++
	}
	return ' '
}

// asciiRune replaces the characters of a drawing; text is left alone.
func asciiRune(r rune) rune {
	switch r {
	case '│':
		return '|'
	case '─':
		return '-'
	case '┄':
		return '.'
	case '┆':
		return ':'
	case '└', '┌', '├', '┘', '┴', '┐', '┤', '┬', '┼':
		return '+'
	case '▲':
		return '^'
	case '►':
		return '>'
	case '▼':
		return 'v'
	case '◄':
		return '<'
	case '•':
		return '*'
	default:
		return r
	}
}

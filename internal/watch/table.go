// SPDX-License-Identifier: Apache-2.0

package watch

import "github.com/tcpvitals/tcpvitals/internal/render"

// A column of a table. Numbers are right-aligned. The first column takes the
// remaining width. If the screen is too narrow, the last columns are left out.
type column struct {
	title string
	right bool
}

// A row of a table.
type row struct {
	key   string // identifies the row in other samples
	cells []string
	ink   ink      // colour of the last cell
	topic string   // page that explains the row
	drill []string // conditions that together choose the sockets of the row; none if a filter cannot choose them
}

// A table makes its rows when they are drawn, because there may be a million.
type table struct {
	columns []column
	count   int
	row     func(i int) row
	empty   string // text if there are no rows
	note    string // text below the rows
	// expendable are the columns that a narrow screen leaves out, the first one first;
	// nil for the usual order.
	expendable []int
	// least is how much of the first column a narrow screen keeps before it leaves out
	// columns; 0 for leastFirst.
	least int
}

// leastFirst is the width of a first column that still tells rows apart.
const leastFirst = 12

// A place is the position of the cursor in a table.
type place struct {
	cursor, top int
	key         string // key of the row under the cursor
}

// keep moves the place so that the cursor is on an existing row and on the screen.
func (p *place) keep(count, height int) {
	p.cursor = max(0, min(p.cursor, count-1))
	p.top = max(0, min(p.top, p.cursor, count-1))
	if height > 0 && p.cursor >= p.top+height {
		p.top = p.cursor - height + 1
	}
	p.top = max(0, min(p.top, count-height))
}

// follow finds the row that was under the cursor, if it is still near.
func (p *place) follow(t *table) {
	if p.key == "" || t.count == 0 {
		return
	}
	const near = 200
	for d := range near {
		for _, i := range []int{p.cursor + d, p.cursor - d} {
			if i >= 0 && i < t.count && t.row(i).key == p.key {
				p.cursor = i
				return
			}
		}
	}
}

// draw draws a table with its cursor into height rows from row y on.
func (t *table) draw(c *canvas, y, height int, p *place) {
	if t.count == 0 {
		for i, l := range render.Wrap(t.empty, max(10, c.width-4)) {
			if i+1 < height {
				c.put(2, y+1+i, c.width-2, faint, l)
			}
		}
		return
	}
	body := height - 1
	if t.note != "" {
		body--
		c.put(1, y+height-1, c.width-1, faint, fit(t.note, c.width-2))
	}
	p.keep(t.count, body)
	shown := make([]row, 0, max(0, body))
	for i := p.top; i < t.count && len(shown) < body; i++ {
		shown = append(shown, t.row(i))
	}
	widths := t.widths(shown, c.width)
	t.header(c, y, widths)
	for i := range shown {
		t.line(c, y+1+i, widths, &shown[i], p.top+i == p.cursor)
	}
	if p.cursor-p.top < len(shown) && p.cursor >= p.top {
		p.key = shown[p.cursor-p.top].key
	}
}

// widths returns the width of each column: that of its widest cell. If the screen is
// too narrow it leaves out columns, which then have width 0.
func (t *table) widths(shown []row, width int) []int {
	widths := make([]int, len(t.columns))
	for i := range t.columns {
		widths[i] = render.Width(t.columns[i].title)
		for _, r := range shown {
			if i < len(r.cells) {
				widths[i] = max(widths[i], render.Width(fit(r.cells[i], width)))
			}
		}
	}
	least := max(t.least, leastFirst)
	for _, drop := range t.leaves() {
		if sum(widths[1:])+min(widths[0], least) <= width-1 {
			break
		}
		widths[drop] = 0
	}
	widths[0] = max(1, min(widths[0], width-1-sum(widths[1:])))
	return widths
}

// leaves returns the order in which columns are left out: from the last but one to the
// second, unless the table has its own.
func (t *table) leaves() []int {
	if t.expendable != nil {
		return t.expendable
	}
	var order []int
	for i := len(t.columns) - 2; i > 0; i-- {
		order = append(order, i)
	}
	return order
}

// sum returns the width of several columns, each with two blanks before it.
func sum(widths []int) (n int) {
	for _, w := range widths {
		if w > 0 {
			n += w + 2
		}
	}
	return n + 2 // the mark before the first column
}

func (t *table) header(c *canvas, y int, widths []int) {
	x := 2
	for i, col := range t.columns {
		if widths[i] == 0 {
			continue
		}
		if i > 0 {
			x += 2
		}
		if col.right {
			c.right(x+widths[i], y, faint, fit(col.title, widths[i]))
		} else {
			c.put(x, y, widths[i], faint, fit(col.title, widths[i]))
		}
		x += widths[i]
	}
}

func (t *table) line(c *canvas, y int, widths []int, r *row, here bool) {
	x := 2
	for i, text := range r.cells {
		if widths[i] == 0 {
			continue
		}
		if i > 0 {
			x += 2
		}
		with := plain
		if i == len(r.cells)-1 {
			with = r.ink
		}
		if t.columns[i].right {
			c.right(x+widths[i], y, with, fit(text, widths[i]))
		} else {
			c.put(x, y, widths[i], with, fit(text, widths[i]))
		}
		x += widths[i]
	}
	if here {
		c.row(y, chosen)
		c.put(0, y, 1, chosen, "▶")
	}
}

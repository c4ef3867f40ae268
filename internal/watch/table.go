// SPDX-License-Identifier: Apache-2.0

package watch

import "github.com/tcpvitals/tcpvitals/internal/render"

// A column of a table. Numbers stand to the right. The first column takes what
// room is left; of the others, the last go first where there is none.
type column struct {
	title string
	right bool
}

// A row of a table.
type row struct {
	key   string // the same row in another sample has the same
	cells []string
	ink   ink      // of the last cell
	topic string   // what explains it
	drill []string // conditions that together choose what it stands for; none where that cannot be said
}

// A table makes its rows when they are to be shown: there may be a million.
type table struct {
	columns []column
	count   int
	row     func(i int) row
	empty   string // what is said when there are none
	note    string // what is said below the rows
}

// A place is where somebody is in a table.
type place struct {
	cursor, top int
	key         string // of the row under the cursor
}

// keep moves the place so that the cursor is on a row, and on the screen.
func (p *place) keep(count, height int) {
	p.cursor = max(0, min(p.cursor, count-1))
	p.top = max(0, min(p.top, p.cursor, count-1))
	if height > 0 && p.cursor >= p.top+height {
		p.top = p.cursor - height + 1
	}
	p.top = max(0, min(p.top, count-height))
}

// follow finds the row that was under the cursor where it is now, if it is near.
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

// draw draws a table from the row y on, into so many rows, and the place in it.
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

// widths gives each column what its widest cell takes, and leaves out columns
// from the end of the numbers on where the screen is too narrow. A column of
// width 0 is not shown.
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
	const least = 12 // of the first
	last := len(widths) - 1
	for drop := last - 1; drop > 0 && sum(widths[1:])+min(widths[0], least) > width-1; drop-- {
		widths[drop] = 0
	}
	widths[0] = max(1, min(widths[0], width-1-sum(widths[1:])))
	return widths
}

// sum is what columns take together, each with two blanks before it.
func sum(widths []int) (n int) {
	for _, w := range widths {
		if w > 0 {
			n += w + 2
		}
	}
	return n + 2 // the mark before the first
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

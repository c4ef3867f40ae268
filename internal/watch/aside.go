// SPDX-License-Identifier: Apache-2.0

package watch

import "cmp"

// The least width of a screen that has a page beside its rows, and the width of that
// page.
const (
	wideWidth  = 160
	asideWidth = 72
)

// wide reports whether a screen has room for rows and a page beside them.
func wide(width int) bool { return width >= wideWidth }

// An asideText is a page laid out for the room beside the rows. It is kept, because
// it is drawn with every frame.
type asideText struct {
	topic string
	width int
	lines []string
}

// drawRows draws the rows of a screen, and on a wide one beside them what is known
// about the row under the cursor.
func (m *model) drawRows(c *canvas, y, height int) {
	t, p := m.table(), &m.places[m.screen]
	room := 0
	switch {
	case !wide(c.width) || t.count == 0:
	case m.page != nil:
		room = pageWidth
	default:
		room = asideWidth
	}
	if room == 0 {
		t.draw(c, y, height, p)
		return
	}
	rows := newCanvas(c.width-room-1, c.height)
	t.draw(rows, y, height, p)
	c.paste(rows)
	if m.page == nil {
		m.drawAside(c, c.width-room, y, height)
	}
}

// paste copies a canvas of the same height and no more width to the left side.
func (c *canvas) paste(from *canvas) {
	for y := range c.height {
		copy(c.cellsOf(y), from.cellsOf(y))
	}
}

// drawAside draws what is known about the row under the cursor: its page, and before
// it, of a finding, what was found.
func (m *model) drawAside(c *canvas, x, y, height int) {
	r, ok := m.here()
	if !ok {
		return
	}
	width := c.width - x - 3
	lines := m.asideOf(&r, width)
	if len(lines) == 0 {
		return
	}
	for i := range height {
		c.put(x, y+i, 1, faint, "│")
	}
	with := bold
	for i, l := range lines {
		if i+1 == height && i+1 < len(lines) {
			c.put(x+2, y+i, width, faint, m.say("? all of it", "? 全文"))
			return
		}
		c.put(x+2, y+i, width, with, l)
		with = plain
	}
}

func (m *model) asideOf(r *row, width int) (lines []string) {
	p, ok := m.about(cmp.Or(r.topic, m.subject()))
	if !ok {
		return nil
	}
	if m.beside.topic != p.title || m.beside.width != width {
		m.beside = asideText{p.title, width, p.text(width)}
	}
	if m.screen == findings && !m.paused {
		if f, ok := m.findingHere(); ok {
			lines = append(m.told(&f, width), "")
		}
	}
	return append(lines, m.beside.lines...)
}

// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// A paper is the terminal's file, on which frames are drawn at once, and only what has
// changed of them. The library draws at ticks: what a key does would be seen half a
// tick later on average, and each tick wakes the program up.
//
// The library still writes all that is not a frame: it opens and leaves the alternate
// screen, and asks for the mouse. What it writes goes through Write, which sees
// whether the screen is open.
type paper struct {
	*os.File

	manner manner

	mu    sync.Mutex
	open  bool    // the alternate screen is on
	drawn *canvas // what the terminal shows; nil if unknown
	next  *canvas // the newest frame
	buf   bytes.Buffer
}

// Sequences that open and leave the alternate screen (xterm's ctlseqs, DECSET 1049).
const (
	opens  = "\x1b[?1049h"
	leaves = "\x1b[?1049l"
)

// Write passes on what the library writes. If the screen is open then, the frame is
// drawn anew, for the library may have cleared it.
func (p *paper) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.File.Write(text)
	if err != nil {
		return n, err
	}
	if on, off := bytes.LastIndex(text, []byte(opens)), bytes.LastIndex(text, []byte(leaves)); on != off {
		p.open = on > off
	}
	p.drawn = nil
	p.flush()
	return n, nil
}

// use draws in another manner from now on.
func (p *paper) use(m manner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.manner, p.drawn = m, nil
	p.flush()
}

// draw shows a frame. Until the screen is open it is kept.
func (p *paper) draw(c *canvas) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = c
	p.flush()
}

// flush writes what has changed since the frame that is on the screen. The cursor is
// put back, because the library believes to know where it is (DECSC, DECRC).
func (p *paper) flush() {
	if !p.open || p.next == nil {
		return
	}
	p.buf.Reset()
	p.next.changes(&p.buf, p.drawn, p.manner)
	p.drawn = p.next
	if p.buf.Len() == 0 {
		return
	}
	_, _ = io.WriteString(p.File, "\x1b7"+p.buf.String()+"\x1b8") // a terminal that has gone ends the reading of keys
}

// gap is how many unchanged cells are written again rather than skipped: moving the
// cursor takes as many bytes.
const gap = 8

// changes writes the cells that are not as in the frame before, nil if nothing is
// known of the screen.
func (c *canvas) changes(b *bytes.Buffer, before *canvas, m manner) {
	if before == nil || before.width != c.width || before.height != c.height {
		for y := range c.height {
			fmt.Fprintf(b, "\x1b[%dH\x1b[K%s", y+1, line(c.cellsOf(y), m))
		}
		return
	}
	for y := range c.height {
		now, was := c.cellsOf(y), before.cellsOf(y)
		for x := 0; x < len(now); {
			if now[x] == was[x] {
				x++
				continue
			}
			from, to := whole(now, was, x), x+1
			for i := to; i < len(now) && i < to+gap; i++ {
				if now[i] != was[i] {
					to = i + 1
				}
			}
			for to < len(now) && (now[to].behind || was[to].behind) {
				to++
			}
			fmt.Fprintf(b, "\x1b[%d;%dH%s", y+1, from+1, span(now[from:to], m))
			x = to
		}
	}
}

// whole returns where a change begins: at the first half of a wide character.
func whole(now, was []cell, x int) int {
	for x > 0 && (now[x].behind || was[x].behind) {
		x--
	}
	return x
}

// span returns cells as text, with the blanks at their end.
func span(cells []cell, m manner) string {
	text := line(cells, m)
	blanks := 0
	for i := len(cells) - 1; i >= 0 && blankEnd(cells[i]); i-- {
		blanks++
	}
	return text + strings.Repeat(" ", blanks)
}

// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"strings"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// An ink is the style of a cell. Its colours are among the sixteen that the user's
// own palette defines, so they are readable on light and on dark backgrounds.
type ink uint8

const (
	plain  ink = iota
	faint      // less important
	bold       // more important
	good       // green
	warn       // yellow
	bad        // red
	lead       // cyan: a link
	chosen     // the row or state under the cursor
)

// sgr returns the escape sequence (ECMA-48 SGR) that switches to an ink. Without
// colour only bold and reverse remain, which are not colours.
func (i ink) sgr(m manner) string {
	switch {
	case i == bold:
		return "\x1b[1m"
	case i == chosen:
		return "\x1b[7m"
	case i == plain || !m.colour:
		return ""
	}
	switch {
	case i == faint:
		return "\x1b[2m"
	case m.light:
		return i.onLight()
	}
	switch i {
	case good:
		return "\x1b[32m"
	case warn:
		return "\x1b[33m"
	case bad:
		return "\x1b[1;31m"
	default:
		return "\x1b[36m"
	}
}

// onLight returns the sequence for a light background. Green, yellow and cyan of many
// palettes cannot be read there: on white, xterm's have a contrast of 2 to 1 or less.
func (i ink) onLight() string {
	switch i {
	case good:
		return ""
	case warn:
		return "\x1b[35m"
	case bad:
		return "\x1b[1;31m"
	default:
		return "\x1b[34m"
	}
}

// A cell is one column of one row: a character with its combining marks. A wide
// character is followed by a cell marked behind.
type cell struct {
	text   string // "" is a blank
	ink    ink
	behind bool
}

// A canvas is the content of a screen. What does not fit is cut off.
type canvas struct {
	width, height int
	cells         []cell
}

func newCanvas(width, height int) *canvas {
	return &canvas{width: width, height: height, cells: make([]cell, width*height)}
}

// put writes text from a cell to the right, at most limit columns, and returns the
// column after it. The text stays in its row, whatever it contains.
func (c *canvas) put(x, y, limit int, with ink, text string) int {
	end := min(x+max(0, limit), c.width)
	if y < 0 || y >= c.height || x < 0 {
		return x
	}
	row := c.cells[y*c.width : (y+1)*c.width]
	for _, r := range visible.Text(text) {
		wide := columns(r)
		switch {
		case wide == 0:
			join(row[:x], r)
			continue
		case x+wide > end:
			return x
		}
		free(row, x)
		row[x] = cell{text: string(r), ink: with}
		if wide == 2 {
			free(row, x+1)
			row[x+1] = cell{ink: with, behind: true}
		}
		x += wide
	}
	return x
}

// free clears both cells of a wide character of which one half is at x.
func free(row []cell, x int) {
	if row[x].behind && x > 0 {
		row[x-1] = cell{ink: row[x-1].ink}
	}
	if x+1 < len(row) && row[x+1].behind {
		row[x+1] = cell{ink: row[x+1].ink}
	}
}

// join adds a combining mark to the last character of a row.
func join(row []cell, r rune) {
	at := len(row) - 1
	if at > 0 && row[at].behind {
		at--
	}
	if at >= 0 {
		row[at].text += string(r)
	}
}

// columns returns how many columns a character takes.
func columns(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	return min(2, render.Width(string(r)))
}

// fit shortens text to a number of columns and marks where it was cut.
func fit(text string, width int) string {
	text = visible.Text(text)
	if render.Width(text) <= width {
		return text
	}
	var b strings.Builder
	used := 0
	for _, r := range text {
		wide := columns(r)
		if used+wide > width-1 {
			break
		}
		b.WriteRune(r)
		used += wide
	}
	if width > 0 {
		b.WriteString("…")
	}
	return b.String()
}

// right writes text so that it ends before the column x.
func (c *canvas) right(x, y int, with ink, text string) {
	text = visible.Text(text)
	from := max(0, x-render.Width(text))
	c.put(from, y, x-from, with, text)
}

func (c *canvas) cellsOf(y int) []cell { return c.cells[y*c.width : (y+1)*c.width] }

// row sets the style of a whole row.
func (c *canvas) row(y int, with ink) {
	if y < 0 || y >= c.height {
		return
	}
	for x := range c.width {
		c.cells[y*c.width+x].ink = with
	}
}

// A manner tells what the terminal can show: colours, and characters other than
// ASCII.
type manner struct{ colour, ascii, light bool }

// lines returns the rows as text, without blanks at their ends.
func (c *canvas) lines(m manner) []string {
	all := make([]string, c.height)
	for y := range all {
		all[y] = line(c.cellsOf(y), m)
	}
	return all
}

// blankEnd reports whether a cell is left out at the end of a row.
func blankEnd(at cell) bool { return at.text == "" && !at.behind && at.ink != chosen }

func line(row []cell, m manner) string {
	last := len(row)
	for last > 0 && blankEnd(row[last-1]) {
		last--
	}
	var b strings.Builder
	now := ""
	for _, at := range row[:last] {
		if at.behind && !m.ascii {
			continue
		}
		if want := at.ink.sgr(m); want != now {
			if now != "" {
				b.WriteString("\x1b[0m")
			}
			b.WriteString(want)
			now = want
		}
		b.WriteString(at.shown(m.ascii))
	}
	if now != "" {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// shown returns the character of a cell. In ASCII mode a character without a
// substitute becomes one question mark per column, so that the text after it keeps
// its place.
func (at cell) shown(ascii bool) string {
	switch {
	case at.text == "" && !at.behind:
		return " "
	case !ascii:
		return at.text
	case at.behind:
		return "?"
	}
	r, _ := utf8.DecodeRuneInString(at.text)
	if r < utf8.RuneSelf {
		return string(r)
	}
	if strings.ContainsRune(heights, r) {
		return asciiHeights[heightOf(r) : heightOf(r)+1]
	}
	if i := strings.IndexRune(drawn, r); i >= 0 {
		return asciiDrawn[utf8.RuneCountInString(drawn[:i]) : utf8.RuneCountInString(drawn[:i])+1]
	}
	if text := render.ASCII(at.text); len(text) == 1 {
		return text
	}
	return "?"
}

// Characters that are drawn here and unknown to render, or longer there than a cell,
// and their ASCII substitutes.
const (
	drawn      = "╭╮╰╯═║╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋╎✗●○╌…"
	asciiDrawn = "++++=|++++++++++++++++++:x*o.."
)

// heights are characters that fill an eighth to all of a cell.
const (
	heights      = "▁▂▃▄▅▆▇█"
	asciiHeights = "_.,-=+*#"
)

func heightOf(r rune) int { return int(r - '▁') }

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The columns of a ladder: margin, kernel's state, arrow, peer's state, time.
const (
	ladderMargin = 2
	stateColumn  = 13
	timeColumn   = 9
	widestArrow  = 46
)

// Ladder draws a lab scenario as a ladder diagram: each segment is an arrow between
// the two ends, with their states after it was sent and received. Calls are on the
// side of the end that made them.
func Ladder(events []*record.Event, o Options) string {
	l := newLadder(events, o)
	d := ladderDrawing{o: o, ladder: l, arrow: widestArrow}
	fixed := ladderMargin + 2*stateColumn + 2
	d.times = o.width() >= fixed+24+timeColumn
	if d.times {
		fixed += timeColumn
	}
	d.arrow = max(min(o.width()-fixed, widestArrow), 10)
	d.head()
	for _, r := range l.rungs {
		d.rung(r)
	}
	return d.b.String()
}

type ladderDrawing struct {
	b      strings.Builder
	o      Options
	ladder ladder
	arrow  int // columns
	times  bool
}

// line writes one line from its columns. Colour sequences do not count as width.
func (d *ladderDrawing) line(left, middle, right, time string, st style) {
	text := strings.Repeat(" ", ladderMargin) + Pad(left, stateColumn) + Pad(middle, d.arrow) + " " + Pad(right, stateColumn)
	if d.times && time != "" {
		text = Pad(text, ladderMargin+2*stateColumn+1+d.arrow) + strings.Repeat(" ", max(0, timeColumn-Width(time))) + time
	}
	d.b.WriteString(d.o.in(st, strings.TrimRight(text, " ")) + "\n")
}

func (d *ladderDrawing) head() {
	d.line(endText(record.Kernel).In(d.o.Lang), "", endText(record.Peer).In(d.o.Lang), "", bold)
}

func (d *ladderDrawing) rung(r rung) {
	switch r.kind {
	case rungSegment, rungHandshake:
		d.segment(r)
	case rungCall:
		d.call(r)
	case rungRemark:
		d.states(r)
		d.text(d.sign("·", "*")+" "+r.label, plain)
	case rungNote:
		for _, line := range Wrap(r.label, d.arrow+stateColumn) {
			d.text(line, bold)
		}
	case rungPause:
		d.text(d.sign("⋮", ":")+" "+r.label, faint)
	}
}

// sign returns a character that the output can show.
func (d *ladderDrawing) sign(full, ascii string) string {
	if d.o.ASCII {
		return ascii
	}
	return full
}

// text writes words between the columns.
func (d *ladderDrawing) text(words string, st style) {
	const indent = ladderMargin + stateColumn
	for _, line := range Wrap(d.plain(words), d.o.width()-indent) {
		d.b.WriteString(strings.Repeat(" ", indent) + d.o.in(st, line) + "\n")
	}
}

// states writes a line for states that changed without a segment.
func (d *ladderDrawing) states(r rung) {
	if r.changed[record.Kernel] || r.changed[record.Peer] {
		d.line(stateName(r, record.Kernel), "", stateName(r, record.Peer), "", plain)
	}
}

// stateName returns the state of an end if it has changed.
func stateName(r rung, end record.End) string {
	if !r.changed[end] {
		return ""
	}
	if r.states[end] == tcp.Close {
		return "CLOSED"
	}
	return r.states[end].String()
}

// call writes a call on the side of the end that made it.
func (d *ladderDrawing) call(r rung) {
	label := d.plain(r.label)
	if r.end == record.Kernel {
		d.b.WriteString(strings.Repeat(" ", ladderMargin) + d.o.in(faint, label) + "\n")
		return
	}
	room := ladderMargin + stateColumn + d.arrow + 1
	d.b.WriteString(strings.Repeat(" ", max(ladderMargin, min(room, room+stateColumn-Width(label)))) + d.o.in(faint, label) + "\n")
}

// plain replaces the few characters of labels that are not ASCII.
func (d *ladderDrawing) plain(text string) string {
	if !d.o.ASCII {
		return text
	}
	return strings.NewReplacer("→", "->", "×", "x", "…", "...").Replace(text)
}

// segment writes an arrow with its label and the states beside it. A label that is
// too long gets a line of its own.
func (d *ladderDrawing) segment(r rung) {
	label := d.plain(d.ladder.named(r))
	if r.again {
		label += " " + againText().In(d.o.Lang)
	}
	tail := d.tail(r)
	if Width(label)+Width(tail)+8 > d.arrow {
		d.text(label, plain)
		label = ""
	}
	d.line(stateName(r, record.Kernel), d.arrowLine(r, label, tail), stateName(r, record.Peer), clock(r.at), plain)
}

// tail returns the word at the head of an arrow that does not arrive, or at the foot
// of one that comes late.
func (d *ladderDrawing) tail(r rung) string {
	word := fateText(r.fate).In(d.o.Lang)
	switch {
	case r.fate == record.Lost:
		return d.sign("✗", "x") + " " + word
	case word != "":
		return d.sign("○", "o") + " " + word
	case r.copied:
		return d.copyText().In(d.o.Lang)
	default:
		return ""
	}
}

func (d *ladderDrawing) copyText() knowledge.Text {
	return knowledge.Text{En: "+ copy", Zh: "+ 副本"}
}

// arrowLine draws the arrow over its columns, with the label nearer to the sender.
func (d *ladderDrawing) arrowLine(r rung, label, tail string) string {
	stroke := d.sign("─", "-")
	if r.fate == record.Late {
		stroke = d.sign("┄", ".")
	}
	head, back := d.sign("▶", ">"), d.sign("◀", "<")
	width := d.arrow
	toPeer := r.end == record.Kernel
	if r.kind == rungHandshake {
		return back + d.strokes(stroke, label, width-2, true) + head
	}
	missing := r.fate == record.Lost || r.fate == record.Held
	switch {
	case missing && toPeer:
		short := width * 2 / 3
		short = max(short, Width(label)+5)
		return d.strokes(stroke, label, min(short, width-Width(tail)-1), true) + " " + tail
	case missing:
		short := max(width*2/3, Width(label)+5)
		line := d.strokes(stroke, label, min(short, width-Width(tail)-1), false)
		return strings.Repeat(" ", max(0, width-Width(line)-Width(tail)-1)) + mirrored(tail) + " " + line
	case tail != "" && toPeer:
		return d.strokes(stroke, label+" "+tail, width-1, true) + head
	case tail != "":
		return back + d.strokes(stroke, label+" "+tail, width-1, false)
	case toPeer:
		return d.strokes(stroke, label, width-1, true) + head
	default:
		return back + d.strokes(stroke, label, width-1, false)
	}
}

// mirrored turns "✗ lost" into "lost ✗".
func mirrored(tail string) string {
	sign, word, _ := strings.Cut(tail, " ")
	return word + " " + sign
}

// strokes draws a line of a width with a label near one end.
func (d *ladderDrawing) strokes(stroke, label string, width int, left bool) string {
	label = strings.TrimSpace(label)
	if label == "" {
		return strings.Repeat(stroke, max(0, width))
	}
	label = " " + label + " "
	rest := strings.Repeat(stroke, max(0, width-2-Width(label)))
	if left {
		return stroke + stroke + label + rest
	}
	return rest + label + stroke + stroke
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// QueuesTable prints listeners: a line for each, then what is wrong and what to
// change; nothing if nothing is wrong.
type QueuesTable struct {
	report.Queues
	Lang  knowledge.Lang
	Width int // columns of the terminal

	spaces bool // the listeners are in several namespaces; String sets it
}

// String returns the table with a final newline.
func (t QueuesTable) String() string {
	words := queueWords(t.Lang)
	t.spaces = t.several()
	var b strings.Builder
	if n := t.LeftOut; len(t.Queues.Queues) == 0 && n > 0 {
		b.WriteString(" " + fmt.Sprintf(words.noneOf, knowledge.Grouped(n), plural(n)) + "\n")
	} else if len(t.Queues.Queues) == 0 {
		b.WriteString(" " + words.none + "\n")
	} else {
		b.WriteString(t.grid().fit(t.Width))
	}
	t.explanations(&b)
	t.traced(&b)
	t.tail(&b)
	return b.String()
}

func (t QueuesTable) grid() *grid {
	words := queueWords(t.Lang)
	g := &grid{}
	for i, name := range words.columns {
		g.header(name, i >= numbersFrom)
	}
	if t.Window > 0 {
		g.header(words.dropRate, true)
		g.header(words.moved, false)
	}
	g.header(words.verdict, false)
	g.many = func(yield func([]string) bool) {
		for i := range t.Queues.Queues {
			if !yield(t.row(&t.Queues.Queues[i])) {
				return
			}
		}
	}
	return g
}

// numbersFrom is the first column of numbers: address, owner and the source of the
// limit are texts.
const numbersFrom = 3

func (t QueuesTable) row(q *diagnose.Queue) []string {
	words := queueWords(t.Lang)
	cells := []string{
		t.address(q), ownerText(q, t.Lang), words.setBy(q.LimitSetBy),
		number(q.Waiting), number(q.Limit),
		strconv.FormatUint(q.SynRecv, 10), number(q.Unaccepted), number(q.Drops),
	}
	if t.Window > 0 {
		rate, moved := UnknownText, UnknownText
		if w := q.Window; w != nil {
			if r, ok := w.DropRate(); ok {
				rate = strconv.FormatFloat(r, 'f', 1, 64)
			}
			moved = words.movement(w.Movement)
		}
		cells = append(cells, rate, moved)
	}
	return append(cells, words.severity(q.Severity))
}

// address returns the address of a listener. Members of a SO_REUSEPORT group differ
// in their owners, so their number is enough here.
func (t QueuesTable) address(q *diagnose.Queue) string {
	text := q.Socket.Local.String()
	if n := q.Socket.Netns; n != nil && t.spaces {
		text = n.Name + " " + text
	}
	if q.Members > 1 {
		text += " ×" + strconv.Itoa(q.Members)
	}
	return text
}

// several reports whether the listeners are in several namespaces.
func (t QueuesTable) several() bool {
	all := t.Queues.Queues
	for i := range all {
		a, b := all[0].Socket.Netns, all[i].Socket.Netns
		if a != nil && b != nil && a.Inode != b.Inode {
			return true
		}
	}
	return false
}

func ownerText(q *diagnose.Queue, lang knowledge.Lang) string { return ownerName(q.Socket.Owner, lang) }

func ownerName(o *socket.Owner, lang knowledge.Lang) string {
	if o == nil {
		return UnknownText
	}
	var parts []string
	switch {
	case o.Among != "":
		parts = append(parts, knowledge.Relisted(o.Among, lang))
	case o.Process != nil:
		parts = append(parts, fmt.Sprintf("%s/%d", visible.Phrase(o.Process.Name), o.Process.PID))
	}
	if o.Unit != "" {
		parts = append(parts, visible.Phrase(o.Unit))
	}
	if len(parts) == 0 {
		return UnknownText
	}
	return strings.Join(parts, " ")
}

// manyExplainedAlike is how many listeners are explained in the same words; there may
// be thousands at one port.
const manyExplainedAlike = 20

// explanations prints what is wrong with each listener; after enough listeners in one
// state only the number of the others.
func (t QueuesTable) explanations(b *strings.Builder) {
	alike := map[string]int{}
	left := 0
	for i := range t.Queues.Queues {
		q := &t.Queues.Queues[i]
		if len(q.Signs) == 0 {
			continue
		}
		state := fmt.Sprint(q.Severity, q.Signs, q.Knobs)
		if alike[state]++; alike[state] > manyExplainedAlike {
			left++
			continue
		}
		t.explain(b, q)
	}
	if left > 0 {
		n := uint64(left)
		fmt.Fprintf(b, "\n "+queueWords(t.Lang).alike+"\n", knowledge.Grouped(n), plural(n))
	}
}

// explain prints what is wrong with a listener and what to change.
func (t QueuesTable) explain(b *strings.Builder, q *diagnose.Queue) {
	words := queueWords(t.Lang)
	fmt.Fprintf(b, "\n %s  %s  %s\n", visible.Text(t.address(q)), visible.Text(ownerText(q, t.Lang)), words.severity(q.Severity))
	for _, s := range q.Signs {
		if text, ok := knowledge.QueueSign(string(s)); ok {
			underLead(b, "   "+words.sign, text.In(t.Lang), t.Width)
		}
	}
	for _, k := range q.Knobs {
		if text, ok := knowledge.QueueKnob(string(k)); ok {
			underLead(b, "   "+words.knob, text.In(t.Lang), t.Width)
		}
	}
}

// underLead wraps a text after its lead, which may begin with newlines.
func underLead(b *strings.Builder, lead, text string, width int) {
	indent := Width(strings.TrimLeft(lead, "\n"))
	for i, line := range Wrap(text, max(minMeaning, width-indent)) {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		b.WriteString(lead + line + "\n")
	}
}

// traced prints how the connections of each port ended, and who ended them.
func (t QueuesTable) traced(b *strings.Builder) {
	if t.Trace == nil || len(t.Queues.Queues) == 0 {
		return
	}
	words := queueWords(t.Lang)
	g := &grid{under: true}
	for i, name := range words.ends {
		g.header(name, i == 2 || i == 3)
	}
	summary := TraceTable{Trace: &report.Trace{Summary: t.Trace}, Lang: t.Lang}
	told, rows := map[string]bool{}, 0
	for i := range t.Queues.Queues {
		q := &t.Queues.Queues[i]
		port := t.port(q)
		if told[port] {
			continue
		}
		told[port] = true
		for _, e := range t.Ends(q) {
			g.row([]string{port, howEnded(&e, t.Lang), knowledge.Grouped(e.Count), summary.rate(e.Count), summary.acting(&e)})
			port = ""
			rows++
		}
	}
	if rows == 0 {
		fmt.Fprintf(b, "\n "+words.untraced+"\n", t.Trace.Took.Seconds())
		return
	}
	fmt.Fprintf(b, "\n "+words.traced+"\n", t.Trace.Took.Seconds())
	b.WriteString(g.fit(t.Width))
}

// port returns the service of a listener.
func (t QueuesTable) port(q *diagnose.Queue) string {
	port := ":" + strconv.Itoa(int(q.Socket.Local.Port()))
	if n := q.Socket.Netns; n != nil && t.spaces {
		return n.Name + " " + port
	}
	return port
}

func (t QueuesTable) tail(b *strings.Builder) {
	words := queueWords(t.Lang)
	n := len(t.Queues.Queues)
	fmt.Fprintf(b, "\n "+words.listeners+" · %s", n, plural(uint64(n)), visible.Text(t.Engine))
	if t.Window > 0 {
		fmt.Fprintf(b, " · "+words.window, t.Window.Seconds())
	}
	b.WriteString("\n")
	writeGaps(b, t.Gaps, t.Lang, t.Width)
}

// gapLine returns what could not be read, and whether it is lost or only not visible.
func gapLine(g problem.Gap, lang knowledge.Lang) string {
	words := tableWords(lang)
	mark := words.unseen
	if !g.Structural {
		mark = words.lost
	}
	return visible.Text(mark + knowledge.GapText(g).In(lang))
}

// GapLines returns the lines below a table that tell what is missing, and whether it
// is lost or only not visible.
func GapLines(gaps []problem.Gap, lang knowledge.Lang) (lines []string) {
	for _, g := range gaps {
		lines = append(lines, gapLine(g, lang))
	}
	return lines
}

// writeGaps writes what could not be read, wrapped.
func writeGaps(b *strings.Builder, gaps []problem.Gap, lang knowledge.Lang, width int) {
	for _, g := range gaps {
		writeParagraph(b, gapLine(g, lang), width)
	}
}

// writeParagraph wraps text into a table's width, one column in.
func writeParagraph(b *strings.Builder, text string, width int) {
	lead := " "
	for _, line := range Wrap(text, max(minMeaning, width-4)) {
		b.WriteString(lead + line + "\n")
		lead = "   "
	}
}

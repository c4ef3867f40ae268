// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/trace"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// TraceTable prints how connections went.
type TraceTable struct {
	*report.Trace
	Lang  knowledge.Lang
	Width int // columns of the terminal
}

// shownDoers is how many processes are named for each way to end.
const shownDoers = 3

// String returns the table with a final newline.
func (t TraceTable) String() string {
	words := wordsOfTraces(t.Lang)
	var b strings.Builder
	fmt.Fprintf(&b, " "+words.title+"\n\n", seconds(t.Took.Seconds()))
	if len(t.Ends) == 0 {
		b.WriteString(" " + words.nothing + "\n")
	} else {
		b.WriteString(t.grid(t.Ends).fit(t.Width))
	}
	if len(t.After) > 0 {
		b.WriteString("\n " + words.after + "\n" + t.grid(t.After).fit(t.Width))
	}
	if len(t.Resets) > 0 {
		b.WriteString("\n " + words.resets + "\n" + t.resets().fit(t.Width))
	}
	if len(t.Stays) > 0 {
		b.WriteString("\n " + words.stays + "\n" + t.stays().fit(t.Width))
	}
	b.WriteString("\n")
	if t.Opened.Count > 0 {
		underLead(&b, " ", fmt.Sprintf(words.opened, knowledge.Grouped(t.Opened.Count), t.rate(t.Opened.Count)), t.Width)
	}
	t.crossCheck(&b)
	underLead(&b, " ", words.blind, t.Width)
	writeGaps(&b, t.Gaps, t.Lang, t.Width)
	return b.String()
}

func (t TraceTable) rate(n uint64) string {
	return strconv.FormatFloat(float64(n)/t.Took.Seconds(), 'f', 1, 64)
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 1, 64) }

func (t TraceTable) grid(ends []trace.End) *grid {
	g := &grid{under: true}
	for i, name := range wordsOfTraces(t.Lang).columns {
		g.header(name, i >= 1 && i <= 3)
	}
	for i := range ends {
		e := &ends[i]
		g.row([]string{howEnded(e, t.Lang), knowledge.Grouped(e.Count), Percent(float64(e.Count) / float64(max(t.Total, 1))), t.rate(e.Count), t.doers(e)})
	}
	return g
}

// howEnded returns how connections ended.
func howEnded(e *trace.End, lang knowledge.Lang) string {
	how := reasonText(e.Reason).In(lang)
	if e.From != 0 {
		how += " (" + e.From.String() + ")"
	}
	return how
}

// resets returns the table of RSTs that were sent, by the kernel's reasons.
func (t TraceTable) resets() *grid {
	g := &grid{under: true}
	columns := wordsOfTraces(t.Lang).columns
	g.header(wordsOfTraces(t.Lang).why, false)
	for i, name := range columns[1:] {
		if i != 1 {
			g.header(name, i < 3)
		}
	}
	for i := range t.Resets {
		r := &t.Resets[i]
		why := visible.Text(r.Reason) + " (" + r.From.String() + ")"
		g.row([]string{why, knowledge.Grouped(r.Count), t.rate(r.Count), t.doers(&r.End)})
	}
	return g
}

// stays returns the table of how long sockets were in each state.
func (t TraceTable) stays() *grid {
	g := &grid{}
	for i, name := range wordsOfTraces(t.Lang).stayColumns {
		g.header(name, i > 0)
	}
	for _, s := range t.Stays {
		p99 := UnknownText
		if s.P99 > 0 {
			p99 = spanText(s.P99)
		}
		g.row([]string{s.State.String(), knowledge.Grouped(s.Count), spanText(s.Median), p99})
	}
	return g
}

// spanText prints a time that is accurate to an eighth: two digits.
func spanText(d time.Duration) string {
	unit := time.Duration(1)
	for unit*100 <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}

// doers names the first few processes that ended connections in this way.
func (t TraceTable) doers(e *trace.End) string { return t.first(e, t.doer) }

// acting is doers without the service, for tables that have a column for it.
func (t TraceTable) acting(e *trace.End) string { return t.first(e, t.actor) }

func (t TraceTable) first(e *trace.End, name func(*trace.Doer) string) string {
	var names []string
	for i := range e.By[:min(len(e.By), shownDoers)] {
		names = append(names, strings.TrimSpace(name(&e.By[i])+" "+knowledge.Grouped(e.By[i].Count)))
	}
	if more := len(e.By) - shownDoers; more > 0 {
		names = append(names, fmt.Sprintf(wordsOfTraces(t.Lang).more, more))
	}
	return knowledge.Listed(names, t.Lang)
}

// doer returns a process with its unit or container, and the service.
func (t TraceTable) doer(d *trace.Doer) string {
	who := t.actor(d)
	if t.Spaces > 1 && d.Netns != "self" && d.Netns != "host" {
		who = strings.TrimSpace(phrase(d.Netns) + " " + who)
	}
	port := ":" + strconv.Itoa(int(d.Port))
	if !d.Accepted {
		port = fmt.Sprintf(wordsOfTraces(t.Lang).to, d.Port)
	}
	return strings.TrimSpace(who + " " + port)
}

// actor returns a process with its unit or container.
func (t TraceTable) actor(d *trace.Doer) string {
	words := wordsOfTraces(t.Lang)
	where := phrase(d.Container)
	if where == "" {
		where = phrase(d.Unit)
	}
	who := phrase(d.Process)
	switch {
	case d.Kernel && where == "":
		who = fmt.Sprintf(words.kernel, UnknownText)
	case d.Kernel:
		who = fmt.Sprintf(words.kernel, where)
	case who == "":
		who = where
	case where != "":
		who += " (" + where + ")"
	}
	return who
}

// phrase returns a name for use in a sentence, "" for none.
func phrase(name string) string {
	if name == "" {
		return ""
	}
	return visible.Phrase(name)
}

// crossCheck prints what the kernel counted beside what was seen, and the cost of the
// trace.
func (t TraceTable) crossCheck(b *strings.Builder) {
	words := wordsOfTraces(t.Lang)
	if k := t.Kernel; k != nil && (k.Seen > 0 || k.Born+k.Refused > 0) {
		parts := []string{fmt.Sprintf(words.counted, knowledge.Grouped(k.Seen), knowledge.Grouped(k.Born+k.Refused))}
		if k.Refused > 0 {
			parts = append(parts, fmt.Sprintf(words.refused, knowledge.Grouped(k.Refused)))
		}
		if k.Apart() > 0 {
			parts = append(parts, fmt.Sprintf(words.apart, knowledge.Grouped(k.Apart())))
		}
		if !t.Lost.Any() && k.Missed() == 0 {
			parts = append(parts, words.lost)
		}
		underLead(b, " ", strings.Join(parts, " · "), t.Width)
	}
	if c := t.Cost; c != nil {
		share := c.Took.Seconds() / t.Took.Seconds()
		underLead(b, " ", fmt.Sprintf(words.cost, knowledge.Grouped(c.Runs), c.Each().Nanoseconds(), Percent(share)), t.Width)
	}
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// CensusTable prints a census: a line for each state that has sockets, with the
// meaning of the state.
type CensusTable struct {
	Census *query.Census
	Host   string // "" for a listing
	Took   time.Duration
	Lang   knowledge.Lang
	Width  int // columns of the terminal
	Colour bool
	// Asked are the states that the filter allows, 0 for all: other states were not
	// counted.
	Asked tcp.StateSet
	Scope command.Scope // scope of the commands that are printed
}

// Widths below which the table leaves out parts.
const (
	barCells      = 20
	narrowBar     = 8
	fullBarFrom   = 118 // from here on the full bar leaves room for the meaning
	narrowBarFrom = 84
	minMeaning    = 24 // if there is less room the meaning is printed on its own line
)

// String returns the whole table with a final newline.
func (t CensusTable) String() string {
	var b strings.Builder
	b.WriteString(t.title() + "\n\n")
	rows, empty := t.rows()
	for _, r := range rows {
		t.writeRow(&b, r)
	}
	t.writeEmpty(&b, empty, len(rows) > 0)
	t.writeRemarks(&b)
	return b.String()
}

func (t CensusTable) title() string {
	total := t.Census.Total()
	listening := t.Census.Of(tcp.Listen).Total
	engine := t.Census.Engine
	if t.Census.Format != "" {
		engine = knowledge.Term(engine, t.Lang) + bracketed(knowledge.Term(t.Census.Format, t.Lang), t.Lang)
	}
	words := tableWords(t.Lang)
	parts := []string{fmt.Sprintf(words.sockets, knowledge.Grouped(total), plural(total), knowledge.Grouped(listening))}
	if t.Host != "" {
		parts = append([]string{t.Host}, parts...)
	}
	title := visible.Text(strings.Join(parts, " · ") + " · " + engine)
	if t.Host == "" {
		return title // the time of reading a file says nothing about its machine
	}
	comma := ", "
	if t.Lang == knowledge.Chinese {
		comma = "，"
	}
	return title + comma + Milliseconds(t.Took)
}

// A censusRow is one state.
type censusRow struct {
	state tcp.State
	count query.Count
}

// rows returns the states with sockets: connections first, the most numerous on top,
// then states of no connection (LISTEN, BOUND, CLOSE). empty are the other states.
func (t CensusTable) rows() (rows []censusRow, empty []tcp.State) {
	for s := range tcp.AllStates.All() {
		c := t.Census.Of(s)
		if c.Total == 0 {
			empty = append(empty, s)
			continue
		}
		rows = append(rows, censusRow{s, c})
	}
	slices.SortStableFunc(rows, func(a, b censusRow) int {
		if a.state.Connection() != b.state.Connection() {
			if a.state.Connection() {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.count.Total, a.count.Total)
	})
	return rows, empty
}

// writeRow writes one state. A meaning that does not fit beside the numbers continues
// on the lines below.
func (t CensusTable) writeRow(b *strings.Builder, r censusRow) {
	share := t.Census.Share(r.count.Total)
	name := fmt.Sprintf("%-11s", r.state)
	lead := fmt.Sprintf(" %s  %10s  %7s  ", t.paint(r.state, name), knowledge.Grouped(r.count.Total), Percent(share))
	indent := 1 + 11 + 2 + 10 + 2 + 7 + 2
	if cells := t.bar(); cells > 0 {
		lead += Bar(share, cells) + "  "
		indent += cells + 2
	}
	meaning := knowledge.Meaning(r.state, t.stateCount(r.count)).In(t.Lang)
	if t.Width-indent < minMeaning {
		indent = 4
		lead = strings.TrimRight(lead, " ") + "\n" + strings.Repeat(" ", indent)
	}
	b.WriteString(lead)
	for i, line := range Wrap(meaning, max(minMeaning, t.Width-indent)) {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", indent))
		}
		b.WriteString(line + "\n")
	}
}

func (t CensusTable) bar() int {
	switch {
	case t.Width >= fullBarFrom:
		return barCells
	case t.Width >= narrowBarFrom:
		return narrowBar
	default:
		return 0
	}
}

// writeEmpty names the states without a socket, so that it is clear that they were
// counted.
func (t CensusTable) writeEmpty(b *strings.Builder, empty []tcp.State, any bool) {
	words := tableWords(t.Lang)
	lost := t.Census.Partial()
	switch {
	case !any && lost:
		b.WriteString(" " + words.unread + "\n")
		return
	case !any:
		b.WriteString(" " + words.nothing + "\n")
		return
	}
	var names []string
	for _, s := range empty {
		if s == tcp.Close || t.invisible(s) || t.Asked != 0 && !t.Asked.Has(s) {
			continue // no connection is ever shown in CLOSE, and an unknown number is not zero
		}
		names = append(names, s.String())
	}
	if len(names) == 0 {
		return
	}
	none := words.none
	if lost { // what was lost may be in any of these states
		none = words.unsure
	}
	writeParagraph(b, none+knowledge.Listed(names, t.Lang), t.Width)
}

// invisible reports whether a gap says that sockets in the state cannot be seen.
func (t CensusTable) invisible(s tcp.State) bool {
	named := func(g problem.Gap) bool { return g.Source == s.String() }
	return slices.ContainsFunc(t.Census.Gaps, named) || slices.ContainsFunc(t.Census.Limits, named)
}

func (t CensusTable) writeRemarks(b *strings.Builder) {
	words := tableWords(t.Lang)
	for _, h := range diagnose.Hints(t.Census) {
		text := h.Text.In(t.Lang)
		if ask := h.Ask.In(t.Scope); !ask.None() {
			text = fmt.Sprintf(words.hint, text, ask)
		}
		writeParagraph(b, text, t.Width)
	}
	if n := t.Census.OtherNamespaces; n != nil && *n > 0 {
		writeParagraph(b, fmt.Sprintf(words.elsewhere, *n, plural(uint64(*n)), isAre(*n)), t.Width)
	}
	writeGaps(b, t.Census.Gaps, t.Lang, t.Width)
}

// paint colours the name of a state: green for states in use, yellow for states that
// wait for the peer, red for states that wait for the application on this host.
func (t CensusTable) paint(s tcp.State, name string) string {
	if !t.Colour {
		return name
	}
	code := "0"
	switch {
	case s == tcp.Established:
		code = "32"
	case s == tcp.CloseWait:
		code = "31"
	case s.HalfOpen(), s == tcp.FinWait1, s == tcp.FinWait2, s == tcp.Closing, s == tcp.LastAck:
		code = "33"
	case s == tcp.TimeWait:
		code = "36"
	}
	return "\x1b[" + code + "m" + name + "\x1b[0m"
}

func (t CensusTable) stateCount(c query.Count) knowledge.StateCount {
	return knowledge.StateCount{
		Unowned:     c.Unowned,
		OwnersKnown: t.Census.OwnersKnown,
		Total:       c.Total,
		Full:        c.Kinds[socket.Full],
		Mini:        c.Kinds[socket.Mini],
		Request:     c.Kinds[socket.Request],
		Idle:        c.Kinds[socket.Idle],
	}
}

func plural(n uint64) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// DiffTable prints a comparison.
type DiffTable struct {
	report.Diff

	Lang  knowledge.Lang
	Width int
}

// String returns the title, then changes, listeners, what stayed and what could not
// be read. An empty part is one line or none.
func (t DiffTable) String() string {
	words := diffWordsIn(t.Lang)
	var b strings.Builder
	b.WriteString(t.title() + "\n")
	for _, u := range t.Unlike {
		hanging(&b, " ", visible.Text(u.In(t.Lang)), t.Width)
	}
	b.WriteString("\n")
	if len(t.Answer.Changes) == 0 {
		b.WriteString(" " + words.nothing + "\n")
	} else {
		b.WriteString(t.changes().String())
	}
	if len(t.Answer.Listeners) > 0 {
		b.WriteString("\n " + words.listeners + "\n" + t.listeners().String())
	}
	t.writeStayed(&b)
	if len(t.Gaps) > 0 {
		b.WriteString("\n")
		writeGaps(&b, t.Gaps, t.Lang, t.Width)
	}
	return b.String()
}

func (t DiffTable) title() string {
	words := diffWordsIn(t.Lang)
	at := func(s report.DiffSide) string {
		return strings.TrimSpace(visible.Text(s.Host) + " " + s.Time.UTC().Format(time.RFC3339))
	}
	a := t.Answer
	now := knowledge.Grouped(a.New)
	if t.Lang == knowledge.English {
		now = knowledge.Many(a.New, "socket")
	}
	return fmt.Sprintf(words.title, at(t.Old), at(t.New), t.Elapsed().Round(time.Second),
		knowledge.Grouped(a.Old), now, signed(query.GroupChange{Old: a.Old, New: a.New}))
}

// signed prints by how much a group grew, always with a sign.
func signed(c query.GroupChange) string {
	switch {
	case c.New > c.Old:
		return "+" + knowledge.Grouped(c.New-c.Old)
	case c.New < c.Old:
		return "-" + knowledge.Grouped(c.Old-c.New)
	default:
		return "0"
	}
}

func (t DiffTable) changes() *grid {
	words := diffWordsIn(t.Lang)
	a := t.Answer
	g := &grid{}
	for i := range a.Keys {
		g.header(a.Keys[i].String(), a.Keys[i].Field.Type.Numeric())
	}
	for _, name := range []string{words.old, words.new, words.difference} {
		g.header(name, true)
	}
	g.many = func(yield func([]string) bool) {
		for _, c := range a.Changes {
			if !yield(append(cellTexts(a.Keys, c.Cells()), numbers(c)...)) {
				return
			}
		}
	}
	rest := func(c *query.GroupChange, name string) {
		if c != nil {
			cells := make([]string, len(a.Keys))
			cells[0] = name
			g.row(append(cells, numbers(*c)...))
		}
	}
	n := uint64(a.OtherGroups)
	rest(a.Others, fmt.Sprintf(groupWords(t.Lang).others, knowledge.Grouped(n), plural(n)))
	rest(a.Overflow, groupWords(t.Lang).overflow)
	return g
}

func numbers(c query.GroupChange) []string {
	return []string{knowledge.Grouped(c.Old), knowledge.Grouped(c.New), signed(c)}
}

func cellTexts(keys query.Keys, cells []query.Cell) []string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = GroupingTable{}.cellText(&keys[i], c)
	}
	return texts
}

func (t DiffTable) listeners() *grid {
	words := diffWordsIn(t.Lang)
	g := &grid{}
	for _, name := range words.columns {
		g.header(name, false)
	}
	for _, l := range t.Answer.Listeners {
		space := "-"
		if l.Netns != nil {
			space = l.Netns.Name
		}
		g.row([]string{words.changed(l.Change), l.Local.String(), ownerName(l.Owner, t.Lang), space})
	}
	return g
}

// writeStayed lists the connections that were in one state all the time.
func (t DiffTable) writeStayed(b *strings.Builder) {
	all := t.Stayed()
	var total uint64
	for _, g := range all {
		total += g.Total
	}
	if total == 0 {
		return
	}
	words := diffWordsIn(t.Lang)
	fmt.Fprintf(b, "\n "+words.stayed+"\n", t.Elapsed().Truncate(time.Second))
	out := &grid{}
	keys := all[0].Keys
	for i := range keys {
		out.header(keys[i].String(), false)
	}
	out.header(groupWords(t.Lang).count, true)
	for _, g := range all {
		t.addStayed(out, g)
	}
	b.WriteString(out.String())
}

func (t DiffTable) addStayed(out *grid, g *query.Grouped) {
	for group := range g.Groups() {
		out.row(append(cellTexts(g.Keys, group.Cells), knowledge.Grouped(group.Count)))
	}
	words := groupWords(t.Lang)
	rest := func(r *query.Rest, name string) {
		if r != nil {
			cells := make([]string, len(g.Keys))
			cells[0] = name
			out.row(append(cells, knowledge.Grouped(r.Count)))
		}
	}
	if g.Others != nil {
		n := uint64(g.Others.Groups)
		rest(g.Others, fmt.Sprintf(words.others, knowledge.Grouped(n), plural(n)))
	}
	rest(g.Overflow, words.overflow)
}

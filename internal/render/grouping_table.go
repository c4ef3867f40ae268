// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// GroupingTable prints a census by keys: a line for each group, with states as
// columns if state is one of several keys.
type GroupingTable struct {
	report.Grouping

	Lang  knowledge.Lang
	Width int
}

// String returns the table with a final newline.
func (g GroupingTable) String() string {
	var b strings.Builder
	_ = g.Write(&b) // a Builder never fails
	return b.String()
}

// Write writes the table row by row, in whole lines: it keeps none of a million
// groups.
func (g GroupingTable) Write(w io.Writer) error {
	if _, err := io.WriteString(w, g.title()+"\n\n"); err != nil {
		return err
	}
	if g.Answer.Total > 0 {
		if err := g.grid().write(w, 0); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, g.below())
	return err
}

// below returns what is printed below the table.
func (g GroupingTable) below() string {
	var b strings.Builder
	if g.Inferred != nil && g.Inferred.Total > 0 {
		b.WriteString(" " + groupWords(g.Lang).inferred + "\n")
	}
	if g.Sample != nil {
		b.WriteString(" " + g.sampleRemark() + "\n")
	}
	writeGaps(&b, g.Gaps, g.Lang, g.Width)
	return b.String()
}

func (g GroupingTable) title() string {
	a, words := g.Answer, groupWords(g.Lang)
	counted := words.title
	if g.Engine == trace.Engine {
		counted = words.changes
	}
	title := g.about(a.Estimate) + fmt.Sprintf(counted, knowledge.Grouped(a.Total), plural(a.Total), knowledge.Grouped(uint64(a.Len)), plural(uint64(a.Len)))
	if g.Host != "" {
		title = g.Host + " · " + title
	}
	return visible.Text(title + " · " + g.Engine)
}

// grid lays the groups out.
func (g GroupingTable) grid() *grid {
	a := g.Answer
	var t grid
	columns := g.columns()
	for i := range a.Keys {
		if !g.pivoted(&a.Keys[i]) {
			t.header(a.Keys[i].String(), a.Keys[i].Field.Type.Numeric())
		}
	}
	for _, s := range columns {
		t.header(s.String(), true)
	}
	t.header(groupWords(g.Lang).count, true)
	t.header(groupWords(g.Lang).share, true)
	for _, f := range a.Sum {
		t.header(f.Name, true)
	}
	if g.Sample != nil {
		t.header(groupWords(g.Lang).interval, true)
	}
	t.many = func(yield func([]string) bool) {
		for group := range a.Groups() {
			if !yield(g.groupCells(group, g.InferredOf(group), columns)) {
				return
			}
		}
	}
	g.addRest(&t, a.Others, groupWords(g.Lang).others, columns)
	g.addRest(&t, a.Overflow, groupWords(g.Lang).overflow, columns)
	return &t
}

// pivoted reports whether the key has become columns.
func (g GroupingTable) pivoted(k *query.Key) bool {
	return k.Field.ID == socket.FieldState && g.Answer.Pivoted()
}

// columns returns the states that occur, in the order of a connection's life; states
// of no connection come last.
func (g GroupingTable) columns() []tcp.State {
	if !g.Answer.Pivoted() {
		return nil
	}
	var seen tcp.StateSet
	note := func(states []uint64) {
		for s, n := range states {
			if n > 0 {
				seen |= tcp.SetOf(tcp.State(s))
			}
		}
	}
	for group := range g.Answer.Groups() {
		note(group.States)
	}
	for _, r := range []*query.Rest{g.Answer.Others, g.Answer.Overflow} {
		if r != nil {
			note(r.States)
		}
	}
	life := []tcp.State{
		tcp.SynSent, tcp.SynRecv, tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.Closing, tcp.TimeWait,
		tcp.CloseWait, tcp.LastAck, tcp.Listen, tcp.Bound, tcp.Close,
	}
	var columns []tcp.State
	for _, s := range life {
		if seen.Has(s) {
			columns = append(columns, s)
		}
	}
	return columns
}

func (g GroupingTable) groupCells(group, inferred query.Group, columns []tcp.State) []string {
	var cells []string
	for i, c := range group.Cells {
		if !g.pivoted(&g.Answer.Keys[i]) {
			cells = append(cells, g.cellText(&g.Answer.Keys[i], c))
		}
	}
	for _, s := range columns {
		cells = append(cells, marked(group.States[s], inferred.States != nil && inferred.States[s] > 0))
	}
	count := g.about(group.Estimate) + marked(group.Count, inferred.Count > 0 && len(columns) == 0)
	cells = append(cells, count, Percent(portion(group.Count, g.Answer.Total)))
	return append(append(cells, sumTexts(g.Answer.Sum, group.Sums)...), g.between(group.Estimate)...)
}

// cellText prints a field that the socket does not have as "-", as list does.
func (g GroupingTable) cellText(k *query.Key, c query.Cell) string {
	if c.Known && c.Value.Kind() == socket.Absent {
		return "-"
	}
	if c.Known && c.Value.Kind() == socket.String {
		return visible.Word(c.Value.Text())
	}
	return string(k.Append(nil, c))
}

func (g GroupingTable) addRest(t *grid, r *query.Rest, word string, columns []tcp.State) {
	if r == nil {
		return
	}
	name := word
	if strings.Contains(word, "%") {
		name = fmt.Sprintf(word, knowledge.Grouped(uint64(r.Groups)), plural(uint64(r.Groups)))
	}
	cells := []string{name}
	for i := 1; i < len(g.Answer.Keys); i++ {
		if !g.pivoted(&g.Answer.Keys[i]) {
			cells = append(cells, "")
		}
	}
	if g.pivoted(&g.Answer.Keys[0]) {
		cells = cells[:len(cells)-1]
		cells = append([]string{name}, cells[min(1, len(cells)):]...)
	}
	for _, s := range columns {
		cells = append(cells, knowledge.Grouped(r.States[s]))
	}
	cells = append(cells, g.about(r.Estimate)+knowledge.Grouped(r.Count), Percent(portion(r.Count, g.Answer.Total)))
	t.row(append(append(cells, sumTexts(g.Answer.Sum, r.Sums)...), g.between(r.Estimate)...))
}

// about returns the mark of an estimate, "" for a number that is known exactly.
func (GroupingTable) about(e *query.Estimate) string {
	if e == nil || e.Low == e.High {
		return ""
	}
	return "~"
}

// between returns the cell of the interval, if there is a column for it.
func (g GroupingTable) between(e *query.Estimate) []string {
	switch {
	case g.Sample == nil || e == nil:
		return nil
	case e.Thin:
		return []string{fmt.Sprintf(groupWords(g.Lang).thin, knowledge.Grouped(e.Low), knowledge.Grouped(e.High))}
	default:
		return []string{knowledge.Grouped(e.Low) + " – " + knowledge.Grouped(e.High)}
	}
}

// sampleRemark tells how much was read, and what the interval means.
func (g GroupingTable) sampleRemark() string {
	return fmt.Sprintf(groupWords(g.Lang).sampled, knowledge.Grouped(g.Sample.Buckets), knowledge.Grouped(g.Sample.Of))
}

// marked prints a count with a star if part of it was inferred.
func marked(n uint64, star bool) string {
	if star {
		return knowledge.Grouped(n) + "*"
	}
	return knowledge.Grouped(n)
}

func sumTexts(fields []*socket.Field, values []query.Sum) []string {
	texts := make([]string, len(fields))
	for i := range fields {
		texts[i] = knowledge.Grouped(values[i].Total)
		if values[i].Unknown > 0 {
			texts[i] = ">=" + texts[i]
		}
	}
	return texts
}

func portion(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

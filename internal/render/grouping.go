// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Grouping is a census by any keys, and what there is to say about it.
type Grouping struct {
	Answer *query.Grouped
	// Inferred counts, by the same keys, the sockets whose owner was concluded.
	Inferred *query.Grouped
	Filter   string
	Host     string
	Engine   string
	Exact    bool
	Sample   *query.Sample // nil when all sockets were looked at
	Gaps     []problem.Gap
	Limits   []problem.Gap
	Lang     knowledge.Lang
	Width    int
}

// Document puts the answer into its JSON form.
func (g Grouping) Document(now time.Time) CensusDocument {
	a := g.Answer
	d := CensusDocument{
		Schema: CensusSchema, Time: now.UTC().Truncate(time.Millisecond), Host: g.Host, Engine: g.Engine,
		Filter: g.Filter, Exact: g.Exact, Total: a.Total, Groups: []CensusGroup{},
		Gaps: append(append([]problem.Gap{}, g.Gaps...), g.Limits...),
	}
	if g.Sample != nil {
		d.Sample = &CensusSample{Slots: g.Sample.Slots, Of: g.Sample.Of}
		d.Interval = interval(a.Estimate)
	}
	for i := range a.Keys {
		d.By = append(d.By, a.Keys[i].String())
	}
	inferred := g.inferred()
	for _, group := range a.Groups {
		d.Groups = append(d.Groups, CensusGroup{
			Key: keyObject(a.Keys, group.Cells), Count: group.Count, Share: share(group.Count, a.Total),
			Inferred: inferred[cellsText(a.Keys, group.Cells)].Count, Sums: sums(a.Sum, group.Sums), Interval: interval(group.Estimate),
		})
	}
	d.Others, d.Overflow = g.rest(a.Others), g.rest(a.Overflow)
	return d
}

func (g Grouping) rest(r *query.Rest) *CensusRest {
	if r == nil {
		return nil
	}
	return &CensusRest{Groups: r.Groups, Count: r.Count, Share: share(r.Count, g.Answer.Total), Sums: sums(g.Answer.Sum, r.Sums), Interval: interval(r.Estimate)}
}

func interval(e *query.Estimate) *CensusInterval {
	if e == nil {
		return nil
	}
	return &CensusInterval{Low: e.Low, High: e.High, Thin: e.Thin}
}

// keyObject is the key of a group; null is not known, and a key that is missing
// is something that these sockets do not have.
func keyObject(keys query.Keys, cells []query.Cell) map[string]any {
	m := map[string]any{}
	for i := range keys {
		if v, ok := keys[i].JSON(cells[i]); ok {
			m[keys[i].Field.JSON()] = v
		}
	}
	return m
}

func sums(fields []*socket.Field, values []query.Sum) map[string]CensusSum {
	if len(fields) == 0 {
		return nil
	}
	m := map[string]CensusSum{}
	for i, f := range fields {
		m[f.JSON()] = CensusSum{Sum: values[i].Total, Unknown: values[i].Unknown}
	}
	return m
}

// inferred finds the concluded ones among a group by the text of its cells.
func (g Grouping) inferred() map[string]query.Group {
	m := map[string]query.Group{}
	if g.Inferred == nil {
		return m
	}
	for _, group := range g.Inferred.Groups {
		m[cellsText(g.Inferred.Keys, group.Cells)] = group
	}
	return m
}

// cellsText is the cells of a group as one text that no other group has.
func cellsText(keys query.Keys, cells []query.Cell) string {
	var b []byte
	for i := range cells {
		b = append(keys[i].Append(b, cells[i]), 0)
	}
	return string(b)
}

// CSV writes a header and a line for each group; what is not shown one by one
// comes last, with empty keys.
func (g Grouping) CSV(w io.Writer) error {
	a := g.Answer
	out := csv.NewWriter(w)
	var header []string
	for i := range a.Keys {
		header = append(header, a.Keys[i].String())
	}
	header = append(header, "count", "share")
	for _, f := range a.Sum {
		header = append(header, f.Name)
	}
	if g.Sample != nil {
		header = append(header, "low", "high", "thin")
	}
	_ = out.Write(header)
	for _, group := range a.Groups {
		var record []string
		for i, c := range group.Cells {
			record = append(record, csvCell(&a.Keys[i], c))
		}
		_ = out.Write(g.record(record, group.Count, group.Sums, group.Estimate))
	}
	for _, r := range []*query.Rest{a.Others, a.Overflow} {
		if r != nil {
			_ = out.Write(g.record(make([]string, len(a.Keys)), r.Count, r.Sums, r.Estimate))
		}
	}
	out.Flush()
	return out.Error()
}

func csvCell(k *query.Key, c query.Cell) string {
	if !c.Known {
		return ""
	}
	return string(k.Append(nil, c))
}

func (g Grouping) record(keys []string, count uint64, values []query.Sum, e *query.Estimate) []string {
	record := append(keys, strconv.FormatUint(count, 10), strconv.FormatFloat(share(count, g.Answer.Total), 'f', -1, 64))
	for _, s := range values {
		record = append(record, strconv.FormatUint(s.Total, 10))
	}
	if e != nil {
		record = append(record, strconv.FormatUint(e.Low, 10), strconv.FormatUint(e.High, 10), strconv.FormatBool(e.Thin))
	}
	return record
}

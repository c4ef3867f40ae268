// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Grouping is a census by keys, with what is reported about it.
type Grouping struct {
	Answer *query.Grouped
	// Inferred counts, by the same keys, the sockets whose owner was inferred.
	Inferred *query.Grouped
	Filter   string
	Notes    []query.Note // notes on how the filter was read
	Host     string
	Engine   string
	Exact    bool
	Sample   *query.Sample // nil if all sockets were read
	Gaps     []problem.Gap
	Limits   []problem.Gap
}

// JSON writes the answer as one document, group by group.
func (g Grouping) JSON(w io.Writer, now time.Time) error {
	return streamedJSON(w, g.document(now), stream{field: "groups", each: func(yield func(any) bool) {
		for group := range g.groups() {
			if !yield(group) {
				return
			}
		}
	}})
}

// NDJSON writes a line for each group, then a line {"gap":…} for each gap.
func (g Grouping) NDJSON(w io.Writer) error { return encodeLines(w, g.groups(), g.gaps()) }

// Untold reports whether some groups are summed up.
func (g Grouping) Untold() bool { return g.Answer.Others != nil || g.Answer.Overflow != nil }

// Counts yields the groups; see [Counted].
func (g Grouping) Counts() iter.Seq2[string, uint64] { return g.Answer.Counts() }

// Count returns the count of a group; see [Counted].
func (g Grouping) Count(name string) (n uint64, ok bool) { return g.Answer.Count(name) }

// Key returns the key of a group; see [Counted].
func (g Grouping) Key(name string) map[string]any {
	group, _ := g.Answer.Named(name)
	return keyObject(map[string]any{}, g.Answer.Keys, group.Cells)
}

// document returns the JSON form of the answer without its groups.
func (g Grouping) document(now time.Time) CensusDocument {
	a := g.Answer
	d := CensusDocument{
		Schema: CensusSchema, Time: now.UTC().Truncate(time.Millisecond), Host: g.Host, Engine: g.Engine,
		Filter: g.Filter, Notes: g.Notes, Exact: g.Exact, Total: a.Total, Groups: []CensusGroup{},
		Gaps: g.gaps(),
	}
	if g.Sample != nil {
		d.Sample = &CensusSample{Buckets: g.Sample.Buckets, Slots: g.Sample.Buckets, Of: g.Sample.Of}
		d.Interval = interval(a.Estimate)
	}
	for i := range a.Keys {
		d.By = append(d.By, a.Keys[i].String())
	}
	d.Others, d.Overflow = g.rest(a.Others), g.rest(a.Overflow)
	return d
}

func (g Grouping) gaps() []Gap { return Gaps(g.Gaps, g.Limits) }

// groups yields the groups of the document one by one. The key of a group is valid
// until the next.
func (g Grouping) groups() iter.Seq[CensusGroup] {
	a := g.Answer
	return func(yield func(CensusGroup) bool) {
		key := map[string]any{}
		for group := range a.Groups() {
			if !yield(CensusGroup{
				Key: keyObject(key, a.Keys, group.Cells), Count: group.Count, Share: share(group.Count, a.Total),
				Inferred: g.InferredOf(group).Count, Sums: sums(a.Sum, group.Sums), Interval: interval(group.Estimate),
			}) {
				return
			}
		}
	}
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

// keyObject replaces the content of a map by the key of a group. null means unknown;
// a missing key means that these sockets have no such value.
func keyObject(m map[string]any, keys query.Keys, cells []query.Cell) map[string]any {
	clear(m)
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

// InferredOf returns the part of a group whose owner was inferred.
func (g Grouping) InferredOf(group query.Group) query.Group {
	if g.Inferred == nil {
		return query.Group{}
	}
	inferred, _ := g.Inferred.Named(group.Name)
	return inferred
}

// CSV writes a header and a line for each group. What is summed up comes last, with
// empty keys and a word for it.
func (g Grouping) CSV(w io.Writer) error {
	a := g.Answer
	out := newCSV(w)
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
	header = append(header, "rest")
	_ = out.Write(header)
	for group := range a.Groups() {
		var record []string
		for i, c := range group.Cells {
			record = append(record, csvCell(&a.Keys[i], c))
		}
		if err := out.Write(append(g.record(record, group.Count, group.Sums, group.Estimate), "")); err != nil {
			return err
		}
	}
	for _, rest := range []struct {
		*query.Rest

		word string
	}{{a.Others, "others"}, {a.Overflow, "overflow"}} {
		if r := rest.Rest; r != nil {
			_ = out.Write(append(g.record(make([]string, len(a.Keys)), r.Count, r.Sums, r.Estimate), rest.word))
		}
	}
	out.Flush()
	return out.Error()
}

// csvCell prints a key: for numbers the number without its unit, or nothing.
func csvCell(k *query.Key, c query.Cell) string {
	switch {
	case !c.Known:
		return ""
	case k.Field.Type.Numeric(), c.Value.Kind() == socket.String:
		return csvText(k.Field, c.Value)
	default:
		return string(k.Append(nil, c))
	}
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

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// DiffSchema names the JSON form of a comparison (docs/json.md).
const DiffSchema = "tcpvitals.diff/1"

// Diff is a comparison of two readings.
type Diff struct {
	Old, New DiffSide
	Filter   string
	Notes    []query.Note     // notes on how the filter was read
	Unlike   []knowledge.Text // differences between the readings other than time
	Answer   *query.Differences
	Gaps     []problem.Gap
}

// DiffSide is one of the readings.
type DiffSide struct {
	Name   string // the file, or "live"
	Time   time.Time
	Host   string
	Engine string
	Exact  bool
}

// Elapsed is the time between the readings.
func (d Diff) Elapsed() time.Duration { return d.New.Time.Sub(d.Old.Time) }

// Stayed returns the groups of connections that stayed, ESTABLISHED last; nil if
// unknown.
func (d Diff) Stayed() []*query.Grouped {
	if d.Answer.Stayed == nil {
		return nil
	}
	return []*query.Grouped{d.Answer.Stayed, d.Answer.Established}
}

// DiffDocument is a comparison in JSON.
type DiffDocument struct {
	Schema       string           `json:"schema"`
	Old          DiffReading      `json:"old"`
	New          DiffReading      `json:"new"`
	Seconds      float64          `json:"seconds"`
	Filter       string           `json:"filter,omitempty"`
	Notes        []query.Note     `json:"filter_notes,omitempty"`
	Unlike       []textRecord     `json:"unlike"`
	By           []string         `json:"by"`
	Changes      []DiffChange     `json:"changes"`
	Others       *DiffChange      `json:"others,omitempty"`
	Overflow     *DiffChange      `json:"overflow,omitempty"`
	Unchanged    int              `json:"unchanged"`
	Listeners    []diffListener   `json:"listeners"` // nil if they cannot be compared
	Stayed       []DiffStayed     `json:"stayed"`    // nil if unknown
	StayedOthers *DiffStayedOther `json:"stayed_others,omitempty"`
	Gaps         []Gap            `json:"gaps"`
}

// DiffReading is one of the readings in JSON.
type DiffReading struct {
	Name   string    `json:"name"`
	Time   time.Time `json:"time"`
	Host   string    `json:"host,omitempty"`
	Engine string    `json:"engine"`
	Exact  bool      `json:"exact"`
	Total  uint64    `json:"total"`
}

// DiffChange is a group in both readings, in JSON.
type DiffChange struct {
	Key        map[string]any `json:"key,omitempty"`
	Groups     int            `json:"groups,omitempty"`
	Old        uint64         `json:"old"`
	New        uint64         `json:"new"`
	Difference int64          `json:"difference"`
}

// DiffStayed is a group of connections that stayed, in JSON.
type DiffStayed struct {
	Key   map[string]any `json:"key"`
	Count uint64         `json:"count"`
}

// DiffStayedOther sums up the groups that are not shown, in JSON.
type DiffStayedOther struct {
	Groups int    `json:"groups"`
	Count  uint64 `json:"count"`
}

// diffListener is a listener that changed, in JSON.
type diffListener struct {
	Change     string `json:"change"`
	Netns      string `json:"netns,omitempty"`
	NetnsInode uint64 `json:"netns_inode,omitempty"`
	Local      string `json:"local"`
	Port       uint16 `json:"sport"`
	Cookie     string `json:"cookie,omitempty"`
	PID        uint32 `json:"pid,omitempty"`
	Process    string `json:"process,omitempty"`
	Unit       string `json:"unit,omitempty"`
	Container  string `json:"container,omitempty"`
}

// JSON writes the comparison as one document, group by group. comparable says whether
// listeners could be compared.
func (d Diff) JSON(w io.Writer, comparable bool) error {
	streams := []stream{{field: "changes", each: d.changes}}
	if comparable {
		streams = append(streams, streamOf("listeners", d.Answer.Listeners, newDiffListener))
	}
	if d.Stayed() != nil {
		streams = append(streams, stream{field: "stayed", each: d.stayedGroups})
	}
	return streamedJSON(w, d.document(comparable), streams...)
}

// document returns the JSON form of the comparison without its groups.
func (d Diff) document(comparable bool) DiffDocument {
	a := d.Answer
	doc := DiffDocument{
		Schema: DiffSchema, Old: d.Old.reading(a.Old), New: d.New.reading(a.New),
		Seconds: d.Elapsed().Round(time.Millisecond).Seconds(), Filter: d.Filter, Notes: d.Notes, By: []string{}, Unlike: textRecords(d.Unlike),
		Changes: []DiffChange{}, Unchanged: a.Unchanged, Gaps: Gaps(d.Gaps),
	}
	for i := range a.Keys {
		doc.By = append(doc.By, a.Keys[i].String())
	}
	doc.Others, doc.Overflow = change(a.Others, nil, a.OtherGroups), change(a.Overflow, nil, 0)
	if comparable {
		doc.Listeners = []diffListener{}
	}
	doc.addStayed(d.Stayed())
	return doc
}

func (d Diff) changes(yield func(any) bool) {
	key := map[string]any{} // key of one group, valid until the next
	for _, c := range d.Answer.Changes {
		if !yield(change(&c, keyObject(key, d.Answer.Keys, c.Cells()), 0)) {
			return
		}
	}
}

func (d Diff) stayedGroups(yield func(any) bool) {
	key := map[string]any{} // key of one group, valid until the next
	for _, g := range d.Stayed() {
		for group := range g.Groups() {
			if !yield(DiffStayed{Key: keyObject(key, g.Keys, group.Cells), Count: group.Count}) {
				return
			}
		}
	}
}

func (s DiffSide) reading(total uint64) DiffReading {
	return DiffReading{Name: s.Name, Time: s.Time.UTC().Truncate(time.Millisecond), Host: s.Host, Engine: s.Engine, Exact: s.Exact, Total: total}
}

func change(c *query.GroupChange, key map[string]any, groups int) *DiffChange {
	if c == nil {
		return nil
	}
	return &DiffChange{Key: key, Groups: groups, Old: c.Old, New: c.New, Difference: c.Difference()}
}

func (doc *DiffDocument) addStayed(all []*query.Grouped) {
	if all == nil {
		return
	}
	doc.Stayed = []DiffStayed{}
	var rest DiffStayedOther
	for _, g := range all {
		for _, r := range []*query.Rest{g.Others, g.Overflow} {
			if r != nil {
				rest.Groups += r.Groups
				rest.Count += r.Count
			}
		}
	}
	if rest.Count > 0 {
		doc.StayedOthers = &rest
	}
}

func newDiffListener(l *query.ChangedListener) diffListener {
	r := diffListener{Change: l.Change.String(), Local: l.Local.Addr().String(), Port: l.Local.Port()}
	if l.Cookie != 0 {
		r.Cookie = strconv.FormatUint(l.Cookie, 16)
	}
	if l.Netns != nil {
		r.Netns, r.NetnsInode = l.Netns.Name, l.Netns.Inode
	}
	if o := l.Owner; o != nil {
		r.Unit, r.Container = o.Unit, o.Container
		if o.Process != nil {
			r.PID, r.Process = o.Process.PID, o.Process.Name
		}
	}
	return r
}

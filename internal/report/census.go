// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// CensusSchema names the JSON form of a census with its version, which grows when a
// key changes its meaning or is removed (docs/json.md).
const CensusSchema = "tcpvitals.census/1"

// CensusDocument is a census in JSON, as docs/json.md describes it.
type CensusDocument struct {
	Schema          string        `json:"schema"`
	Time            time.Time     `json:"time"`
	Host            string        `json:"host,omitempty"`
	Engine          string        `json:"engine"`
	Format          string        `json:"format,omitempty"`
	Filter          string        `json:"filter,omitempty"`
	Notes           []query.Note  `json:"filter_notes,omitempty"`
	By              []string      `json:"by"`
	Exact           bool          `json:"exact"`
	Total           uint64        `json:"total"`
	Groups          []CensusGroup `json:"groups"`
	Others          *CensusRest   `json:"others,omitempty"`
	Overflow        *CensusRest   `json:"overflow,omitempty"`
	OtherNamespaces *int          `json:"other_namespaces,omitempty"`
	FullQueues      uint64        `json:"full_accept_queues,omitempty"`
	Unanswered      uint64        `json:"syns_sent_again,omitempty"`
	ToOne           uint64        `json:"ports_to_one_destination_about,omitempty"`
	// Sample is set if only a part of the table was read: then every count is an
	// estimate with an interval.
	Sample   *CensusSample   `json:"sample,omitempty"`
	Interval *CensusInterval `json:"interval,omitempty"` // of Total
	// Reconciliation is set with -v.
	Reconciliation []CensusComparison `json:"reconciliation,omitempty"`
	Gaps           []Gap              `json:"gaps"`
}

// CensusGroup is one line of a census.
type CensusGroup struct {
	Key   map[string]any `json:"key"`
	Count uint64         `json:"count"`
	Share float64        `json:"share"`
	// Kinds splits the count by kind of kernel object, without kinds that have no
	// socket. It is set only in a count by state alone.
	Kinds map[string]uint64 `json:"kinds,omitzero"`
	// Inferred is how many of Count have an inferred owner.
	Inferred uint64 `json:"inferred,omitempty"`
	// Sums are the sums of fields.
	Sums map[string]CensusSum `json:"sums,omitempty"`
	// Interval is set if Count is an estimate.
	Interval *CensusInterval `json:"interval,omitempty"`
}

// state returns the state of a group in a count by state alone.
func (g *CensusGroup) state() string {
	state, _ := g.Key["state"].(string)
	return state
}

// CensusSum is the sum of a field over a group.
type CensusSum struct {
	Sum     uint64 `json:"sum"`
	Unknown uint64 `json:"unknown"` // sockets that are missing in the sum because the field could not be read
}

// CensusSample tells how many buckets of the socket table were read.
type CensusSample struct {
	Buckets uint64 `json:"buckets"`
	Slots   uint64 `json:"slots"` // the same as buckets, under its earlier name
	Of      uint64 `json:"of"`
}

// CensusInterval is the 95 % confidence interval of a number.
type CensusInterval struct {
	Low  uint64 `json:"low"`
	High uint64 `json:"high"`
	Thin bool   `json:"thin,omitempty"` // too few sockets were seen for the count to mean much
}

// CensusRest sums up groups that are not shown.
type CensusRest struct {
	Groups int                  `json:"groups,omitempty"`
	Count  uint64               `json:"count"`
	Share  float64              `json:"share"`
	Sums   map[string]CensusSum `json:"sums,omitempty"`

	Interval *CensusInterval `json:"interval,omitempty"`
}

// NewCensusDocument returns the JSON form of a census. It has every state, in the
// kernel's order, even those without a socket.
func NewCensusDocument(c *query.Census, host string, now time.Time) CensusDocument {
	d := CensusDocument{
		Schema:          CensusSchema,
		Time:            now.UTC().Truncate(time.Millisecond),
		Host:            host,
		Engine:          c.Engine,
		Format:          c.Format,
		By:              []string{"state"},
		Exact:           c.Exact,
		Total:           c.Total(),
		OtherNamespaces: c.OtherNamespaces, FullQueues: c.Passing.FullQueues, Unanswered: c.Passing.Unanswered, ToOne: c.Passing.ToOne,
		Gaps: Gaps(c.Gaps, c.Limits),
	}
	for s := range tcp.AllStates.All() {
		count := c.Of(s)
		d.Groups = append(d.Groups, CensusGroup{
			Key:   map[string]any{"state": s.String()},
			Count: count.Total,
			Share: share(count.Total, d.Total),
			Kinds: kinds(count),
		})
	}
	return d
}

// share returns a part of the whole, rounded to six digits.
func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return math.Round(float64(part)/float64(whole)*1e6) / 1e6
}

func kinds(c query.Count) map[string]uint64 {
	m := map[string]uint64{}
	for k, n := range c.Kinds {
		if n > 0 {
			m[socket.Kind(k).String()] = n
		}
	}
	return m
}

// CensusNDJSON writes a line for each group, then a line {"gap":…} for each gap.
func CensusNDJSON(w io.Writer, d CensusDocument) error {
	return encodeLines(w, slices.Values(d.Groups), d.Gaps)
}

// encodeLines writes one line of JSON per element, then one per gap.
func encodeLines[T any](w io.Writer, all iter.Seq[T], gaps []Gap) error {
	e := encoder(w)
	for one := range all {
		if err := e.Encode(one); err != nil {
			return err
		}
	}
	return encodeGaps(e, gaps)
}

// each yields records one by one.
func each[T, R any](all []T, record func(*T) R) iter.Seq[R] {
	return func(yield func(R) bool) {
		for i := range all {
			if !yield(record(&all[i])) {
				return
			}
		}
	}
}

// encodeGaps writes one line {"gap":…} per gap.
func encodeGaps(e *json.Encoder, gaps []Gap) error {
	for _, g := range gaps {
		if err := e.Encode(map[string]Gap{"gap": g}); err != nil {
			return err
		}
	}
	return nil
}

// CensusCSV writes a header and a line for each group (RFC 4180).
func CensusCSV(w io.Writer, d CensusDocument) error {
	out := newCSV(w)
	_ = out.Write([]string{"state", "count", "share"})
	for _, g := range d.Groups {
		_ = out.Write([]string{g.state(), strconv.FormatUint(g.Count, 10), strconv.FormatFloat(g.Share, 'f', -1, 64)})
	}
	out.Flush()
	return out.Error()
}

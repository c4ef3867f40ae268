// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// SampleSchema names the JSON form of one look of --every (docs/json.md).
const SampleSchema = "tcpvitals.sample/1"

// sampleDocument is one look of --every without the changes and the document of the
// command, which follow it.
type sampleDocument struct {
	Schema    string    `json:"schema"`
	Seq       uint64    `json:"seq"`
	Time      time.Time `json:"time"`
	Every     float64   `json:"every_seconds"`
	Interval  float64   `json:"interval_seconds"`
	Since     float64   `json:"since_seconds,omitempty"`
	Took      float64   `json:"took_seconds"`
	Skipped   uint64    `json:"skipped"`
	Stretched bool      `json:"stretched"`
}

// A Change is how fast the count of a group changes.
type Change struct {
	PerSecond float64

	name string
	of   Counted
}

// Key returns the key of the group, as in the document of a census.
func (c Change) Key() map[string]any { return c.of.Key(c.name) }

type changeDocument struct {
	Key       map[string]any `json:"key"`
	PerSecond float64        `json:"per_second"`
}

// WriteSample writes one look as one line of JSON that contains the document of the
// command.
func WriteSample(w io.Writer, look *sampler.Look, changes []Change, document func(io.Writer) error) error {
	out := bufio.NewWriter(w)
	head, err := marshal(sampleDocument{
		Schema: SampleSchema, Seq: look.Seq, Time: look.At.UTC().Truncate(time.Millisecond), Every: look.Every.Seconds(), Interval: look.Interval.Seconds(),
		Since: rounded(look.Since.Seconds()), Took: look.Took.Round(time.Microsecond).Seconds(), Skipped: look.Skipped, Stretched: look.Stretched(),
	})
	if err != nil {
		return err
	}
	_, _ = out.Write(bytes.TrimSuffix(head, []byte("}"))) // Flush returns the first error
	line := &compactor{w: out}
	if err := writeChanges(line, changes); err != nil {
		return err
	}
	_, _ = out.WriteString(`,"document":`)
	if err := document(line); err != nil {
		return err
	}
	_, _ = out.WriteString("}\n")
	return out.Flush()
}

// writeChanges writes the changes if they are known.
func writeChanges(w io.Writer, changes []Change) error {
	if changes == nil {
		return nil
	}
	e := encoder(w)
	before := `,"changes":[`
	for _, c := range changes {
		_, _ = io.WriteString(w, before)
		if err := e.Encode(changeDocument{c.Key(), c.PerSecond}); err != nil {
			return err
		}
		before = ","
	}
	if len(changes) == 0 {
		_, _ = io.WriteString(w, before)
	}
	_, err := io.WriteString(w, "]")
	return err
}

// Counted is a set of groups with counts. A group has the same name in every count by
// the same keys.
type Counted interface {
	// Untold reports whether some groups are summed up.
	Untold() bool
	// Counts yields the groups in the order in which they are shown.
	Counts() iter.Seq2[string, uint64]
	// Count returns the count of the group with a name; ok is false if there is no
	// such group.
	Count(name string) (n uint64, ok bool)
	// Key returns the key of an existing group.
	Key(name string) map[string]any
}

// CensusChanges returns how fast the groups of two counts change, the fastest first,
// without unchanged ones. It is nil if changes cannot be computed. A group that only
// one count has counts as 0 in the other, unless that count sums up some of its
// groups.
func CensusChanges(before, now Counted, since time.Duration) []Change {
	if since <= 0 {
		return nil
	}
	some := before.Untold() || now.Untold()
	changes := []Change{}
	add := func(of Counted, name string, by float64) {
		if by != 0 {
			changes = append(changes, Change{PerSecond: rounded(by / since.Seconds()), name: name, of: of})
		}
	}
	for name, n := range now.Counts() {
		past, known := before.Count(name)
		if known || !some {
			add(now, name, float64(n)-float64(past))
		}
	}
	if !some {
		for name, n := range before.Counts() {
			if _, stayed := now.Count(name); !stayed {
				add(before, name, -float64(n))
			}
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(math.Abs(b.PerSecond), math.Abs(a.PerSecond)) })
	return changes
}

// Untold reports false: a document has every state.
func (*CensusDocument) Untold() bool { return false }

// Counts yields the states.
func (d *CensusDocument) Counts() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for _, g := range d.Groups {
			if !yield(g.state(), g.Count) {
				return
			}
		}
	}
}

// Count returns the count of a state.
func (d *CensusDocument) Count(state string) (n uint64, ok bool) {
	for _, g := range d.Groups {
		if g.state() == state {
			return g.Count, true
		}
	}
	return 0, false
}

// Key returns the key of a state.
func (*CensusDocument) Key(state string) map[string]any { return map[string]any{"state": state} }

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// TraceSchema names the JSON form of a trace's summary (docs/json.md).
const TraceSchema = "tcpvitals.trace/1"

// A Trace is the summary of a trace.
type Trace struct {
	Host string
	*trace.Summary
	// Cost is the cost of the programs in the kernel; nil if it was not measured.
	Cost *TraceCost
}

// A TraceCost is the time that the programs in the kernel took.
type TraceCost struct {
	Runs uint64
	Took time.Duration
	// Floor is the time per run of an empty program, measured in the same trace and
	// subtracted.
	Floor time.Duration
}

// Each returns the time per transition, without that of an empty program.
func (c *TraceCost) Each() time.Duration {
	if c.Runs == 0 {
		return 0
	}
	return max(0, c.Took/time.Duration(c.Runs)-c.Floor)
}

type traceDocument struct {
	Schema   string           `json:"schema"`
	Time     time.Time        `json:"time"`
	Host     string           `json:"host,omitempty"`
	Seconds  float64          `json:"seconds"`
	Ended    uint64           `json:"ended"`
	Ends     []endDocument    `json:"ends"`
	After    []endDocument    `json:"after_our_end"`
	Resets   []resetDocument  `json:"resets"`
	Opened   endDocument      `json:"opened"`
	Stays    []stayDocument   `json:"stays,omitempty"`
	Edges    []edgeDocument   `json:"transitions"`
	TimeWait *countsDocument  `json:"time_wait,omitempty"`
	Parted   []partedDocument `json:"parted,omitempty"`
	Lost     lostDocument     `json:"lost"`
	Cost     *costDocument    `json:"cost,omitempty"`
	Exact    bool             `json:"exact"`
	Gaps     []Gap            `json:"gaps"`
}

type endDocument struct {
	Reason    string         `json:"reason,omitempty"`
	From      string         `json:"from,omitempty"`
	Count     uint64         `json:"count"`
	PerSecond float64        `json:"per_second"`
	By        []doerDocument `json:"by"`
}

type resetDocument struct {
	Reset string `json:"reset"`
	endDocument
}

type doerDocument struct {
	Process   string `json:"process,omitempty"`
	Unit      string `json:"unit,omitempty"`
	Container string `json:"container,omitempty"`
	Kernel    bool   `json:"kernel,omitempty"`
	Netns     string `json:"netns"`
	Side      string `json:"side"`
	Port      uint16 `json:"port"`
	Count     uint64 `json:"count"`
}

type stayDocument struct {
	State  string  `json:"state"`
	Count  uint64  `json:"count"`
	Median float64 `json:"median_ms"`
	P99    float64 `json:"p99_ms,omitempty"`
}

type edgeDocument struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count uint64 `json:"count"`
}

type countsDocument struct {
	Seen    uint64 `json:"seen"`
	Born    uint64 `json:"kernel_born"`
	Refused uint64 `json:"kernel_refused"`
}

// A partedDocument is one difference between the kernel's own counters and the trace.
type partedDocument struct {
	Counter string  `json:"counter"`
	Seen    uint64  `json:"seen"`
	Kernel  uint64  `json:"kernel"`
	Missed  uint64  `json:"missed"`
	More    uint64  `json:"more"`
	Since   float64 `json:"since_seconds"`
}

type lostDocument struct {
	Records uint64 `json:"records"`
	Owners  uint64 `json:"owners"`
	Skipped uint64 `json:"skipped_at_most"`
}

type costDocument struct {
	Runs  uint64  `json:"runs"`
	Each  int64   `json:"ns_per_transition"`
	Share float64 `json:"processor_share"`
}

// Side returns which end of a connection a doer had.
func Side(d *trace.Doer) string {
	if d.Accepted {
		return "accepted"
	}
	return "opened"
}

// Exact reports whether nothing that was to be counted is missing.
func (t *Trace) Exact() bool {
	return t.Lost.Owners == 0 && t.Lost.Skipped == 0 && len(t.Gaps) == 0
}

// WriteTrace writes the summary of a trace as one document.
func WriteTrace(w io.Writer, t *Trace) error {
	d := traceDocument{
		Schema: TraceSchema, Time: t.Began.UTC().Truncate(time.Millisecond), Host: t.Host, Seconds: rounded(t.Took.Seconds()), Ended: t.Total,
		Ends: t.ends(t.Ends), After: t.ends(t.After), Opened: t.end(&t.Opened), Edges: []edgeDocument{}, Resets: []resetDocument{},
		Lost: lostDocument{t.Lost.Records, t.Lost.Owners, t.Lost.Skipped}, Exact: t.Exact(), Gaps: Gaps(t.Gaps),
	}
	d.Opened.Reason = ""
	for i := range t.Resets {
		d.Resets = append(d.Resets, resetDocument{t.Resets[i].Reason, t.end(&t.Resets[i].End)})
	}
	for _, e := range t.Edges {
		d.Edges = append(d.Edges, edgeDocument{e.From.String(), e.To.String(), e.Count})
	}
	for _, s := range t.Stays {
		d.Stays = append(d.Stays, stayDocument{s.State.String(), s.Count, rounded(s.Median.Seconds() * 1000), rounded(s.P99.Seconds() * 1000)})
	}
	if k := t.Kernel; k != nil {
		d.TimeWait = &countsDocument{k.Seen, k.Born, k.Refused}
		for _, p := range k.Parted {
			one := partedDocument{Counter: p.Account.String(), Seen: p.Seen, Kernel: p.Counted, More: p.Apart, Since: rounded(p.Since.Seconds())}
			if p.More {
				one.Missed, one.More = p.Apart, 0
			}
			d.Parted = append(d.Parted, one)
		}
	}
	if c := t.Cost; c != nil {
		d.Cost = &costDocument{c.Runs, c.Each().Nanoseconds(), c.Took.Seconds() / t.Took.Seconds()}
	}
	return JSON(w, d)
}

func (t *Trace) ends(ends []trace.End) []endDocument {
	out := []endDocument{}
	for i := range ends {
		out = append(out, t.end(&ends[i]))
	}
	return out
}

func (t *Trace) end(e *trace.End) endDocument {
	d := endDocument{Reason: e.Reason.String(), Count: e.Count, PerSecond: rounded(float64(e.Count) / t.Took.Seconds()), By: []doerDocument{}}
	if e.From != 0 {
		d.From = e.From.String()
	}
	for i := range e.By {
		b := &e.By[i]
		d.By = append(d.By, doerDocument{b.Process, b.Unit, b.Container, b.Kernel, b.Netns, Side(b), b.Port, b.Count})
	}
	return d
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"time"
)

// A PastFinding is a finding over a time, as /api/v1/findings of tcpvitalsd tells
// it. What it is about is what a metric may tell: no remote address, no process id.
type PastFinding struct {
	Rule        string    `json:"rule"`
	Severity    string    `json:"severity"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	End         string    `json:"end"`  // "there", "over" or "unseen": nobody looked afterwards
	Most        float64   `json:"most"` // how many there were of it at once
	Netns       string    `json:"netns,omitempty"`
	Local       string    `json:"local,omitempty"`
	Destination string    `json:"destination,omitempty"`
	Process     string    `json:"process,omitempty"`
	Unit        string    `json:"unit,omitempty"`
	Container   string    `json:"container,omitempty"`
}

// PastFindings is what was found in a time.
type PastFindings struct {
	Findings []PastFinding `json:"findings"` // the newest first
	Cut      bool          `json:"cut"`      // there are more
}

// How a [PastFinding] ends.
const (
	EndThere  = "there"  // it is there
	EndOver   = "over"   // the next look did not find it
	EndUnseen = "unseen" // nobody looked afterwards
)

// SortPast puts findings in the order in which they began, the newest first.
func SortPast(all []PastFinding) {
	slices.SortStableFunc(all, func(a, b PastFinding) int {
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(a.Rule, b.Rule))
	})
}

// HistorySchema names the JSON form of tcpvitals history (docs/json.md).
const HistorySchema = "tcpvitals.history/1"

// History is numbers over a time, and what was found in it.
type History struct {
	Schema string          `json:"schema"`
	Query  string          `json:"query"` // what was asked, in PromQL
	From   time.Time       `json:"from"`
	To     time.Time       `json:"to"`
	Step   float64         `json:"step_seconds"`
	Series []HistorySeries `json:"series"`
	PastFindings
}

// HistorySeries is one series.
type HistorySeries struct {
	Labels  map[string]string `json:"labels"`
	Samples []HistorySample   `json:"samples"`
}

// HistorySample is a number at a moment.
type HistorySample struct {
	At    time.Time `json:"time"`
	Value *float64  `json:"value"` // null for what is no number
}

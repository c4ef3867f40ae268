// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"time"
)

// A PastFinding is a finding with the time in which it lasted, as /api/v1/findings of
// tcpvitalsd returns it. Its subject has only what a metric may have: no remote
// address, no process id.
type PastFinding struct {
	Rule        string    `json:"rule"`
	Severity    string    `json:"severity"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	End         string    `json:"end"`  // "there", "over" or "unseen": see below
	Most        float64   `json:"most"` // the largest number of such findings at one time
	Netns       string    `json:"netns,omitempty"`
	Local       string    `json:"local,omitempty"`
	Destination string    `json:"destination,omitempty"`
	Process     string    `json:"process,omitempty"`
	Unit        string    `json:"unit,omitempty"`
	Container   string    `json:"container,omitempty"`
}

// PastFindings are the findings of a period.
type PastFindings struct {
	Findings []PastFinding `json:"findings"` // the newest first
	Cut      bool          `json:"cut"`      // there are more findings
}

// The ends of a [PastFinding].
const (
	EndThere  = "there"  // the finding still lasts
	EndOver   = "over"   // the next look did not find it any more
	EndUnseen = "unseen" // there was no look afterwards
)

// SortPast sorts findings by when they began, the newest first.
func SortPast(all []PastFinding) {
	slices.SortStableFunc(all, func(a, b PastFinding) int {
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(a.Rule, b.Rule))
	})
}

// HistorySchema names the JSON form of tcpvitals history (docs/json.md).
const HistorySchema = "tcpvitals.history/1"

// History is numbers over a period, with the findings of the period.
type History struct {
	Schema string          `json:"schema"`
	Query  string          `json:"query"` // the query, in PromQL
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

// HistorySample is a number at a time.
type HistorySample struct {
	At    time.Time `json:"time"`
	Value *float64  `json:"value"` // null if it is not a finite number
}

// SPDX-License-Identifier: Apache-2.0

package report

import "time"

// PastSchema names the JSON form of [Past].
const PastSchema = "tcpvitals.past/1"

// Past is what tcpvitalsd has kept of a period, look by look: it answers tcpvitals watch,
// and says nothing of single sockets. Times of samples are those of the looks.
type Past struct {
	Schema string       `json:"schema"`
	From   time.Time    `json:"from"`
	To     time.Time    `json:"to"`
	Who    string       `json:"who"` // the address of the agent, or the directory of its history
	Series []PastSeries `json:"series"`
	PastFindings
}

// PastSeries is one series, with as many times as values.
type PastSeries struct {
	Labels map[string]string `json:"labels"` // __name__ is the metric (docs/metrics.md)
	At     []int64           `json:"at"`     // milliseconds since 1970, the oldest first
	Values []float64         `json:"values"`
}

// SPDX-License-Identifier: Apache-2.0

package metricstest

import (
	"fmt"
	"slices"
	"testing"
)

// A recorder is a testing.TB that keeps the messages of failures.
type recorder struct {
	testing.TB

	said []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

// TestSelectors: a query for what the agent writes passes, and each mistake is
// reported.
func TestSelectors(t *testing.T) {
	for expr, want := range map[string][]string{
		`sum(rate(tcpvitals_scrape_no_such_total[5m]))`: {"q asks for tcpvitals_scrape_no_such_total, which no agent writes"},
		`tcpvitals_one/tcpvitals_two`:                   {"q asks for tcpvitals_one, which no agent writes", "q asks for tcpvitals_two, which no agent writes"},
		`up{colour="red"} == 0`:                         {"q: up has no label colour"},
		`up{job="tcpvitals"} == 0`:                      nil,
		`vector(1)`:                                     {"q asks for no metric: vector(1)"},
	} {
		r := &recorder{TB: t}
		if Selectors(r, "q", expr); !slices.Equal(r.said, want) {
			t.Errorf("%s: %q, want %q", expr, r.said, want)
		}
	}
}

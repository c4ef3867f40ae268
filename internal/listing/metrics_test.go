// SPDX-License-Identifier: Apache-2.0

package listing_test

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestMetricsOfWhat: a metric with a state is one of TCP's connections by its
// name, or it is reported.
func TestMetricsOfWhat(t *testing.T) {
	const good = `node_tcp_connection_states{state="established"} 5` + "\n"
	for _, test := range []struct {
		line string
		want uint64 // ESTABLISHED, with the good one
		told bool
	}{
		{`tcp_connections{state="established"} 70`, 75, false},
		{`node_netstat_states{state="established"} 70`, 75, false},
		{`netdata_ip_sockets{state="established"} 70`, 75, false},
		{`node_unix_connection_states{state="established"} 70`, 5, false},
		{`node_udp_states{state="established"} 70`, 5, false},
		{`node_sctp_states{state="established"} 70`, 5, false},
		{`bgp_peers{state="established"} 70`, 5, true},
		{`node_tcp_mem{state="established"} 70`, 5, true},
		{`tcp_state_transitions_total{state="established"} 70`, 5, true},
		{`node_tcp_connection_states_max{state="established"} 70`, 5, true},
		{`servers.web1.unix.established 70 1764386000`, 5, true},
	} {
		result, err := listing.Count(strings.NewReader(good+test.line+"\n"), "metrics")
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
			continue
		}
		ignored := result.Ignored.UDP+result.Ignored.Unix+result.Ignored.Raw+result.Ignored.Other > 0
		if got := result.Counts.Of(tcp.Established); got != test.want || test.told == result.Whole() || !test.told && test.want == 5 && !ignored {
			t.Errorf("%s: %d, want %d; told %v, ignored %v: %v", test.line, got, test.want, !result.Whole(), ignored, result.Gaps)
		}
	}
}

// TestNumbersOfOtherThings: numbers beside states below a name that says what else
// they are do not count, and are reported.
func TestNumbersOfOtherThings(t *testing.T) {
	for _, name := range []string{"delta", "errors", "p99", "resets", "states_prev", "diff", "yesterday", "previous", "transitions", "codes", "peak", "warn", "thresholds", "index", "conntrack", "nf_conntrack", "unix_states"} {
		text := `{"states":{"ESTABLISHED":5},"` + name + `":{"ESTABLISHED":70,"TIME_WAIT":7}}`
		result, err := listing.Count(strings.NewReader(text), name)
		if got := result.Counts.Of(tcp.Established); err != nil || got != 5 || result.Counts.Of(tcp.TimeWait) != 0 || result.Whole() {
			t.Errorf("%s: %d, told %v: %v", name, got, !result.Whole(), err)
		}
	}
	for _, heading := range []string{"threshold", "yesterday", "rank", "code"} {
		result, err := listing.Count(strings.NewReader("state,"+heading+"\nESTABLISHED,432000\nTIME_WAIT,120\n"), heading)
		if err == nil && result.Whole() {
			t.Errorf("state,%s: %v as sockets, and not a word", heading, result.Counts)
		}
	}
}

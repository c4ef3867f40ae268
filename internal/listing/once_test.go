// SPDX-License-Identifier: Apache-2.0

package listing_test

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/listing"
)

// TestOnce: whatever the layout, a text of two looks has counted each socket twice.
func TestOnce(t *testing.T) {
	const netstat = "tcp        0      0 192.0.2.9:80            198.51.100.7:40001      ESTABLISHED\ntcp        0      0 192.0.2.9:80            198.51.100.7:40002      TIME_WAIT\n"
	const ss = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 192.0.2.9:80 198.51.100.7:40001\nLISTEN 0 128 *:80 *:*\n"
	const proc = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:1F90 0200007F:9C41 01 00000000:00000000 00:00000000 00000000     0        0 20000 1 0000000000000000 100 0 0 10 0\n"
	for name, text := range map[string]string{
		"lines":           "ESTABLISHED 5\nLISTEN 3\n\nESTABLISHED 7\nLISTEN 3\n",
		"lines and times": "10:00:00\nESTABLISHED 5\nLISTEN 3\n10:05:00\nESTABLISHED 7\nLISTEN 3\n",
		"uniq -c":         "      5 ESTABLISHED\n      3 LISTEN\n      7 ESTABLISHED\n",
		"CSV":             "time,state,count\n10:00:00,ESTABLISHED,5\n10:00:00,LISTEN,3\n10:05:00,ESTABLISHED,7\n10:05:00,LISTEN,3\n",
		"CSV, wide":       "time,ESTABLISHED,LISTEN\n10:00:00,5,3\n10:05:00,7,3\n",
		"seconds apart":   "time,ESTABLISHED,LISTEN\n10:00:00,5,3\n10:00:01,7,3\n",
		"machines":        "host,ESTABLISHED,LISTEN\ndb1,5,3\ndb2,7,3\n",
		"markdown":        "| State | Count |\n|---|---|\n| LISTEN | 5 |\n| LISTEN | 7 |\n",
		"JSON":            `{"ESTABLISHED":5,"LISTEN":3}` + "\n" + `{"ESTABLISHED":7,"LISTEN":3}`,
		"JSON, a list":    `[{"time":"10:00:00","states":{"ESTABLISHED":5}},{"time":"10:05:00","states":{"ESTABLISHED":7}}]`,
		"JSON, records":   `[{"state":"LISTEN","count":5},{"state":"LISTEN","count":7}]`,
		"Prometheus":      "node_tcp_connection_states{state=\"established\"} 5\nnode_tcp_connection_states{state=\"established\"} 7\n",
		"Group-Object":    "Count Name Group\n----- ---- -----\n    5 Listen {}\n    7 Listen {}\n",
		"a list of YAML":  "- state: LISTEN\n  count: 5\n- state: LISTEN\n  count: 7\n",
		"netstat":         netstat + netstat,
		"ss":              ss + ss,
		"ss, changed":     ss + strings.Replace(ss, "40001", "40009", 1),
		"/proc":           proc + proc,
	} {
		result, err := listing.Count(strings.NewReader(text), name)
		if err != nil || result.Once() || len(result.Gaps) == 0 {
			t.Errorf("%s: once %v, %v, %v", name, result.Once(), err, result.Gaps)
		}
	}
	for name, text := range map[string]string{
		"lines":         "ESTABLISHED 5\nLISTEN 3\n",
		"families":      "tcp_states{family=\"inet\",state=\"established\"} 5\ntcp_states{family=\"inet6\",state=\"established\"} 7\n",
		"CSV by port":   "port,state,count\n80,ESTABLISHED,5\n443,ESTABLISHED,7\n",
		"JSON families": `{"tcp":{"ESTABLISHED":5},"tcp6":{"ESTABLISHED":7}}`,
		"netstat":       netstat,
		"ss":            ss,
		"both of /proc": proc + strings.Replace(strings.Replace(strings.Replace(proc, "rem_address", "remote_address", 1), "0100007F", "0000000000000000FFFF00000100007F", 1), "0200007F", "0000000000000000FFFF00000200007F", 1),
	} {
		if result, err := listing.Count(strings.NewReader(text), name); err != nil || !result.Once() {
			t.Errorf("%s: once %v, %v, %v", name, result.Once(), err, result.Gaps)
		}
	}
}

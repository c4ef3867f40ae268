// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// TestSources: that rows, or counts, stand after several names is reported, also where
// the names differ in their numbers alone. Numbers of lines, times and the number of
// a process that stays the same are no names.
func TestSources(t *testing.T) {
	rows := [2]string{rowB + rowC, "tcp 0 0 10.9.8.7:8080 172.20.3.9:40229 TIME_WAIT\n" + rowA}
	counted := [2]string{"TIME_WAIT 2044\nLISTEN 17\n", "ESTABLISHED 311\nCLOSE_WAIT 4\n"}
	for _, tt := range []struct {
		first, second string
		told          bool
	}{
		{"10.0.0.1: ", "10.0.0.2: ", true},                   // clush, a loop over ssh
		{"10.0.0.1 | ", "10.0.0.2 | ", true},                 // ansible -o
		{"[10.0.0.1] ", "[10.0.0.2] ", true},                 // pssh -i
		{"[10.0.0.1:22] out: ", "[10.0.0.2:22] out: ", true}, // fabric
		{"fd00::1: ", "fd00::2: ", true},
		{"web-1: ", "web-2: ", true},
		{"api_1  | ", "api_2  | ", true}, // docker-compose 1.x
		{"stdout 1: ", "stdout 2: ", true},
		{"Feb 03 04:05:06 db2 netstat[4411]: ", "Feb 03 04:05:06 db2 netstat[4500]: ", true}, // two runs
		{"Feb 03 04:05:06 db2 netstat[4411]: ", "Feb 03 04:05:06 db2 netstat[4411]: ", false},
		{"2025-02-03T04:05:06.7890123Z ", "2025-02-03T04:05:06.7890124Z ", false},
		{"[ 8123.456789] ", "[ 8123.456790] ", false}, // dmesg
		{"1738555506.789 ", "1738555506.790 ", false},
		{"api-1  | ", "api-1  | ", false},
	} {
		for what, texts := range map[string][2]string{"rows": rows, "counts": counted} {
			if what == "counts" && strings.ContainsAny(tt.first, "[") && strings.Contains(tt.first, ".") && !tt.told {
				continue // dmesg prints no counts
			}
			got, err := countSmall(before(tt.first, texts[0]) + before(tt.second, texts[1]))
			told := false
			for _, g := range got.Gaps {
				told = told || strings.Contains(knowledge.GapReason(g), "stand behind")
			}
			if err != nil || told != tt.told {
				t.Errorf("%s behind %q and %q: told %v, %v: %+v", what, tt.first, tt.second, told, err, got.Gaps)
			}
		}
	}
	for name, text := range map[string]string{
		"cat -n":    "     1\t" + rowA + "     2\t" + rowB + "     3\t" + rowC,
		"rg":        "a.log:44:1:" + rowA + "a.log:45:1:" + rowB + "a.log:46:1:" + rowC,
		"in a list": "[1] " + rowA + "[2] " + rowB + "[3] " + rowC,
	} {
		if got, err := countSmall(text); err != nil || summary(&got.Counts) != counts || !got.Once() {
			t.Errorf("%s: %s, %v: %+v", name, summary(&got.Counts), err, got.Gaps)
		}
	}
}

// ofLooksAlike are texts that look like sockets, or like counts of them.
func ofLooksAlike() []paste {
	const router = "router or a firewall"
	return []paste{
		{name: "connections of a router", source: "RouterOS, /ip firewall connection print", text: "0  SAC  tcp  10.0.0.1:50000  10.0.0.2:443  established  23h59m59s\n1  SAC  tcp  10.0.0.1:50001  10.0.0.2:443  time-wait  9s\n", says: router},
		{name: "connections with minutes", source: "load balancers", text: "TCP 10.0.0.1:50000 10.0.0.2:443 ESTABLISHED 14:59\nTCP 10.0.0.1:50001 10.0.0.2:443 CLOSE_WAIT 00:59\n", says: router},
		{name: "names of ss, cut", source: "ss -tan | cut -c1-5 | sort | uniq -c", text: "      7 ESTAB\n      5 CLOSE\n", says: "cut short"},
		{name: "names of ss, not cut", source: "a script", text: "ESTAB 7\nCLOSE 5\nLISTEN 3\n", want: "ESTABLISHED 7, CLOSE 5, LISTEN 3"},
	}
}

func TestLooksAlike(t *testing.T) {
	for _, p := range ofLooksAlike() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}

// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofRecords are records of other things that have a state too, and counts that look like
// such records.
func ofRecords() []paste {
	const unclear = "what its number counts"
	return []paste{
		{name: "issues by their number", source: "gh issue list --json number,state", text: `[{"number":12,"state":"CLOSED"},{"number":15,"state":"CLOSED"}]`, says: unclear},
		{name: "an issue", source: "gh issue view --json number,state", text: `{"number":12,"state":"CLOSED"}`, says: unclear},
		{name: "records with a number each", source: "a script", text: `[{"num":41,"state":"ESTABLISHED"},{"num":42,"state":"TIME_WAIT"},{"num":43,"state":"ESTABLISHED"}]`, want: "ESTABLISHED 41, TIME_WAIT 42", says: unclear, lossy: true},
		{name: "counts under number", source: "a script", text: `[{"state":"ESTABLISHED","number":311},{"state":"TIME_WAIT","number":2044}]`, want: "ESTABLISHED 311, TIME_WAIT 2044"},
		{name: "counts under value", source: "a script", text: `[{"state":"ESTABLISHED","value":311},{"state":"TIME_WAIT","value":2044}]`, want: "ESTABLISHED 311, TIME_WAIT 2044", says: unclear, lossy: true},
		{name: "doors", source: "a smart home", text: `[{"name":"front","state":"closed"},{"name":"back","state":"closed"}]`, says: unclear},
		{name: "a cover", source: "Home Assistant", text: `{"entity_id":"cover.garage","state":"closed"}`, says: unclear},
		{name: "circuit breakers", source: "resilience4j", text: `[{"circuit":"a","state":"CLOSED"},{"circuit":"b","state":"CLOSED"}]`, says: unclear},
		{name: "claims of volumes", source: "Kubernetes", text: `[{"pvc":"data-0","state":"Bound"}]`, says: unclear},
		{name: "events", source: "a bus", text: `[{"id":"ev-1","state":"closed","ts":"2025-01-01T00:00:00Z"}]`, says: unclear},
		{name: "peers of BGP", source: "FRR", text: `[{"neighbor":"fra-1","state":"Established"}]`, says: unclear},
		{name: "states alone", source: "jq", text: `[{"state":"ESTABLISHED"},{"state":"ESTABLISHED"},{"state":"TIME_WAIT"}]`, want: "ESTABLISHED 2, TIME_WAIT 1"},
		{name: "sockets of processes", source: "a script", text: `[{"state":"ESTABLISHED","pid":771,"process":"nginx"},{"state":"LISTEN","pid":771,"process":"nginx"}]`, want: "ESTABLISHED 1, LISTEN 1"},
		{name: "settings of states", source: "a configuration", text: `{"keepalive":{"established":7200,"time_wait":60}}`, want: "ESTABLISHED 7200, TIME_WAIT 60", says: "nothing of TCP", lossy: true},
		{name: "codes of the kernel as keys", source: "a program", text: `{"ESTABLISHED":1,"SYN_SENT":2,"TIME_WAIT":6}`, want: "ESTABLISHED 1, SYN_SENT 2, TIME_WAIT 6", says: "code of that state", lossy: true},
		{name: "codes under value", source: "a program", text: `[{"value":1,"name":"ESTABLISHED"},{"value":2,"name":"SYN_SENT"},{"value":6,"name":"TIME_WAIT"}]`, want: "ESTABLISHED 1, SYN_SENT 2, TIME_WAIT 6", says: "code of that state", lossy: true},
		{name: "small counts", source: "a program", text: `[{"count":1,"state":"ESTABLISHED"},{"count":2,"state":"SYN_SENT"},{"count":6,"state":"TIME_WAIT"}]`, want: "ESTABLISHED 1, SYN_SENT 2, TIME_WAIT 6"},
		{name: "other numbers as keys", source: "a program", text: `{"ESTABLISHED":1,"SYN_SENT":2,"TIME_WAIT":7}`, want: "ESTABLISHED 1, SYN_SENT 2, TIME_WAIT 7"},
	}
}

// ofTurns are states that come again with nothing between.
func ofTurns() []paste {
	const says = "may be ports, processes or queues"
	return []paste{
		{name: "states and processes", source: "ss -tanp | awk", text: "ESTAB 812\nTIME_WAIT 44\nESTAB 813\nTIME_WAIT 45\nESTAB 814\nTIME_WAIT 46\n", want: "ESTABLISHED 2439, TIME_WAIT 135", says: says, lossy: true},
		{name: "in any order", source: "ss -tanp | awk", text: "ESTAB 812\nTIME_WAIT 44\nLISTEN 50\nTIME_WAIT 45\nESTAB 914\nLISTEN 46\n", want: "ESTABLISHED 1726, TIME_WAIT 89, LISTEN 96", says: says, lossy: true},
		{name: "a loop", source: "while sleep 5; do ss -tan | awk | sort | uniq -c; done", text: "    311 ESTAB\n     17 LISTEN\n   2044 TIME-WAIT\n    312 ESTAB\n     17 LISTEN\n   2040 TIME-WAIT\n", want: "ESTABLISHED 623, TIME_WAIT 4084, LISTEN 34", says: "up to 2 times"},
		{name: "a loop by number", source: "while sleep 5; do ss -tan | awk | sort | uniq -c | sort -rn; done", text: "   2044 TIME-WAIT\n    311 ESTAB\n     17 LISTEN\n    312 ESTAB\n    205 TIME-WAIT\n     17 LISTEN\n", want: "ESTABLISHED 623, TIME_WAIT 2249, LISTEN 34", says: "up to 2 times"},
	}
}

// ofBothFamilies are counts of families with their sum.
func ofBothFamilies() []paste {
	return []paste{
		{name: "a table", source: "a report", text: "proto state count\ntcp4 ESTABLISHED 5\ntcp6 ESTABLISHED 6\ntcp ESTABLISHED 11\n", want: "ESTABLISHED 11", says: "sum of the others"},
		{name: "lines", source: "a report", text: "tcp4 ESTABLISHED 5\ntcp6 ESTABLISHED 6\ntcp ESTABLISHED 11\n", want: "ESTABLISHED 11", says: "sum of the others"},
		{name: "records", source: "a report", text: `[{"proto":"tcp","state":"ESTABLISHED","count":11},{"proto":"tcp4","state":"ESTABLISHED","count":5},{"proto":"tcp6","state":"ESTABLISHED","count":6}]`, want: "ESTABLISHED 11", says: "sum of the others"},
		{name: "another sum", source: "a report", text: "tcp4 ESTABLISHED 5\ntcp6 ESTABLISHED 6\ntcp ESTABLISHED 12\n", want: "ESTABLISHED 23", says: "do not add up", lossy: true},
		{name: "tcp of net-tools", source: "netstat -ant | awk", text: "tcp ESTABLISHED 5\ntcp6 ESTABLISHED 6\n", want: "ESTABLISHED 11"},
	}
}

// ofAnsible are counts below a heading of Ansible.
func ofAnsible() []paste {
	const mixes = "lists"
	return []paste{
		{name: "a command in the heading", source: "Ansible", text: "web1 | CHANGED | rc=0 | ss -an | awk '{print $2}' | sort | uniq -c >>\n     12 ESTAB\n      3 LISTEN\n", want: "ESTABLISHED 12, LISTEN 3", says: mixes, lossy: true},
		{name: "a command of TCP in the heading", source: "Ansible", text: "web1 | CHANGED | rc=0 | ss -tan | awk '{print $1}' | sort | uniq -c >>\n     12 ESTAB\n      3 LISTEN\n", want: "ESTABLISHED 12, LISTEN 3"},
		{name: "a command behind (stdout)", source: "Ansible", text: "web1 | CHANGED | rc=0 | (stdout) ss -an | awk '{print $1}' | sort | uniq -c\n12 ESTAB\n3 LISTEN\n", want: "ESTABLISHED 12, LISTEN 3", says: mixes, lossy: true},
	}
}

// TestPastedAsked: numbers that count something else, or count it twice.
func TestPastedAsked(t *testing.T) {
	for kind, pastes := range map[string][]paste{"records": ofRecords(), "turns": ofTurns(), "families": ofBothFamilies(), "ansible": ofAnsible()} {
		t.Run(kind, func(t *testing.T) {
			for _, p := range pastes {
				t.Run(p.name, func(t *testing.T) { p.test(t) })
			}
		})
	}
}

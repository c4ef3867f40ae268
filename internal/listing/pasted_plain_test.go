// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofPlain are counts in shapes whose numbers are plain to see.
func ofPlain() []paste {
	const both = "ESTABLISHED 120, TIME_WAIT 44"
	lines := func(prefix string) string { return before(prefix, "ESTABLISHED 120\nTIME_WAIT 44\n") }
	return []paste{
		{name: "a column of one state", source: "a spreadsheet", text: "host,TIME_WAIT\nweb1,40\nweb2,4\n", want: "TIME_WAIT 44", says: "TIME_WAIT is there"},
		{name: "a column of one state and a time", source: "a spreadsheet", text: "time;host;CLOSE_WAIT\n2025-02-03 04:05:06;web1;40\n", want: "CLOSE_WAIT 40"},
		{name: "values without a heading", source: "a script", text: "web1,ESTABLISHED,120\nweb1,TIME_WAIT,44\n", want: both},
		{name: "values with a time without a heading", source: "a script", text: "2025-02-03 04:05:06,web1,ESTABLISHED,120\n2025-02-03 04:05:06,web1,TIME_WAIT,44\n", want: both},
		{name: "values and the number first", source: "a script", text: "web1;120;ESTABLISHED\nweb1;44;TIME_WAIT\n", want: both},
		{name: "names and values", source: "logfmt", text: "port=80 state=ESTABLISHED total=120\nport=80 state=TIME_WAIT total=44\n", want: both},
		{name: "names and values of UDP", source: "logfmt", text: "proto=tcp state=ESTABLISHED count=120\nproto=udp state=ESTABLISHED count=9\nproto=tcp state=TIME_WAIT count=44\n", want: both},
		{name: "names and a value that is not known", source: "logfmt", text: "foo=9 state=ESTABLISHED count=120\n", want: "ESTABLISHED 120", says: "beside its count", lossy: true},
		{name: "a port before", source: "a script", text: "port 80: ESTABLISHED 120\nport 80: TIME_WAIT 44\n", want: both},
		{name: "two ports", source: "a script", text: "port 80: ESTABLISHED 100\nport 443: ESTABLISHED 20\n", want: "ESTABLISHED 120", says: "up to"},
		{name: "numbers of families", source: "a script", text: `[{"state":"ESTABLISHED","tcp":115,"tcp6":5},{"state":"TIME_WAIT","tcp":44,"tcp6":0}]`, want: both},
		{name: "an item with quotation marks", source: "zabbix_sender", text: "\"web1\" \"tcp.established\" \"120\"\n\"web1\" \"tcp.time_wait\" \"44\"\n", want: both},
		{name: "an item with a time", source: "zabbix_sender -T", text: "web1 tcp.established 1738555506 120\nweb1 tcp.time_wait 1738555506 44\n", want: both},
		{name: "the end of a sentence", source: "a chat", text: "ESTABLISHED: 120.\nTIME_WAIT: 44.\n", want: both},
		{name: "a clock of twelve hours", source: "a log", text: lines("5:20 PM "), want: both},
		{name: "the kernel's log", source: "dmesg", text: lines("[ 1234.567890] "), want: both},
		{name: "syslog by RFC 5424", source: "rsyslog", text: lines("<14>1 2025-02-03T04:05:06.789Z web1 netmon 441 - - "), want: both},
		{name: "syslog with data", source: "rsyslog", text: lines("<14>1 2025-02-03T04:05:06.789Z web1 netmon 441 ID1 [a@1 b=\"c\"] "), want: both},
		{name: "syslog without a process", source: "rsyslog", text: lines("Feb  3 04:05:06 web1 netmon: "), want: both},
		{name: "a word that is not known", source: "a script", text: lines("nginx "), want: both, says: "beside its count", lossy: true},
		{name: "a word of a statistic", source: "a script", text: lines("peak "), says: "can be read"},
		{name: "two digits", source: "printf %02d", text: "ESTABLISHED 120\nTIME_WAIT 44\nCLOSE_WAIT 05\n", want: "ESTABLISHED 120, TIME_WAIT 44, CLOSE_WAIT 5"},
		{name: "two digits first", source: "printf %02d", text: "20 ESTABLISHED\n05 TIME_WAIT\n", want: "ESTABLISHED 20, TIME_WAIT 5"},
		{name: "addresses with an interface", source: "pdsh, netstat of macOS", text: "mac1: tcp6       0      0  fe80::1%lo0.22         fe80::1%lo0.51234      ESTABLISHED\nmac1: tcp4       0      0  *.22                   *.*                    LISTEN\n", want: "ESTABLISHED 1, LISTEN 1"},
		{name: "names of digits", source: "a script", text: "10 ESTABLISHED 5\n11 ESTABLISHED 6\n", want: "ESTABLISHED 11", says: "the numbers before", lossy: true},
	}
}

// TestPastedPlain: numbers that are plain to see are read.
func TestPastedPlain(t *testing.T) {
	for _, p := range ofPlain() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}

// ofSurrounded are counts in what other programs put around them.
func ofSurrounded() []paste {
	const both = "ESTABLISHED 120, TIME_WAIT 44"
	return []paste{
		{name: "outputs under the names of machines", source: "salt --out=json", text: `{"web1": "     100 ESTAB\n      4 TIME-WAIT", "web2": "     20 ESTAB\n      40 TIME-WAIT"}`, want: both, says: "up to 2 times"},
		{name: "one line of Ansible", source: "ansible -o", text: "web1 | CHANGED | rc=0 | (stdout)     120 ESTAB\\n     44 TIME-WAIT\n", want: both},
		{name: "turns of pssh", source: "pssh -i", text: "[1] 04:05:06 [SUCCESS] web1\n    100 ESTAB\n      4 TIME-WAIT\n[2] 04:05:06 [SUCCESS] web2\n     20 ESTAB\n     40 TIME-WAIT\n", want: both, says: "up to 2 times"},
		{name: "a turn of pssh that failed", source: "pssh -i", text: "[1] 04:05:06 [SUCCESS] web1\n    120 ESTAB\n     44 TIME-WAIT\n[2] 04:05:06 [FAILURE] web2 Exited with error code 255\n", want: both, says: "can be read", lossy: true},
		{name: "paths with a colon", source: "an agent", text: "tcp.established: 120\ntcp.time_wait: 44\n", want: both},
		{name: "variables", source: "env", text: "TCP_ESTABLISHED=120\nTCP_TIME_WAIT=44\n", want: both},
		{name: "variables of netdata", source: "netdata allmetrics", text: "NETDATA_TCP_ESTABLISHED=\"120\"\nNETDATA_TCP_TIME_WAIT=\"44\"\n", want: both},
		{name: "variables of a rate", source: "a script", text: "RATE_TCP_ESTABLISHED=120\nRATE_TCP_TIME_WAIT=44\n", says: "can be read"},
		{name: "gauges", source: "statsd", text: "servers.web1.tcp.established:120|g\nservers.web1.tcp.time_wait:44|g\n", want: both},
		{name: "timings", source: "statsd", text: "servers.web1.tcp.established:120|ms\nservers.web1.tcp.time_wait:44|ms\n", want: both, says: "beside its count", lossy: true},
		{name: "bullets", source: "a chat", text: "\u2022 *ESTABLISHED*: 120\n\u2022 *TIME_WAIT*: 44\n", want: both},
		{name: "the end of OpenMetrics", source: "an exporter", text: "node_tcp_connection_states{state=\"established\"} 120\nnode_tcp_connection_states{state=\"time_wait\"} 44\n# EOF\n", want: both},
		{name: "valves", source: "a plant", text: "valve1 CLOSED 3\nvalve2 CLOSED 5\n", want: "CLOSE 8", says: "what its number counts", lossy: true},
	}
}

// TestPastedSurrounded: what stands around counts does not hide them.
func TestPastedSurrounded(t *testing.T) {
	for _, p := range ofSurrounded() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}

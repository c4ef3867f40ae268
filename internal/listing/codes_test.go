// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofCodes are lists of the numbers of the states, and counts that look like them.
func ofCodes() []paste {
	const says = "code of that state"
	return []paste{
		{name: "an enumeration of SNMP", source: "TCP-MIB", text: "closed(1), listen(2), synSent(3), synReceived(4), established(5)\n", want: "ESTABLISHED 5, SYN_SENT 3, SYN_RECV 4, CLOSE 1, LISTEN 2", says: says, lossy: true},
		{name: "an enumeration of .NET", source: "TcpState", text: "Closed=1, Listen=2, SynSent=3\n", want: "SYN_SENT 3, CLOSE 1, LISTEN 2", says: says, lossy: true},
		{name: "an enumeration of the kernel", source: "tcp_states.h", text: "ESTABLISHED=1, SYN_SENT=2, SYN_RECV=3\n", want: "ESTABLISHED 1, SYN_SENT 2, SYN_RECV 3", says: says, lossy: true},
		{name: "the number first", source: "a script", text: "1=ESTABLISHED, 2=SYN_SENT\n", want: "ESTABLISHED 1, SYN_SENT 2", says: says, lossy: true},
		{name: "a map of Python", source: "print", text: "{6: \"TIME_WAIT\", 1: \"ESTABLISHED\"}\n", want: "ESTABLISHED 1, TIME_WAIT 6", says: says, lossy: true},
		{name: "a line each", source: "a page", text: "1: ESTABLISHED\n6: TIME_WAIT\n", want: "ESTABLISHED 1, TIME_WAIT 6", says: says, lossy: true},
		{name: "brackets, a line each", source: "a page", text: "established(5)\nlisten(2)\n", want: "ESTABLISHED 5, LISTEN 2", says: says, lossy: true},
		{name: "of the BSDs", source: "tcp_fsm.h", text: "LISTEN = 1\nCLOSE_WAIT = 5\nTIME_WAIT = 10\n", want: "TIME_WAIT 10, CLOSE_WAIT 5, LISTEN 1", says: says, lossy: true},
		{name: "with blanks", source: "a page", text: "ESTABLISHED 1\nSYN_SENT 2\nTIME_WAIT 6\n", want: "ESTABLISHED 1, SYN_SENT 2, TIME_WAIT 6", says: says, lossy: true},
		{name: "one is another", source: "awk", text: "ESTABLISHED=1\nSYN_SENT=2\nTIME_WAIT=7\n", want: "ESTABLISHED 1, SYN_SENT 2, TIME_WAIT 7"},
		{name: "one alone", source: "awk", text: "ESTABLISHED: 1\n", want: "ESTABLISHED 1"},
		{name: "of two numberings", source: "awk", text: "ESTABLISHED: 1\nLISTEN: 2\n", want: "ESTABLISHED 1, LISTEN 2"},
		{name: "two by chance", source: "awk", text: "ESTABLISHED 1\nTIME_WAIT 6\n", want: "ESTABLISHED 1, TIME_WAIT 6"},
		{name: "uniq -c", source: "uniq -c", text: "      1 ESTABLISHED\n      2 SYN_SENT\n      6 TIME_WAIT\n", want: "ESTABLISHED 1, SYN_SENT 2, TIME_WAIT 6"},
		{name: "below a heading", source: "a report", text: "state,count\nESTABLISHED,1\nTIME_WAIT,6\n", want: "ESTABLISHED 1, TIME_WAIT 6"},
		{name: "a metric", source: "node_exporter", text: "node_tcp_connection_states{state=\"established\"} 1\nnode_tcp_connection_states{state=\"time_wait\"} 6\n", want: "ESTABLISHED 1, TIME_WAIT 6"},
	}
}

func TestPastedCodes(t *testing.T) {
	for _, p := range ofCodes() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}

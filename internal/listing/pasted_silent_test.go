// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofPassedOver are texts with a number that a reader passed over once.
func ofPassedOver() []paste {
	const unclear = "what its number counts"
	return []paste{
		{name: "a blank in a key", source: "a dashboard", text: `{"TIME WAIT":2044,"FIN WAIT 1":3,"LISTEN ":17}`, want: "FIN_WAIT1 3, TIME_WAIT 2044, LISTEN 17"},
		{name: "prefixes of keys", source: "telegraf as JSON", text: `{"tcp_time_wait":2044,"tcp_listen":17,"udp_socket":4}`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a word for a number", source: "a script", text: `{"TIME_WAIT":"lots","LISTEN":17}`, want: "LISTEN 17", says: unclear, lossy: true},
		{name: "another key for the state", source: "a script", text: `[{"kind":"TIME_WAIT","count":2044},{"state":"LISTEN","count":17}]`, want: "LISTEN 17", says: unclear, lossy: true},
		{name: "another state", source: "a script", text: `{"TIME_WAIT":2044,"OTHER":9}`, want: "TIME_WAIT 2044", says: "OTHER", lossy: true},
		{name: "a total that is right", source: "a script", text: `{"TIME_WAIT":2044,"LISTEN":17,"total":2061}`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a total that is wrong", source: "a script", text: `{"TIME_WAIT":2044,"LISTEN":17,"total":3000}`, want: "TIME_WAIT 2044, LISTEN 17", says: "total", lossy: true},
		{name: "labels and data", source: "Chart.js", text: `{"labels":["TIME_WAIT","LISTEN"],"datasets":[{"data":[2044,17]}]}`, want: "TIME_WAIT 1, LISTEN 1", says: "not beside it", lossy: true},
		{name: "states of the kernel", source: "a reader of /proc/net/tcp", text: `[{"local_address":"10.9.8.7","local_port":80,"uid":33,"inode":88120,"state":10}]`, want: "LISTEN 1"},
		{name: "states of nobody", source: "a script", text: `[{"local_address":"10.9.8.7","local_port":80,"state":10},{"local_address":"10.9.8.7","local_port":81,"state":"LISTEN"}]`, want: "LISTEN 1", says: unclear, lossy: true},
		{name: "a row without a state", source: "a script", text: `[{"proto":"tcp","state":null,"local_address":"10.9.8.7"},{"proto":"tcp","state":"LISTEN","local_address":"10.9.8.7"}]`, want: "LISTEN 1", says: "no state", lossy: true},
		{name: "columns with marks", source: "markdown", text: "#ESTABLISHED,CLOSE\\_WAIT,TIME WAIT\n311,4,2044\n", want: "ESTABLISHED 311, TIME_WAIT 2044, CLOSE_WAIT 4"},
		{name: "a column of the rest", source: "a report", text: "ESTABLISHED,TIME_WAIT,OTHER\n311,2044,9\n", says: unclear},
		{name: "a fence before columns", source: "markdown", text: "```| db | ESTABLISHED | TIME_WAIT |\n| db2 | 311 | 2044 |```\n", says: "cannot be read"},
		{name: "pairs of columns", source: "paste -d, a b", text: "state,count,state,count\nESTABLISHED,311,TIME_WAIT,2044\n", want: "ESTABLISHED 311, TIME_WAIT 2044"},
		{name: "a list in one line", source: "a form", text: "Name : TimeWait Count : 2044 Name : Listen Count : 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a list with breaks", source: "a page", text: "Name : TimeWait<br>Count : 2044<br><br>Name : Listen<br/>Count : 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "rows with entities", source: "a page", text: "tcp 0 0 10.9.8.7:80 172.20.3.4:40222 TIME_WAIT&#10;tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN&#13;&#10;", want: "TIME_WAIT 1, LISTEN 1"},
		{name: "a number behind a command", source: "tickets", text: "$ netstat -ant | grep -c TIME_WAIT: 30000\nLISTEN 17\n", want: "LISTEN 17", says: "no count that can be read", lossy: true},
		{name: "a count behind a prompt", source: "tickets", text: "[root@web1 ~]# CLOSE_WAIT 60000\nLISTEN 17\n", want: "LISTEN 17", says: "CLOSE_WAIT 60000", lossy: true},
		{name: "telegraf beside a listing", source: "tickets", text: "> netstat,host=db2 tcp_close=0i,tcp_established=311i 1738555506000000000\n" + abc, want: counts, says: "tcp_established", lossy: true},
		{name: "telegraf for Prometheus", source: "outputs.prometheus_client", text: "netstat_tcp_time_wait{host=\"db2\"} 2044\nnetstat_tcp_listen{host=\"db2\"} 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a pager that waits", source: "more", text: abc + "--More--\n", want: counts, says: "goes on behind it", lossy: true},
		{name: "a pager in the middle", source: "more", text: titles + rowA + "--More--\n" + rowB + rowC, want: counts},
		{name: "less that waits", source: "less", text: abc + "lines 1-5\n", want: counts, says: "goes on behind it", lossy: true},
		{name: "less at its end", source: "less", text: abc + "lines 1-5/5 (END)\n", want: counts},
		{name: "and so on", source: "chats", text: "TIME_WAIT 2044, LISTEN 17, ...\n", want: "TIME_WAIT 2044, LISTEN 17", says: "left out", lossy: true},
		{name: "a document that is cut behind a word", source: "chats", text: "states: {\"TIME_WAIT\": 2044, \"LISTEN\": 17\n", want: "TIME_WAIT 2044, LISTEN 17", says: "brackets", lossy: true},
		{name: "UDP by its command", source: "ss -un", text: "$ ss -un\nRecv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 10.9.8.7:51000 10.9.8.1:53\n", says: "udp"},
		{name: "MPTCP by its command", source: "ss -M", text: "$ ss -Man\nESTAB 0 0 10.9.8.7:51000 10.9.8.1:53\n", says: "other"},
		{name: "the first lines", source: "head", text: "$ netstat -ant | head -5\n" + abc, want: counts, says: "leaves some out", lossy: true},
		{name: "more lines than there are", source: "head", text: "$ netstat -ant | head -50\n" + abc, want: counts},
		{name: "TCP alone", source: "grep", text: "$ netstat -an | grep ^tcp\n" + rowA + rowB + rowC, want: counts},
		{name: "one port", source: "grep", text: "$ netstat -ant | grep :8080\n" + rowA + rowB + rowC, want: counts, says: "leaves some out", lossy: true},
		{name: "the one-liner", source: "the how-to", text: "$ netstat -n | awk '/^tcp/ {++S[$NF]} END {for(a in S) print a, S[a]}'\nTIME_WAIT 2044\nLISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a blank in a list", source: "chats", text: "311 ESTABLISHED, 4 close wait, 17 LISTEN\n", want: "ESTABLISHED 311, CLOSE_WAIT 4, LISTEN 17"},
		{name: "a frame", source: "pandas", text: "         state  count\n0  ESTABLISHED    311\n1    TIME_WAIT   2044\n2       LISTEN     17\n", want: byABC},
	}
}

// TestPassedOver: no reader passes over a state with its number.
func TestPassedOver(t *testing.T) {
	for _, p := range ofPassedOver() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}

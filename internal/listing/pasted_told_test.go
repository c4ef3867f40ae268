// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofSaid are documents that say themselves what their numbers are, or lack.
func ofSaid() []paste {
	const unclear = "what its number counts"
	return []paste{
		{name: "means over times", source: "a script", text: `{"1m":{"ESTABLISHED":5},"5m":{"ESTABLISHED":30},"15m":{"ESTABLISHED":30}}`, says: unclear},
		{name: "columns that are objects", source: "pandas, orient=table", text: `{"schema":{"fields":[{"name":"state"},{"name":"seconds"}]},"data":[["ESTABLISHED",412],["TIME_WAIT",20]]}`, want: "ESTABLISHED 412, TIME_WAIT 20", says: unclear, lossy: true},
		{name: "columns of counts that are objects", source: "pandas, orient=table", text: `{"schema":{"fields":[{"name":"state"},{"name":"count"}]},"data":[["ESTABLISHED",412],["TIME_WAIT",20]]}`, want: "ESTABLISHED 412, TIME_WAIT 20"},
		{name: "a key twice", source: "a merge", text: `{"ESTABLISHED":412,"ESTABLISHED":20}`, want: "ESTABLISHED 432", says: unclear, lossy: true},
		{name: "a key twice in two spellings", source: "a merge", text: `{"ESTABLISHED":412,"established":20}`, want: "ESTABLISHED 432", says: unclear, lossy: true},
		{name: "both of the kernel's", source: "a program", text: `{"SYN_RECV":4,"NEW_SYN_RECV":3}`, want: "SYN_RECV 7"},
		{name: "a divisor", source: "a service", text: `{"states":{"ESTABLISHED":412},"divisor":10}`, want: "ESTABLISHED 412", says: unclear, lossy: true},
		{name: "a rate of samples", source: "a service", text: `{"sample_rate":0.1,"states":{"ESTABLISHED":412}}`, want: "ESTABLISHED 412", says: unclear, lossy: true},
		{name: "an error", source: "a service", text: `{"error":"timeout","states":{"ESTABLISHED":412}}`, want: "ESTABLISHED 412", says: "timeout", lossy: true},
		{name: "machines that failed", source: "a service", text: `{"states":{"ESTABLISHED":412},"unreachable":["web2"]}`, want: "ESTABLISHED 412", says: "web2", lossy: true},
		{name: "a machine with nothing", source: "a service", text: `{"web1":{"ESTABLISHED":412},"web2":null}`, want: "ESTABLISHED 412", says: unclear, lossy: true},
		{name: "a machine with a word", source: "a service", text: `{"web1":{"ESTABLISHED":412},"web2":"unreachable"}`, want: "ESTABLISHED 412", says: unclear, lossy: true},
		{name: "a machine without the program", source: "salt --out=json", text: `{"web1":"ESTABLISHED 412\n","web2":"bash: ss: command not found\n"}`, want: "ESTABLISHED 412", says: "not found", lossy: true},
		{name: "machines that failed by name", source: "a service", text: `{"success":{"web1":{"ESTABLISHED":412}},"failed":{"web2":"timeout"}}`, want: "ESTABLISHED 412", says: "timeout", lossy: true},
		{name: "no error", source: "a service", text: `{"error":"","errors":[],"states":{"ESTABLISHED":412}}`, want: "ESTABLISHED 412"},
		{name: "of some time ago", source: "a cache", text: `{"stale":true,"states":{"ESTABLISHED":412}}`, want: "ESTABLISHED 412", says: "stale", lossy: true},
		{name: "of now", source: "a cache", text: `{"stale":false,"states":{"ESTABLISHED":412}}`, want: "ESTABLISHED 412"},
		{name: "a filter", source: "a service", text: `{"filter":"port 80","states":{"ESTABLISHED":412}}`, want: "ESTABLISHED 412", says: "port 80", lossy: true},
		{name: "an enumeration of its own", source: "a program", text: `{"ESTABLISHED":0,"SYN_SENT":1,"SYN_RECV":2,"FIN_WAIT1":3}`, want: "SYN_SENT 1, SYN_RECV 2, FIN_WAIT1 3", says: unclear, lossy: true},
		{name: "an enumeration in lines", source: "a program", text: "ESTABLISHED = 10\nSYN_SENT = 11\nSYN_RECV = 12\nFIN_WAIT1 = 13\n", want: "ESTABLISHED 10, SYN_SENT 11, SYN_RECV 12, FIN_WAIT1 13", says: unclear, lossy: true},
		{name: "a numbered list of two", source: "a chat", text: "1) ESTABLISHED\n2) TIME_WAIT\n", want: "ESTABLISHED 1, TIME_WAIT 2", says: unclear, lossy: true},
		{name: "codes in hexadecimal", source: "a page", text: "0x01: ESTABLISHED\n0x06: TIME_WAIT\n", says: "can be read"},
		{name: "a row that is there often", source: "a chat", text: "40x tcp        0      0 10.9.8.7:80       172.20.3.4:4000     ESTABLISHED\n", want: "ESTABLISHED 1", says: "before", lossy: true},
		{name: "a port of uniq -c", source: "uniq -c", text: "     12 :80 ESTABLISHED\n      7 :443 ESTABLISHED\n", want: "ESTABLISHED 19", says: "up to 2 times"},
		{name: "a process of uniq -c", source: "uniq -c", text: "     12 nginx ESTABLISHED\n      7 sshd ESTABLISHED\n", want: "ESTABLISHED 19", says: "up to 2 times"},
	}
}

// ofLanguages are counts among words of other languages.
func ofLanguages() []paste {
	const both = "ESTABLISHED 412, TIME_WAIT 20"
	return []paste{
		{name: "German", source: "a report", text: "ESTABLISHED: 412 Verbindungen\nTIME_WAIT: 20 Verbindungen\n", want: both},
		{name: "Russian", source: "a report", text: "Состояние: ESTABLISHED — 412 соединений\nСостояние: TIME_WAIT — 20 соединений\n", want: both},
		{name: "a German title", source: "a report", text: "TCP-Verbindungen nach Zustand\nESTABLISHED 412\nTIME_WAIT 20\n", want: both},
		{name: "a French title", source: "a report", text: "Connexions TCP par état :\nESTABLISHED : 412\nTIME_WAIT : 20\n", want: both},
		{name: "an English title", source: "a report", text: "connections by state\nESTABLISHED 412\nTIME_WAIT 20\n", want: both},
		{name: "Chinese without blanks", source: "a report", text: "ESTABLISHED状态的连接有412个\nTIME_WAIT状态的连接有20个\n", want: both},
		{name: "Japanese", source: "a report", text: "ESTABLISHED が 412 件\nTIME_WAIT が 20 件\n", want: both},
		{name: "Korean", source: "a report", text: "ESTABLISHED: 412개\nTIME_WAIT: 20개\n", want: both},
		{name: "seconds in Chinese", source: "a report", text: "ESTABLISHED状态412秒\n", says: "can be read"},
		{name: "ten thousands in Chinese", source: "a report", text: "ESTABLISHED 412万\n", want: "ESTABLISHED 412", says: "beside its count", lossy: true},
		{name: "the cells of LaTeX", source: "a paper", text: "ESTABLISHED & 412 \\\\\nTIME\\_WAIT & 20 \\\\\n", want: both},
		{name: "a query", source: "an address", text: "ESTABLISHED=412&TIME_WAIT=20\n", want: both},
	}
}

// TestPastedTold: what a document says of its numbers is heard.
func TestPastedTold(t *testing.T) {
	for kind, pastes := range map[string][]paste{"said": ofSaid(), "languages": ofLanguages()} {
		t.Run(kind, func(t *testing.T) {
			for _, p := range pastes {
				t.Run(p.name, func(t *testing.T) { p.test(t) })
			}
		})
	}
}

// ofRollups are rows that are the sum of the others.
func ofRollups() []paste {
	const says = "what its number counts"
	return []paste{
		{name: "all ports", source: "a report", text: "port,state,count\n80,ESTABLISHED,5\n443,ESTABLISHED,7\n*,ESTABLISHED,12\n", want: "ESTABLISHED 24", says: says, lossy: true},
		{name: "NULL first", source: "GROUP BY … WITH ROLLUP", text: "port,state,count\nNULL,ESTABLISHED,12\n80,ESTABLISHED,5\n443,ESTABLISHED,7\n", want: "ESTABLISHED 24", says: says, lossy: true},
		{name: "a cluster below its machines", source: "a report", text: "host,ESTABLISHED,TIME_WAIT\nweb1,5,1\nweb2,7,2\ncluster,12,3\n", want: "ESTABLISHED 24, TIME_WAIT 6", says: says, lossy: true},
		{name: "three machines", source: "a report", text: "host,ESTABLISHED,TIME_WAIT\nweb1,5,1\nweb2,7,2\nweb3,12,4\n", want: "ESTABLISHED 24, TIME_WAIT 7", says: "up to 3 times"},
		{name: "a sum below two machines", source: "a report", text: "web1 ESTABLISHED 5\nweb2 ESTABLISHED 7\nsum: 13\n", want: "ESTABLISHED 12", says: "do not add up", lossy: true},
		{name: "a number behind a time", source: "a script", text: "04:05:06 412 ESTABLISHED 20\n", want: "ESTABLISHED 20", says: "beside its count", lossy: true},
		{name: "counts of events", source: "bpftrace", text: "@[ESTABLISHED]: 412\n@[TIME_WAIT]: 20\n", says: "changes of state"},
		{name: "a machine without an answer", source: "Salt", text: "web1:\n    ESTABLISHED 5\nweb2:\n    Minion did not return. [No response]\n", want: "ESTABLISHED 5", says: "broke off", lossy: true},
		{name: "a machine that cannot be reached", source: "Ansible", text: "web1 | CHANGED | rc=0 >>\nESTABLISHED 5\nweb2 | UNREACHABLE! => {\n    \"changed\": false,\n    \"unreachable\": true\n}\n", want: "ESTABLISHED 5", says: "broke off", lossy: true},
		{name: "a total in a document of its own", source: "lines of JSON", text: "{\"state\":\"ESTABLISHED\",\"count\":412}\n{\"state\":\"TIME_WAIT\",\"count\":20}\n{\"total\":500}\n", want: "ESTABLISHED 412, TIME_WAIT 20", says: "do not add up", lossy: true},
		{name: "the right total in a document of its own", source: "lines of JSON", text: "{\"state\":\"ESTABLISHED\",\"count\":412}\n{\"state\":\"TIME_WAIT\",\"count\":20}\n{\"total\":432}\n", want: "ESTABLISHED 412, TIME_WAIT 20"},
		{name: "a title of some", source: "a chat", text: "Only connections to 10.9.8.5\nESTABLISHED 412\nTIME_WAIT 20\n", want: "ESTABLISHED 412, TIME_WAIT 20", says: "above or below counts", lossy: true},
		{name: "a title of queues", source: "a chat", text: "Recv-Q by state\nESTABLISHED 412\nCLOSE_WAIT 20\n", want: "ESTABLISHED 412, CLOSE_WAIT 20", says: "above or below counts", lossy: true},
		{name: "a name of processes", source: "a script", text: `{"processes_by_state":{"ESTABLISHED":412,"CLOSE_WAIT":20}}`, want: "ESTABLISHED 412, CLOSE_WAIT 20", says: "nothing of TCP", lossy: true},
		{name: "a name of identifiers", source: "a script", text: `{"tcp_state_ids":{"ESTABLISHED":412,"CLOSE_WAIT":20}}`, want: "ESTABLISHED 412, CLOSE_WAIT 20", says: "nothing of TCP", lossy: true},
		{name: "a name of connections", source: "a script", text: `{"tcpConnectionsByState":{"ESTABLISHED":412,"CLOSE_WAIT":20}}`, want: "ESTABLISHED 412, CLOSE_WAIT 20"},
		{name: "a bucket", source: "a histogram", text: `{"state":"ESTABLISHED","le":"0.5","count":12}`, want: "ESTABLISHED 12", says: says, lossy: true},
	}
}

// TestPastedRollups: a sum is not added to its parts without a word.
func TestPastedRollups(t *testing.T) {
	for _, p := range ofRollups() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}

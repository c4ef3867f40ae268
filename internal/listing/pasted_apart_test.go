// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofNamedEnds are rows whose addresses say what they are: of which protocol, of a name,
// of a socket that is closed.
func ofNamedEnds() []paste {
	const header = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
	listen := "LISTEN 0 128 *:8080 *:*\n"
	return []paste{
		{name: "names of digits", source: "ss -an, names of machines", text: "tcp ESTAB 0 0 7:8080 9:40222\ntcp TIME-WAIT 0 0 10.9.8.7:8080 172.20.3.4:40223\n", want: "ESTABLISHED 1, TIME_WAIT 1"},
		{name: "vsock", source: "ss -an", text: "v_str ESTAB 0 0 2:8080 3:40222\ntcp TIME-WAIT 0 0 10.9.8.7:8080 172.20.3.4:40223\n", want: "TIME_WAIT 1"},
		{name: "closed with a peer", source: "a report", text: header + "CLOSED 0 0 10.9.8.7:8080 172.20.3.4:40222\n" + listen, want: "CLOSE 1, LISTEN 1"},
		{name: "UNCONN with a peer", source: "ss -a", text: header + "UNCONN 0 0 10.9.8.7:8080 172.20.3.4:http\n" + listen, want: "CLOSE 1, LISTEN 1"},
		{name: "UNCONN without", source: "ss -a", text: header + "UNCONN 0 0 10.9.8.7:8080 0.0.0.0:*\n" + listen, want: "LISTEN 1, BOUND 1", says: "UNCONN"},
		{name: "UNCONN of counts", source: "ss -tuan | awk | sort | uniq -c", text: "      4 ESTAB\n      9 LISTEN\n      6 UNCONN\n", want: "ESTABLISHED 4, LISTEN 9, BOUND 6", says: "UNCONN", lossy: true},
		{name: "UNCONN of counts of TCP", source: "ss -tan | awk | sort | uniq -c", text: "$ ss -tan | awk '{print $1}' | sort | uniq -c\n      4 ESTAB\n      9 LISTEN\n      6 UNCONN\n", want: "ESTABLISHED 4, LISTEN 9, BOUND 6", says: "UNCONN"},
		{name: "a protocol behind ports", source: "a report", text: "local,remote,state\n10.9.8.7:53/udp,172.20.3.4:53/udp,ESTABLISHED\n10.9.8.7:8080/tcp,172.20.3.4:40222/tcp,TIME_WAIT\n", want: "TIME_WAIT 1"},
		{name: "a protocol before addresses", source: "a report", text: "local,remote,state\nudp://10.9.8.7:53,udp://172.20.3.4:53,ESTABLISHED\ntcp://10.9.8.7:8080,tcp://172.20.3.4:40222,TIME_WAIT\n", want: "TIME_WAIT 1"},
		{name: "a scan in wide columns", source: "nmap", text: "PORT      STATE   SERVICE\n80/tcp    closed  http\n5353/udp  closed  mdns\n", says: "nmap"},
		{name: "a scan in narrow columns", source: "nmap", text: "PORT   STATE  SERVICE VERSION\n80/tcp closed http\n", says: "nmap"},
		{name: "a key that is closed", source: "a script", text: `[{"state":"CLOSED"}]`, want: "CLOSE 1"},
		{name: "a key that may be cut", source: "a script", text: `[{"state":"CLOSE"}]`, want: "CLOSE 1", says: "CLOSE_WAIT", lossy: true},
		{name: "watch", source: "procps", text: "Every 5.0s: ss -tan      db7: Tue Mar  4 05:06:07 2025\n\n" + header + listen, want: "LISTEN 1"},
		{name: "watch of old", source: "procps 3.2", text: "Every 5.0s: ss -tan      Tue Mar  4 05:06:07 2025\n\n" + header + listen, want: "LISTEN 1"},
		{name: "a program named like a state", source: "ss -tanp", text: header + "ESTAB 0 0 10.9.8.7:8080 172.20.3.4:40222 users:((\"ESTAB\",pid=5,fd=3))\nESTAB 0 0 10.9.8.7:8080 172.20.3.4:40223 users:((\"tcp\",pid=6,fd=3),(\"LISTEN\",pid=7,fd=3))\n" + listen, want: "ESTABLISHED 2, LISTEN 1"},
		{name: "protocols in brackets", source: "a script", text: "ESTAB (udp) 5\nESTAB (tcp) 6\n", want: "ESTABLISHED 6", says: "ESTAB (udp) 5", lossy: true},
		{name: "watch of a filter", source: "procps", text: "Every 5.0s: ss -tan sport = :8080   db7: Tue Mar  4 05:06:07 2025\n\n" + header + listen, want: "LISTEN 1", says: "leaves some out", lossy: true},
	}
}

// ofTimes are numbers that are made of those of some time, or of another table, by the
// name of a metric.
func ofTimes() []paste {
	var all []paste
	for _, end := range []string{":rate5m", ":delta1h", "_avg5m", ":max1d", ":sum1m", ":irate", "_increase10m", "_closed_total", "_opened_total"} {
		all = append(all, paste{name: end, source: "recording rules", text: "tcp_connections" + end + "{state=\"established\"} 41\n", says: "no socket"})
	}
	const unread = "no readable TCP row"
	return append(all,
		paste{name: "none", source: "an exporter", text: "tcp_connections{state=\"established\"} 41\n", want: "ESTABLISHED 41"},
		paste{name: "total", source: "an exporter", text: "tcp_connections_total{state=\"established\"} 41\n", want: "ESTABLISHED 41"},
		paste{name: "a path of a mean", source: "Graphite", text: "web1.tcp.avg5m.ESTABLISHED 41 1738555506\n", says: unread},
		paste{name: "a path of conntrack", source: "Graphite", text: "web1.conntrack.tcp.ESTABLISHED 41 1738555506\n", says: unread},
		paste{name: "a machine in a path", source: "Graphite", text: "web1m.tcp.ESTABLISHED 41 1738555506\n", want: "ESTABLISHED 41"},
		paste{name: "a mean before", source: "a script", text: "avg5m ESTAB 41\n", says: unread},
		paste{name: "a bound before", source: "a script", text: "max1h ESTAB 41\n", says: unread},
	)
}

// ofGlued are tables whose lines have the name of their file or their number glued to
// the first cell.
func ofGlued() []paste {
	const grep, one = "grep -H, grep -n, findstr /n", "TIME_WAIT 1"
	return []paste{
		{name: "a machine", source: grep, text: "db7:proto,local,remote,state\ndb7:udp,10.9.8.7:53,172.20.3.4:53,ESTABLISHED\ndb7:tcp,10.9.8.7:80,172.20.3.4:40222,TIME_WAIT\n", want: one},
		{name: "a machine before blanks", source: grep, text: "db7:proto local remote state\ndb7:udp 10.9.8.7:53 172.20.3.4:53 ESTABLISHED\ndb7:tcp 10.9.8.7:80 172.20.3.4:40222 TIME_WAIT\n", want: one},
		{name: "numbers", source: grep, text: "4:Proto  Local Address  Foreign Address  State\n5:UDP    10.9.8.7:53    172.20.3.4:53    ESTABLISHED\n6:TCP    10.9.8.7:80    172.20.3.4:40222    TIME_WAIT\n", want: one},
		{name: "numbers before ss", source: grep, text: "4:NETID STATE RECV-Q SEND-Q LOCAL PEER\n5:UDP ESTAB 0 0 10.9.8.7:53 172.20.3.4:53\n6:TCP TIME-WAIT 0 0 10.9.8.7:80 172.20.3.4:40222\n", want: one},
		{name: "UDP alone", source: grep, text: "4:NETID STATE LOCAL PEER\n5:UDP ESTAB 10.9.8.7:53 172.20.3.4:53\n", says: "udp"},
		{name: "a file and numbers", source: grep, text: "a.csv:4:proto,local,remote,state\na.csv:5:udp,10.9.8.7:53,172.20.3.4:53,ESTABLISHED\na.csv:6:tcp,10.9.8.7:80,172.20.3.4:40222,TIME_WAIT\n", want: one},
		{name: "a dash before the heading", source: "grep -n -B1", text: "4-proto,local,remote,state\n5:udp,10.9.8.7:53,172.20.3.4:53,ESTABLISHED\n6:tcp,10.9.8.7:80,172.20.3.4:40222,TIME_WAIT\n", want: one},
		{name: "the address first", source: grep, text: "db7:local,remote,state\ndb7:10.9.8.7:80,172.20.3.4:40222,TIME_WAIT\n", want: one},
		{name: "counts", source: grep, text: "4:state,count\n5:ESTABLISHED,311\n6:LISTEN,17\n", want: "ESTABLISHED 311, LISTEN 17"},
	}
}

// ofInner are JSON objects whose numbers are nested below the state, or which a string
// or a boolean beside them shows to be no counts.
func ofInner() []paste {
	const unclear, script = "what its number counts", "a script"
	var all []paste
	for name, inner := range map[string]string{
		"protocols": `"count":{"tcp":311,"udp":9}`, "figures": `"stats":{"count":311,"max":9}`, "data": `"data":{"count":311}`, "machines": `"counts":{"db7":311,"db8":17}`, "a list of one": `"count":[311]`, "samples": `"samples":[5,6,7]`,
		"values": `"values":[1,2]`, "a mean": `"count":{"avg":311}`, "with a protocol": `"proto":"tcp","count":{"avg":311}`, "deeper": `"all":{"tcp":{"total":311}}`, "lists in a list": `"points":[[5,6],[7,8]]`, "a title": `"id":12,"title":"x"`, "an item": `"number":12,"title":"x"`, "an item of somebody": `"number":12,"author":"bob"`,
	} {
		all = append(all, paste{name: name, source: script, text: `[{"state":"CLOSED",` + inner + `},{"state":"LISTEN","count":17}]`, want: "LISTEN 17", says: unclear, lossy: true})
	}
	for _, beside := range []string{`"metric":"tcp_timeouts"`, `"name":"nf_conntrack"`, `"description":"limits"`, `"percent":true`, `"normalized":true`} {
		all = append(all, paste{name: beside, source: script, text: `{` + beside + `,"ESTABLISHED":311,"LISTEN":17}`, want: "ESTABLISHED 311, LISTEN 17", says: unclear, lossy: true})
	}
	for _, beside := range []string{`"name":"db7"`, `"name":"memory-1"`, `"metric":"tcp_connections"`, `"ok":true`, `"last":true`, `"percent":false`} {
		all = append(all, paste{name: beside, source: script, text: `{` + beside + `,"ESTABLISHED":311,"LISTEN":17}`, want: "ESTABLISHED 311, LISTEN 17"})
	}
	return append(all,
		paste{name: "figures of a socket", source: "psutil, a reader of sock_diag", text: `[{"state":"ESTABLISHED","laddr":{"ip":"10.9.8.7","port":80},"raddr":{"ip":"172.20.3.4","port":40222},"tcp_info":{"rtt":5,"more":7},"mem":[1,2,3]}]`, want: "ESTABLISHED 1"},
		paste{name: "a count and figures", source: script, text: `[{"state":"ESTABLISHED","count":311,"detail":{"max":400}}]`, want: "ESTABLISHED 311"},
		paste{name: "a state of a process", source: script, text: `[{"state":"LISTEN","pid":812,"rtt":{"min":5}}]`, want: "LISTEN 1"},
	)
}

// ofSettings are settings with the name of a state and a number.
func ofSettings() []paste {
	const unclear = "what its number counts"
	return []paste{
		{name: "a property", source: "JUnit, Spring", text: "<property name=\"TIME_WAIT\" value=\"20\"/>\n", says: unclear},
		{name: "parameters", source: "servlets", text: "<param name=\"TIME_WAIT\" value=\"20\"/>\n<param name=\"CLOSED\" value=\"30\"/>\n", says: unclear},
		{name: "states", source: "a script", text: "<state name=\"TIME_WAIT\" value=\"20\"/>\n", want: "TIME_WAIT 20"},
		{name: "a port beside a number", source: "a script", text: "listen: 8080\nclosed: 3\n", want: "CLOSE 3, LISTEN 8080", says: unclear, lossy: true},
		{name: "listeners beside a number", source: "a script", text: "listen: 17\nclosed: 3\n", want: "CLOSE 3, LISTEN 17"},
		{name: "listeners and connections", source: "a script", text: "listen: 2044\nclosed: 3\nestablished: 5\n", want: "ESTABLISHED 5, CLOSE 3, LISTEN 2044"},
	}
}

// TestApart: a word that is glued to another tells as much as one that stands alone.
func TestApart(t *testing.T) {
	for group, pastes := range map[string][]paste{"ends": ofNamedEnds(), "times": ofTimes(), "glued": ofGlued(), "inner": ofInner(), "settings": ofSettings()} {
		for _, p := range pastes {
			t.Run(group+"/"+p.name, func(t *testing.T) { p.test(t) })
		}
	}
}

// TestProgramsNamedLikeStates: reading every row, a name in users:((...)) is not a row.
func TestProgramsNamedLikeStates(t *testing.T) {
	_, row, result := oneRow(t, "ESTAB 0 0 10.9.8.7:8080 172.20.3.4:40222 users:((\"ESTAB\",pid=5,fd=3))\n")
	if string(row.Process) != "ESTAB" || !result.Whole() {
		t.Errorf("process %q, gaps %+v", row.Process, result.Gaps)
	}
	_, _, result = oneRow(t, "ESTAB 0 0 10.9.8.7:8080 172.20.3.4:40222 users:((\"sshd\",pid=5,fd=3))<br>ESTAB\n")
	if result.Whole() {
		t.Error("a state glued behind the users is not told")
	}
}

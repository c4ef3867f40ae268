// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofCutSums are the sums of ss -s, cut as people cut them, and what looks like them.
func ofCutSums() []paste {
	const ss, cut = "is the summary of ss -s", "iproute2 misc/ss.c, print_summary, through tr, grep -o, awk"
	return []paste{
		{name: "one a line", source: cut, text: "estab 3\ntimewait 4\nclosed 4\n", says: ss},
		{name: "numbers first", source: cut, text: "3 estab\n4 closed\n4 timewait\n", says: ss},
		{name: "without those in TIME_WAIT", source: cut, text: "estab: 3\nclosed: 4\n", says: ss},
		{name: "one alone", source: cut, text: "closed 4\n", says: ss},
		{name: "in capitals", source: cut, text: "ESTAB=3 CLOSED=4 TIMEWAIT=4\n", says: ss},
		{name: "paths", source: "Graphite", text: "tcp.estab 3\ntcp.closed 4\ntcp.timewait 4\n", says: ss},
		{name: "JSON", source: "a script", text: `{"estab":3,"closed":4,"orphaned":0,"timewait":4}`, says: ss},
		{name: "BSD", source: "netstat -an | awk", text: "ESTABLISHED 3\nCLOSED 4\nTIME_WAIT 4\n", want: "ESTABLISHED 3, TIME_WAIT 4, CLOSE 4"},
		{name: "PowerShell", source: "Group-Object", text: "   4 Closed\n   3 Established\n   4 TimeWait\n", want: "ESTABLISHED 3, TIME_WAIT 4, CLOSE 4"},
		{name: "psutil", source: "a script", text: `{"established":3,"closed":4,"timewait":4}`, want: "ESTABLISHED 3, TIME_WAIT 4, CLOSE 4"},
		{name: "ss", source: "ss -tan | awk | uniq -c", text: "3 ESTAB\n4 TIME-WAIT\n2 LISTEN\n", want: "ESTABLISHED 3, TIME_WAIT 4, LISTEN 2"},
	}
}

// ofTypes are documents that name the protocol by its number, or by the type of the
// socket.
func ofTypes() []paste {
	counts := func(key, other, ours string) string {
		return `[{"` + key + `":` + other + `,"state":"ESTABLISHED","count":7},{"` + key + `":` + ours + `,"state":"LISTEN","count":5}]`
	}
	return []paste{
		{name: "protocol by number", source: "conntrack, osquery", text: counts("proto", "17", "6"), want: "LISTEN 5"},
		{name: "l4proto", source: "nftables", text: counts("l4proto", "17", "6"), want: "LISTEN 5"},
		{name: "ip_proto", source: "flow logs", text: counts("ip_proto", `"17"`, `"6"`), want: "LISTEN 5"},
		{name: "socket_type", source: "a script", text: counts("socket_type", "2", "1"), want: "LISTEN 5"},
		{name: "socktype", source: "a script", text: counts("socktype", `"SOCK_DGRAM"`, `"SOCK_STREAM"`), want: "LISTEN 5"},
		{name: "type of sockets", source: "psutil", text: `[{"type":2,"state":"ESTABLISHED","local_address":"10.9.8.7","local_port":53},{"type":1,"state":"LISTEN","local_address":"10.9.8.7","local_port":80}]`, want: "LISTEN 1"},
		{name: "type of counts", source: "a script", text: counts("type", "2", "1"), want: "ESTABLISHED 7, LISTEN 5", says: "what its number counts", lossy: true},
		{name: "above the counts", source: "a script", text: `{"protocol":17,"states":{"ESTABLISHED":7}}`, says: "udp"},
		{name: "below the counts", source: "a script", text: `{"states":{"ESTABLISHED":7},"protocol":17}`, want: "ESTABLISHED 7", says: "what its number counts", lossy: true},
		{name: "times and hosts", source: "Splunk, outputcsv", text: "_time,host,state,count\n2025-03-04T05:06:07.000+0000,db7,ESTABLISHED,311\n2025-03-04T05:06:07.000+0000,db7,LISTEN,17\n", want: "ESTABLISHED 311, LISTEN 17"},
		{name: "a number before a state", source: "awk '{print $2\": \"$1}'", text: "311: ESTABLISHED\n2044: TIME_WAIT\n17: LISTEN\n", want: byABC},
		{name: "numbers of states", source: "a list", text: "1: ESTABLISHED\n2: TIME_WAIT\n3: LISTEN\n", want: "ESTABLISHED 1, TIME_WAIT 2, LISTEN 3", says: "what its number counts", lossy: true},
	}
}

// ofWrapped are counts with something of their page, their tool or their protocol
// around them.
func ofWrapped() []paste {
	const two = "TIME_WAIT 2044, LISTEN 17"
	return []paste{
		{name: "a block of a forum", source: "phpBB", text: "[code]TIME_WAIT 2044\nLISTEN 17[/code]\n", want: two},
		{name: "a quotation", source: "phpBB", text: "[quote]TIME_WAIT 2044\nLISTEN 17[/quote]\n", want: two},
		{name: "a block of Jira", source: "Jira", text: "{noformat}TIME_WAIT 2044\nLISTEN 17{noformat}\n", want: two},
		{name: "a fence on the line", source: "chats", text: "```TIME_WAIT 2044\nLISTEN 17```\n", want: two},
		{name: "protocol and state", source: "netstat -ant | awk '{print $1, $6}'", text: "tcp LISTEN\ntcp6 ESTABLISHED\n", want: "ESTABLISHED 1, LISTEN 1"},
		{name: "protocol, state, number", source: "awk", text: "tcp LISTEN 17\ntcp6 TIME_WAIT 2044\nudp 9\n", want: two},
		{name: "a total on the line", source: "a script", text: "TIME_WAIT 2044 LISTEN 17 total 2061\n", want: two},
		{name: "another total on the line", source: "a script", text: "TIME_WAIT 2044 LISTEN 17 total=3000\n", want: two, says: "do not add up", lossy: true},
		{name: "an address before", source: "awk '{print $5, $6}' | sort | uniq -c, turned", text: "198.51.100.7 TIME_WAIT 2044\n198.51.100.8 LISTEN 17\n", want: two},
		{name: "munin", source: "munin's plugins", text: "time_wait.value 2044\nlisten.value 17\n", want: two},
		{name: "counters below rows", source: "netstat -an; netstat -s", text: abc + "$ netstat -s\nTcp:\n    2044 active connection openings\n    17 connections established\n", want: counts},
	}
}

// ofElements are counts in XML that has several elements on a line, or one for each
// value.
func ofElements() []paste {
	const rows = "<row><state>ESTABLISHED</state><count>311</count></row><row><state>LISTEN</state><count>17</count></row>"
	const both, from = "ESTABLISHED 311, LISTEN 17", "mysql --xml, xmllint --noblanks"
	all := []paste{
		{name: "attributes", text: `<states><state name="ESTABLISHED" count="311"/><state name="LISTEN" count="17"/></states>`, want: both},
		{name: "names", text: `<?xml version="1.0"?><tcp><ESTABLISHED>311</ESTABLISHED><LISTEN>17</LISTEN></tcp>`, want: both},
		{name: "an element for each", text: "<rows>" + rows + "</rows>", want: both},
		{name: "of UDP", text: "<udp>" + rows + "</udp>", says: "udp"},
		{name: "of UDP first", text: "<net><udp>" + rows + "</udp><tcp>" + rows + "</tcp></net>", want: both},
		{name: "of UDP by an attribute", text: `<states><state name="ESTABLISHED" count="311" proto="udp"/><state name="LISTEN" count="17"/></states>`, want: "LISTEN 17"},
		{name: "rates", text: "<rates>" + rows + "</rates>", want: both, says: "rates", lossy: true},
		{name: "a scale", text: `<states unit="thousand"><state name="ESTABLISHED" count="311"/><state name="LISTEN" count="17"/></states>`, want: both, says: "thousand", lossy: true},
		{name: "two machines", text: "<rows>" + rows + "</rows><rows>" + rows + "</rows>", want: "ESTABLISHED 622, LISTEN 34", says: "2 times"},
		{name: "sockets", text: "<list><item><LocalAddress>10.9.8.7</LocalAddress><LocalPort>80</LocalPort><State>Listen</State></item><item><LocalAddress>10.9.8.7</LocalAddress><LocalPort>80</LocalPort><State>Established</State></item></list>", want: "ESTABLISHED 1, LISTEN 1"},
	}
	for i := range all {
		all[i].source = from
	}
	return all
}

// TestWhose: what numbers are of is said by words far from them.
func TestWhose(t *testing.T) {
	for group, pastes := range map[string][]paste{"sums": ofCutSums(), "types": ofTypes(), "wrapped": ofWrapped(), "elements": ofElements()} {
		for _, p := range pastes {
			t.Run(group+"/"+p.name, func(t *testing.T) { p.test(t) })
		}
	}
}

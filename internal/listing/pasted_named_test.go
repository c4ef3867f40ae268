// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofNamesakes are sockets beside the names of machines, containers and services that
// are called like a protocol.
func ofNamesakes() []paste {
	const two, row = "ESTABLISHED 7, TIME_WAIT 20", " 0 0 192.0.2.44:8080 198.51.100.9:4040"
	below := func(heading, name string) string {
		return heading + ",state,count\n" + name + ",ESTABLISHED,7\nweb,TIME_WAIT,20\n"
	}
	metric := func(label string) string {
		return "node_tcp_connection_states{" + label + ",state=\"established\"} 7\nnode_tcp_connection_states{job=\"web\",state=\"time_wait\"} 20\n"
	}
	return []paste{
		{name: "pdsh", source: "pdsh, a machine called udp", text: "udp: ESTABLISHED 7\nudp: TIME_WAIT 20\n", want: two},
		{name: "pdsh, late", source: "pdsh, two machines", text: "udp: ESTABLISHED 7\nweb1: ESTABLISHED 3\nudp: TIME_WAIT 20\n", want: "ESTABLISHED 10, TIME_WAIT 20", says: "are counted together"},
		{name: "pdsh, open", source: "pdsh, two machines", text: "udp: ESTABLISHED 7\nweb1: TIME_WAIT 20\n", want: "TIME_WAIT 20", says: "protocol is unknown", lossy: true},
		{name: "two protocols", source: "a script", text: "udp: ESTABLISHED 7\ntcp: TIME_WAIT 20\n", want: "TIME_WAIT 20"},
		{name: "compose", source: "docker compose logs, a service called unix", text: "unix  | ESTABLISHED 7\nunix  | TIME_WAIT 20\n", want: two},
		{name: "a container", source: "kubectl logs --prefix", text: "[pod/unix-0/udp] ESTABLISHED 7\n[pod/unix-0/udp] TIME_WAIT 20\n", want: two},
		{name: "a program", source: "journalctl", text: "Feb 03 04:05:06 unix udp[44]: ESTABLISHED 7\nFeb 03 04:05:06 unix udp[44]: TIME_WAIT 20\n", want: two},
		{name: "a file", source: "grep -H", text: "udp:ESTABLISHED 7\nudp:TIME_WAIT 20\n", want: two},
		{name: "a column of hosts", source: "a spreadsheet", text: below("host", "unix"), want: two},
		{name: "a column of services", source: "a spreadsheet", text: below("service", "udp"), want: two},
		{name: "a column of protocols", source: "a spreadsheet", text: "transport,state,count\nudp,ESTABLISHED,7\ntcp,TIME_WAIT,20\n", want: "TIME_WAIT 20"},
		{name: "a column of processes", source: "a spreadsheet", text: "local,remote,state,process\n192.0.2.44:8080,198.51.100.9:4040,ESTABLISHED,udp\n", want: "ESTABLISHED 1"},
		{name: "a table of blanks", source: "a script", text: "host ESTABLISHED TIME_WAIT\nudp 7 20\n", want: two},
		{name: "a job", source: "Prometheus", text: metric(`job="unix"`), want: two},
		{name: "an instance", source: "Prometheus", text: metric(`instance="udp"`), want: two},
		{name: "a protocol", source: "Prometheus", text: metric(`proto="udp"`), want: "TIME_WAIT 20"},
		{name: "a metric", source: "Prometheus", text: "unix_tcp_connections{state=\"established\"} 7\nunix_tcp_connections{state=\"time_wait\"} 20\n", want: two},
		{name: "a path", source: "Graphite", text: "dc1.unix.tcp.ESTABLISHED 7 1738555506\ndc1.unix.tcp.TIME_WAIT 20 1738555506\n", want: two},
		{name: "an attribute", source: "a report", text: `<row host="unix" state="ESTABLISHED" count="7"/>` + "\n" + `<row host="web" state="TIME_WAIT" count="20"/>` + "\n", want: two},
		{name: "a key", source: "a script", text: `{"udp":{"ESTABLISHED":7,"TIME_WAIT":20},"web":{"LISTEN":3}}`, want: two + ", LISTEN 3", says: "nothing of TCP"},
		{name: "a key, open", source: "a script", text: `{"udp":{"ESTABLISHED":7},"web":{"LISTEN":3}}`, want: "LISTEN 3", says: "protocol is unknown", lossy: true},
		{name: "a title", source: "an ini file", text: "[unix]\nESTABLISHED 7\nTIME_WAIT 20\n", want: two, says: "above or below counts", lossy: true},
		{name: "a title in capitals", source: "a report", text: "UDP:\nTIME_WAIT 20\n\nTCP:\nLISTEN 3\n", want: "LISTEN 3", says: "protocol is unknown", lossy: true},
		{name: "an attribute of no known name", source: "a report", text: `<row squad="udp" state="ESTABLISHED" count="7"/>` + "\n" + `<row squad="web" state="TIME_WAIT" count="20"/>` + "\n", want: "TIME_WAIT 20", says: "protocol is unknown", lossy: true},
		{name: "an attribute of protocols", source: "a report", text: `<row squad="udp" state="ESTABLISHED" count="7"/>` + "\n" + `<row squad="tcp" state="TIME_WAIT" count="20"/>` + "\n", want: "TIME_WAIT 20"},
		{name: "an element", source: "a report", text: "<item><service>udp</service><state>ESTABLISHED</state><count>7</count></item>\n<item><service>web</service><state>TIME_WAIT</state><count>20</count></item>\n", want: two},
		{name: "a machine above TCP", source: "a script", text: `{"udp":{"tcp":{"ESTABLISHED":7}},"web":{"tcp":{"TIME_WAIT":20}}}`, want: two},
		{name: "a field of a row", source: "mysql -E", text: "*************************** 1. row ***************************\n host: udp\nstate: ESTABLISHED\ncount: 7\n*************************** 2. row ***************************\n host: web\nstate: TIME_WAIT\ncount: 20\n", want: two, says: "no socket"},
		{name: "host_name", source: "a script", text: `[{"host_name":"udp","state":"ESTABLISHED","count":7},{"host_name":"unix","state":"TIME_WAIT","count":20}]`, want: two},
		{name: "titles", source: "a loop over machines", text: "=== web ===\nESTABLISHED 7\n=== unix ===\nESTABLISHED 2\n", want: "ESTABLISHED 7", says: "protocol is unknown", lossy: true},
		{name: "a title of sockets", source: "a report", text: "udp sockets:\nESTABLISHED 2\ntcp sockets:\nESTABLISHED 7\n", want: "ESTABLISHED 7"},
		{name: "a column of names", source: "a spreadsheet", text: "name,state,count\nudp,ESTABLISHED,7\nweb,TIME_WAIT,20\n", want: "TIME_WAIT 20", says: "protocol is unknown", lossy: true},
		{name: "tabs", source: "a spreadsheet", text: "server\tstate\tcount\nudp\tESTABLISHED\t7\nweb\tTIME_WAIT\t20\n", want: two},
		{name: "names in JSON", source: "a script", text: `[{"name":"udp","state":"ESTABLISHED","count":7},{"name":"web","state":"TIME_WAIT","count":20}]`, want: "TIME_WAIT 20", says: "not clear what", lossy: true},
		{name: "names of protocols in JSON", source: "a script", text: `[{"name":"udp","state":"ESTABLISHED","count":7},{"name":"tcp","state":"TIME_WAIT","count":20}]`, want: "TIME_WAIT 20"},
		{name: "rows", source: "a loop over machines", text: "nl ESTAB" + row + "\nweb TIME-WAIT" + row + "1\n", want: "TIME_WAIT 1", says: "protocol is unknown", lossy: true},
		{name: "rows that show it", source: "pdsh", text: "udp: TIME-WAIT" + row + "\nudp: ESTAB" + row + "1\n", want: "ESTABLISHED 1, TIME_WAIT 1"},
		{name: "rows of netstat", source: "docker compose logs", text: before("raw  | ", abc), want: counts},
	}
}

// ofMixedCommands are counts below the command that made them, which lists more than
// TCP, or no sockets.
func ofMixedCommands() []paste {
	const mixes, two = "lists UDP or other sockets too", "ESTABLISHED 7, LISTEN 3"
	below := func(command string) string { return command + "\n      7 ESTAB\n      3 LISTEN\n" }
	told := func(name, command string) paste {
		return paste{name: name, source: command, text: below(command), want: two, says: mixes, lossy: true}
	}
	good := func(name, command string) paste {
		return paste{name: name, source: command, text: below(command), want: two}
	}
	refused := func(name, command, says string) paste {
		return paste{name: name, source: command, text: below(command), says: says}
	}
	return []paste{
		told("ss of all", "$ ss -an | awk '{print $2}' | sort | uniq -c"),
		told("ss of two", "# ss -tuan | awk '{print $2}' | sort | uniq -c"),
		told("ss by family", "$ ss -4an | awk '{print $2}' | sort | uniq -c"),
		told("ss by list", "$ ss -A inet -an | awk '{print $2}' | sort | uniq -c"),
		told("ss by long options", "$ ss --tcp --udp --all | awk '{print $2}' | sort | uniq -c"),
		told("ss with a path", "/usr/sbin/ss -an | awk '{print $2}' | sort | uniq -c"),
		told("netstat of all", "[root@db2 ~]# netstat -an | awk '{print $6}' | sort | uniq -c"),
		told("netstat with a setting", "LC_ALL=C netstat -anp | awk '{print $6}' | sort | uniq -c"),
		told("another shell", "ssh db2 'ss -an' | awk '{print $2}' | sort | uniq -c"),
		told("doas", "$ doas ss -an | awk 'NR>1 {print $2}' | sort | uniq -c"),
		told("in a sentence", "This is what `ss -an | awk '{print $2}' | sort | uniq -c` says:"),
		told("watch", "Every 2.0s: ss -an | awk '{print $2}' | sort | uniq -c     db2: Mon Feb  3 04:05:06 2025"),
		good("ss of TCP", "$ ss -tan | awk '{print $1}' | sort | uniq -c"),
		good("ss by list of TCP", "$ ss -A tcp -an | awk '{print $1}' | sort | uniq -c"),
		good("ss, filtered", "$ ss -an | grep ^tcp | awk '{print $2}' | sort | uniq -c"),
		good("netstat, filtered", "$ netstat -an | awk '/^tcp/ {print $6}' | sort | uniq -c"),
		good("netstat without UDP", "$ netstat -antu | grep -v udp | awk '{print $6}' | sort | uniq -c"),
		good("netstat of BSD", "$ netstat -an -p tcp | awk '{print $6}' | sort | uniq -c"),
		good("netstat of Windows", "C:\\Users\\ops> netstat -ano | awk '{print $4}' | sort | uniq -c"),
		{name: "on several lines", source: "a shell", text: "$ ss -an \\\n  | awk '{print $2}' \\\n  | sort | uniq -c\n      7 ESTAB\n      3 LISTEN\n", want: two, says: mixes, lossy: true},
		{name: "on several lines, filtered", source: "a shell", text: "$ netstat -an |\n> grep tcp |\n> awk '{print $6}' | sort | uniq -c\n      7 ESTAB\n      3 LISTEN\n", want: two},
		{name: "behind a container", source: "docker compose logs", text: before("web_1  | ", "+ ss -an | awk '{print $2}' | sort | uniq -c\n      7 ESTAB\n      3 LISTEN\n"), want: two, says: mixes, lossy: true},
		{name: "in a document", source: "Ansible", text: `{"cmd":"ss -an | awk '{print $2}' | sort | uniq -c","stdout":"7 ESTAB\n3 LISTEN"}`, want: two, says: mixes, lossy: true},
		{name: "in a document, of TCP", source: "Ansible", text: `{"cmd":"ss -tan | awk '{print $1}' | sort | uniq -c","stdout":"7 ESTAB\n3 LISTEN"}`, want: two},
		{name: "after another command", source: "a shell", text: "$ date\n$ ss -an | awk '{print $2}' | sort | uniq -c\n      7 ESTAB\n      3 LISTEN\n", want: two, says: mixes, lossy: true},
		{name: "with their protocol", source: "ss -an", text: "$ ss -an | awk '{print $1, $2}' | sort | uniq -c\n      7 tcp ESTAB\n      9 udp UNCONN\n      3 tcp LISTEN\n", want: two},
		{name: "rows", source: "ss -an", text: "$ ss -an\nNetid State Recv-Q Send-Q Local Address:Port Peer Address:Port\nudp UNCONN 0 0 192.0.2.44:68 0.0.0.0:*\ntcp LISTEN 0 64 192.0.2.44:80 0.0.0.0:*\n", want: "LISTEN 1"},
		{name: "rows without it", source: "ss -an | awk", text: "$ ss -an | awk '{print $2, $5, $6}'\nESTAB 192.0.2.44:68 192.0.2.1:67\nLISTEN 192.0.2.44:80 0.0.0.0:*\n", want: "ESTABLISHED 1, LISTEN 1", says: mixes, lossy: true},
		refused("UDP alone", "$ ss -A udp -an | awk '{print $1}' | sort | uniq -c", "has no TCP rows"),
		refused("conntrack", "$ conntrack -L -p tcp 2>/dev/null | awk '{print $4}' | sort | uniq -c", "connection tracking table"),
		refused("conntrack, as root", "ops@gw:~$ sudo conntrack -L | awk '{print $4}' | sort | uniq -c", "connection tracking table"),
		refused("its file", "# cat /proc/net/nf_conntrack | awk '/tcp/ {print $6}' | sort | uniq -c", "connection tracking table"),
		refused("its file, by grep", "# grep tcp /proc/net/nf_conntrack | awk '{print $6}' | sort | uniq -c", "connection tracking table"),
		refused("lsof", "$ lsof -nP -i | awk '{print $NF}' | tr -d '()' | sort | uniq -c", "is lsof"),
		refused("a load balancer", "# ipvsadm -Lnc | awk '{print $3}' | sort | uniq -c", "IPVS"),
	}
}

// ofCutColumns are rows whose states or whose start a narrow column cut off.
func ofCutColumns() []paste {
	const ss, cut = " 0 0 192.0.2.44:8080 198.51.100.9:404", "may be the start of CLOSE_WAIT"
	row := func(port, state string) string {
		return "tcp        0      0 10.9.8.7:8080           172.20.3.4:4022" + port + "        " + state + "\n"
	}
	return []paste{
		{name: "CLOSE beside ESTAB", source: "netstat | cut -c", text: row("1", "ESTAB") + row("2", "CLOSE") + row("3", "CLOSE"), want: "ESTABLISHED 1, CLOSE 2", says: cut, lossy: true},
		{name: "CLOSE alone", source: "netstat | cut -c", text: row("2", "CLOSE"), want: "CLOSE 1", says: cut, lossy: true},
		{name: "CLOSE at the edge", source: "a terminal", text: "tcp        0      0 10.9.8.7:80 172.20.3.4:40221 TIME_WAIT\n" + row("2", "CLOSE"), want: "TIME_WAIT 1, CLOSE 1", says: cut, lossy: true},
		{name: "CLOSE of netstat", source: "netstat", text: row("1", "ESTABLISHED") + row("2", "CLOSE"), want: "ESTABLISHED 1, CLOSE 1"},
		{name: "CLOSE of ss", source: "ss | cut -c", text: "ESTAB" + ss + "1\nCLOSE" + ss + "2\n", want: "ESTABLISHED 1", says: cut, lossy: true},
		{name: "CLOSE of Windows", source: "netstat | cut", text: winABC + "  TCP    10.9.8.7:8080          172.20.3.5:40224       CLOSE\n", want: counts, says: cut, lossy: true},
		{name: "CLOSE in a table", source: "column -c", text: "local,remote,state\n10.9.8.7:80,172.20.3.4:4022,ESTAB\n10.9.8.7:80,172.20.3.4:4023,CLOSE\n", want: "ESTABLISHED 1, CLOSE 1", says: cut, lossy: true},
		{name: "all cut", source: "netstat | cut -c", text: row("1", "TIME_WA") + row("2", "ESTABLI"), says: "has no readable TCP row"},
		{name: "the start cut", source: "a terminal", text: "dp   ESTAB" + ss + "1\ncp   ESTAB" + ss + "2\ntcp  LISTEN" + ss + "3\n", want: "LISTEN 1", says: "protocol is unknown", lossy: true},
		{name: "the start cut, in capitals", source: "a terminal", text: "DP   ESTAB" + ss + "1\ntcp  LISTEN" + ss + "3\n", want: "LISTEN 1", says: "protocol is unknown", lossy: true},
		{name: "the start cut, with a mark", source: "less -S", text: "<dp   ESTAB" + ss + "1\ntcp  LISTEN" + ss + "3\n", want: "LISTEN 1", says: "protocol is unknown", lossy: true},
		{name: "counts of CLOSE alone", source: "cut -c", text: "     40 CLOSE\n", want: "CLOSE 40", says: cut, lossy: true},
		{name: "CLOSE, glued", source: "ss -H of iproute2 4.15", text: "tcpESTAB" + ss + "1\ntcpCLOSE" + ss + "2\n", want: "ESTABLISHED 1", says: cut, lossy: true},
		{name: "the start cut, of unix", source: "a terminal", text: "_str ESTAB" + ss + "1\ntcp  LISTEN" + ss + "3\n", want: "LISTEN 1", says: "protocol is unknown", lossy: true},
		{name: "the last two columns wrapped", source: "a page", text: "TCP    10.9.8.7:8080          172.20.3.4:40222\nCLOSE_WAIT      812\nTCP    10.9.8.7:8080          172.20.3.5:40223\nESTABLISHED     812\n", want: "ESTABLISHED 1, CLOSE_WAIT 1"},
		{name: "the last column wrapped", source: "a page", text: "TCP    10.9.8.7:8080          172.20.3.4:40222     CLOSE_WAIT\n812\nTCP    10.9.8.7:8080          172.20.3.5:40223     ESTABLISHED\n812\n", want: "ESTABLISHED 1, CLOSE_WAIT 1"},
		{name: "panes", source: "tmux", text: "LISTEN 0      64     0.0.0.0:80         0.0.0.0:*          │tcp        0      0 0.0.0.0:80 0.0.0.0:* LISTEN\n", says: "side by side"},
	}
}

// ofMeasuredElements are XML that says of its numbers what they are of.
func ofMeasuredElements() []paste {
	const clear = "not clear what its number counts"
	two := func(start, end string) string {
		return start + ` name="ESTABLISHED" ` + end + "\n" + start + ` name="LISTEN" ` + end + "\n"
	}
	channel := func(unit string) string {
		return "<prtg>\n<result>\n<channel>ESTABLISHED</channel>\n<value>7</value>\n<unit>" + unit + "</unit>\n</result>\n<result>\n<channel>LISTEN</channel>\n<value>3</value>\n<unit>" + unit + "</unit>\n</result>\n</prtg>\n"
	}
	return []paste{
		{name: "a unit", source: "a report", text: two("<state", `count="70" unit="percent"/>`), says: clear},
		{name: "a sign", source: "a report", text: two("<metric", `unit="%">70</metric>`), says: clear},
		{name: "a limit", source: "a report", text: two("<entry type=\"limit\"", `count="70"/>`), says: clear},
		{name: "a statistic", source: "a report", text: two("<sample kind=\"max\"", `value="70"/>`), says: clear},
		{name: "a rate", source: "a report", text: "<rate state=\"ESTABLISHED\">70</rate>\n<rate state=\"LISTEN\">3</rate>\n", says: clear},
		{name: "a percentile", source: "a report", text: "<p99 state=\"ESTABLISHED\" value=\"70\"/>\n<p99 state=\"LISTEN\" value=\"3\"/>\n", says: clear},
		{name: "bytes", source: "telegraf", text: two("<field", `unit="bytes">70</field>`), says: clear},
		{name: "PRTG, shares", source: "PRTG", text: channel("Percent"), want: "ESTABLISHED 7, LISTEN 3", says: clear, lossy: true},
		{name: "PRTG", source: "PRTG", text: channel("Count"), want: "ESTABLISHED 7, LISTEN 3"},
		{name: "a port of a server", source: "httpd.conf", text: "Listen 80\nListen 443\n", says: "port of a setting"},
		{name: "a port in JSON", source: "settings", text: `{"server":{"listen":8080}}`, says: "port of a setting"},
		{name: "a port of an environment", source: "settings", text: "LISTEN=8080\n", says: "port of a setting"},
		{name: "few listeners", source: "a script", text: "LISTEN=80\n", want: "LISTEN 80"},
		{name: "an address in settings", source: "dovecot.conf", text: "listen = *, ::\n", says: "no line of it is a TCP row"},
		{name: "a message", source: "a server", text: "listening 8080\n", says: "port of a setting"},
		{name: "listeners of PowerShell", source: "Group-Object State", text: "Listen 12\nEstablished 7\n", want: "ESTABLISHED 7, LISTEN 12"},
		{name: "machines at once", source: "clush -b", text: "---------------\nweb[1-3] (3)\n---------------\nESTAB 7\nLISTEN 3\n", want: "ESTABLISHED 7, LISTEN 3", says: "stands for several machines", lossy: true},
		{name: "machines before a line", source: "clush -L", text: "web[01,04-09]: ESTAB 7\nweb[01,04-09]: LISTEN 3\n", want: "ESTABLISHED 7, LISTEN 3", says: "stands for several machines", lossy: true},
		{name: "titles of machines", source: "a loop over machines", text: "# web1\nESTAB 7\n# web2\nLISTEN 3\n", want: "ESTABLISHED 7, LISTEN 3", says: "another time, file or document"},
		{name: "titles of families", source: "a script", text: "# tcp\nESTAB 7\n# tcp6\nLISTEN 3\n", want: "ESTABLISHED 7, LISTEN 3"},
		{name: "a screen that is cleared", source: "watch | tee", text: "\x1b[H\x1b[2JESTAB 7\nLISTEN 3\n\x1b[H\x1b[2JESTAB 8\nLISTEN 3\n", want: "ESTABLISHED 15, LISTEN 6", says: "a cleared screen"},
		{name: "a group of machines", source: "clush -L", text: "@web: ESTAB 7\n@web: LISTEN 3\n", want: "ESTABLISHED 7, LISTEN 3", says: "stands for several machines", lossy: true},
		{name: "a list of machines", source: "dshbak -c", text: "----------------\ndb1,db2\n----------------\nESTAB 7\nLISTEN 3\n", want: "ESTABLISHED 7, LISTEN 3", says: "stands for several machines", lossy: true},
	}
}

// TestNamed holds what stands beside sockets and counts, and is called like something
// else, to what it is.
func TestNamed(t *testing.T) {
	for kind, all := range map[string][]paste{"namesakes": ofNamesakes(), "commands": ofMixedCommands(), "cut": ofCutColumns(), "measured": ofMeasuredElements()} {
		for _, p := range all {
			t.Run(kind+"/"+p.name, func(t *testing.T) { p.test(t) })
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// spoils is what a signature makes unusable.
type spoils uint8

const (
	spoilsNothing spoils = iota
	spoilsCounts         // its lines look like counts
	spoilsAll            // its lines look like rows
)

// A signature is the output of a program that is not a count of sockets and is
// often taken for one; a line of it is enough to know it by.
type signature uint8

const (
	signNone            signature = iota
	signDiff                      // diff
	signSides                     // two listings side by side
	signSSSummary                 // ss -s
	signConntrack                 // conntrack
	signSockstat                  // sockstat
	signSNMP                      // snmp
	signNetstatCounters           // netstat -s
	signLsof                      // lsof
	signSockstatBSD               // sockstat(1)
	signQueues                    // netstat -L
	signBuffers                   // netstat -x
	signSolaris                   // solaris
	signTelegraf                  // telegraf
	signSysctl                    // sysctl
	signRoutes                    // routes
	signTcpdump                   // tcpdump
	signCountAlone                // count alone
	signPortScan                  // nmap
	signIPVS                      // ipvsadm -Lnc
	signTransitions               // tcpstates
	signFlows                     // connections of a router
	signXML                       // Export-Clixml
	signLogfmt                    // logfmt
	signPlugin                    // a monitoring plugin
	signCollectd                  // collectd
	signSNMPTable                 // snmpwalk
	signPsutil                    // psutil

	signatures = iota
)

// is reports whether a line is of the program, the surest signs first.
func (s signature) is(b []byte) bool {
	starts := func(with string) bool { return bytes.HasPrefix(b, []byte(with)) }
	has := func(what string) bool { return bytes.Contains(b, []byte(what)) }
	switch s {
	case signDiff:
		return starts("@@ -") || starts("diff -") || isEdit(b)
	case signSSSummary:
		return has("(estab ") || starts("orphaned ") || starts("synrecv ") ||
			hasSlashed(b, "timewait") || hasSlashed(b, "TIMEWAIT") || starts("Transport Total")
	case signConntrack:
		return has(" src=") && has(" dst=")
	case signSockstat:
		return starts("sockets: used") || starts("TCP: inuse") || starts("TCP6: inuse")
	case signSNMP:
		return starts("Tcp: RtoAlgorithm") || starts("TcpExt: Sync") || starts("TcpActiveOpens") ||
			starts("TcpExt") && !starts("TcpExt:") || starts("#kernel")
	case signNetstatCounters:
		return isNetstatS(b)
	case signLsof:
		return starts("COMMAND") && has("NODE NAME") ||
			(has("->") || has(" (LISTEN)")) && (has(" TCP ") && (has("IPv4") || has("IPv6")))
	case signSockstatBSD:
		return starts("USER") && has("PROTO") && has("LOCAL ADDRESS")
	case signQueues:
		return starts("Current listen queue sizes") || starts("Proto Listen")
	case signBuffers:
		return starts("Proto") && (has("R-HIWA") || has("Rexmit") || has("flowid"))
	case signSolaris:
		return has("Swind") && has("Rwind") || starts("TCP: IPv4") || starts("TCP: IPv6")
	case signTelegraf:
		return has("tcp_established=") && has(",tcp_")
	case signSysctl:
		return starts("net.ipv4.") || starts("net.core.") || starts("net.netfilter.") || starts("net.inet.tcp.")
	case signRoutes:
		return starts("Kernel IP routing table") || starts("Kernel Interface table") || starts("Routing tables")
	case signTcpdump:
		return has(" > ") && has(": Flags [")
	case signCountAlone:
		return starts("---------- ") && has(": ")
	case signPortScan:
		return isPortHeading(b) || starts("Nmap scan report")
	case signIPVS:
		return starts("IPVS connection entries") || starts("pro expire state") || isIPVS(b)
	case signTransitions:
		return starts("SKADDR") || has("OLDSTATE") || isTransition(b) || isEventCount(b)
	case signFlows:
		return isFlow(b)
	case signXML:
		return starts("<Objs") || has(`N="State"`) || has(`Name="State"`) || has(`NAME="State"`)
	case signLogfmt:
		return has("level=") && (has(" msg=") || starts("ts=") || starts("time=")) && mentioned(b)
	case signPlugin:
		return isPlugin(b)
	case signCollectd:
		return starts("PUTVAL ")
	case signSNMPTable:
		return has("tcpConnState.") || has("tcpConnectionState.") || has("1.3.6.1.2.1.6.13.1.1.")
	case signPsutil:
		return has("sconn(") || has("pconn(")
	default:
		return false
	}
}

// holdsStates reports whether a line of s tells of sockets, so that it must not
// be passed over beside others.
func (s signature) holdsStates() bool {
	switch s {
	case signTelegraf, signXML, signLogfmt, signPlugin, signCollectd, signSNMPTable, signPsutil:
		return true
	default:
		return false
	}
}

// isPortHeading knows the heading of a scan of ports, however wide its columns are.
func isPortHeading(b []byte) bool {
	for _, name := range [...]string{"PORT", "STATE", "SERVICE"} {
		w, rest := nextWord(b)
		if string(w) != name {
			return false
		}
		b = rest
	}
	return true
}

// isPlugin knows the answer of a monitoring plugin with numbers after a bar.
func isPlugin(b []byte) bool {
	verdict, data, ok := bytes.Cut(b, []byte("|"))
	if !ok || bytes.HasPrefix(b, []byte("TCPVITALS ")) || !mentioned(data) || !bytes.Contains(data, []byte("=")) {
		return false
	}
	for _, word := range [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"} {
		if bytes.Contains(verdict, []byte(word)) {
			return true
		}
	}
	return false
}

// spoils says whose numbers are wrong when such a line is among them.
func (s signature) spoils() spoils {
	switch s {
	case signDiff, signSides, signSockstatBSD, signPortScan, signIPVS, signTransitions, signFlows:
		return spoilsAll
	case signSSSummary, signNetstatCounters:
		return spoilsCounts
	default:
		return spoilsNothing
	}
}

// words say what the text is, and the way out.
func (s signature) words() (what, out knowledge.Text) {
	ssAll := knowledge.Text{En: "ss -tan lists every socket with its state", Zh: "ss -tan 会列出每个套接字及其状态"}
	netstatAll := knowledge.Text{En: "netstat -an lists every socket with its state", Zh: "netstat -an 会列出每个套接字及其状态"}
	switch s {
	case signDiff:
		return knowledge.Text{En: "is a diff of two listings: some rows are of one side only", Zh: "是两份列表的差异：部分行只属于其中一份"},
			knowledge.Text{En: "give the two listings one after the other, each in a call of its own", Zh: "请把两份列表分开，各调用一次"}
	case signSides:
		return knowledge.Text{En: "has two listings side by side (diff -y, two panes of tmux or screen): a line has a row of each", Zh: "是左右并排的两份列表（diff -y、tmux 或 screen 的两个窗格）：一行里有两边各一行"},
			knowledge.Text{En: "give each listing alone, in a call of its own; in tmux, the pane is copied alone when it is zoomed (prefix z)", Zh: "请把每份列表单独给出，各调用一次；在 tmux 中先放大窗格（前缀键 z）再复制"}
	case signSSSummary:
		return knowledge.Text{En: "is the summary of ss -s: four sums, and its \"closed\" holds TIME_WAIT; the states are not in it", Zh: "是 ss -s 的汇总：只有四个总数，其中 closed 包含 TIME_WAIT；没有各个状态"},
			ssAll
	case signConntrack:
		return knowledge.Text{En: "is the connection tracking table of the firewall (conntrack, /proc/net/nf_conntrack), not the socket table", Zh: "是防火墙的连接跟踪表（conntrack、/proc/net/nf_conntrack），不是套接字表"},
			ssAll
	case signSockstat:
		return knowledge.Text{En: "is /proc/net/sockstat: the kernel's sums, without states", Zh: "是 /proc/net/sockstat：内核的总数，没有状态"},
			knowledge.Text{En: "cat /proc/net/tcp /proc/net/tcp6 has every socket with its state; so has ss -tan", Zh: "cat /proc/net/tcp /proc/net/tcp6 会给出每个套接字及其状态；ss -tan 也可以"}
	case signSNMP:
		return knowledge.Text{En: "has the counters of the kernel (/proc/net/snmp, /proc/net/netstat, nstat): what happened, not what is there", Zh: "是内核计数器（/proc/net/snmp、/proc/net/netstat、nstat）：记录发生过什么，而不是现在有什么"},
			ssAll
	case signNetstatCounters:
		return knowledge.Text{En: "has the counters of netstat -s: what happened, not which sockets are there", Zh: "是 netstat -s 的计数器：记录发生过什么，而不是现在有哪些套接字"},
			netstatAll
	case signLsof:
		return knowledge.Text{En: "is lsof: it lists descriptors, so that a socket can be there many times, and never TIME_WAIT", Zh: "是 lsof：它列出的是描述符，同一套接字可能出现多次，且从不包含 TIME_WAIT"},
			knowledge.Text{En: "ss -tan, or netstat -an, lists every socket once with its state", Zh: "ss -tan 或 netstat -an 会把每个套接字列出一次及其状态"}
	case signSockstatBSD:
		return knowledge.Text{En: "is sockstat of FreeBSD, which lists descriptors and does not have every state", Zh: "是 FreeBSD 的 sockstat：它列出的是描述符，且不含全部状态"},
			netstatAll
	case signQueues:
		return knowledge.Text{En: "has the queues of listening sockets (netstat -L), without states", Zh: "是监听套接字的队列（netstat -L），没有状态"},
			netstatAll
	case signBuffers:
		return knowledge.Text{En: "has the buffers and timers of sockets (netstat -x, -T or -R), without states", Zh: "是套接字的缓冲区与定时器（netstat -x、-T 或 -R），没有状态"},
			knowledge.Text{En: "netstat -an, without -x, -T and -R, prints the state", Zh: "netstat -an（不带 -x、-T、-R）会打印状态"}
	case signSolaris:
		return knowledge.Text{En: "is netstat of Solaris, whose columns are not understood", Zh: "是 Solaris 的 netstat，其列格式无法识别"},
			knowledge.Text{En: "netstat -an -P tcp | awk '{print $NF}' | sort | uniq -c gives counts by state", Zh: "netstat -an -P tcp | awk '{print $NF}' | sort | uniq -c 可得到各状态的计数"}
	case signTelegraf:
		return knowledge.Text{En: "is the line protocol of telegraf, which is not understood", Zh: "是 telegraf 的行协议，无法识别"},
			ssAll
	case signSysctl:
		return knowledge.Text{En: "is a list of kernel parameters; tcpvitals tune audit reads those", Zh: "是内核参数列表；请用 tcpvitals tune audit 读取"},
			ssAll
	case signRoutes:
		return knowledge.Text{En: "is a table of routes or interfaces, not of sockets", Zh: "是路由表或网卡表，不是套接字表"},
			ssAll
	case signTcpdump:
		return knowledge.Text{En: "is a capture of packets (tcpdump), not a list of sockets", Zh: "是抓包输出（tcpdump），不是套接字列表"},
			ssAll
	case signPortScan:
		return knowledge.Text{En: "is a scan of ports (nmap): what a machine answers, not its sockets", Zh: "是端口扫描结果（nmap）：是机器的应答，不是它的套接字"},
			ssAll
	case signIPVS:
		return knowledge.Text{En: "is the table of connections of the load balancer IPVS (ipvsadm -Lnc), not the socket table", Zh: "是负载均衡器 IPVS 的连接表（ipvsadm -Lnc），不是套接字表"},
			ssAll
	case signTransitions:
		return knowledge.Text{En: "is a record of changes of state (tcpstates of bcc or bpftrace): what happened, not which sockets are there", Zh: "是状态变化的记录（bcc 或 bpftrace 的 tcpstates）：记录发生过什么，而不是现在有哪些套接字"},
			ssAll
	case signFlows:
		return knowledge.Text{En: "is a table of the connections that a router or a firewall follows, with the time that each still lasts behind its state; it is no socket table", Zh: "是路由器或防火墙跟踪的连接表，状态后面是各连接的剩余时间；不是套接字表"},
			ssAll
	case signXML:
		return knowledge.Text{En: "is XML (Export-Clixml, ConvertTo-Xml, a report) in a form that is not understood", Zh: "是 XML（Export-Clixml、ConvertTo-Xml 或某种报告），其形式无法识别"},
			knowledge.Text{En: "Get-NetTCPConnection | Export-Csv file.csv is understood, and so is what it prints itself", Zh: "请用 Get-NetTCPConnection | Export-Csv file.csv，或直接给出它打印的内容"}
	case signLogfmt:
		return knowledge.Text{En: "is a log of names and values (logfmt), which is not understood", Zh: "是“名称=值”形式的日志（logfmt），无法识别"},
			ssAll
	case signPlugin:
		return knowledge.Text{En: "is the answer of a monitoring plugin, which is not understood", Zh: "是监控插件的输出，无法识别"},
			ssAll
	case signCollectd:
		return knowledge.Text{En: "is the plain text protocol of collectd, which is not understood", Zh: "是 collectd 的文本协议，无法识别"},
			ssAll
	case signSNMPTable:
		return knowledge.Text{En: "is the table of connections of SNMP (snmpwalk tcpConnState), which is not understood", Zh: "是 SNMP 的连接表（snmpwalk tcpConnState），无法识别"},
			netstatAll
	case signPsutil:
		return knowledge.Text{En: "is what Python prints of psutil's connections, which is not understood", Zh: "是 Python 打印的 psutil 连接对象，无法识别"},
			knowledge.Text{En: "print one state a line: for c in psutil.net_connections('tcp'): print(c.status)", Zh: "请每行打印一个状态：for c in psutil.net_connections('tcp'): print(c.status)"}
	case signCountAlone:
		return knowledge.Text{En: "is a number without states", Zh: "只有数目，没有状态"},
			netstatAll
	default:
		return knowledge.Text{}, knowledge.Text{}
	}
}

// isEdit reports whether b is a line of diff's plain form that says which lines
// follow: 2c2, 5a6,7.
func isEdit(b []byte) bool {
	i := bytes.IndexAny(b, "acd")
	if i < 1 || i+1 >= len(b) {
		return false
	}
	for j, c := range b {
		if !isDigit(c) && c != ',' && j != i {
			return false
		}
	}
	return isDigit(b[0]) && isDigit(b[len(b)-1])
}

// isIPVS knows a row of ipvsadm -Lnc: the protocol, how long it still lasts, and
// the state before the addresses (ip_vs_conn.c, ip_vs_conn_seq_show).
func isIPVS(b []byte) bool {
	proto, rest := nextWord(b)
	if string(proto) != "TCP" && string(proto) != "UDP" {
		return false
	}
	left, rest := nextWord(rest)
	state, rest := nextWord(rest)
	minutes, seconds, ok := bytes.Cut(left, []byte(":"))
	address, _ := nextWord(rest)
	return ok && isNumber(minutes) && len(minutes) <= 3 && isNumber(seconds) && len(seconds) == 2 && looksUpper(state) && isEndpoint(address)
}

// isFlow knows a row of a table of followed connections, as RouterOS prints it: two
// addresses, a state, and how long it still lasts.
func isFlow(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	var last [4][]byte
	for i := range last {
		start := bytes.LastIndexAny(b, " \t") + 1
		if last[i] = b[start:]; i == 0 && !isLifetime(last[0]) || start == 0 {
			return false
		}
		b = bytes.TrimRight(b[:start], " \t")
	}
	_, ok := stateWord(last[1])
	return ok && isEndpoint(last[2]) && isEndpoint(last[3])
}

// isLifetime reports whether w is a time that something lasts: 23h59m59s, 9s, 14:59.
func isLifetime(w []byte) bool {
	digits, units := 0, 0
	for _, c := range w {
		switch {
		case isDigit(c):
			digits++
		case c == 'd', c == 'h', c == 'm', c == 's', c == ':':
			units++
		default:
			return false
		}
	}
	return units > 0 && digits >= units && isDigit(w[0]) && w[len(w)-1] != ':'
}

// isEventCount knows what bpftrace prints of a map, @[ESTABLISHED]: 412: how often something
// happened.
func isEventCount(b []byte) bool {
	return len(b) > 0 && b[0] == '@' && bytes.Contains(b, []byte("]: ")) && mentioned(b)
}

// isTransition reports whether two states stand on both sides of an arrow.
func isTransition(b []byte) bool {
	before, after, ok := bytes.Cut(b, []byte("->"))
	if !ok {
		return false
	}
	before = bytes.TrimRight(before, " \t")
	from := before[bytes.LastIndexAny(before, " \t")+1:]
	to, _ := nextWord(after)
	_, isState := stateWord(from)
	_, alsoState := stateWord(to)
	return isState && alsoState
}

// hasSlashed reports whether b has key with two numbers and a slash: timewait
// 5/0 of ss -s.
func hasSlashed(b []byte, key string) bool {
	_, after, ok := bytes.Cut(b, []byte(key))
	after = bytes.Trim(after, ` ="`)
	i := bytes.IndexByte(after, '/')
	return ok && i > 0 && isNumber(after[:i]) && i+1 < len(after) && isDigit(after[i+1])
}

// isNetstatS knows a line of counters: a number, or a name and a number, in
// words that netstat -s uses on Linux, BSD and Windows.
func isNetstatS(b []byte) bool {
	if bytes.HasPrefix(b, []byte("TCP Statistics for IPv")) {
		return true
	}
	for _, words := range [...]string{
		"active connection openings", "active connections openings", "passive connection openings", "failed connection attempts", "connection resets received",
		"segments retransmi", "segments received", "Active Opens", "Passive Opens", "Failed Connection Attempts", "Current Connections", "packets sent", "connection requests",
	} {
		if bytes.Contains(b, []byte(words)) {
			return true
		}
	}
	return false
}

// sign looks whether a line has a signature, signNone when it has none.
func sign(b []byte) signature {
	b = bytes.TrimSpace(b)
	for s := signNone + 1; s < signatures; s++ {
		if s.is(b) {
			return s
		}
	}
	return signNone
}

// countOf tells, of a line that is a number and a word, what the word is, to
// name counts of something else.
func countOf(b []byte) (what countedThing) {
	first, rest := nextWord(b)
	second, tail := nextWord(rest)
	if more, _ := nextWord(tail); second == nil || more != nil {
		return 0
	}
	number, word := first, second
	if !isNumber(number) {
		number, word = second, first
	}
	switch {
	case !isNumber(number):
		return 0
	case isNumber(word):
		return countsNumbers
	case isAddress(word) || isEndpoint(word) || string(word) == "*:*":
		return countsAddresses
	case string(word) == "-" || bytes.IndexByte(word, '/') > 0:
		return countsPrograms
	default:
		return 0
	}
}

// countedThing is what was counted when it was not states.
type countedThing uint8

const (
	countsNumbers countedThing = iota + 1
	countsAddresses
	countsPrograms
	countedThings
)

// wrongColumn says what was counted and how to count states.
func wrongColumn(t countedThing) (what, out knowledge.Text) {
	out = knowledge.Text{
		En: "the state is column 6 of netstat -ant and column 1 of ss -tan: ss -tan | awk '{print $1}' | sort | uniq -c",
		Zh: "状态是 netstat -ant 的第 6 列、ss -tan 的第 1 列：ss -tan | awk '{print $1}' | sort | uniq -c",
	}
	switch t {
	case countsNumbers:
		what = knowledge.Text{En: "has counts of numbers (the queues?), not of states", Zh: "统计的是数字（队列长度？），不是状态"}
	case countsAddresses:
		what = knowledge.Text{En: "has counts by address, not by state", Zh: "是按地址的计数，不是按状态"}
	default:
		what = knowledge.Text{En: "has counts by program or timer, not by state: the last column of netstat -p and -o is not the state", Zh: "是按程序或定时器的计数，不是按状态：netstat -p、-o 的最后一列不是状态"}
	}
	return what, out
}

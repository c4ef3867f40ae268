// SPDX-License-Identifier: Apache-2.0

package knowledge

// countingQuestions are what people ask about the list of connections.
func countingQuestions() []Topic {
	return questionTopics(countByState(), netstatAwk(), whatStatesMean())
}

func countByState() question {
	return question{
		name:    "count-by-state",
		aliases: []string{"count connections", "netstat -n", "netstat -n | awk", "连接状态统计", "统计连接状态", "分类汇总"},
		ask:     Text{"How do I count the connections of a host by state?", "怎样按状态统计一台主机的连接？"},
		short: []Statement{
			say("tcpvitals, without arguments. A listing from anywhere goes through a pipe, as in netstat -ant | tcpvitals -, with the dash for standard input.",
				"直接运行 tcpvitals。别处的输出用管道喂进来，如 netstat -ant | tcpvitals -，末尾的短横线表示标准输入。",
				"net/ipv4/tcp_diag.c tcp_diag_dump; lab: all-at-once"),
		},
		detail: []Statement{
			say("netstat -n | awk '/^tcp/ {++S[$NF]} END {for (a in S) print a, S[a]}' counts the same on most days.", "netstat -n | awk '/^tcp/ {++S[$NF]} END {for(a in S) print a,S[a]}' 平时的结果是一样的。",
				"netstat(8); gawk(1)"),
			say("Without -a netstat lists no LISTEN; with -p, -o or -e the last column is no longer the state.", "netstat 不加 -a 不列 LISTEN；加了 -p、-o、-e，最后一列就不再是状态。",
				"netstat(8)"),
			say("It reads /proc/net/tcp, which the kernel calls deprecated: slow with many connections, and this namespace only.", "它读的是 /proc/net/tcp，内核文档已标为过时：连接多时很慢，而且只看得到当前命名空间。",
				"Documentation/networking/proc_net_tcp.rst; net/ipv4/tcp_ipv4.c tcp4_seq_show"),
			say("It cannot tell a FIN_WAIT2 that is a minisocket from one that a program has open, and does not show sockets that are only bound, nor the limit of a listener's queue.",
				"它分不清 FIN_WAIT2 是 minisocket 还是程序仍打开着的，也看不到只 bind 的套接字和监听队列的上限。",
				"net/ipv4/tcp_ipv4.c get_timewait4_sock, get_tcp4_sock; lab: bound"),
		},
		see:   []string{"netstat-awk", "what-states-mean", "why-sources-disagree"},
		prove: []string{"all-at-once"},
	}
}

func netstatAwk() question {
	return question{
		name:    "netstat-awk",
		aliases: []string{"awk", "$NF", "NF", "/^tcp/", "S[$NF]", "awk END"},
		ask:     Text{"How does the netstat and awk one-liner work?", "netstat 加 awk 那条命令是怎么工作的？"},
		short: []Statement{
			say("netstat -n prints a line for each connection, the state in the last column; awk counts how often each last word occurs.", "netstat -n 每个连接打印一行，最后一列是状态；awk 统计每个末列词出现的次数。",
				"netstat(8); gawk(1)"),
		},
		detail: []Statement{
			say("netstat -n: Proto, Recv-Q, Send-Q, local and foreign address, state. -n leaves addresses as numbers, without asking DNS.", "netstat -n 的列：Proto、Recv-Q、Send-Q、本地地址、外部地址、状态。-n 表示地址用数字，不查 DNS。",
				"netstat(8)"),
			say("/^tcp/ takes lines that begin with tcp (tcp6 too) and leaves udp and unix sockets out.", "/^tcp/ 只取以 tcp 开头的行（tcp6 也算），排除 udp 和 unix 套接字。",
				"gawk(1)"),
			say("NF is the number of fields of a line, 6 here; $NF is the last field, the state.", "NF 是这一行的字段数，这里是 6；$NF 就是最后一个字段，即状态。",
				"gawk(1)"),
			say("++S[$NF] adds one to the element of the array S that is named for the state. An array needs no declaration, and a new element is 0.",
				"++S[$NF] 把数组 S 中以该状态为下标的元素加一。awk 数组不用声明，新元素的值是 0。",
				"gawk(1)"),
			say("END {...} runs after the last line; for (a in S) goes over the array, in no particular order; print a, S[a] shows state and number, \"\\t\" between them sets a tab.",
				"END {...} 在读完最后一行后执行；for (a in S) 遍历数组，顺序不定；print a, S[a] 打印状态和数量，中间加 \"\\t\" 就是制表符。",
				"gawk(1)"),
		},
		see: []string{"count-by-state"},
	}
}

func whatStatesMean() question {
	return question{
		name:    "what-states-mean",
		aliases: []string{"states of TCP", "ITMED_WAIT", "TIMED_WAIT", "TCP 状态", "TCP 状态说明"},
		ask:     Text{"What do the states mean, in a line each?", "各个状态是什么意思？"},
		short: []Statement{
			say("tcpvitals explain draws the diagram with this host's numbers; tcpvitals explain and a name tells everything about one.", "运行 tcpvitals explain 会画出带本机数字的状态图；后面加状态名，看该状态的全部说明。",
				"RFC 9293 3.3.2; lab: all-at-once"),
		},
		detail: []Statement{
			say("CLOSED: there is no connection. LISTEN: a server waits for connections.", "CLOSED：没有连接。LISTEN：服务端在等待连接进来。", "RFC 9293 3.3.2"),
			say("SYN_SENT: we are connecting, no answer yet. SYN_RECV: a SYN came and was answered, the third segment is missing.", "SYN_SENT：本机正在连接，还没得到应答。SYN_RECV：收到 SYN 并已应答，还差第三次握手。", "RFC 9293 3.3.2"),
			say("ESTABLISHED: data can flow.", "ESTABLISHED：可以收发数据。", "RFC 9293 3.3.2"),
			say("FIN_WAIT1: we closed, our FIN is not acknowledged yet. FIN_WAIT2: it is, the peer has not closed yet.", "FIN_WAIT1：本端已关闭，FIN 还没被确认。FIN_WAIT2：FIN 已被确认，对端还没关。", "RFC 9293 3.3.2"),
			say("CLOSING: both closed at once. TIME_WAIT: closed from this side, waiting out 60 s. It is this end that closed, and it is here that old segments are waited for.",
				"CLOSING：双方同时关闭。TIME_WAIT：本端主动关闭，再等 60 秒，让旧报文消失。", "RFC 9293 3.3.2; lab: active-close"),
			say("CLOSE_WAIT: the peer closed, our application has not. LAST_ACK: then it did, and waits for one ACK, not for packets to die.",
				"CLOSE_WAIT：对端已关，本机应用还没关。LAST_ACK：本机也关了，只等最后一个 ACK，并不是“等分组死掉”。", "RFC 9293 3.3.2; lab: last-ack"),
			say("ITMED_WAIT, in some lists, is no state: a misprint of TIMED_WAIT, an old name of TIME_WAIT.", "有些列表里的 ITMED_WAIT 不是状态：是 TIMED_WAIT 的误写，指的就是 TIME_WAIT。", "RFC 9293 3.3.2"),
		},
		see: []string{
			"CLOSE", "LISTEN", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSING", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK", "BOUND",
		},
		prove: []string{"all-at-once"},
		read:  []string{"RFC 9293 3.3.2"},
	}
}

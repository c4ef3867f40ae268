// SPDX-License-Identifier: Apache-2.0

package knowledge

// errorQuestions are what people ask with the text of an error or of the
// kernel's log.
func errorQuestions() []Topic {
	return questionTopics(refused(), reset(), brokenPipe(), timedOut(), addressInUse(), cannotAssign(), tooManyFiles(), synFlooding(), handshake(), manyCloseWait())
}

func refused() question {
	return question{
		name:    "connection-refused",
		aliases: []string{"ECONNREFUSED", "errno 111", "111: Connection refused", "ConnectionRefusedError", "连接被拒绝", "拒绝连接", "connect: connection refused", "couldn't connect to server", "unable to connect to remote host"},
		ask:     Text{"What does \"connection refused\" mean?", "“连接被拒绝”（connection refused）是什么意思？"},
		short: []Statement{
			say("The SYN was answered with a RST: nobody listens at that address and port, or a firewall answers in its place. It comes at once, within one round trip.",
				"SYN 得到的是 RST：该地址和端口无人监听，或由防火墙代为回应。它立刻就来，只要一个往返。",
				"net/ipv4/tcp_ipv4.c tcp_v4_rcv, tcp_v4_send_reset; net/ipv4/tcp_input.c tcp_reset; lab: syn-sent-refused"),
		},
		detail: []Statement{
			say("An ICMP port unreachable gives the same error.", "收到 ICMP 端口不可达也是同样的错误。", "net/ipv4/tcp_ipv4.c tcp_v4_err"),
			say("A full accept queue does not: there the SYN is dropped in silence, and connect() waits.", "全连接队列满不会这样：SYN 被悄悄丢弃，connect() 会一直等。", "lab: accept-overflow-0"),
			say("Look on the server: tcpvitals queues 'sport = :PORT' shows who listens, and at which address; 127.0.0.1 is not reached from outside.",
				"在服务端用 tcpvitals queues 'sport = PORT' 看谁在监听、监听哪个地址；监听 127.0.0.1 时外面连不到。", "net/ipv4/tcp_ipv4.c tcp_v4_rcv"),
			printed(111, "ECONNREFUSED", "Connection refused", "java.net.ConnectException", "ConnectionRefusedError"),
		},
		see: []string{"SYN_SENT", "LISTEN", "connection-timed-out", "AttemptFails", "SY06", "SY07", "RS02"},
	}
}

func reset() question {
	return question{
		name:    "connection-reset",
		aliases: []string{"ECONNRESET", "connection reset by peer", "errno 104", "104: Connection reset by peer", "ConnectionResetError", "连接被对方重设", "收到 RST", "received RST", "连接被对方重置", "连接被重置", "连接被对端重置", "reset by peer"},
		ask:     Text{"What does \"connection reset by peer\" mean?", "“连接被重置”（connection reset by peer）是什么意思？"},
		short: []Statement{
			say("A RST came for a connection that was open: what was not delivered yet is lost. It says who ended it, not why.", "打开着的连接收到了 RST：还没送达的数据丢失。它只说明是谁结束的，不说明原因。",
				"net/ipv4/tcp_input.c tcp_reset; lab: established-reset"),
		},
		detail: []Statement{
			say("The peer closed with unread data, or with SO_LINGER 0.", "对端关闭时还有未读数据，或设了 SO_LINGER 0。", "net/ipv4/tcp.c __tcp_close; lab: unread-data; lab: linger-zero"),
			say("The peer had closed already, and what you sent came after it.", "对端已经关闭，你发的数据在那之后才到。", "lab: data-after-close; lab: fin-wait2-data"),
			say("The peer or something on the way no longer knows the connection: a restart, a NAT, firewall or load balancer that forgot it while it was idle.",
				"对端或途中设备已不认识这个连接：重启过，或 NAT、防火墙、负载均衡在空闲期间忘了它。", "RFC 9293 3.5.2; net/ipv4/tcp_ipv4.c tcp_v4_send_reset"),
			say("On the end that sends the RSTs, tcpvitals doctor --window 10s tells which of its counters grow (RS01).", "在发出 RST 的一端，tcpvitals doctor --window 10s 会说明是哪个计数器在增长（RS01）。",
				"net/ipv4/tcp.c __tcp_close"),
			printed(104, "ECONNRESET", "Connection reset by peer", "java.net.SocketException: Connection reset", "ConnectionResetError"),
		},
		see: []string{"ESTABLISHED", "RS01", "TCPAbortOnClose", "TCPAbortOnData", "broken-pipe", "linger-zero-cure"},
	}
}

func brokenPipe() question {
	return question{
		name:    "broken-pipe",
		aliases: []string{"EPIPE", "SIGPIPE", "errno 32", "32: Broken pipe", "BrokenPipeError", "管道破裂", "断开的管道"},
		ask:     Text{"What does \"broken pipe\" mean on a TCP connection?", "TCP 连接上的“broken pipe”是什么意思？"},
		short: []Statement{
			say("A write to a connection that can take nothing any more: the peer had closed and answered an earlier write with a RST, or this end called shutdown() itself.",
				"向已不能再写的连接写数据：对端早已关闭，并用 RST 回应了之前的写入；或者本端自己调用过 shutdown()。",
				"net/ipv4/tcp_input.c tcp_reset; net/ipv4/tcp.c tcp_sendmsg_locked; "+measured),
		},
		detail: []Statement{
			say("In CLOSE_WAIT a RST is EPIPE, in other states ECONNRESET: the peer's close() could have been seen by reading.", "在 CLOSE_WAIT 中收到 RST 是 EPIPE，其他状态是 ECONNRESET：对端的 close() 本可以通过读取发现。",
				"net/ipv4/tcp_input.c tcp_reset; "+measured),
			say("Mostly a pool hands out connections that the other end has closed while they were idle: check before use, and close them sooner than the server does.",
				"多半是连接池拿出了空闲期间已被对端关闭的连接：使用前检查，并且比服务端更早关闭空闲连接。", "RFC 9293 3.6"),
			printed(32, "EPIPE", "Broken pipe", "", "BrokenPipeError"),
		},
		see: []string{"CLOSE_WAIT", "connection-reset", "CW01"},
	}
}

func timedOut() question {
	return question{
		name:    "connection-timed-out",
		aliases: []string{"ETIMEDOUT", "errno 110", "110: Connection timed out", "SocketTimeoutException", "连接已超时", "连接超时", "connect timeout", "i/o timeout", "Layer4 timeout", "connection_timeout", "connect timed out", "probe failed"},
		ask:     Text{"What does \"connection timed out\" mean?", "“连接超时”（connection timed out）是什么意思？"},
		short: []Statement{
			say("Nobody answered: a SYN for 127 s or more (tcp_syn_retries 6), data for 924 s or more (tcp_retries2 15), or the probes of keepalive. Programs with timeouts of their own give up sooner.",
				"没有人应答：SYN 达 127 秒以上（tcp_syn_retries 为 6），数据达 924 秒以上（tcp_retries2 为 15），或 keepalive 探测无回应。有自己超时的程序会更早放弃。",
				"net/ipv4/tcp_timer.c tcp_write_timeout, tcp_write_err; lab: syn-retries; lab: retries2; lab: keepalive"),
		},
		detail: []Statement{
			say("At connect(): a firewall drops, the host is gone, or the server's accept queue is full. tcpvitals queues on the server shows the last.",
				"在 connect() 时：防火墙丢弃、主机不在，或服务端的全连接队列已满。最后一种在服务端用 tcpvitals queues 能看到。", "lab: accept-overflow-0; lab: syn-retries"),
			say("On an open connection: the peer or the path is gone. TCP_USER_TIMEOUT makes it sooner for one program, tcp_retries2 for all.",
				"在打开的连接上：对端或路径没了。TCP_USER_TIMEOUT 让单个程序更早发现，tcp_retries2 则影响全部。", "net/ipv4/tcp_timer.c tcp_write_timeout; lab: user-timeout"),
			printed(110, "ETIMEDOUT", "Connection timed out", "java.net.ConnectException", "TimeoutError"),
		},
		see: []string{"SYN_SENT", "ESTABLISHED", "tcp_syn_retries", "tcp_retries2", "TO01", "ES03", "SY05", "AQ01"},
	}
}

func addressInUse() question {
	return question{
		name:    "address-in-use",
		aliases: []string{"EADDRINUSE", "errno 98", "98: Address already in use", "address already in use", "bind: address already in use", "地址已被使用", "地址已在使用", "端口被占用"},
		ask:     Text{"What does \"address already in use\" mean?", "“地址已在使用”（address already in use）是什么意思？"},
		short: []Statement{
			say("bind() found another socket at that address and port: one that listens or is bound, or, without SO_REUSEADDR, connections of it that still exist, TIME_WAIT among them.",
				"bind() 发现该地址和端口上还有别的套接字：在监听或已绑定的；没有设 SO_REUSEADDR 时，还包括尚存的连接，TIME_WAIT 也算。",
				"net/ipv4/inet_connection_sock.c inet_csk_bind_conflict; lab: listen-again"),
		},
		detail: []Statement{
			say("A server sets SO_REUSEADDR before bind(); then TIME_WAIT does not hinder a restart.", "服务端应在 bind() 之前设 SO_REUSEADDR；这样 TIME_WAIT 不妨碍重启。", "lab: listen-again"),
			say("tcpvitals list 'sport = :PORT' -c +process,pid shows who has it.", "tcpvitals list 'sport = :PORT' -c +process,pid 能看到被谁占用。", "net/ipv4/inet_connection_sock.c inet_csk_bind_conflict"),
			say("bind() to port 0 says so when no port of ip_local_port_range is left.", "绑定端口 0 时，ip_local_port_range 里没有空闲端口也会报这个错。", "net/ipv4/inet_connection_sock.c inet_csk_get_port"),
			printed(98, "EADDRINUSE", "Address already in use", "java.net.BindException", "OSError: [Errno 98]"),
		},
		see: []string{"TW06", "LP01", "TW05", "BOUND", "cannot-assign-address"},
	}
}

func cannotAssign() question {
	return question{
		name:    "cannot-assign-address",
		aliases: []string{"EADDRNOTAVAIL", "errno 99", "99: Cannot assign requested address", "cannot assign requested address", "无法分配请求的地址", "out of ports", "out of local ports", "端口耗尽", "端口用完", "端口用尽", "本地端口不够", "无法指定被请求的地址"},
		ask:     Text{"What does \"cannot assign requested address\" mean?", "“无法分配请求的地址”（cannot assign requested address）是什么意思？"},
		short: []Statement{
			say("At connect(): no local port is left towards that destination. At bind(): the host does not have that address.", "在 connect() 时：到该目标已没有空闲的本地端口。在 bind() 时：本机没有这个地址。",
				"net/ipv4/inet_hashtables.c __inet_hash_connect; net/ipv4/af_inet.c __inet_bind; lab: ports-exhaustion"),
		},
		detail: []Statement{
			say("tcpvitals ports shows for each destination how many are used, by what, and when they run out.", "tcpvitals ports 对每个目标列出用了多少、被什么占用、何时用尽。", "lab: ports-exhaustion"),
			say("Keep connections open and use them again; a wider ip_local_port_range and tcp_tw_reuse only put it off.", "保持连接并重复使用；放宽 ip_local_port_range、打开 tcp_tw_reuse 只是推迟。", "net/ipv4/inet_hashtables.c __inet_hash_connect"),
			printed(99, "EADDRNOTAVAIL", "Cannot assign requested address", "java.net.BindException", "OSError: [Errno 99]"),
		},
		see: []string{"TW03", "TW04", "TW05", "ip_local_port_range", "tcp_tw_reuse", "address-in-use"},
	}
}

func tooManyFiles() question {
	return question{
		name:    "too-many-open-files",
		aliases: []string{"EMFILE", "ENFILE", "errno 24", "24: Too many open files", "too many open files", "打开的文件过多", "打开文件过多", "文件描述符不够", "文件描述符用完", "descriptor limit reached"},
		ask:     Text{"What does \"too many open files\" mean for connections?", "“too many open files”对连接意味着什么？"},
		short: []Statement{
			say("The process has as many descriptors as it may (EMFILE), or the host has (ENFILE): accept() and socket() fail, and connections wait in the accept queue until it is full.",
				"进程的描述符已达上限（EMFILE），或整台主机已达上限（ENFILE）：accept()、socket() 失败，连接停在全连接队列里，直到队列满。",
				"fs/file.c alloc_fd; fs/file_table.c files_maxfiles_init"),
		},
		detail: []Statement{
			say("Often it is a leak: CLOSE_WAIT that the program does not close. tcpvitals census --by process,state shows it.", "往往是泄漏：程序不关闭的 CLOSE_WAIT。用 tcpvitals census --by process,state 能看到。",
				"net/ipv4/tcp_input.c tcp_fin"),
			say("The limit of a service is LimitNOFILE of its unit, or ulimit -n; it cannot exceed fs.nr_open.", "服务的上限是其单元的 LimitNOFILE，或 ulimit -n；不能超过 fs.nr_open。", "fs/file.c sysctl_nr_open"),
			printed(24, "EMFILE", "Too many open files", "", "OSError: [Errno 24]"),
		},
		see: []string{"CW01", "AQ01", "fs.nr_open", "fs.file-max", "CLOSE_WAIT"},
	}
}

func synFlooding() question {
	return question{
		name:    "possible-syn-flooding",
		aliases: []string{"possible SYN flooding", "Possible SYN flooding on port", "Sending cookies", "SYN flooding", "SYN flood"},
		ask:     Text{"What does \"Possible SYN flooding on port N. Sending cookies\" in the kernel's log mean?", "内核日志里的“Possible SYN flooding on port N. Sending cookies”是什么意思？"},
		short: []Statement{
			say("The SYN queue of a listener was full once; the kernel says it once for each listener. Real clients of a short backlog do that as well as a flood.",
				"某个监听套接字的半连接队列曾经满过；内核对每个监听套接字只说一次。backlog 太小时，真实客户端和 flood 一样会引发它。",
				"net/ipv4/tcp_input.c tcp_syn_flood_action; lab: syncookies-1"),
		},
		detail: []Statement{
			say("tcpvitals doctor --window 10s tells the two apart, by how many cookies come back (SY02), and names the listener.", "tcpvitals doctor --window 10s 按返回的 cookie 多少区分两者（SY02），并指出是哪个监听套接字。",
				"net/ipv4/tcp_input.c tcp_syn_flood_action"),
			say("With tcp_syncookies 0 it says \"Dropping request\": SYNs are lost.", "tcp_syncookies 为 0 时日志是 “Dropping request”：SYN 会丢失。", "net/ipv4/tcp_input.c tcp_syn_flood_action; lab: syncookies-0"),
		},
		see: []string{"SYN_RECV", "SY01", "SY02", "SY03", "syncookies-degrade"},
	}
}

func handshake() question {
	return question{
		name:    "handshake",
		aliases: []string{"three-way handshake", "3-way handshake", "三次握手", "四次挥手", "握手和挥手", "four-way close", "TCP 建立连接的过程", "TCP 断开连接的过程", "how a connection is established"},
		ask:     Text{"How does a connection begin and end, and in which states?", "三次握手、四次挥手各经过哪些状态？"},
		short: []Statement{
			say("It begins with SYN, SYN-ACK, ACK: the client is in SYN_SENT, then ESTABLISHED; the server in SYN_RECV, then ESTABLISHED, before accept() is called.",
				"建立：SYN、SYN-ACK、ACK。客户端 SYN_SENT → ESTABLISHED；服务端 SYN_RECV → ESTABLISHED，此时还没有 accept()。",
				"RFC 9293 3.5; lab: syn-sent-established; lab: syn-recv-established"),
			say("It ends with a FIN and its ACK from each end: who closes first is in FIN_WAIT1, FIN_WAIT2 and TIME_WAIT; the other in CLOSE_WAIT until its program closes, then LAST_ACK.",
				"关闭：双方各发一个 FIN，各得一个 ACK。先关闭的一方 FIN_WAIT1 → FIN_WAIT2 → TIME_WAIT；另一方 CLOSE_WAIT，直到程序关闭，然后 LAST_ACK。",
				"RFC 9293 3.6; lab: active-close"),
		},
		detail: []Statement{
			say("tcpvitals explain draws it with the numbers of this host.", "tcpvitals explain 会画出状态图并标上本机的数量。", "RFC 9293 3.3.2"),
		},
		see: []string{"SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK"},
	}
}

func manyCloseWait() question {
	return question{
		name:    "many-close-wait",
		aliases: []string{"thousands of CLOSE_WAIT", "lots of CLOSE_WAIT", "CLOSE_WAIT 一直", "too many CLOSE_WAIT", "大量 CLOSE_WAIT", "CLOSE_WAIT 过多", "CLOSE_WAIT 太多", "僵尸连接"},
		ask:     Text{"There are many CLOSE_WAITs: what must I do?", "大量 CLOSE_WAIT 怎么办？"},
		short: []Statement{
			say("Repair a program: its peers have closed and it has not. No parameter ends them. tcpvitals doctor --window 10s names the process and the port.",
				"修程序：对端已经关闭，它没有关闭。没有参数能结束它们。tcpvitals doctor --window 10s 会指出进程和端口。",
				"net/ipv4/tcp_input.c tcp_fin; lab: established-close-wait"),
		},
		detail: []Statement{
			say("Close when read() returns 0, on error paths too; look for threads that hang before the close(), and for pools that keep dead connections.", "read() 返回 0 就关闭，错误分支也一样；查有没有线程卡在 close() 之前，以及保留死连接的连接池。", "RFC 9293 3.6"),
			say("With inode 0 nobody has accepted them: the server does not call accept().", "inode 为 0 表示连接还没有被 accept()：该查的是服务端为什么不调用 accept()。", measured),
		},
		see:   []string{"CLOSE_WAIT", "CW01", "CW02", "close-wait-sysctl", "too-many-open-files"},
		prove: []string{"established-close-wait"},
	}
}

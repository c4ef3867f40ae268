// SPDX-License-Identifier: Apache-2.0

package knowledge

// programQuestions are about what programs do with connections, and what one can
// see of it.
func programQuestions() []Topic {
	return questionTopics(whoClosesFirst(), restartFails(), isItAnAttack(), whichProcess(), killAConnection(), recvQSendQ(), howManyConnections(), connectTakesSeconds(), retransmissions(), shortConnections())
}

func whoClosesFirst() question {
	return question{
		name:    "who-closes-first",
		aliases: []string{"which side closes first", "who closes the connection", "who closed the connection", "who closed", "谁先关闭", "谁先断开", "主动关闭方", "是谁断开的连接"},
		ask:     Text{"Who closes first, and how can I see it?", "怎么知道是谁先关闭连接的？"},
		short: []Statement{
			say("The end with TIME_WAIT has closed first; the one with CLOSE_WAIT or LAST_ACK has not. tcpvitals trace tells it of each connection that ends, with the process and the reason.",
				"有 TIME_WAIT 的一端先关闭；有 CLOSE_WAIT、LAST_ACK 的一端不是。tcpvitals trace 对每个结束的连接给出是谁、哪个进程、为什么。",
				"RFC 9293 3.6; lab: active-close"),
		},
		detail: []Statement{
			say("The end that closes first keeps the TIME_WAIT. Where a client has few ports, let the server close; where a server has many clients, let them.",
				"谁先关闭谁留下 TIME_WAIT。客户端端口紧张就让服务端关闭；服务端客户端多就让客户端关闭。",
				"lab: ports-loopback-client-closes; lab: ports-loopback-server-closes"),
		},
		see: []string{"who-is-in-time-wait", "TIME_WAIT", "CLOSE_WAIT", "TW08"},
	}
}

func restartFails() question {
	return question{
		name: "restart-fails",
		aliases: []string{
			"service cannot restart", "restart address already in use", "port still in use after restart", "port is still in use", "重启失败", "重启报地址已被使用", "服务重启端口被占用", "停了服务端口还被占用",
		},
		ask: Text{"A service does not start again because its port is in use: why?", "服务重启时报端口被占用：为什么？"},
		short: []Statement{
			say("Another process still listens or holds the socket, often a child that inherited it, or the service does not set SO_REUSEADDR and connections of its port are in TIME_WAIT for up to 60 s.",
				"还有别的进程在监听或持有该套接字（常是继承了它的子进程），或者服务没设 SO_REUSEADDR，而端口上还有 TIME_WAIT，最长 60 秒。",
				"net/ipv4/inet_connection_sock.c inet_csk_bind_conflict; lab: listen-again"),
		},
		detail: []Statement{
			say("tcpvitals list 'sport = :PORT' -c +process,pid shows both cases.", "tcpvitals list 'sport = :PORT' -c +process,pid 能看出是哪一种。", "net/ipv4/inet_connection_sock.c inet_csk_bind_conflict"),
			say("The connections that are left must have had SO_REUSEADDR too, so that the first start after the repair can still fail.", "留下的连接也必须设过 SO_REUSEADDR，因此修好后的第一次启动仍可能失败。", "lab: listen-again-old"),
		},
		see: []string{"address-in-use", "SO_REUSEADDR", "TW06", "LP01"},
	}
}

func isItAnAttack() question {
	return question{
		name:    "is-it-an-attack",
		aliases: []string{"am I under attack", "is it an attack", "ddos", "syn flood attack", "is this a DDoS", "是不是被攻击", "被攻击了吗", "DDoS 攻击", "SYN 攻击", "CC 攻击"},
		ask:     Text{"Is it an attack?", "是不是被攻击了？"},
		short: []Statement{
			say("Ask tcpvitals doctor --window 10s: of a SYN flood hardly any cookie comes back (SY02); of slow readers many connections cannot send (ES06, FW05); real clients of a full queue come back.",
				"用 tcpvitals doctor --window 10s 判断：SYN flood 的 cookie 几乎没有返回（SY02）；慢读攻击表现为大量连接无法发送（ES06、FW05）；队列满时的真实客户端会回来。",
				"net/ipv4/syncookies.c cookie_v4_check; lab: syncookies-1; lab: zero-window"),
		},
		detail: []Statement{
			say("tcpvitals census --by remote/24 shows whether few networks have most of the connections.", "tcpvitals census --by remote/24 能看出连接是否集中在少数网段。", "net/ipv4/tcp_input.c tcp_conn_request"),
			say("A packet's source address proves nothing before the handshake is done: senders of SYNs can be made up.", "握手完成之前，源地址不能说明什么：SYN 的来源可以伪造。", "RFC 4987"),
		},
		see: []string{"SY02", "many-syn-recv", "possible-syn-flooding", "synproxy", "tcp_syncookies", "ES06", "FW05"},
	}
}

func whichProcess() question {
	return question{
		name:    "which-process",
		aliases: []string{"which process uses a port", "who uses port", "find process by port", "lsof -i", "netstat -p", "ss -p", "哪个进程占用端口", "查端口被谁占用", "端口对应的进程", "查看端口占用"},
		ask:     Text{"Which process has a port or a connection?", "某个端口或连接属于哪个进程？"},
		short: []Statement{
			say("tcpvitals list 'sport = :8080' -c +process,pid lists it with its owner; tcpvitals census --by process counts. As another user than root only your own processes are seen.",
				"tcpvitals list 'sport = :8080' -c +process,pid 列出所有者；tcpvitals census --by process 按进程计数。不是 root 时只能看到自己的进程。",
				"proc(5) /proc/PID/fd"),
		},
		detail: []Statement{
			say("TIME_WAIT, FIN_WAIT2 after close() and SYN_RECV belong to no process any more or not yet: there is no owner to be found.",
				"TIME_WAIT、close() 之后的 FIN_WAIT2、SYN_RECV 不属于任何进程：查不到所有者。",
				"lab: time-wait-owner"),
			say("tcpvitals trace sees who closes while it happens, TIME_WAIT among them.", "tcpvitals trace 在关闭发生时就能看到是谁，包括 TIME_WAIT。", "lab: time-wait-owner"),
		},
		see: []string{"TIME_WAIT", "time-wait-descriptors", "address-in-use", "kill-a-connection"},
	}
}

func killAConnection() question {
	return question{
		name:    "kill-a-connection",
		aliases: []string{"close a connection by hand", "kill a TCP connection", "ss -K", "tcpkill", "drop a connection", "手动关闭连接", "杀掉连接", "强制断开连接", "踢掉连接", "断开某个连接", "end one connection"},
		ask:     Text{"How do I end a connection from outside its program?", "怎样在程序之外强制断开一个连接？"},
		short: []Statement{
			say("tcpvitals kill FILTER shows what it would close, asks, and closes: the peer gets a RST, the program ECONNABORTED. It needs CAP_NET_ADMIN.",
				"tcpvitals kill 过滤条件 会先列出要关闭的连接，确认后关闭：对端收到 RST，程序得到 ECONNABORTED。需要 CAP_NET_ADMIN。",
				"net/ipv4/tcp.c tcp_abort; net/ipv4/tcp_diag.c tcp_diag_destroy; lab: destroy"),
		},
		detail: []Statement{
			say("The descriptor stays with the program: \"too many open files\" is not cured by it.", "描述符仍在程序手里：治不了 “too many open files”。", "net/ipv4/tcp.c tcp_abort; "+measured),
		},
		see: []string{"connection-aborted", "CLOSE_WAIT", "many-close-wait", "too-many-open-files"},
	}
}

func recvQSendQ() question {
	return question{
		name:    "recv-q-send-q",
		aliases: []string{"Recv-Q", "Send-Q", "Recv-Q Send-Q", "what is Recv-Q", "Recv-Q 是什么", "Send-Q 是什么", "Recv-Q 堆积", "Send-Q 堆积", "接收队列", "发送队列"},
		ask:     Text{"What do Recv-Q and Send-Q mean?", "Recv-Q 和 Send-Q 是什么意思？"},
		short: []Statement{
			say("Of a connection, Recv-Q is what came and the program has not read, Send-Q what was written and the peer has not acknowledged, in bytes.",
				"对连接：Recv-Q 是已收到、程序还没读的字节，Send-Q 是已写入、对端还没确认的字节。",
				"net/ipv4/tcp_diag.c tcp_diag_get_info"),
			say("Of a listener, Recv-Q is how many connections wait for accept(), Send-Q the limit of that queue.",
				"对监听套接字：Recv-Q 是等待 accept() 的连接数，Send-Q 是该队列的上限。",
				"net/ipv4/tcp_diag.c tcp_diag_get_info; lab: somaxconn"),
		},
		detail: []Statement{
			say("A Recv-Q that stays: the program does not read. A Send-Q that stays: the peer does not read, or does not answer.", "Recv-Q 一直不降：程序不读。Send-Q 一直不降：对端不读或不应答。", "lab: zero-window; lab: retries2"),
			say("tcpvitals list --sort -recvq and tcpvitals queues show the largest and the fullest.", "tcpvitals list --sort -recvq 和 tcpvitals queues 显示最大的和最满的。", "net/ipv4/tcp_diag.c tcp_diag_get_info"),
		},
		see: []string{"ESTABLISHED", "LISTEN", "ES04", "ES06", "AQ01", "sockstat.TCP.mem"},
	}
}

func howManyConnections() question {
	return question{
		name:    "how-many-connections",
		aliases: []string{"maximum connections", "max connections", "connection limit", "how many connections can a server have", "C10K", "最大连接数", "一台服务器最多多少连接", "单机最大连接数", "单机百万连接", "a million connections"},
		ask:     Text{"How many connections can a host have?", "一台主机最多能有多少连接？"},
		short: []Statement{
			say("As many as memory and file descriptors allow: a server uses one port for all of them. 65,535 bounds only the connections from one address to one destination, in practice 28,232 by ip_local_port_range.",
				"取决于内存和文件描述符：服务端所有连接共用一个端口。65,535 只限制从一个地址到同一目标的连接，实际按 ip_local_port_range 为 28,232 个。",
				"net/ipv4/inet_hashtables.c __inet_hash_connect; lab: ports-exhaustion"),
		},
		detail: []Statement{
			say("What bounds a server: LimitNOFILE and fs.file-max, the third number of tcp_mem, nf_conntrack_max behind a firewall.", "限制服务端的是：LimitNOFILE 和 fs.file-max、tcp_mem 的第三个数、有防火墙时的 nf_conntrack_max。", "net/ipv4/tcp.c tcp_init_mem; fs/file_table.c files_maxfiles_init"),
		},
		see: []string{"time-wait-eats-server-ports", "ephemeral-host-wide", "ip_local_port_range", "fs.file-max", "tcp_mem", "nf_conntrack_max"},
	}
}

func connectTakesSeconds() question {
	return question{
		name: "connect-takes-seconds",
		aliases: []string{
			"connect takes 1 second", "connect takes 3 seconds", "slow connect", "connection takes exactly one second", "connect 慢", "连接建立慢", "连接建立很慢", "建立连接慢", "建连慢", "建连耗时 1 秒", "连接耗时 3 秒", "偶尔连接要 1 秒",
		},
		ask: Text{"connect() now and then takes one, three or seven seconds: why?", "connect() 偶尔正好要 1 秒、3 秒或 7 秒：为什么？"},
		short: []Statement{
			say("A SYN or its answer was lost, and the SYN is sent again after 1, 2, 4 s or, with tcp_syn_linear_timeouts, every second. Mostly the server's accept queue was full for a moment, or a firewall dropped.",
				"SYN 或其应答丢了，SYN 在 1、2、4 秒后重发；有 tcp_syn_linear_timeouts 时每秒重发。多半是服务端全连接队列一时满了，或被防火墙丢弃。",
				"include/net/tcp.h TCP_TIMEOUT_INIT; net/ipv4/tcp_timer.c tcp_write_timeout; lab: syn-retries; lab: accept-overflow-repeats"),
		},
		detail: []Statement{
			say("On the server: tcpvitals queues --window 10s. On the client: TcpExt.TCPSynRetrans grows (SY05).", "服务端：tcpvitals queues --window 10s。客户端：TcpExt.TCPSynRetrans 增长（SY05）。", "lab: accept-overflow-0"),
		},
		see: []string{"SYN_SENT", "AQ01", "TCPSynRetrans", "SY05", "tcp_syn_linear_timeouts", "connection-timed-out"},
	}
}

func retransmissions() question {
	return question{
		name:    "many-retransmissions",
		aliases: []string{"retransmission rate", "high retransmission", "packet loss", "retransmits", "重传率高", "重传太多", "丢包", "网络丢包"},
		ask:     Text{"Many segments are sent again: where do I look?", "重传很多：从哪里查起？"},
		short: []Statement{
			say("Compare RetransSegs with OutSegs over a window; tcpvitals doctor --window 10s does (RT01). SYNs sent again are another matter than data: there is no connection yet.",
				"在一段时间内比较 RetransSegs 与 OutSegs；tcpvitals doctor --window 10s 会做（RT01）。重发的 SYN 与数据不同：那时还没有连接。",
				"net/ipv4/tcp_output.c __tcp_retransmit_skb"),
		},
		detail: []Statement{
			say("tcpvitals census --by remote/24 'state established and retrans > 0' shows whether it is one network or all.", "tcpvitals census --by remote/24 'state established and retrans > 0' 能看出是个别网段还是全部。", "net/ipv4/tcp_output.c __tcp_retransmit_skb"),
		},
		see: []string{"RT01", "Tcp.RetransSegs", "Tcp.OutSegs", "TCPLossProbes", "TCPSynRetrans", "ES03"},
	}
}

func shortConnections() question {
	return question{
		name:    "short-connections",
		aliases: []string{"short-lived connections", "use a connection pool", "keep-alive connections", "long connections or short connections", "短连接", "长连接", "短连接太多", "使用连接池", "长连接和短连接", "每次请求新建连接", "a new connection for each request"},
		ask:     Text{"Short connections or long ones: what does each cost?", "短连接还是长连接：各有什么代价？"},
		short: []Statement{
			say("A short one costs a handshake, a port of the client, and 60 s of TIME_WAIT at the end that closes first. A long one costs memory, needs keepalive, and has to be closed by the end that sends requests.",
				"短连接每次都要握手、占客户端一个端口，并在先关闭的一端留下 60 秒 TIME_WAIT。长连接占内存，需要 keepalive，并且应由发请求的一端关闭。",
				"include/net/tcp.h TCP_TIMEWAIT_LEN; net/ipv4/inet_hashtables.c __inet_hash_connect; lab: active-close"),
		},
		detail: []Statement{
			say("Below some hundred connections a second to one destination neither the ports nor TIME_WAIT matter: 28,232 ports last for about 470 a second.",
				"到同一目标每秒不到几百个连接时，端口和 TIME_WAIT 都不是问题：28,232 个端口够每秒约 470 个。",
				"include/net/tcp.h TCP_TIMEWAIT_LEN; net/ipv4/inet_hashtables.c __inet_hash_connect"),
		},
		see: []string{"many-time-wait", "TW03", "idle-timeout-on-the-way", "bad-gateway", "TCP_KEEPIDLE"},
	}
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

// openCounters tell how connections begin and end.
func openCounters() []Topic {
	return counterTopics(
		counter{
			name:  "Tcp.CurrEstab",
			title: Text{"connections in ESTABLISHED or CLOSE_WAIT now", "当前处于 ESTABLISHED 或 CLOSE_WAIT 的连接数"},
			counts: []Statement{
				say("How many there are now. A connection counts from ESTABLISHED until it leaves ESTABLISHED and CLOSE_WAIT; those that nobody has accepted are included.",
					"当前数量。连接从进入 ESTABLISHED 起计，直到离开 ESTABLISHED 和 CLOSE_WAIT 为止；还没被 accept 的也算。",
					"net/ipv4/tcp.c tcp_set_state"),
			},
			scope: []Statement{
				say("One number for each network namespace, IPv4 and IPv6 together. Unlike its neighbours it goes down too.",
					"每个网络命名空间一份，IPv4 与 IPv6 合计。与同表其他项不同，它会减少。",
					"net/ipv4/tcp.c tcp_set_state; RFC 4022"),
			},
			traps: []Statement{
				say("Kernels without a fix of 2024 leave CLOSE_WAIT out; 6.1.192, 6.12.117 and 6.18 have it. Where CurrEstab is the number of ESTABLISHED alone though there are CLOSE_WAIT, the kernel is one of those.",
					"没有 2024 年那个修复的内核不把 CLOSE_WAIT 算在内；6.1.192、6.12.117、6.18 都已修复。如果有 CLOSE_WAIT 而 CurrEstab 恰好等于 ESTABLISHED 的数量，就是未修复的内核。",
					"net/ipv4/tcp.c tcp_set_state"),
				say("Mostly it is not the number of ESTABLISHED: ss -s prints it as estab, and the difference to ss -tan is CLOSE_WAIT.",
					"它不等于 ESTABLISHED 的数量：ss -s 把它当 estab 打印，与 ss -tan 的差就是 CLOSE_WAIT。",
					"net/ipv4/tcp.c tcp_set_state; iproute2 misc/ss.c print_summary"),
			},
			see: []string{"ESTABLISHED", "CLOSE_WAIT", "why-sources-disagree", "ss-s-exact"},
		},
		counter{
			name:  "Tcp.ActiveOpens",
			title: Text{"outgoing connection attempts: the first SYN was sent", "本机发起连接的次数：发出首个 SYN"},
			counts: []Statement{
				say("connect() that got as far as sending its SYN, successful or not.", "走到发出 SYN 这一步的 connect()，不论成败。",
					"net/ipv4/tcp_output.c tcp_connect"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("A connect() that fails for want of a port (EADDRNOTAVAIL) is not counted.", "因没有可用端口而失败（EADDRNOTAVAIL）的 connect() 不计。",
					"net/ipv4/tcp_ipv4.c tcp_v4_connect; net/ipv4/tcp_output.c tcp_connect"),
			},
			see: []string{"SYN_SENT", "AttemptFails", "PassiveOpens", "TW04"},
		},
		counter{
			name:  "Tcp.PassiveOpens",
			title: Text{"incoming handshakes that were completed", "完成三次握手的入站连接数"},
			counts: []Statement{
				say("Each time the third segment of a handshake makes a connection of a half-open one.",
					"第三次握手的报文到达、半连接变成连接时加 1。",
					"net/ipv4/tcp_minisocks.c tcp_create_openreq_child; "+measured),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It does not count SYNs: 1,000 SYNs without a third segment left it at 0. snmp_counter.rst and the MIB say otherwise.",
					"它不计 SYN：实测 1,000 个没有后续的 SYN，它仍是 0。snmp_counter.rst 和 MIB 的说法与此不同。",
					"net/ipv4/tcp_minisocks.c tcp_create_openreq_child; Documentation/networking/snmp_counter.rst; "+measured),
			},
			see: []string{"SYN_RECV", "ActiveOpens", "passive-opens-syns", "SY04"},
		},
		counter{
			name:  "Tcp.AttemptFails",
			title: Text{"handshakes that failed, ours and theirs", "失败的握手次数，含本机发起的和对端发起的"},
			counts: []Statement{
				say("SYN_SENT that ended by RST or timeout; SYN_RECV that ended by RST or by another SYN.",
					"SYN_SENT 因 RST 或超时结束；SYN_RECV 因 RST 或又一个 SYN 结束。",
					"net/ipv4/tcp.c tcp_done; net/ipv4/tcp_minisocks.c tcp_check_req"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It is not the number of resets received, though some monitoring calls it so.",
					"它不是“收到的 RST 数”，尽管有的监控这么叫。",
					"net/ipv4/tcp.c tcp_done"),
				say("SYN_RECV that ends by timeout counts nowhere.", "SYN_RECV 超时消失则哪里都不计。",
					"net/ipv4/inet_connection_sock.c reqsk_timer_handler"),
			},
			see:   []string{"SYN_SENT", "SYN_RECV", "EmbryonicRsts", "EstabResets", "attempt-fails-resets", "SY05", "SY07"},
			prove: []string{"syn-sent-refused"},
		},
		counter{
			name:  "Tcp.EstabResets",
			title: Text{"connections that went from ESTABLISHED or CLOSE_WAIT straight to CLOSED", "从 ESTABLISHED 或 CLOSE_WAIT 直接到 CLOSED 的连接数"},
			counts: []Statement{
				say("Any abnormal end: a RST that came, a RST of our own (SO_LINGER 0, unread data at close), a timeout (ETIMEDOUT), ss -K.",
					"各种非正常结束：收到 RST、本机发 RST（SO_LINGER 为 0、close 时有未读数据）、超时（ETIMEDOUT）、ss -K。",
					"net/ipv4/tcp.c tcp_set_state; lab: established-reset; lab: retries2"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It is not the number of resets received. On loopback one abort counts twice: both ends are on this host.",
					"它不是“收到的 RST 数”。走回环时一次中止计两次：两端都在本机。",
					"net/ipv4/tcp.c tcp_set_state; "+measured),
				say("A RST in FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK or TIME_WAIT does not count.",
					"在 FIN_WAIT1、FIN_WAIT2、CLOSING、LAST_ACK、TIME_WAIT 中收到的 RST 不计。",
					"net/ipv4/tcp.c tcp_set_state"),
			},
			see:   []string{"OutRsts", "TCPAbortOnData", "TCPAbortOnClose", "TCPAbortOnTimeout", "attempt-fails-resets", "RS01"},
			prove: []string{"established-reset", "unread-data"},
		},
		counter{
			name:  "Tcp.OutRsts",
			title: Text{"RSTs that this host tried to send", "本机尝试发出的 RST 数"},
			counts: []Statement{
				say("Answers to what belongs to no connection (closed ports, late packets), and RSTs that end connections of our own.",
					"两类：对不属于任何连接的报文的应答（端口没开、迟到的包），以及中止自己连接的 RST。",
					"net/ipv4/tcp_ipv4.c tcp_v4_send_reset; net/ipv4/tcp_output.c tcp_send_active_reset"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It counts before sending: what fails then counts in TCPAbortFailed too.", "先计数后发送；发不出去的另计入 TCPAbortFailed。",
					"net/ipv4/tcp_output.c tcp_send_active_reset"),
			},
			use: []Statement{
				say("Compare it with EstabResets and AttemptFails: if it grows alone, somebody calls ports where nothing listens, or peers still send to connections that were closed here.",
					"与 EstabResets、AttemptFails 对照：只有它在涨，说明有人在连没有监听的端口，或对端还在向本机已关闭的连接发数据。",
					"net/ipv4/tcp_ipv4.c tcp_v4_send_reset; net/ipv4/tcp_minisocks.c tcp_timewait_state_process; "+measured),
			},
			see: []string{"EstabResets", "TCPAbortFailed", "RS01", "RS02"},
		},
		counter{
			name:  "TcpExt.EmbryonicRsts",
			title: Text{"half-open connections that a RST or a SYN ended", "被 RST 或 SYN 终止的半连接数"},
			counts: []Statement{
				say("A request in SYN_RECV was removed: the client reset it, or sent a SYN that does not fit. With tcp_abort_on_overflow=1 also what a full accept queue refused.",
					"SYN_RECV 的请求被删除：客户端发来 RST，或发来对不上的 SYN。tcp_abort_on_overflow=1 时，还包括因全连接队列满而拒绝的。",
					"net/ipv4/tcp_minisocks.c tcp_check_req; lab: syn-recv-reset"),
			},
			scope: perNamespace(),
			see:   []string{"SYN_RECV", "AttemptFails", "abort-on-overflow"},
			prove: []string{"syn-recv-reset"},
		},
		counter{
			name:  "Tcp.InSegs",
			title: Text{"segments that came in", "收到的报文数"},
			counts: []Statement{
				say("What IP hands to TCP, damaged or for no connection as well; segments that were joined on the way in (GRO) are one.",
					"IP 交给 TCP 的报文，损坏的、不属于任何连接的也算；接收时合并的（GRO）计为一个。",
					"net/ipv4/tcp_ipv4.c tcp_v4_rcv"),
			},
			scope: perNamespace(),
			see:   []string{"InErrs", "OutSegs", "NP02"},
		},
		counter{
			name:  "Tcp.InErrs",
			title: Text{"segments that were damaged, or a SYN where none belongs", "损坏的报文，以及不该出现的 SYN"},
			counts: []Statement{
				say("Segments with a bad length or a bad checksum (InCsumErrors counts those alone), and some SYNs inside a connection.",
					"长度或校验和错误的报文（仅校验和错误另见 InCsumErrors），以及连接中途出现的部分 SYN。",
					"net/ipv4/tcp_ipv4.c tcp_v4_rcv; net/ipv4/tcp_input.c tcp_validate_incoming, tcp_rcv_established"),
			},
			scope: perNamespace(),
			see:   []string{"TCPSYNChallenge"},
		},
	)
}

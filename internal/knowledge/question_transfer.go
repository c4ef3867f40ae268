// SPDX-License-Identifier: Apache-2.0

package knowledge

// transferQuestions are about data that does not come, or comes slowly, over a connection
// that is open.
func transferQuestions() []Topic {
	return questionTopics(wordsOfSS(), slowTransfer(), connectsButSilent(), sentNotReceived())
}

func wordsOfSS() question {
	return question{
		name:    "ss-words",
		aliases: []string{"ss -ti", "ss -i", "ss -tin", "ss -tmi", "skmem", "rwnd_limited", "sndbuf_limited", "app_limited", "bytes_retrans", "delivery_rate", "pacing_rate", "lastsnd", "lastrcv", "tcp_info", "ss 输出", "ss 输出含义"},
		ask:     Text{"What do the words of ss -tio and ss -m mean?", "ss -tio 和 ss -m 输出的各个词是什么意思？"},
		short: []Statement{
			say("rto is after how long, in ms, data is sent again that nobody acknowledges; backoff, how often in a row that has doubled. With a backoff the peer does not answer now.",
				"rto 是数据多久（毫秒）没人确认就重发；backoff 是它连续翻倍了几次。有 backoff 说明对端眼下没有应答。",
				"iproute2 misc/ss.c tcp_stats_print; net/ipv4/tcp.c tcp_get_info"),
			say("unacked is how many segments are on their way, lost and sacked which of them are taken for lost or have arrived out of order; retrans:1/20 is one sent again now and 20 since the connection began.",
				"unacked 是在途的报文数，lost 和 sacked 是其中被认为丢失的、已乱序到达的；retrans:1/20 是眼下重发着 1 个，建立以来共重发 20 个。",
				"iproute2 misc/ss.c tcp_stats_print; net/ipv4/tcp.c tcp_get_info"),
			say("busy is how long there was data to send. rwnd_limited is the part for which the peer's window held it back, sndbuf_limited that of the send buffer here; the rest is the way.",
				"busy 是有数据要发的总时间。rwnd_limited 是其中被对端窗口卡住的部分，sndbuf_limited 是被本端发送缓冲区卡住的部分；其余取决于路径。",
				"net/ipv4/tcp.c tcp_get_info_chrono_stats; include/net/tcp.h TCP_CHRONO_RWND_LIMITED"),
		},
		detail: []Statement{
			say("app_limited beside delivery_rate: the program had nothing more to send when the rate was measured, so the way may carry more.",
				"delivery_rate 旁边的 app_limited：测速时程序没有更多数据可发，路径可能还能更快。", "net/ipv4/tcp_rate.c tcp_rate_check_app_limited"),
			say("timer:(on,1.2sec,4): the retransmission timer fires in 1.2 s and has fired 4 times in a row. keepalive: an idle connection is probed. persist: the peer's window is closed and is probed. timewait: TIME_WAIT is waited out.",
				"timer:(on,1.2sec,4)：重传定时器 1.2 秒后触发，已连续触发 4 次。keepalive：在探测空闲连接。persist：对端窗口为零，在探测它。timewait：TIME_WAIT 在等待结束。",
				"iproute2 misc/ss.c tcp_timer_print; net/ipv4/inet_diag.c inet_sk_diag_fill"),
			say("lastsnd, lastrcv and lastack are how many ms ago data was sent, data came, an ACK came. notsent is what waits in bytes and was never sent.",
				"lastsnd、lastrcv、lastack 是距上次发数据、收数据、收到 ACK 过了多少毫秒。notsent 是还一次都没发过的字节数。",
				"net/ipv4/tcp.c tcp_get_info"),
			say("skmem: r is memory of what came and waits, of at most rb; t is what the devices have not sent yet, w the whole send queue, of at most tb; bl is what came while the program used the socket; d counts what this socket dropped.",
				"skmem：r 是收到、待读取的内存，上限 rb；t 是设备尚未发出的，w 是整个发送队列，上限 tb；bl 是程序占用套接字期间到达的；d 是这个套接字丢弃的次数。",
				"iproute2 misc/ss.c print_skmeminfo; net/core/sock.c sk_get_meminfo"),
			say("tcpvitals list -c rtt,cwnd,retrans shows the same of many connections and filters by it: explain fields.",
				"tcpvitals list -c rtt,cwnd,retrans 显示同样的内容，可按它筛选：explain fields。", "ss(8)"),
		},
		see:  []string{"recv-q-send-q", "congestion-window", "slow-transfer", "many-retransmissions", "ES03", "ES06", "SK_MEMINFO_DROPS"},
		read: []string{"ss(8)"},
	}
}

func slowTransfer() question {
	return question{
		name:    "slow-transfer",
		aliases: []string{"slow transfer", "slow download", "slow upload", "low throughput", "bandwidth delay product", "BDP", "传输慢", "下载慢", "上传慢", "吞吐量低", "带宽跑不满", "带宽时延积"},
		ask:     Text{"Why is a transfer slower than the line?", "为什么传输跑不满带宽？"},
		short: []Statement{
			say("A connection carries at most one window for each round trip: the smaller of the peer's receive window and cwnd, by the RTT. 64 KB at 100 ms are 5 Mbit/s, whatever the line can do.",
				"一个连接每个往返时间最多传一个窗口：对端接收窗口和 cwnd 两者的小者，除以 RTT。64 KB、100 毫秒就是 5 Mbit/s，与链路带宽无关。",
				"RFC 7323 1.1; net/ipv4/tcp_output.c tcp_cwnd_test, tcp_snd_wnd_test"),
			say("ss -ti at the sender tells what holds it back: rwnd_limited, the receiver; sndbuf_limited, the send buffer; app_limited, the program or its disk; none of them, the way, by its losses and its cwnd.",
				"在发送端看 ss -ti 就知道卡在哪里：rwnd_limited 是接收方；sndbuf_limited 是发送缓冲区；app_limited 是程序或磁盘；都没有则是路径：丢包和 cwnd。",
				"net/ipv4/tcp.c tcp_get_info_chrono_stats; net/ipv4/tcp_rate.c tcp_rate_check_app_limited"),
		},
		detail: []Statement{
			say("rwnd_limited: the last number of tcp_rmem at the receiver bounds the window, if its program reads fast enough. A program that sets SO_RCVBUF gets no more than that.",
				"rwnd_limited：程序读得够快时，窗口上限取决于接收方 tcp_rmem 的第三个数。程序设了 SO_RCVBUF，就只有那么大。",
				"net/ipv4/tcp_input.c tcp_rcv_space_adjust; socket(7)"),
			say("sndbuf_limited: the last number of tcp_wmem, or SO_SNDBUF.", "sndbuf_limited：tcp_wmem 的第三个数，或 SO_SNDBUF。",
				"net/ipv4/tcp_input.c tcp_sndbuf_expand; socket(7)"),
			say("The way: each loss makes cwnd smaller, and the longer the RTT the longer it takes to grow again. BBR minds losses less.",
				"路径：每次丢包都让 cwnd 变小，RTT 越长恢复越慢。BBR 受丢包影响较小。", "RFC 5681 3.1; net/ipv4/tcp_bbr.c (comment)"),
			say("A new connection begins with 10 segments: short transfers end before it has grown. Keep connections open.",
				"新连接从 10 个报文开始：短的传输还没长大就结束了。尽量复用连接。", "include/net/tcp.h TCP_INIT_CWND; RFC 6928"),
		},
		see:  []string{"ss-words", "congestion-window", "tcp_rmem", "tcp_wmem", "SO_RCVBUF", "bbr", "many-retransmissions", "packet-size", "tcp_window_scaling"},
		read: []string{"RFC 7323 1.1"},
	}
}

func connectsButSilent() question {
	return question{
		name:    "connects-but-silent",
		aliases: []string{"connects but no response", "port open but no response", "service hangs", "server hangs", "program hangs", "端口通但没响应", "能连上但没响应", "服务假死", "假死", "程序卡死"},
		ask:     Text{"The port answers, but the service does not: why?", "端口能连上，服务却没有响应：为什么？"},
		short: []Statement{
			say("The kernel completes the handshake, not the program: telnet and a TCP health check succeed as long as the listener is open and its queue has room, also while the program hangs.",
				"握手是内核完成的，不是程序：只要监听套接字还在、队列没满，telnet 和 TCP 健康检查就会成功，哪怕程序已经卡死。",
				"listen(2); net/ipv4/tcp_minisocks.c tcp_check_req"),
			say("ss -tlnp: a Recv-Q of the listener that stays above 0 says that the program does not accept. ss -tnp: a Recv-Q of connections that stays says that it does not read. Neither: it has the request and works, or waits for something else.",
				"ss -tlnp：监听套接字的 Recv-Q 一直大于 0，程序没有 accept。ss -tnp：连接的 Recv-Q 一直不降，程序没有读取。都不是：请求已被读走，它在处理，或在等别的东西。",
				"net/ipv4/tcp_diag.c tcp_diag_get_info"),
		},
		detail: []Statement{
			say("tcpvitals doctor tells the two apart, and whether the process is stopped: ES01, AQ01, ES04.", "tcpvitals doctor 分得清这两种，也会指出进程是否已停住：ES01、AQ01、ES04。", "net/ipv4/tcp_diag.c tcp_diag_get_info; proc(5)"),
			say("What the program does then its stacks tell: jstack PID for Java, py-spy dump for Python; kill -QUIT makes a Go program print them and end. It may wait for another server: look at its own connections (tcpvitals list 'pid = N').",
				"程序在做什么，看它的调用栈：Java 用 jstack PID，Python 用 py-spy dump；kill -QUIT 会让 Go 程序打印后退出。它也可能在等另一个服务：看它自己的连接（tcpvitals list 'pid = N'）。",
				"https://pkg.go.dev/os/signal; ss(8)"),
			say("Let a health check ask for something, not only connect.", "健康检查要发一个真正的请求，不要只建立连接。", "listen(2)"),
		},
		see: []string{"accept-queue-full", "no-answer-in-time", "ES01", "ES04", "AQ01", "recv-q-send-q", "server-connection-limit", "bad-gateway"},
	}
}

func sentNotReceived() question {
	return question{
		name:    "sent-not-received",
		aliases: []string{"send returned success", "write succeeded but not received", "is data delivered", "发送成功但没收到", "send 返回成功", "数据没收到"},
		ask:     Text{"send() succeeded: has the peer got the data?", "send() 返回成功，对端就收到了吗？"},
		short: []Statement{
			say("No. It says only that the kernel here has copied the data into the send buffer. A failure shows at a later call: ECONNRESET, EPIPE, ETIMEDOUT.",
				"不一定。它只说明本机内核已把数据复制进发送缓冲区。失败要到之后的调用才报告：ECONNRESET、EPIPE、ETIMEDOUT。",
				"send(2); lab: data-after-close"),
			say("An ACK does not say that the program has it either, only that the peer's kernel does. Only an answer of the program itself proves it.",
				"收到 ACK 也不说明对端程序拿到了，只说明对端内核收到了。只有对端程序自己的应答才能证明。",
				"RFC 793 2.6"),
		},
		detail: []Statement{
			say("What is not acknowledged shows as Send-Q in ss, notsent as what was never sent; a program asks with SIOCOUTQ.",
				"尚未确认的，ss 的 Send-Q 里能看到；从未发过的是 notsent。程序可用 SIOCOUTQ 查询。", "tcp(7); iproute2 misc/ss.c tcp_stats_print"),
			say("close() of a connection with unread data sends a RST, and what the peer has not read yet may be lost: read until the end before closing.",
				"还有未读数据时 close() 会发 RST，对端尚未读取的数据可能丢失：关闭前先读完。", "lab: unread-data; RFC 1122 4.2.2.13"),
			say("How long the kernel tries is bounded by tcp_retries2, some 15 minutes, or by TCP_USER_TIMEOUT.", "内核重试多久由 tcp_retries2（约 15 分钟）或 TCP_USER_TIMEOUT 决定。", "lab: retries2; lab: user-timeout"),
		},
		see:   []string{"recv-q-send-q", "broken-pipe", "connection-reset", "RS04", "SO_LINGER", "tcp_retries2", "TCP_USER_TIMEOUT", "message-boundaries"},
		prove: []string{"data-after-close", "unread-data"},
		read:  []string{"send(2)"},
	}
}

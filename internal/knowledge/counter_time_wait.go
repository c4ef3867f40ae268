// SPDX-License-Identifier: Apache-2.0

package knowledge

// timeWaitCounters tell how connections enter and leave TIME_WAIT.
func timeWaitCounters() []Topic {
	return counterTopics(
		counter{
			name:  "TcpExt.TW",
			title: Text{"connections that became a minisocket: TIME_WAIT, or FIN_WAIT2 after close()", "变成 minisocket 的连接数：TIME_WAIT，或 close() 之后的 FIN_WAIT2"},
			counts: []Statement{
				say("Each time the kernel replaces a closed connection by a minisocket that is to live for more than 4 s. It counts at entry.",
					"内核把已关闭的连接换成寿命超过 4 秒的 minisocket 时加 1，进入时计数。",
					"net/ipv4/inet_timewait_sock.c __inet_twsk_schedule"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("A FIN_WAIT2 after close() counts too, and does not count again when it turns into TIME_WAIT.",
					"close() 之后的 FIN_WAIT2 也计在内；它随后转为 TIME_WAIT 时不再加。",
					"net/ipv4/tcp_minisocks.c tcp_timewait_state_process; "+measured),
				say("It is not how many there are now: that is tw in /proc/net/sockstat.",
					"它不是当前数量：当前数量看 /proc/net/sockstat 的 tw。",
					"net/ipv4/proc.c sockstat_seq_show"),
			},
			use: []Statement{
				say("Its growth each second is the rate at which this host closes connections first.",
					"每秒增量就是本机主动关闭连接的速率。",
					"net/ipv4/inet_timewait_sock.c __inet_twsk_schedule"),
			},
			see: []string{"TIME_WAIT", "FIN_WAIT2", "TWKilled", "sockstat.TCP.tw", "TW01"},
		},
		counter{
			name:  "TcpExt.TWKilled",
			title: Text{"minisockets that were to live for at most 4 s", "寿命不超过 4 秒的 minisocket 数"},
			counts: []Statement{
				say("The same as TW, for a time of at most 4 s: FIN_WAIT2 with a tcp_fin_timeout or TCP_LINGER2 of 4 s or less, or of 61 to 64 s, where the minisocket lives for what is above 60.",
					"与 TW 相同，只是时长不超过 4 秒：tcp_fin_timeout 或 TCP_LINGER2 设为 4 秒以内，或 61～64 秒（minisocket 只存在超出 60 的部分）的 FIN_WAIT2。",
					"net/ipv4/inet_timewait_sock.c __inet_twsk_schedule"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("Nothing was killed, whatever the name says. A TIME_WAIT that really is not created counts in TCPTimeWaitOverflow.",
					"名字里有 Killed，其实什么也没被杀掉。真正没建成的 TIME_WAIT 计入 TCPTimeWaitOverflow。",
					"net/ipv4/inet_timewait_sock.c __inet_twsk_schedule; net/ipv4/tcp_minisocks.c tcp_time_wait"),
			},
			see: []string{"TW", "FIN_WAIT2", "tcp_fin_timeout", "TCPTimeWaitOverflow"},
		},
		counter{
			name:  "TcpExt.TWRecycled",
			title: Text{"TIME_WAITs that a new outgoing connection took over", "被本机新发起的连接接管的 TIME_WAIT 数"},
			counts: []Statement{
				say("connect() got the addresses and ports of a TIME_WAIT: by tcp_tw_reuse, or by bind() to the port with SO_REUSEADDR.",
					"connect() 拿到了某个 TIME_WAIT 的四元组：要么靠 tcp_tw_reuse，要么 bind() 到该端口且设了 SO_REUSEADDR。",
					"net/ipv4/inet_hashtables.c __inet_check_established; lab: tw-reuse-1; lab: reuse-by-bind"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It has nothing to do with tcp_tw_recycle, which is gone.",
					"与早已删除的 tcp_tw_recycle 无关。",
					"net/ipv4/inet_hashtables.c __inet_check_established; commit 4396e46187ca"),
				say("A client that comes back to a server's TIME_WAIT is not counted here: that is a SYN, not a connect().",
					"客户端回访、命中服务端的 TIME_WAIT 不计在这里：那是收到 SYN，不是 connect()。",
					"net/ipv4/tcp_minisocks.c tcp_timewait_state_process"),
			},
			use: []Statement{
				say("0 with tcp_tw_reuse=1 on a busy host: the setting does nothing there.",
					"繁忙的主机上开了 tcp_tw_reuse=1 而它仍为 0：说明这个设置在该机上不起作用。",
					"net/ipv4/tcp_ipv4.c tcp_twsk_unique"),
			},
			see:   []string{"TIME_WAIT", "tcp_tw_reuse", "tw-reuse-frees-server", "TW03", "TW08"},
			prove: []string{"tw-reuse-1"},
		},
		counter{
			name:  "TcpExt.TCPTimeWaitOverflow",
			title: Text{"TIME_WAITs that were not created: the connection skipped to CLOSED", "没能建成的 TIME_WAIT：连接直接跳到 CLOSED"},
			counts: []Statement{
				say("A connection should have become a minisocket, but there were tcp_max_tw_buckets of them already, or no memory. It is CLOSED at once.",
					"连接本该变成 minisocket，但数量已达 tcp_max_tw_buckets，或没有内存，于是立刻 CLOSED。",
					"net/ipv4/tcp_minisocks.c tcp_time_wait; net/ipv4/inet_timewait_sock.c inet_twsk_alloc; lab: max-tw-buckets"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("The kernel no longer logs it. Documentation/networking/ip-sysctl.rst still says that a warning is printed; dmesg stays empty.",
					"内核不再打日志。ip-sysctl.rst 仍写着会打印警告，实际 dmesg 里什么都没有。",
					"net/ipv4/tcp_minisocks.c tcp_time_wait; "+measured),
				say("FIN_WAIT2 after close() takes places of the same limit.",
					"close() 之后的 FIN_WAIT2 也占用同一个上限。",
					"net/ipv4/tcp_minisocks.c tcp_time_wait"),
			},
			use: []Statement{
				say("Any growth means that closes go without protection. Raise tcp_max_tw_buckets: each costs 256 bytes.",
					"只要在涨，就有连接在没有保护的情况下关闭。调大 tcp_max_tw_buckets：每个只要 256 字节。",
					"net/ipv4/inet_timewait_sock.c inet_twsk_alloc; slab tw_sock_TCP"),
			},
			see:   []string{"TIME_WAIT", "tcp_max_tw_buckets", "lower-max-tw-buckets", "overflow-in-dmesg", "TW02"},
			prove: []string{"max-tw-buckets"},
		},
	)
}

// pawsCounters tell what was refused because of its timestamp or its number.
func pawsCounters() []Topic {
	return counterTopics(
		counter{
			name:  "TcpExt.PAWSPassive",
			title: Text{"SYNs refused because of tcp_tw_recycle; gone since Linux 4.12", "因 tcp_tw_recycle 被拒的 SYN；Linux 4.12 起已没有"},
			counts: []Statement{
				say("SYNs that an old kernel with tcp_tw_recycle=1 dropped because another client behind the same address had newer timestamps.",
					"旧内核开启 tcp_tw_recycle=1 时，因同一地址后面另一个客户端的时间戳更新而丢弃的 SYN。",
					"commit 4396e46187ca"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("If the column is there, the kernel is older than 4.12. If it grows, clients are being cut off: set tcp_tw_recycle to 0.",
					"有这一列，说明内核早于 4.12；如果还在涨，说明有客户端连不上：把 tcp_tw_recycle 设为 0。",
					"commit 4396e46187ca"),
			},
			see: []string{"tcp_tw_recycle", "set-tw-recycle", "recycle-only-nat"},
		},
		counter{
			name:  "TcpExt.PAWSActive",
			title: Text{"answers to our SYN refused for their timestamp", "对本机 SYN 的应答因时间戳被拒"},
			counts: []Statement{
				say("In SYN_SENT: a segment that acknowledges our SYN but echoes a timestamp that we have not sent. It is answered by RST.",
					"SYN_SENT 时收到的应答确认了本端的 SYN，但回显的时间戳不是本端发过的，回 RST。",
					"net/ipv4/tcp_input.c tcp_rcv_synsent_state_process"),
			},
			scope: perNamespace(),
			see:   []string{"SYN_SENT", "tcp_timestamps"},
		},
		counter{
			name:  "TcpExt.PAWSEstab",
			title: Text{"segments refused because their timestamp is too old", "因时间戳过旧而被拒的报文"},
			counts: []Statement{
				say("Segments of an established, closing or half-open connection whose timestamp is older than the last one: old duplicates, or a middlebox that mixes the timestamps of several hosts.",
					"已建立、正在关闭或半连接的报文，时间戳比上一个还旧：迟到的重复报文，或中间设备混用了多台主机的时间戳。",
					"net/ipv4/tcp_input.c tcp_validate_incoming; net/ipv4/tcp_minisocks.c tcp_check_req; RFC 7323 5"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("Kernels before the counter PAWSTimewait also count here what TIME_WAIT refuses.",
					"没有 PAWSTimewait 这个计数器的内核，TIME_WAIT 拒绝的也算在这里。",
					"net/ipv4/tcp_minisocks.c tcp_timewait_state_process"),
			},
			see:   []string{"tcp_timestamps", "PAWSTimewait", "TIME_WAIT"},
			prove: []string{"old-duplicate-timestamps"},
		},
		counter{
			name:  "TcpExt.PAWSTimewait",
			title: Text{"segments that TIME_WAIT refused because their timestamp is too old", "TIME_WAIT 因时间戳过旧拒收的报文"},
			counts: []Statement{
				say("What arrives for a TIME_WAIT with a timestamp older than the last one, SYNs of returning clients included.",
					"发到 TIME_WAIT、时间戳比上一个更旧的报文，包括客户端回访的 SYN。",
					"net/ipv4/tcp_minisocks.c tcp_timewait_state_process"),
			},
			scope: newIn618(),
			see:   []string{"TIME_WAIT", "PAWSEstab", "tcp_timestamps"},
			prove: []string{"time-wait-syn-old-timestamp"},
		},
		counter{
			name:  "TcpExt.PAWSOldAck",
			title: Text{"old bare ACKs that were ignored", "被忽略的过期纯 ACK"},
			counts: []Statement{
				say("ACKs without data whose timestamp is older than the last one: packets that overtook each other on the way. They are dropped without an answer.",
					"不带数据、时间戳更旧的 ACK：多半是路上乱序。直接丢弃，不回应。",
					"net/ipv4/tcp_input.c tcp_validate_incoming"),
			},
			scope: newIn618(),
			see:   []string{"PAWSEstab"},
		},
		counter{
			name:  "TcpExt.TSEcrRejected",
			title: Text{"segments whose echoed timestamp was never sent", "回显了从未发过的时间戳的报文"},
			counts: []Statement{
				say("The third segment of a handshake that echoes a timestamp outside what our SYN-ACKs carried.",
					"第三次握手的报文回显的时间戳不在本端 SYN-ACK 用过的范围内。",
					"net/ipv4/tcp_minisocks.c tcp_check_req"),
			},
			scope: newIn618(),
			see:   []string{"SYN_RECV", "tcp_timestamps"},
		},
		counter{
			name:  "TcpExt.BeyondWindow",
			title: Text{"segments that reach beyond the window we have offered", "超出本端所通告窗口的报文"},
			counts: []Statement{
				say("Data beyond the window that was offered. It is dropped and answered by an ACK.",
					"超出已通告窗口的数据，丢弃并回一个 ACK。",
					"net/ipv4/tcp_input.c tcp_validate_incoming, tcp_sequence"),
			},
			scope: newIn618(),
			see:   []string{"ESTABLISHED"},
		},
	)
}

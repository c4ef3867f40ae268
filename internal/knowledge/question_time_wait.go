// SPDX-License-Identifier: Apache-2.0

package knowledge

// timeWaitQuestions are what people ask about TIME_WAIT.
func timeWaitQuestions() []Topic {
	return questionTopics(whyTimeWait(), whyTwoMSL(), whoIsInTimeWait(), manyTimeWait(), timeWaitCost())
}

func whyTimeWait() question {
	return question{
		name:    "why-time-wait",
		aliases: []string{"old duplicates disturb a new connection", "旧报文影响新连接", "TIME_WAIT 存在的意义", "why TIME_WAIT", "TIME_WAIT reason", "TIME_WAIT 的作用", "TIME_WAIT 的意义"},
		ask:     Text{"Why is there a TIME_WAIT at all?", "为什么要有 TIME_WAIT？"},
		short: []Statement{
			say("So that the other end can close in order when our last ACK is lost, and so that late segments of this connection are not taken for those of the next one with the same addresses and ports.",
				"一是最后一个 ACK 丢失时，让对端仍能正常关闭；二是不让这个连接迟到的报文被四元组相同的下一个连接误收。",
				"RFC 9293 3.6.1; net/ipv4/tcp_minisocks.c tcp_timewait_state_process"),
		},
		detail: []Statement{
			say("TCP was designed this way, for two reasons: an orderly close, and old segments. The kernel's own comment puts the orderly close first and the old duplicates second; most texts have it the other way round.",
				"TCP 就是这样设计的，原因有两个：可靠地关闭，以及防旧报文。内核源码的注释把“让对端正常关闭”放在第一位、“防旧报文”放在第二位，多数文章写反了。",
				"net/ipv4/tcp_minisocks.c tcp_timewait_state_process (comment)"),
			say("Late segments are a real danger, not theory: without TIME_WAIT and timestamps, a segment of the old connection can end up in the data of the new one.",
				"迟到报文的危险是真的：没有 TIME_WAIT 又没有时间戳时，旧连接的报文会混进新连接的数据里。",
				"lab: old-duplicate-corrupts; lab: old-duplicate"),
			say("With timestamps each side recognises an old duplicate by its age (PAWS), so that the addresses and ports may be used again at once.",
				"有时间戳时，可以凭时间戳认出旧报文（PAWS），四元组也就能马上再用。",
				"RFC 7323 5; RFC 6191; lab: old-duplicate-timestamps"),
			say("It is an indispensable part of TCP and not a fault to be solved. What can be solved is closing so many connections.",
				"它是 TCP 必不可少的一部分，不是需要“解决”的故障，也“解决”不了；能改善的是不要频繁关闭连接。",
				"RFC 9293 3.6.1"),
		},
		see:   []string{"TIME_WAIT", "lost-last-ack", "why-two-msl", "many-time-wait", "timestamps-off"},
		prove: []string{"old-duplicate", "old-duplicate-corrupts", "lost-last-ack"},
		read:  []string{"RFC 9293 3.6.1", "RFC 1337", "RFC 6191", "RFC 7323 5"},
	}
}

func whyTwoMSL() question {
	return question{
		name:    "why-two-msl",
		aliases: []string{"TIME_WAIT 2MSL", "2MSL", "2 MSL", "MSL", "how long is TIME_WAIT", "TIME_WAIT 60", "TCP_TIMEWAIT_LEN", "TIME_WAIT 多久"},
		ask:     Text{"Why does TIME_WAIT last 2 MSL, and how long is that on Linux?", "TIME_WAIT 为什么是 2MSL？在 Linux 上到底多久？"},
		short: []Statement{
			say("One MSL for our last ACK to die, one for the FIN that the peer may have sent again. The RFC takes 2 minutes for MSL, which makes 4 minutes. Linux waits 60 s, always.",
				"一个 MSL 等本端最后的 ACK 消失，再一个 MSL 等对端可能重发的 FIN 消失。RFC 把 MSL 取为 2 分钟，合 4 分钟；Linux 一律等 60 秒。",
				"RFC 9293 3.4.2, 3.6.1 MUST-13; include/net/tcp.h TCP_TIMEWAIT_LEN"),
		},
		detail: []Statement{
			say("MSL, the maximum segment lifetime, is how long a segment can wander in the network. Nobody measures it; the RFC chose it.",
				"MSL（报文最大生存时间）是一个报文在网络里最多能存活多久。没有人去测它，是 RFC 定的值。",
				"RFC 9293 3.4.2"),
			say("The source says so itself: Linux, following BSD, breaks the rule of 240 s because that would take too many resources.",
				"源码注释写明：Linux 沿袭 BSD，违反了 240 秒的要求，因为那样太占资源。",
				"net/ipv4/inet_timewait_sock.c __inet_twsk_schedule (comment)"),
			say("Measured: 60.1 to 62.1 s, the timer is coarse. No sysctl changes it, tcp_fin_timeout least of all.",
				"实测 60.1～62.1 秒，定时器粒度较粗。没有任何 sysctl 能改，tcp_fin_timeout 更与它无关。",
				"lab: time-wait-length; lab: time-wait-real-time; "+measured),
			say("A FIN that is repeated, or an ACK in sequence, starts the 60 s again.", "收到重发的 FIN 或序列号恰好衔接的 ACK，60 秒会重新开始计。",
				"net/ipv4/tcp_minisocks.c tcp_timewait_state_process; lab: lost-last-ack; lab: time-wait-ack-restarts"),
		},
		see:   []string{"TIME_WAIT", "why-time-wait", "fin-timeout-time-wait", "lost-last-ack"},
		prove: []string{"time-wait-length", "time-wait-real-time", "time-wait-ack-restarts"},
		read:  []string{"RFC 9293 3.4.2", "RFC 9293 3.6.1"},
	}
}

func whoIsInTimeWait() question {
	return question{
		name:    "who-is-in-time-wait",
		aliases: []string{"server or client TIME_WAIT", "which end TIME_WAIT", "active close", "主动关闭"},
		ask:     Text{"Which end is in TIME_WAIT, the server or the client?", "TIME_WAIT 出现在服务端还是客户端？"},
		short: []Statement{
			say("The end that closes first, be it the server or the client.",
				"谁先关闭就在谁那边，与服务端还是客户端无关；也不是“对端发起了什么”。",
				"RFC 9293 3.6.1; lab: active-close; lab: active-close-two-sockets"),
		},
		detail: []Statement{
			say("If TIME_WAIT stands at a server's port, the server closes first: HTTP without keep-alive, an idle timeout, a limit of requests for each connection.",
				"服务端口上有大量 TIME_WAIT，说明是服务端先关：没开 HTTP keep-alive、空闲超时、或单连接请求数上限。",
				"lab: active-close"),
			say("If both close at the same moment, both end in TIME_WAIT, by way of CLOSING.", "两端同时关闭，则两边都经过 CLOSING 进入 TIME_WAIT。",
				"RFC 9293 3.6; lab: simultaneous-close"),
			say("The other end goes through CLOSE_WAIT and LAST_ACK to CLOSED and has no TIME_WAIT.", "后关闭的一方经过 CLOSE_WAIT、LAST_ACK 到 CLOSED，没有 TIME_WAIT。",
				"RFC 9293 3.3.2; lab: last-ack"),
		},
		see:   []string{"TIME_WAIT", "active-closers-time-wait", "CLOSING", "LAST_ACK", "CLOSE_WAIT"},
		prove: []string{"active-close", "active-close-two-sockets", "simultaneous-close"},
		read:  []string{"RFC 9293 3.6"},
	}
}

func manyTimeWait() question {
	return question{
		name:    "many-time-wait",
		aliases: []string{"thousands of TIME_WAIT", "too many TIME_WAIT", "lots of TIME_WAIT", "TIME_WAIT 几万", "TIME_WAIT 很多", "reduce TIME_WAIT", "大量 TIME_WAIT", "TIME_WAIT 过多", "TIME_WAIT 太多", "减少 TIME_WAIT"},
		ask:     Text{"There are thousands of TIME_WAITs: what must I change?", "发现大量 TIME_WAIT，要改什么？"},
		short: []Statement{
			say("Mostly nothing. The number is closes a second times 60: 18,122 are 302 closes a second, or more where connect() takes them over, and 4.4 MiB.",
				"多数情况什么都不用改。数量就是“每秒关闭数 × 60”：18,122 个就是每秒关闭 302 个（connect() 会接管它们时不止），占 4.4 MiB。",
				"include/net/tcp.h TCP_TIMEWAIT_LEN; Little's law; slab tw_sock_TCP"),
		},
		detail: []Statement{
			say("It matters in four cases only: outgoing connections run out of local ports; tcp_max_tw_buckets is near; the conntrack table fills; a restart fails with EADDRINUSE.",
				"只有四种情况要管：外连耗尽本地端口；接近 tcp_max_tw_buckets；conntrack 表快满；重启时 bind 报 EADDRINUSE。",
				"lab: ports-exhaustion; lab: max-tw-buckets; net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts; lab: listen-again"),
			say("Kernel parameters are no cure. None of the four settings that are copied most lowers the number on a server: tcp_syncookies and tcp_fin_timeout have nothing to do with it, tcp_tw_reuse is for connect() only, and tcp_tw_recycle is gone.",
				"调整内核参数解决不了：流传最广的四个设置没有一个能减少服务端的 TIME_WAIT：tcp_syncookies、tcp_fin_timeout 与它无关，tcp_tw_reuse 只管 connect()，tcp_tw_recycle 早已删除。",
				"lab: tw-reuse-servers; lab: time-wait-length; lab: tw-recycle-absent; net/ipv4/tcp_input.c tcp_conn_request"),
			say("To have fewer, close fewer: HTTP keep-alive, connection pools; or let the client close first.",
				"想减少，就少关：HTTP keep-alive、连接池；或让客户端先关闭。",
				"RFC 9293 3.6.1; lab: active-close"),
			say("tcpvitals ports tells whether a destination runs out of ports, tcpvitals census --by sport where they are.", "用 tcpvitals ports 看有没有目标快耗尽端口，用 tcpvitals census --by sport 看它们在哪个端口上。",
				"lab: ports-exhaustion"),
		},
		see:   []string{"TIME_WAIT", "time-wait-cost", "four-settings", "TW01", "TW02", "TW03"},
		prove: []string{"ports-exhaustion", "tw-reuse-servers", "time-wait-length"},
	}
}

func timeWaitCost() question {
	return question{
		name:    "time-wait-cost",
		aliases: []string{"what does TIME_WAIT cost", "TIME_WAIT memory", "TIME_WAIT resources", "TIME_WAIT 占用资源", "TIME_WAIT 资源", "TIME_WAIT 内存"},
		ask:     Text{"What does a TIME_WAIT cost?", "一个 TIME_WAIT 要占多少资源？"},
		short: []Statement{
			say("256 bytes of kernel memory. No process, no file descriptor, no buffers; on a server no port of its own.",
				"内核里 256 字节。没有进程、没有文件描述符、没有缓冲区；在服务端也不额外占端口。",
				"slab tw_sock_TCP; lab: time-wait-owner; lab: ports-server-time-waits"),
		},
		detail: []Statement{
			say("18,122 of them take 4.4 MiB; a million takes about 0.35 GB with the records of bound ports.", "18,122 个占 4.4 MiB；一百万个连同端口绑定记录约 0.35 GB。",
				"slab tw_sock_TCP; "+measured),
			say("For outgoing connections each keeps one local port busy, towards its own destination only.", "对外连而言，每个还占着一个本地端口，但只对它自己的目标占用。",
				"net/ipv4/inet_hashtables.c __inet_hash_connect; lab: ports-exhaustion"),
			say("If connections are tracked, each close also keeps a conntrack entry for 120 s.", "如果启用了连接跟踪，每次关闭还会让一条 conntrack 表项多留 120 秒。",
				"net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts"),
			say("An attack does not change the price: the number is bounded by tcp_max_tw_buckets, a quarter of a million at most by default.",
				"遭受攻击时单价也不变：总数受 tcp_max_tw_buckets 限制，默认最多约二十六万个。",
				"net/ipv4/tcp.c tcp_init; net/ipv4/tcp_ipv4.c tcp_set_hashinfo; net/ipv4/inet_timewait_sock.c inet_twsk_alloc"),
		},
		see:   []string{"TIME_WAIT", "time-wait-descriptors", "tcp_max_tw_buckets", "nf_conntrack_count", "many-time-wait"},
		prove: []string{"time-wait-owner", "ports-server-time-waits"},
	}
}

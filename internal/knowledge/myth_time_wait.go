// SPDX-License-Identifier: Apache-2.0

package knowledge

// timeWaitMyths are about how many there are, how long they last, and what
// they cost.
func timeWaitMyths() []myth {
	return []myth{
		{
			number:  1,
			name:    "fin-timeout-time-wait",
			aliases: []string{"tcp_fin_timeout TIME_WAIT", "tcp_fin_timeout 2MSL"},
			said:    Text{"tcp_fin_timeout sets how long TIME_WAIT (2 MSL) lasts", "tcp_fin_timeout 决定 TIME_WAIT（2MSL）的时长"},
			truth: []Statement{
				say("It bounds FIN_WAIT2 whose socket was closed, and nothing else. TIME_WAIT is a constant, 60 s: with tcp_fin_timeout=5 it still lasted 60 to 62 s.",
					"它只管已 close 的 FIN_WAIT2，别的都不管。TIME_WAIT 是常量 60 秒：设成 tcp_fin_timeout=5，实测仍是 60～62 秒。",
					"include/net/tcp.h TCP_TIMEWAIT_LEN, tcp_fin_time; lab: time-wait-length; "+measured),
				say("Both show 60 because the default of one is defined as the other. That is all they have in common.",
					"两者都是 60，只是因为默认值在源码里被定义成同一个数，此外毫无关系。",
					"include/net/tcp.h TCP_FIN_TIMEOUT"),
			},
			instead: []Statement{
				say("Leave it at 60. Fewer closes make fewer TIME_WAITs: keep connections open.", "保持 60。想减少 TIME_WAIT，就少关连接：用长连接。",
					"include/net/tcp.h TCP_TIMEWAIT_LEN; Little's law"),
			},
			see:   []string{"TIME_WAIT", "FIN_WAIT2", "tcp_fin_timeout", "why-two-msl", "fin-timeout-larger"},
			prove: []string{"time-wait-length", "time-wait-real-time"},
		},
		{
			number:  2,
			name:    "set-tw-recycle",
			aliases: []string{"tcp_tw_recycle=1"},
			said:    Text{"Set tcp_tw_recycle=1 to get rid of TIME_WAIT quickly", "设 tcp_tw_recycle=1，快速回收 TIME_WAIT"},
			truth: []Statement{
				say("It was removed in Linux 4.12. sysctl -p says \"cannot stat\" and goes on with the other lines, systemd ignores the line: it does nothing.",
					"Linux 4.12 已删除。sysctl -p 会报 cannot stat 并继续处理其他行，systemd 直接忽略：毫无作用。",
					"commit 4396e46187ca; lab: tw-recycle-absent; "+measured),
				say("Before that it cut off clients: behind NAT all but one of an address, and in 4.10 and 4.11 everybody, since each connection got timestamps of its own.",
					"在那之前它会让客户端连不上：NAT 后面同一地址只有一个客户端能连；4.10、4.11 里每个连接的时间戳各自随机，所有客户端都受影响。",
					"commit 4396e46187ca; commit 95a22caee396"),
			},
			instead: []Statement{
				say("Delete the line. On a kernel where the file exists, set it to 0.", "删掉这一行。如果内核里还有这个文件，设成 0。",
					"commit 4396e46187ca"),
			},
			see:   []string{"PAWSPassive", "recycle-only-nat", "TIME_WAIT", "TW07"},
			prove: []string{"tw-recycle-absent"},
		},
		{
			number:  32,
			name:    "recycle-only-nat",
			aliases: []string{"tcp_tw_recycle without NAT"},
			said:    Text{"tcp_tw_recycle only hurt behind NAT, and my clients connect directly", "tcp_tw_recycle 只影响 NAT 后的客户端，我的客户端都是直连"},
			truth: []Statement{
				say("An old server with tcp_tw_recycle=1 also refuses modern clients that connect directly: their timestamps begin at another offset with each connection (4.10 and 4.11, and again newer kernels: 6.1.192, 6.12.117 and 6.18 mix the ports in).",
					"开着 tcp_tw_recycle=1 的老服务器也会拒绝直连的新客户端：每个连接的时间戳起点都不同（4.10、4.11 如此；较新的内核又恢复如此，6.1.192、6.12.117、6.18 都把端口算了进去）。",
					"commit 165573e41f2f; commit 28ee1b746f49; commit 95a22caee396"),
			},
			instead: []Statement{
				say("Set it to 0 on the old server.", "在老服务器上把它设为 0。", "commit 4396e46187ca"),
			},
			see: []string{"set-tw-recycle", "PAWSPassive", "tcp_timestamps"},
		},
		{
			number: 7,
			name:   "lower-max-tw-buckets",
			said:   Text{"Lower tcp_max_tw_buckets to 5000 or 6000 to cap TIME_WAIT", "把 tcp_max_tw_buckets 调到 5000 或 6000，限制 TIME_WAIT 数量"},
			truth: []Statement{
				say("The number falls because the protection is gone: connections beyond the limit jump to CLOSED, and a FIN that is repeated gets a RST.",
					"数字是下来了，但保护也没了：超出上限的连接直接跳到 CLOSED，对端重发的 FIN 会收到 RST。",
					"net/ipv4/tcp_minisocks.c tcp_time_wait; lab: max-tw-buckets; lab: lost-last-ack-without-time-wait"),
				say("The kernel's own documentation says not to lower it. 0 is accepted and switches TIME_WAIT off, -1 means no limit.",
					"内核文档明确写着不要调低。0 会被接受，等于关掉 TIME_WAIT；-1 等于不限。",
					"Documentation/networking/ip-sysctl.rst; "+measured),
			},
			instead: []Statement{
				say("Raise it when TCPTimeWaitOverflow grows: 256 bytes each.", "TCPTimeWaitOverflow 在涨就调大，每个 256 字节。",
					"net/ipv4/inet_timewait_sock.c inet_twsk_alloc; slab tw_sock_TCP"),
			},
			see:   []string{"tcp_max_tw_buckets", "TCPTimeWaitOverflow", "lost-last-ack-without", "TW02"},
			prove: []string{"max-tw-buckets", "lost-last-ack-without-time-wait"},
		},
		{
			number:  8,
			name:    "overflow-in-dmesg",
			aliases: []string{"TCP: time wait bucket table overflow", "time wait bucket table overflow"},
			said:    Text{"Too many TIME_WAITs show in dmesg as \"time wait bucket table overflow\"", "TIME_WAIT 太多时 dmesg 会打印 time wait bucket table overflow"},
			truth: []Statement{
				say("Not any more: kernels 6.1 to 6.18 count it in TCPTimeWaitOverflow and log nothing.", "已经不会了：6.1 到 6.18 的内核只计入 TCPTimeWaitOverflow，不打日志。",
					"net/ipv4/tcp_minisocks.c tcp_time_wait; "+measured),
			},
			see:   []string{"TCPTimeWaitOverflow", "tcp_max_tw_buckets", "TW02"},
			prove: []string{"max-tw-buckets"},
		},
		{
			number:  9,
			name:    "time-wait-eats-server-ports",
			aliases: []string{"65535 connections", "65535 limit"},
			said:    Text{"A server can have 65,535 connections at most, and TIME_WAIT eats its ports", "一台服务器最多 65,535 个连接，TIME_WAIT 会耗尽服务端端口"},
			truth: []Statement{
				say("The limit is per pair of addresses and ports. All connections of a server share its one listening port, TIME_WAITs included.",
					"限制是按四元组算的。服务端所有连接（包括 TIME_WAIT）共用同一个监听端口。",
					"net/ipv4/inet_hashtables.c __inet_lookup_established; lab: ports-server-time-waits"),
				say("Only the end that connects needs a port for each connection to the same destination: 28,232 by default.",
					"只有发起连接的一方，连同一目标时才要每个连接一个端口：默认 28,232 个。",
					"net/ipv4/inet_hashtables.c __inet_hash_connect; lab: ports-exhaustion"),
			},
			see:   []string{"TIME_WAIT", "ephemeral-host-wide", "ip_local_port_range", "TW03"},
			prove: []string{"ports-server-time-waits", "ports-exhaustion"},
		},
		{
			number: 28,
			name:   "time-wait-descriptors",
			said:   Text{"TIME_WAIT sockets hold file descriptors and processes", "TIME_WAIT 会占用文件描述符和进程"},
			truth: []Statement{
				say("Neither: a TIME_WAIT is a record of 256 bytes in the kernel, with inode 0 and no process. Restarting the application does not remove it, and \"too many open files\" has another cause.",
					"都不占：TIME_WAIT 只是内核里 256 字节的一条记录，inode 为 0，不属于任何进程。重启应用不会让它消失，too many open files 另有原因。",
					"include/net/inet_timewait_sock.h struct inet_timewait_sock; lab: time-wait-owner; slab tw_sock_TCP"),
			},
			see:   []string{"TIME_WAIT", "time-wait-cost", "CLOSE_WAIT"},
			prove: []string{"time-wait-owner"},
		},
		{
			number:  18,
			name:    "linger-zero-cure",
			aliases: []string{"SO_LINGER 0"},
			said:    Text{"SO_LINGER with 0 seconds is the cure for TIME_WAIT", "用 SO_LINGER 0 解决 TIME_WAIT"},
			truth: []Statement{
				say("It closes by RST: data that was not delivered yet is lost, and the peer gets ECONNRESET instead of the end of the stream.",
					"它用 RST 关闭：还没送达的数据会丢，对端读到的是 ECONNRESET 而不是正常结束。",
					"net/ipv4/tcp.c __tcp_close; RFC 2525 2.17; lab: linger-zero"),
				say("A positive time does not avoid TIME_WAIT. 0 after shutdown() still resets in FIN_WAIT1 and FIN_WAIT2; once TIME_WAIT is reached it comes too late.", "设正数避免不了 TIME_WAIT。shutdown() 之后再设 0，在 FIN_WAIT1、FIN_WAIT2 中仍会用 RST 关闭；到了 TIME_WAIT 才来不及。",
					"net/ipv4/tcp.c tcp_disconnect; lab: linger-positive; lab: linger-zero-too-late; "+measured),
			},
			see:   []string{"TIME_WAIT", "TCPAbortOnData", "straight-to-closed", "RS01"},
			prove: []string{"linger-zero", "linger-positive", "linger-zero-too-late"},
		},
		{
			number: 31,
			name:   "rfc1337-zero-protects",
			said:   Text{"tcp_rfc1337=0 already protects TIME_WAIT against resets", "tcp_rfc1337=0 就已经能防止 RST 终结 TIME_WAIT"},
			truth: []Statement{
				say("It is the other way round: with 0 a RST with the exact sequence number ends TIME_WAIT, with 1 it is ignored. The documentation can be read either way.",
					"正相反：0 时，序列号恰好匹配的 RST 会终结 TIME_WAIT；1 才会忽略它。文档的写法容易让人误解。",
					"net/ipv4/tcp_minisocks.c tcp_timewait_state_process; RFC 1337; lab: rfc1337; lab: time-wait-reset"),
			},
			see:   []string{"TIME_WAIT", "tcp_rfc1337"},
			prove: []string{"rfc1337", "time-wait-reset"},
		},
		{
			number: 26,
			name:   "conntrack-time-wait",
			said:   Text{"nf_conntrack_tcp_timeout_time_wait shortens TIME_WAIT", "调小 nf_conntrack_tcp_timeout_time_wait 能缩短 TIME_WAIT"},
			truth: []Statement{
				say("It shortens the entry that the connection tracker keeps (120 s by default). The socket's TIME_WAIT knows nothing of it.",
					"它缩短的是连接跟踪表项的保留时间（默认 120 秒），与套接字的 TIME_WAIT 无关。",
					"net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts; include/net/tcp.h TCP_TIMEWAIT_LEN"),
			},
			see: []string{"TIME_WAIT", "nf_conntrack_count", "CT02"},
		},
	}
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

// abortCounters tell why connections were cut off.
func abortCounters() []Topic {
	return counterTopics(
		counter{
			name:  "TcpExt.TCPAbortOnData",
			title: Text{"connections cut off with data on its way", "还有数据在途就被中止的连接"},
			counts: []Statement{
				say("close() with SO_LINGER 0; or data that arrived after close() while our FIN was not acknowledged yet, when nobody can read it any more.",
					"close() 时 SO_LINGER 为 0；或 close() 之后、FIN 还没被确认时又收到数据，已经没人能读。",
					"net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_input.c tcp_rcv_state_process; lab: linger-zero; lab: data-after-close"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("Once our FIN is acknowledged, a closed FIN_WAIT2 is a minisocket: data for it is answered with a RST that counts in OutRsts alone.",
					"FIN 被确认之后，已 close 的 FIN_WAIT2 只是 minisocket：发给它的数据会收到 RST，但只计入 OutRsts。",
					"net/ipv4/tcp_minisocks.c tcp_timewait_state_process; "+measured),
			},
			use: []Statement{
				say("Find who sets SO_LINGER 0 or closes while the peer still sends: the peer sees ECONNRESET.",
					"找出谁设了 SO_LINGER 0，或谁在对端还在发送时就关闭：对端会看到 ECONNRESET。",
					"net/ipv4/tcp.c __tcp_close; lab: linger-zero"),
			},
			see:   []string{"EstabResets", "linger-zero-cure", "straight-to-closed", "RS01"},
			prove: []string{"linger-zero", "data-after-close"},
		},
		counter{
			name:  "TcpExt.TCPAbortOnClose",
			title: Text{"connections closed with unread data", "还有未读数据就 close() 的连接"},
			counts: []Statement{
				say("close() while received data had not been read: RST instead of FIN, CLOSED at once, no TIME_WAIT.",
					"close() 时接收缓冲里还有没读的数据：发 RST 而不是 FIN，立刻 CLOSED，没有 TIME_WAIT。",
					"net/ipv4/tcp.c __tcp_close; RFC 2525 2.17; lab: unread-data"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Read to the end before close(): the peer may lose an answer that it has not read yet.",
					"close() 之前先读完：否则对端可能丢掉还没来得及读的响应。",
					"RFC 2525 2.17; lab: unread-data"),
			},
			see:   []string{"EstabResets", "straight-to-closed", "RS01"},
			prove: []string{"unread-data"},
		},
		counter{
			name:  "TcpExt.TCPAbortOnMemory",
			title: Text{"orphans given up for their number or for memory", "因孤儿连接过多或内存不足被放弃的连接"},
			counts: []Statement{
				say("A closed connection that still had to say something was dropped: more orphans than tcp_max_orphans allows, or TCP memory beyond tcp_mem.",
					"已 close、但还没收尾的连接被丢弃：孤儿连接数超过 tcp_max_orphans 的限制，或 TCP 内存超过 tcp_mem。",
					"net/ipv4/tcp_timer.c tcp_out_of_resources; net/ipv4/tcp.c __tcp_close, tcp_check_oom"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It can grow at a half or a quarter of tcp_max_orphans: a peer that is silent or keeps a zero window makes the count double, and an ICMP error doubles it again.",
					"到 tcp_max_orphans 的一半甚至四分之一就可能开始涨：对端长时间无应答或零窗口时按 2 倍计，收到过 ICMP 错误再翻倍。",
					"net/ipv4/tcp_timer.c tcp_out_of_resources"),
			},
			see: []string{"sockstat.TCP.orphan", "tcp_max_orphans", "orphan-limit", "tcp_mem", "OR01", "ME01"},
		},
		counter{
			name:  "TcpExt.TCPAbortOnTimeout",
			title: Text{"connections given up because nobody answered", "因对端无应答而放弃的连接"},
			counts: []Statement{
				say("Retransmissions of SYN, data, FIN or zero-window probes ran out, or keepalive, or TCP_USER_TIMEOUT. The application gets ETIMEDOUT, or EHOSTUNREACH or ENETUNREACH if an ICMP error came meanwhile.",
					"SYN、数据、FIN、零窗口探测的重传用尽，或 keepalive、TCP_USER_TIMEOUT 到期。应用收到 ETIMEDOUT；期间收到过 ICMP 错误的，收到 EHOSTUNREACH 或 ENETUNREACH。",
					"net/ipv4/tcp_timer.c tcp_write_err; lab: retries2; lab: keepalive; lab: user-timeout"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("Only keepalive sends a RST; otherwise the peer is told nothing.", "只有 keepalive 会发 RST，其他情况什么都不告诉对端。",
					"net/ipv4/tcp_timer.c tcp_keepalive_timer, tcp_write_err; lab: keepalive; lab: user-timeout"),
				say("Failed connect() is included: SYN_SENT without an answer.", "connect() 超时也算：没有应答的 SYN_SENT。",
					"net/ipv4/tcp_timer.c tcp_write_timeout; lab: syn-retries"),
			},
			see:   []string{"send-receive-timeout", "tcp_retries2", "tcp_orphan_retries", "tcp_syn_retries", "TO01"},
			prove: []string{"retries2", "syn-retries", "keepalive"},
		},
		counter{
			name:  "TcpExt.TCPAbortOnLinger",
			title: Text{"FIN_WAIT2 ended at close() because TCP_LINGER2 is negative", "TCP_LINGER2 为负、close() 时直接结束的 FIN_WAIT2"},
			counts: []Statement{
				say("close() in FIN_WAIT2 of a socket with a negative TCP_LINGER2: RST, CLOSED.",
					"套接字设了负的 TCP_LINGER2，在 FIN_WAIT2 中 close()：发 RST，CLOSED。",
					"net/ipv4/tcp.c __tcp_close"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It has nothing to do with SO_LINGER. When our FIN is acknowledged only after close(), the same counts in TCPAbortOnData.",
					"与 SO_LINGER 无关。如果 FIN 是在 close() 之后才被确认，则计入 TCPAbortOnData。",
					"net/ipv4/tcp_input.c tcp_rcv_state_process"),
			},
			see:   []string{"FIN_WAIT2", "TCPAbortOnData"},
			prove: []string{"fin-wait2-linger2"},
		},
		counter{
			name:  "TcpExt.TCPAbortFailed",
			title: Text{"RSTs that could not be sent", "没能发出去的 RST"},
			counts: []Statement{
				say("A connection was cut off, but its RST could not be sent: no memory, or refused below TCP.",
					"连接被中止，但 RST 没能发出：内存不足，或被下层拒绝。",
					"net/ipv4/tcp_output.c tcp_send_active_reset"),
			},
			scope: perNamespace(),
			see:   []string{"OutRsts"},
		},
		counter{
			name:  "TCPOrphanQueued",
			title: Text{"a counter that does not exist", "一个不存在的计数器"},
			counts: []Statement{
				say("Nothing: no kernel from 6.1 to 6.18 has it. For orphans look at orphan in /proc/net/sockstat and at TCPAbortOnMemory.",
					"什么也不计：6.1 到 6.18 的内核都没有它。要看孤儿连接，用 /proc/net/sockstat 的 orphan 和 TCPAbortOnMemory。",
					"net/ipv4/proc.c snmp4_net_list"),
			},
			see: []string{"sockstat.TCP.orphan", "TCPAbortOnMemory"},
		},
	)
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

// counterMyths are about what numbers mean.
func counterMyths() []myth {
	return []myth{
		{
			number: 16,
			name:   "passive-opens-syns",
			said:   Text{"PassiveOpens counts the SYNs that arrive", "PassiveOpens 统计的是收到的 SYN"},
			truth: []Statement{
				say("It counts completed handshakes: 1,000 SYNs without a third segment left it at 0.", "它统计完成的握手：1,000 个没有后续的 SYN，它还是 0。",
					"net/ipv4/tcp_minisocks.c tcp_create_openreq_child; "+measured),
			},
			see: []string{"PassiveOpens", "SYN_RECV"},
		},
		{
			number: 17,
			name:   "attempt-fails-resets",
			said:   Text{"EstabResets and AttemptFails are the resets that were received", "EstabResets、AttemptFails 就是收到的 RST 数"},
			truth: []Statement{
				say("EstabResets is every abnormal end of an open connection, our own aborts and timeouts included. AttemptFails is every handshake that failed.",
					"EstabResets 是已建立连接的所有非正常结束，包括本机主动中止和超时；AttemptFails 是所有失败的握手。",
					"net/ipv4/tcp.c tcp_set_state, tcp_done; lab: linger-zero; lab: retries2"),
			},
			see:   []string{"EstabResets", "AttemptFails", "OutRsts"},
			prove: []string{"linger-zero", "syn-sent-refused"},
		},
		{
			number:  34,
			name:    "ss-s-exact",
			aliases: []string{"ss -s"},
			said:    Text{"timewait and estab in ss -s are the numbers of TIME_WAIT and ESTABLISHED", "ss -s 里的 timewait、estab 就是 TIME_WAIT、ESTABLISHED 的数量"},
			truth: []Statement{
				say("timewait is tw of /proc/net/sockstat, which has FIN_WAIT2 after close() in it. estab is CurrEstab, which has CLOSE_WAIT in it (not on kernels without a fix of 2024). orphaned is of the whole host.",
					"timewait 取自 /proc/net/sockstat 的 tw，含 close() 之后的 FIN_WAIT2；estab 取自 CurrEstab，含 CLOSE_WAIT（没有 2024 年那个修复的内核除外）；orphaned 是整机的。",
					"iproute2 misc/ss.c print_summary; net/ipv4/proc.c sockstat_seq_show; net/ipv4/tcp.c tcp_set_state; lab: time-wait-sockstat"),
			},
			see:   []string{"why-sources-disagree", "sockstat.TCP.tw", "CurrEstab"},
			prove: []string{"time-wait-sockstat"},
		},
		{
			number: 29,
			name:   "fin-wait2-full-sockets",
			said:   Text{"FIN_WAIT2 rows are sockets like all others", "FIN_WAIT2 的条目都是普通的完整套接字"},
			truth: []Statement{
				say("After close(), with tcp_fin_timeout up to 60, they are minisockets of 256 bytes that the kernel counts as tw. Only those that a program still has open are complete sockets.",
					"close() 之后且 tcp_fin_timeout 不超过 60 时，它们是 256 字节的 minisocket，内核计入 tw。只有程序仍打开着的才是完整套接字。",
					"net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_minisocks.c tcp_time_wait; lab: fin-wait1-fin-wait2; lab: time-wait-sockstat"),
			},
			see:   []string{"FIN_WAIT2", "sockstat.TCP.tw", "FW01", "FW02"},
			prove: []string{"fin-wait1-fin-wait2", "fin-wait2-held"},
		},
	}
}

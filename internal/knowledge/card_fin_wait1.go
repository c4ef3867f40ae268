// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func finWait1() StateCard {
	return StateCard{
		State: tcp.FinWait1,
		Summary: Text{
			"we closed; our FIN is not acknowledged yet",
			"本端已关闭，发出的 FIN 还没被确认",
		},
		What: []Statement{
			say("We closed first. The peer has not yet acknowledged our FIN, or the data in front of it.",
				"本端先关闭，对端还没确认本端的 FIN，或 FIN 之前的数据。",
				"RFC 9293 3.3.2"),
			say("Linux enters it when the FIN is queued, not when it is sent: unsent data can stand before it.",
				"Linux 在 FIN 入队时（而不是发出时）就进入该状态：前面可能还排着没发完的数据。",
				"net/ipv4/tcp.c __tcp_close (comment)"),
		},
		Enter: []Statement{
			say("By close() or shutdown(SHUT_WR) in ESTABLISHED.", "在 ESTABLISHED 下调用 close() 或 shutdown(SHUT_WR)。", "net/ipv4/tcp.c new_state"),
		},
		Leave: []Statement{
			say("Our FIN is acknowledged: FIN_WAIT2. The peer's FIN comes first: CLOSING. Both at once: TIME_WAIT.",
				"FIN 被确认：FIN_WAIT2；先收到对端 FIN：CLOSING；两者同时到：TIME_WAIT。",
				"RFC 9293 3.3.2 figure 5, note 2"),
			say("To CLOSE by a RST, by timeout (TCPAbortOnTimeout), or under memory pressure (TCPAbortOnMemory).",
				"收到 RST、重传超时（TCPAbortOnTimeout）或内存紧张（TCPAbortOnMemory）：直接 CLOSE。",
				"net/ipv4/tcp_timer.c tcp_write_timeout, tcp_out_of_resources"),
		},
		Lasts: []Statement{
			say("After close(), peer silent: 106 s measured (tcp_orphan_retries 0, which means 8).",
				"close() 之后对端不回应：实测 106 秒（tcp_orphan_retries=0，实际按 8 次算）。",
				"net/ipv4/tcp_timer.c tcp_orphan_retries; "+measured),
			say("After close(), peer alive but with a zero window: 331 s measured.",
				"close() 之后对端活着但一直零窗口：实测 331 秒。",
				"net/ipv4/tcp_timer.c tcp_probe_timer; "+measured),
			say("After shutdown() only, still open here: tcp_retries2, at least 924 s.",
				"只 shutdown() 没 close()：由 tcp_retries2 决定，至少 924 秒。",
				"net/ipv4/tcp_timer.c tcp_write_timeout"),
		},
		Owner: []Statement{
			say("After close(): nobody, an orphan of the kernel (inode 0). After shutdown() only: still the process.",
				"close() 之后：没有进程，是内核里的孤儿连接（orphan），inode 为 0；只 shutdown()：仍归进程。",
				"net/ipv4/tcp.c __tcp_close"),
		},
		Weight: []Statement{
			say("2.3 KB and all data not yet acknowledged. With CLOSING and LAST_ACK the only closing states that can be heavy: up to the third number of tcp_wmem (3.8 MB in one socket measured).",
				"2.3 KB，再加所有未确认的数据。关闭过程中只有它和 CLOSING、LAST_ACK 可能很占内存：最多到 tcp_wmem 的第三个数（实测一个套接字占过 3.8 MB）。",
				"slab TCP; "+measured),
		},
		Normal: []Statement{
			say("Closes a second times the round-trip time; more when large answers are still being sent.",
				"每秒关闭数 × 往返时延；大响应还没发完时会更多。",
				"Little's law"),
		},
		Symptom: []Statement{
			say("More than one second's worth of closes: FINs are being repeated, clients have vanished.",
				"超过一秒的关闭量：FIN 在重传，客户端已经消失。",
				"net/ipv4/tcp_timer.c tcp_write_timeout; Little's law"),
			say("Large Send-Q with timer \"persist\": readers that are slow or stopped. Many from one network may be a slow-read attack.",
				"Send-Q 很大且定时器是 persist：对端读得慢或不读；若集中来自同一网段，可能是慢读攻击。",
				"net/ipv4/tcp_timer.c tcp_probe_timer; "+measured),
			say("\"too many orphaned sockets\" in the log, or TCPAbortOnMemory grows.",
				"日志出现 too many orphaned sockets，或 TCPAbortOnMemory 在涨。",
				"net/ipv4/tcp.c tcp_check_oom"),
		},
		App: []Statement{
			say("Send timeouts; smaller send buffers (TCP_NOTSENT_LOWAT) for slow clients.",
				"给发送设超时；对慢客户端减小发送缓冲（TCP_NOTSENT_LOWAT）。",
				"net/ipv4/tcp.c do_tcp_setsockopt"),
		},
		Kernel: []Statement{
			say("tcp_orphan_retries of 3 to 5, only if memory or tcp_max_orphans is the problem: slow clients then lose the end of the answer.",
				"tcp_orphan_retries 调到 3～5，仅当内存或 tcp_max_orphans 确实吃紧：慢客户端会丢掉响应的尾部。",
				"net/ipv4/tcp_timer.c tcp_orphan_retries"),
			say("tcp_max_orphans counts the whole host; it bites from a quarter of its value on.",
				"tcp_max_orphans 是整机共用的，达到四分之一就可能开始起作用。",
				"net/ipv4/tcp_timer.c tcp_out_of_resources"),
		},
		Avoid: []Statement{
			say("tcp_fin_timeout: it starts only in FIN_WAIT2.", "调 tcp_fin_timeout：到了 FIN_WAIT2 才开始算。", "include/net/tcp.h tcp_fin_time"),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.6", "RFC 9293 3.8.3", "RFC 9293 3.8.6.1"},
	}
}

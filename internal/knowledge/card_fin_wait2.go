// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func finWait2() StateCard {
	return StateCard{
		State: tcp.FinWait2,
		Summary: Text{
			"we closed and the peer knows; the peer has not closed",
			"本端已关闭且对端已确认，等对端关闭",
		},
		What: []Statement{
			say("Our FIN is acknowledged. The peer has not sent its own: it is in CLOSE_WAIT, or gone since.",
				"本端的 FIN 已被确认，对端还没发 FIN：它那边是 CLOSE_WAIT，或此后已消失。",
				"RFC 9293 3.3.2, 3.6"),
			say("Two different things have this name: a socket that a process still has open, and a 256-byte minisocket after close().",
				"同名的其实有两种：进程仍打开着的套接字；以及 close() 之后内核留下的 256 字节 minisocket。",
				"net/ipv4/tcp_minisocks.c tcp_time_wait; "+measured),
		},
		Enter: []Statement{
			say("From FIN_WAIT1, when our FIN is acknowledged.", "FIN_WAIT1 收到对 FIN 的 ACK 时进入。", "net/ipv4/tcp_input.c tcp_rcv_state_process"),
		},
		Leave: []Statement{
			say("The peer's FIN comes: TIME_WAIT.", "收到对端 FIN：TIME_WAIT。", "net/ipv4/tcp_input.c tcp_fin"),
			say("Data comes after close(): we answer with a RST. Time is over: gone without a packet.",
				"close() 之后又收到数据：回 RST 并消失；超时：不发任何包，直接消失。",
				"net/ipv4/tcp_minisocks.c tcp_timewait_state_process; net/ipv4/tcp_input.c tcp_rcv_state_process; RFC 9293 3.6.1 SHLD-3; "+measured),
		},
		Lasts: []Statement{
			say("After close(): tcp_fin_timeout, 60 s by default (61.5 s measured).",
				"close() 之后：由 tcp_fin_timeout 决定，默认 60 秒（实测 61.5 秒）。",
				"include/net/tcp.h tcp_fin_time; "+measured),
			say("Still open here (shutdown() only): without limit.",
				"只 shutdown() 没 close()：没有上限。",
				measured),
		},
		Owner: []Statement{
			say("After close(): nobody, inode 0. Otherwise the process that called shutdown().",
				"close() 之后：没有进程，inode 为 0；否则归调用 shutdown() 的进程。",
				"net/ipv4/tcp.c __tcp_close; "+measured),
		},
		Weight: []Statement{
			say("256 bytes after close(), counted as \"tw\" in /proc/net/sockstat. About 3.6 KB and a descriptor while open.",
				"close() 之后 256 字节，在 /proc/net/sockstat 里算在 tw 中；未 close 时约 3.6 KB 和一个描述符。",
				"slabs tw_sock_TCP, TCP; "+measured),
		},
		Normal: []Statement{
			say("Closes a second times the time the peer takes to close.",
				"每秒关闭数 × 对端关闭所需的时间。",
				"Little's law"),
			say("Long-lived ones from programs that half-close on purpose and go on reading.",
				"有意半关闭、之后继续读数据的程序，会长时间停在这里。",
				"RFC 9293 3.6.1"),
		},
		Symptom: []Statement{
			say("Many with one peer: the peer's application does not close, and collects CLOSE_WAIT.",
				"大量集中在同一个对端：对端应用不 close，在那边积累 CLOSE_WAIT。",
				"RFC 9293 3.6"),
			say("Many with a process behind them: our own application calls shutdown() and forgets close().",
				"大量且有进程持有：本机应用只 shutdown()，忘了 close()。",
				measured),
		},
		App: []Statement{
			say("After shutdown(), read until 0 with a deadline, then close().",
				"shutdown() 之后带超时地读到 0，再 close()。",
				"RFC 9293 3.6"),
		},
		Kernel: []Statement{
			say("tcp_fin_timeout of 10 to 30, if closed ones fill tcp_max_tw_buckets.",
				"如果 close 之后的 FIN_WAIT2 快占满 tcp_max_tw_buckets，可把 tcp_fin_timeout 调到 10～30。",
				"include/net/tcp.h tcp_fin_time; "+measured),
		},
		Avoid: []Statement{
			say("tcp_fin_timeout between 61 and 119: FIN_WAIT2 lasts 2 x (T-60) s, less than 60 s up to 89 and more above 90 (61 gave 2 s, 65 gave 10 s, 90 gave 62 s, 100 gave 82 s).",
				"把 tcp_fin_timeout 设成 61～119：FIN_WAIT2 实际是 2×(T-60) 秒，89 及以下不到 60 秒，90 以上更久（实测 61→2 秒，65→10 秒，90→62 秒，100→82 秒）。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer; "+measured),
			say("Expecting tcp_fin_timeout to shorten TIME_WAIT, or a FIN_WAIT2 that is still open.",
				"指望 tcp_fin_timeout 缩短 TIME_WAIT，或缩短还没 close 的 FIN_WAIT2。",
				"include/net/tcp.h TCP_TIMEWAIT_LEN; "+measured),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.6", "RFC 9293 3.6.1"},
	}
}

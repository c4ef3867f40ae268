// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func closing() StateCard {
	return StateCard{
		State: tcp.Closing,
		Summary: Text{
			"both ends closed at once; our FIN is not acknowledged yet",
			"双方同时关闭，本端的 FIN 还没被确认",
		},
		What: []Statement{
			say("The peer's FIN came while ours was still unacknowledged, or even still unsent behind data.",
				"本端的 FIN 还没被确认（甚至还排在数据后面没发出去），对端的 FIN 就到了。",
				"RFC 9293 3.6; net/ipv4/tcp.c __tcp_close (comment); "+measured),
		},
		Enter: []Statement{
			say("From FIN_WAIT1, when the peer's FIN arrives without an ACK of ours.",
				"FIN_WAIT1 收到对端 FIN，但其中没有确认本端的 FIN。",
				"net/ipv4/tcp_input.c tcp_fin"),
		},
		Leave: []Statement{
			say("Our FIN is acknowledged: TIME_WAIT. A RST or a timeout: CLOSE.",
				"本端 FIN 被确认：TIME_WAIT；收到 RST 或超时：CLOSE。",
				"net/ipv4/tcp_input.c tcp_rcv_state_process, tcp_reset"),
		},
		Lasts: []Statement{
			say("As FIN_WAIT1: after close() about 100 s if the peer is silent (tcp_orphan_retries 0 means 8), longer with a zero window.",
				"与 FIN_WAIT1 相同：close() 之后对端不回应约 100 秒（tcp_orphan_retries=0 按 8 次算），零窗口时更久。",
				"net/ipv4/tcp_timer.c tcp_orphan_retries, tcp_probe_timer"),
		},
		Owner: []Statement{
			say("Usually nobody: an orphan of the kernel, inode 0.", "通常没有进程：内核里的孤儿连接，inode 为 0。", "net/ipv4/tcp.c __tcp_close"),
		},
		Weight: []Statement{
			say("2.3 KB and all data not yet acknowledged: 3.9 MB in one socket was measured.",
				"2.3 KB，再加所有未确认的数据：实测一个套接字占过 3.9 MB。",
				"slab TCP; "+measured),
		},
		Normal: []Statement{
			say("None or a few: 200 simultaneous closes on loopback left none to see.",
				"零个或几个：在回环上故意同时关闭 200 个连接，一个都看不到。",
				measured),
		},
		Symptom: []Statement{
			say("More than one in ten closing connections: both ends time out at the same moment over a lossy path, or clients half-close while we still have data for them.",
				"占关闭中连接的一成以上：链路丢包且两端同时超时关闭，或客户端已半关闭而本端还有数据没发完。",
				"RFC 9293 3.6; "+measured),
		},
		App: []Statement{
			say("Give the server and the client different idle timeouts, so that one of them always closes first.",
				"服务端和客户端的空闲超时不要设成一样，让其中一方总是先关闭。",
				"RFC 9293 3.6"),
		},
		Kernel: []Statement{
			say("Nothing of its own; tcp_orphan_retries as for FIN_WAIT1.",
				"没有专门的参数；tcp_orphan_retries 同 FIN_WAIT1。",
				"net/ipv4/tcp_timer.c tcp_orphan_retries"),
		},
		Avoid: []Statement{
			say("tcp_fin_timeout: it does not bound CLOSING.", "调 tcp_fin_timeout：它不管 CLOSING。", "include/net/tcp.h tcp_fin_time"),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.6"},
	}
}

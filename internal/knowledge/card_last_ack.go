// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func lastAck() StateCard {
	return StateCard{
		State: tcp.LastAck,
		Summary: Text{
			"the peer closed, then we did; our FIN is not acknowledged yet",
			"对端先关闭、本端随后关闭，等对端确认本端的 FIN",
		},
		What: []Statement{
			say("The last step of the end that closes second: one ACK is missing. It does not wait for packets to die; TIME_WAIT does.",
				"后关闭一方的最后一步：只差对端的一个 ACK。它不是在“等所有分组死掉”，那是 TIME_WAIT 的事。",
				"RFC 9293 3.3.2"),
		},
		Enter: []Statement{
			say("By close() in CLOSE_WAIT.", "在 CLOSE_WAIT 下调用 close()。", "net/ipv4/tcp.c new_state"),
		},
		Leave: []Statement{
			say("Our FIN is acknowledged: CLOSE. There is no TIME_WAIT on this side.",
				"FIN 被确认：直接 CLOSE，这一侧没有 TIME_WAIT。",
				"net/ipv4/tcp_input.c tcp_rcv_state_process"),
			say("If that ACK is lost, we repeat the FIN; the peer answers from its TIME_WAIT, or with a RST if it has none.",
				"如果这个 ACK 丢了，本端会重发 FIN；对端若还在 TIME_WAIT 就再回一次 ACK，否则回 RST。",
				"net/ipv4/tcp_minisocks.c tcp_timewait_state_process"),
		},
		Lasts: []Statement{
			say("About 100 s if the peer is silent (tcp_orphan_retries 0 means 8).",
				"对端不回应时约 100 秒（tcp_orphan_retries=0 按 8 次算）。",
				"net/ipv4/tcp_timer.c tcp_orphan_retries"),
		},
		Owner: []Statement{
			say("Usually nobody: an orphan of the kernel, inode 0.", "通常没有进程：内核里的孤儿连接，inode 为 0。", "net/ipv4/tcp.c __tcp_close"),
		},
		Weight: []Statement{
			say("2.3 KB and all data not yet acknowledged.", "2.3 KB，再加所有未确认的数据。", "slab TCP; "+measured),
		},
		Normal: []Statement{
			say("Closes a second times the round-trip time.", "每秒关闭数 × 往返时延。", "Little's law"),
		},
		Symptom: []Statement{
			say("Many with retransmissions: the peers vanished after their FIN. Mobile clients do, and so do NAT and firewalls that forget the connection (conntrack keeps last_ack 30 s, we try for 100 s).",
				"大量且在重传：对端发完 FIN 就消失了。常见于移动客户端，或 NAT、防火墙已删掉会话（conntrack 的 last_ack 只有 30 秒，而本端会试约 100 秒）。",
				"net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts; net/ipv4/tcp_timer.c tcp_orphan_retries"),
		},
		App: []Statement{
			say("Nothing, as a rule: the application has done its part.", "一般不用做什么：应用该做的已经做完了。", "RFC 9293 3.6"),
		},
		Kernel: []Statement{
			say("Nothing, as a rule: tcp_orphan_retries bounds them, which is worth something only where tcp_max_orphans is near (see FIN_WAIT1).",
				"一般不用改：它们受 tcp_orphan_retries 限制，只有 tcp_max_orphans 吃紧时才值得调整（见 FIN_WAIT1）。",
				"net/ipv4/tcp_timer.c tcp_orphan_retries, tcp_out_of_resources"),
		},
		Avoid: []Statement{
			say("tcp_fin_timeout: it does not bound LAST_ACK.", "调 tcp_fin_timeout：它不管 LAST_ACK。", "include/net/tcp.h tcp_fin_time"),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.6", "RFC 9293 3.8.3"},
	}
}

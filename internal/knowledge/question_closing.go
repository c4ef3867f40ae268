// SPDX-License-Identifier: Apache-2.0

package knowledge

// closingQuestions are what people ask about how connections end.
func closingQuestions() []Topic {
	return questionTopics(activeClosers(), straightToClosed(), lostLastAck(), lostLastAckWithout(), sendReceiveTimeout())
}

func activeClosers() question {
	return question{
		name:    "active-closers-time-wait",
		aliases: []string{"do all active closers enter TIME_WAIT", "active close TIME_WAIT", "主动关闭 TIME_WAIT"},
		ask:     Text{"Does every socket that closes first enter TIME_WAIT?", "所有主动关闭的 socket 都会进入 TIME_WAIT 吗？"},
		short: []Statement{
			say("No. Every orderly close by the first closer does: both FINs exchanged and acknowledged. Whatever ends otherwise does not.",
				"不是。正常完成四次挥手的主动关闭才会：双方的 FIN 都交换并确认。凡不是这样结束的都不会。",
				"RFC 9293 3.6; lab: active-close; lab: linger-zero"),
		},
		detail: []Statement{
			say("Not: close() with SO_LINGER 0 or with unread data, which send a RST.", "不会：SO_LINGER 为 0 或还有未读数据时 close()，发的是 RST。",
				"net/ipv4/tcp.c __tcp_close; lab: linger-zero; lab: unread-data"),
			say("Not: a RST that comes in any state, and data that arrives after close().", "不会：任何状态下收到 RST，或 close() 之后又收到数据。",
				"net/ipv4/tcp_input.c tcp_reset, tcp_rcv_state_process; lab: fin-wait1-reset; lab: fin-wait2-reset; lab: data-after-close"),
			say("Not: a FIN that is never acknowledged, or a FIN_WAIT2 whose peer never closes: they time out.", "不会：FIN 一直没被确认，或 FIN_WAIT2 一直等不到对端关闭，超时消失。",
				"net/ipv4/tcp_timer.c tcp_write_timeout; lab: fin-wait1-orphan-retries; lab: fin-timeout-orphan"),
			say("Not: more than tcp_max_tw_buckets of them.", "不会：数量已达 tcp_max_tw_buckets。",
				"net/ipv4/tcp_minisocks.c tcp_time_wait; lab: max-tw-buckets"),
		},
		see:   []string{"TIME_WAIT", "straight-to-closed", "who-is-in-time-wait", "TCPTimeWaitOverflow"},
		prove: []string{"active-close", "linger-zero", "fin-wait1-reset"},
		read:  []string{"RFC 9293 3.6"},
	}
}

func straightToClosed() question {
	return question{
		name:    "straight-to-closed",
		aliases: []string{"straight to CLOSED", "directly to CLOSED", "直接进入 CLOSED", "直接 CLOSED"},
		ask:     Text{"Can the end that closes first go straight to CLOSED?", "主动关闭的一方能直接进入 CLOSED 吗？"},
		short: []Statement{
			say("Yes: whenever the connection ends by a RST or by giving up, instead of by two FINs.", "能：只要连接是被 RST 或放弃重传结束的，而不是靠双方的 FIN。",
				"net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_timer.c tcp_write_err; lab: linger-zero; lab: retries2"),
		},
		detail: []Statement{
			say("By its own doing: SO_LINGER 0, or close() before everything was read (RFC 2525 asks for the RST). Data on its way is lost.",
				"自己造成的：SO_LINGER 0，或没读完就 close()（RFC 2525 要求此时发 RST）。在途数据会丢。",
				"RFC 2525 2.17; lab: linger-zero; lab: unread-data"),
			say("By the peer: a RST in ESTABLISHED, FIN_WAIT1, FIN_WAIT2 or CLOSING.", "对端造成的：在 ESTABLISHED、FIN_WAIT1、FIN_WAIT2、CLOSING 中收到 RST。",
				"net/ipv4/tcp_input.c tcp_reset; lab: established-reset; lab: fin-wait1-reset; lab: closing-reset"),
			say("By time: retransmissions that nobody answers end in ETIMEDOUT, a FIN_WAIT2 after close() just vanishes.", "超时造成的：重传无人应答，以 ETIMEDOUT 结束；close() 之后的 FIN_WAIT2 到点消失。",
				"net/ipv4/tcp_timer.c tcp_write_err; lab: retries2; lab: fin-timeout-orphan"),
			say("By the kernel: tcp_max_tw_buckets reached, orphans or memory short, ss -K.", "内核造成的：达到 tcp_max_tw_buckets，孤儿连接过多或内存不足，ss -K。",
				"net/ipv4/tcp_minisocks.c tcp_time_wait; net/ipv4/tcp_timer.c tcp_out_of_resources; lab: max-tw-buckets; lab: destroy"),
		},
		see:   []string{"active-closers-time-wait", "CLOSE", "linger-zero-cure", "TCPAbortOnData", "TCPAbortOnClose", "TCPAbortOnTimeout", "TCPAbortOnMemory"},
		prove: []string{"linger-zero", "unread-data", "established-reset", "retries2"},
		read:  []string{"RFC 9293 3.10.7.4", "RFC 2525 2.17"},
	}
}

func lostLastAck() question {
	return question{
		name:    "lost-last-ack",
		aliases: []string{"last ACK lost", "lost ACK", "最后一个 ACK 丢失", "ACK 丢失"},
		ask:     Text{"What happens if the last ACK is lost?", "最后一个 ACK 丢了会怎样？"},
		short: []Statement{
			say("The peer, in LAST_ACK, sends its FIN again. Our TIME_WAIT answers with the ACK once more and starts its 60 s again. Both ends close in order.",
				"对端停在 LAST_ACK，会重发 FIN；本端的 TIME_WAIT 再回一次 ACK，并重新计 60 秒。两端都正常关闭。",
				"net/ipv4/tcp_minisocks.c tcp_timewait_state_process; lab: lost-last-ack"),
		},
		detail: []Statement{
			say("The peer repeats its FIN with growing pauses until it is acknowledged; after close() it gives up after about 100 s.", "对端以逐渐变长的间隔重发 FIN，直到被确认；close() 之后约 100 秒放弃。",
				"net/ipv4/tcp_timer.c tcp_orphan_retries; lab: last-ack-repeats"),
			say("If the FIN comes later than 60 s, there is no TIME_WAIT any more and it gets a RST: see what happens without TIME_WAIT.",
				"如果重发的 FIN 晚于 60 秒才到，TIME_WAIT 已不在，它会收到 RST：参见没有 TIME_WAIT 的情形。",
				"include/net/tcp.h TCP_TIMEWAIT_LEN; lab: lost-last-ack-without-time-wait"),
			say("A burst of repeated FINs is answered one by one: tcp_invalid_ratelimit does not hold these answers back.", "连续重发的 FIN 会逐个应答：tcp_invalid_ratelimit 不限制这种应答。",
				"net/ipv4/tcp_input.c tcp_oow_rate_limited; lab: repeated-fins"),
		},
		see:   []string{"lost-last-ack-without", "LAST_ACK", "TIME_WAIT", "why-time-wait"},
		prove: []string{"lost-last-ack", "last-ack-repeats"},
		read:  []string{"RFC 9293 3.6"},
	}
}

func lostLastAckWithout() question {
	return question{
		name:    "lost-last-ack-without",
		aliases: []string{"last ACK lost without TIME_WAIT", "without TIME_WAIT", "没有 TIME_WAIT"},
		ask:     Text{"What happens if the last ACK is lost and there is no TIME_WAIT?", "最后一个 ACK 丢了，又没有 TIME_WAIT，会怎样？"},
		short: []Statement{
			say("The repeated FIN meets nobody and is answered by a RST: the peer's orderly close ends as an error.", "重发的 FIN 找不到连接，得到的是 RST：对端本来正常的关闭变成了错误。",
				"net/ipv4/tcp_ipv4.c tcp_v4_send_reset; lab: lost-last-ack-without-time-wait"),
		},
		detail: []Statement{
			say("The peer is in LAST_ACK then and mostly has called close() already, so that no program sees the error. One that used shutdown() and still has the socket open sees ECONNRESET.",
				"对端此时在 LAST_ACK，多半已经 close()，程序看不到这个错误；但如果只做了 shutdown()、套接字还开着，就会读到 ECONNRESET。",
				"net/ipv4/tcp_input.c tcp_reset; lab: last-ack-reset"),
			say("Worse is the other danger: a new connection with the same addresses and ports can get late data of the old one.", "更糟的是另一个危险：四元组相同的新连接可能收到旧连接迟到的数据。",
				"lab: old-duplicate-corrupts"),
			say("There is no TIME_WAIT when tcp_max_tw_buckets is full, after SO_LINGER 0, or when a RST has ended it early.", "没有 TIME_WAIT 的情形：tcp_max_tw_buckets 已满、SO_LINGER 0、或被 RST 提前终结。",
				"net/ipv4/tcp_minisocks.c tcp_time_wait; RFC 1337; lab: max-tw-buckets; lab: time-wait-assassination"),
		},
		see:   []string{"lost-last-ack", "lower-max-tw-buckets", "LAST_ACK", "why-time-wait"},
		prove: []string{"lost-last-ack-without-time-wait", "time-wait-assassination"},
		read:  []string{"RFC 1337", "RFC 9293 3.6"},
	}
}

func sendReceiveTimeout() question {
	return question{
		name:    "send-receive-timeout",
		aliases: []string{"send timeout", "recv timeout", "receive timeout", "send 或 recv 超时", "发送超时", "接收超时"},
		ask:     Text{"What does a send or receive timeout do to the connection?", "send 或 recv 超时会对连接做什么？"},
		short: []Statement{
			say("The application's timeout (SO_RCVTIMEO, SO_SNDTIMEO, a deadline in a library) does nothing to the connection. The kernel's own timeout ends it: straight to CLOSED, without TIME_WAIT.",
				"应用自己的超时（SO_RCVTIMEO、SO_SNDTIMEO、库里的 deadline）对连接毫无影响；内核自己的超时才会结束它：直接 CLOSED，没有 TIME_WAIT。",
				"lab: rcvtimeo; lab: sndtimeo; lab: retries2"),
		},
		detail: []Statement{
			say("SO_RCVTIMEO, SO_SNDTIMEO: the call returns EAGAIN, the connection stays ESTABLISHED; connect() returns EINPROGRESS and stays in SYN_SENT. What becomes of it is decided by the program's next step.",
				"SO_RCVTIMEO、SO_SNDTIMEO：调用返回 EAGAIN，连接仍是 ESTABLISHED；connect() 返回 EINPROGRESS，停在 SYN_SENT。之后怎样取决于程序接下来做什么。",
				"net/ipv4/tcp.c tcp_recvmsg_locked, tcp_sendmsg_locked; lab: rcvtimeo; lab: sndtimeo"),
			say("Data that nobody acknowledges: retransmitted for at least 924.6 s (tcp_retries2 15), then CLOSED with ETIMEDOUT, or with the error that an ICMP message brought meanwhile. The peer is told nothing.",
				"数据一直没被确认：至少重传 924.6 秒（tcp_retries2=15），然后 CLOSED、报 ETIMEDOUT（期间收到过 ICMP 错误则报那个错误），不通知对端。",
				"net/ipv4/tcp_timer.c tcp_model_timeout, tcp_write_err; lab: retries2"),
			say("TCP_USER_TIMEOUT makes that shorter for one socket.", "TCP_USER_TIMEOUT 可以按套接字缩短这个时间。",
				"net/ipv4/tcp_timer.c retransmits_timed_out; lab: user-timeout"),
			say("Keepalive (only with SO_KEEPALIVE): CLOSED with ETIMEDOUT, and here the peer gets a RST.", "keepalive（仅限设了 SO_KEEPALIVE）：CLOSED、报 ETIMEDOUT，并且会给对端发 RST。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer; lab: keepalive"),
			say("connect() without an answer: CLOSED with ETIMEDOUT after tcp_syn_retries.", "connect() 没有应答：tcp_syn_retries 用完后 CLOSED，报 ETIMEDOUT。",
				"net/ipv4/tcp_timer.c tcp_write_timeout; lab: syn-retries"),
			say("A peer that answers with a zero window is not silent: the connection stays for as long as it answers.", "对端一直回零窗口不算无应答：只要它还在回，连接就一直在。",
				"net/ipv4/tcp_timer.c tcp_probe_timer; lab: zero-window"),
		},
		see:   []string{"rcvtimeo-closes", "straight-to-closed", "TCPAbortOnTimeout", "tcp_retries2", "ESTABLISHED"},
		prove: []string{"rcvtimeo", "sndtimeo", "retries2", "user-timeout", "keepalive"},
		read:  []string{"RFC 9293 3.8.3", "RFC 5482"},
	}
}

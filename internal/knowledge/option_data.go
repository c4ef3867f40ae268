// SPDX-License-Identifier: Apache-2.0

package knowledge

// dataOptions decide over how data is sent, and what becomes of it at the end.
func dataOptions() []option {
	return []option{
		{
			name:    "SO_LINGER",
			aliases: []string{"linger", "struct linger"},
			title:   Text{"what close() does with data that is not sent yet", "close() 时还没发完的数据怎么办"},
			does: []Statement{
				say("Off, the default: close() returns at once, and the kernel goes on sending what is left: FIN_WAIT1 without an owner.",
					"默认关闭：close() 立即返回，剩下的数据由内核继续发送，此时它是处于 FIN_WAIT1 的孤儿连接。",
					"socket(7) SO_LINGER; lab: fin-wait1"),
				say("On with 0: close() sends a RST, what is not sent yet is lost, and there is no TIME_WAIT. On with more: close() waits up to so many seconds for the peer's acknowledgement, and then leaves the rest to the kernel.",
					"打开且为 0：close() 发 RST，没发完的数据丢失，也没有 TIME_WAIT。打开且大于 0：close() 最多等这么多秒，等对端确认；之后剩下的仍由内核继续发送。",
					"net/ipv4/tcp.c sk_stream_wait_close; lab: linger-zero; "+measured),
			},
			traps: []Statement{
				say("The wait is the calling thread's, also with a socket that does not block: an event loop stands still for it.",
					"等待的是调用线程，非阻塞的套接字也一样：事件循环会因此停住。", measured),
				say("It does not apply when the process ends: then the kernel sends what is left by itself.", "进程退出时不适用：剩下的由内核自行发送。", "socket(7) SO_LINGER"),
			},
			see:   []string{"linger-zero-cure", "TCP_LINGER2", "TCPAbortOnData", "FIN_WAIT1", "connection-reset"},
			prove: []string{"linger-zero"},
		},
		{
			name:    "TCP_NODELAY",
			aliases: []string{"nagle", "Nagle 算法", "40ms delay", "TCP_CORK"},
			title:   Text{"send small pieces of data at once", "小块数据立即发送，不等待合并"},
			does: []Statement{
				say("Without it a small piece waits while another one is not acknowledged yet (Nagle's algorithm). Accepted connections inherit it from the listener.",
					"不设它时，前面的数据未确认，小块数据就先等着（Nagle 算法）。accept() 得到的连接从监听套接字继承它。",
					"tcp(7) TCP_NODELAY; RFC 9293 3.7.4; "+measured),
			},
			traps: []Statement{
				say("Requests that are written in two pieces and take some 40 ms are the usual sign: the second piece waits for an ACK that the peer delays. Write them in one, or set it.",
					"典型现象：分两次写的请求慢了约 40 ms，因为第二块在等对端延迟发送的 ACK。一次写完，或设置它。",
					"RFC 9293 3.7.4; RFC 9293 3.8.6.3"),
				say("It changes no state and no number of connections.", "它不改变连接的状态和数量。", "tcp(7) TCP_NODELAY"),
			},
			see: []string{"ESTABLISHED", "connect-takes-seconds", "TCP_NOTSENT_LOWAT"},
		},
		{
			name:    "SO_RCVBUF",
			aliases: []string{"SO_SNDBUF", "socket buffer size", "套接字缓冲区大小"},
			title:   Text{"a fixed size for one socket's buffer", "给单个套接字固定缓冲区大小"},
			does: []Statement{
				say("The kernel doubles the value, for its own overhead, and takes at most twice net.core.rmem_max (SO_SNDBUF: wmem_max). Accepted connections inherit it from the listener.",
					"内核把设置的值加倍（留给自身开销），最多为 net.core.rmem_max 的两倍（SO_SNDBUF 对应 wmem_max）。accept() 得到的连接从监听套接字继承它。",
					"socket(7) SO_RCVBUF; "+measured),
			},
			traps: []Statement{
				say("A buffer that was set stays as it is: it no longer grows with the connection up to tcp_rmem's third number. Most programs are faster without it.",
					"设过之后就固定不变，不再随连接自动增长到 tcp_rmem 的第三个数。多数程序不设它反而更快。",
					"net/ipv4/tcp_input.c tcp_rcv_space_adjust"),
				say("The window scale is chosen in the handshake: set it before connect() or listen().", "窗口扩大因子在握手时选定：要在 connect() 或 listen() 之前设置。",
					"net/ipv4/tcp_output.c tcp_select_initial_window"),
			},
			see: []string{"tcp_rmem", "tcp_wmem", "rmem_max", "recv-q-send-q", "tcp_moderate_rcvbuf"},
		},
	}
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

// queueMyths are about listeners and half-open connections.
func queueMyths() []myth {
	return []myth{
		{
			number: 11,
			name:   "max-syn-backlog",
			said:   Text{"Raise tcp_max_syn_backlog against dropped SYNs", "丢 SYN 就调大 tcp_max_syn_backlog"},
			truth: []Statement{
				say("While tcp_syncookies is 1, the default, it is not even read. The limit of half-open connections is that of the accept queue: the smaller of the listener's backlog and somaxconn.",
					"tcp_syncookies=1（默认）时根本不会读它。半连接的上限与全连接队列相同：监听者的 backlog 和 somaxconn 中较小者。",
					"net/ipv4/tcp_input.c tcp_conn_request; include/net/inet_connection_sock.h inet_csk_reqsk_queue_is_full; commit ef547f2ac16b; lab: syncookies-1"),
			},
			see:   []string{"tcp_max_syn_backlog", "tcp_syncookies", "SYN_RECV", "SY03"},
			prove: []string{"syncookies-1", "max-syn-backlog"},
		},
		{
			number: 12,
			name:   "somaxconn-128",
			said:   Text{"somaxconn is 128 by default; raise it and the queues get longer", "somaxconn 默认 128，调大它队列马上变长"},
			truth: []Statement{
				say("It is 4096 since Linux 5.4, and it is read at listen() only: a running server keeps its limit until it listens again.",
					"Linux 5.4 起默认 4096，而且只在 listen() 时读取：正在运行的服务不重新 listen 就不变。",
					"commit 19f92a030ca6; net/socket.c __sys_listen; lab: somaxconn-later"),
				say("The application's own backlog may be the lower one; then somaxconn changes nothing.", "应用自己的 backlog 可能更小，那样改 somaxconn 毫无作用。",
					"net/socket.c __sys_listen; lab: somaxconn"),
			},
			instead: []Statement{
				say("tcpvitals queues says which of the two is the limit of each listener.", "用 tcpvitals queues 看每个监听者的上限由谁决定。", "lab: somaxconn"),
			},
			see:   []string{"somaxconn", "LISTEN", "AQ02"},
			prove: []string{"somaxconn-later", "somaxconn"},
		},
		{
			number: 13,
			name:   "syn-recv-flood-size",
			said:   Text{"The number of SYN_RECV shows how big a SYN flood is", "SYN_RECV 的数量就是 SYN flood 的规模"},
			truth: []Statement{
				say("A listener keeps backlog + 1 of them. What is beyond is answered by cookies and leaves no trace but SyncookiesSent: 1,000 SYNs at listen(100) left 101 SYN_RECV.",
					"每个监听者最多保留 backlog + 1 个，其余用 cookie 应答，只在 SyncookiesSent 留下痕迹：对 listen(100) 发 1,000 个 SYN，只有 101 个 SYN_RECV。",
					"net/ipv4/tcp_input.c tcp_conn_request; lab: syncookies-1; "+measured),
			},
			see:   []string{"SYN_RECV", "SyncookiesSent", "SY01", "SY02"},
			prove: []string{"syncookies-1"},
		},
		{
			number: 14,
			name:   "full-queue-syn-recv",
			said:   Text{"When the accept queue is full, connections pile up in SYN_RECV while the client believes it is connected", "全连接队列满了，连接会堆在 SYN_RECV，而客户端以为已经连上"},
			truth: []Statement{
				say("Since Linux 4.10 a SYN that meets a full accept queue is dropped: the client waits in SYN_SENT, and the server shows nothing at all.",
					"Linux 4.10 起，全连接队列满时 SYN 直接被丢：客户端停在 SYN_SENT，服务端什么都看不到。",
					"commit 5ea8ea2cb7f1; net/ipv4/tcp_input.c tcp_conn_request; "+measured),
				say("What the saying describes is left for the few whose SYN came before the queue was full and whose ACK came after.",
					"老说法描述的情形只剩少数：SYN 到时队列未满、ACK 到时已满。",
					"net/ipv4/tcp_minisocks.c tcp_check_req; lab: accept-overflow-0"),
			},
			see:   []string{"SYN_SENT", "LISTEN", "ListenOverflows", "AQ01"},
			prove: []string{"accept-overflow-0"},
		},
		{
			number: 15,
			name:   "abort-on-overflow",
			said:   Text{"tcp_abort_on_overflow=1 makes clients fail fast when the accept queue is full", "设 tcp_abort_on_overflow=1，队列满时客户端能快速失败"},
			truth: []Statement{
				say("Only those get a RST whose last ACK comes to a full queue. SYNs are still dropped in silence: 27 of 30 surplus clients hung in SYN_SENT.",
					"只有第三次握手的 ACK 碰上队列满才会回 RST。SYN 照样被悄悄丢弃：实测 30 个多余的客户端有 27 个卡在 SYN_SENT。",
					"net/ipv4/tcp_minisocks.c tcp_check_req; lab: accept-overflow-1; "+measured),
			},
			see:   []string{"tcp_abort_on_overflow", "ListenOverflows", "AQ01"},
			prove: []string{"accept-overflow-1"},
		},
		{
			number: 27,
			name:   "syncookies-degrade",
			said:   Text{"tcp_syncookies=1 makes all connections worse", "开了 tcp_syncookies=1，所有连接都会变差"},
			truth: []Statement{
				say("Only connections that open while the queue of their listener overflows get a cookie. With room in the queue it does nothing. 2 is another matter: always.",
					"只有在监听者队列溢出期间建立的连接才用 cookie；队列有空位时它什么都不做。设成 2 则另当别论：总是用。",
					"net/ipv4/tcp_input.c tcp_conn_request; lab: syncookies-1; lab: syncookies-2"),
				say("1 is the default: writing it into a file changes nothing.", "1 就是默认值：写进配置文件等于没写。",
					"net/ipv4/tcp_ipv4.c tcp_sk_init"),
			},
			see:   []string{"tcp_syncookies", "SyncookiesSent", "SY02"},
			prove: []string{"syncookies-1", "syncookies-2"},
		},
		{
			number: 35,
			name:   "listen-drops-unattributable",
			said:   Text{"ListenDrops cannot be attributed to a listener without tracing", "不做跟踪就没法知道 ListenDrops 是哪个监听者丢的"},
			truth: []Statement{
				say("Each listener counts its own drops: ss -tlnm shows d and a number, tcpvitals queues shows drops.", "每个监听套接字都有自己的丢弃计数：ss -tlnm 里的 dN，tcpvitals queues 里的 drops。",
					"include/net/tcp.h tcp_listendrop; net/core/sock.c sk_get_meminfo; "+measured),
			},
			see: []string{"ListenDrops", "SK_MEMINFO_DROPS", "AQ01"},
		},
	}
}

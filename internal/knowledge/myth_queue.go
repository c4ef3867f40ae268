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
					"tcp_syncookies=1（默认）时根本不会读它。半连接的上限与全连接队列相同：监听套接字的 backlog 和 somaxconn 中较小者。",
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
				say("tcpvitals queues says which of the two is the limit of each listener.", "用 tcpvitals queues 看每个监听套接字的上限由谁决定。", "lab: somaxconn"),
			},
			see:   []string{"somaxconn", "LISTEN", "AQ02"},
			prove: []string{"somaxconn-later", "somaxconn"},
		},
		{
			number: 13,
			name:   "syn-recv-flood-size",
			said:   Text{"The number of SYN_RECV shows how big a SYN flood is", "SYN_RECV 的数量就是 SYN flood 的规模"},
			truth: []Statement{
				say("A listener keeps backlog + 1 of them. What is beyond is answered by cookies and shows only in SyncookiesSent, in TCPReqQFullDoCookies and in one line of the kernel's log: 1,000 SYNs at listen(100) left 101 SYN_RECV.",
					"每个监听套接字最多保留 backlog + 1 个，其余用 cookie 应答，只能从 SyncookiesSent、TCPReqQFullDoCookies 和内核日志的一行看出：对 listen(100) 发 1,000 个 SYN，只有 101 个 SYN_RECV。",
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
				say("Since Linux 4.10 a SYN that meets a full accept queue is dropped: the client waits in SYN_SENT, and the server has no socket for it. What shows there is the full queue (Recv-Q above Send-Q), ListenOverflows and ListenDrops.",
					"Linux 4.10 起，全连接队列满时 SYN 直接被丢：客户端停在 SYN_SENT，服务端没有对应的套接字；能看到的是队列已满（Recv-Q 大于 Send-Q）、ListenOverflows 和 ListenDrops。",
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
					"只有在监听套接字队列溢出期间建立的连接才用 cookie；队列有空位时它什么都不做。设成 2 则另当别论：总是用。",
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
			said:   Text{"ListenDrops cannot be attributed to a listener without tracing", "不做跟踪就没法知道 ListenDrops 是哪个监听套接字丢的"},
			truth: []Statement{
				say("Each listener counts its own drops, and its part of ListenDrops is among them: ss -tlnm shows d and a number, tcpvitals queues shows drops.", "每个监听套接字都有自己的丢弃计数，ListenDrops 中属于它的部分都在里面：ss -tlnm 里的 dN，tcpvitals queues 里的 drops。",
					"include/net/tcp.h tcp_listendrop; net/core/sock.c sk_get_meminfo; "+measured),
				say("The number is a bound, not a proof: bare RSTs, FINs and scans are among it too and lose nothing. ListenDrops belongs to a listener that was seen full, or whose drops alone grew meanwhile.", "这个数是上限，不是证据：单独的 RST、FIN 和扫描报文也计入，却没有任何损失。只有看到队列已满，或同期只有它的丢弃数在涨，ListenDrops 才属于它。",
					"net/ipv4/tcp_input.c tcp_rcv_state_process; "+measured),
			},
			see: []string{"ListenDrops", "SK_MEMINFO_DROPS", "AQ01"},
		},
	}
}

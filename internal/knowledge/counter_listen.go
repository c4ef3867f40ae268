// SPDX-License-Identifier: Apache-2.0

package knowledge

// listenCounters tell what listeners lost.
func listenCounters() []Topic {
	return counterTopics(
		counter{
			name:  "TcpExt.ListenOverflows",
			title: Text{"connection attempts that found an accept queue full", "碰上全连接队列已满的连接请求"},
			counts: []Statement{
				say("A SYN, a final ACK or the ACK of a cookie came while the accept queue held more than its limit.",
					"SYN、第三次握手的 ACK 或 cookie 的 ACK 到达时，全连接队列已超过上限。",
					"net/ipv4/tcp_input.c tcp_conn_request; net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock; net/ipv4/tcp_input.c tcp_get_syncookie_mss"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It counts attempts, not clients: one client that repeats its SYN counts several times.",
					"计的是次数，不是客户端数：一个客户端重发 SYN 会计多次。",
					"net/ipv4/tcp_input.c tcp_conn_request"),
				say("It does not say which listener. tcpvitals queues --window 10s does where it can be known: the one that is seen full, or whose own drops alone grew.",
					"看不出是哪个监听套接字。能判断时 tcpvitals queues --window 10s 会指出：看到队列已满的，或只有它自己的丢弃数在涨的。",
					"include/net/tcp.h tcp_listendrop; net/core/sock.c sk_get_meminfo"),
			},
			use: []Statement{
				say("Growth means that clients wait 1 s and more for a connection. Accept faster; then raise the limit that applies: the smaller of backlog and somaxconn.",
					"在涨就意味着客户端要多等 1 秒甚至更久。先加快 accept，再调大起作用的那个上限：backlog 与 somaxconn 中较小者。",
					"net/socket.c __sys_listen; lab: accept-overflow-0; lab: somaxconn"),
			},
			see:   []string{"LISTEN", "ListenDrops", "SK_MEMINFO_DROPS", "somaxconn", "AQ01", "AQ02"},
			prove: []string{"accept-overflow-0", "somaxconn"},
		},
		counter{
			name:  "TcpExt.ListenDrops",
			title: Text{"packets that a listener dropped, for whatever reason", "监听套接字丢弃的报文，不论原因"},
			counts: []Statement{
				say("Every SYN or ACK that a listener threw away: ListenOverflows is a part of it, and so are a full SYN queue without cookies, ICMP errors in answer to a SYN-ACK, no memory and no route back.",
					"监听套接字丢掉的所有 SYN 或 ACK：ListenOverflows 是其中一部分，此外还有关闭 cookie 时半连接队列满、SYN-ACK 收到 ICMP 错误、内存不足、没有回程路由等。",
					"include/net/tcp.h tcp_listendrop; net/ipv4/tcp_input.c tcp_conn_request"),
				say("The same event counts at the listener itself (SK_MEMINFO_DROPS): ten drops were 10 in both. That one counts what is merely discarded too; ten bare RSTs were 10 there and 0 here.",
					"同一事件也计在监听套接字自己身上（SK_MEMINFO_DROPS）：实测丢 10 次，两边都是 10。后者还计入仅仅被忽略的报文：十个单独的 RST，那边是 10，这边是 0。",
					"include/net/tcp.h tcp_listendrop; "+measured),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("Alone it names no cause. Subtract ListenOverflows and TCPReqQFullDrop; what is left is ICMP errors, memory, routes and policy.",
					"单看它看不出原因。减去 ListenOverflows 和 TCPReqQFullDrop，剩下的才是 ICMP 错误、内存、路由或策略问题。",
					"net/ipv4/tcp_input.c tcp_conn_request"),
				say("With tcp_syncookies=0 a listener also drops at three quarters of tcp_max_syn_backlog, and then no other counter moves.",
					"tcp_syncookies=0 时，半连接到 tcp_max_syn_backlog 的四分之三就会开始丢，而且其他计数器都不动。",
					"net/ipv4/tcp_input.c tcp_conn_request; lab: max-syn-backlog"),
			},
			see:   []string{"LISTEN", "ListenOverflows", "TCPReqQFullDrop", "SK_MEMINFO_DROPS", "AQ03", "SY03", "listen-drops-unattributable"},
			prove: []string{"syncookies-0", "max-syn-backlog"},
		},
		counter{
			name:    "SK_MEMINFO_DROPS",
			aliases: []string{"sk_drops", "drops of a listener"},
			title:   Text{"what one listener has discarded since it was opened", "某个监听套接字自打开以来丢弃的报文数"},
			counts: []Statement{
				say("For a listener: its part of ListenDrops, and besides what it merely discards: a bare RST or FIN, segments of a scan, with TCP_DEFER_ACCEPT the bare ACK of every handshake. ss -tlnm shows it as d and a number; tcpvitals queues shows it as drops.",
					"对监听套接字而言：它在 ListenDrops 中的那一份，再加上仅仅被忽略的报文：单独的 RST 或 FIN、扫描报文，以及启用 TCP_DEFER_ACCEPT 时每次握手的纯 ACK。ss -tlnm 里的 dN，tcpvitals queues 里的 drops。",
					"include/net/tcp.h tcp_listendrop; net/ipv4/tcp_input.c tcp_rcv_state_process; net/core/sock.c sk_get_meminfo; "+measured),
			},
			traps: []Statement{
				say("Growth alone is no loss: where ListenDrops stands still, no connection was lost.",
					"光是增长并不意味着丢失：ListenDrops 不动，就没有丢失连接。",
					"net/ipv4/tcp_input.c tcp_rcv_state_process; "+measured),
			},
			scope: []Statement{
				say("One number for each socket, 32 bits, from 0 when it is opened. Members of a SO_REUSEPORT group count apart.",
					"每个套接字一份，32 位，打开时为 0。SO_REUSEPORT 组里的成员各计各的。",
					"include/net/sock.h struct sock (sk_drops)"),
			},
			see: []string{"ListenDrops", "LISTEN", "AQ01"},
		},
		counter{
			name:  "TcpExt.TCPReqQFullDrop",
			title: Text{"SYNs dropped because the SYN queue was full and cookies are off", "半连接队列满且关闭了 cookie 而丢弃的 SYN"},
			counts: []Statement{
				say("The listener had more half-open connections than its backlog, and tcp_syncookies is 0.",
					"监听套接字的半连接数超过 backlog，而 tcp_syncookies 为 0。",
					"net/ipv4/tcp_input.c tcp_syn_flood_action; lab: syncookies-0"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Set tcp_syncookies to 1. There is no reason for 0.", "把 tcp_syncookies 设回 1，没有理由用 0。",
					"net/ipv4/tcp_input.c tcp_syn_flood_action"),
			},
			see:   []string{"SYN_RECV", "tcp_syncookies", "ListenDrops", "SY03"},
			prove: []string{"syncookies-0"},
		},
		counter{
			name:  "TcpExt.TCPReqQFullDoCookies",
			title: Text{"SYNs that found the SYN queue full and were to get a cookie", "半连接队列已满、改用 cookie 应答的 SYN"},
			counts: []Statement{
				say("The listener had more half-open connections than its backlog, and tcp_syncookies is not 0. With 2, every SYN counts.",
					"监听套接字的半连接数超过 backlog，且 tcp_syncookies 不为 0。设为 2 时每个 SYN 都计。",
					"net/ipv4/tcp_input.c tcp_syn_flood_action; lab: syncookies-1; lab: syncookies-2"),
			},
			scope: perNamespace(),
			see:   []string{"SYN_RECV", "SyncookiesSent", "tcp_syncookies", "SY02"},
			prove: []string{"syncookies-1"},
		},
		counter{
			name:  "TcpExt.TCPDeferAcceptDrop",
			title: Text{"final ACKs that TCP_DEFER_ACCEPT ignored", "被 TCP_DEFER_ACCEPT 忽略的第三次握手 ACK"},
			counts: []Statement{
				say("The bare ACK of a client that has not sent data yet, at a listener with TCP_DEFER_ACCEPT. The connection stays in SYN_RECV.",
					"监听套接字设了 TCP_DEFER_ACCEPT，客户端只回了 ACK 还没发数据，这个 ACK 被忽略，连接留在 SYN_RECV。",
					"net/ipv4/tcp_minisocks.c tcp_check_req; lab: defer-accept"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("Nothing is lost: it explains a high SYN_RECV that is not an attack.",
					"什么也没丢：它说明 SYN_RECV 多不是因为攻击。",
					"net/ipv4/tcp_minisocks.c tcp_check_req; lab: defer-accept"),
			},
			see:   []string{"SYN_RECV", "SY01"},
			prove: []string{"defer-accept"},
		},
		counter{
			name:  "TcpExt.TCPMigrateReqSuccess",
			title: Text{"connections of a closing listener that another took over", "监听套接字关闭时被其他监听套接字接管的连接"},
			counts: []Statement{
				say("With tcp_migrate_req=1 or a BPF program: half-open or waiting connections that moved to another member of the SO_REUSEPORT group.",
					"tcp_migrate_req=1 或有 BPF 程序时，转移给 SO_REUSEPORT 组内其他成员的半连接或等待中的连接。",
					"net/ipv4/inet_connection_sock.c inet_csk_listen_stop, reqsk_timer_handler; net/core/sock_reuseport.c reuseport_migrate_sock"),
			},
			scope: perNamespace(),
			see:   []string{"LISTEN", "TCPMigrateReqFailure", "tcp_migrate_req"},
		},
		counter{
			name:  "TcpExt.TCPMigrateReqFailure",
			title: Text{"connections of a closing listener that could not be moved", "监听套接字关闭时未能转移的连接"},
			counts: []Statement{
				say("A connection should have moved to another member of the SO_REUSEPORT group, but no member took it: it is lost.",
					"连接本该转移给 SO_REUSEPORT 组内其他成员，却没有成员能接，于是丢失。",
					"net/ipv4/inet_connection_sock.c inet_csk_listen_stop; net/core/sock_reuseport.c reuseport_migrate_sock"),
			},
			scope: perNamespace(),
			see:   []string{"LISTEN", "TCPMigrateReqSuccess", "tcp_migrate_req"},
		},
	)
}

// cookieCounters tell what happened to SYN cookies.
func cookieCounters() []Topic {
	return counterTopics(
		counter{
			name:    "TcpExt.SyncookiesSent",
			aliases: []string{"syncookies sent"},
			title:   Text{"SYN-ACKs that carried a cookie instead of a place in the SYN queue", "用 cookie 应答、不占半连接队列的 SYN-ACK"},
			counts: []Statement{
				say("SYNs answered while the SYN queue of the listener was full (or always, with tcp_syncookies=2). Nothing is kept: no SYN_RECV appears.",
					"监听套接字半连接队列已满时（tcp_syncookies=2 时总是）用 cookie 应答的 SYN。内核什么也不保存，不会出现 SYN_RECV。",
					"include/net/tcp.h cookie_init_sequence; lab: syncookies-1; lab: syncookies-2"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("The size of a SYN flood is here, not in the number of SYN_RECV. Recv/Sent near 1 is real clients and a backlog that is too small; near 0 it is a flood.",
					"SYN flood 的规模看这里，不看 SYN_RECV 的数量。Recv/Sent 接近 1 是真实客户端、backlog 太小；接近 0 才是 flood。",
					"net/ipv4/syncookies.c cookie_v4_check; "+measured),
			},
			see:   []string{"SYN_RECV", "SyncookiesRecv", "SyncookiesFailed", "tcp_syncookies", "SY02"},
			prove: []string{"syncookies-1"},
		},
		counter{
			name:  "TcpExt.SyncookiesRecv",
			title: Text{"ACKs whose cookie was right: real clients", "cookie 验证通过的 ACK：真实客户端"},
			counts: []Statement{
				say("Final ACKs that brought back a valid cookie. Each opens a connection if the accept queue has room.",
					"带回有效 cookie 的第三次握手 ACK；全连接队列有空位时就建立连接。",
					"net/ipv4/syncookies.c cookie_v4_check; lab: syncookies-1"),
			},
			scope: perNamespace(),
			see:   []string{"SyncookiesSent", "SyncookiesFailed", "SY02"},
			prove: []string{"syncookies-1"},
		},
		counter{
			name:  "TcpExt.SyncookiesFailed",
			title: Text{"ACKs without a connection whose cookie was wrong", "没有对应连接、cookie 又不对的 ACK"},
			counts: []Statement{
				say("ACKs to a listener that looked like the answer to a cookie and were not.",
					"发到监听端口、看似回应 cookie 但验证不过的 ACK。",
					"net/ipv4/syncookies.c cookie_v4_check"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("It counts only while the listener has overflowed a short time ago. At other times such an ACK is no cookie and is simply reset.",
					"只有监听套接字不久前溢出过才计数。平时这样的 ACK 根本不当 cookie 看，直接回 RST。",
					"net/ipv4/syncookies.c cookie_v4_check; include/net/tcp.h tcp_synq_no_recent_overflow"),
			},
			see: []string{"SyncookiesSent", "SyncookiesRecv", "SY02"},
		},
	)
}

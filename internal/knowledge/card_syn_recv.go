// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func synRecv() StateCard {
	return StateCard{
		State: tcp.SynRecv,
		Summary: Text{
			"half-open: a client's SYN is answered, its ACK has not come",
			"半连接：已回复 SYN-ACK，还没等到客户端的 ACK",
		},
		What: []Statement{
			say("A SYN has arrived and we have answered SYN-ACK. The third segment of the handshake is missing.",
				"收到了 SYN，也回了 SYN-ACK，还差第三次握手的 ACK。",
				"RFC 9293 3.3.2"),
			say("On Linux this is a request, not yet a socket; the kernel calls it NEW_SYN_RECV.",
				"在 Linux 里它只是一个请求（request），还不是套接字，内核内部叫 NEW_SYN_RECV。",
				"include/net/tcp_states.h; net/ipv4/tcp_input.c tcp_conn_request"),
		},
		Enter: []Statement{
			say("By a SYN to a listener whose queues have room; also by a new SYN for a connection in TIME_WAIT.",
				"监听端口收到 SYN 且队列未满时进入；TIME_WAIT 的连接收到新的 SYN 也会进入。",
				"net/ipv4/tcp_input.c tcp_conn_request; net/ipv4/tcp_minisocks.c tcp_timewait_state_process"),
		},
		Leave: []Statement{
			say("The ACK comes and the accept queue has room: ESTABLISHED. A RST, or too many timeouts: dropped.",
				"收到 ACK 且全连接队列未满：ESTABLISHED；收到 RST 或重试次数用完：丢弃。",
				"net/ipv4/tcp_minisocks.c tcp_check_req"),
			say("The RFC's way to FIN_WAIT1 by close() is rare on Linux: no process can close a request. Only a simultaneous open or TCP Fast Open has a socket in this state.",
				"RFC 里 close() 进入 FIN_WAIT1 的那条路在 Linux 上很少见：请求不属于任何进程，无从关闭。只有同时打开或 TCP Fast Open 时，这个状态才有套接字。",
				"net/ipv4/tcp.c new_state; net/ipv4/tcp_input.c tcp_rcv_state_process"),
		},
		Lasts: []Statement{
			say("64.5 s measured (tcp_synack_retries 5: SYN-ACK repeated after 1, 3, 7, 15, 31 s).",
				"实测 64.5 秒（tcp_synack_retries=5，SYN-ACK 在第 1、3、7、15、31 秒重发）。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler; "+measured),
			say("Less once a listener holds more requests than half its backlog: 7 s when at most an eighth of them is younger than 1 s, 15 s up to a quarter, 31 s up to a half. Of 411, 349 lived 7 s and 62 lived 15 s.",
				"监听套接字的半连接超过 backlog 的一半时会更短：其中不到 1 秒的至多占八分之一时 7 秒，至多四分之一时 15 秒，至多一半时 31 秒。实测 411 个中有 349 个 7 秒、62 个 15 秒。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler; "+measured),
		},
		Owner: []Statement{
			say("The kernel, for a listener. No process, no descriptor, inode 0.",
				"由内核代监听套接字保管：没有进程、没有描述符，inode 为 0。",
				"net/ipv4/inet_connection_sock.c inet_csk_reqsk_queue_hash_add; "+measured),
		},
		Weight: []Statement{
			say("320 bytes each, 0.45 GB for a million. Not counted in /proc/net/sockstat.",
				"每个 320 字节，一百万个约 0.45 GB。不计入 /proc/net/sockstat。",
				"slab request_sock_TCP; "+measured),
		},
		Normal: []Statement{
			say("Handshakes a second times the round-trip time: 300 a second at 50 ms are 15.",
				"每秒握手数 × 往返时延：每秒 300 个、时延 50 ms，就是 15 个左右。",
				"Little's law"),
			say("More with TCP_DEFER_ACCEPT (nginx \"deferred\"): clients that have not sent data stay here.",
				"用了 TCP_DEFER_ACCEPT（nginx 的 deferred）会更多：还没发数据的客户端都停在这里。",
				"net/ipv4/tcp_minisocks.c tcp_check_req; "+measured),
		},
		Symptom: []Statement{
			say("Far more than that: a SYN flood or a scan, lost SYN-ACKs, a one-way route, or a full accept queue.",
				"远超这个数：SYN flood 或扫描、SYN-ACK 丢失、路由不对称，或全连接队列已满。",
				"RFC 4987; net/ipv4/tcp_minisocks.c tcp_check_req"),
			say("A plateau at half a listener's backlog points to a slow flood. A big flood does not show here: SYNs of new peers fill at most backlog + 1 rows for each listener, the rest is cookies (SyncookiesSent). Only a SYN for a connection in TIME_WAIT passes the limit.",
				"稳定在某个监听套接字 backlog 的一半，多半是低速 flood。大规模 flood 反而看不到：新来的 SYN 在每个监听套接字上最多占 backlog + 1 条，其余都走 cookie（看 SyncookiesSent）。只有命中 TIME_WAIT 的 SYN 不受此限。",
				"net/ipv4/tcp_input.c tcp_conn_request; "+measured),
		},
		App: []Statement{
			say("Accept faster where the accept queue is full. A larger backlog in listen(), which bounds this queue too, where the clients are real: a flood would only fill it too.",
				"全连接队列满时加快 accept。客户端真实存在时加大 listen() 的 backlog，半连接队列的上限也是它；若是 flood，再大也只会同样被占满。",
				"include/net/inet_connection_sock.h inet_csk_reqsk_queue_is_full"),
		},
		Kernel: []Statement{
			say("Leave tcp_syncookies at 1 (the default): it acts only when the queue is full.",
				"tcp_syncookies 保持 1（默认）：只有队列满了才起作用。",
				"net/ipv4/tcp_input.c tcp_conn_request"),
			say("Under a lasting flood, filter upstream. tcp_synack_retries of 3 helps only while a listener has fewer half-open connections than half its backlog: beyond half the kernel repeats less by itself.",
				"持续被 flood 时，应在上游清洗。tcp_synack_retries 调到 3 只在半连接不到 backlog 一半时有用：超过一半后内核自己就会减少重发。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler; RFC 4987"),
		},
		Avoid: []Statement{
			say("tcp_max_syn_backlog: not read while tcp_syncookies is 1.",
				"调 tcp_max_syn_backlog：tcp_syncookies=1 时不会读它。",
				"net/ipv4/tcp_input.c tcp_conn_request; commit ef547f2ac16b; "+measured),
			say("tcp_syncookies=2: for tests; it sends cookies always.",
				"tcp_syncookies=2：仅供测试，会对所有连接都用 cookie。",
				"net/ipv4/tcp_input.c tcp_conn_request; Documentation/networking/ip-sysctl.rst"),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.5", "RFC 9293 3.5.3", "RFC 4987"},
	}
}

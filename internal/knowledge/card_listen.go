// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func listen() StateCard {
	return StateCard{
		State: tcp.Listen,
		Summary: Text{
			"a server waits for connections",
			"服务端正在监听，等待连接",
		},
		What: []Statement{
			say("Not a connection but a door: a socket on which clients can connect.",
				"它不是连接，而是入口：客户端可以连进来的监听套接字。",
				"RFC 9293 3.3.2"),
			say("It has two queues: half-open connections (SYN_RECV), and the accept queue of finished handshakes.",
				"它有两个队列：半连接队列（SYN_RECV）和全连接队列（已完成握手、等 accept 的连接）。",
				"net/ipv4/inet_connection_sock.c inet_csk_listen_start"),
		},
		Enter: []Statement{
			say("By listen().", "调用 listen() 进入。", "net/ipv4/inet_connection_sock.c inet_csk_listen_start"),
		},
		Leave: []Statement{
			say("By close(), and by shutdown() with SHUT_RD or SHUT_RDWR. Connections that nobody has accepted are reset; half-open ones vanish at their next timer.",
				"调用 close()，或者用 SHUT_RD、SHUT_RDWR 调用 shutdown()。还没 accept 的连接会被 RST，半连接要等到各自的定时器触发才消失。",
				"net/ipv4/inet_connection_sock.c inet_csk_listen_stop, reqsk_timer_handler; "+measured),
			say("A connecting client does not move it: each connection is a new object.",
				"客户端连进来不会改变它的状态：每个连接都是新对象。",
				"net/ipv4/tcp_input.c tcp_conn_request"),
		},
		Lasts: []Statement{
			say("As long as the process keeps it open.", "进程不关，就一直在。", "net/ipv4/inet_connection_sock.c inet_csk_listen_start (starts no timer)"),
		},
		Owner: []Statement{
			say("A process. Several listeners on one port (SO_REUSEPORT) have a queue each: one stuck worker overflows alone.",
				"某个进程。同一端口可以有多个监听套接字（SO_REUSEPORT），各有各的队列：一个 worker 卡住，只溢出它自己的。",
				"net/core/sock_reuseport.c reuseport_select_sock"),
		},
		Weight: []Statement{
			say("About 3.6 KB and a file descriptor. Each waiting connection adds 2.7 KB.",
				"约 3.6 KB 和一个文件描述符；队列里每个等待的连接再加 2.7 KB。",
				"slabs TCP, sock_inode_cache, filp, dentry; "+measured),
		},
		Normal: []Statement{
			say("Any number: one for each port, address and SO_REUSEPORT worker.",
				"多少都正常：每个端口、地址、SO_REUSEPORT worker 各一个。",
				"net/core/sock_reuseport.c reuseport_alloc"),
		},
		Symptom: []Statement{
			say("In ss -ltn, Recv-Q stays above 0: connections wait for accept(). At Send-Q + 1 the queue is full, and new SYNs are dropped in silence.",
				"ss -ltn 里 Recv-Q 长期大于 0：有连接在等 accept()。到 Send-Q + 1 就满了，新的 SYN 会被悄悄丢弃。",
				"include/net/sock.h sk_acceptq_is_full; net/ipv4/tcp_input.c tcp_conn_request; "+measured),
			say("ListenOverflows grows, or the drop counter of one listener (dN in ss -ltnm).",
				"ListenOverflows 在涨，或某个监听套接字的丢弃计数在涨（ss -ltnm 里的 dN）。",
				"net/ipv4/tcp_input.c tcp_conn_request; "+measured),
		},
		App: []Statement{
			say("Accept faster: more workers, no slow work in the accept loop, no EMFILE.",
				"加快 accept：增加 worker，accept 循环里不做慢操作，避免 EMFILE。",
				"net/ipv4/inet_connection_sock.c inet_csk_accept"),
			say("A larger backlog in listen(), if bursts are the reason.",
				"如果是突发流量造成的，加大 listen() 的 backlog。",
				"net/socket.c __sys_listen"),
		},
		Kernel: []Statement{
			say("net.core.somaxconn (4096) cuts the backlog. Raise it only if Send-Q equals it, and then call listen() again or restart: it is read at listen() only.",
				"net.core.somaxconn（默认 4096）是 backlog 的上限。只有 Send-Q 等于它时才需要调大，而且要重新 listen() 或重启才生效。",
				"net/socket.c __sys_listen; "+measured),
		},
		Avoid: []Statement{
			say("tcp_max_syn_backlog: ignored while tcp_syncookies is 1, which is the default.",
				"调 tcp_max_syn_backlog：tcp_syncookies=1（默认）时根本不看它。",
				"net/ipv4/tcp_input.c tcp_conn_request; commit ef547f2ac16b; "+measured),
			say("tcp_abort_on_overflow: SYNs to a full queue are dropped before it is asked.",
				"开 tcp_abort_on_overflow：队列满时 SYN 在更早的地方就丢了，轮不到它。",
				"net/ipv4/tcp_minisocks.c tcp_check_req; commit 5ea8ea2cb7f1; "+measured),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.10.1", "RFC 9293 3.10.7.2"},
	}
}

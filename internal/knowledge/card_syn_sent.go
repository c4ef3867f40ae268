// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func synSent() StateCard {
	return StateCard{
		State: tcp.SynSent,
		Summary: Text{
			"we are connecting; the peer has not answered our SYN",
			"本机正在发起连接，对端还没回应 SYN",
		},
		What: []Statement{
			say("connect() has sent a SYN, and no SYN-ACK and no RST has come back.",
				"connect() 已发出 SYN，还没收到 SYN-ACK，也没收到 RST。",
				"RFC 9293 3.3.2"),
		},
		Enter: []Statement{
			say("By connect().", "调用 connect() 进入。", "net/ipv4/tcp_ipv4.c tcp_v4_connect"),
		},
		Leave: []Statement{
			say("SYN-ACK: ESTABLISHED. RST: CLOSE, connect() fails with ECONNREFUSED. No answer: CLOSE, ETIMEDOUT.",
				"收到 SYN-ACK：ESTABLISHED；收到 RST：CLOSE，connect() 报 ECONNREFUSED；一直没回应：CLOSE，报 ETIMEDOUT。",
				"net/ipv4/tcp_input.c tcp_rcv_synsent_state_process, tcp_reset; net/ipv4/tcp_timer.c tcp_write_timeout"),
			say("An ICMP error ends it at once too: host unreachable or administratively prohibited is EHOSTUNREACH, port unreachable is ECONNREFUSED.",
				"收到 ICMP 错误也会立刻结束：主机不可达、管理禁止报 EHOSTUNREACH，端口不可达报 ECONNREFUSED。",
				"net/ipv4/tcp_ipv4.c tcp_v4_err; "+measured),
			say("A SYN from the peer at the same moment: SYN_RECV (simultaneous open, very rare).",
				"双方同时发 SYN：进入 SYN_RECV（同时打开，非常罕见）。",
				"RFC 9293 3.5"),
		},
		Lasts: []Statement{
			say("135 s measured on Linux 6.18 with the defaults (tcp_syn_retries 6 and 4 linear retries, ten SYNs repeated); 127 s by the model of kernels without linear retries.",
				"默认参数下，Linux 6.18 实测 135 秒（tcp_syn_retries=6，加 4 次线性重试，共重发 10 次）；没有线性重试的旧内核按模型是 127 秒。",
				"net/ipv4/tcp_timer.c tcp_write_timeout; commit ccce324dabfe; "+measured),
			say("Shorter with TCP_SYNCNT or TCP_USER_TIMEOUT on the socket. The RFC asks for 3 minutes at least.",
				"可以用 TCP_SYNCNT 或 TCP_USER_TIMEOUT 按套接字缩短。RFC 要求至少 3 分钟。",
				"RFC 9293 3.8.3 MUST-23; net/ipv4/tcp_timer.c tcp_write_timeout"),
		},
		Owner: []Statement{
			say("The process that called connect().", "调用 connect() 的进程。", "net/ipv4/tcp_ipv4.c tcp_v4_connect"),
		},
		Weight: []Statement{
			say("About 3.6 KB, a file descriptor and a local port.", "约 3.6 KB、一个文件描述符和一个本地端口。", "slabs TCP, sock_inode_cache, filp, dentry; "+measured),
		},
		Normal: []Statement{
			say("A handful: connects a second times the round-trip time.",
				"零星几个：每秒发起连接数 × 往返时延。",
				"Little's law"),
		},
		Symptom: []Statement{
			say("Many to one destination, with retransmissions: it is down, a firewall drops, or its accept queue is full (a full Linux queue drops SYNs in silence).",
				"大量指向同一目标、且有重传：对端宕机、防火墙丢包，或对端的全连接队列满了（Linux 会悄悄丢 SYN）。",
				"net/ipv4/tcp_input.c tcp_conn_request; "+measured),
			say("The peer answers with an ACK instead of a SYN-ACK: it still has an old connection, often CLOSE_WAIT, on the same addresses and ports.",
				"对端回的是 ACK 而不是 SYN-ACK：它那边同一四元组还留着旧连接，往往是 CLOSE_WAIT。",
				"net/ipv4/tcp_input.c tcp_validate_incoming"),
		},
		App: []Statement{
			say("Set a connect timeout of a few seconds, limit parallel dials, stop dialling what is down.",
				"设置几秒的连接超时，限制并发建连数，目标不可用时熔断。",
				"RFC 9293 3.8.3 (the application can give up sooner)"),
		},
		Kernel: []Statement{
			say("tcp_syn_retries of 3 only where every program of the namespace wants connect() to fail sooner.",
				"tcp_syn_retries 调到 3，仅限该命名空间的所有程序都希望 connect() 更快失败的场景。",
				"net/ipv4/tcp_timer.c tcp_write_timeout"),
		},
		Avoid: []Statement{
			say("tcp_synack_retries, tcp_syncookies: they act on the server's side.",
				"调 tcp_synack_retries、tcp_syncookies：那是服务端的参数。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler; net/ipv4/tcp_input.c tcp_conn_request"),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.5", "RFC 9293 3.8.3"},
	}
}

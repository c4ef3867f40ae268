// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func closed() StateCard {
	return StateCard{
		State: tcp.Close,
		Summary: Text{
			"no connection",
			"没有连接",
		},
		What: []Statement{
			say("The RFC calls it CLOSED: a fictional state, there is nothing.",
				"RFC 里叫 CLOSED：一个虚构的状态，表示什么都没有。",
				"RFC 9293 3.3.2"),
		},
		Enter: []Statement{
			say("A new socket starts here; every connection ends here.", "新建的套接字从这里开始，所有连接最终回到这里。", "RFC 9293 3.3.2"),
		},
		Leave: []Statement{
			say("By bind(), listen() or connect().", "调用 bind()、listen() 或 connect()。", "net/ipv4/inet_connection_sock.c inet_csk_get_port, inet_csk_listen_start; net/ipv4/tcp_ipv4.c tcp_v4_connect"),
		},
		Lasts: []Statement{
			say("As long as a process keeps the socket without using it.", "进程一直不用、也不关这个套接字，就一直在。", "net/ipv4/tcp.c tcp_init_sock (starts no timer)"),
		},
		Owner: []Statement{
			say("The process that created the socket, or nobody once it is closed.", "创建套接字的进程；close 之后就没有了。", "net/ipv4/tcp.c __tcp_close"),
		},
		Weight: []Statement{
			say("About 3.6 KB and a descriptor, visible only as \"alloc\" in /proc/net/sockstat.",
				"约 3.6 KB 和一个描述符，只在 /proc/net/sockstat 的 alloc 里看得到。",
				"net/ipv4/proc.c sockstat_seq_show; "+measured),
		},
		Normal: []Statement{
			say("None: netstat and ss list sockets by connection, and there is none.",
				"正常是 0：netstat、ss 列的是连接，它没有连接。",
				"net/ipv4/inet_hashtables.c inet_hash"),
		},
		Symptom: []Statement{
			say("A process with far more socket descriptors than connections: it keeps sockets whose connection has ended. Compare lsof with ss -p.",
				"进程的 socket 描述符远多于连接数：连接早没了却没 close()。可对比 lsof 与 ss -p。",
				"net/ipv4/tcp.c tcp_done"),
		},
		App: []Statement{
			say("Close descriptors after ECONNRESET and ETIMEDOUT too.", "收到 ECONNRESET、ETIMEDOUT 之后也要 close() 描述符。", "net/ipv4/tcp.c tcp_done"),
		},
		Kernel: []Statement{
			say("Nothing.", "不用改。", "net/ipv4/tcp.c tcp_init_sock (starts no timer)"),
		},
		Avoid: []Statement{
			say("Reading UNCONN in ss as a fault: for TCP it is CLOSE, or BOUND.",
				"把 ss 里的 UNCONN 当成故障：对 TCP 来说它就是 CLOSE 或 BOUND。",
				"iproute2 misc/ss.c sstate_name"),
		},
		RFC: []string{"RFC 9293 3.3.2"},
	}
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func bound() StateCard {
	return StateCard{
		State: tcp.Bound,
		Summary: Text{
			"holds a local port, neither listening nor connected",
			"已占用本地端口，但既没监听也没连接",
		},
		What: []Statement{
			say("bind() was called, listen() or connect() was not. The RFC does not know this state; netstat does not show it.",
				"调用了 bind()，还没调用 listen() 或 connect()。RFC 里没有这个状态，netstat 也不显示。",
				"include/net/tcp_states.h TCP_BOUND_INACTIVE; "+measured),
		},
		Enter: []Statement{
			say("By bind().", "调用 bind() 进入。", "net/ipv4/inet_connection_sock.c inet_csk_get_port"),
		},
		Leave: []Statement{
			say("By listen() to LISTEN, by connect() to SYN_SENT, by close().",
				"listen() 进入 LISTEN，connect() 进入 SYN_SENT，或者 close()。",
				"net/ipv4/inet_connection_sock.c inet_csk_listen_start; net/ipv4/tcp_ipv4.c tcp_v4_connect"),
		},
		Lasts: []Statement{
			say("As long as the process keeps it.", "进程不关，就一直在。", "net/ipv4/inet_connection_sock.c inet_csk_get_port (starts no timer)"),
		},
		Owner: []Statement{
			say("A process.", "某个进程。", "net/ipv4/inet_diag.c inet_diag_msg_attrs_fill"),
		},
		Weight: []Statement{
			say("About 3.6 KB, a descriptor, and a port that connect() no longer chooses by itself for any destination; an explicit bind() to it still works when both sockets have SO_REUSEADDR.",
				"约 3.6 KB、一个描述符，以及一个端口：connect() 到任何目标都不能再自动选用它；双方都设了 SO_REUSEADDR 时，显式 bind() 它仍然可以。",
				"net/ipv4/inet_hashtables.c __inet_hash_connect; "+measured),
		},
		Normal: []Statement{
			say("A few: programs reserve a port before they use it.", "少量：有些程序先占端口、稍后再用。", "net/ipv4/inet_connection_sock.c inet_csk_get_port"),
		},
		Symptom: []Statement{
			say("Many in the range of ip_local_port_range, together with EADDRNOTAVAIL: they use up the ephemeral ports.",
				"大量落在 ip_local_port_range 范围内，同时出现 EADDRNOTAVAIL：临时端口被它们占光了。",
				"net/ipv4/inet_hashtables.c __inet_hash_connect; "+measured),
		},
		App: []Statement{
			say("Set IP_BIND_ADDRESS_NO_PORT before bind() to a source address with port 0; close what is not used.",
				"绑定源地址且端口为 0 时，先设 IP_BIND_ADDRESS_NO_PORT；不用的要 close()。",
				"net/ipv4/af_inet.c __inet_bind; "+measured),
		},
		Kernel: []Statement{
			say("Only kernels from 6.8 on can list them (commit 91051f003948).",
				"6.8 及以后的内核才能列出它们（commit 91051f003948）。",
				"commit 91051f003948; net/ipv4/inet_diag.c"),
		},
		Avoid: []Statement{
			say("Taking zero for \"none\" on older kernels: there it means \"cannot be seen\".",
				"在旧内核上把 0 当成“没有”：那只表示看不到。",
				"commit 91051f003948; "+measured),
		},
		RFC: []string{"RFC 9293 3.10.1"},
	}
}

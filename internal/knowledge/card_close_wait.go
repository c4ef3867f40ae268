// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func closeWait() StateCard {
	return StateCard{
		State: tcp.CloseWait,
		Summary: Text{
			"the peer has closed; our application has not called close() yet",
			"对端已经关闭，等本机应用调用 close()",
		},
		What: []Statement{
			say("The peer has sent its FIN. Everything now waits for our own application to close. Sending is still allowed.",
				"对端已发来 FIN，现在只等本机应用自己 close()。此时仍然可以继续发数据。",
				"RFC 9293 3.3.2, 3.6"),
		},
		Enter: []Statement{
			say("From ESTABLISHED, when the peer's FIN arrives.",
				"ESTABLISHED 收到对端 FIN 时进入。",
				"net/ipv4/tcp_input.c tcp_fin"),
		},
		Leave: []Statement{
			say("By our close() or shutdown() to LAST_ACK.",
				"本机调用 close() 或 shutdown() 后进入 LAST_ACK。",
				"net/ipv4/tcp.c new_state"),
			say("To CLOSE by a RST, or when data we still send stays unanswered.",
				"收到 RST，或还在发送的数据一直得不到确认，会直接到 CLOSE。",
				"net/ipv4/tcp_input.c tcp_reset; net/ipv4/tcp_timer.c tcp_write_err"),
		},
		Lasts: []Statement{
			say("For ever, until the application closes. No timer, no sysctl.",
				"没有上限：应用不 close，它就一直在。没有定时器，也没有 sysctl 管它。",
				"net/ipv4/tcp_input.c tcp_fin (starts no timer)"),
			say("With SO_KEEPALIVE it ends once the peer is gone: the peer forgets its FIN_WAIT2 (60 s by default) and answers our probe with a RST.",
				"如果设了 SO_KEEPALIVE，对端的 FIN_WAIT2 过期（默认 60 秒）之后，会用 RST 回应本端的探测，它就结束了。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer"),
		},
		Owner: []Statement{
			say("A process, through a file descriptor. Find it with ss -tanp state close-wait.",
				"某个进程，通过文件描述符持有。用 ss -tanp state close-wait 找到它。",
				"net/ipv4/inet_diag.c inet_diag_msg_attrs_fill (idiag_inode)"),
			say("Inode 0 means that no process has it yet: it is waiting in an accept queue, and the server does not accept().",
				"inode 为 0 说明还没有进程接手：它还在全连接队列（accept 队列）里，是服务端没有 accept()。",
				measured),
		},
		Weight: []Statement{
			say("About 3.6 KB, a file descriptor, and whatever has arrived and was not read.",
				"约 3.6 KB、一个文件描述符，再加上收到但没读的数据。",
				"slabs TCP, sock_inode_cache, filp, dentry; "+measured),
		},
		Normal: []Statement{
			say("For an instant at each close, or while we still stream an answer to a peer that has half-closed.",
				"每次关闭时短暂出现；或者对端已半关闭，而本端还在继续发送响应。",
				"RFC 9293 3.6.1"),
		},
		Symptom: []Statement{
			say("Any that live longer than a few seconds. A number that only grows is a leak of descriptors, and ends with \"too many open files\".",
				"存活超过几秒就不正常。只增不减就是描述符泄漏，最后会报 too many open files。",
				"net/ipv4/tcp_input.c tcp_fin (no timer ends it)"),
			say("An old one blocks its addresses and ports: a new SYN on them is answered with an ACK instead of a SYN-ACK.",
				"长期不关还会占住四元组：对端用同样的四元组发来新 SYN，只会得到一个 ACK，而不是 SYN-ACK。",
				"net/ipv4/tcp_input.c tcp_validate_incoming"),
		},
		App: []Statement{
			say("Close when read() returns 0, also on error paths. In a pool, drop connections that the peer has closed.",
				"read() 返回 0 就要 close()，错误分支也别漏；连接池要剔除已被对端关闭的连接。",
				"RFC 9293 3.6"),
			say("Look for threads that hang: the close() may stand behind a lock or a slow backend.",
				"检查有没有线程卡住：close() 可能排在某把锁或某个慢后端之后。",
				"RFC 9293 3.6 (only our user's CLOSE ends it)"),
			say("Inode 0: unblock the acceptor; see LISTEN.",
				"inode 为 0 的：去解决 accept 卡住的问题，见 LISTEN。",
				measured),
		},
		Kernel: []Statement{
			say("Nothing to tune. In an emergency tcpvitals kill 'state close-wait and sport = 8080' shows them and frees the addresses and the buffers of one port (CONFIG_INET_DIAG_DESTROY), not the descriptors: against \"too many open files\" only close() or a restart helps. Without a port it hits every program of the namespace, and half-closed streams that are still served.",
				"没有可调的参数。应急可以用 tcpvitals kill 'state close-wait and sport = 8080'，先展示再释放某个端口的四元组和缓冲区（需要 CONFIG_INET_DIAG_DESTROY），但描述符不会释放：too many open files 只能靠 close() 或重启解决。不带端口会波及该命名空间里的所有程序，包括仍在正常服务的半关闭连接。",
				"net/ipv4/tcp.c tcp_abort; "+measured),
		},
		Avoid: []Statement{
			say("tcp_fin_timeout and tcp_keepalive_*: the first does not touch CLOSE_WAIT, the second only sockets with SO_KEEPALIVE.",
				"调 tcp_fin_timeout 或 tcp_keepalive_*：前者跟 CLOSE_WAIT 无关，后者只对设了 SO_KEEPALIVE 的套接字有效。",
				"include/net/tcp.h tcp_fin_time; net/ipv4/tcp_timer.c tcp_keepalive_timer"),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.6", "RFC 9293 3.6.1"},
	}
}

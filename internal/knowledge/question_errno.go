// SPDX-License-Identifier: Apache-2.0

package knowledge

import "fmt"

// Where languages tell what they make of an error of a system call.
const (
	pythonErrors = "https://docs.python.org/3/library/exceptions.html"
	javaErrors   = "https://github.com/openjdk/jdk/blob/master/src/java.base/unix/native/libnio/ch/Net.c"
	nodeErrors   = "https://nodejs.org/api/errors.html"
)

// errnoQuestions are about what system calls fail with, beside the errors that
// people ask for most.
func errnoQuestions() []Topic {
	return questionTopics(noRoute(), netUnreachable(), aborted(), wouldBlock(), inProgress(), notConnected(), notPermitted(), noBuffers())
}

// printed describes how an error appears in logs. Number and text are Linux's on all
// architectures that Go runs on but MIPS; Go writes the text in lower case.
func printed(number int, name, text, java, python string) Statement {
	en := fmt.Sprintf("In logs: %d: %s (C, nginx); %s (Node); %s (Python)", number, text, name, python)
	zh := fmt.Sprintf("日志里的样子：%d: %s（C、nginx）；%s（Node）；%s（Python）", number, text, name, python)
	source := "errno(3); " + nodeErrors + "; " + pythonErrors
	if java != "" {
		en += "; " + java + " (Java)"
		zh += "；" + java + "（Java）"
		source += "; " + javaErrors
	}
	return say(en+".", zh+"。", source)
}

func noRoute() question {
	return question{
		name:    "no-route-to-host",
		aliases: []string{"EHOSTUNREACH", "no route to host", "errno 113", "113: No route to host", "NoRouteToHostException", "没有到主机的路由", "主机不可达", "host unreachable"},
		ask:     Text{"What does \"no route to host\" mean?", "“没有到主机的路由”（no route to host）是什么意思？"},
		short: []Statement{
			say("Mostly not the routing: a firewall on the way or on the host answered that it refuses (ICMP administratively prohibited), or no machine of the local network answers for that address.",
				"多半不是路由问题：途中或对端的防火墙明确拒绝（ICMP 管理禁止），或者本地网络里没有机器应答这个地址。",
				"net/ipv4/tcp_ipv4.c tcp_v4_err; "+measured),
		},
		detail: []Statement{
			say("From connect() it comes at once, or after some seconds when the address is not found. A connection that is open is not ended by it: the error is kept, and told when retransmissions end.",
				"connect() 会立刻报错，找不到地址时要等几秒。已打开的连接不会因此结束：错误先记着，重传用尽时才报。",
				"net/ipv4/tcp_ipv4.c tcp_v4_err; net/ipv4/tcp_timer.c tcp_write_err"),
			printed(113, "EHOSTUNREACH", "No route to host", "java.net.NoRouteToHostException", "OSError: [Errno 113]"),
		},
		see: []string{"SYN_SENT", "network-unreachable", "connection-timed-out", "connection-refused"},
	}
}

func netUnreachable() question {
	return question{
		name:    "network-unreachable",
		aliases: []string{"ENETUNREACH", "network is unreachable", "errno 101", "101: Network is unreachable", "网络不可达"},
		ask:     Text{"What does \"network is unreachable\" mean?", "“网络不可达”（network is unreachable）是什么意思？"},
		short: []Statement{
			say("This host has no route to that address: nothing is sent. Often it is an IPv6 address that a name led to, on a host without IPv6.",
				"本机没有到该地址的路由：什么也没发出去。常见于域名解析出 IPv6 地址，而本机没有 IPv6。",
				"connect(2) ENETUNREACH; net/ipv4/tcp_ipv4.c tcp_v4_connect"),
		},
		detail: []Statement{
			say("ip route get ADDRESS says so too. In a container look inside its network namespace: it has routes of its own.", "ip route get 地址 会给出同样的结论。容器要到它自己的网络命名空间里看：路由是各自的。", "connect(2) ENETUNREACH"),
			say("A router can answer so as well (ICMP network unreachable).", "途中的路由器也可能这样回应（ICMP 网络不可达）。", "net/ipv4/tcp_ipv4.c tcp_v4_err"),
			printed(101, "ENETUNREACH", "Network is unreachable", "", "OSError: [Errno 101]"),
		},
		see: []string{"no-route-to-host", "SYN_SENT", "connection-timed-out"},
	}
}

func aborted() question {
	return question{
		name:    "connection-aborted",
		aliases: []string{"ECONNABORTED", "software caused connection abort", "errno 103", "103: Software caused connection abort", "ConnectionAbortedError", "连接中止", "由软件造成的连接终止", "软件导致连接中止"},
		ask:     Text{"What does \"software caused connection abort\" mean?", "“软件导致连接中止”（ECONNABORTED）是什么意思？"},
		short: []Statement{
			say("The connection was ended on this host, not by the peer: somebody ran tcpvitals kill or ss -K, or the kernel destroyed the socket.",
				"连接是在本机被结束的，不是对端：有人运行了 tcpvitals kill 或 ss -K，或内核销毁了套接字。",
				"net/ipv4/tcp.c tcp_abort; lab: destroy"),
		},
		detail: []Statement{
			say("accept() can fail so for a client that had gone: take the next one. It is no reason to stop a server.", "accept() 也可能因客户端已离开而这样报错：接着 accept 下一个即可，不应因此停止服务。", "accept(2) ECONNABORTED"),
			printed(103, "ECONNABORTED", "Software caused connection abort", "", "ConnectionAbortedError"),
		},
		see: []string{"connection-reset", "ESTABLISHED", "kill-a-connection"},
	}
}

func wouldBlock() question {
	return question{
		name:    "would-block",
		aliases: []string{"EAGAIN", "EWOULDBLOCK", "resource temporarily unavailable", "errno 11", "11: Resource temporarily unavailable", "资源暂时不可用"},
		ask:     Text{"What does \"resource temporarily unavailable\" (EAGAIN) mean on a socket?", "套接字上的“资源暂时不可用”（EAGAIN）是什么意思？"},
		short: []Statement{
			say("Nothing is wrong with the connection: there is nothing to read, no room to write or nobody to accept right now, and the socket does not block, or its SO_RCVTIMEO or SO_SNDTIMEO has passed.",
				"连接没有问题：现在没有可读的数据、没有可写的空间、或没有可 accept 的连接；套接字是非阻塞的，或 SO_RCVTIMEO、SO_SNDTIMEO 到时间了。",
				"net/ipv4/tcp.c tcp_recvmsg_locked; lab: rcvtimeo; lab: sndtimeo"),
		},
		detail: []Statement{
			say("Wait with poll or epoll and try again. The connection stays open, in the state it was in.", "用 poll、epoll 等待后重试。连接还开着，状态不变。", "recv(2) EAGAIN; lab: rcvtimeo"),
			say("If writes go on failing so, the peer does not read: Send-Q stays full.", "若写操作一直如此，是对端不读：Send-Q 一直是满的。", "lab: zero-window"),
			printed(11, "EAGAIN", "Resource temporarily unavailable", "", "BlockingIOError: [Errno 11]"),
		},
		see: []string{"rcvtimeo-closes", "send-receive-timeout", "ES06", "recv-q-send-q"},
	}
}

func inProgress() question {
	return question{
		name:    "in-progress",
		aliases: []string{"EINPROGRESS", "EALREADY", "operation now in progress", "operation already in progress", "errno 115", "115: Operation now in progress", "操作现在正在进行", "操作正在进行"},
		ask:     Text{"What does \"operation now in progress\" mean?", "“操作正在进行”（EINPROGRESS）是什么意思？"},
		short: []Statement{
			say("connect() of a socket that does not block has sent its SYN, and the connection is in SYN_SENT. Wait until the socket is writable and read SO_ERROR: 0 means connected.",
				"非阻塞套接字的 connect() 已发出 SYN，连接处于 SYN_SENT。等套接字可写后读 SO_ERROR：0 表示已连上。",
				"connect(2) EINPROGRESS; lab: syn-sent"),
		},
		detail: []Statement{
			say("With SO_SNDTIMEO it means that the time has passed: the attempt goes on all the same.", "设了 SO_SNDTIMEO 时表示时间到了：连接尝试仍在继续。", "connect(2) EINPROGRESS; "+measured),
			say("EALREADY is a second connect() while the first goes on.", "EALREADY 是第一次还没完成时又调用了 connect()。", "connect(2) EALREADY"),
			printed(115, "EINPROGRESS", "Operation now in progress", "", "BlockingIOError: [Errno 115]"),
		},
		see: []string{"SYN_SENT", "rcvtimeo-closes", "connection-timed-out", "connect-takes-seconds"},
	}
}

func notConnected() question {
	return question{
		name: "not-connected",
		aliases: []string{
			"ENOTCONN", "EISCONN", "transport endpoint is not connected", "transport endpoint is already connected", "errno 107", "107: Transport endpoint is not connected",
			"Socket is not connected", "传输端点尚未连接", "未连接的套接字",
		},
		ask: Text{"What does \"transport endpoint is not connected\" mean?", "“传输端点尚未连接”（ENOTCONN）是什么意思？"},
		short: []Statement{
			say("The socket has no connection: connect() was not called or failed, or a RST has ended it already. getpeername() and shutdown() tell it this way.",
				"套接字没有连接：没有 connect() 或已失败，或连接已被 RST 结束。getpeername()、shutdown() 就是这样报的。",
				"shutdown(2) ENOTCONN; getpeername(2) ENOTCONN; net/ipv4/tcp.c tcp_recvmsg_locked"),
		},
		detail: []Statement{
			say("A server that calls getpeername() after accept() sees it when the client has reset meanwhile: no fault of the server.", "服务端 accept() 后调用 getpeername()，若客户端已重置就会看到它：不是服务端的错。", "getpeername(2) ENOTCONN; net/ipv4/tcp_input.c tcp_reset"),
			say("EISCONN is connect() on a socket that is connected already.", "EISCONN 是对已连接的套接字又调用 connect()。", "connect(2) EISCONN"),
			printed(107, "ENOTCONN", "Transport endpoint is not connected", "", "OSError: [Errno 107]"),
		},
		see: []string{"CLOSE", "connection-reset", "UC01"},
	}
}

func notPermitted() question {
	return question{
		name: "permission-denied",
		aliases: []string{
			"EACCES", "EPERM", "permission denied", "operation not permitted", "errno 13", "13: Permission denied", "bind: permission denied", "bind() to 0.0.0.0:80 failed (13: Permission denied)",
			"权限不够", "没有权限绑定端口", "无权绑定端口",
		},
		ask: Text{"What does \"permission denied\" mean for bind() or connect()?", "bind() 或 connect() 报“权限不够”（permission denied）是什么意思？"},
		short: []Statement{
			say("bind() to a port below net.ipv4.ip_unprivileged_port_start (1024) needs CAP_NET_BIND_SERVICE. Give the service that capability, or lower the parameter in its network namespace.",
				"绑定 net.ipv4.ip_unprivileged_port_start（1024）以下的端口需要 CAP_NET_BIND_SERVICE。给服务这个权限，或在它的网络命名空间里调低该参数。",
				"net/ipv4/af_inet.c __inet_bind; bind(2) EACCES"),
		},
		detail: []Statement{
			say("connect() and send() fail with EPERM where a local firewall rule drops what goes out.", "本机防火墙规则丢弃发出的包时，connect()、send() 会报 EPERM。", "connect(2) EACCES, EPERM"),
			say("A security module, such as SELinux, refuses ports that its policy does not give the service.", "SELinux 之类的安全模块会拒绝策略未授予该服务的端口。", "connect(2) EACCES"),
			printed(13, "EACCES", "Permission denied", "java.net.BindException", "PermissionError: [Errno 13]"),
		},
		see: []string{"net.ipv4.ip_unprivileged_port_start", "address-in-use", "kubernetes"},
	}
}

func noBuffers() question {
	return question{
		name:    "no-buffer-space",
		aliases: []string{"ENOBUFS", "ENOMEM", "no buffer space available", "cannot allocate memory", "errno 105", "105: No buffer space available", "没有可用的缓冲区空间", "无法分配内存"},
		ask:     Text{"What does \"no buffer space available\" mean?", "“没有可用的缓冲区空间”（ENOBUFS）是什么意思？"},
		short: []Statement{
			say("The kernel could not get memory for the socket or for a packet: the memory of TCP (tcp_mem), of a cgroup or of the host is short. tcpvitals doctor judges tcp_mem (ME01).",
				"内核拿不到套接字或数据包所需的内存：TCP 内存（tcp_mem）、cgroup 或整台主机的内存不足。tcpvitals doctor 会判断 tcp_mem（ME01）。",
				"socket(2) ENOBUFS, ENOMEM; net/core/sock.c __sk_mem_raise_allocated"),
		},
		detail: []Statement{
			say("The kernel's log then often says \"TCP: out of memory\".", "这时内核日志里常有 “TCP: out of memory”。", "net/ipv4/tcp.c tcp_check_oom"),
			printed(105, "ENOBUFS", "No buffer space available", "", "OSError: [Errno 105]"),
		},
		see: []string{"tcp_mem", "sockstat.TCP.mem", "TCPMemoryPressures", "tcp-out-of-memory"},
	}
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

import "slices"

// Options returns a topic for each socket option that decides over states, ports
// or queues. Some are called as a kernel parameter is, in capitals.
func Options() []Topic {
	var topics []Topic
	for _, o := range slices.Concat(portOptions(), timeOptions(), dataOptions()) {
		topics = append(topics, o.topic())
	}
	return topics
}

// An option is one of them.
type option struct {
	name    string
	aliases []string
	title   Text
	does    []Statement
	traps   []Statement
	see     []string
	prove   []string
}

func (o option) topic() Topic {
	t := Topic{Kind: KindOption, Name: o.name, Aliases: o.aliases, Title: o.title, See: o.see, Prove: o.prove}
	t.Sections = []Section{section("What it does", "作用", o.does...)}
	if len(o.traps) > 0 {
		t.Sections = append(t.Sections, section("How it misleads", "容易误读之处", o.traps...))
	}
	return t
}

// portOptions decide over addresses and ports.
func portOptions() []option {
	return []option{
		{
			name:  "SO_REUSEADDR",
			title: Text{"bind() beside sockets of the same address that do not listen", "允许 bind() 到已有非监听套接字的地址"},
			does: []Statement{
				say("A server that sets it before bind() can start again while connections of the port are in TIME_WAIT or open. Two listeners at one address it does not allow.",
					"服务端在 bind() 之前设置它，端口上还有 TIME_WAIT 或打开的连接时也能重启；但不允许同一地址有两个监听套接字。",
					"net/ipv4/inet_connection_sock.c inet_csk_bind_conflict; lab: listen-again; lab: listen-again-established"),
			},
			traps: []Statement{
				say("The old sockets must have it too: connections of a server that was started without it hinder the first restart with it.",
					"旧套接字也必须设过它：原来没设它的服务留下的连接，会妨碍第一次带它的重启。",
					"net/ipv4/inet_connection_sock.c inet_csk_bind_conflict; lab: listen-again-old"),
			},
			see:   []string{"address-in-use", "TW06", "TIME_WAIT", "SO_REUSEPORT"},
			prove: []string{"listen-again"},
		},
		{
			name:  "SO_REUSEPORT",
			title: Text{"several listeners of one address, each with a queue of its own", "同一地址上多个监听套接字，各有自己的队列"},
			does: []Statement{
				say("All of them must set it before bind() and belong to the same user. The kernel chooses the listener by a hash of the addresses and ports, or by a BPF program.",
					"所有监听套接字都要在 bind() 之前设置它，且属于同一用户。内核按地址和端口的哈希值选择监听套接字，也可由 BPF 程序选择。",
					"net/core/sock_reuseport.c reuseport_select_sock; net/ipv4/inet_connection_sock.c inet_csk_bind_conflict"),
			},
			traps: []Statement{
				say("The hash does not look at queues: one listener's queue can be full while its neighbours are empty, and clients of that one wait. tcpvitals queues shows each listener.",
					"哈希不看队列：某个监听套接字的队列可能已满，而同组的还空着，分到它的客户端就得等。tcpvitals queues 逐个列出监听套接字。",
					"net/core/sock_reuseport.c reuseport_select_sock"),
				say("When one listener closes, what waits in its queue is reset, unless tcp_migrate_req is 1 or a BPF program moves it. So a rolling restart loses connections.",
					"其中一个关闭时，它队列里等待的连接会被重置，除非 tcp_migrate_req 为 1 或由 BPF 程序迁移。因此滚动重启会丢连接。",
					"net/ipv4/inet_connection_sock.c inet_csk_listen_stop; net/core/sock_reuseport.c reuseport_migrate_sock; lab: listen-close-resets"),
			},
			see: []string{"LISTEN", "tcp_migrate_req", "TCPMigrateReqSuccess", "AQ01", "SO_REUSEADDR"},
		},
		{
			name:  "IP_BIND_ADDRESS_NO_PORT",
			title: Text{"bind() an address now and leave the port to connect()", "bind() 只定地址，端口留给 connect() 选"},
			does: []Statement{
				say("For clients that bind a source address with port 0: connect() then chooses a port for the destination, and one port serves many destinations. Without it bind() takes a port that no other socket of that address may use.",
					"用于绑定源地址、端口为 0 的客户端：端口由 connect() 按目标选择，一个端口可用于多个目标。不设它，bind() 当场占用一个端口，该地址上的其他套接字都不能再用。",
					"net/ipv4/af_inet.c __inet_bind; lab: ports-bind; lab: ports-bind-noport"),
			},
			see:   []string{"TW05", "TW03", "BOUND", "ip_local_port_range"},
			prove: []string{"ports-bind-noport"},
		},
		{
			name:  "IP_LOCAL_PORT_RANGE",
			title: Text{"a range of local ports for one socket, inside that of the namespace", "单个套接字的本地端口范围，限于命名空间的范围之内"},
			does: []Statement{
				say("Lets a program share out the local ports: connect() and bind() of the socket choose from this range, cut to net.ipv4.ip_local_port_range.",
					"让程序自己划分本地端口：该套接字的 connect() 和 bind() 只从这个范围选，并受 net.ipv4.ip_local_port_range 限制。",
					"net/ipv4/inet_connection_sock.c inet_sk_get_local_port_range"),
			},
			traps: []Statement{
				say("Since Linux 6.3, and in later stable kernels of 6.1. Where it is missing setsockopt() fails with ENOPROTOOPT: ask that, not the version.", "Linux 6.3 起有，6.1 的后期稳定版也有。没有的内核上 setsockopt() 报 ENOPROTOOPT：以此判断，不要看版本号。", "net/ipv4/ip_sockglue.c IP_LOCAL_PORT_RANGE"),
			},
			see: []string{"net.ipv4.ip_local_port_range", "TW05", "IP_BIND_ADDRESS_NO_PORT"},
		},
	}
}

// timeOptions decide how long something waits.
func timeOptions() []option {
	return []option{
		{
			name:    "TCP_KEEPIDLE",
			aliases: []string{"SO_KEEPALIVE", "TCP_KEEPINTVL", "TCP_KEEPCNT"},
			title:   Text{"keepalive of one socket: when to begin, how often, how many", "单个套接字的 keepalive：何时开始、间隔、次数"},
			does: []Statement{
				say("SO_KEEPALIVE switches it on; TCP_KEEPIDLE (1 to 32767 s), TCP_KEEPINTVL and TCP_KEEPCNT take the place of tcp_keepalive_time, _intvl and _probes for this socket.",
					"SO_KEEPALIVE 打开它；TCP_KEEPIDLE（1 到 32767 秒）、TCP_KEEPINTVL、TCP_KEEPCNT 在这个套接字上取代 tcp_keepalive_time、_intvl、_probes。",
					"net/ipv4/tcp.c tcp_sock_set_keepidle_locked; include/net/tcp.h MAX_TCP_KEEPIDLE; lab: keepalive"),
				say("A new TCP_KEEPIDLE counts from the last time anything was heard: the timer that runs is set again.",
					"新设的 TCP_KEEPIDLE 从最后一次收到数据算起：正在跑的定时器会重设。",
					"net/ipv4/tcp.c tcp_sock_set_keepidle_locked"),
			},
			traps: []Statement{
				say("While data waits for its ACK there are no probes: then tcp_retries2 or TCP_USER_TIMEOUT decides.",
					"有数据等待确认时不发探测：这时由 tcp_retries2 或 TCP_USER_TIMEOUT 决定。",
					"net/ipv4/tcp_timer.c tcp_keepalive_timer"),
				say("With TCP_USER_TIMEOUT the number of probes does not count: the connection ends at the first expiry after that time, one unanswered probe being enough.",
					"设了 TCP_USER_TIMEOUT 时不看探测次数：超过该时间后定时器一到，只要有一次探测没应答就断开。",
					"net/ipv4/tcp_timer.c tcp_keepalive_timer"),
			},
			see:   []string{"keepalive-sysctl-enables", "tcp_keepalive_time", "TCPKeepAlive", "idle-timeout-on-the-way", "TCP_USER_TIMEOUT"},
			prove: []string{"keepalive"},
		},
		{
			name:  "TCP_USER_TIMEOUT",
			title: Text{"how long data of one socket may wait for its ACK, in milliseconds", "单个套接字的数据最多等多久得到确认（毫秒）"},
			does: []Statement{
				say("After that time without an ACK the connection ends with ETIMEDOUT: what tcp_retries2 does for all, for one program. 0 is off.",
					"超过这个时间没有确认，连接就以 ETIMEDOUT 结束：相当于只对一个程序生效的 tcp_retries2。0 表示关闭。",
					"net/ipv4/tcp.c tcp_sock_set_user_timeout; net/ipv4/tcp_timer.c tcp_write_timeout; lab: user-timeout"),
			},
			traps: []Statement{
				say("It ends zero windows too: a peer that is alive and does not read for that long is cut off.",
					"零窗口也算：对端活着但这么久不读数据，同样会被断开。",
					"net/ipv4/tcp_timer.c tcp_probe_timer"),
				say("An idle connection has no data on its way: without SO_KEEPALIVE nothing ends it.",
					"空闲连接没有在途数据：不打开 SO_KEEPALIVE，它永远不会因此结束。", "net/ipv4/tcp_timer.c tcp_keepalive_timer; lab: keepalive"),
			},
			see:   []string{"dead-peer", "tcp_retries2", "TO01", "ES03", "TCP_KEEPIDLE"},
			prove: []string{"user-timeout"},
		},
		{
			name:  "TCP_DEFER_ACCEPT",
			title: Text{"a listener wakes up when data is there, not when the handshake is done", "监听套接字等数据到了才唤醒，而不是握手完成就唤醒"},
			does: []Statement{
				say("The bare ACK of the handshake is ignored and the connection stays in SYN_RECV until data comes. The seconds are turned into retries of the SYN-ACK.",
					"握手最后的纯 ACK 被忽略，连接留在 SYN_RECV，直到数据到达。秒数被换算成 SYN-ACK 的重发次数。",
					"net/ipv4/tcp_minisocks.c tcp_check_req; net/ipv4/tcp.c TCP_DEFER_ACCEPT; lab: defer-accept"),
			},
			traps: []Statement{
				say("Many SYN_RECV are then clients that say nothing, not a flood; they count against the backlog.",
					"这时大量 SYN_RECV 是不说话的客户端，不是 flood；它们占用 backlog。",
					"net/ipv4/tcp_minisocks.c tcp_check_req; lab: defer-accept"),
				say("Protocols in which the server speaks first, such as SSH, SMTP and MySQL, hang until the SYN-ACK has been sent again.",
					"服务端先说话的协议（SSH、SMTP、MySQL 等）会卡住，直到 SYN-ACK 重发。",
					"net/ipv4/tcp_minisocks.c tcp_check_req; net/ipv4/inet_connection_sock.c reqsk_timer_handler"),
			},
			see:   []string{"SYN_RECV", "TCPDeferAcceptDrop", "SY01"},
			prove: []string{"defer-accept"},
		},
		{
			name:  "TCP_LINGER2",
			title: Text{"how long FIN_WAIT2 of one socket lasts after close(), in seconds", "单个套接字 close() 后 FIN_WAIT2 的时长（秒）"},
			does: []Statement{
				say("Takes the place of tcp_fin_timeout for this socket, 120 at most. A negative value ends FIN_WAIT2 at once, with a RST.",
					"在这个套接字上取代 tcp_fin_timeout，最大 120。负数表示立刻结束 FIN_WAIT2，并发 RST。",
					"net/ipv4/tcp.c TCP_LINGER2, __tcp_close; include/net/tcp.h TCP_FIN_TIMEOUT_MAX; lab: fin-wait2-linger2"),
			},
			traps: []Statement{
				say("It has nothing to do with TIME_WAIT, nor with SO_LINGER.", "它与 TIME_WAIT 无关，也与 SO_LINGER 无关。", "net/ipv4/tcp.c __tcp_close; lab: time-wait-length"),
			},
			see:   []string{"FIN_WAIT2", "tcp_fin_timeout", "TWKilled"},
			prove: []string{"fin-wait2-linger2"},
		},
		{
			name:  "TCP_RTO_MAX_MS",
			title: Text{"the longest pause between two retransmissions of one socket", "单个套接字两次重传之间的最长间隔"},
			does: []Statement{
				say("In milliseconds, 1000 to 120000. Fewer milliseconds find a path that is back sooner, and make tcp_retries2 and tcp_syn_retries end sooner.",
					"单位毫秒，1000 到 120000。越小，路径恢复后越快发现；tcp_retries2、tcp_syn_retries 也更早放弃。",
					"Documentation/networking/ip-sysctl.rst; "+measured),
			},
			traps: []Statement{
				say("Linux 6.18 has it; 6.1 and 6.12 do not, and setsockopt() fails there.", "Linux 6.18 有；6.1 和 6.12 没有，setsockopt() 会失败。", measured),
			},
			see: []string{"net.ipv4.tcp_rto_max_ms", "tcp_retries2", "dead-peer"},
		},
		{
			name:  "TCP_NOTSENT_LOWAT",
			title: Text{"how much unsent data may wait before one socket counts as full", "单个套接字未发送数据达到多少就不再可写"},
			does: []Statement{
				say("epoll and poll tell the socket as writable only while less than this is unsent. 0 takes the value of tcp_notsent_lowat.",
					"未发送数据少于它时，epoll、poll 才报告可写。0 表示用 tcp_notsent_lowat 的值。",
					"include/net/tcp.h tcp_notsent_lowat, tcp_stream_memory_free"),
			},
			traps: []Statement{
				say("Send-Q still has what was sent and not acknowledged yet: that is not limited.", "Send-Q 里还有已发送未确认的数据：那部分不受限制。", "include/net/tcp.h tcp_notsent_lowat"),
			},
			see: []string{"net.ipv4.tcp_notsent_lowat", "ESTABLISHED", "FIN_WAIT1"},
		},
	}
}

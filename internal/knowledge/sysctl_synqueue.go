// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// synQueueSysctls bound what waits on a listener: the SYN queue and the accept
// queue.
func synQueueSysctls() []Sysctl {
	return []Sysctl{syncookies(), maxSynBacklog(), somaxconn(), abortOnOverflow(), synackRetries(), migrateReq()}
}

func syncookies() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_syncookies",
		Summary: Text{"answer SYNs with cookies when a listener's SYN queue is full", "监听套接字的半连接队列满时，是否用 SYN cookie 应答"},
		Unit:    Text{"0 off, 1 when the SYN queue is full, 2 always", "0 关闭，1 仅在半连接队列满时，2 总是"},
		Default: always("1"),
		Kernel:  anyByte(), Safe: only(1), Direction: OnlyRaise, Effect: AtSyn, States: tcp.SetOf(tcp.SynRecv),
		Risk: Text{
			"1 does nothing until a queue is full. 0: a SYN flood takes the listener down. 2: connections without timestamps lose window scaling and SACK; for tests only.",
			"1 在队列满之前什么也不做。0：一次 SYN flood 就能让监听端口瘫痪。2：没有时间戳的连接会失去窗口扩大和 SACK，只适合测试。",
		},
		Need: Text{
			"Only from 0 to 1, and then always: no evidence is needed.",
			"只应从 0 改回 1，而且无需证据，任何时候都该改。",
		},
		Helped: Text{
			"TCPReqQFullDrop stops growing; under load SyncookiesSent and SyncookiesRecv grow instead.",
			"TCPReqQFullDrop 不再增长；压力下改为 SyncookiesSent、SyncookiesRecv 增长。",
		},
		Verdicts: []SysctlVerdict{
			{
				Kind: Harmful, Values: only(0),
				Text: Text{"a SYN flood, or a burst, fills the SYN queue and the listener answers nobody", "一旦半连接队列被 flood 或突发流量占满，监听端口就不再应答任何人"},
				Do:   Text{"Delete the line: the default is 1.", "删掉这一行：默认就是 1。"}, Source: "net/ipv4/tcp_input.c tcp_conn_request; " + measured,
			},
			{
				Kind: Harmful, Values: only(2),
				Text: Text{"sends cookies always, also without need: clients without timestamps lose window scaling and SACK", "无论是否需要都发 cookie：没有时间戳的客户端会失去窗口扩大和 SACK"},
				Do:   Text{"Set 1; 2 is for tests.", "改成 1；2 只用于测试。"}, Source: "Documentation/networking/ip-sysctl.rst; " + measured,
			},
			{
				Kind: WrongMeaning, Values: ints(3, 255),
				Text: Text{"is accepted, and means the same as 1: values are 0, 1 and 2", "内核会接受，但含义与 1 相同：有意义的取值只有 0、1、2"},
				Do:   Text{"Set 1.", "改成 1。"}, Source: "net/ipv4/tcp_input.c tcp_conn_request; " + measured,
			},
		},
		Source: "net/ipv4/tcp_input.c tcp_conn_request; " + measured,
		See:    []string{"SY02", "SY03", "SYN_RECV", "SyncookiesSent", "TCPReqQFullDrop", "myth 27", "net.ipv4.tcp_max_syn_backlog"},
	}
}

func maxSynBacklog() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_max_syn_backlog",
		Summary: Text{"half-open connections of a listener, while SYN cookies are off", "SYN cookie 关闭时，一个监听套接字的半连接上限"},
		Unit:    Text{"requests for each listener", "每个监听套接字的请求数"},
		Default: fromBuckets("a 128th of the table of connections, at least 128", "连接哈希表的 1/128，至少 128",
			func(n uint64) uint64 { return max(128, n/128) }),
		History: []Statement{
			say("Since Linux 4.4 the limit of the SYN queue is the listener's backlog; this key counts only while tcp_syncookies is 0.",
				"从 Linux 4.4 起，半连接队列的上限是监听套接字的 backlog；本参数只在 tcp_syncookies=0 时起作用。",
				"commit ef547f2ac16b; "+measured),
		},
		Kernel: anyInt(), Safe: ints(128, 262144), Direction: OnlyRaise, Effect: AtSyn, States: tcp.SetOf(tcp.SynRecv),
		Risk: Text{
			"Low. While SYN cookies are on it is not read at all.",
			"很小。SYN cookie 打开时根本不会读它。",
		},
		Need: Text{
			"tcp_syncookies is 0, and TCPReqQFullDrop or ListenDrops grow while the accept queue has room.",
			"tcp_syncookies 为 0，且全连接队列还有空位时 TCPReqQFullDrop 或 ListenDrops 在增长。",
		},
		Helped: Text{"ListenDrops stops growing.", "ListenDrops 不再增长。"},
		Verdicts: []SysctlVerdict{
			{
				Kind: Harmful, Values: ints(-2147483648, 0), When: []Elsewhere{{"net.ipv4.tcp_syncookies", only(0)}},
				Text: Text{
					"a listener takes at most one half-open connection of unknown peers at a time; from -2 on none",
					"监听套接字同一时间最多接受一个陌生对端的半连接；-2 及以下一个也不接受",
				},
				Do: Text{"Delete the line, and set tcp_syncookies to 1.", "删掉这一行，并把 tcp_syncookies 设为 1。"}, Source: "net/ipv4/tcp_input.c tcp_conn_request",
			},
			{
				Kind: WithoutEffect, When: []Elsewhere{{"net.ipv4.tcp_syncookies", ints(1, 255)}},
				Text: Text{"is not read while tcp_syncookies is on: the SYN queue ends at the listener's backlog, which somaxconn caps", "tcp_syncookies 打开时不会读它：半连接队列的上限是监听套接字的 backlog（受 somaxconn 限制）"},
				Do:   Text{"Delete the line; raise the application's backlog and net.core.somaxconn instead, if connections are dropped.", "删掉这一行；若确有丢弃，应调大应用的 backlog 和 net.core.somaxconn。"}, Source: "commit ef547f2ac16b; " + measured,
			},
		},
		Source: "net/ipv4/tcp_ipv4.c tcp_sk_init; net/ipv4/tcp_input.c tcp_conn_request; " + measured,
		See:    []string{"SY01", "SY03", "SYN_RECV", "TCPReqQFullDrop", "ListenDrops", "myth 11", "net.ipv4.tcp_syncookies", "net.core.somaxconn"},
	}
}

func somaxconn() Sysctl {
	return Sysctl{
		Key:     "net.core.somaxconn",
		Summary: Text{"upper bound of the backlog that listen() asks for", "listen() 的 backlog 上限"},
		Unit:    Text{"connections for each listener", "每个监听套接字的连接数"},
		Default: always("4096", FormerDefault{"128", "5.4"}),
		History: []Statement{
			say("The default was 128 before Linux 5.4.", "Linux 5.4 之前默认值是 128。", "commit 19f92a030ca6"),
		},
		Kernel: anyCount(), Safe: ints(4096, 65535), Direction: OnlyRaise, Effect: AtListen,
		States: tcp.SetOf(tcp.Listen, tcp.SynRecv, tcp.Established),
		Risk: Text{
			"A deeper queue costs memory, makes clients wait longer and hides an acceptor that is stuck.",
			"队列越深，占内存越多、客户端等得越久，还会掩盖卡住的 accept 线程。",
		},
		Need: Text{
			"ListenOverflows grows, and the backlog of that listener equals somaxconn; otherwise the application's own backlog is the limit.",
			"ListenOverflows 在增长，且该监听套接字的 backlog 正好等于 somaxconn；否则限制来自应用自己的 backlog。",
		},
		Helped: Text{
			"After a restart of the application its listener shows the new backlog, and ListenOverflows stops growing.",
			"重启应用后，监听套接字显示新的 backlog，ListenOverflows 不再增长。",
		},
		Verdicts: []SysctlVerdict{
			{
				Kind: Harmful, Values: only(0),
				Text: Text{"each listener gets a queue for one connection", "所有监听套接字的队列只能放一个连接"},
				Do:   Text{"Delete the line: the default is 4096.", "删掉这一行：默认是 4096。"}, Source: "net/socket.c __sys_listen; " + measured,
			},
		},
		Source: "include/linux/socket.h SOMAXCONN; net/socket.c __sys_listen; " + measured,
		See:    []string{"AQ01", "AQ02", "SY01", "LISTEN", "ListenOverflows", "myth 12"},
	}
}

func abortOnOverflow() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_abort_on_overflow",
		Summary: Text{"answer with a RST when the accept queue is full", "全连接队列满时是否回 RST"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("0"),
		History: []Statement{
			say("Since Linux 4.10 a SYN is dropped while the accept queue is full, so that few connections ever meet this.",
				"从 Linux 4.10 起，全连接队列满时 SYN 直接被丢弃，几乎没有连接会走到这一步。",
				"commit 5ea8ea2cb7f1; "+measured),
		},
		Kernel: anyByte(), Safe: only(0), Direction: MoveNever, Effect: AtOnce, States: tcp.SetOf(tcp.SynRecv),
		Risk: Text{
			"In a burst that would have been over in a second, clients that have their SYN-ACK already get a connection reset, mostly after connect() has succeeded.",
			"本来一秒就能过去的突发，会让已经收到 SYN-ACK 的客户端收到“连接被重置”，多数是在 connect() 成功之后。",
		},
		Need: Text{
			"None that is good enough: most surplus clients still wait, and none of them gets a RST.",
			"没有足够的理由：多出来的客户端大多照样在等，也收不到 RST。",
		},
		Helped: Text{"Nothing to see: leave it at 0.", "没有可看的指标：保持 0 即可。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: ints(1, 255),
			Text: Text{"resets clients in a burst; it does not make them fail fast: their SYNs are dropped in silence all the same", "突发时会把客户端重置；也做不到“快速失败”：SYN 照样被悄悄丢弃"},
			Do:   Text{"Delete the line; find out why accept() is late.", "删掉这一行；应查清 accept() 为什么慢。"}, Source: "net/ipv4/tcp_minisocks.c tcp_check_req; commit 5ea8ea2cb7f1; " + measured,
		}},
		Source: "net/ipv4/tcp_minisocks.c tcp_check_req; net/ipv4/tcp_input.c tcp_reset",
		See:    []string{"AQ01", "SYN_RECV", "ListenOverflows", "myth 15"},
	}
}

func synackRetries() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_synack_retries",
		Summary: Text{"how often a SYN-ACK is sent again before a half-open connection is given up", "SYN-ACK 重发多少次之后放弃半连接"},
		Unit:    Text{"retries; 5 is 63 s", "次数；5 次约 63 秒"}, Default: always("5"),
		Kernel: anyByte(), Safe: ints(2, 5), Direction: OnlyLower, Effect: AtTimer, States: tcp.SetOf(tcp.SynRecv),
		Risk: Text{
			"Below 2, clients on bad or mobile lines cannot connect.",
			"低于 2 时，网络差或移动网络的客户端连不上。",
		},
		Need: Text{
			"Many SYN_RECV at a listener, and fewer than half of its backlog: beyond half the kernel repeats the SYN-ACK less often by itself.",
			"某个监听套接字的 SYN_RECV 很多，但不到 backlog 的一半：超过一半后内核自己就会减少重发。",
		},
		Helped: Text{
			"SYN_RECV falls to the rate of dead SYNs times 2^(n+1)-1 seconds.",
			"SYN_RECV 降到“每秒无效 SYN 数 × (2^(n+1)-1) 秒”。",
		},
		Verdicts: []SysctlVerdict{
			{
				Kind: Harmful, Values: ints(0, 1),
				Text: Text{"a client that loses one or two packets cannot connect", "客户端只要丢一两个包就连不上"},
				Do:   Text{"Use 2 or more.", "至少用 2。"}, Source: "net/ipv4/inet_connection_sock.c reqsk_timer_handler; " + measured,
			},
			{
				Kind: Harmful, Values: ints(8, 255),
				Text: Text{"keeps half-open connections of clients that are gone for minutes", "已经消失的客户端，半连接还要保留好几分钟"},
				Do:   Text{"Delete the line: the default is 5, 63 s.", "删掉这一行：默认 5 次，约 63 秒。"}, Source: "net/ipv4/inet_connection_sock.c reqsk_timer_handler",
			},
		},
		Source: "net/ipv4/inet_connection_sock.c reqsk_timer_handler; " + measured,
		See:    []string{"SY01", "SY04", "SYN_RECV", "TCPTimeouts"},
	}
}

func migrateReq() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_migrate_req",
		Summary: Text{"hand what waits on a closing SO_REUSEPORT listener to another of its group", "SO_REUSEPORT 组里一个监听套接字关闭时，把它队列里的连接交给同组的另一个"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("0"),
		Kernel: anyBool(), Safe: anyBool(), Direction: MoveEither, Effect: AtListenerClose, States: tcp.SetOf(tcp.SynRecv, tcp.Established),
		Risk: Text{
			"Listeners of one group with different options: connections reach an application that does not expect them.",
			"如果同组的监听套接字选项不同，连接会落到没有准备的应用上。",
		},
		Need: Text{
			"Connections are lost at each restart of a server that uses SO_REUSEPORT.",
			"使用 SO_REUSEPORT 的服务每次重启都会丢连接。",
		},
		Helped: Text{"TCPMigrateReqSuccess grows at a restart, TCPMigrateReqFailure does not.", "重启时 TCPMigrateReqSuccess 增长，TCPMigrateReqFailure 不增长。"},
		Source: "Documentation/networking/ip-sysctl.rst; net/ipv4/inet_connection_sock.c inet_csk_listen_stop; " + measured,
		See:    []string{"SYN_RECV", "LISTEN", "TCPMigrateReqSuccess"},
	}
}

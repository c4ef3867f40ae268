// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// pathSysctls are the rest of every recipe that is copied: how fast a connection
// sends, what it learns of the path, and what its first packet may carry. None of
// them changes which state a connection is in.
func pathSysctls() []Sysctl {
	return []Sysctl{fastOpen(), ecn(), congestionControl(), defaultQdisc(), slowStartAfterIdle(), mtuProbing(), noMetricsSave(), moderateRcvbuf(), rtoMin(), backlogAckDefer(), shrinkWindow(), plb()}
}

func onPath(s Sysctl) Sysctl {
	s.States = tcp.SetOf(tcp.Established)
	if len(s.See) == 0 {
		s.See = []string{"ESTABLISHED"}
	}
	return s
}

func fastOpen() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_fastopen",
		Summary: Text{"send and take data in the SYN", "是否在 SYN 中发送和接收数据"},
		Unit:    Text{"flags: 1 client, 2 server, 4 client without cookie, 512 server without cookie, 1024 all listeners", "标志位：1 客户端，2 服务端，4 客户端不要 cookie，512 服务端不要 cookie，1024 所有监听套接字"},
		Default: always("1"),
		Kernel:  anyInt(), Safe: ints(0, 3), Direction: MoveEither, Effect: AtHandshake,
		Risk:   Text{"Data of a SYN can arrive twice: only for requests that may be repeated. Middleboxes drop such SYNs; the client then waits for a retry.", "SYN 中的数据可能到达两次：只适合可重复的请求。有的中间设备会丢弃这种 SYN，客户端只好等重传。"},
		Need:   Text{"Both programs ask for it: TCP_FASTOPEN at the listener, MSG_FASTOPEN or TCP_FASTOPEN_CONNECT at the client. Without that the flags 1 and 2 change nothing.", "两端的程序都要用它：监听端 TCP_FASTOPEN，客户端 MSG_FASTOPEN 或 TCP_FASTOPEN_CONNECT。否则 1、2 两个标志不起作用。"},
		Helped: Text{"TCPFastOpenPassive grows on the server, TCPFastOpenActive on the client.", "服务端 TCPFastOpenPassive 增长，客户端 TCPFastOpenActive 增长。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: ints(512, 1023).or(1536, 2047),
			Text: Text{"takes data of a SYN from anybody, with a forged address too", "任何人（包括伪造地址）的 SYN 数据都会被接受"},
			Do:   Text{"Use 3 and let clients fetch a cookie.", "用 3，让客户端先取 cookie。"}, Source: "Documentation/networking/ip-sysctl.rst; RFC 7413 6",
		}},
		Source: "Documentation/networking/ip-sysctl.rst; net/ipv4/tcp_fastopen.c tcp_try_fastopen; " + measured,
		See:    []string{"SYN_RECV", "TCPFastOpenListenOverflow", "TCPFastOpenPassive", "TCPFastOpenActive"},
	})
}

func ecn() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_ecn",
		Summary: Text{"let routers mark packets instead of dropping them", "允许路由器标记而不是丢弃数据包（ECN）"},
		Unit:    Text{"0 off, 1 ask for it and accept it, 2 accept it only", "0 关闭，1 主动请求并接受，2 只接受"}, Default: always("2"),
		Kernel: ints(0, 2), Safe: ints(0, 2), Direction: MoveEither, Effect: AtHandshake,
		Risk:   Text{"With 1, SYNs with these flags are dropped by some old middleboxes: connect() then takes a retry longer.", "设为 1 时，有些旧中间设备会丢弃带这些标志的 SYN：connect() 要多等一次重传。"},
		Need:   Text{"The queues on the way mark packets, as with fq_codel or in a data centre with DCTCP.", "途中的队列会打标记，例如 fq_codel，或数据中心里的 DCTCP。"},
		Helped: Text{"TCPDeliveredCE grows and RetransSegs grows less.", "TCPDeliveredCE 增长，RetransSegs 增长变慢。"},
		Source: "Documentation/networking/ip-sysctl.rst; net/ipv4/tcp_input.c tcp_ecn_rcv_syn; " + measured,
		See:    []string{"SYN_SENT", "RetransSegs"},
	})
}

func congestionControl() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_congestion_control",
		Summary: Text{"how fast a connection sends: cubic, bbr, reno", "拥塞控制算法：cubic、bbr、reno 等"},
		Unit:    Text{"a name of tcp_available_congestion_control", "tcp_available_congestion_control 中的名字"},
		Default: unforeseen("what the kernel was built with, cubic mostly", "编译时选定，通常是 cubic"),
		Kernel:  SysctlRange{AnyText: true}, Safe: SysctlRange{AnyText: true}, Direction: MoveEither, Scope: CopiedToNetns, Effect: AtSocket,
		Risk:   Text{"bbr on a shared line takes more than its part from cubic.", "共享线路上 bbr 会挤占 cubic 的带宽。"},
		Need:   Text{"Long or lossy lines that stay below their bandwidth though the windows are large enough.", "高延迟或有丢包的线路，窗口足够却跑不满带宽。"},
		Helped: Text{"Throughput over the long line rises.", "长距离线路的吞吐量上升。"},
		Source: "net/ipv4/tcp_cong.c tcp_set_default_congestion_control, tcp_assign_congestion_control; net/ipv4/tcp_ipv4.c tcp_sk_init; " + measured,
		See:    []string{"ESTABLISHED", "default_qdisc"},
	})
}

func defaultQdisc() Sysctl {
	return onPath(Sysctl{
		Key:     "net.core.default_qdisc",
		Summary: Text{"the queue that a network device gets", "网络设备默认的排队规则"},
		Unit:    Text{"a name: pfifo_fast, fq_codel, fq", "名字：pfifo_fast、fq_codel、fq"},
		Default: unforeseen("what the kernel was built with; systemd sets fq_codel", "编译时选定；systemd 会设为 fq_codel"),
		Kernel:  SysctlRange{AnyText: true}, Safe: SysctlRange{AnyText: true}, Direction: MoveEither, Scope: InitNetnsOnly, Effect: AtDevice,
		Risk:   Text{"None for states; fq costs some CPU.", "对连接状态没有影响；fq 略占 CPU。"},
		Need:   Text{"Queues that add delay under load.", "负载下队列引入延迟。"},
		Helped: Text{"tc qdisc shows it, and the delay under load falls.", "tc qdisc 能看到它，负载下的延迟下降。"},
		Source: "net/sched/sch_api.c qdisc_set_default; " + measured,
		See:    []string{"ESTABLISHED", "tcp_congestion_control"},
	})
}

func slowStartAfterIdle() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_slow_start_after_idle",
		Summary: Text{"begin slowly again after a pause", "空闲之后是否重新慢启动"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("1"),
		Kernel: anyByte(), Safe: anyBool(), Direction: MoveEither, Effect: AtOnce,
		Risk:   Text{"With 0 a connection sends at once as much as before the pause, though the path may carry less by now.", "设为 0 时，空闲后立刻按原来的速度发送，而此时线路可能已经承受不了。"},
		Need:   Text{"Connections that are kept open over long lines and send bursts with pauses between.", "长距离线路上的长连接，间歇性地突发发送。"},
		Helped: Text{"The first answer after a pause comes sooner, and RetransSegs does not grow faster.", "空闲后的第一个响应变快，且 RetransSegs 没有增长更快。"},
		Source: "include/net/tcp.h tcp_slow_start_after_idle_check; Documentation/networking/ip-sysctl.rst; " + measured,
		See:    []string{"ESTABLISHED", "RetransSegs"},
	})
}

func mtuProbing() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_mtu_probing",
		Summary: Text{"find out the size of packets by trying", "是否通过试探确定报文大小"},
		Unit:    Text{"0 off, 1 when large packets seem to vanish, 2 always", "0 关闭，1 大包疑似消失时，2 总是"}, Default: always("0"),
		Kernel: anyByte(), Safe: ints(0, 2), Direction: MoveEither, Effect: AtProbing,
		Risk:   Text{"With 2 every connection begins with segments of tcp_base_mss.", "设为 2 时，每个连接都从 tcp_base_mss 大小的报文开始。"},
		Need:   Text{"Connections that open and then hang with the first large packet: a tunnel or firewall on the way swallows the ICMP \"fragmentation needed\".", "连接能建立，但第一个大包就卡住：途中的隧道或防火墙吞掉了 ICMP “需要分片”。"},
		Helped: Text{"TCPMTUPSuccess grows, and such connections go on.", "TCPMTUPSuccess 增长，这类连接能继续。"},
		Source: "net/ipv4/tcp_timer.c tcp_mtu_probing; net/ipv4/tcp_output.c tcp_mtup_init; Documentation/networking/ip-sysctl.rst; " + measured,
		See:    []string{"ESTABLISHED", "ES03"},
	})
}

func noMetricsSave() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_no_metrics_save",
		Summary: Text{"forget what a connection learnt about its peer", "关闭连接后是否丢弃学到的路径信息"},
		Unit:    Text{"0 keeps it, 1 forgets it", "0 保留，1 丢弃"}, Default: always("0"),
		Kernel: anyByte(), Safe: anyBool(), Direction: MoveEither, Effect: AtClose,
		Risk:   Text{"With 1 each connection estimates the round trip and reordering of its path anew.", "设为 1 时，每个连接都要重新估计往返时间和乱序程度。"},
		Need:   Text{"After a bad spell new connections to the same peers stay slow; ip tcp_metrics shows what is kept.", "网络差过一阵之后，到同一对端的新连接一直慢；ip tcp_metrics 能看到保存的内容。"},
		Helped: Text{"ip tcp_metrics stays empty, and new connections are not slower than others.", "ip tcp_metrics 为空，新连接不再偏慢。"},
		Source: "net/ipv4/tcp_metrics.c tcp_update_metrics; Documentation/networking/ip-sysctl.rst; " + measured,
	})
}

func moderateRcvbuf() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_moderate_rcvbuf",
		Summary: Text{"let receive buffers grow by themselves", "接收缓冲区是否自动调整"},
		Unit:    Text{"0 off, 1 on", "0 关闭，1 打开"}, Default: always("1"),
		Kernel: anyByte(), Safe: only(1), Direction: MoveNever, Effect: AtOnce,
		Risk:   Text{"With 0 each receive buffer stays at the second number of tcp_rmem.", "设为 0 时，接收缓冲区固定在 tcp_rmem 的第二个数。"},
		Need:   Text{"None.", "没有理由修改。"},
		Helped: Text{"Nothing to see: leave it at 1.", "没有可看的指标：保持 1 即可。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: only(0),
			Text: Text{"keeps every receive buffer at the second number of tcp_rmem: long lines become slow", "所有接收缓冲区都固定在 tcp_rmem 的第二个数：高延迟线路变慢"},
			Do:   Text{"Delete the line: the default is 1.", "删掉这一行：默认是 1。"}, Source: "net/ipv4/tcp_input.c tcp_rcv_space_adjust",
		}},
		Source: "net/ipv4/tcp_input.c tcp_rcv_space_adjust; " + measured,
		See:    []string{"ESTABLISHED", "tcp_rmem"},
	})
}

func rtoMin() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_rto_min_us",
		Summary: Text{"the shortest wait before a retransmission", "重传之前的最短等待时间"},
		Unit:    Text{"microseconds", "微秒"}, Default: always("200000"),
		History: []Statement{say("Linux 6.12 has it, 6.1 does not.", "Linux 6.12 有，6.1 没有。", "net/ipv4/tcp.c sysctl_tcp_rto_min_us")},
		Kernel:  ints(1, math.MaxInt32), Safe: ints(5000, 200000), Direction: OnlyLower, Effect: AtInherit,
		Risk:   Text{"Below the time that peers put off their ACKs, 40 ms on Linux, segments are sent twice for nothing.", "低于对端延迟确认的时间（Linux 为 40 毫秒）时，报文会被白白重发。"},
		Need:   Text{"Losses inside a data centre cost 200 ms each, and all peers acknowledge quickly.", "数据中心内每次丢包都要等 200 毫秒，且所有对端都很快确认。"},
		Helped: Text{"Fewer answers take 200 ms longer; TCPDSACKRecv does not grow faster.", "多等 200 毫秒的响应变少；TCPDSACKRecv 没有增长更快。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: ints(1000001, math.MaxInt32),
			Text: Text{"makes every loss that ends in a timeout cost more than a second", "每次超时重传都要等一秒以上"},
			Do:   Text{"Delete the line: the default is 200000.", "删掉这一行：默认是 200000。"}, Source: "Documentation/networking/ip-sysctl.rst",
		}},
		Source: "Documentation/networking/ip-sysctl.rst; include/net/tcp.h TCP_RTO_MIN, TCP_DELACK_MIN; " + measured,
		See:    []string{"RT01", "TCPTimeouts", "tcp_rto_max_ms"},
	})
}

func backlogAckDefer() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_backlog_ack_defer",
		Summary: Text{"one ACK for all that came while a program worked on the socket", "程序操作套接字期间到达的数据合并为一个 ACK"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("1"),
		History: []Statement{say("Linux 6.12 has it, 6.1 does not.", "Linux 6.12 有，6.1 没有。", "net/ipv4/tcp_ipv4.c sysctl_tcp_backlog_ack_defer")},
		Kernel:  anyBool(), Safe: anyBool(), Direction: MoveEither, Effect: AtOnce,
		Risk:   Text{"With 0 calls of busy receivers take longer.", "设为 0 时，繁忙接收方的系统调用变慢。"},
		Need:   Text{"Peers whose speed depends on many ACKs.", "对端的速度依赖大量 ACK。"},
		Helped: Text{"OutSegs grows faster, and so does the peer.", "OutSegs 增长变快，对端也变快。"},
		Source: "Documentation/networking/ip-sysctl.rst; " + measured,
		See:    []string{"ESTABLISHED", "TCPBacklogDrop"},
	})
}

func shrinkWindow() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_shrink_window",
		Summary: Text{"take back a window that was offered when memory is short", "内存不足时是否收回已通告的窗口"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("0"),
		Kernel: anyBool(), Safe: anyBool(), Direction: MoveEither, Effect: AtOnce,
		Risk:   Text{"Peers must bear a window that shrinks, as RFC 1122 asks; middleboxes that check windows may not.", "对端必须能接受窗口收缩（RFC 1122 的要求），检查窗口的中间设备未必能。"},
		Need:   Text{"RcvPruned or TCPRcvQDrop grow: segments inside the window are thrown away for want of buffer.", "RcvPruned 或 TCPRcvQDrop 在增长：窗口之内的报文因缓冲区不足被丢弃。"},
		Helped: Text{"RcvPruned and TCPRcvQDrop stop growing.", "RcvPruned、TCPRcvQDrop 不再增长。"},
		Source: "net/ipv4/tcp_output.c tcp_select_window; Documentation/networking/ip-sysctl.rst; " + measured,
		See:    []string{"ESTABLISHED", "TCPWantZeroWindowAdv", "RcvPruned", "TCPRcvQDrop"},
	})
}

func plb() Sysctl {
	return onPath(Sysctl{
		Key:     "net.ipv4.tcp_plb_enabled",
		Summary: Text{"change the IPv6 flow label of a congested connection so that it takes another path", "拥塞时更换 IPv6 流标签，让连接走另一条路径"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("0"),
		History: []Statement{say("Linux 6.12 has it, 6.1 does not.", "Linux 6.12 有，6.1 没有。", "net/ipv4/tcp_ipv4.c sysctl_tcp_plb_enabled")},
		Kernel:  anyBool(), Safe: anyBool(), Direction: MoveEither, Effect: AtOnce,
		Risk:   Text{"None where nobody marks packets: only DCTCP uses it, and IPv4 is not changed.", "没有设备打标记时没有影响：只有 DCTCP 使用它，对 IPv4 无效。"},
		Need:   Text{"A data centre with DCTCP over IPv6 and several paths of equal cost.", "数据中心内 IPv6 上跑 DCTCP，且有多条等价路径。"},
		Helped: Text{"TCPPLBRehash grows, and RetransSegs grows less.", "TCPPLBRehash 增长，RetransSegs 增长变慢。"},
		Source: "Documentation/networking/ip-sysctl.rst; " + measured,
	})
}

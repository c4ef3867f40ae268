// SPDX-License-Identifier: Apache-2.0

package knowledge

// pathQuestions are about how much and how large a connection sends on its way.
func pathQuestions() []Topic {
	return questionTopics(congestionWindow(), bbr(), packetSize())
}

func congestionWindow() question {
	return question{
		name:    "congestion-window",
		aliases: []string{"cwnd", "ssthresh", "initcwnd", "slow start", "initial window", "拥塞窗口", "慢启动", "初始窗口", "慢启动阈值", "拥塞控制原理"},
		ask:     Text{"What is the congestion window (cwnd), and what makes it small?", "拥塞窗口（cwnd）是什么？什么会让它变小？"},
		short: []Statement{
			say("How many segments a connection may have on its way before they are acknowledged, as its sender judges the path. The peer's receive window is a second bound; the smaller of both holds.",
				"发送方根据路径状况，允许同时有多少个报文在途、尚未确认。对端的接收窗口是另一个上限，两者取小。",
				"RFC 5681 2; net/ipv4/tcp_output.c tcp_cwnd_test, tcp_snd_wnd_test"),
			say("It begins with 10 segments and doubles each round trip (slow start) until something is lost or ssthresh is reached, then it grows slowly.",
				"从 10 个报文开始，每个往返时间翻一倍（慢启动），直到丢包或达到 ssthresh，之后缓慢增长。",
				"include/net/tcp.h TCP_INIT_CWND; net/ipv4/tcp_cong.c tcp_slow_start; RFC 6928"),
		},
		detail: []Statement{
			say("A loss takes cubic to 0.7 and reno to half of it; a timeout begins anew with one segment more than is on its way.",
				"一次丢包，cubic 降到 0.7 倍，reno 降到一半；超时则从在途报文数加一重新开始。",
				"net/ipv4/tcp_cubic.c cubictcp_recalc_ssthresh; net/ipv4/tcp_cong.c tcp_reno_ssthresh; net/ipv4/tcp_input.c tcp_enter_loss"),
			say("ss -ti shows cwnd, mss, rtt and, after the first loss, ssthresh. cwnd × mss / rtt is about what a connection can carry now.",
				"ss -ti 显示 cwnd、mss、rtt，首次丢包后还有 ssthresh。cwnd × mss / rtt 大致就是连接当前能达到的速率。",
				"iproute2 misc/ss.c tcp_stats_print; "+measured),
			say("No kernel parameter sets it. ip route change … initcwnd N sets what a route begins with; tcp_slow_start_after_idle makes it small again after a pause.",
				"没有内核参数能直接设置它。ip route change … initcwnd N 设置某条路由的初始值；tcp_slow_start_after_idle 让它在空闲之后重新变小。",
				"ip-route(8); net/ipv4/tcp_input.c tcp_init_cwnd; net/ipv4/tcp_output.c tcp_cwnd_restart"),
			say("It changes no state and no number of connections: it decides how fast an ESTABLISHED one sends.",
				"它不改变连接的状态和数量：只决定 ESTABLISHED 连接发得多快。", "net/ipv4/tcp_output.c tcp_cwnd_test"),
		},
		see:  []string{"tcp_congestion_control", "bbr", "tcp_slow_start_after_idle", "many-retransmissions", "recv-q-send-q", "TCPHystartTrainCwnd"},
		read: []string{"RFC 5681"},
	}
}

func bbr() question {
	return question{
		name:    "bbr",
		aliases: []string{"BBR congestion control", "enable BBR", "tcp_bbr", "bbr or cubic", "BBR 加速", "开启 BBR", "bbr 拥塞控制"},
		ask:     Text{"What does BBR change, and how is it switched on?", "BBR 有什么不同？怎么开启？"},
		short: []Statement{
			say("BBR sends at the rate that it measures on the path, instead of sending more until something is lost. It helps where packets are lost though the line is not full: long ways, wireless links.",
				"BBR 按测得的路径速率发送，而不是一直加到丢包为止。链路没满却丢包时有用：长距离、无线链路。",
				"net/ipv4/tcp_bbr.c (comment)"),
			say("modprobe tcp_bbr, then sysctl -w net.ipv4.tcp_congestion_control=bbr. Connections opened or accepted afterwards take it, those that are open keep theirs; nothing needs a restart.",
				"modprobe tcp_bbr，再 sysctl -w net.ipv4.tcp_congestion_control=bbr。之后新建和 accept 的连接使用它，已有的连接不变；不需要重启服务。",
				"net/ipv4/tcp_minisocks.c tcp_ca_openreq_child; "+measured),
		},
		detail: []Statement{
			say("Only the sender's algorithm counts: for downloads that of the server. The peer need not know of it.",
				"起作用的只是发送方的算法：下载时是服务端的。对端不需要支持。", "net/ipv4/tcp_bbr.c (comment)"),
			say("The qdisc fq is not needed: without it TCP spreads the packets by a timer of its own, for some more CPU.",
				"不是必须有 fq：没有它时由 TCP 自己用定时器匀速发送，多费一些 CPU。", "net/ipv4/tcp_bbr.c (comment)"),
			say("In a container the parameter takes only what tcp_allowed_congestion_control of the host lists, others are refused with EPERM.",
				"在容器里，只能设为主机 tcp_allowed_congestion_control 中列出的算法，其他的返回 EPERM。",
				"net/ipv4/tcp_cong.c tcp_set_default_congestion_control; "+measured),
			say("ss -ti names the algorithm of each connection; one socket chooses with TCP_CONGESTION.",
				"ss -ti 显示每个连接用的算法；单个套接字用 TCP_CONGESTION 选择。", "tcp(7) TCP_CONGESTION; "+measured),
			say("It is no cure for TIME_WAIT, full queues or a slow program: it changes no state and no number of connections.",
				"它治不了 TIME_WAIT、队列满或程序慢：它不改变连接的状态和数量。", "net/ipv4/tcp_bbr.c (comment)"),
		},
		see:  []string{"tcp_congestion_control", "default_qdisc", "congestion-window", "many-retransmissions"},
		read: []string{"net/ipv4/tcp_bbr.c"},
	}
}

func packetSize() question {
	return question{
		name:    "packet-size",
		aliases: []string{"MSS", "maximum segment size", "MTU", "path MTU", "PMTU", "MTU black hole", "fragmentation needed", "MSS clamping", "clamp-mss-to-pmtu", "Message too long", "EMSGSIZE", "最大报文段长度", "路径 MTU", "MTU 黑洞", "小包通大包不通", "大包不通"},
		ask:     Text{"MSS and path MTU: why do small things work, and large ones hang?", "MSS 和路径 MTU：为什么小的能通，大的卡住？"},
		short: []Statement{
			say("A router that cannot pass a large packet on says so by ICMP. Where a firewall swallows that, the sender never learns of it: the connection opens, and hangs with the first full segment.",
				"路由器转发不了大包时用 ICMP 通知。如果防火墙把它吞掉，发送方就永远不知道：连接能建立，到第一个满长的报文就卡住。",
				"RFC 1191 4; RFC 2923 2.1"),
			say("Let ICMP type 3 code 4 (IPv6: type 2) through. Where you cannot, lower the MSS at the gateway (iptables TCPMSS --clamp-mss-to-pmtu) or set tcp_mtu_probing to 1.",
				"放行 ICMP 类型 3 代码 4（IPv6 是类型 2）。做不到时，在网关上调小 MSS（iptables TCPMSS --clamp-mss-to-pmtu），或把 tcp_mtu_probing 设为 1。",
				"RFC 1191 4; RFC 8201 4; iptables-extensions(8); net/ipv4/tcp_timer.c tcp_mtu_probing"),
		},
		detail: []Statement{
			say("MSS is the most data in a segment: the MTU without the headers of IP and TCP. 1500 gives 1460 over IPv4 and 1440 over IPv6; timestamps take 12 bytes of it.",
				"MSS 是一个报文最多装多少数据：MTU 减去 IP 和 TCP 头。1500 时 IPv4 是 1460，IPv6 是 1440；时间戳再占 12 字节。",
				"RFC 9293 3.7.1; net/ipv4/tcp_output.c tcp_mtu_to_mss"),
			say("Each end tells in its SYN what it can take, and sends no more than the other told: nothing is negotiated beyond that.",
				"双方各在 SYN 里说明自己能收多大，发送时不超过对端说的：此外没有协商。", "RFC 9293 3.7.1"),
			say("tracepath HOST finds the path MTU; ping -M do -s 1472 HOST shows whether 1500 bytes come through. ss -ti shows mss and pmtu of each connection.",
				"tracepath HOST 能测出路径 MTU；ping -M do -s 1472 HOST 看 1500 字节能不能过。ss -ti 显示每个连接的 mss 和 pmtu。",
				"tracepath(8); ping(8); "+measured),
			say("Tunnels, VPNs and overlay networks of containers make packets longer: give their devices a smaller MTU.",
				"隧道、VPN 和容器的 overlay 网络会让包变长：把它们设备的 MTU 调小。", "RFC 2923 2.1; RFC 7348 4.3"),
			say("Here it looks like an ESTABLISHED connection whose Send-Q stays and whose segments are sent again.",
				"在本机看到的是：ESTABLISHED 连接的 Send-Q 一直不降，报文反复重传。", "RFC 2923 2.1"),
		},
		see:  []string{"tcp_mtu_probing", "TCPMTUPFail", "ES03", "many-retransmissions", "synproxy", "recv-q-send-q"},
		read: []string{"RFC 1191", "RFC 4821", "RFC 8201"},
	}
}

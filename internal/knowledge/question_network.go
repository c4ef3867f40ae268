// SPDX-License-Identifier: Apache-2.0

package knowledge

// Where the makers of middleboxes tell their limits.
const (
	albTimeout   = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"
	elbTimeout   = "https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-idle-timeout.html"
	nlbDefault   = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html"
	nlbTimeout   = "https://aws.amazon.com/blogs/networking-and-content-delivery/introducing-nlb-tcp-configurable-idle-timeout/"
	awsNATPorts  = "https://repost.aws/knowledge-center/vpc-resolve-port-allocation-errors"
	azureTimeout = "https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-tcp-idle-timeout"
	azureReset   = "https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-tcp-reset"
	azureNATPort = "https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-outbound-connections"
)

// networkQuestions are about what stands between two hosts.
func networkQuestions() []Topic {
	return questionTopics(idleTimeoutOnTheWay(), badGateway(), natPorts(), synProxy(), ipsecPolicy(), deadPeer())
}

func idleTimeoutOnTheWay() question {
	return question{
		name:    "idle-timeout-on-the-way",
		aliases: []string{"load balancer idle timeout", "NAT idle timeout", "firewall idle timeout", "idle timeout", "负载均衡空闲超时", "NAT 空闲超时", "idle connections are dropped", "idle connection dropped", "server has gone away", "communications link failure", "last packet successfully received", "空闲后断开", "过一会就断", "空闲连接被断开", "长连接被断开"},
		ask:     Text{"Why do idle connections through a NAT, firewall or load balancer break?", "为什么经过 NAT、防火墙或负载均衡的空闲连接会断？"},
		short: []Statement{
			say("It forgets a connection on which nothing was sent for some time, often without telling either end: both stay ESTABLISHED. The next data is answered with a RST, or by nobody.",
				"一段时间没有数据，它就忘掉这个连接，往往不通知任何一端：两端仍是 ESTABLISHED。下一次发数据得到 RST，或者毫无回应。",
				azureReset+"; "+nlbTimeout+"; RFC 9293 3.5.2"),
			say("Switch on SO_KEEPALIVE with a TCP_KEEPIDLE below its time: the probes count as traffic for what works on packets.",
				"打开 SO_KEEPALIVE，并把 TCP_KEEPIDLE 设得比它的时间短：对按包转发的设备，探测包也算流量。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer; "+azureReset+"; lab: keepalive"),
		},
		detail: []Statement{
			say("The default of tcp_keepalive_time, 7200 s, is too late for all of these, and applies only to sockets with SO_KEEPALIVE.",
				"tcp_keepalive_time 默认 7200 秒，对下面这些都太晚；而且只对设了 SO_KEEPALIVE 的套接字有效。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer"),
			say("A server that closes idle connections itself looks alike: MySQL after wait_timeout, 8 hours, with \"server has gone away\".",
				"服务端自己关闭空闲连接时看起来一样：MySQL 在 wait_timeout（8 小时）之后，报 “server has gone away”。", mysqlGone),
			say("AWS Network Load Balancer: 350 s unless configured; later data gets a RST.", "AWS Network Load Balancer：默认 350 秒，可配置；之后的数据得到 RST。", nlbDefault+"; "+nlbTimeout),
			say("AWS Application Load Balancer: 60 s, and it closes. It works on HTTP: keepalive probes do not count, for the Classic one neither.",
				"AWS Application Load Balancer：60 秒，由它关闭连接。它处理的是 HTTP：keepalive 探测不算数，Classic 的也一样。", albTimeout+"; "+elbTimeout),
			say("Azure Load Balancer: 4 minutes, then it drops in silence unless TCP reset is switched on.", "Azure Load Balancer：4 分钟，之后默默丢弃，除非打开了 TCP reset。", azureTimeout+"; "+azureReset),
			say("Linux with conntrack, as routers, Docker and Kubernetes nodes are: 5 days (nf_conntrack_tcp_timeout_established), or what was set.",
				"使用 conntrack 的 Linux（路由器、Docker 主机、Kubernetes 节点）：5 天（nf_conntrack_tcp_timeout_established），或所设的值。",
				"net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts"),
		},
		see:   []string{"connection-reset", "connection-timed-out", "ES05", "TCP_KEEPIDLE", "tcp_keepalive_time", "bad-gateway", "dead-peer"},
		prove: []string{"keepalive"},
	}
}

func badGateway() question {
	return question{
		name:    "bad-gateway",
		aliases: []string{"502", "504", "502 bad gateway", "504 gateway timeout", "upstream prematurely closed connection", "keep-alive race", "503", "no live upstreams", "upstream connect error", "connection termination", "no healthy upstream", "网关错误", "502 错误"},
		ask:     Text{"Why are there now and then 502s behind a proxy or load balancer?", "代理或负载均衡后面为什么偶尔出现 502？"},
		short: []Statement{
			say("The server closes an idle connection just as the proxy sends the next request on it: the request meets a RST. The end that sends requests has to be the one that closes idle connections first.",
				"服务端关闭空闲连接的同时，代理正好在上面发出下一个请求：请求碰上 RST。空闲连接应由发请求的一端先关闭。",
				albTimeout+"; net/ipv4/tcp_ipv4.c tcp_v4_send_reset; lab: data-after-close"),
			say("Make the keep-alive time of the server longer than the idle time of what stands before it: longer than 60 s behind an AWS Application Load Balancer.",
				"让服务端的 keep-alive 时间长于它前面那一层的空闲时间：在 AWS Application Load Balancer 后面要超过 60 秒。",
				albTimeout+"; "+elbTimeout),
		},
		detail: []Statement{
			say("504 is another trouble: the answer came too late, or connect() did. Look for a full accept queue with tcpvitals queues --window 10s.",
				"504 是另一回事：响应太慢，或 connect() 太慢。用 tcpvitals queues --window 10s 看全连接队列是否已满。", "lab: accept-overflow-0"),
		},
		see: []string{"connection-reset", "broken-pipe", "idle-timeout-on-the-way", "AQ01", "RS01", "TCPAbortOnData"},
	}
}

func natPorts() question {
	return question{
		name:    "nat-ports",
		aliases: []string{"SNAT port exhaustion", "NAT port exhaustion", "cloud NAT", "ErrorPortAllocation", "SNAT 端口耗尽", "NAT 端口耗尽"},
		ask:     Text{"Connections through a cloud NAT fail though local ports are left: why?", "本地端口还有，经过云上 NAT 的连接却失败：为什么？"},
		short: []Statement{
			say("The NAT has ports of its own for each destination, and all hosts behind it share them. Here it looks like SYN_SENT without an answer.",
				"NAT 对每个目标有自己的端口，它后面的所有主机共用。在本机看到的是没有应答的 SYN_SENT。",
				awsNATPorts+"; "+azureNATPort+"; lab: syn-sent"),
		},
		detail: []Statement{
			say("AWS NAT gateway: 55,000 connections at once to each destination and address; the metric ErrorPortAllocation counts what failed.",
				"AWS NAT 网关：每个地址对每个目标同时 55,000 个连接；指标 ErrorPortAllocation 记录失败数。", awsNATPorts),
			say("Azure: 64,000 ports for each public address, shared out among the machines: each has a part only.",
				"Azure：每个公网地址 64,000 个端口，分给各台机器：每台只有一部分。", azureNATPort),
			say("Linux that masquerades: insert_failed of conntrack counts flows that found no free port or met another at the same moment.",
				"做 MASQUERADE 的 Linux：conntrack 的 insert_failed 记录没找到空闲端口、或同时与另一条流相撞的连接。",
				"net/netfilter/nf_conntrack_core.c __nf_conntrack_confirm"),
			say("Keep connections open and use them again. ip_local_port_range and tcp_tw_reuse of this host do not help: they are not the NAT's.",
				"保持连接并复用。本机的 ip_local_port_range、tcp_tw_reuse 没有用：那不是 NAT 的端口。", awsNATPorts),
		},
		see: []string{"SYN_SENT", "cannot-assign-address", "SY05", "CT02", "nf_conntrack.insert_failed", "TW03"},
	}
}

func synProxy() question {
	return question{
		name:    "synproxy",
		aliases: []string{"nft synproxy", "iptables SYNPROXY"},
		ask:     Text{"What changes when a firewall answers SYNs with SYNPROXY?", "防火墙用 SYNPROXY 代答 SYN 时有什么不同？"},
		short: []Statement{
			say("It answers every SYN with a cookie and keeps nothing; only when the ACK of a client brings the cookie back does it open the connection to the server. A flood never reaches the listener: SYN_RECV and the cookie counters of the server stay low.",
				"它用 cookie 应答每个 SYN，什么也不保存；客户端的 ACK 带回 cookie 之后，它才向服务端建立连接。flood 到不了监听套接字：服务端的 SYN_RECV 和 cookie 计数器都很低。",
				"net/netfilter/nf_synproxy_core.c synproxy_recv_client_ack, synproxy_send_server_syn"),
		},
		detail: []Statement{
			say("The options of a connection are those that the rule names (mss, wscale, sack, timestamp), not the server's: they have to be what the server offers.",
				"连接的选项以规则里写的为准（mss、wscale、sack、timestamp），不是服务端的：必须与服务端实际支持的一致。",
				"net/netfilter/nf_synproxy_core.c synproxy_send_client_synack"),
			say("Clients connect before the server is asked: with a server that is down connect() succeeds and the first read fails.",
				"客户端在询问服务端之前就已连上：服务端不在时，connect() 仍会成功，第一次读才失败。",
				"net/netfilter/nf_synproxy_core.c synproxy_send_client_synack, synproxy_recv_client_ack"),
			say("/proc/net/stat/synproxy counts cookies that were right and wrong.", "/proc/net/stat/synproxy 记录正确和错误的 cookie。", "net/netfilter/nf_synproxy_core.c synproxy_cpu_seq_show"),
		},
		see: []string{"SYN_RECV", "tcp_syncookies", "syncookies-degrade", "SY02"},
	}
}

func ipsecPolicy() question {
	return question{
		name:    "ipsec-policy",
		aliases: []string{"IPsec", "XFRM", "xfrm_stat", "/proc/net/xfrm_stat", "XfrmInNoPols", "XfrmInTmplMismatch", "XfrmInPolBlock", "XfrmOutNoStates", "XfrmOutPolBlock", "IPsec 策略", "VPN 丢包"},
		ask:     Text{"Where are packets that an IPsec policy (XFRM) drops counted?", "被 IPsec 策略（XFRM）丢弃的包记在哪里？"},
		short: []Statement{
			say("In /proc/net/xfrm_stat, one number for each reason and network namespace. TCP never sees these packets: ListenDrops stays where it is, and the senders wait as for any packet that is lost.",
				"在 /proc/net/xfrm_stat 中，每个原因、每个网络命名空间一个数。TCP 看不到这些包：ListenDrops 不变，发送方只当丢了包，继续等待。",
				"net/xfrm/xfrm_proc.c xfrm_statistics_seq_show; net/ipv4/tcp_ipv4.c tcp_v4_rcv; "+measured),
		},
		detail: []Statement{
			say("XfrmInPolBlock: a policy forbids what came in. XfrmInNoPols: none allows it. XfrmInTmplMismatch: it should have come through a tunnel or encrypted, and did not.",
				"XfrmInPolBlock：有策略禁止收到的包。XfrmInNoPols：没有策略允许它。XfrmInTmplMismatch：它本应经隧道或加密到达，却没有。",
				"net/xfrm/xfrm_policy.c __xfrm_policy_check; "+measured),
			say("XfrmInNoStates: encrypted with keys that are not known here, as after a restart of one end. XfrmInStateSeqError: repeated or too late. XfrmInStateProtoError: a wrong key or algorithm.",
				"XfrmInNoStates：加密所用的密钥本机没有，例如一端重启之后。XfrmInStateSeqError：重复或来得太晚。XfrmInStateProtoError：密钥或算法不对。",
				"net/xfrm/xfrm_input.c xfrm_input"),
			say("XfrmOutPolBlock: a policy forbids sending; connect() fails with EPERM. XfrmOutNoStates: the keys are not negotiated yet; SYNs are thrown away in silence meanwhile, and stay in SYN_SENT as if the peer were down (xfrm_larval_drop, 1 by default).",
				"XfrmOutPolBlock：有策略禁止发送，connect() 返回 EPERM。XfrmOutNoStates：密钥还没协商好；其间 SYN 被悄悄丢弃，停留在 SYN_SENT，看起来像对端不在（xfrm_larval_drop，默认 1）。",
				"net/xfrm/xfrm_policy.c xfrm_lookup_with_ifid, make_blackhole; "+measured),
			say("ip xfrm policy and ip xfrm state show what is set; ip -s xfrm state counts what each key let through.",
				"ip xfrm policy 和 ip xfrm state 显示当前设置；ip -s xfrm state 统计每个密钥放行了多少。", "ip-xfrm(8)"),
		},
		see: []string{"SYN_SENT", "SY05", "ES05", "connection-timed-out", "listen-drops-unattributable"},
	}
}

func deadPeer() question {
	return question{
		name:    "dead-peer",
		aliases: []string{"failover", "dead node", "half-open", "dead peer", "故障切换", "对端宕机", "死连接", "半开连接"},
		ask:     Text{"A node died: how do its clients notice sooner?", "节点宕机后，怎样让客户端更早发现？"},
		short: []Statement{
			say("Nothing comes from a dead node, so that only time ends its connections: with data on its way 924 s or more (tcp_retries2 15), idle never, or with SO_KEEPALIVE after 2 hours and 11 minutes.",
				"宕机的节点什么也不会发来，只能靠时间：有在途数据时 924 秒以上（tcp_retries2 为 15），空闲的永远不断，设了 SO_KEEPALIVE 的要 2 小时 11 分钟。",
				"net/ipv4/tcp_timer.c tcp_model_timeout, tcp_keepalive_timer; lab: retries2; lab: keepalive"),
			say("Set both in the client: TCP_USER_TIMEOUT for data, SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT for idle connections.",
				"在客户端同时设两样：有数据时靠 TCP_USER_TIMEOUT，空闲时靠 SO_KEEPALIVE 加 TCP_KEEPIDLE、TCP_KEEPINTVL、TCP_KEEPCNT。",
				"net/ipv4/tcp_timer.c tcp_write_timeout, tcp_keepalive_timer; lab: user-timeout; lab: keepalive"),
		},
		detail: []Statement{
			say("Do not lower tcp_retries2 for it: it cuts off every connection of the namespace in a short fault of the network.", "不要为此调低 tcp_retries2：网络短暂故障时，命名空间里的所有连接都会被切断。", "net/ipv4/tcp_timer.c tcp_write_timeout; RFC 9293 3.8.3"),
			say("C and Python: setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, ms). Go: net.Dialer.KeepAliveConfig, and TCP_USER_TIMEOUT in Dialer.Control. Java: jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE; Netty has EpollChannelOption.TCP_USER_TIMEOUT.",
				"C、Python：setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 毫秒)。Go：net.Dialer.KeepAliveConfig，TCP_USER_TIMEOUT 在 Dialer.Control 里设。Java：jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE；Netty 有 EpollChannelOption.TCP_USER_TIMEOUT。",
				"tcp(7) TCP_USER_TIMEOUT; https://pkg.go.dev/net#KeepAliveConfig; https://docs.oracle.com/en/java/javase/21/docs/api/jdk.net/jdk/net/ExtendedSocketOptions.html; https://netty.io/4.1/api/io/netty/channel/epoll/EpollChannelOption.html"),
			say("A timeout of the request in the program comes first: it also covers a peer that is alive and hangs.", "首先要有程序自己的请求超时：对端活着但卡住时也管用。", "net/ipv4/tcp_timer.c tcp_write_timeout"),
		},
		see:   []string{"TCP_USER_TIMEOUT", "TCP_KEEPIDLE", "tcp_retries2", "ES03", "TO01", "connection-timed-out", "idle-timeout-on-the-way"},
		prove: []string{"user-timeout", "keepalive"},
	}
}

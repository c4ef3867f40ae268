// SPDX-License-Identifier: Apache-2.0

package knowledge

// fastOpenCounters tell how TCP Fast Open fares.
func fastOpenCounters() []Topic {
	return counterTopics(
		counter{
			name:  "TcpExt.TCPFastOpenActive",
			title: Text{"connections whose data in the SYN was acknowledged", "SYN 中的数据被对端确认的连接（客户端）"},
			counts: []Statement{
				say("This host was the client, and the SYN-ACK acknowledged what the SYN carried.", "本机是客户端，SYN-ACK 确认了 SYN 携带的数据。", "net/ipv4/tcp_input.c tcp_rcv_fastopen_synack"),
			},
			scope: perNamespace(),
			see:   []string{"tcp_fastopen", "TCPFastOpenActiveFail", "TCPFastOpenPassive"},
		},
		counter{
			name:  "TcpExt.TCPFastOpenActiveFail",
			title: Text{"connections whose data in the SYN was not taken", "SYN 中的数据没有被接受的连接（客户端）"},
			counts: []Statement{
				say("The data of the SYN had to be sent again, or the SYN with data was lost. The connection goes on.", "SYN 中的数据要重发，或带数据的 SYN 丢失。连接仍会继续。",
					"net/ipv4/tcp_input.c tcp_rcv_fastopen_synack; net/ipv4/tcp_fastopen.c tcp_fastopen_active_detect_blackhole"),
			},
			scope: perNamespace(),
			see:   []string{"tcp_fastopen", "TCPFastOpenActive", "SYN_SENT"},
		},
		counter{
			name:  "TcpExt.TCPFastOpenPassive",
			title: Text{"connections that were opened by a SYN with data", "由带数据的 SYN 打开的连接（服务端）"},
			counts: []Statement{
				say("A SYN brought a valid cookie and data: the connection is ready for accept() before the handshake ends, as a socket in SYN_RECV.", "SYN 带来有效的 cookie 和数据：握手完成前连接就可以 accept()，此时是处于 SYN_RECV 的套接字。",
					"net/ipv4/tcp_fastopen.c tcp_try_fastopen"),
			},
			scope: perNamespace(),
			see:   []string{"tcp_fastopen", "SYN_RECV", "TCPFastOpenPassiveFail", "TCPFastOpenListenOverflow"},
		},
		counter{
			name:  "TcpExt.TCPFastOpenPassiveFail",
			title: Text{"SYNs whose cookie was wrong or whose connection could not be made", "cookie 无效或无法创建连接的带数据 SYN（服务端）"},
			counts: []Statement{
				say("They go on as ordinary SYNs: nothing is lost but the time saved.", "它们按普通 SYN 处理：损失的只是本可省下的时间。", "net/ipv4/tcp_fastopen.c tcp_try_fastopen"),
			},
			scope: perNamespace(),
			see:   []string{"tcp_fastopen", "TCPFastOpenPassive"},
		},
		counter{
			name:  "TcpExt.TCPFastOpenListenOverflow",
			title: Text{"SYNs with data that found the Fast Open queue full", "Fast Open 队列已满时到达的带数据 SYN"},
			counts: []Statement{
				say("The number that the listener gave TCP_FASTOPEN is the most that may be open before their handshake ends. Above it the SYN is treated as an ordinary one.", "监听套接字设 TCP_FASTOPEN 时给的数，就是握手完成前最多能打开的连接数。超过后按普通 SYN 处理。",
					"net/ipv4/tcp_fastopen.c tcp_fastopen_queue_check"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Growth beside TCPFastOpenPassive: raise the number that the application gives TCP_FASTOPEN, if the round trip that Fast Open saves is worth it. With a number of 2, of 20 SYNs whose handshakes did not end 18 counted here, and all 18 had their SYN-ACK.", "与 TCPFastOpenPassive 一起增长时：如果值得省下这一次往返，就调大应用设给 TCP_FASTOPEN 的数。该数为 2 时，20 个握手未完成的 SYN 中有 18 个计入这里，且这 18 个都收到了 SYN-ACK。", "measured on Linux 6.18"),
			},
			traps: []Statement{
				say("It is another queue than the accept queue: no client waits for it.", "它和全连接队列是两回事：没有客户端因此等待。", "net/ipv4/tcp_fastopen.c tcp_fastopen_queue_check"),
			},
			see: []string{"tcp_fastopen", "TCPFastOpenPassive", "ListenOverflows"},
		},
	)
}

// signatureCounters count segments that were dropped before TCP looked at them.
func signatureCounters() []Topic {
	return counterTopics(
		counter{
			name:  "Tcp.InCsumErrors",
			title: Text{"segments whose checksum was wrong", "校验和错误的报文"},
			counts: []Statement{
				say("Damaged on the way, or by a network card or a driver. They count in InErrs too.", "在途中、网卡或驱动里损坏。也计入 InErrs。", "net/ipv4/tcp_ipv4.c tcp_v4_rcv"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Growth together with retransmissions points to a card, a cable or a tunnel: ethtool -S shows the card's own counters.", "与重传一起增长时，查网卡、线缆或隧道：ethtool -S 显示网卡自己的计数器。", "net/ipv4/tcp_ipv4.c tcp_v4_rcv"),
			},
			see: []string{"InErrs", "RetransSegs", "RT01"},
		},
		counter{
			name:  "TcpExt.IPReversePathFilter",
			title: Text{"packets from where no answer would go", "反向路径检查不通过而丢弃的包"},
			counts: []Statement{
				say("rp_filter is 1 or 2, and the route back to the sender leads through another interface, or nowhere. All protocols count, not TCP alone.", "rp_filter 为 1 或 2，而回发送方的路由走另一个网卡或不存在。所有协议都计，不只 TCP。",
					"net/ipv4/ip_input.c ip_rcv_finish_core; net/ipv4/fib_frontend.c __fib_validate_source"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("With several interfaces SYNs vanish here without a trace at the listener: clients stay in SYN_SENT. Repair the routes, or set rp_filter to 2.", "多网卡时 SYN 在这里消失，监听套接字看不到任何痕迹：客户端停在 SYN_SENT。修正路由，或把 rp_filter 设为 2。",
					"net/ipv4/fib_frontend.c __fib_validate_source; Documentation/networking/ip-sysctl.rst"),
			},
			see: []string{"SYN_SENT", "SY05"},
		},
		counter{
			name:    "TcpExt.TCPMD5NotFound",
			aliases: []string{"TcpExt.TCPMD5Unexpected", "TcpExt.TCPMD5Failure"},
			title:   Text{"segments whose MD5 signature was missing, not wanted or wrong", "MD5 签名缺失、多余或错误的报文"},
			counts: []Statement{
				say("For BGP and the like: TCPMD5NotFound where a key is set and the segment has no signature, TCPMD5Unexpected where none is set and it has one, TCPMD5Failure where the signature is wrong.", "用于 BGP 等：设了密钥而报文没有签名计 TCPMD5NotFound，没设密钥而报文有签名计 TCPMD5Unexpected，签名错误计 TCPMD5Failure。",
					"net/ipv4/proc.c snmp4_net_list; RFC 2385"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("The segment is dropped in silence: the peer stays in SYN_SENT. Compare the keys of both ends.", "报文被悄悄丢弃：对端停在 SYN_SENT。核对两端的密钥。", "net/ipv4/tcp_ipv4.c tcp_v4_rcv; RFC 2385"),
			},
			see: []string{"SYN_SENT", "TCPAOBad"},
		},
		counter{
			name:    "TcpExt.TCPAOBad",
			aliases: []string{"TcpExt.TCPAORequired", "TcpExt.TCPAOKeyNotFound", "TcpExt.TCPAOGood", "TcpExt.TCPAODroppedIcmps", "TCP-AO"},
			title:   Text{"segments of the TCP authentication option, good and bad", "TCP-AO 认证选项的报文，正确的和错误的"},
			counts: []Statement{
				say("TCP-AO takes the place of MD5 signatures: TCPAOGood were right, TCPAOBad wrong, TCPAOKeyNotFound named an unknown key, TCPAORequired had none where one was wanted.", "TCP-AO 取代 MD5 签名：TCPAOGood 正确，TCPAOBad 错误，TCPAOKeyNotFound 密钥未知，TCPAORequired 应有而没有。",
					"net/ipv4/proc.c snmp4_net_list; RFC 5925"),
			},
			scope: append(perNamespace(), say("Linux 6.12 has it, 6.1 does not: where the column is missing the number is unknown, not 0.", "Linux 6.12 有，6.1 没有：没有这一列时是“未知”，不是 0。", "net/ipv4/proc.c snmp4_net_list")),
			see:   []string{"TCPMD5NotFound", "SYN_SENT"},
		},
	)
}

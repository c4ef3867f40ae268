// SPDX-License-Identifier: Apache-2.0

package knowledge

// retransmitCounters tell what had to be sent again.
func retransmitCounters() []Topic {
	return counterTopics(
		counter{
			name:  "Tcp.RetransSegs",
			title: Text{"segments sent again, handshakes included", "重传的报文段数，含握手报文"},
			counts: []Statement{
				say("Every segment of a retransmission: data, FIN, SYN, and SYN-ACK.", "所有重传的段：数据、FIN、SYN、SYN-ACK。",
					"net/ipv4/tcp_output.c __tcp_retransmit_skb, tcp_rtx_synack"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("A scan or a flood raises it with SYN-ACKs, without any loss on real connections: subtract TCPSynRetrans.",
					"扫描或 flood 会因重发 SYN-ACK 把它抬高，而真实连接并没有丢包：先减去 TCPSynRetrans。",
					"net/ipv4/tcp_output.c tcp_rtx_synack"),
			},
			see: []string{"TCPSynRetrans", "TCPTimeouts", "FW04"},
		},
		counter{
			name:  "Tcp.OutSegs",
			title: Text{"segments sent, without what is sent again", "发出的报文段数，不含重传"},
			counts: []Statement{
				say("Every segment with something new in it, and every segment without data: ACKs, and answers sent without a socket.",
					"所有带新内容的段，以及所有不带数据的段：ACK，以及没有套接字时的应答。",
					"net/ipv4/tcp_output.c __tcp_transmit_skb; net/ipv4/tcp_ipv4.c tcp_v4_send_reset"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("What is sent again is in RetransSegs only: the share of it is RetransSegs / (OutSegs + RetransSegs).",
					"重传只计入 RetransSegs：重传占比是 RetransSegs /（OutSegs + RetransSegs）。",
					"net/ipv4/tcp_output.c __tcp_transmit_skb, __tcp_retransmit_skb"),
			},
			see: []string{"RetransSegs", "RT01"},
		},
		counter{
			name:  "TcpExt.TCPOrigDataSent",
			title: Text{"segments of data sent for the first time", "首次发出的数据报文段数"},
			counts: []Statement{
				say("Segments with data that were not sent before; no ACKs, and nothing that is sent again.", "此前没有发过的数据段；不含纯 ACK，也不含重传。",
					"net/ipv4/proc.c snmp4_net_list; commit f19c29e3e391; "+measured),
			},
			scope: perNamespace(),
			see:   []string{"RetransSegs", "TCPDelivered", "RS01"},
		},
		counter{
			name:  "TcpExt.TCPDelivered",
			title: Text{"segments that the peers acknowledged", "已被对端确认的报文段数"},
			counts: []Statement{
				say("Segments that were acknowledged, by ACK or by SACK; since Linux 4.18.", "已被 ACK 或 SACK 确认的段；Linux 4.18 起才有。",
					"net/ipv4/proc.c snmp4_net_list; "+measured),
			},
			scope: perNamespace(),
			see:   []string{"TCPOrigDataSent", "RS01"},
		},
		counter{
			name:  "TcpExt.TCPRetransFail",
			title: Text{"segments that this host could not send again", "本机未能重传出去的报文段数"},
			counts: []Statement{
				say("Retransmissions that did not leave this host: its own firewall, a route that is gone, a full queue.",
					"没能离开本机的重传：本机防火墙、路由消失或发送队列已满。",
					"net/ipv4/tcp_output.c __tcp_retransmit_skb"),
			},
			scope: perNamespace(),
			see:   []string{"RetransSegs", "ES05"},
		},
		counter{
			name:    "TcpExt.TCPLossProbes",
			aliases: []string{"tail loss probe", "TLP"},
			title:   Text{"probes sent for the end of a burst that nobody acknowledged", "突发末尾迟迟未确认时发出的探测（TLP）"},
			counts: []Statement{
				say("The last segments of a burst were not acknowledged within about two round trips: one segment is sent again, or a new one, so that the timeout need not be waited for. TCPLossProbeRecovery counts those that repaired a loss.",
					"一批报文的末尾在约两个往返内没有得到确认：重发一个报文（或发一个新的），免得等到超时。TCPLossProbeRecovery 是其中补上丢失的次数。",
					"net/ipv4/tcp_output.c tcp_send_loss_probe; net/ipv4/tcp_input.c tcp_process_tlp_ack; RFC 8985 7"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("A probe is no loss: where TCPLossProbeRecovery stays far behind, the ACKs are only late.", "探测不等于丢包：TCPLossProbeRecovery 远小于它时，只是 ACK 来得晚。", "net/ipv4/tcp_input.c tcp_process_tlp_ack"),
			},
			see: []string{"RetransSegs", "TCPTimeouts", "RT01"},
		},
		counter{
			name:  "TcpExt.TCPDSACKRecv",
			title: Text{"times a peer said that something had come twice", "对端报告收到重复数据的次数"},
			counts: []Statement{
				say("Acknowledgements that name what the peer had already (D-SACK): a segment was sent again in vain.",
					"对端在确认中指出已收到过的数据（D-SACK）：有报文段被白白重发。",
					"net/ipv4/tcp_input.c tcp_check_dsack; RFC 2883"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Beside RetransSegs: where it is most of it, data is not lost on the way out; acknowledgements are lost on the way here, or come late.",
					"与 RetransSegs 比较：占大部分时，发出的数据并没有丢；丢失或迟到的是来本机方向的确认。",
					"net/ipv4/tcp_input.c tcp_check_dsack; "+measured),
			},
			see: []string{"RetransSegs", "TCPLossProbes", "TCPOFOQueue", "RT01"},
		},
		counter{
			name:  "TcpExt.TCPOFOQueue",
			title: Text{"segments that came before others that were sent earlier", "先于更早发出的报文段到达的报文段数"},
			counts: []Statement{
				say("Segments with data behind a gap; they wait in the out-of-order queue until it is filled.",
					"前面有缺口的数据段；它们在乱序队列中等待缺口补上。", "net/ipv4/tcp_input.c tcp_data_queue_ofo"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("A segment that is lost and one that is overtaken look the same, and after one loss all that is on the way comes over its gap: a fast download counts hundreds for each.",
					"丢失与被超越看起来一样；而一次丢失之后，途中的所有报文段都落在缺口之后：快速下载时一次丢失会计入数百个。",
					"net/ipv4/tcp_input.c tcp_data_queue_ofo"),
			},
			see: []string{"TCPDSACKRecv", "Tcp.InSegs", "RT01"},
		},
		counter{
			name:  "TcpExt.TCPSynRetrans",
			title: Text{"SYNs and SYN-ACKs sent again", "重发的 SYN 与 SYN-ACK"},
			counts: []Statement{
				say("Both: SYNs of our connect() that nobody answered, and SYN-ACKs to clients that do not finish.",
					"两者都算：本机 connect() 没人应答的 SYN，以及客户端没完成握手时重发的 SYN-ACK。",
					"net/ipv4/tcp_output.c __tcp_retransmit_skb, tcp_rtx_synack"),
			},
			scope: perNamespace(),
			see:   []string{"SYN_SENT", "SYN_RECV", "RetransSegs", "SY05"},
			prove: []string{"syn-sent", "syn-recv"},
		},
		counter{
			name:  "TcpExt.TCPTimeouts",
			title: Text{"retransmission timers that fired", "重传定时器触发的次数"},
			counts: []Statement{
				say("Each time a retransmission timer ran out: data, FIN, SYN and SYN-ACK.", "每次重传定时器到期：数据、FIN、SYN、SYN-ACK 都算。",
					"net/ipv4/tcp_timer.c tcp_retransmit_timer, tcp_syn_ack_timeout"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("These are single timeouts, not lost connections: those are in TCPAbortOnTimeout.",
					"这是单次超时，不是连接失败；后者看 TCPAbortOnTimeout。",
					"net/ipv4/tcp_timer.c tcp_write_err"),
			},
			see: []string{"TCPAbortOnTimeout", "RetransSegs"},
		},
		counter{
			name:  "TcpExt.TCPKeepAlive",
			title: Text{"keepalive probes sent", "发出的 keepalive 探测数"},
			counts: []Statement{
				say("Probes on idle connections with SO_KEEPALIVE.", "对设了 SO_KEEPALIVE 的空闲连接发出的探测。",
					"net/ipv4/tcp_timer.c tcp_keepalive_timer; lab: keepalive"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("0 on a host with many idle connections: nobody asks whether the peers are still there.",
					"空闲连接很多而它为 0：没有人在确认对端是否还在。",
					"net/ipv4/tcp_timer.c tcp_keepalive_timer"),
			},
			see:   []string{"ESTABLISHED", "keepalive-sysctl-enables", "ES02"},
			prove: []string{"keepalive"},
		},
	)
}

// challengeCounters tell what did not fit into a connection.
func challengeCounters() []Topic {
	return counterTopics(
		counter{
			name:  "TcpExt.TCPSYNChallenge",
			title: Text{"SYNs that came inside an existing connection", "打到已有连接上的 SYN"},
			counts: []Statement{
				say("A SYN for addresses and ports that are in use. It is answered by an ACK, not by a SYN-ACK: a peer that has forgotten the connection then resets it.",
					"SYN 的四元组已被占用。内核回 ACK 而不是 SYN-ACK：已忘掉旧连接的对端会随之发 RST。",
					"net/ipv4/tcp_input.c tcp_validate_incoming; RFC 5961 4; lab: established-syn"),
				say("A SYN-ACK that comes again counts too: at a client whose server cannot take the connection into its full accept queue.",
					"再次到来的 SYN-ACK 也会计入：客户端遇到全连接队列已满的服务器时就是这样。",
					"net/ipv4/tcp_input.c tcp_validate_incoming; measured on Linux 6.18"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Growing, with old CLOSE_WAIT: peers come back on addresses and ports that our application has not closed.",
					"在涨，同时有长期的 CLOSE_WAIT：对端用本端应用尚未 close 的四元组又连回来了。",
					"net/ipv4/tcp_input.c tcp_validate_incoming"),
			},
			see:   []string{"CLOSE_WAIT", "TCPChallengeACK", "CW03"},
			prove: []string{"established-syn"},
		},
		counter{
			name:  "TcpExt.TCPChallengeACK",
			title: Text{"ACKs sent to ask: is this really you?", "用来确认“真的是你吗”的 challenge ACK"},
			counts: []Statement{
				say("ACKs sent for a SYN, a RST or an ACK that does not fit exactly: whoever forged it cannot answer.",
					"收到不完全吻合的 SYN、RST 或 ACK 时回的 ACK：伪造者无法据此应答。",
					"net/ipv4/tcp_input.c tcp_send_challenge_ack; RFC 5961; lab: established-rst-in-window"),
			},
			scope: perNamespace(),
			see:   []string{"TCPSYNChallenge", "TCPACKSkippedChallenge"},
			prove: []string{"established-rst-in-window", "established-syn"},
		},
		skipped("Challenge", "ESTABLISHED", "challenge ACKs", "challenge ACK", "net/ipv4/tcp_input.c tcp_send_challenge_ack"),
		skipped("SynRecv", "SYN_RECV", "answers in SYN_RECV", "SYN_RECV 中的应答", "net/ipv4/tcp_minisocks.c tcp_check_req"),
		skipped("FinWait2", "FIN_WAIT2", "answers in FIN_WAIT2", "FIN_WAIT2 中的应答", "net/ipv4/tcp_minisocks.c tcp_timewait_state_process"),
		skipped("TimeWait", "TIME_WAIT", "answers in TIME_WAIT", "TIME_WAIT 中的应答", "net/ipv4/tcp_minisocks.c tcp_timewait_state_process; lab: time-wait-syn-ratelimit"),
		skipped("PAWS", "ESTABLISHED", "answers to old timestamps", "对过旧时间戳的应答", "net/ipv4/tcp_input.c tcp_validate_incoming"),
		skipped("Seq", "ESTABLISHED", "answers to sequence numbers outside the window", "对窗口外序列号的应答", "net/ipv4/tcp_input.c tcp_validate_incoming"),
	)
}

// skipped is one of the counters of answers that tcp_invalid_ratelimit held back.
func skipped(name, state, en, zh, source string) counter {
	c := counter{
		name:  "TcpExt.TCPACKSkipped" + name,
		title: Text{en + " held back by tcp_invalid_ratelimit", zh + "，因 tcp_invalid_ratelimit 限速而没发出"},
		counts: []Statement{say(
			"A connection answers what does not fit at most once in tcp_invalid_ratelimit (0.5 s), so that two ends cannot keep each other busy. The rest counts here.",
			"对不合要求的报文，每个连接每 tcp_invalid_ratelimit（0.5 秒）最多应答一次，避免两端互相刷包；没发的计在这里。",
			source+"; net/ipv4/tcp_input.c __tcp_oow_rate_limited")},
		scope: perNamespace(),
		see:   []string{state, "tcp_invalid_ratelimit"},
	}
	if name == "TimeWait" {
		c.prove = []string{"time-wait-syn-ratelimit"}
	}
	return c
}

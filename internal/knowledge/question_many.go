// SPDX-License-Identifier: Apache-2.0

package knowledge

// manyQuestions are about states with many connections, and what to do about them.
func manyQuestions() []Topic {
	return questionTopics(manyFinWait2(), manyFinWait1(), manyLastAck(), manySynRecv(), manySynSent(), manyEstablished(), acceptQueueFull())
}

func manyFinWait2() question {
	return question{
		name:    "many-fin-wait2",
		aliases: []string{"too many FIN_WAIT2", "lots of FIN_WAIT2", "many FIN_WAIT_2", "大量 FIN_WAIT2", "FIN_WAIT2 过多", "FIN_WAIT2 太多"},
		ask:     Text{"There are many FIN_WAIT2s: what must I do?", "大量 FIN_WAIT2 怎么办？"},
		short: []Statement{
			say("This host has closed, its peers have acknowledged that and not closed themselves: look for CLOSE_WAIT at the other end. A program there does not close, or is slow to.",
				"本机已关闭，对端确认了但自己没有关闭：到对端看 CLOSE_WAIT。那边的程序没有关闭，或关得慢。",
				"RFC 9293 3.6; lab: fin-wait1-fin-wait2"),
		},
		detail: []Statement{
			say("Those whose program has called close() end after tcp_fin_timeout, 60 s. Those with an owner (shutdown() only) have no timer and stay until the program here closes.",
				"程序已 close() 的在 tcp_fin_timeout（60 秒）后结束。仍有所有者的（只 shutdown() 过）没有定时器，一直留到本机程序关闭。",
				"net/ipv4/tcp.c __tcp_close; lab: fin-timeout-orphan; lab: fin-wait2-held"),
			say("tcpvitals census --by kind,process 'state fin-wait-2' tells the two apart.", "tcpvitals census --by kind,process 'state fin-wait-2' 能区分两者。", "lab: fin-wait2-held"),
		},
		see: []string{"FIN_WAIT2", "FW01", "FW02", "FW03", "tcp_fin_timeout", "TCP_LINGER2", "many-close-wait"},
	}
}

func manyFinWait1() question {
	return question{
		name:    "many-fin-wait1",
		aliases: []string{"too many FIN_WAIT1", "lots of FIN_WAIT1", "many FIN_WAIT_1", "大量 FIN_WAIT1", "FIN_WAIT1 过多", "FIN_WAIT1 太多"},
		ask:     Text{"There are many FIN_WAIT1s: what must I do?", "大量 FIN_WAIT1 怎么办？"},
		short: []Statement{
			say("This host has closed and its peers do not acknowledge it: they are gone, lose packets, or do not read what was sent before the FIN.",
				"本机已关闭，对端没有确认：对端消失、丢包，或不读取 FIN 之前发出的数据。",
				"RFC 9293 3.6; lab: fin-wait1"),
		},
		detail: []Statement{
			say("Each holds what it has still to send, and counts as an orphan. Set time limits on sending; tcp_orphan_retries bounds how long the kernel goes on.",
				"每个都占着还没发完的数据，算作孤儿连接。为发送设时限；tcp_orphan_retries 限制内核坚持多久。",
				"net/ipv4/tcp_timer.c tcp_orphan_retries; lab: fin-wait1-orphan-retries"),
			say("tcpvitals list 'state fin-wait-1' -c +timer,retrans tells which: retransmissions for who is gone, persist for who does not read.",
				"tcpvitals list 'state fin-wait-1' -c +timer,retrans 能区分：重传的是对端消失，persist 的是对端不读。",
				"net/ipv4/tcp_timer.c tcp_probe_timer"),
		},
		see: []string{"FIN_WAIT1", "FW04", "FW05", "OR01", "tcp_orphan_retries", "too-many-orphaned-sockets"},
	}
}

func manyLastAck() question {
	return question{
		name:    "many-last-ack",
		aliases: []string{"too many LAST_ACK", "lots of LAST_ACK", "大量 LAST_ACK", "LAST_ACK 过多", "LAST_ACK 太多"},
		ask:     Text{"There are many LAST_ACKs: what must I do?", "大量 LAST_ACK 怎么办？"},
		short: []Statement{
			say("Both ends have closed, and the ACK of this host's FIN does not come: the peers are gone or behind something that drops it. Nothing in the application is wrong.",
				"两端都已关闭，只是本机 FIN 的 ACK 没有来：对端消失，或被途中设备丢弃。应用没有错。",
				"RFC 9293 3.6; lab: last-ack-repeats"),
		},
		detail: []Statement{
			say("They end by themselves after tcp_orphan_retries, 8 times or about 100 s by default.", "到 tcp_orphan_retries（默认 8 次，约 100 秒）后自行结束。", "net/ipv4/tcp_timer.c tcp_orphan_retries"),
		},
		see: []string{"LAST_ACK", "LA01", "tcp_orphan_retries", "OR01", "lost-last-ack"},
	}
}

func manySynRecv() question {
	return question{
		name:    "many-syn-recv",
		aliases: []string{"too many SYN_RECV", "lots of SYN_RECV", "many SYN_RCVD", "many half-open connections", "大量 SYN_RECV", "SYN_RECV 过多", "SYN_RECV 太多", "大量半连接"},
		ask:     Text{"There are many SYN_RECVs: is it an attack?", "大量 SYN_RECV：是被攻击了吗？"},
		short: []Statement{
			say("Not by the number alone: a listener keeps at most its backlog + 1 of them, so that a busy one is full soon. tcpvitals doctor --window 10s tells a flood from a full accept queue and from clients with a bad way back.",
				"只看数量不能断定：每个监听套接字最多保留 backlog + 1 个，繁忙时很快就满。tcpvitals doctor --window 10s 能区分 flood、全连接队列满、客户端回程不通。",
				"net/ipv4/tcp_input.c tcp_conn_request; lab: syncookies-1"),
		},
		detail: []Statement{
			say("Leave tcp_syncookies at 1: it is what keeps real clients connecting.", "保持 tcp_syncookies 为 1：真实客户端靠它还能连上。", "net/ipv4/tcp_input.c tcp_conn_request; lab: syncookies-1"),
			say("With TCP_DEFER_ACCEPT clients that say nothing stay here too.", "设了 TCP_DEFER_ACCEPT 时，不发数据的客户端也停在这里。", "lab: defer-accept"),
		},
		see: []string{"SYN_RECV", "SY01", "SY02", "SY04", "is-it-an-attack", "syn-recv-flood-size", "possible-syn-flooding"},
	}
}

func manySynSent() question {
	return question{
		name:    "many-syn-sent",
		aliases: []string{"too many SYN_SENT", "lots of SYN_SENT", "大量 SYN_SENT", "SYN_SENT 过多", "SYN_SENT 太多"},
		ask:     Text{"There are many SYN_SENTs: what must I do?", "大量 SYN_SENT 怎么办？"},
		short: []Statement{
			say("This host's SYNs get no answer: the other host is down, a firewall or NAT drops them, or its accept queue is full. tcpvitals census --by dst,dport,process 'state syn-sent' shows whose and to where.",
				"本机发出的 SYN 没有应答：对端不在、被防火墙或 NAT 丢弃，或对端全连接队列已满。tcpvitals census --by dst,dport,process 'state syn-sent' 显示是谁、连到哪里。",
				"net/ipv4/tcp_output.c tcp_connect; lab: syn-sent; lab: accept-overflow-0"),
		},
		detail: []Statement{
			say("If it is one destination, look there with tcpvitals queues; if many, at this host's network, NAT and conntrack.", "只有一个目标时，到那台主机上用 tcpvitals queues；很多目标时，查本机网络、NAT 和 conntrack。", "lab: accept-overflow-0"),
			say("Set a timeout of connect() in the program: the kernel's is 127 s or more.", "在程序里设 connect() 超时：内核自己的是 127 秒以上。", "net/ipv4/tcp_timer.c tcp_write_timeout; lab: syn-retries"),
		},
		see: []string{"SYN_SENT", "SY05", "connection-timed-out", "nat-ports", "connect-takes-seconds"},
	}
}

func manyEstablished() question {
	return question{
		name:    "many-established",
		aliases: []string{"too many ESTABLISHED", "lots of ESTABLISHED", "connections keep growing", "大量 ESTABLISHED", "ESTABLISHED 过多", "ESTABLISHED 太多", "连接数过多", "连接数太多", "连接数一直增长"},
		ask:     Text{"There are many ESTABLISHED connections, or ever more of them: is that bad?", "ESTABLISHED 很多，或一直在增长：有问题吗？"},
		short: []Statement{
			say("The number alone is no fault. Growing without an end it is: connections whose peers are gone and that have no keepalive (ES02), a pool without a limit, or a leak.",
				"数量本身不是问题。一直增长才是：对端已消失又没有 keepalive 的连接（ES02）、没有上限的连接池，或泄漏。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer; lab: keepalive"),
		},
		detail: []Statement{
			say("tcpvitals census --by process,remote/24 'state established' shows whose they are; tcpvitals snapshot now and tcpvitals diff later show what grew.",
				"tcpvitals census --by process,remote/24 'state established' 显示属于谁；先 tcpvitals snapshot，之后 tcpvitals diff，可看出增长在哪里。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer"),
		},
		see: []string{"ESTABLISHED", "ES02", "ES01", "dead-peer", "how-many-connections", "too-many-open-files"},
	}
}

func acceptQueueFull() question {
	return question{
		name: "accept-queue-full",
		aliases: []string{
			"accept queue full", "accept queue is full", "listen queue overflow", "times the listen queue of a socket overflowed", "全连接队列满", "全连接队列溢出", "全连接队列已满", "队列溢出",
		},
		ask: Text{"The accept queue is full: what must I do?", "全连接队列满了怎么办？"},
		short: []Statement{
			say("Connections are finished faster than the program calls accept(): further ones are dropped in silence, and clients try again after 1 s. tcpvitals queues --window 10s names the listener, who has it, and what sets its limit.",
				"握手完成的速度超过程序 accept() 的速度：之后的连接被悄悄丢弃，客户端 1 秒后重试。tcpvitals queues --window 10s 指出是哪个监听套接字、属于谁、上限由什么决定。",
				"net/ipv4/tcp_input.c tcp_conn_request; net/ipv4/tcp_minisocks.c tcp_check_req; lab: accept-overflow-0"),
		},
		detail: []Statement{
			say("First find what keeps the program from accepting: a loop that does slow work, no free worker, no free descriptor. A longer queue only hides that.",
				"先查程序为什么不 accept：循环里的慢操作、没有空闲 worker、没有空闲描述符。加长队列只会掩盖问题。",
				"net/ipv4/inet_connection_sock.c inet_csk_accept"),
			say("For short bursts raise the backlog in the program, and somaxconn if that is smaller; the program has to call listen() again.",
				"如果只是短暂的突发，调大程序的 backlog；somaxconn 更小时一起调大；程序要重新 listen()。",
				"net/socket.c __sys_listen; lab: somaxconn; lab: somaxconn-later"),
			say("netstat -s calls it \"times the listen queue of a socket overflowed\"; the counter is TcpExt.ListenOverflows.",
				"netstat -s 里的 “times the listen queue of a socket overflowed” 就是它；计数器是 TcpExt.ListenOverflows。",
				"net/ipv4/tcp_input.c tcp_conn_request"),
		},
		see: []string{"AQ01", "LISTEN", "ListenOverflows", "somaxconn", "program-backlogs", "full-queue-syn-recv", "abort-on-overflow", "connect-takes-seconds"},
	}
}

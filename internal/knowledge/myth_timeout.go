// SPDX-License-Identifier: Apache-2.0

package knowledge

// timeoutMyths are about what ends connections, and when.
func timeoutMyths() []myth {
	return []myth{
		{
			number: 19,
			name:   "close-wait-sysctl",
			said:   Text{"CLOSE_WAIT can be tuned away with tcp_keepalive_* or tcp_fin_timeout", "调 tcp_keepalive_* 或 tcp_fin_timeout 可以消除 CLOSE_WAIT"},
			truth: []Statement{
				say("No timer and no sysctl ends CLOSE_WAIT: it waits for our own application to call close(). Keepalive helps only sockets that have SO_KEEPALIVE set.",
					"没有定时器、也没有 sysctl 能结束 CLOSE_WAIT：它在等本机应用自己 close()。keepalive 只对设了 SO_KEEPALIVE 的套接字有用。",
					"net/ipv4/tcp_input.c tcp_fin; lab: established-close-wait"),
			},
			instead: []Statement{
				say("Find the process and the missing close(); with inode 0, the server that does not accept().", "找到持有它的进程和漏掉的 close()；inode 为 0 则是服务端没有 accept()。",
					"net/ipv4/inet_diag.c inet_diag_msg_attrs_fill; "+measured),
			},
			see:   []string{"CLOSE_WAIT", "CW01", "CW02"},
			prove: []string{"established-close-wait"},
		},
		{
			number: 20,
			name:   "keepalive-sysctl-enables",
			said:   Text{"The tcp_keepalive sysctls switch keepalive on, and lowering them helps old connections", "设置 tcp_keepalive_* 就开启了 keepalive，调小后老连接也会受益"},
			truth: []Statement{
				say("Only sockets whose program has set SO_KEEPALIVE send probes; the sysctls are their default times.", "只有程序设了 SO_KEEPALIVE 的套接字才会发探测，sysctl 只是它们的默认时间。",
					"net/ipv4/tcp_timer.c tcp_keepalive_timer, tcp_set_keepalive"),
				say("A timer that runs keeps its old time: lowering tcp_keepalive_time does not wake a connection that was to be probed in two hours.",
					"已经在跑的定时器不变：调小 tcp_keepalive_time，原定两小时后才探测的连接不会提前。",
					"net/ipv4/tcp_timer.c tcp_keepalive_timer; "+measured),
			},
			see:   []string{"ESTABLISHED", "tcp_keepalive_time", "TCPKeepAlive", "ES02"},
			prove: []string{"keepalive"},
		},
		{
			number:  21,
			name:    "rcvtimeo-closes",
			aliases: []string{"SO_RCVTIMEO", "SO_SNDTIMEO"},
			said:    Text{"A send or receive timeout takes the connection straight to CLOSED", "send 或 recv 超时，连接会直接进入 CLOSED"},
			truth: []Statement{
				say("SO_RCVTIMEO and SO_SNDTIMEO end the call with EAGAIN; the connection stays ESTABLISHED until somebody closes it. A connect() ends with EINPROGRESS, and its socket stays in SYN_SENT.",
					"SO_RCVTIMEO、SO_SNDTIMEO 只让调用返回 EAGAIN；连接仍是 ESTABLISHED，直到有人关闭它。connect() 返回的是 EINPROGRESS，套接字留在 SYN_SENT。",
					"net/ipv4/tcp.c tcp_recvmsg_locked; lab: rcvtimeo; lab: sndtimeo"),
				say("What does lead straight to CLOSED is the kernel's own timeout, when retransmissions stay unanswered: ETIMEDOUT.",
					"真正直接到 CLOSED 的是内核自己的超时，即重传一直没有应答：ETIMEDOUT。",
					"net/ipv4/tcp_timer.c tcp_write_err; lab: retries2"),
			},
			see:   []string{"send-receive-timeout", "ESTABLISHED", "TCPAbortOnTimeout"},
			prove: []string{"rcvtimeo", "sndtimeo", "retries2"},
		},
		{
			number: 22,
			name:   "orphan-retries-default",
			said:   Text{"tcp_orphan_retries is 8 by default, and 0 means no retries", "tcp_orphan_retries 默认是 8，0 表示不重试"},
			truth: []Statement{
				say("The default is 0, and 0 means 8 as long as the retransmission timeout is below its maximum: about 102 s by the model, 106 s measured.",
					"默认就是 0，而只要重传超时还没到上限，0 就按 8 次算：模型值约 102 秒，实测 106 秒。",
					"net/ipv4/tcp_timer.c tcp_orphan_retries; lab: fin-wait1-orphan-retries; "+measured),
			},
			see:   []string{"tcp_orphan_retries", "FIN_WAIT1", "LAST_ACK"},
			prove: []string{"fin-wait1-orphan-retries"},
		},
		{
			number:  23,
			name:    "orphan-limit",
			aliases: []string{"tcp_max_orphans limit"},
			said:    Text{"The limit of orphans is tcp_max_orphans", "孤儿连接的上限就是 tcp_max_orphans"},
			truth: []Statement{
				say("The kernel doubles the count for a peer that has been silent for long or keeps a zero window, and doubles it again after an ICMP error: the real limit begins at a quarter.",
					"对端长时间无应答或零窗口时，内核按 2 倍计；收到过 ICMP 错误再翻倍：实际达到四分之一就开始受限。",
					"net/ipv4/tcp_timer.c tcp_out_of_resources"),
			},
			see: []string{"tcp_max_orphans", "sockstat.TCP.orphan", "TCPAbortOnMemory", "OR01"},
		},
		{
			number: 30,
			name:   "fin-timeout-larger",
			said:   Text{"A larger tcp_fin_timeout keeps FIN_WAIT2 for longer", "tcp_fin_timeout 越大，FIN_WAIT2 停留越久"},
			truth: []Statement{
				say("Up to 60 s. Above, it lasts twice what is beyond 60: 61 gave 2 s, 65 gave 10 s, 90 gave 62 s, 100 gave 82 s.", "60 秒以内是这样。超过 60，时长变成超出部分的两倍：实测 61→2 秒，65→10 秒，90→62 秒，100→82 秒。",
					"net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_timer.c tcp_keepalive_timer; lab: fin-timeout-61; "+measured),
			},
			instead: []Statement{
				say("Use 60 or less, never 61 to 119.", "用 60 或更小，不要用 61～119。", "include/net/tcp.h tcp_fin_time; lab: fin-timeout-61"),
			},
			see:   []string{"tcp_fin_timeout", "FIN_WAIT2", "FW03"},
			prove: []string{"fin-timeout-61", "fin-timeout-above-60", "fin-timeout-orphan"},
		},
	}
}

// scopeMyths are about where a setting or a number holds.
func scopeMyths() []myth {
	return []myth{
		{
			number: 24,
			name:   "sockstat-in-container",
			said:   Text{"/proc/net/sockstat in a container shows the container's numbers", "容器里的 /proc/net/sockstat 显示的是容器自己的数字"},
			truth: []Statement{
				say("inuse and tw are its own; orphan, alloc and mem are of the whole host: a new, empty namespace showed 14,504 orphans.",
					"inuse 和 tw 是它自己的；orphan、alloc、mem 是整机的：一个全新的空命名空间里读到 14,504 个 orphan。",
					"net/ipv4/proc.c sockstat_seq_show; "+measured),
			},
			see: []string{"sockstat.TCP.orphan", "sockstat.TCP.alloc", "sockstat.TCP.mem", "why-sources-disagree"},
		},
		{
			number: 25,
			name:   "sysctls-in-containers",
			said:   Text{"Sysctls set on the host hold in its containers", "在宿主机上设的 sysctl 对容器也生效"},
			truth: []Statement{
				say("A network namespace starts from the kernel's built-in defaults, not from its parent, for nearly all of them: with tcp_fin_timeout=7 and somaxconn=77 on the host, a new one had 60 and 4096.",
					"新的网络命名空间几乎全部取内核内置默认值，不继承宿主机：宿主机设 tcp_fin_timeout=7、somaxconn=77，新命名空间里仍是 60 和 4096。",
					"net/ipv4/tcp_ipv4.c tcp_sk_init; net/core/net_namespace.c; "+measured),
				say("tcp_rmem, tcp_wmem and tcp_congestion_control are copied from the initial namespace when another is made; tcp_mem and tcp_max_orphans exist there only.", "tcp_rmem、tcp_wmem、tcp_congestion_control 在新建时从初始命名空间复制；tcp_mem、tcp_max_orphans 只在初始命名空间里有。",
					"net/ipv4/tcp_ipv4.c tcp_sk_init; "+measured),
			},
			see: []string{"NS01"},
		},
		{
			number: 33,
			name:   "ipv4-sysctls-ipv6",
			said:   Text{"net.ipv4.tcp_* does not apply to IPv6", "net.ipv4.tcp_* 对 IPv6 不起作用"},
			truth: []Statement{
				say("It does: TCP over IPv6 runs the same code, reads the same parameters and counts in the same counters.", "起作用：IPv6 上的 TCP 走同一套代码，读同样的参数，计入同样的计数器。",
					"net/ipv6/tcp_ipv6.c tcp_v6_conn_request; net/ipv4/tcp_input.c tcp_conn_request"),
			},
			see: []string{"why-sources-disagree"},
		},
	}
}

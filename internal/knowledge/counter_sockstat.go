// SPDX-License-Identifier: Apache-2.0

package knowledge

// sockstatCounters are the numbers of /proc/net/sockstat: how many there are
// now.
func sockstatCounters() []Topic {
	return counterTopics(
		counter{
			name:    "sockstat.TCP.inuse",
			aliases: []string{"sockstat inuse", "TCP.inuse", "TCP6.inuse", "sockstat.TCP6.inuse"},
			title:   Text{"TCP sockets that are in the kernel's tables: listeners and connections", "内核表中的 TCP 套接字：监听套接字与连接"},
			counts: []Statement{
				say("Complete sockets that listen or have a connection, orphans included. Not TIME_WAIT, not FIN_WAIT2 after close(), not SYN_RECV, not sockets that are only bound.",
					"正在监听或有连接的完整套接字，含孤儿连接。不含 TIME_WAIT、close() 之后的 FIN_WAIT2、SYN_RECV，也不含只 bind 的套接字。",
					"net/ipv4/inet_hashtables.c inet_hash, inet_ehash_nolisten, inet_unhash; net/ipv4/inet_timewait_sock.c inet_twsk_alloc"),
			},
			scope: []Statement{
				say("This network namespace. IPv6 sockets are in /proc/net/sockstat6, also when they carry IPv4.",
					"本网络命名空间。IPv6 套接字在 /proc/net/sockstat6 里，即使承载的是 IPv4 连接。",
					"net/ipv4/proc.c sockstat_seq_show; net/ipv6/proc.c sockstat6_seq_show"),
			},
			see: []string{"why-sources-disagree", "sockstat.TCP.alloc", "sockstat.TCP.tw"},
		},
		counter{
			name:    "sockstat.TCP.tw",
			aliases: []string{"sockstat tw", "TCP.tw"},
			title:   Text{"minisockets now: TIME_WAIT and FIN_WAIT2 after close()", "当前 minisocket 数：TIME_WAIT 加 close() 之后的 FIN_WAIT2"},
			counts: []Statement{
				say("What tcp_max_tw_buckets bounds: TIME_WAIT, and FIN_WAIT2 whose socket was closed.",
					"就是 tcp_max_tw_buckets 限制的那个数：TIME_WAIT 和已 close 的 FIN_WAIT2。",
					"net/ipv4/proc.c sockstat_seq_show; net/ipv4/inet_timewait_sock.c inet_twsk_alloc; lab: time-wait-sockstat"),
			},
			scope: []Statement{
				say("This network namespace, IPv4 and IPv6 together.", "本网络命名空间，IPv4 与 IPv6 合计。",
					"net/ipv4/proc.c sockstat_seq_show"),
			},
			traps: []Statement{
				say("ss -s prints it as timewait: the difference to the TIME_WAIT that ss -tan lists is FIN_WAIT2.",
					"ss -s 把它当 timewait 打印：与 ss -tan 数出的 TIME_WAIT 之差就是 FIN_WAIT2。",
					"iproute2 misc/ss.c print_summary; lab: time-wait-sockstat"),
			},
			see:   []string{"TIME_WAIT", "FIN_WAIT2", "why-sources-disagree", "tcp_max_tw_buckets", "TW02"},
			prove: []string{"time-wait-sockstat"},
		},
		counter{
			name:    "sockstat.TCP.orphan",
			aliases: []string{"sockstat orphan", "TCP.orphan", "orphans"},
			title:   Text{"connections that were closed and still have something to say, of the whole host", "已 close 但还没收尾的连接数，整机合计"},
			counts: []Statement{
				say("Complete sockets without an owner: FIN_WAIT1, CLOSING and LAST_ACK after close(), and FIN_WAIT2 only with tcp_fin_timeout or TCP_LINGER2 above 60.",
					"没有所有者的完整套接字：close() 之后的 FIN_WAIT1、CLOSING、LAST_ACK；FIN_WAIT2 只有在 tcp_fin_timeout 或 TCP_LINGER2 大于 60 时才算。",
					"net/ipv4/tcp.c __tcp_close, tcp_orphan_count_sum; lab: fin-timeout-above-60"),
			},
			scope: []Statement{
				say("The whole host, all namespaces, also when it is read in a container: an empty namespace showed 14,504.",
					"整机所有命名空间合计，在容器里读也一样：一个空的命名空间里读到过 14,504。",
					"net/ipv4/proc.c sockstat_seq_show; "+measured),
			},
			use: []Statement{
				say("Compare it with a quarter of tcp_max_orphans, where the kernel may begin to drop.", "与 tcp_max_orphans 的四分之一比较，内核可能从那里开始丢。",
					"net/ipv4/tcp_timer.c tcp_out_of_resources"),
			},
			see: []string{"FIN_WAIT1", "TCPAbortOnMemory", "tcp_max_orphans", "sockstat-in-container", "OR01"},
		},
		counter{
			name:    "sockstat.TCP.alloc",
			aliases: []string{"sockstat alloc", "TCP.alloc"},
			title:   Text{"TCP sockets that exist, of the whole host", "已分配的 TCP 套接字数，整机合计"},
			counts: []Statement{
				say("Every complete TCP socket, IPv4 and IPv6: those with a connection, listeners, orphans, and those that were never connected or have lost their connection.",
					"所有完整的 TCP 套接字，含 IPv4 与 IPv6：有连接的、监听的、孤儿连接，以及从未连接或连接已断的。",
					"net/ipv4/tcp.c tcp_init_sock; net/ipv4/tcp_ipv4.c tcp_v4_destroy_sock; net/core/sock.c sk_clone_lock"),
			},
			scope: []Statement{
				say("The whole host, all namespaces.", "整机所有命名空间合计。", "net/ipv4/proc.c sockstat_seq_show; "+measured),
			},
			use: []Statement{
				say("alloc far above inuse on a host without containers: a process keeps sockets whose connections are gone.",
					"没有容器的主机上 alloc 远大于 inuse：有进程留着早已断开的套接字不 close。",
					"net/ipv4/tcp.c tcp_done"),
			},
			see: []string{"CLOSE", "sockstat.TCP.inuse", "sockstat-in-container", "why-sources-disagree"},
		},
		counter{
			name:    "sockstat.TCP.mem",
			aliases: []string{"sockstat mem"},
			title:   Text{"pages in TCP buffers, of the whole host", "TCP 缓冲区占用的页数，整机合计"},
			counts: []Statement{
				say("Memory pages reserved for the send and receive buffers of all TCP sockets. tcp_mem has the same unit.",
					"所有 TCP 套接字收发缓冲预留的内存页数，与 tcp_mem 单位相同。",
					"net/ipv4/proc.c sockstat_seq_show; net/core/sock.c __sk_mem_raise_allocated"),
			},
			scope: []Statement{
				say("The whole host, all namespaces. Pages, not bytes: mostly 4 KiB each.", "整机所有命名空间合计。单位是页，不是字节，一般每页 4 KiB。",
					"net/ipv4/proc.c sockstat_seq_show; "+measured),
			},
			see: []string{"tcp_mem", "TCPMemoryPressures", "sockstat-in-container", "ME01"},
		},
	)
}

// pathCounters count what is lost below TCP.
func pathCounters() []Topic {
	return counterTopics(
		counter{
			name:    "softnet_stat.dropped",
			aliases: []string{"softnet.dropped"},
			title:   Text{"packets dropped before TCP because a CPU could not keep up", "CPU 处理不过来、在 TCP 之前就丢弃的包"},
			counts: []Statement{
				say("The second column of /proc/net/softnet_stat: the backlog queue of a CPU was longer than net.core.netdev_max_backlog.",
					"/proc/net/softnet_stat 的第二列：某个 CPU 的 backlog 队列超过了 net.core.netdev_max_backlog。",
					"net/core/net-procfs.c softnet_seq_show; net/core/dev.c enqueue_to_backlog"),
			},
			scope: []Statement{
				say("One line for each CPU, the whole host, hexadecimal.", "每个 CPU 一行，整机范围，十六进制。",
					"net/core/net-procfs.c softnet_seq_show"),
			},
			traps: []Statement{
				say("Lost SYNs and ACKs look like trouble of SYN_SENT and SYN_RECV. Most network cards with NAPI do not pass this queue; RPS, loopback and veth do.",
					"丢掉的 SYN、ACK 看上去像 SYN_SENT、SYN_RECV 的问题。用 NAPI 的网卡一般不经过这个队列；RPS、回环和 veth 会经过。",
					"net/core/dev.c netif_rx_internal, netif_receive_skb_internal; drivers/net/veth.c veth_forward_skb"),
			},
			see: []string{"softnet_stat.time_squeeze", "netdev_max_backlog", "NP01"},
		},
		counter{
			name:    "softnet_stat.time_squeeze",
			aliases: []string{"time_squeeze", "softnet.time_squeeze"},
			title:   Text{"how often a CPU stopped receiving with work left", "CPU 还有活没干完就被迫停下收包的次数"},
			counts: []Statement{
				say("The third column of /proc/net/softnet_stat: netdev_budget packets or netdev_budget_usecs were used up and more was waiting. Nothing is lost by that alone.",
					"/proc/net/softnet_stat 的第三列：netdev_budget 或 netdev_budget_usecs 用完，还有包在等。仅此并不丢包。",
					"net/core/dev.c net_rx_action; net/core/net-procfs.c softnet_seq_show"),
			},
			scope: []Statement{
				say("One line for each CPU, the whole host, hexadecimal.", "每个 CPU 一行，整机范围，十六进制。",
					"net/core/net-procfs.c softnet_seq_show"),
			},
			see: []string{"softnet_stat.dropped", "NP01"},
		},
		counter{
			name:    "file-nr.allocated",
			aliases: []string{"file-nr", "open files"},
			title:   Text{"open files of the whole host", "整机已打开的文件数"},
			counts: []Statement{
				say("The first number of /proc/sys/fs/file-nr: files that are open, sockets with a descriptor among them. TIME_WAIT, SYN_RECV and orphans have none.",
					"/proc/sys/fs/file-nr 的第一个数：已打开的文件，包括有描述符的套接字。TIME_WAIT、SYN_RECV 和孤儿连接都没有描述符。",
					"fs/file_table.c proc_nr_files; lab: time-wait-owner"),
			},
			scope: []Statement{
				say("The whole host, against fs.file-max. A process has a limit of its own, which is mostly reached first: accept() then fails with EMFILE.",
					"整机范围，上限是 fs.file-max。每个进程另有自己的上限，一般先到的是它：accept() 报 EMFILE。",
					"fs/file_table.c alloc_empty_file; fs/file.c alloc_fd"),
			},
			see: []string{"fs.file-max", "time-wait-descriptors", "CLOSE_WAIT", "AQ01"},
		},
		counter{
			name:    "nf_conntrack.drop",
			aliases: []string{"conntrack drop"},
			title:   Text{"packets that connection tracking dropped", "连接跟踪丢弃的包"},
			counts: []Statement{
				say("The table was full and nothing could be evicted, or an entry could not be inserted. New connections are lost; dmesg says \"nf_conntrack: table full, dropping packet\".",
					"表满且无可淘汰，或表项插入失败。新连接会丢，dmesg 里有 nf_conntrack: table full, dropping packet。",
					"net/netfilter/nf_conntrack_core.c nf_conntrack_in, __nf_conntrack_alloc"),
			},
			scope: conntrackScope(),
			see:   []string{"nf_conntrack.early_drop", "nf_conntrack.insert_failed", "nf_conntrack_count", "nf_conntrack_max", "CT01"},
		},
		counter{
			name:    "nf_conntrack.early_drop",
			aliases: []string{"conntrack early_drop"},
			title:   Text{"tracked connections evicted to make room", "为腾位置而提前淘汰的跟踪表项"},
			counts: []Statement{
				say("The table was full, and an entry that was not assured yet gave way to a new one.", "表已满，一个尚未确认（unassured）的表项让位给新表项。",
					"net/netfilter/nf_conntrack_core.c early_drop"),
			},
			scope: conntrackScope(),
			see:   []string{"nf_conntrack.drop", "nf_conntrack_count", "CT01"},
		},
		counter{
			name:    "nf_conntrack.insert_failed",
			aliases: []string{"conntrack insert_failed"},
			title:   Text{"entries that could not be put into the conntrack table", "插入 conntrack 表失败的次数"},
			counts: []Statement{
				say("Two packets raced for the same entry after NAT, or a chain was too long. It happens with a table that is half empty.",
					"两个包经 NAT 后争同一个表项，或哈希链过长。表没满也会发生。",
					"net/netfilter/nf_conntrack_core.c nf_ct_resolve_clash, __nf_conntrack_confirm"),
			},
			scope: conntrackScope(),
			see:   []string{"nf_conntrack.drop", "CT01"},
		},
		counter{
			name:    "nf_conntrack_count",
			aliases: []string{"conntrack count", "conntrack entries", "nf_conntrack.entries"},
			title:   Text{"tracked connections now", "当前跟踪的连接数"},
			counts: []Statement{
				say("Entries of this network namespace. nf_conntrack_max is one number for all namespaces, and each namespace is held to it by its own count.", "本网络命名空间的表项数。nf_conntrack_max 是所有命名空间共用的一个数，每个命名空间各自按自己的表项数与它比较。",
					"net/netfilter/nf_conntrack_standalone.c nf_ct_sysctl_table; net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc"),
			},
			scope: []Statement{
				say("This network namespace: /proc/sys/net/netfilter/nf_conntrack_count.", "本网络命名空间：/proc/sys/net/netfilter/nf_conntrack_count。",
					"net/netfilter/nf_conntrack_standalone.c nf_ct_sysctl_table"),
			},
			traps: []Statement{
				say("After a close an entry stays 120 s, twice as long as TIME_WAIT: 300 closes a second are 36,000 entries.",
					"连接关闭后表项还要留 120 秒，是 TIME_WAIT 的两倍：每秒关闭 300 个就是 36,000 项。",
					"net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts; Little's law"),
			},
			see: []string{"nf_conntrack.drop", "nf_conntrack_max", "conntrack-time-wait", "CT01", "CT02"},
		},
	)
}

func conntrackScope() []Statement {
	return []Statement{say(
		"This network namespace, one line for each CPU, hexadecimal: /proc/net/stat/nf_conntrack. It is absent where connection tracking is not loaded: then unknown, not 0.",
		"本网络命名空间，每个 CPU 一行，十六进制：/proc/net/stat/nf_conntrack。没加载连接跟踪时没有这个文件：是“未知”，不是 0。",
		"net/netfilter/nf_conntrack_standalone.c ct_cpu_seq_show",
	)}
}

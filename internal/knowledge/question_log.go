// SPDX-License-Identifier: Apache-2.0

package knowledge

// logQuestions are about lines of the kernel's log.
func logQuestions() []Topic {
	return questionTopics(conntrackFull(), outOfMemory(), orphanedSockets(), neighbourOverflow(), fileMaxReached(), shrunkWindow())
}

func conntrackFull() question {
	return question{
		name: "conntrack-table-full",
		aliases: []string{
			"nf_conntrack: table full, dropping packet", "ip_conntrack: table full, dropping packet", "conntrack table full", "table full dropping packet", "连接跟踪表满", "conntrack 表满",
		},
		ask: Text{"What does \"nf_conntrack: table full, dropping packet\" in the kernel's log mean?", "内核日志里的“nf_conntrack: table full, dropping packet”是什么意思？"},
		short: []Statement{
			say("The firewall's table of connections had no place, and nothing in it could be pushed out: the first packet of a new connection was lost. Those that exist go on.",
				"防火墙的连接跟踪表没有空位，也没有可挤掉的表项：新连接的第一个包丢了。已有的连接不受影响。",
				"net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc, early_drop"),
		},
		detail: []Statement{
			say("tcpvitals doctor compares the count with nf_conntrack_max (CT01). Raise it with nf_conntrack_buckets, or do not track what needs no tracking (NOTRACK).",
				"tcpvitals doctor 会比较数量与 nf_conntrack_max（CT01）。连同 nf_conntrack_buckets 一起调大，或对不需要跟踪的流量不跟踪（NOTRACK）。",
				"net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc"),
			say("Shorter timeouts help where entries of ended connections fill it: established is 5 days by default.", "若表被已结束的连接占满，可缩短超时：established 默认 5 天。", "net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts"),
		},
		see: []string{"CT01", "nf_conntrack_max", "nf_conntrack_count", "nf_conntrack.drop", "conntrack-time-wait", "kubernetes"},
	}
}

func outOfMemory() question {
	return question{
		name:    "tcp-out-of-memory",
		aliases: []string{"TCP: out of memory -- consider tuning tcp_mem", "consider tuning tcp_mem", "TCP out of memory", "out of socket memory", "TCP 内存不足"},
		ask:     Text{"What does \"TCP: out of memory -- consider tuning tcp_mem\" in the kernel's log mean?", "内核日志里的“TCP: out of memory -- consider tuning tcp_mem”是什么意思？"},
		short: []Statement{
			say("The buffers of all TCP sockets of the host together exceed the third number of tcp_mem: connections that programs have closed are given up.",
				"整台主机所有 TCP 套接字的缓冲区合计超过 tcp_mem 的第三个数：程序已关闭的连接会被放弃。",
				"net/ipv4/tcp.c tcp_check_oom; net/ipv4/tcp_timer.c tcp_out_of_resources"),
		},
		detail: []Statement{
			say("Look for whose queues are full before raising it: tcpvitals census --by process --sum recvq,sendq.", "调大之前先看谁的队列积压：tcpvitals census --by process --sum recvq,sendq。", "net/core/sock.c __sk_mem_raise_allocated"),
		},
		see: []string{"tcp_mem", "sockstat.TCP.mem", "TCPAbortOnMemory", "too-many-orphaned-sockets", "no-buffer-space"},
	}
}

func orphanedSockets() question {
	return question{
		name:    "too-many-orphaned-sockets",
		aliases: []string{"TCP: too many orphaned sockets", "too many orphaned sockets", "孤儿连接过多"},
		ask:     Text{"What does \"TCP: too many orphaned sockets\" in the kernel's log mean?", "内核日志里的“TCP: too many orphaned sockets”是什么意思？"},
		short: []Statement{
			say("More connections that programs have closed wait for their peers than tcp_max_orphans allows, FIN_WAIT1 and LAST_ACK above all: the kernel gives some up.",
				"程序已关闭、仍在等对端的连接超过 tcp_max_orphans（主要是 FIN_WAIT1、LAST_ACK）：内核会放弃一部分。",
				"net/ipv4/tcp.c tcp_check_oom; net/ipv4/tcp_timer.c tcp_out_of_resources"),
		},
		detail: []Statement{
			say("A connection counts two- or fourfold when its peer is silent, so that the line comes before the limit is reached.", "对端没有回应的连接按两倍或四倍计，因此还没到上限就会出现这行日志。", "net/ipv4/tcp_timer.c tcp_out_of_resources"),
			say("tcpvitals doctor tells how many there are and of whom (OR01, FW04).", "tcpvitals doctor 会说明有多少、属于谁（OR01、FW04）。", "net/ipv4/tcp.c tcp_orphan_count_sum"),
		},
		see: []string{"OR01", "tcp_max_orphans", "orphan-limit", "sockstat.TCP.orphan", "TCPAbortOnMemory", "FIN_WAIT1"},
	}
}

func neighbourOverflow() question {
	return question{
		name:    "neighbor-table-overflow",
		aliases: []string{"neighbour: arp_cache: neighbor table overflow!", "arp_cache: neighbor table overflow", "neighbour table overflow", "ndisc_cache", "ARP 表溢出", "邻居表溢出"},
		ask:     Text{"What does \"arp_cache: neighbor table overflow!\" in the kernel's log mean?", "内核日志里的“arp_cache: neighbor table overflow!”是什么意思？"},
		short: []Statement{
			say("The host has more neighbours on its local networks than net.ipv4.neigh.default.gc_thresh3 allows (1024): packets to further ones are dropped, and connections to them stay in SYN_SENT.",
				"本地网络的邻居数超过 net.ipv4.neigh.default.gc_thresh3（1024）：发往更多邻居的包会被丢弃，到它们的连接停在 SYN_SENT。",
				"Documentation/networking/ip-sysctl.rst"),
		},
		detail: []Statement{
			say("Raise gc_thresh3, and gc_thresh1 and gc_thresh2 with it. Nodes with many pods and large flat networks meet it.", "调大 gc_thresh3，并相应调大 gc_thresh1、gc_thresh2。Pod 很多的节点和大二层网络会遇到。", "Documentation/networking/ip-sysctl.rst"),
		},
		see: []string{"SYN_SENT", "no-route-to-host", "kubernetes"},
	}
}

func fileMaxReached() question {
	return question{
		name:    "file-max-reached",
		aliases: []string{"VFS: file-max limit reached", "file-max limit", "too many open files in system", "系统打开的文件过多"},
		ask:     Text{"What does \"VFS: file-max limit N reached\" in the kernel's log mean?", "内核日志里的“VFS: file-max limit N reached”是什么意思？"},
		short: []Statement{
			say("The whole host has as many files open as fs.file-max allows: socket() and accept() fail with ENFILE, but for programs with CAP_SYS_ADMIN.",
				"整台主机打开的文件达到 fs.file-max：除有 CAP_SYS_ADMIN 的程序外，socket()、accept() 都报 ENFILE。",
				"fs/file_table.c alloc_empty_file"),
		},
		detail: []Statement{
			say("Find who has so many before raising it: tcpvitals census --by process shows the sockets of each.", "调大之前先查是谁打开了这么多：tcpvitals census --by process 列出各进程的套接字。", "fs/file_table.c proc_nr_files"),
		},
		see: []string{"fs.file-max", "file-nr.allocated", "too-many-open-files", "CW01"},
	}
}

func shrunkWindow() question {
	return question{
		name:    "shrunk-window",
		aliases: []string{"TCP: Peer unexpectedly shrunk window", "unexpectedly shrunk window", "shrunk window", "Probing zero-window on", "窗口意外缩小"},
		ask:     Text{"What does \"TCP: Peer ... unexpectedly shrunk window\" in the kernel's log mean?", "内核日志里的“TCP: Peer ... unexpectedly shrunk window”是什么意思？"},
		short: []Statement{
			say("A retransmission timer expired while the peer's window was zero although data is on its way: the peer took back what it had offered. The kernel goes on probing; the line is a remark.",
				"有数据在途时重传定时器到期，而对端窗口为零：对端收回了给出的窗口。内核会继续探测；这行只是说明。",
				"net/ipv4/tcp_timer.c tcp_retransmit_timer"),
		},
		detail: []Statement{
			say("Mostly the peer is short of memory or does not read. Current kernels print it only where debugging messages are on.", "多半是对端内存不足或不读取。现在的内核只在打开调试消息时才打印。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"),
		},
		see: []string{"ES06", "tcp_shrink_window", "TCPWantZeroWindowAdv", "ESTABLISHED"},
	}
}

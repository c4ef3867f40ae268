// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// closeSysctls bound connections that no process has open any more.
func closeSysctls() []Sysctl { return []Sysctl{finTimeout(), maxOrphans(), orphanRetries()} }

func finTimeout() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_fin_timeout",
		Summary: Text{"how long a closed connection waits in FIN_WAIT2 for the peer's FIN", "close() 之后的连接在 FIN_WAIT2 等对端 FIN 的时间"},
		Unit:    Text{"seconds", "秒"}, Default: always("60"),
		Kernel: anySeconds(), Safe: ints(5, 60).or(120, 120), Direction: OnlyLower, Effect: AtClose, States: tcp.SetOf(tcp.FinWait2),
		Risk: Text{
			"The shorter it is, the more peers are still sending their FIN: one that comes later is answered with a RST. Data after close() is answered with a RST at any value.",
			"越短，赶不上发 FIN 的对端就越多：迟到的 FIN 会收到 RST。close() 之后到达的数据，不论取什么值都会收到 RST。",
		},
		Need: Text{
			"FIN_WAIT2 without a process fill tcp_max_tw_buckets. Many alone are no reason: they end by themselves and hold no descriptor.",
			"无进程的 FIN_WAIT2 快占满 tcp_max_tw_buckets。仅仅数量多不是理由：它们会自行结束，也不占描述符。",
		},
		Helped: Text{
			"FIN_WAIT2 with inode 0 falls. TIME_WAIT does not change.",
			"inode 为 0 的 FIN_WAIT2 减少。TIME_WAIT 不变。",
		},
		Verdicts: finTimeoutVerdicts(),
		Source:   "include/net/tcp.h tcp_fin_time; net/ipv4/tcp.c __tcp_close; " + measured,
		See:      []string{"FW01", "FW03", "FIN_WAIT2", "myth 1", "myth 30", "net.ipv4.tcp_max_tw_buckets"},
	}
}

// finTimeoutVerdicts follow from the two ways in which the kernel waits: up to
// 60 s in a minisocket, above that in a full socket for T-60 and then in a
// minisocket for T-60 again.
func finTimeoutVerdicts() []SysctlVerdict {
	source := "net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_timer.c tcp_keepalive_timer; " + measured
	delete60 := Text{"Delete the line: the default is 60.", "删掉这一行：默认是 60。"}
	return []SysctlVerdict{
		{
			Kind: WrongMeaning, Values: ints(-maxSeconds, 0),
			Text: Text{"does not mean for ever: FIN_WAIT2 ends after less than a second", "不是“永不超时”：FIN_WAIT2 不到一秒就消失"}, Do: delete60, Source: source,
		},
		{
			Kind: WrongMeaning, Values: ints(61, 119),
			Text: Text{
				"is not that many seconds: FIN_WAIT2 lasts 2 x (T-60) s, which is 2 s with 61, less than 60 s up to 89, and more above 90, 80 s with 100",
				"不是这么多秒：FIN_WAIT2 实际保留 2×(T-60) 秒，61 是 2 秒，89 及以下不到 60 秒，90 以上更久，100 是 80 秒",
			}, Do: delete60, Source: source,
		},
		{
			Kind: WrongMeaning, Values: ints(121, maxSeconds),
			Text: Text{"keeps FIN_WAIT2 for 2 x (T-60) s, half of it as full sockets counted against tcp_max_orphans", "FIN_WAIT2 会保留 2×(T-60) 秒，其中一半时间是计入 tcp_max_orphans 的完整套接字"}, Do: delete60,
			Source: "net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_timer.c tcp_keepalive_timer",
		},
		{
			Kind: WrongMeaning, Values: ints(1, 59), Counts: tcp.FinWait2,
			Recipe: []string{"net.ipv4.tcp_tw_recycle", "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_max_tw_buckets"},
			Text:   Text{"does not shorten TIME_WAIT (a constant 60 s): it bounds orphaned FIN_WAIT2", "缩短不了 TIME_WAIT（固定 60 秒）：它限制的是已 close() 的 FIN_WAIT2"},
			Do:     Text{"Delete the line, unless it is FIN_WAIT2 that is too many.", "除非 FIN_WAIT2 过多，否则删掉这一行。"},
			Source: "include/net/tcp.h TCP_TIMEWAIT_LEN; " + measured,
		},
		{
			Kind: Harmful, Values: ints(1, 4),
			Text: Text{"gives the peer that little time for its FIN: one that comes later is answered with a RST", "只给对端这么短的时间发 FIN：迟到的 FIN 会收到 RST"},
			Do:   Text{"Use 10 or more.", "至少用 10。"}, Source: "net/ipv4/tcp_minisocks.c tcp_timewait_state_process; " + measured,
		},
	}
}

func maxOrphans() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_max_orphans",
		Summary: Text{"closed connections that still have something to send, on the whole host", "整台主机上已 close 但还没发完的连接数上限"},
		Unit:    Text{"sockets, all namespaces together", "套接字数，所有命名空间合计"},
		Default: fromBuckets("half of the table of connections", "连接哈希表的一半", func(n uint64) uint64 { return n / 2 }),
		History: []Statement{
			say("The number is compared with a sum that is up to 100 ms old since Linux 5.16.", "从 Linux 5.16 起，与之比较的是最多 100 毫秒前的合计数。", "commit 19757cebf0c5"),
		},
		Kernel: anyInt(), Safe: ints(4096, 1<<20), Direction: OnlyRaise, Scope: InitNetnsOnly, Effect: AtOnce,
		States: tcp.SetOf(tcp.FinWait1, tcp.FinWait2, tcp.Closing, tcp.LastAck),
		Risk: Text{
			"Raised, each orphan holds all that it has not sent yet, up to the third number of tcp_wmem (4 MB), and it cannot be swapped; 64 KB, as in the kernel's documentation, is an old figure. Lowered, responses are cut off with RST.",
			"调大：每个孤儿连接占用它全部未发完的数据，最多到 tcp_wmem 的第三个数（4 MB），不可换出；内核文档里的 64 KB 是旧数字。调小：响应会被 RST 截断。",
		},
		Need: Text{
			"TCPAbortOnMemory grows, or the kernel logs \"too many orphaned sockets\", while TCP memory is below tcp_mem's third number.",
			"TCPAbortOnMemory 在增长，或内核日志出现 \"too many orphaned sockets\"，而 TCP 内存还没到 tcp_mem 的第三个数。",
		},
		Helped: Text{
			"TCPAbortOnMemory stops growing. The limit that counts is a half or a quarter of the number while peers do not answer.",
			"TCPAbortOnMemory 不再增长。对端不响应时，真正的界限是这个数的一半或四分之一。",
		},
		Verdicts: []SysctlVerdict{{
			Kind: LowersDefault, Values: ints(0, 4095),
			Text: Text{"is below the default of any host with 1 GB: responses that are not sent yet are cut off with RST", "低于任何 1 GB 以上内存主机的默认值：没发完的响应会被 RST 截断"},
			Do:   Text{"Delete the line.", "删掉这一行。"}, Source: "net/ipv4/tcp_timer.c tcp_out_of_resources; net/ipv4/tcp.c tcp_check_oom",
		}},
		Source: "net/ipv4/tcp_timer.c tcp_out_of_resources; net/ipv4/tcp.c tcp_init; " + measured,
		See:    []string{"OR01", "FIN_WAIT1", "LAST_ACK", "TCPAbortOnMemory", "myth 23", "myth 24"},
	}
}

func orphanRetries() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_orphan_retries",
		Summary: Text{"how often a closed connection repeats its last data or FIN", "已 close 的连接重发数据或 FIN 的次数"},
		Unit:    Text{"retries; 0 means 8, about 100 s", "次数；0 表示 8 次，约 100 秒"}, Default: always("0"),
		Kernel: anyByte(), Safe: only(0).or(3, 8), Direction: OnlyLower, Effect: AtTimer,
		States: tcp.SetOf(tcp.FinWait1, tcp.Closing, tcp.LastAck),
		Risk: Text{
			"1 or 2: slow clients lose the end of a response, and nobody is told.",
			"设成 1 或 2：慢客户端会悄无声息地丢掉响应的结尾。",
		},
		Need: Text{
			"Orphans reach a quarter of tcp_max_orphans, and most are FIN_WAIT1 with repeated FINs.",
			"孤儿连接达到 tcp_max_orphans 的四分之一，且大多是反复重发 FIN 的 FIN_WAIT1。",
		},
		Helped: Text{"Orphans in /proc/net/sockstat fall; TCPAbortOnTimeout grows, as it should.", "/proc/net/sockstat 的 orphan 减少；TCPAbortOnTimeout 增长，这是预期的。"},
		Verdicts: []SysctlVerdict{
			{
				Kind: Harmful, Values: ints(1, 2),
				Text: Text{"cuts off the end of responses to slow clients, in silence", "慢客户端的响应结尾会被悄悄截断"},
				Do:   Text{"Use 3 or more, or delete the line: the default 0 means 8.", "至少用 3，或删掉这一行：默认 0 就是 8 次。"}, Source: "net/ipv4/tcp_timer.c tcp_orphan_retries; " + measured,
			},
		},
		Source: "net/ipv4/tcp_timer.c tcp_orphan_retries; " + measured,
		See:    []string{"FW04", "FW05", "OR01", "FIN_WAIT1", "LAST_ACK", "TCPAbortOnTimeout", "myth 22"},
	}
}

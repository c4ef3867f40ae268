// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// timeWaitSysctls touch TIME_WAIT. None of them shortens it: 60 s is a constant.
func timeWaitSysctls() []Sysctl {
	return []Sysctl{twReuse(), twReuseDelay(), twRecycle(), maxTwBuckets(), rfc1337(), timestamps()}
}

func twReuse() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_tw_reuse",
		Summary: Text{"may connect() take over a local port that is in TIME_WAIT", "connect() 能否复用处于 TIME_WAIT 的本地端口"},
		Unit:    Text{"0 off, 1 on, 2 loopback addresses only", "0 关闭，1 打开，2 仅回环地址"},
		Default: always("2", FormerDefault{"0", "4.19"}),
		History: []Statement{
			say("Since Linux 4.19 there is 2, and it is the default; before, it was 0.", "Linux 4.19 新增取值 2 并作为默认值，之前默认是 0。", "commit 79e9fed46038"),
			say("Since Linux 6.12 it never takes a FIN_WAIT2 that was closed; older long-term kernels have this fix too.",
				"从 Linux 6.12 起不再复用 close 之后的 FIN_WAIT2；较旧的长期维护内核也补上了这个修复。", "commit 0d9e5df4a257"),
		},
		Kernel: ints(0, 2), Safe: ints(0, 2), Direction: MoveEither, Effect: AtConnect, States: tcp.SetOf(tcp.TimeWait),
		Risk: Text{
			"Low, and no use unless the peer uses timestamps too. A firewall that still remembers the old connection may drop the early SYN.",
			"风险很小，但对端也使用时间戳时才有作用；仍记着旧连接的防火墙可能丢掉提前到来的 SYN。",
		},
		Need: Text{
			"connect() fails with EADDRNOTAVAIL, or 70 % of the ports to one destination are used and TIME_WAIT dominates.",
			"connect() 报 EADDRNOTAVAIL，或者到某个目标的端口已用掉 70% 且大多是 TIME_WAIT。",
		},
		Helped: Text{
			"TWRecycled grows and EADDRNOTAVAIL stops. Of a server the number of TIME_WAIT stays the same; of a client it is lower by those that were taken over.",
			"TWRecycled 增长，EADDRNOTAVAIL 消失。服务端的 TIME_WAIT 数量不变；客户端的会少掉被接管的那些。",
		},
		Verdicts: []SysctlVerdict{{
			Kind: WithoutEffect, Values: ints(1, 2), When: []Elsewhere{{"net.ipv4.tcp_timestamps", only(0)}},
			Text: Text{"has no effect while tcp_timestamps is 0: without timestamps nothing is reused", "tcp_timestamps=0 时没有作用：没有时间戳就不会复用"},
			Do:   Text{"Delete the line that turns timestamps off.", "删掉关闭时间戳的那一行。"}, Source: "net/ipv4/tcp_ipv4.c tcp_twsk_unique; " + measured,
		}},
		Source: "net/ipv4/tcp_ipv4.c tcp_twsk_unique; commit 79e9fed46038; " + measured,
		See:    []string{"TW03", "TW08", "TIME_WAIT", "TWRecycled", "myth 3", "myth 4", "myth 5", "myth 6", "net.ipv4.tcp_tw_reuse_delay"},
	}
}

func twReuseDelay() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_tw_reuse_delay",
		Summary: Text{"how old a TIME_WAIT must be before connect() may take it over", "TIME_WAIT 存在多久之后 connect() 才能复用"},
		Unit:    Text{"milliseconds", "毫秒"}, Default: always("1000"),
		History: []Statement{
			say("New in Linux 6.14; before, it was one second by a clock of whole seconds.", "Linux 6.14 新增；之前固定为 1 秒，且按整秒计时。", "commit ca6a6f93867a"),
		},
		Kernel: ints(1, 60000), Safe: only(1000), Direction: MoveNever, Effect: AtConnect, States: tcp.SetOf(tcp.TimeWait),
		Risk: Text{
			"Below the tick of the peer's timestamp clock, old segments cannot be told from new ones.",
			"短于对端时间戳的刻度时，新旧报文就分不清了。",
		},
		Need: Text{
			"tcp_tw_reuse is 1, and connect() still fails with EADDRNOTAVAIL while TIME_WAIT is younger than a second.",
			"tcp_tw_reuse=1，仍然 EADDRNOTAVAIL，且占着端口的 TIME_WAIT 都不到 1 秒。",
		},
		Helped: Text{"TWRecycled grows and EADDRNOTAVAIL stops.", "TWRecycled 增长，EADDRNOTAVAIL 消失。"},
		Verdicts: []SysctlVerdict{
			{
				Kind: Harmful, Values: ints(1, 9),
				Text: Text{"is shorter than common timestamp clocks tick (1 to 10 ms): PAWS cannot protect the new connection", "短于常见的时间戳刻度（1～10 毫秒）：PAWS 保护不了新连接"},
				Do:   Text{"Leave it at 1000.", "保持 1000。"}, Source: "RFC 7323 5.4; net/ipv4/tcp_ipv4.c tcp_twsk_unique",
			},
			{
				Kind: WithoutEffect, When: []Elsewhere{{"net.ipv4.tcp_tw_reuse", only(0)}},
				Text: Text{"has no effect while tcp_tw_reuse is 0", "tcp_tw_reuse=0 时没有作用"},
				Do:   Text{"Delete the line.", "删掉这一行。"}, Source: "net/ipv4/tcp_ipv4.c tcp_twsk_unique",
			},
		},
		Source: "net/ipv4/tcp_ipv4.c tcp_twsk_unique; commit ca6a6f93867a; " + measured,
		See:    []string{"TW03", "TIME_WAIT", "TWRecycled", "net.ipv4.tcp_tw_reuse"},
	}
}

func twRecycle() Sysctl {
	return Sysctl{
		Key: "net.ipv4.tcp_tw_recycle", Status: SysctlRemoved, Since: "4.12",
		Summary: Text{"was: end TIME_WAIT early, and refuse SYNs by the timestamps of an address", "曾用于提前结束 TIME_WAIT，并按地址的时间戳拒绝 SYN"},
		History: []Statement{
			say("Removed in Linux 4.12.", "Linux 4.12 删除。", "commit 4396e46187ca"),
			say("In Linux 4.10 and 4.11 it locked out nearly all clients: timestamps start at random for each connection.",
				"Linux 4.10、4.11 中几乎所有客户端都会被拒：时间戳按连接随机起步。", "commit 95a22caee396"),
		},
		Risk:   Text{"before that it locked out clients behind NAT", "在此之前它会把 NAT 后面的客户端挡在外面"}, // follows Since
		States: tcp.SetOf(tcp.TimeWait),
		Source: "commit 4396e46187ca",
		See:    []string{"TW07", "TIME_WAIT", "PAWSPassive", "myth 2", "myth 32"},
	}
}

func maxTwBuckets() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_max_tw_buckets",
		Summary: Text{"how many TIME_WAIT, and FIN_WAIT2 after close(), a namespace may hold", "一个网络命名空间最多保留多少 TIME_WAIT 和 close 之后的 FIN_WAIT2"},
		Unit:    Text{"minisockets of 256 bytes", "minisocket 数，每个 256 字节"},
		Default: fromBuckets("half of the table of connections", "连接哈希表的一半", func(n uint64) uint64 { return n / 2 }),
		Kernel:  anyInt(), Safe: ints(8192, 1<<20), Direction: OnlyRaise, Effect: AtClose, States: tcp.SetOf(tcp.TimeWait, tcp.FinWait2),
		Risk: Text{
			"Raised, 256 bytes of kernel memory for each. Lowered, connections skip TIME_WAIT: late segments meet new connections, and late FINs are answered with RST.",
			"调大：每个多占 256 字节内核内存。调小：连接会跳过 TIME_WAIT，旧报文可能混进新连接，迟到的 FIN 会收到 RST。",
		},
		Need: Text{
			"TCPTimeWaitOverflow grows: then raise it. Never lower it.",
			"TCPTimeWaitOverflow 在增长，才调大。绝不要调小。",
		},
		Helped: Text{
			"TCPTimeWaitOverflow stops growing. The kernel logs nothing about it.",
			"TCPTimeWaitOverflow 不再增长。内核不会为此打日志。",
		},
		Verdicts: []SysctlVerdict{
			{
				Kind: WrongMeaning, Values: only(0),
				Text: Text{"does not lift the limit: there is no TIME_WAIT at all any more, and late FINs are answered with RST", "不是取消上限：从此完全没有 TIME_WAIT，迟到的 FIN 会收到 RST"},
				Do:   Text{"Delete the line.", "删掉这一行。"}, Source: "net/ipv4/inet_timewait_sock.c inet_twsk_alloc; " + measured,
			},
			{
				Kind: WrongMeaning, Values: ints(-2147483648, -1),
				Text: Text{"is compared as an unsigned number: no limit at all", "按无符号数比较：等于没有上限"},
				Do:   Text{"Delete the line, or set a number that fits the memory: 256 bytes each.", "删掉这一行，或按内存设一个数：每个 256 字节。"}, Source: "net/ipv4/inet_timewait_sock.c inet_twsk_alloc; " + measured,
			},
			{
				Kind: LowersDefault, Values: ints(1, 8191),
				Text: Text{"is below the default of any host with 2 GB: surplus connections skip TIME_WAIT, and late FINs are answered with RST", "低于任何 2 GB 以上内存主机的默认值：超出的连接跳过 TIME_WAIT，迟到的 FIN 会收到 RST"},
				Do:   Text{"Delete the line: a TIME_WAIT costs 256 bytes.", "删掉这一行：一个 TIME_WAIT 只占 256 字节。"}, Source: "Documentation/networking/ip-sysctl.rst; " + measured,
			},
		},
		Source: "net/ipv4/tcp_ipv4.c tcp_set_hashinfo; net/ipv4/inet_timewait_sock.c inet_twsk_alloc; " + measured,
		See:    []string{"TW02", "FW01", "TIME_WAIT", "FIN_WAIT2", "TCPTimeWaitOverflow", "myth 7", "myth 8"},
	}
}

func rfc1337() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_rfc1337",
		Summary: Text{"ignore a RST that matches a TIME_WAIT", "TIME_WAIT 收到序列号匹配的 RST 时，是否忽略"},
		Unit:    Text{"0: the RST ends it, 1: it stays", "0：收到 RST 就消失，1：忽略 RST"}, Default: always("0"),
		Kernel: anyByte(), Safe: anyBool(), Direction: MoveEither, Effect: AtOnce, States: tcp.SetOf(tcp.TimeWait),
		Risk: Text{
			"1 keeps a few more TIME_WAIT. The kernel's documentation of it is easily read the wrong way round.",
			"设为 1 会多留下一些 TIME_WAIT。内核文档的措辞很容易理解反。",
		},
		Need:   Text{"A security policy that asks for it; it cures nothing.", "安全规范有此要求时才改；它不解决任何问题。"},
		Helped: Text{"A RST with the right sequence number no longer ends a TIME_WAIT.", "序列号正确的 RST 不再让 TIME_WAIT 消失。"},
		Verdicts: []SysctlVerdict{{
			Kind: WrongMeaning, Values: ints(2, 255),
			Text: Text{"is accepted, and means the same as 1", "内核会接受，但含义与 1 相同"},
			Do:   Text{"Set 0 or 1.", "设为 0 或 1。"}, Source: "net/ipv4/tcp_minisocks.c tcp_timewait_state_process; " + measured,
		}},
		Source: "net/ipv4/tcp_minisocks.c tcp_timewait_state_process; RFC 1337; " + measured,
		See:    []string{"TIME_WAIT", "myth 31"},
	}
}

func timestamps() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_timestamps",
		Summary: Text{"send and use TCP timestamps", "是否使用 TCP 时间戳"},
		Unit:    Text{"0 off, 1 on with a random offset, 2 on without", "0 关闭，1 打开且随机偏移，2 打开且不偏移"}, Default: always("1"),
		Kernel: anyByte(), Safe: only(1), Direction: MoveNever, Effect: AtHandshake, States: tcp.Connected,
		Risk: Text{
			"0 turns off PAWS, tcp_tw_reuse, round-trip times of repeated segments, and the options in SYN cookies.",
			"0 会同时关掉 PAWS、tcp_tw_reuse、对重传报文的 RTT 测量，以及 SYN cookie 里的选项。",
		},
		Need:   Text{"None: a peer that cannot use them does not negotiate them.", "没有理由：不支持的对端本来就不会协商。"},
		Helped: Text{"Nothing to see: leave it at 1.", "没有可看的指标：保持 1 即可。"},
		Verdicts: []SysctlVerdict{
			{
				Kind: Harmful, Values: only(0),
				Text: Text{"turns off PAWS and tcp_tw_reuse, and SYN cookies lose window scaling and SACK", "PAWS 和 tcp_tw_reuse 随之失效，SYN cookie 也会丢掉窗口扩大和 SACK"},
				Do:   Text{"Delete the line: the default is 1.", "删掉这一行：默认是 1。"}, Source: "RFC 7323 5; net/ipv4/tcp_ipv4.c tcp_twsk_unique; " + measured,
			},
			{
				Kind: WrongMeaning, Values: ints(3, 255),
				Text: Text{"is accepted, and means the same as 2: values are 0, 1 and 2", "内核会接受，但含义与 2 相同：有意义的取值只有 0、1、2"},
				Do:   Text{"Delete the line: the default is 1.", "删掉这一行：默认是 1。"}, Source: "net/core/secure_seq.c secure_tcp_seq_and_ts_off; " + measured,
			},
		},
		Source: "Documentation/networking/ip-sysctl.rst; net/ipv4/tcp_ipv4.c tcp_twsk_unique; " + measured,
		See:    []string{"TW03", "TIME_WAIT", "myth 6", "net.ipv4.tcp_tw_reuse"},
	}
}

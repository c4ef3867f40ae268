// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// retransmitSysctls say how long a connection tries before it gives up.
func retransmitSysctls() []Sysctl {
	return []Sysctl{synRetries(), synLinearTimeouts(), retries1(), retries2(), rtoMax()}
}

func synRetries() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_syn_retries",
		Summary: Text{"how often connect() sends its SYN again", "connect() 的 SYN 重发次数"},
		Unit:    Text{"retries; 6 is 127 s, and 131 s since Linux 6.5", "次数；6 次约 127 秒，Linux 6.5 起约 131 秒"}, Default: always("6"),
		Kernel: ints(1, 127), Safe: ints(2, 6), Direction: OnlyLower, Effect: AtTimer, States: tcp.SetOf(tcp.SynSent),
		Risk: Text{
			"Lowered, connections fail on lines that only lose packets. RFC 9293 asks for at least three minutes.",
			"调小后，只是丢包的线路也会连接失败。RFC 9293 要求至少坚持三分钟。",
		},
		Need: Text{
			"Many SYN_SENT with three retries or more block workers, and the application has no connect timeout of its own.",
			"大量重发三次以上的 SYN_SENT 占住了工作线程，而应用自己没有设置连接超时。",
		},
		Helped: Text{"SYN_SENT falls, and so does the longest time that connect() takes.", "SYN_SENT 减少，connect() 的最长耗时变短。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: only(1),
			Text: Text{"connections fail when two SYNs or their answers are lost", "丢两个 SYN 或应答，连接就失败"},
			Do:   Text{"Use 2 or more; better, a connect timeout in the application.", "至少用 2；最好在应用里设连接超时。"}, Source: "net/ipv4/tcp_timer.c tcp_write_timeout; RFC 9293 3.8.3",
		}},
		Source: "net/ipv4/tcp_timer.c tcp_write_timeout; RFC 9293 3.8.3; " + measured,
		See:    []string{"SY05", "SYN_SENT", "TCPSynRetrans", "net.ipv4.tcp_syn_linear_timeouts"},
	}
}

func synLinearTimeouts() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_syn_linear_timeouts",
		Summary: Text{"how many SYNs are sent a second apart before the pause doubles", "间隔翻倍之前，每秒重发一次 SYN 的次数"},
		Unit:    Text{"retries", "次数"}, Default: always("4"),
		History: []Statement{say("New in Linux 6.5; before, the pause doubled from the first retry.", "Linux 6.5 新增；之前从第一次重发起间隔就翻倍。", "commit ccce324dabfe")},
		Kernel:  ints(0, 127), Safe: ints(0, 4), Direction: OnlyLower, Effect: AtTimer, States: tcp.SetOf(tcp.SynSent),
		Risk:   Text{"Raised, a dead peer gets more SYNs. It does not concern SYN-ACKs.", "调大会向不可达的对端发更多 SYN。它与 SYN-ACK 无关。"},
		Need:   Text{"Firewalls that count SYNs block this host: 0 restores the behaviour of before.", "防火墙按 SYN 数量封禁本机时，设 0 恢复旧行为。"},
		Helped: Text{"TCPSynRetrans grows more slowly.", "TCPSynRetrans 增长变慢。"},
		Source: "net/ipv4/tcp_timer.c tcp_retransmit_timer; commit ccce324dabfe",
		See:    []string{"SY05", "SYN_SENT", "TCPSynRetrans", "net.ipv4.tcp_syn_retries"},
	}
}

func retries1() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_retries1",
		Summary: Text{"after how many retries the route is looked up again", "重发多少次之后重新查找路由"},
		Unit:    Text{"retries", "次数"}, Default: always("3"),
		Kernel: anyByte(), Safe: only(3), Direction: MoveNever, Effect: AtTimer, States: tcp.SetOf(tcp.Established, tcp.CloseWait),
		Risk:   Text{"It ends no connection: a change helps nobody.", "它不会结束任何连接，改了也没有好处。"},
		Need:   Text{"None: RFC 1122 recommends 3.", "没有理由：RFC 1122 建议的就是 3。"},
		Helped: Text{"Nothing to see: leave it at 3.", "没有可看的指标：保持 3 即可。"},
		Source: "net/ipv4/tcp_timer.c tcp_write_timeout; RFC 1122 4.2.3.5",
		See:    []string{"ES03", "net.ipv4.tcp_retries2"},
	}
}

func retries2() Sysctl {
	enough := Text{
		"Use 8 or more, or TCP_USER_TIMEOUT in the one application that needs it: RFC 9293 recommends at least 100 s.",
		"至少用 8，或只在需要的那个应用里设 TCP_USER_TIMEOUT：RFC 9293 建议至少 100 秒。",
	}
	return Sysctl{
		Key:     "net.ipv4.tcp_retries2",
		Summary: Text{"how often data is sent again before an open connection is given up", "打开的连接重发数据多少次之后放弃"},
		Unit:    Text{"retries; 15 is 924 s or more, 8 is 102 s", "次数；15 次至少 924 秒，8 次约 102 秒"}, Default: always("15"),
		Kernel: anyByte(), Safe: ints(8, 15), Direction: OnlyLower, Effect: AtTimer,
		States: tcp.SetOf(tcp.Established, tcp.CloseWait, tcp.FinWait1, tcp.LastAck),
		Risk: Text{
			"Lowered, connections die during a failover that they would have survived. RFC 9293 recommends at least 100 s.",
			"调小后，原本能撑过切换的连接会断掉。RFC 9293 建议至少 100 秒。",
		},
		Need: Text{
			"ESTABLISHED with many retries hold workers for minutes after their peer has died. TCP_USER_TIMEOUT in the application is better.",
			"对端已死，ESTABLISHED 还在反复重发，占住工作线程好几分钟。更好的办法是应用设置 TCP_USER_TIMEOUT。",
		},
		Helped: Text{"TCPAbortOnTimeout comes sooner; fewer connections with a Send-Q that does not move.", "TCPAbortOnTimeout 来得更早；Send-Q 卡住不动的连接变少。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: ints(0, 4),
			Text: Text{"gives up connections after a few seconds of trouble", "网络稍有波动，几秒钟就断开连接"}, Do: enough,
			Source: "net/ipv4/tcp_timer.c tcp_model_timeout; RFC 9293 3.8.3",
		}, {
			Kind: LowersDefault, Values: ints(5, 7),
			Text: Text{"gives up connections after 13 s (5), 25 s (6) or 51 s (7) without an answer: a failover often takes longer", "对端无应答 13 秒（5）、25 秒（6）或 51 秒（7）就断开连接：主备切换往往更久"}, Do: enough,
			Source: "net/ipv4/tcp_timer.c tcp_model_timeout; RFC 9293 3.8.3",
		}},
		Source: "net/ipv4/tcp_timer.c tcp_write_timeout; RFC 9293 3.8.3; " + measured,
		See:    []string{"ES03", "TO01", "ESTABLISHED", "TCPAbortOnTimeout"},
	}
}

func rtoMax() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_rto_max_ms",
		Summary: Text{"the longest pause between two retries", "两次重发之间的最长间隔"},
		Unit:    Text{"milliseconds", "毫秒"}, Default: always("120000"),
		History: []Statement{say("New in Linux 6.15; before, it was a constant of 120 s.", "Linux 6.15 新增；之前固定为 120 秒。", "commit 1280c26228bd")},
		Kernel:  ints(1000, 120000), Safe: only(120000), Direction: MoveNever, Effect: AtInherit,
		States: tcp.SetOf(tcp.Established, tcp.CloseWait, tcp.FinWait1, tcp.LastAck, tcp.Closing),
		Risk: Text{
			"With 1000, tcp_retries2=15 gives up after 14 s instead of 924 s. The life of orphans is shortened as well.",
			"设为 1000 时，tcp_retries2=15 只坚持 14 秒而不是 924 秒；孤儿连接的寿命也随之缩短。",
		},
		Need:   Text{"A network whose worst round trip is known, and tcp_retries2 changed along with it.", "网络的最坏往返时间已知，并且同时调整 tcp_retries2。"},
		Helped: Text{"Connections recover sooner after an outage.", "网络恢复后连接更快恢复。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: ints(1000, 9999), When: []Elsewhere{{"net.ipv4.tcp_retries2", ints(0, 15)}},
			Text: Text{"makes connections give up far sooner: with 1000, after 14 s instead of 924 s", "连接会早得多就放弃：设为 1000 时 14 秒，而不是 924 秒"},
			Do:   Text{"Raise tcp_retries2 along with it, or delete the line.", "同时调大 tcp_retries2，或删掉这一行。"}, Source: "commit 1280c26228bd; net/ipv4/tcp_timer.c retransmits_timed_out",
		}},
		Source: "Documentation/networking/ip-sysctl.rst; commit 1280c26228bd; " + measured,
		See:    []string{"ES03", "net.ipv4.tcp_retries2"},
	}
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// throughputSysctls size the buffers of a connection. They decide how fast it
// is, and not in which state.
func throughputSysctls() []Sysctl {
	return []Sysctl{
		tcpBuffer(
			"net.ipv4.tcp_rmem", Text{"receive buffer of a connection: least, first, most", "一个连接的接收缓冲区：最小、初始、最大"},
			always("4096 131072 33554432", FormerDefault{"4096 131072 6291456", "6.16"}, FormerDefault{"4096 87380 6291456", "4.20"}),
			[]Statement{
				say("The most is 32 MB since Linux 6.16; before, it was 6 MB.", "从 Linux 6.16 起最大值是 32 MB，之前是 6 MB。", "commit 572be9bf9d0d"),
				say("The most is a 128th of the memory where that is less than 32 MB, as below 4 GB.", "内存的 1/128 小于 32 MB 时（即 4 GB 以下），最大值是内存的 1/128。", "net/ipv4/tcp.c tcp_init"),
				say("The first size was 87380 before it became 131072.", "初始值以前是 87380，后来改为 131072。", "commit a337531b942b"),
			},
			"net/ipv4/tcp_input.c tcp_rcv_space_adjust; commit 572be9bf9d0d; "+measured, "net.core.rmem_max",
		),
		tcpBuffer(
			"net.ipv4.tcp_wmem", Text{"send buffer of a connection: least, first, most", "一个连接的发送缓冲区：最小、初始、最大"},
			always("4096 16384 4194304"),
			[]Statement{say("The most is a 128th of the memory where that is less than 4 MB, as below 512 MB.", "内存的 1/128 小于 4 MB 时（即 512 MB 以下），最大值是内存的 1/128。", "net/ipv4/tcp.c tcp_init")},
			"net/ipv4/tcp_input.c tcp_sndbuf_expand; "+measured, "net.core.wmem_max",
		),
		socketBufferMax("net.core.rmem_max", 2304, "SO_RCVBUF", "net.ipv4.tcp_rmem", Text{"the most that SO_RCVBUF may ask for", "SO_RCVBUF 的上限"}),
		socketBufferMax("net.core.wmem_max", 4608, "SO_SNDBUF", "net.ipv4.tcp_wmem", Text{"the most that SO_SNDBUF may ask for", "SO_SNDBUF 的上限"}),
		notsentLowat(),
		tcpOption("net.ipv4.tcp_window_scaling", "net/ipv4/tcp_output.c tcp_syn_options; RFC 7323 2",
			Text{"offer windows of more than 64 KB", "是否使用 64 KB 以上的窗口"},
			Text{"no connection has more than 64 KB on its way: a line of 100 ms carries 5 Mbit/s at most", "任何连接的在途数据都不超过 64 KB：时延 100 毫秒的线路最多只有 5 Mbit/s"}),
		tcpOption("net.ipv4.tcp_sack", "net/ipv4/tcp_output.c tcp_syn_options; RFC 2018",
			Text{"tell the peer which segments of a gap have arrived", "是否告知对端空缺之后哪些报文已收到"},
			Text{"after a loss of several segments a connection finds them one by one, a round trip each, or by timeout", "连续丢几个报文时，只能每个往返找回一个，或等超时"}),
	}
}

// tcpOption is an option of the handshake that is on and should stay so.
func tcpOption(key, source string, summary, harm Text) Sysctl {
	return Sysctl{
		Key: key, Summary: summary, Unit: Text{"0 off, 1 on", "0 关闭，1 打开"}, Default: always("1"),
		Kernel: anyByte(), Safe: only(1), Direction: MoveNever, Effect: AtHandshake, States: tcp.SetOf(tcp.Established),
		Risk:   Text{"0 makes long lines and lossy ones slow.", "设为 0 会让高延迟和丢包的线路变慢。"},
		Need:   Text{"None: a peer that cannot use it does not negotiate it.", "没有理由：不支持的对端本来就不会协商。"},
		Helped: Text{"Nothing to see: leave it at 1.", "没有可看的指标：保持 1 即可。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: only(0), Text: harm,
			Do: Text{"Delete the line: the default is 1.", "删掉这一行：默认是 1。"}, Source: source,
		}},
		Source: source + "; " + measured,
		See:    []string{"ESTABLISHED"},
	}
}

func tcpBuffer(key string, summary Text, value SysctlDefault, history []Statement, source, see string) Sysctl {
	return Sysctl{
		Key: key, Summary: summary, History: history, Default: value,
		Unit:   Text{"bytes, three numbers", "字节，三个数"},
		Kernel: ints(1, math.MaxInt32).tuple(3), Safe: ints(4096, 1<<28).tuple(3).ordered(), Direction: OnlyRaise, Scope: CopiedToNetns, Effect: AtBuffers,
		States: tcp.SetOf(tcp.Established, tcp.CloseWait, tcp.FinWait1, tcp.LastAck),
		Risk: Text{
			"Memory for each connection when the second number is raised; a lower last number makes long fat lines slow.",
			"调大第二个数会让每个连接多占内存；调小第三个数会让高延迟大带宽线路变慢。",
		},
		Need:   Text{"A throughput below bandwidth times round trip; it has nothing to do with states.", "吞吐量低于带宽时延积；与连接状态无关。"},
		Helped: Text{"Throughput over the long line rises.", "长距离线路的吞吐量上升。"},
		Verdicts: []SysctlVerdict{{
			Kind: WrongMeaning, Values: ints(1, 4095).tuple(3),
			Text: Text{"the unit is bytes: no connection gets more than 4 KB", "单位是字节：任何连接都得不到 4 KB 以上的缓冲区"},
			Do:   Text{"Delete the line.", "删掉这一行。"}, Source: "Documentation/networking/ip-sysctl.rst",
		}},
		Source: source + "; net/ipv4/tcp_ipv4.c tcp_sk_init", See: []string{"ME01", "ESTABLISHED", see},
	}
}

func socketBufferMax(key string, least int64, option, see string, summary Text) Sysctl {
	return Sysctl{
		Key: key, Summary: summary, Unit: Text{"bytes", "字节"},
		Default: always("4194304", FormerDefault{"212992", "6.18"}),
		History: []Statement{
			say("Linux 6.18 has 4 MB, Linux 6.12 had 212992.", "Linux 6.18 为 4 MB，Linux 6.12 还是 212992。", "commit a6d4f25888b8; "+measured),
			say("Older kernels, such as 6.1, do not show it in containers at all.", "较旧的内核（如 6.1）在容器里根本没有它。", "net/core/sysctl_net_core.c netns_core_table"),
		},
		Kernel: ints(least, math.MaxInt32), Safe: ints(212992, 1<<28), Direction: OnlyRaise, Scope: ReadOnlyElsewhere, Effect: AtSocket,
		States: tcp.SetOf(tcp.Established),
		Risk: Text{
			"The automatic size of TCP buffers does not end here but at " + see + ": a higher value makes no connection faster whose program does not set " + option + ".",
			"TCP 缓冲区自动调整的上限不是它，而是 " + see + "：程序没有设置 " + option + " 时，调大它不会让连接变快。",
		},
		Need:   Text{"An application asks for more by " + option + ", QUIC for instance, and gets less.", "应用用 " + option + " 申请更大的缓冲区（例如 QUIC）却得不到。"},
		Helped: Text{"getsockopt() of " + option + " returns what was asked for.", option + " 的 getsockopt() 返回所申请的值。"},
		Source: "net/core/sysctl_net_core.c netns_core_table; net/core/sock.c sk_setsockopt; net/ipv4/tcp_output.c tcp_select_initial_window; " + measured,
		See:    []string{"ESTABLISHED", see},
	}
}

func notsentLowat() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_notsent_lowat",
		Summary: Text{"how much unsent data may wait in a socket before it counts as full", "未发送数据达到多少时，套接字不再报告可写"},
		Unit:    Text{"bytes; 4294967295 is no limit", "字节；4294967295 表示不限制"}, Default: always("4294967295"),
		Kernel: ints(0, math.MaxUint32), Safe: ints(16384, math.MaxUint32), Direction: OnlyLower, Effect: AtOnce,
		States: tcp.SetOf(tcp.Established, tcp.FinWait1),
		Risk:   Text{"Too small, the sender is woken for each packet and throughput falls.", "太小时，发送方每个包都要被唤醒一次，吞吐量下降。"},
		Need:   Text{"An HTTP/2 front end with deep Send-Q, whose urgent responses wait behind large ones.", "HTTP/2 前端的 Send-Q 很深，紧急响应排在大响应后面。"},
		Helped: Text{"Send-Q becomes smaller, in FIN_WAIT1 too.", "Send-Q 变小，FIN_WAIT1 中也是。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: ints(0, 4095),
			Text: Text{"wakes the sender for each packet: throughput falls", "发送方每个包都要被唤醒：吞吐量下降"},
			Do:   Text{"Use 16384 or more.", "至少用 16384。"}, Source: "include/net/tcp.h tcp_stream_memory_free",
		}},
		Source: "include/net/tcp.h tcp_notsent_lowat; " + measured,
		See:    []string{"FW04", "FIN_WAIT1"},
	}
}

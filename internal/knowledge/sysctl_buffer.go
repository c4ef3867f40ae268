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
				say("The first size was 87380 before it became 131072.", "初始值以前是 87380，后来改为 131072。", "commit a337531b942b"),
			},
			"net/ipv4/tcp_input.c tcp_rcv_space_adjust; commit 572be9bf9d0d; "+measured, "net.core.rmem_max",
		),
		tcpBuffer(
			"net.ipv4.tcp_wmem", Text{"send buffer of a connection: least, first, most", "一个连接的发送缓冲区：最小、初始、最大"},
			always("4096 16384 4194304"), nil, "net/ipv4/tcp_input.c tcp_sndbuf_expand; "+measured, "net.core.wmem_max",
		),
		socketBufferMax("net.core.rmem_max", 2304, "SO_RCVBUF", "net.ipv4.tcp_rmem", Text{"the most that SO_RCVBUF may ask for", "SO_RCVBUF 的上限"}),
		socketBufferMax("net.core.wmem_max", 4608, "SO_SNDBUF", "net.ipv4.tcp_wmem", Text{"the most that SO_SNDBUF may ask for", "SO_SNDBUF 的上限"}),
		notsentLowat(),
	}
}

func tcpBuffer(key string, summary Text, value SysctlDefault, history []Statement, source, see string) Sysctl {
	return Sysctl{
		Key: key, Summary: summary, History: history, Default: value,
		Unit:   Text{"bytes, three numbers", "字节，三个数"},
		Kernel: ints(1, math.MaxInt32).tuple(3), Safe: ints(4096, 1<<28).tuple(3).ordered(), Direction: OnlyRaise, Effect: AtSocket,
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
		Source: source, See: []string{"ME01", "ESTABLISHED", see},
	}
}

func socketBufferMax(key string, least int64, option, see string, summary Text) Sysctl {
	return Sysctl{
		Key: key, Summary: summary, Unit: Text{"bytes", "字节"},
		Default: always("4194304", FormerDefault{"212992", "6.18"}),
		History: []Statement{
			say("Linux 6.18 has 4 MB, Linux 6.12 had 212992.", "Linux 6.18 为 4 MB，Linux 6.12 还是 212992。", "commit a6d4f25888b8; "+measured),
		},
		Kernel: ints(least, math.MaxInt32), Safe: ints(212992, 1<<28), Direction: OnlyRaise, Scope: ReadOnlyElsewhere, Effect: AtSocket,
		States: tcp.SetOf(tcp.Established),
		Risk: Text{
			"It only caps " + option + ". The automatic size of TCP buffers ends at " + see + ".",
			"它只限制 " + option + "；TCP 缓冲区自动调整的上限是 " + see + "。",
		},
		Need:   Text{"An application asks for more by " + option + ", QUIC for instance, and gets less.", "应用用 " + option + " 申请更大的缓冲区（例如 QUIC）却得不到。"},
		Helped: Text{"getsockopt() of " + option + " returns what was asked for.", option + " 的 getsockopt() 返回所申请的值。"},
		Source: "include/net/sock.h SK_RMEM_MAX; net/core/sock.c sk_setsockopt; " + measured,
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

// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// conntrackSysctls are about the firewall's table of connections. Its entries
// have states of their own; no socket is touched.
func conntrackSysctls() []Sysctl {
	all := []Sysctl{conntrackMax(), conntrackBuckets()}
	for _, t := range []struct {
		name, value string
		low, high   int64
		state       tcp.State
	}{
		{"syn_sent", "120", 10, 120, tcp.SynSent},
		{"syn_recv", "60", 10, 60, tcp.SynRecv},
		{"established", "432000", 7440, 432000, tcp.Established},
		{"fin_wait", "120", 30, 120, tcp.FinWait1},
		{"close_wait", "60", 30, 60, tcp.CloseWait},
		{"last_ack", "30", 10, 30, tcp.LastAck},
		{"time_wait", "120", 60, 120, tcp.TimeWait},
		{"close", "10", 5, 10, tcp.Close},
		{"max_retrans", "300", 60, 300, tcp.Established},
		{"unacknowledged", "300", 60, 300, tcp.Established},
	} {
		all = append(all, conntrackTimeout(t.name, t.value, ints(t.low, t.high), t.state))
	}
	return append(all, conntrackLoose(), conntrackLiberal())
}

func conntrackMax() Sysctl {
	return Sysctl{
		Key:     "net.netfilter.nf_conntrack_max",
		Summary: Text{"entries in the conntrack table, a limit for each namespace's count", "conntrack 表项上限，与每个命名空间各自的计数比较"},
		Unit:    Text{"entries of 256 bytes and their extensions", "表项数，每个 256 字节，扩展另计"},
		Default: unforeseen("the number of buckets (262144 above 4 GB of memory, 65536 above 1 GB), or 8 times that where the module was loaded with hashsize=",
			"等于桶数（内存 4 GB 以上为 262144，1 GB 以上为 65536）；加载模块时用 hashsize= 指定了桶数的，是它的 8 倍"),
		Kernel: anyInt(), Safe: ints(65536, 1<<24), Direction: OnlyRaise, Scope: ReadOnlyElsewhere, Effect: AtOnce, States: tcp.Connected,
		Risk: Text{
			"Memory, and slower look-ups when nf_conntrack_buckets stays as it is.",
			"占内存；如果 nf_conntrack_buckets 不一起调大，查找会变慢。",
		},
		Need: Text{
			"nf_conntrack_count is above 80 % of it, or the kernel logs \"nf_conntrack: table full, dropping packet\".",
			"nf_conntrack_count 超过它的 80%，或内核日志出现 \"nf_conntrack: table full, dropping packet\"。",
		},
		Helped: Text{"The share of used entries falls; drop in /proc/net/stat/nf_conntrack stops growing.", "占用比例下降；/proc/net/stat/nf_conntrack 的 drop 不再增长。"},
		Verdicts: []SysctlVerdict{{
			Kind: WrongMeaning, Values: only(0),
			Text: Text{"does not turn tracking off: 0 means no limit, and a flood can take all memory", "不是关闭连接跟踪：0 表示不设上限，flood 可能耗尽内存"},
			Do:   Text{"Delete the line.", "删掉这一行。"}, Source: "net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc",
		}, {
			Kind: LowersDefault, Values: ints(1, 65535),
			Text: Text{"is below the default of any host with more than 1 GB: when the table is full, new connections are dropped", "低于任何 1 GB 以上内存主机的默认值：表满之后新连接会被丢弃"},
			Do:   Text{"Delete the line.", "删掉这一行。"}, Source: "net/netfilter/nf_conntrack_core.c nf_conntrack_init_start",
		}},
		Source: "net/netfilter/nf_conntrack_core.c nf_conntrack_init_start; " + measured,
		See:    []string{"CT01", "CT02", "net.netfilter.nf_conntrack_buckets"},
	}
}

func conntrackBuckets() Sysctl {
	return Sysctl{
		Key:     "net.netfilter.nf_conntrack_buckets",
		Summary: Text{"size of the conntrack hash table", "conntrack 哈希表的大小"},
		Unit:    Text{"buckets", "桶数"},
		Default: unforeseen("262144 above 4 GB of memory, 65536 above 1 GB", "内存 4 GB 以上为 262144，1 GB 以上为 65536"),
		Kernel:  anyCount(), Safe: ints(65536, 1<<24), Direction: OnlyRaise, Scope: ReadOnlyElsewhere, Effect: AtOnce, States: tcp.Connected,
		Risk:   Text{"Memory: 8 bytes each.", "占内存：每个 8 字节。"},
		Need:   Text{"nf_conntrack_max is raised above it.", "nf_conntrack_max 调到了它之上。"},
		Helped: Text{"Look-ups stay short.", "查找链保持较短。"},
		Source: "net/netfilter/nf_conntrack_core.c nf_conntrack_init_start; " + measured,
		See:    []string{"CT01", "net.netfilter.nf_conntrack_max"},
	}
}

func conntrackTimeout(name, value string, safe SysctlRange, state tcp.State) Sysctl {
	s := Sysctl{
		Key:     "net.netfilter.nf_conntrack_tcp_timeout_" + name,
		Summary: Text{"how long conntrack keeps an entry in its own state " + name, "conntrack 表项在其自身的 " + name + " 状态下保留多久"},
		Unit:    Text{"seconds", "秒"}, Default: always(value),
		Kernel: anySeconds(), Safe: safe, Direction: OnlyLower, Effect: AtEntry, States: tcp.SetOf(state),
		Risk: Text{
			"Too short, packets of live connections become INVALID and NAT no longer translates them.",
			"太短时，活着的连接会变成 INVALID，NAT 不再转换。",
		},
		Need: Text{
			"The conntrack table is 80 % full, and most entries are in this state.",
			"conntrack 表已用 80%，且大多数表项处于这个状态。",
		},
		Helped: Text{"nf_conntrack_count falls. The states of sockets do not change.", "nf_conntrack_count 下降。套接字的状态不受影响。"},
		Source: "net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts; " + measured,
		See:    []string{"CT01", "CT02", state.String()},
	}
	switch name {
	case "time_wait":
		s.Verdicts = []SysctlVerdict{{
			Kind: Harmful, Values: ints(-maxSeconds, 59),
			Text: Text{"forgets connections before TIME_WAIT ends, which lasts 60 s: the tail of a close does not get through NAT", "TIME_WAIT（60 秒）结束之前就忘掉连接：关闭的尾声过不了 NAT"},
			Do:   Text{"Use 60 or more.", "至少用 60。"}, Source: "include/net/tcp.h TCP_TIMEWAIT_LEN; net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts",
		}}
		s.See = append(s.See, "myth 26")
	case "established":
		s.Direction = OnlyLower
		s.Verdicts = []SysctlVerdict{{
			Kind: Harmful, Values: ints(-maxSeconds, 7199), When: []Elsewhere{{"net.ipv4.tcp_keepalive_time", ints(7200, math.MaxInt32)}},
			Text: Text{"idle connections are forgotten before keepalive (7200 s) probes them: they hang through NAT and stateful firewalls", "空闲连接在 keepalive（7200 秒）探测之前就被忘掉：经过 NAT 或状态防火墙时会卡死"},
			Do:   Text{"Use 7440 or more, or lower tcp_keepalive_time on both ends.", "至少用 7440，或在两端调小 tcp_keepalive_time。"}, Source: "RFC 5382 5; net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts",
		}}
	}
	return s
}

func conntrackLoose() Sysctl {
	return Sysctl{
		Key:     "net.netfilter.nf_conntrack_tcp_loose",
		Summary: Text{"may conntrack pick up a connection in the middle", "conntrack 能否从中途接管已建立的连接"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("1"),
		Kernel: anyBool(), Safe: anyBool(), Direction: MoveEither, Effect: AtOnce, States: tcp.SetOf(tcp.Established),
		Risk:   Text{"0: after a failover or a flush of the table every open connection is INVALID.", "0：主备切换或清空表之后，所有已建立的连接都变成 INVALID。"},
		Need:   Text{"SYNPROXY, or a firewall that must see each connection begin.", "使用 SYNPROXY，或防火墙必须看到每个连接的开始。"},
		Helped: Text{"Packets without a handshake no longer make entries.", "没有握手的报文不再产生表项。"},
		Source: "net/netfilter/nf_conntrack_proto_tcp.c tcp_new; " + measured,
		See:    []string{"CT01", "ESTABLISHED"},
	}
}

func conntrackLiberal() Sysctl {
	return Sysctl{
		Key:     "net.netfilter.nf_conntrack_tcp_be_liberal",
		Summary: Text{"does conntrack accept packets outside the window", "conntrack 是否接受窗口之外的报文"},
		Unit:    Text{"0: they are INVALID, 1: only such RSTs are", "0：判为 INVALID，1：只把这样的 RST 判为 INVALID"}, Default: always("0"),
		Kernel: anyBool(), Safe: anyBool(), Direction: MoveEither, Effect: AtOnce, States: tcp.SetOf(tcp.Established),
		Risk:   Text{"1 gives up a check that few depend on.", "1 会放弃一项很少有人依赖的检查。"},
		Need:   Text{"Packets that conntrack calls INVALID pass NAT untranslated, and the peers answer with RST.", "被判为 INVALID 的包未经转换就穿过 NAT，对端回 RST。"},
		Helped: Text{"invalid in /proc/net/stat/nf_conntrack and the RSTs stop growing.", "/proc/net/stat/nf_conntrack 的 invalid 和 RST 不再增长。"},
		Source: "net/netfilter/nf_conntrack_proto_tcp.c tcp_in_window; " + measured,
		See:    []string{"RS01", "ESTABLISHED"},
	}
}

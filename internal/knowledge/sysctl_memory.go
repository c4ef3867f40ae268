// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// memorySysctls bound the memory of all connections, and the table that holds
// them.
func memorySysctls() []Sysctl { return []Sysctl{tcpMem(), ehashEntries(), childEhashEntries()} }

func tcpMem() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_mem",
		Summary: Text{"memory of all TCP buffers on the host: calm, pressure, limit", "整台主机 TCP 缓冲区的内存：低水位、压力线、上限"},
		Unit:    Text{"pages, three numbers", "页，三个数"},
		Default: unforeseen("about 4.7 %, 6.2 % and 9.4 % of free memory at boot", "启动时空闲内存的约 4.7%、6.2%、9.4%"),
		Kernel:  ints(0, math.MaxInt64).tuple(3), Safe: ints(4096, 1<<26-1).tuple(3).ordered(), Direction: OnlyRaise, Scope: InitNetnsOnly, Effect: AtOnce,
		States: tcp.SetOf(tcp.Established, tcp.CloseWait, tcp.FinWait1, tcp.LastAck, tcp.Closing),
		Risk: Text{
			"Too large, TCP can take all memory. Limits of cgroups act earlier.",
			"过大时 TCP 可能耗尽内存。cgroup 的限制会更早起作用。",
		},
		Need: Text{
			"mem in /proc/net/sockstat exceeds the second number, TCPMemoryPressures grows, or the kernel logs \"out of memory -- consider tuning tcp_mem\".",
			"/proc/net/sockstat 的 mem 超过第二个数，TCPMemoryPressures 在增长，或内核日志出现 \"out of memory -- consider tuning tcp_mem\"。",
		},
		Helped: Text{"TCPMemoryPressures stops growing.", "TCPMemoryPressures 不再增长。"},
		Verdicts: []SysctlVerdict{{
			Kind: WrongMeaning, Values: ints(1<<26, math.MaxInt64).tuple(3),
			Text: Text{"the unit is pages, not bytes: this is 256 GiB and more, no limit at all", "单位是页而不是字节：这相当于 256 GiB 以上，等于没有上限"},
			Do:   Text{"Delete the line: the kernel derives the limit from the memory.", "删掉这一行：内核会按内存大小设定。"}, Source: "Documentation/networking/ip-sysctl.rst",
		}},
		Source: "net/ipv4/tcp.c tcp_init_mem; Documentation/networking/ip-sysctl.rst",
		See:    []string{"ME01", "TCPMemoryPressures"},
	}
}

func ehashEntries() Sysctl {
	return Sysctl{
		Key: "net.ipv4.tcp_ehash_entries", Status: SysctlReadOnly,
		Summary: Text{"size of the table of connections; negative in a namespace that shares the host's", "连接哈希表的大小；与主机共用时显示为负数"},
		Source:  "Documentation/networking/ip-sysctl.rst; " + measured,
		See:     []string{"TW02", "net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_max_syn_backlog"},
	}
}

func childEhashEntries() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_child_ehash_entries",
		Summary: Text{"size of the table of connections that new child namespaces get for themselves; 0 shares the host's", "新建的子命名空间独占的连接哈希表大小；0 表示与主机共用"},
		Unit:    Text{"buckets", "桶数"}, Default: always("0"),
		Kernel: ints(0, 16777216), Safe: ints(0, 524288), Direction: MoveEither, Effect: AtNamespace, States: tcp.Connected,
		Risk:   Text{"Memory for each namespace; tcp_max_tw_buckets and tcp_max_syn_backlog there become smaller with it.", "每个命名空间都要占内存；其中的 tcp_max_tw_buckets、tcp_max_syn_backlog 也会随之变小。"},
		Need:   Text{"Containers with very many connections slow down each other's look-ups.", "连接极多的容器互相拖慢查找速度。"},
		Helped: Text{"A census inside the container becomes quicker.", "在容器里统计连接变快。"},
		Source: "Documentation/networking/ip-sysctl.rst; " + measured,
		See:    []string{"TW02", "net.ipv4.tcp_max_tw_buckets"},
	}
}

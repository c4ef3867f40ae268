// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// deviceSysctls bound what waits between a network card and TCP. A SYN that is
// lost there looks like trouble with SYN_SENT or SYN_RECV.
func deviceSysctls() []Sysctl {
	return []Sysctl{
		{
			Key:     "net.core.netdev_max_backlog",
			Summary: Text{"packets that may wait for a CPU", "每个 CPU 排队待处理的数据包上限"},
			Unit:    Text{"packets for each CPU", "每个 CPU 的包数"}, Default: always("1000"),
			Kernel: anyInt(), Safe: ints(1000, 65536), Direction: OnlyRaise, Scope: InitNetnsOnly, Effect: AtOnce, States: tcp.Connected,
			Risk:   Text{"A longer queue is a longer delay; it does not make the CPU faster.", "队列越长延迟越大；它不会让 CPU 变快。"},
			Need:   Text{"The second column of /proc/net/softnet_stat grows.", "/proc/net/softnet_stat 的第二列在增长。"},
			Helped: Text{"The second column of /proc/net/softnet_stat stops growing.", "/proc/net/softnet_stat 的第二列不再增长。"},
			Verdicts: []SysctlVerdict{{
				Kind: Harmful, Values: ints(math.MinInt32, 0),
				Text: Text{"drops packets of loopback, tunnels and RPS", "回环、隧道和 RPS 的数据包会被丢弃"},
				Do:   Text{"Delete the line: the default is 1000.", "删掉这一行：默认是 1000。"}, Source: "net/core/dev.c enqueue_to_backlog",
			}},
			Source: "net/core/dev.c enqueue_to_backlog; " + measured,
			See:    []string{"NP01", "SYN_SENT", "SYN_RECV"},
		},
		netdevBudget("net.core.netdev_budget", "300", Text{"packets", "包数"}, ints(300, 4096),
			Text{"packets that one round of the receive loop may take", "一轮收包最多处理的包数"}),
		netdevBudget("net.core.netdev_budget_usecs", "", Text{"microseconds", "微秒"}, ints(2000, 32000),
			Text{"how long one round of the receive loop may last", "一轮收包最长持续时间"}),
	}
}

func netdevBudget(key, value string, unit Text, safe SysctlRange, summary Text) Sysctl {
	s := Sysctl{
		Key: key, Summary: summary, Unit: unit, Default: always(value),
		Kernel: anyInt(), Safe: safe, Direction: OnlyRaise, Scope: InitNetnsOnly, Effect: AtOnce, States: tcp.Connected,
		Risk:   Text{"Processes on that CPU wait longer.", "该 CPU 上的进程要等得更久。"},
		Need:   Text{"The third column of /proc/net/softnet_stat grows along with the second.", "/proc/net/softnet_stat 的第三列和第二列一起增长。"},
		Helped: Text{"The third column of /proc/net/softnet_stat grows more slowly.", "/proc/net/softnet_stat 的第三列增长变慢。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: ints(math.MinInt32, 0),
			Text: Text{"ends each round of receiving after the first poll: the CPU falls behind", "每轮收包轮询一次就结束：CPU 会跟不上"},
			Do:   Text{"Delete the line.", "删掉这一行。"}, Source: "net/core/dev.c net_rx_action",
		}},
		Source: "net/core/dev.c net_rx_action; " + measured,
		See:    []string{"NP01"},
	}
	if value == "" { // two ticks: 2 * USEC_PER_SEC / HZ
		s.Default = unforeseen("two ticks of the kernel's clock: 8000 with 250 Hz, 2000 with 1000 Hz", "内核时钟的两个节拍：250 Hz 时为 8000，1000 Hz 时为 2000")
	}
	return s
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func np01() Rule {
	return Rule{
		Code: "NP01", Name: "softnet-drops", HostWide: true,
		Title: text("Packets lost before TCP sees them", "到达 TCP 之前就丢失的包"),
		Facts: []string{"softnet.dropped", "softnet.time_squeeze", "net.core.netdev_max_backlog"},
		Formula: text("growth of the second column of /proc/net/softnet_stat, all processors together",
			"/proc/net/softnet_stat 第二列的增量，所有处理器合计"),
		Threshold: []knowledge.Statement{
			claim("Warning when it grew: the input queue of a processor was longer than netdev_max_backlog and a packet was thrown away. SYNs and ACKs among them look like trouble of the peer.",
				"只要增长就警告：某个处理器的输入队列超过 netdev_max_backlog，包被丢弃。其中若有 SYN 或 ACK，看起来就像对端的问题。",
				"net/core/dev.c enqueue_to_backlog"),
		},
		Excluded: []knowledge.Statement{
			claim("time_squeeze alone only says that there was more to do than one turn allows; nothing is lost by that.",
				"仅 time_squeeze 增长只说明一轮处理不完，并没有丢包。", "net/core/dev.c net_rx_action"),
			claim("Drops of the network card are not in here; ethtool -S shows those.", "网卡自身的丢包不在此列；用 ethtool -S 查看。", "net/core/net-procfs.c softnet_seq_show"),
		},
		App: []knowledge.Statement{
			claim("See whether one processor does all the work: spread interrupts over queues, or use RPS.", "检查是否所有工作都压在一个处理器上：把中断分散到多个队列，或使用 RPS。",
				"Documentation/networking/scaling.rst"),
		},
		Kernel: []knowledge.Statement{
			claim("Raise net.core.netdev_max_backlog if bursts are what overflows; netdev_budget if time_squeeze grows as well.", "如果是突发造成溢出，调大 net.core.netdev_max_backlog；若 time_squeeze 也在增长，再调大 netdev_budget。",
				"Documentation/admin-guide/sysctl/net.rst"),
		},
		Check:      command.Of("doctor", "--window", "10s"),
		Sources:    []string{"net/core/dev.c enqueue_to_backlog, net_rx_action", "net/core/net-procfs.c softnet_seq_show"},
		See:        []string{"netdev_max_backlog", "netdev_budget", "SYN_SENT", "SYN_RECV"},
		WindowOnly: true,
		Judge:      judgeNP01,
	}
}

func judgeNP01(c *Case) []Finding {
	dropped, ok := c.Delta("softnet.dropped")
	if !ok || dropped == 0 {
		return nil
	}
	f := Finding{
		Severity: Warning, Basis: Loss,
		Summary: say("%s packet[s] [was|were] thrown away before TCP saw them in %s s, on the whole host", "%[2]s 秒内全主机有 %[1]s 个包在到达 TCP 之前被丢弃", dropped, seconds(c.Window)),
		Evidence: []Evidence{
			above("softnet.dropped", float64(dropped), "", 0),
			{Name: "softnet.time_squeeze", Value: float64(c.Moved("softnet.time_squeeze"))},
		},
	}
	limit, ok := c.Sysctl("net.core.netdev_max_backlog")
	if !ok || limit <= 0 || limit > math.MaxInt32/2 {
		return []Finding{f}
	}
	f.Detail = append(f.Detail, say("the input queue of a processor holds %s packet[s]", "每个处理器的输入队列最多容纳 %s 个包", limit))
	f.Changes = []Change{{
		Key: "net.core.netdev_max_backlog", Value: plain(2 * limit),
		Why: text("packets that wait for a processor; takes effect at once", "等待处理器处理的包数；立即生效"),
	}}
	return []Finding{f}
}

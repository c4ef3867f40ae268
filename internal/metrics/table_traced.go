// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// mostEdges and mostReasons bound the number of series.
const (
	mostEdges   = 13 * 13
	mostReasons = 16
)

func tracedMetrics() []Metric {
	traced := func(name string, labels []string, most func(int) int, help knowledge.Text, each func(*Traced, put)) Metric {
		return Metric{
			Name: name, Kind: Counter, Unit: count(), Labels: labels, Cost: Trace, Most: most, Help: help,
			read: func(s *Sample, put put) {
				if s.Traced != nil {
					each(s.Traced, put)
				}
			},
		}
	}
	return []Metric{
		traced("tcpvitals_transitions_total", []string{"from", "to"}, fixed(mostEdges), knowledge.Text{
			En: "How often connections went from one state to another since the agent began, all network namespaces together; only where it may trace.",
			Zh: "agent 启动以来连接从一个状态转到另一个状态的次数，包括所有网络命名空间；仅在允许跟踪时提供。",
		}, func(t *Traced, put put) {
			for _, e := range t.Edges {
				put(float64(e.Count), e.From.Metric(), e.To.Metric())
			}
		}),
		traced("tcpvitals_connection_ends_total", []string{"reason"}, fixed(mostReasons), knowledge.Text{
			En: "How many connections ended in which way since the agent began: closed first by this host or by the peer, reset, timed out; each once.",
			Zh: "agent 启动以来各种方式结束的连接数：本机先关闭、对端先关闭、被重置、超时；每个连接只计一次。",
		}, func(t *Traced, put put) {
			for _, e := range t.Ends {
				put(float64(e.Count), e.Reason)
			}
		}),
		traced("tcpvitals_connection_ends_by_total", []string{"reason", "process", "unit", "container", "netns"}, fixed(MostEnders), knowledge.Text{
			En: "The same by who ended them: those who ended most.",
			Zh: "同上，按由谁结束列出：只列最多的若干个。",
		}, func(t *Traced, put put) {
			for _, e := range t.By.Told {
				put(float64(e.Count), e.Reason, e.Process, e.Unit, e.Container, e.Netns)
			}
		}),
		traced("tcpvitals_events_lost_total", nil, fixed(1), knowledge.Text{
			En: "How many transitions the trace has missed at most since the agent began: the kernel left its program out, or a table was full.",
			Zh: "agent 启动以来跟踪最多遗漏的状态转换数：内核跳过了程序，或表已满。",
		}, func(t *Traced, put put) { put(float64(t.Lost)) }),
		{
			Name: "tcpvitals_traced", Kind: Gauge, Unit: truth(), Cost: Free, Most: fixed(1),
			Help: knowledge.Text{
				En: "1 when transitions are traced, 0 when that is not allowed or not wanted.",
				Zh: "正在跟踪状态转换时为 1；没有权限或未要求时为 0。",
			},
			read: func(s *Sample, put put) {
				if s.Count != nil {
					put(oneIf(s.Traced != nil))
				}
			},
		},
	}
}

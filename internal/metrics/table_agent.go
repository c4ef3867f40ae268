// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// The sources, as in the label "source".
const (
	SourceCount   = "count"
	SourceExamine = "examine"
)

// sources is the number of sources.
const sources = 2

func agentMetrics() []Metric {
	each := func(name string, kind Kind, unit, help knowledge.Text, value func(*Source) (float64, bool)) Metric {
		return Metric{
			Name: name, Kind: kind, Unit: unit, Labels: []string{"source"}, Cost: Free, Most: fixed(sources), Help: help,
			read: func(s *Sample, put put) {
				for i := range s.Sources {
					if v, ok := value(&s.Sources[i]); ok {
						put(v, s.Sources[i].Name)
					}
				}
			},
		}
	}
	all := func(v float64) (float64, bool) { return v, true }
	return []Metric{
		age(), exact(), oneIn(), spaces(), spacesLeft(),
		each("tcpvitals_source_success", Gauge, truth(), knowledge.Text{
			En: "Whether the last reading of a source worked: count (by state, each second) and examine (all that the rules look at).",
			Zh: "各来源最近一次读取是否成功：count（每秒按状态计数）和 examine（规则所需的全部内容）。",
		}, func(s *Source) (float64, bool) { return oneIf(s.OK), s.Look.Seq > 0 || s.Failed > 0 }),
		each("tcpvitals_source_failures_total", Counter, count(), knowledge.Text{
			En: "Readings of a source that did not work, since the agent began.",
			Zh: "agent 启动以来各来源读取失败的次数。",
		}, func(s *Source) (float64, bool) { return all(float64(s.Failed)) }),
		each("tcpvitals_source_duration_seconds", Gauge, seconds(), knowledge.Text{
			En: "How long the last reading of a source took.",
			Zh: "各来源最近一次读取所用的时间。",
		}, func(s *Source) (float64, bool) { return s.Look.Took.Seconds(), s.Look.Seq > 0 }),
		each("tcpvitals_source_interval_seconds", Gauge, seconds(), knowledge.Text{
			En: "The time from one reading of a source to the next: longer than asked for when readings take too much of a processor.",
			Zh: "各来源两次读取的间隔：读取占用处理器过多时会自动拉长。",
		}, func(s *Source) (float64, bool) { return s.Look.Interval.Seconds(), s.Look.Seq > 0 }),
		each("tcpvitals_source_skipped_total", Counter, count(), knowledge.Text{
			En: "Readings of a source that were left out because the one before took too long, since the agent began.",
			Zh: "agent 启动以来因前一次读取过慢而跳过的次数。",
		}, func(s *Source) (float64, bool) { return all(float64(s.Skipped)) }),
		{
			Name: "tcpvitals_agent_cpu_seconds_total", Kind: Counter, Unit: seconds(), Cost: Free, Most: fixed(1),
			Help: knowledge.Text{En: "Processor time that the agent has taken.", Zh: "agent 用掉的处理器时间。"},
			read: func(s *Sample, put put) {
				if s.Own.Known {
					put(s.Own.CPU.Seconds())
				}
			},
		},
		{
			Name: "tcpvitals_agent_resident_bytes", Kind: Gauge, Unit: bytes(), Cost: Free, Most: fixed(1),
			Help: knowledge.Text{En: "Memory that the agent holds.", Zh: "agent 占用的内存。"},
			read: func(s *Sample, put put) {
				if s.Own.Known {
					put(float64(s.Own.Resident))
				}
			},
		},
		{
			Name: "tcpvitals_build_info", Kind: Gauge, Unit: truth(), Labels: []string{"version"}, Cost: Free, Most: fixed(1),
			Help: knowledge.Text{En: "1, with the version of the agent.", Zh: "恒为 1，标签为 agent 的版本。"},
			read: func(s *Sample, put put) { put(1, s.Version) },
		},
	}
}

func age() Metric {
	return Metric{
		Name: "tcpvitals_sample_age_seconds", Kind: Gauge, Unit: seconds(), Labels: []string{"source"}, Cost: Free, Most: fixed(sources),
		Help: knowledge.Text{
			En: "How old the numbers of a source are: from when they were read to when they were asked for.",
			Zh: "各来源的数据有多旧：从读取到被查询的时间。",
		},
		read: func(s *Sample, put put) {
			if s.Count != nil {
				put(since(s.At, s.Count.At), SourceCount)
			}
			if s.Examined != nil {
				put(since(s.At, s.Examined.At), SourceExamine)
			}
		},
	}
}

func exact() Metric {
	return Metric{
		Name: "tcpvitals_sample_exact", Kind: Gauge, Unit: truth(), Labels: []string{"source"}, Cost: Free, Most: fixed(sources),
		Help: knowledge.Text{
			En: "1 when every socket was looked at once, 0 when the numbers are near: tables changed while they were read, or something could not be.",
			Zh: "每个套接字都恰好看过一次时为 1；读取期间表有变化或部分内容无法读取、数字为近似值时为 0。",
		},
		read: func(s *Sample, put put) {
			if s.Count != nil {
				put(oneIf(s.Count.Exact), SourceCount)
			}
			if s.Examined != nil {
				put(oneIf(s.Examined.Exact), SourceExamine)
			}
		},
	}
}

func oneIn() Metric {
	return Metric{
		Name: "tcpvitals_sample_one_in", Kind: Gauge, Unit: count(), Cost: Free, Most: fixed(1),
		Help: knowledge.Text{
			En: "1 when tcpvitals_connections was counted; N when it is estimated from one in N buckets of the tables, because a whole count each second would take too much of a processor.",
			Zh: "tcpvitals_connections 为完整计数时是 1；每秒完整计数过于昂贵、按表的 1/N 估计时是 N。",
		},
		read: func(s *Sample, put put) {
			if s.Count != nil {
				put(float64(max(1, s.Count.OneIn)))
			}
		},
	}
}

func spaces() Metric {
	return Metric{
		Name: "tcpvitals_namespaces_examined", Kind: Gauge, Unit: count(), Cost: Examine, Most: fixed(1),
		Help: knowledge.Text{
			En: "Network namespaces that the last examination looked at.",
			Zh: "最近一次检查查看的网络命名空间数。",
		},
		read: func(s *Sample, put put) {
			if s.Examined != nil {
				put(float64(s.Examined.Namespaces))
			}
		},
	}
}

func spacesLeft() Metric {
	return Metric{
		Name: "tcpvitals_namespaces_left_out", Kind: Gauge, Unit: count(), Cost: Examine, Most: fixed(1),
		Help: knowledge.Text{
			En: "Network namespaces that the last examination did not look at: of more than a thousand those with fewest sockets, and those that could not be entered. Connections and groups are counted in all.",
			Zh: "最近一次检查没有查看的网络命名空间数：超过一千个时为套接字最少的那些，以及无法进入的。连接数和分组数仍统计所有命名空间。",
		},
		read: func(s *Sample, put put) {
			if s.Examined != nil {
				put(float64(s.Examined.Unread))
			}
		},
	}
}

func since(now, then time.Time) float64 { return max(0, now.Sub(then).Seconds()) }

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func queueMetrics() []Metric {
	labels := []string{"address", "port", "netns"}
	metric := func(name string, kind Kind, unit, help knowledge.Text, value func(*Listener) (float64, bool)) Metric {
		return Metric{
			Name: name, Kind: kind, Unit: unit, Labels: labels, Cost: Examine, Help: help, Most: func(top int) int { return top },
			read: func(s *Sample, put put) {
				if s.Examined == nil {
					return
				}
				for i := range s.Examined.Listeners.Told {
					l := &s.Examined.Listeners.Told[i]
					if v, ok := value(l); ok {
						put(v, l.Local.Addr().String(), strconv.Itoa(int(l.Local.Port())), l.Netns)
					}
				}
			},
		}
	}
	number := func(n *uint64) (float64, bool) {
		if n == nil {
			return 0, false
		}
		return float64(*n), true
	}
	return []Metric{
		metric("tcpvitals_accept_queue_connections", Gauge, count(), knowledge.Text{
			En: "Connections that wait for accept() at a listening address, all listeners of it together (SO_REUSEPORT).",
			Zh: "在某个监听地址等待 accept() 的连接数，同一地址的所有监听套接字（SO_REUSEPORT）合计。",
		}, func(l *Listener) (float64, bool) { return number(l.Waiting) }),
		metric("tcpvitals_accept_queue_limit", Gauge, count(), knowledge.Text{
			En: "Limit of the accept queue: min(backlog of listen(), somaxconn then), all listeners of the address together. Half-open connections have the same limit.",
			Zh: "全连接队列的上限：min(listen() 的 backlog, 当时的 somaxconn)，同一地址合计。半连接的上限相同。",
		}, func(l *Listener) (float64, bool) { return number(l.Limit) }),
		metric("tcpvitals_accept_queue_fullest_ratio", Gauge, ratio(), knowledge.Text{
			En: "How full the fullest accept queue of the address is; at 1 the kernel drops SYNs and final ACKs.",
			Zh: "该地址最满的全连接队列的占用比例；为 1 时内核丢弃 SYN 和最后的 ACK。",
		}, func(l *Listener) (float64, bool) { return l.Fullest, l.Waiting != nil && l.Limit != nil }),
		metric("tcpvitals_accept_queue_drops_total", Counter, count(), knowledge.Text{
			En: "What the listeners of the address have dropped since they were opened (SK_MEMINFO_DROPS): lost connections, and what nobody misses; TcpExt.ListenOverflows of tcpvitals_kernel_events_total tells which.",
			Zh: "该地址的监听套接字自打开以来的丢弃数（SK_MEMINFO_DROPS）：既有丢失的连接，也有无关紧要的包；可对照 tcpvitals_kernel_events_total 的 TcpExt.ListenOverflows。",
		}, func(l *Listener) (float64, bool) { return number(l.Drops) }),
		metric("tcpvitals_half_open_connections", Gauge, count(), knowledge.Text{
			En: "Half-open connections (SYN_RECV) of a listening address, whose limit is tcpvitals_accept_queue_limit.",
			Zh: "某个监听地址的半连接（SYN_RECV）数，上限为 tcpvitals_accept_queue_limit。",
		}, func(l *Listener) (float64, bool) { return float64(l.HalfOpen), true }),
		metric("tcpvitals_listeners", Gauge, count(), knowledge.Text{
			En: "Listening sockets of an address: more than one with SO_REUSEPORT.",
			Zh: "某个地址的监听套接字数：使用 SO_REUSEPORT 时多于一个。",
		}, func(l *Listener) (float64, bool) { return float64(l.Members), true }),
		leftOut("tcpvitals_listeners_left_out", knowledge.Text{
			En: "How many listening addresses have no series of their own: only the fullest have.",
			Zh: "未逐个列出的监听地址数：只列最满的若干个。",
		}, func(e *Examined) int { return e.Listeners.Left }),
	}
}

// leftOut returns the metric for how many found no room; it always has a series.
func leftOut(name string, help knowledge.Text, left func(*Examined) int) Metric {
	return Metric{
		Name: name, Kind: Gauge, Unit: count(), Cost: Examine, Most: fixed(1), Help: help,
		read: func(s *Sample, put put) {
			if s.Examined != nil {
				put(float64(left(s.Examined)))
			}
		},
	}
}

// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"math"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func portMetrics() []Metric {
	labels := []string{"group", "port", "netns"}
	metric := func(name string, unit, help knowledge.Text, value func(*Destination) float64) Metric {
		return Metric{
			Name: name, Kind: Gauge, Unit: unit, Labels: labels, Cost: Examine, Help: help, Most: func(top int) int { return top },
			read: func(s *Sample, put put) {
				if s.Examined == nil {
					return
				}
				for i := range s.Examined.Destinations.Told {
					d := &s.Examined.Destinations.Told[i]
					put(value(d), d.Group, strconv.Itoa(int(d.Port)), d.Netns)
				}
			},
		}
	}
	return []Metric{
		metric("tcpvitals_ports_free", count(), knowledge.Text{
			En: "Local ports that connect() still finds, to the destination of a group that has the fewest left. Groups are the networks named in the configuration, or loopback, private and public; port is that of the destination.",
			Zh: "connect() 还能找到的本地端口数，取组内剩余最少的目标。组是配置中命名的网络，或 loopback、private、public；port 是目的端口。",
		}, func(d *Destination) float64 { return float64(d.Free) }),
		metric("tcpvitals_ports_capacity", count(), knowledge.Text{
			En: "Local ports that there are for it: ip_local_port_range without ip_local_reserved_ports.",
			Zh: "可用的本地端口总数：ip_local_port_range 减去 ip_local_reserved_ports。",
		}, func(d *Destination) float64 { return float64(d.Capacity) }),
		metric("tcpvitals_ports_used_ratio", ratio(), knowledge.Text{
			En: "Share of the local ports that is not free, of the fullest destination of the group; at 1 connect() fails with EADDRNOTAVAIL.",
			Zh: "组内最满的目标已不可用的本地端口比例；为 1 时 connect() 返回 EADDRNOTAVAIL。",
		}, func(d *Destination) float64 { return d.Used }),
		metric("tcpvitals_ports_run_out_seconds", seconds(), knowledge.Text{
			En: "When no local port is left at the rate of now, for the first destination of the group; +Inf when they do not run out.",
			Zh: "按当前速率，组内最先用尽本地端口的目标还剩多久；不会用尽时为 +Inf。",
		}, func(d *Destination) float64 {
			if !d.WillEnd {
				return math.Inf(1)
			}
			return d.RunsOut.Seconds()
		}),
		metric("tcpvitals_destinations", count(), knowledge.Text{
			En: "Pairs of a local address and a destination that are together in the group.",
			Zh: "该组包含的（本地地址、目标）对数。",
		}, func(d *Destination) float64 { return float64(d.Peers) }),
		leftOut("tcpvitals_destinations_left_out", knowledge.Text{
			En: "How many groups of destinations are not told: only the fullest are.",
			Zh: "未列出的目标组数：只列最满的若干个。",
		}, func(e *Examined) int { return e.Destinations.Left }),
	}
}

// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// By returns the things by which sockets are grouped: the values of the label "by".
func By() []string { return []string{ByPort, "unit", "container", "netns"} }

// ByPort groups by the port of a listener.
const ByPort = "port"

// Other is the label value for all groups beyond the largest.
const Other = "other"

func groupMetrics() []Metric {
	return []Metric{
		{
			Name: "tcpvitals_group_connections", Kind: Gauge, Unit: count(), Labels: []string{"by", "name", "state"}, Cost: Examine,
			Most: func(top int) int { return len(By()) * (top + 1) * told },
			Help: knowledge.Text{
				En: "TCP sockets by state of each listening port, systemd unit, container and network namespace: of each the largest, all others as \"other\". A group that is told has all states.",
				Zh: "每个监听端口、systemd 单元、容器、网络命名空间的各状态 TCP 套接字数：只列最大的若干组，其余合为 \"other\"。列出的组包含所有状态。",
			},
			read: func(s *Sample, put put) {
				eachGroups(s, func(g *Groups) {
					for i := range g.All {
						putGroup(g.By, g.All[i].Name, &g.All[i], put)
					}
					if g.Left > 0 {
						putGroup(g.By, Other, &g.Others, put)
					}
				})
			},
		},
		{
			Name: "tcpvitals_groups_left_out", Kind: Gauge, Unit: count(), Labels: []string{"by"}, Cost: Examine, Most: fixed(len(By())),
			Help: knowledge.Text{
				En: "How many groups are together in \"other\" of tcpvitals_group_connections; 0 when all are told.",
				Zh: "tcpvitals_group_connections 中合为 \"other\" 的组数；全部列出时为 0。",
			},
			read: func(s *Sample, put put) {
				eachGroups(s, func(g *Groups) { put(float64(g.Left), g.By) })
			},
		},
	}
}

func eachGroups(s *Sample, each func(*Groups)) {
	if s.Examined == nil {
		return
	}
	for i := range s.Examined.By {
		each(&s.Examined.By[i])
	}
}

func putGroup(by, name string, g *Group, put put) {
	for _, state := range ToldStates() {
		put(float64(g.States[state]), by, name, state.Metric())
	}
}

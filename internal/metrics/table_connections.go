// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// ToldStates returns the states that are exported, always all of them: the eleven of
// RFC 9293, which node_exporter exports under the same names.
func ToldStates() []tcp.State {
	return []tcp.State{
		tcp.Established, tcp.SynSent, tcp.SynRecv, tcp.FinWait1, tcp.FinWait2, tcp.TimeWait,
		tcp.Close, tcp.CloseWait, tcp.LastAck, tcp.Listen, tcp.Closing,
	}
}

// told is the number of these states.
const told = 11

func connectionMetrics() []Metric {
	return []Metric{{
		Name: "tcpvitals_connections", Kind: Gauge, Unit: count(), Labels: []string{"state", "family"}, Cost: Walk, Most: fixed(told * families),
		Help: knowledge.Text{
			En: "TCP sockets by state, all network namespaces together; states without sockets are 0. States are spelled as node_exporter spells them.",
			Zh: "各状态的 TCP 套接字数，包括所有网络命名空间；没有套接字的状态为 0。状态的写法与 node_exporter 相同。",
		},
		read: func(s *Sample, put put) {
			if s.Count == nil {
				return
			}
			for _, state := range ToldStates() {
				for f, family := range familyNames {
					put(float64(s.Count.States[state][f]), state.Metric(), family)
				}
			}
		},
	}}
}

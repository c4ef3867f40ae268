// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// The numbers of connections to peers without room from which on there is a finding:
// to one network, and to all.
const (
	zeroWindowNetwork = 10
	zeroWindowAll     = 50
)

// noRoom is the connections of a watch whose peers have no room.
type noRoom struct {
	rows    []Kept
	untold  int          // number of rows that might have room, because the kernel does not show it
	network netip.Prefix // the network of most of them
	most    int          // number of connections in that network
}

func roomless(rows []Kept) (n noRoom) {
	n.rows, n.untold = fullPeers(rows)
	n.network, n.most = source(n.rows)
	return n
}

// many reports whether there are more than a few sleeping clients could explain.
func (n *noRoom) many() bool { return n.most >= zeroWindowNetwork || len(n.rows) >= zeroWindowAll }

// finding begins a finding about these connections.
func (n *noRoom) finding(summary knowledge.Text) Finding {
	return Finding{
		About: About{Network: n.network}, rows: n.rows, Summary: summary, Detail: ifClosed(n.untold),
		Evidence: []Evidence{
			above("of one network", float64(n.most), "", zeroWindowNetwork),
			above("with a zero window", float64(len(n.rows)), "", zeroWindowAll),
		},
	}
}

// fullPeers returns the rows whose peers have no room, and those for which the kernel
// does not show it; untold is the number of the latter.
func fullPeers(rows []Kept) (full []Kept, untold int) {
	for _, k := range rows {
		closed, known := k.Life.closed()
		if known && !closed {
			continue
		}
		if !known {
			untold++
		}
		full = append(full, k)
	}
	return full, untold
}

// ifClosed is a caveat for when the kernel does not show the peer's window.
func ifClosed(untold int) []knowledge.Text {
	if untold == 0 {
		return nil
	}
	return []knowledge.Text{text("this kernel or source does not show the peer's window: if it is open, their packets do not leave this host (firewall, route, queueing discipline)",
		"此内核或数据来源不显示对端窗口：若窗口未关闭，则是数据包没有离开本机（防火墙、路由、排队规则）")}
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// From how many connections without room at their peers there is something to
// say: of one network, or of all.
const (
	zeroWindowNetwork = 10
	zeroWindowAll     = 50
)

// noRoom is the connections of a watch whose peers have no room.
type noRoom struct {
	rows    []Kept
	untold  int          // of rows, those of which the kernel does not show it
	network netip.Prefix // that most are of
	most    int          // of that network
}

func roomless(rows []Kept) (n noRoom) {
	n.rows, n.untold = fullPeers(rows)
	n.network, n.most = source(n.rows)
	return n
}

// many reports whether they are more than a few clients that sleep.
func (n *noRoom) many() bool { return n.most >= zeroWindowNetwork || len(n.rows) >= zeroWindowAll }

// finding begins what is said of them.
func (n *noRoom) finding(summary knowledge.Text) Finding {
	return Finding{
		About: About{Network: n.network}, rows: n.rows, Summary: summary, Detail: ifClosed(n.untold),
		Evidence: []Evidence{
			above("of one network", float64(n.most), "", zeroWindowNetwork),
			above("with a zero window", float64(len(n.rows)), "", zeroWindowAll),
		},
	}
}

// fullPeers returns the rows whose peers have no room, or may not have where the
// kernel does not show it.
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

// ifClosed is said where the kernel does not show the peer's window.
func ifClosed(untold int) []knowledge.Text {
	if untold == 0 {
		return nil
	}
	return []knowledge.Text{text("this kernel or source does not show the peer's window: if it is open, their packets do not leave this host (firewall, route, queueing discipline)",
		"此内核或数据来源不显示对端窗口：若窗口未关闭，则是数据包没有离开本机（防火墙、路由、排队规则）")}
}

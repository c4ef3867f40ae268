// SPDX-License-Identifier: Apache-2.0

package diagnose

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

const (
	// arrivedNotice is the share of incoming segments from which on lost
	// acknowledgements are reported. A lost acknowledgement causes at most one
	// needless retransmission, and mostly none because the next one replaces it.
	// Measured on Linux 6.18: 0.012 if 15 % of the incoming segments are lost. If a
	// hundred programs compete for the processors, acknowledgements are late as often,
	// but no timer runs out; with that loss one timer runs out for every three of
	// them.
	arrivedNotice = 0.005

	// gapInfo is the share of incoming segments that arrive while an earlier one is
	// missing.
	gapInfo = 0.05

	arrived  = "TcpExt.TCPDSACKRecv"
	overGaps = "TcpExt.TCPOFOQueue"
)

// inVain is how many of the segments that were sent again had arrived the first time,
// as their receivers reported (RFC 2883).
func (c *Case) inVain(again uint64) uint64 { return min(c.Moved(arrived), again) }

// lossIn are findings about loss on the way to this host, as far as its own kernel can
// see it.
func (c *Case) lossIn(again uint64, rows []Kept) (all []Finding) {
	if f, ok := c.acknowledgementsLost(again, rows); ok {
		all = append(all, f)
	}
	if f, ok := c.gaps(); ok {
		all = append(all, f)
	}
	return all
}

// acknowledgementsLost is the finding about segments that were sent again although
// they had arrived.
func (c *Case) acknowledgementsLost(again uint64, rows []Kept) (Finding, bool) {
	came, n := c.Moved("Tcp.InSegs"), c.inVain(again)
	share := float64(n) / float64(max(1, came))
	timeouts := c.Moved("TcpExt.TCPTimeouts")
	if again < resentFloor || 2*n < again || share < arrivedNotice || 10*timeouts < n {
		return Finding{}, false
	}
	f := Finding{
		Severity: Notice, Basis: Loss, rows: rows,
		Summary: say("%s of %s segment[s] that were sent again in %s s had arrived, and %s timer[s] ran out: what the peers answer is lost on the way here",
			"%[3]s 秒内重发的 %[2]s 个报文段中有 %[1]s 个其实早已送达，%[4]s 次超时：对端的应答在来本机的路上丢失", n, again, seconds(c.Window), timeouts),
		Now: text("Look at what comes in, not at what is sent: drops at the interface (ip -s link, ethtool -S), a firewall or a rate limit for incoming packets, and the way back from the peers.",
			"检查进来的方向，而不是发出的方向：网卡处的丢弃（ip -s link、ethtool -S）、对入站包的防火墙规则或限速，以及对端到本机的路径。"),
		Evidence: []Evidence{
			above("share of what came in", 100*share, "%", 100*arrivedNotice),
			{Name: arrived, Value: float64(n)},
			{Name: "Tcp.RetransSegs", Value: float64(again)},
			{Name: "Tcp.InSegs", Value: float64(came)},
			{Name: "TcpExt.TCPTimeouts", Value: float64(timeouts)},
		},
	}
	f.Later = text("Nothing to tune, and nothing in the program is wrong.", "无参数可调，程序也没有问题。")
	f.Detail = append(f.Detail, f.Now, f.Later,
		text("how much is lost cannot be counted here: most acknowledgements that are lost the next one makes good, and requests that are lost only their senders know of",
			"本机无法得知究竟丢了多少：大多数丢失的确认会被下一个确认补上，丢失的请求只有发送方知道"))
	f.Detail = append(f.Detail, resentTo(rows, again)...)
	return f, true
}

// gaps is the finding about segments that arrived before others that were sent
// earlier. It is only info: a download that is as fast as the path allows loses some
// segments at its slowest point.
func (c *Case) gaps() (Finding, bool) {
	came, n := c.Moved("Tcp.InSegs"), c.Moved(overGaps)
	share := float64(n) / float64(max(1, came))
	if n < resentFloor || share < gapInfo {
		return Finding{}, false
	}
	return Finding{
		Severity: Info, Basis: Loss,
		Summary: say("%s of %s segment[s] that came in in %s s came over a gap (%s %%): what was sent before them was lost on the way here, or overtaken",
			"%[3]s 秒内收到的 %[2]s 个报文段中有 %[1]s 个前面有缺口（%[4]s %%）：先于它们发出的报文段在来本机的路上丢失，或被超越", n, came, seconds(c.Window), percent(share)),
		Detail: []knowledge.Text{
			text("a download that fills its path looks the same and is no trouble; how much had to be sent again only the senders count",
				"占满带宽的下载看起来也是这样，并非故障；有多少需要重发，只有发送方会计数"),
		},
		Evidence: []Evidence{
			above("share of what came in", 100*share, "%", 100*gapInfo),
			{Name: overGaps, Value: float64(n)},
			{Name: "Tcp.InSegs", Value: float64(came)},
		},
	}, true
}

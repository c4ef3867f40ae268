// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func rt01() Rule {
	return Rule{
		Code: "RT01", Name: "retransmission-storm",
		Title: text("Packets are lost on the way, and much has to be sent again", "途中丢包，很多数据需要重发"),
		Facts: []string{"Tcp.RetransSegs", "Tcp.OutSegs", "Tcp.InSegs", "TcpExt.TCPTimeouts", "TcpExt.TCPDSACKRecv", "TcpExt.TCPOFOQueue", "tcp_info", "window"},
		Formula: text("(growth of RetransSegs − growth of TCPDSACKRecv) / (growth of OutSegs + growth of RetransSegs), where OutSegs does not count what is sent again; by peer from the connections that are there",
			"（RetransSegs 增量 − TCPDSACKRecv 增量）/（OutSegs 增量 + RetransSegs 增量），OutSegs 不含重发的报文；按对端统计取自现有连接"),
		Threshold: []knowledge.Statement{
			claim("Notice from 0.03 and warning from 0.1, from 100 segments on. On a path that loses one segment in a hundred TCP is already several times slower than without loss (throughput goes with 1/√loss); the shares are proposals.",
				"重发达到 100 段后，占比 0.03 起提示，0.1 起警告。丢包 1% 的路径上 TCP 已比无丢包时慢数倍（吞吐量与 1/√丢包率 成正比）；比例为建议值。",
				"net/ipv4/tcp_output.c tcp_retransmit_skb, __tcp_transmit_skb; RFC 5681"),
			claim("Below that a notice where five connections or more to one address sent 100 segments again, a tenth of theirs: that path loses, and the others hide it.",
				"低于此比例时，若到同一地址的至少 5 个连接重发了 100 段，占其发送的十分之一，则提示：该路径丢包，只是被其他路径掩盖。",
				"net/ipv4/tcp_output.c __tcp_transmit_skb; net/ipv4/tcp.c tcp_get_info"),
			claim("Of the way here the kernel counts no losses. What was sent again and had arrived (TCPDSACKRecv) had its acknowledgement lost, or late: notice where that is at least half of what was sent again and a two-hundredth of what came in, and a tenth as many timers ran out, which is when the answer to the second try is lost too. Info where a twentieth of what came in came over a gap (TCPOFOQueue).",
				"内核不统计来本机方向的丢失。重发而其实早已送达的（TCPDSACKRecv），是确认丢失或迟到：至少占重发的一半、收到报文段的二百分之一，且超时次数达到其十分之一（第二次的应答也丢了）时提示。收到的报文段中有二十分之一前面有缺口（TCPOFOQueue）时为信息。",
				"net/ipv4/tcp_input.c tcp_check_dsack, tcp_data_queue_ofo; RFC 2883; measured on Linux 6.18"),
		},
		Excluded: []knowledge.Statement{
			claim("SYNs that nobody answers are sent again too: where they are more than half of it (TCPSynRetrans), SY05 speaks.",
				"无人应答的 SYN 也会重发：若其占一半以上（TCPSynRetrans），由 SY05 说明。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"),
			claim("Where at least half of it is of connections whose peers are gone (ES03, CW01, FW04, LA01), it stands below these: no path is to blame.",
				"若其中至少一半属于对端已消失的连接（ES03、CW01、FW04、LA01），则列在这些发现之下：与路径无关。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"),
		},
		App: []knowledge.Statement{
			claim("Nothing in the program is wrong: it is the path. All peers: this host's link, its driver, its bandwidth limit. One network: the way there.",
				"程序没有问题，问题在路径上。所有对端都如此：本机网卡、驱动或限速。只有某个网段：通往那里的路径。", "RFC 5681"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: look for drops at the interface (ip -s link, ethtool -S, tc -s qdisc).", "无参数可调：查看网卡处的丢弃（ip -s link、ethtool -S、tc -s qdisc）。", "ip-link(8)"),
		},
		Check:      command.Of("doctor", "--window", "10s"),
		Sources:    []string{"net/ipv4/tcp_output.c tcp_retransmit_skb", "RFC 5681", "measured on Linux 6.18"},
		See:        []string{"RetransSegs", "TCPTimeouts", "ESTABLISHED", "ES03"},
		WindowOnly: true,
		Judge:      judgeRT01,
	}
}

const (
	resentFloor  = 100
	resentNotice = 0.03
	resentWarn   = 0.1
	resentBy     = 5 // connections to one address: a single one may be a telephone with bad reception
)

func judgeRT01(c *Case) []Finding {
	rows := c.resentIn()
	again, ok := c.Delta("Tcp.RetransSegs")
	sent, okToo := c.Delta("Tcp.OutSegs")
	if !ok || !okToo {
		return nil
	}
	if again < resentFloor || 2*c.Moved("TcpExt.TCPSynRetrans") > again {
		return c.lossIn(0, nil)
	}
	vain := c.inVain(again)
	lost := again - vain
	share := float64(lost) / float64(sent+again)
	if share < resentNotice {
		return append(c.lossTo(rows), c.lossIn(again, rows)...)
	}
	timeouts := c.Moved("TcpExt.TCPTimeouts")
	f := Finding{
		Severity: Notice, Basis: Loss,
		Summary: say("%s of %s segment[s] had to be sent again in %s s (%s %%), and %s timer[s] ran out: packets are lost",
			"%[3]s 秒内发出的 %[2]s 个报文段中有 %[1]s 个不得不重发（%[4]s %%），%[5]s 次超时：有丢包", lost, sent+again, seconds(c.Window), percent(share), timeouts),
		Evidence: []Evidence{
			above("share of segments sent again", 100*share, "%", 100*resentNotice),
			{Name: "Tcp.RetransSegs", Value: float64(again)},
			{Name: arrived, Value: float64(vain)},
			{Name: "Tcp.OutSegs", Value: float64(sent)},
			{Name: "TcpExt.TCPTimeouts", Value: float64(timeouts)},
		},
	}
	if share >= resentWarn {
		f.Severity = Warning
	}
	f.rows = rows
	if vain > 0 {
		f.Detail = append(f.Detail, say("%s more were sent again and had arrived: their acknowledgements were lost on the way here, or came late",
			"另有 %s 个重发的报文段其实早已送达：它们的确认在来本机的路上丢失，或来得太晚", vain))
	}
	f.Detail = append(f.Detail, resentTo(rows, again)...)
	return []Finding{f}
}

// lossy is an address to which connections sent many segments again.
type lossy struct {
	again, sent uint64
	rows        []Kept
}

// lossTo finds the address to which most segments were sent again because they were
// lost, if they are a large share of what its connections sent and a small share of
// what the namespace sent.
func (c *Case) lossTo(rows []Kept) []Finding {
	to, counts := map[netip.Addr]*lossy{}, map[netip.Addr]uint64{}
	for _, k := range rows {
		if k.Life.Segments == 0 {
			continue // the number of its segments is not known
		}
		at := plainPlace(k.Remote).Addr()
		if to[at] == nil {
			to[at] = &lossy{}
		}
		l := to[at]
		l.again, l.sent, l.rows = l.again+uint64(k.Life.Resent-min(k.Life.Resent, k.Life.Vain)), l.sent+uint64(k.Life.Segments), append(l.rows, k)
		if len(l.rows) >= resentBy && l.again >= resentFloor && float64(l.again) >= resentWarn*float64(l.sent) {
			counts[at] = l.again
		}
	}
	worst := most(counts, 1, netip.Addr.String)
	if len(worst) == 0 {
		return nil
	}
	at, l := worst[0], to[worst[0]]
	share := float64(l.again) / float64(l.sent)
	if share < resentWarn {
		return nil // connections that were added later lost less
	}
	return []Finding{{
		Severity: Notice, Basis: Loss, About: About{Network: netip.PrefixFrom(at, at.BitLen())}, rows: l.rows,
		Summary: say("%s of %s segment[s] to %s were sent again in %s s (%s %%), by %s connection[s]: packets are lost on the way there",
			"%[4]s 秒内发往 %[3]s 的 %[2]s 个报文段中有 %[1]s 个是重发（%[5]s %%），涉及 %[6]s 个连接：通往那里的路径丢包", l.again, l.sent, at.String(), seconds(c.Window), percent(share), len(l.rows)),
		Detail: resentTo(rows, 0),
		Evidence: []Evidence{
			above("share of segments sent again", 100*share, "%", 100*resentWarn),
			{Name: "sent again", Value: float64(l.again)},
			{Name: "connections", Value: float64(len(l.rows))},
		},
	}}
}

// resentIn returns the connections that still exist and sent something again in the
// window, each with its segments sent again and its segments sent.
func (c *Case) resentIn() (rows []Kept) {
	now := c.watch(Resent)
	if now == nil || c.Before == nil || c.Before.Sockets == nil {
		return nil
	}
	there, earlier := common(now, c.Before.Sockets.Watch(Resent))
	past := byCookie(earlier)
	for _, k := range there {
		if was := past[k.Cookie]; was != nil {
			k.Life.Resent -= min(k.Life.Resent, was.Life.Resent)
			k.Life.Vain -= min(k.Life.Vain, was.Life.Vain)
			k.Life.Segments -= min(k.Life.Segments, was.Life.Segments)
		}
		if k.Life.Resent > 0 {
			rows = append(rows, k)
		}
	}
	return rows
}

// resentTo names the peers and networks to which most segments were sent again, if
// connections that still exist account for half of them.
func resentTo(rows []Kept, again uint64) []knowledge.Text {
	var sum uint64
	peers, networks := map[netip.Addr]uint64{}, map[netip.Prefix]uint64{}
	for i := range rows {
		k := &rows[i]
		sum += uint64(k.Life.Resent)
		peers[plainPlace(k.Remote).Addr()] += uint64(k.Life.Resent)
		networks[neighbours(k.Remote.Addr())] += uint64(k.Life.Resent)
	}
	if len(peers) == 0 || sum < again/2 { // most belonged to connections that have gone
		return nil
	}
	return []knowledge.Text{say("of the connections that are there, most was sent again to %s; by network %s; peers in all: %s",
		"现有连接中，重发最多的对端是 %s；按网段为 %s；对端共 %s 个", topOf(peers, netip.Addr.String), topOf(networks, netip.Prefix.String), len(peers))}
}

// topOf lists the keys with the greatest counts.
func topOf[K comparable](counts map[K]uint64, name func(K) string) knowledge.Text {
	var en, zh []string
	for _, k := range most(counts, 3, name) {
		en = append(en, name(k)+" ("+commas(counts[k])+")")
		zh = append(zh, name(k)+"（"+commas(counts[k])+"）")
	}
	return text(knowledge.Listed(en, knowledge.English), knowledge.Listed(zh, knowledge.Chinese))
}

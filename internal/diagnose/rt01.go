// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func rt01() Rule {
	return Rule{
		Code: "RT01", Name: "retransmission-storm",
		Title: text("Much of what is sent has to be sent again", "发出的数据中有很大一部分需要重发"),
		Facts: []string{"Tcp.RetransSegs", "Tcp.OutSegs", "TcpExt.TCPTimeouts", "tcp_info", "window"},
		Formula: text("growth of RetransSegs / (growth of OutSegs + growth of RetransSegs), where OutSegs does not count what is sent again; by peer from the connections that are open",
			"RetransSegs 增量 /（OutSegs 增量 + RetransSegs 增量），OutSegs 不含重发的报文；按对端统计取自现有连接"),
		Threshold: []knowledge.Statement{
			claim("Notice from 0.03 and warning from 0.1, from 100 segments on. On a path that loses one segment in a hundred TCP is already several times slower than without loss (throughput goes with 1/√loss); the shares are proposals.",
				"重发达到 100 段后，占比 0.03 起提示，0.1 起警告。丢包 1% 的路径上 TCP 已比无丢包时慢数倍（吞吐量与 1/√丢包率 成正比）；比例为建议值。",
				"net/ipv4/tcp_output.c tcp_retransmit_skb, __tcp_transmit_skb; RFC 5681"),
		},
		Excluded: []knowledge.Statement{
			claim("SYNs that nobody answers are sent again too: where they are more than half of it (TCPSynRetrans), SY05 speaks.",
				"无人应答的 SYN 也会重发：若其占一半以上（TCPSynRetrans），由 SY05 说明。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"),
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
)

func judgeRT01(c *Case) []Finding {
	again, ok := c.Delta("Tcp.RetransSegs")
	sent, okToo := c.Delta("Tcp.OutSegs")
	if !ok || !okToo || again < resentFloor || 2*c.Moved("TcpExt.TCPSynRetrans") > again {
		return nil
	}
	share := float64(again) / float64(sent+again)
	if share < resentNotice {
		return nil
	}
	timeouts := c.Moved("TcpExt.TCPTimeouts")
	f := Finding{
		Severity: Notice, Basis: Loss,
		Summary: say("%s of %s segment[s] were sent again in %s s (%s %%), and %s timer[s] ran out: packets are lost",
			"%[3]s 秒内发出的 %[2]s 个报文段中有 %[1]s 个是重发（%[4]s %%），%[5]s 次超时：有丢包", again, sent+again, seconds(c.Window), percent(share), timeouts),
		Evidence: []Evidence{
			above("share of segments sent again", 100*share, "%", 100*resentNotice),
			{Name: "Tcp.RetransSegs", Value: float64(again)},
			{Name: "Tcp.OutSegs", Value: float64(sent)},
			{Name: "TcpExt.TCPTimeouts", Value: float64(timeouts)},
		},
	}
	if share >= resentWarn {
		f.Severity = Warning
	}
	f.Detail = append(f.Detail, c.resentTo()...)
	return []Finding{f}
}

// resentTo names the peers and networks of the open connections that sent most
// again in the window.
func (c *Case) resentTo() []knowledge.Text {
	now := c.watch(Resent)
	if now == nil || c.Before == nil || c.Before.Sockets == nil {
		return nil
	}
	there, earlier := common(now, c.Before.Sockets.Watch(Resent))
	past := map[uint64]uint32{}
	for i := range earlier {
		past[earlier[i].Cookie] = earlier[i].Life.Resent
	}
	peers, networks := map[netip.Addr]uint64{}, map[netip.Prefix]uint64{}
	for i := range there {
		k := &there[i]
		if n := k.Life.Resent - past[k.Cookie]; k.Life.Resent > past[k.Cookie] {
			peers[plainPlace(k.Remote).Addr()] += uint64(n)
			networks[neighbours(k.Remote.Addr())] += uint64(n)
		}
	}
	if len(peers) == 0 {
		return nil
	}
	return []knowledge.Text{say("of the connections that are open, most was sent again to %s; by network %s; peers in all: %s",
		"现有连接中，重发最多的对端是 %s；按网段为 %s；对端共 %s 个", topOf(peers, netip.Addr.String), topOf(networks, netip.Prefix.String), len(peers))}
}

// topOf lists the greatest of counts.
func topOf[K comparable](counts map[K]uint64, name func(K) string) knowledge.Text {
	var en, zh []string
	for _, k := range most(counts, 3, name) {
		en = append(en, name(k)+" ("+commas(counts[k])+")")
		zh = append(zh, name(k)+"（"+commas(counts[k])+"）")
	}
	return knowledge.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}

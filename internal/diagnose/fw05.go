// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func fw05() Rule {
	return Rule{
		Code: "FW05", Name: "zero-window-teardown",
		Title: knowledge.Text{En: "Closed connections whose peers read nothing", Zh: "本端已关闭而对端不读取数据的连接"},
		Facts: []string{"FIN_WAIT1", "CLOSING", "LAST_ACK", "timer", "remote", "cookie", "window"},
		Formula: knowledge.Text{
			En: "FIN_WAIT1, CLOSING and LAST_ACK with the zero-window timer, by the network they come from (/24, /64)",
			Zh: "零窗口定时器运行中的 FIN_WAIT1、CLOSING、LAST_ACK，按来源网络（/24、/64）统计",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Ten of one network or 50 in all: a warning when they were there at both readings, a notice otherwise. Each lasts about 330 s, three times as long as one whose peer has gone, and keeps its send queue all the while.",
				Zh: "同一网络 10 个或共 50 个：两次读取时都在则警告，否则提示。每个约持续 330 秒，是对端离开时的三倍，且一直占用发送队列。",
			},
			Source: "net/ipv4/tcp_timer.c tcp_probe_timer; measured on Linux 6.18",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Where the peer's window is open (snd_wnd, Linux 5.4) it is not the peer: the packets do not leave this host (ES05). A phone that sleeps looks the same, one by one; ten of one network do not sleep at once.",
				Zh: "对端窗口未关闭（snd_wnd，Linux 5.4）时，问题不在对端，而是数据包没有离开本机（ES05）。休眠的手机单个看来也是如此；但同一网络的 10 个不会同时休眠。",
			},
			Source: "RFC 9293 3.8.6.1",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Bound what one client may be sent and how long it may take to read it: send timeouts, TCP_USER_TIMEOUT, limits per address.",
				Zh: "限制每个客户端可获得的数据量和读取时间：发送超时、TCP_USER_TIMEOUT、按地址限流。",
			},
			Source: "tcp(7) TCP_USER_TIMEOUT; RFC 9293 3.8.6.1",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "tcp_orphan_retries limits the number of probes, for every client: a small number closes slow ones too.",
				Zh: "tcp_orphan_retries 限制探测次数，但对所有客户端生效：次数太少会截断慢客户端。",
			},
			Source: "net/ipv4/tcp_timer.c tcp_probe_timer, tcp_orphan_retries",
		}},
		Check:   command.Of("list", "( state fin-wait-1 or state closing or state last-ack ) and timer = persist"),
		Sources: []string{"net/ipv4/tcp_timer.c tcp_probe_timer", "RFC 9293 3.8.6.1", "measured on Linux 6.18"},
		See:     []string{"FIN_WAIT1", "CLOSING", "LAST_ACK", "tcp_orphan_retries", "FW04", "OR01"},
		Judge:   judgeFW05,
	}
}

func judgeFW05(c *Case) []Finding {
	if c.Count(tcp.FinWait1)+c.Count(tcp.Closing)+c.Count(tcp.LastAck) == 0 {
		return nil
	}
	now, before, ok := c.Kept(ZeroWindow)
	if !ok {
		return nil
	}
	full := roomless(now.Rows)
	if !full.many() {
		return nil
	}
	f := full.finding(say("%s closed connection[s] cannot send: [its peer reads|their peers read] nothing, %s in %s",
		"%s 个已关闭的连接无法发送：对端不读取数据，%s来自 %s", len(full.rows), howMany(full.most, len(full.rows)), full.network.String()))
	f.rows = full.rows
	f.Severity, f.states = Notice, map[tcp.State]uint64{}
	f.Evidence = append(f.Evidence, Evidence{Name: "Send-Q", Value: float64(now.SendQ), Unit: "B"})
	for _, s := range []tcp.State{tcp.FinWait1, tcp.Closing, tcp.LastAck} {
		n := inState(full.rows, s)
		f.states[s] = uint64(n)
		f.Evidence = append(f.Evidence, Evidence{Name: s.String() + " with a zero window", Value: float64(n)})
	}
	lasting := roomless(Persisted(now, before))
	switch {
	case before == nil:
		c.Lacks("window", noWindow())
	case c.Window >= settledIn && lasting.many():
		f.Severity, f.Basis = Warning, Lasting
		f.Detail = append(f.Detail, say("%s of them did not end in %s s: readers that hang, or an attack by slow reading.",
			"其中 %s 个在 %s 秒内没有结束：读取方卡住，或是慢读攻击。", len(lasting.rows), seconds(c.Window)))
	}
	return []Finding{f}
}

func inState(rows []Kept, s tcp.State) (n int) {
	for i := range rows {
		if rows[i].State == s {
			n++
		}
	}
	return n
}

// source returns the network from which most rows come, a /24 or for IPv6 a /64, and
// how many come from it.
func source(rows []Kept) (network netip.Prefix, n int) {
	counts := map[netip.Prefix]int{}
	for i := range rows {
		counts[neighbours(rows[i].Remote.Addr())]++
	}
	return largest(counts, func(a, b netip.Prefix) bool { return a.Addr().Less(b.Addr()) })
}

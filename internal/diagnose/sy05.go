// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func sy05() Rule {
	return Rule{
		Code: "SY05", Name: "syn-sent-unreachable",
		Title: text("A destination that does not answer SYNs", "目标不应答 SYN"),
		Facts: []string{"SYN_SENT"},
		Formula: text("SYN_SENT whose SYN was sent again, by destination address and port",
			"重发过 SYN 的 SYN_SENT，按目的地址和端口统计"),
		Threshold: []knowledge.Statement{
			claim("Warning from 5 to one destination: a SYN is sent again after 1 s without an answer, which is no round trip but a loss. Five leave little to chance.",
				"同一目标达到 5 个即警告：1 秒没有应答才会重发 SYN，这不是往返时间长，而是丢失。五个就很难是偶然。",
				"include/net/tcp.h TCP_TIMEOUT_INIT; net/ipv4/tcp_timer.c tcp_retransmit_timer; RFC 6298 2.1"),
			claim("Notice when any SYN was sent again 4 times: it has been without an answer for 4 s, or for 15 s before Linux 6.5.",
				"任何 SYN 重发达到 4 次时提示：已有 4 秒（Linux 6.5 之前为 15 秒）没有应答。",
				"net/ipv4/tcp_timer.c tcp_retransmit_timer; commit ccce324dabfe; measured on Linux 6.18"),
		},
		Excluded: []knowledge.Statement{
			claim("SYN_SENT whose SYN went out once are a round trip under way.", "只发过一次 SYN 的 SYN_SENT 只是往返尚未完成。", "RFC 9293 3.5"),
			claim("A scanner on this host looks the same, but spread over many destinations.", "本机上的扫描器看起来一样，但会分散到许多目标。", "RFC 9293 3.5"),
		},
		App: []knowledge.Statement{
			claim("Give connect() a time limit of its own, and stop calling a destination that does not answer: without one a call takes over two minutes.",
				"给 connect() 设置自己的时限，并暂停访问没有应答的目标：否则一次调用要两分钟以上。", "net/ipv4/tcp_timer.c tcp_write_timeout; measured on Linux 6.18"),
			claim("At the destination: is it up, does a firewall drop, is its accept queue full? A full accept queue of Linux drops SYNs in silence.",
				"在目标一侧：主机是否存活，防火墙是否丢弃，全连接队列是否已满？Linux 的全连接队列满时会悄悄丢弃 SYN。", "net/ipv4/tcp_input.c tcp_conn_request; measured on Linux 6.18"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune for the destination; tcp_syn_retries of 3 only makes connect() fail sooner, for every program of the namespace.",
				"无法靠调参让目标应答；tcp_syn_retries=3 只会让该命名空间里所有程序的 connect() 更早失败。", "net/ipv4/tcp_timer.c tcp_write_timeout"),
		},
		Check:   command.Of("list", "state syn-sent and retrans > 0"),
		Sources: []string{"net/ipv4/tcp_timer.c tcp_write_timeout", "net/ipv4/tcp_input.c tcp_conn_request", "RFC 6298 2.1"},
		See:     []string{"SYN_SENT", "tcp_syn_retries", "TCPSynRetrans", "AttemptFails", "TO01"},
		Judge:   judgeSY05,
	}
}

const (
	synAgainMany  = 5 // SYNs to one destination that were sent again, at least
	synAgainOften = 4 // retransmissions of one SYN
	shownTargets  = 5 // destinations that get a finding of their own
)

// silence is the unanswered SYNs to one destination.
type silence struct {
	count   uint64
	retries uint8 // the greatest number of any SYN
	rows    []Kept
}

func judgeSY05(c *Case) (out []Finding) {
	now, _, ok := c.Kept(SynUnanswered)
	if !ok {
		return nil
	}
	all, counts := silences(now)
	var others silence
	var fewTo uint64
	for _, to := range most(counts, len(counts), netip.AddrPort.String) {
		s := all[to]
		switch {
		case s.count >= synAgainMany && len(out) < shownTargets:
			out = append(out, c.silent(to, s))
		case s.count >= synAgainMany, s.retries >= synAgainOften:
			others.count += s.count
			others.rows = append(others.rows, s.rows...)
			others.retries = max(others.retries, s.retries)
			fewTo++
		}
	}
	if fewTo > 0 {
		out = append(out, silentOthers(&others, fewTo))
	}
	return out
}

func silences(w *Watch) (all map[netip.AddrPort]*silence, counts map[netip.AddrPort]uint64) {
	all, counts = map[netip.AddrPort]*silence{}, map[netip.AddrPort]uint64{}
	for i := range w.Rows {
		k := &w.Rows[i]
		s := all[k.Remote]
		if s == nil {
			s = &silence{}
			all[k.Remote] = s
		}
		s.count++
		s.rows = append(s.rows, *k)
		s.retries = max(s.retries, k.Retrans)
		counts[k.Remote]++
	}
	return all, counts
}

func (c *Case) silent(to netip.AddrPort, s *silence) Finding {
	f := Finding{
		// The basis is not Counts alone, so a warning is allowed: the kernel itself
		// has waited a second for each answer in vain.
		Severity: Warning, Basis: Lasting, About: About{Remote: to}, rows: s.rows,
		Summary: say("%s does not answer: %s SYN[s] sent again, up to %s time[s]", "%s 没有应答：%s 个 SYN 在重发，最多的已重发 %s 次", to.String(), s.count, int(s.retries)),
		Detail: []knowledge.Text{text("it is down, a firewall drops, or its accept queue is full, which drops SYNs in silence: if only the port were closed, a RST would have come back at once",
			"它可能宕机、被防火墙丢弃，或全连接队列已满（会悄悄丢弃 SYN）：若是端口未开，会立即收到 RST")},
		Evidence: []Evidence{above("SYN_SENT sent again", float64(s.count), "", synAgainMany)},
		Check:    listOf("state syn-sent", "retrans > 0", "dst "+endpoint(to)),
	}
	f.callers(s.rows)
	for _, counter := range []string{"Tcp.AttemptFails", "TcpExt.TCPSynRetrans"} {
		if n := c.Moved(counter); n > 0 {
			f.Evidence = append(f.Evidence, Evidence{Name: counter, Value: float64(n)})
		}
	}
	if fails := c.Moved("TcpExt.TCPRetransFail"); fails > 0 && fails >= c.Moved("TcpExt.TCPSynRetrans") {
		f.Summary = say("SYNs to %s do not leave this host: %s sent again, one of them %s time[s]", "发往 %s 的 SYN 没有离开本机：%s 个在重发，其中最多的已重发 %s 次", to.String(), s.count, int(s.retries))
		f.Now = text("Look at the firewall's rules for what goes out (iptables -S OUTPUT, nft list ruleset), at the route to the peers (ip route get) and at tc -s qdisc.",
			"查看防火墙的出站规则（iptables -S OUTPUT、nft list ruleset）、到对端的路由（ip route get）以及 tc -s qdisc。")
		f.Detail = slices.Replace(f.Detail, 0, 1, f.Now)
	}
	c.refusedHere(&f)
	return f
}

// callers names the processes that have the connections open, with the number of each.
// The process with the most becomes the owner of the finding.
func (f *Finding) callers(rows []Kept) {
	groups := byOwner(rows)
	most := groups[0]
	if most.owner == nil || shortOwner(most.owner) == "" {
		return
	}
	if 2*len(most.rows) > len(rows) {
		f.Owner = most.owner
	}
	if len(groups) == 1 {
		f.Whose = say("%s is connecting", "发起连接的是 %s", most.who())
		f.Detail = append(f.Detail, f.Whose)
		return
	}
	f.Detail = append(f.Detail, say("%s has %s of them, %s other[s] [3:has|have] the rest", "其中 %[2]s 个属于 %[1]s，其余属于另外 %[3]s 个", most.who(), len(most.rows), len(groups)-1))
}

func silentOthers(s *silence, destinations uint64) Finding {
	return Finding{
		Severity: Notice, Basis: Counts, rows: s.rows,
		Summary: say("%s SYN[s] to %s destination[s] [1:is|are] sent again and again", "发往 %[2]s 个目标的 %[1]s 个 SYN 在反复重发", s.count, destinations),
		Evidence: []Evidence{
			above("most retransmissions of a SYN", float64(s.retries), "", synAgainOften),
			{Name: "SYN_SENT sent again", Value: float64(s.count)},
			{Name: "destinations", Value: float64(destinations)},
		},
		Check: listOf("state syn-sent", "retrans > 0"),
	}
}

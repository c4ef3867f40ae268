// SPDX-License-Identifier: Apache-2.0

package diagnose

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

func aq03() Rule {
	return Rule{
		Code: "AQ03", Name: "listen-drops-other",
		Title: text("Listeners drop for another reason than a full queue", "监听套接字因队列满以外的原因丢弃"),
		Facts: []string{"TcpExt.ListenDrops", "TcpExt.ListenOverflows", "TcpExt.TCPReqQFullDrop"},
		Formula: text("growth of ListenDrops − growth of ListenOverflows − growth of TCPReqQFullDrop",
			"ListenDrops 增量 − ListenOverflows 增量 − TCPReqQFullDrop 增量"),
		Threshold: []knowledge.Statement{
			claim("Notice when more than 1 % of ListenDrops is explained by neither queue: ListenDrops counts every drop of a listener, the other two those at a full accept queue and at a full SYN queue without cookies. The 1 % is for counters that move while they are read.",
				"ListenDrops 中有超过 1% 与两个队列都无关时提示：ListenDrops 计入监听套接字的每次丢弃，另两个分别只计 accept 队列满、以及关闭 cookie 时 SYN 队列满的丢弃。留出 1% 是因为读取时计数器还在变。",
				"net/ipv4/tcp_input.c tcp_conn_request; include/net/tcp.h tcp_listendrop; net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock, tcp_v4_conn_request"),
		},
		Excluded: []knowledge.Statement{
			claim("SYNs to a broadcast or multicast address are dropped here too, and nobody is waiting for an answer.",
				"发往广播或组播地址的 SYN 也在这里丢弃，并没有人在等应答。", "net/ipv4/tcp_ipv4.c tcp_v4_conn_request"),
		},
		App: []knowledge.Statement{
			claim("Look for a memory limit of its cgroup, and at the kernel's log: no memory for a request or a socket is one of the reasons.",
				"检查其 cgroup 的内存限制和内核日志：没有内存建立请求或套接字是原因之一。", "net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock"),
		},
		Kernel: []knowledge.Statement{
			claim("Look whether there is a route back to the clients, and whether a security module refuses them.",
				"检查回到客户端的路由是否存在，以及是否有安全模块拒绝了它们。", "net/ipv4/tcp_input.c tcp_conn_request"),
		},
		Check:      "tcpvitals doctor --window 10s",
		Sources:    []string{"net/ipv4/tcp_input.c tcp_conn_request", "net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock"},
		See:        []string{"ListenDrops", "ListenOverflows", "TCPReqQFullDrop", "AQ01", "SY03"},
		WindowOnly: true,
		HiddenBy: []Cause{
			{
				Code: "AQ01", Covers: func(cause, _ *Finding) bool { return cause.Basis == Loss },
				Why: text("an accept queue overflows here; look at the rest when it no longer does", "这里有 accept 队列在溢出；先解决它，再看剩下的"),
			},
			{
				Code: "SY03", Covers: func(cause, _ *Finding) bool { return cause.Basis == Loss },
				Why: text("with cookies off the last quarter of tcp_max_syn_backlog is kept for known peers, and what that drops has no counter of its own", "关闭 cookie 时，tcp_max_syn_backlog 的最后四分之一只留给已知对端，因此丢弃的没有单独的计数器"),
			},
		},
		Judge: judgeAQ03,
	}
}

// readRace is the share of a counter that may differ from another one because
// both move while they are read.
const readRace = 0.01

func judgeAQ03(c *Case) []Finding {
	drops, ok := c.Delta("TcpExt.ListenDrops")
	overflows, okToo := c.Delta("TcpExt.ListenOverflows")
	if !ok || !okToo {
		return nil
	}
	queued := overflows + c.Moved("TcpExt.TCPReqQFullDrop")
	if queued >= drops || float64(drops-queued) <= readRace*float64(drops) {
		return nil
	}
	rest := drops - queued
	f := Finding{
		Severity: Notice, Basis: Loss,
		Summary: say("%s times in %s s a listener dropped a SYN or an ACK though its queues had room",
			"%[2]s 秒内监听套接字有 %[1]s 次在队列未满时丢弃了 SYN 或 ACK", rest, seconds(c.Window)),
		Detail: []knowledge.Text{text("what remains are: no memory, no route back, a security module that refuses, a SYN to a broadcast address",
			"剩下的可能：没有内存、没有回程路由、被安全模块拒绝、发往广播地址的 SYN")},
		Evidence: []Evidence{
			above("ListenDrops that no queue explains", float64(rest), "", readRace*float64(drops)),
			{Name: "TcpExt.ListenDrops", Value: float64(drops)},
			{Name: "TcpExt.ListenOverflows", Value: float64(overflows)},
		},
	}
	if all, ok := c.listeners(); ok {
		f.Detail = append(f.Detail, droppers(all)...)
	}
	return []Finding{f}
}

// droppers names the listeners whose own drops grew.
func droppers(all *listeners) (out []knowledge.Text) {
	for i := range all.queues {
		q := &all.queues[i]
		if q.has(SignDropping) && len(out) < 3 {
			out = append(out, say("%s dropped %s", "%s 丢弃了 %s 次", listenerName(q.Socket), *q.Window.Drops))
		}
	}
	return out
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func aq03() Rule {
	return Rule{
		Code: "AQ03", Name: "listen-drops-other",
		Title: text("Listeners drop for another reason than a full queue", "监听套接字因队列满以外的原因丢弃"),
		Facts: []string{"TcpExt.ListenDrops", "TcpExt.ListenOverflows", "TcpExt.TCPReqQFullDrop"},
		Formula: text("growth of ListenDrops − growth of ListenOverflows − growth of TCPReqQFullDrop",
			"ListenDrops 增量 − ListenOverflows 增量 − TCPReqQFullDrop 增量"),
		Threshold: []knowledge.Statement{
			claim("Notice when more than 1 % of ListenDrops is explained by neither queue: ListenDrops counts every drop of a listener, the other two those at a full accept queue and at a full SYN queue without cookies. The 1 % is for counters that move while they are read.",
				"ListenDrops 中有超过 1% 与两个队列都无关时提示：ListenDrops 计入监听套接字的每次丢弃，另两个分别只计全连接队列满、以及关闭 cookie 时半连接队列满的丢弃。留出 1% 是因为读取时计数器还在变。",
				"net/ipv4/tcp_input.c tcp_conn_request; include/net/tcp.h tcp_listendrop; net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock, tcp_v4_conn_request"),
		},
		Excluded: []knowledge.Statement{
			claim("What a listener merely discards, such as a bare RST or FIN or a scan, is in none of these counters.",
				"监听套接字仅仅忽略的报文（如单独的 RST、FIN 或扫描）不计入这些计数器。", "net/ipv4/tcp_input.c tcp_rcv_state_process; measured on Linux 6.18"),
			claim("A half-open connection whose SYN-ACK is answered with an ICMP error ends here too: a flood from addresses that do not exist drops SYNs of nobody.",
				"SYN-ACK 被 ICMP 错误回应的半连接也在这里结束：来自不存在地址的 flood 丢弃的是无主的 SYN。", "net/ipv4/tcp_ipv4.c tcp_req_err"),
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
		Check:      command.Of("doctor", "--window", "10s"),
		Sources:    []string{"net/ipv4/tcp_input.c tcp_conn_request", "net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock"},
		See:        []string{"ListenDrops", "ListenOverflows", "TCPReqQFullDrop", "AQ01", "SY03"},
		WindowOnly: true,
		Judge:      judgeAQ03,
	}
}

// readRace is the share by which two counters may differ because both change while
// they are read.
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
		Summary: say("%s time[s] in %s s a listener dropped a SYN or an ACK though its queues had room",
			"%[2]s 秒内监听套接字有 %[1]s 次在队列未满时丢弃了 SYN 或 ACK", rest, seconds(c.Window)),
		Detail: []knowledge.Text{text("what remains are: a router that answered the SYN-ACK with an ICMP error (as for sources that do not exist), no memory, no route back, a security module that refuses, a SYN to a broadcast address",
			"剩下的可能：路由器以 ICMP 错误回应 SYN-ACK（例如来源不存在）、没有内存、没有回程路由、被安全模块拒绝、发往广播地址的 SYN")},
		Evidence: []Evidence{
			above("ListenDrops that no queue explains", float64(rest), "", readRace*float64(drops)),
			{Name: "TcpExt.ListenDrops", Value: float64(drops)},
			{Name: "TcpExt.ListenOverflows", Value: float64(overflows)},
		},
	}
	if all, ok := c.listeners(); ok && all.blame != nil && len(all.blame.drops) > 0 {
		f.Detail = append(f.Detail, text("listeners whose own drops grew, which count a stray RST, FIN or scan too:", "自身丢弃数增长的监听套接字（其中也计入零散的 RST、FIN 和扫描）："))
		f.Detail = append(f.Detail, all.blame.text(rest)...)
	}
	return []Finding{f}
}

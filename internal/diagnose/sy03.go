// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func sy03() Rule {
	return Rule{
		Code: "SY03", Name: "synq-drops-no-cookies",
		Title: text("SYN cookies are off", "SYN cookie 已关闭"),
		Facts: []string{"net.ipv4.tcp_syncookies", "TcpExt.TCPReqQFullDrop", "TcpExt.ListenDrops", "TcpExt.ListenOverflows", "net.ipv4.tcp_max_syn_backlog", "SYN_RECV"},
		Formula: text("tcp_syncookies = 0, and the growth of TCPReqQFullDrop; or of ListenDrops beyond ListenOverflows while a listener has three quarters of tcp_max_syn_backlog half open",
			"tcp_syncookies = 0，且 TCPReqQFullDrop 增长；或某监听套接字的半连接达到 tcp_max_syn_backlog 的四分之三，同时 ListenDrops 的增量超过 ListenOverflows"),
		Threshold: []knowledge.Statement{
			claim("Critical when a SYN was dropped: cookies would have answered it, at no cost to others.",
				"只要丢弃了 SYN 就是严重：打开 cookie 就能应答它，且不影响其他连接。",
				"net/ipv4/tcp_input.c tcp_conn_request, tcp_syn_flood_action"),
			claim("Three quarters: with cookies off the last quarter of tcp_max_syn_backlog is kept for peers that the kernel knows, and SYNs of others are dropped with no counter but ListenDrops.",
				"四分之三：关闭 cookie 时，tcp_max_syn_backlog 的最后四分之一只留给内核已认识的对端，其他 SYN 会被丢弃，且只计入 ListenDrops。",
				"net/ipv4/tcp_input.c tcp_conn_request; measured on Linux 6.18"),
			claim("Notice for the value 0 by itself: a burst or a flood would end in silence.", "仅仅取值为 0 时提示：遇到突发或 flood 时将没有任何应答。",
				"Documentation/networking/ip-sysctl.rst tcp_syncookies"),
		},
		App: []knowledge.Statement{
			claim("Set tcp_syncookies to 1. In the application there is nothing to do: it is not asked until a handshake is complete.", "把 tcp_syncookies 设为 1。应用无需更改：握手完成之前与它无关。", "RFC 4987 3.6"),
		},
		Kernel: []knowledge.Statement{
			claim("Set tcp_syncookies to 1, the default: it does nothing until a SYN queue is full.", "把 tcp_syncookies 设为默认值 1：在半连接队列满之前它什么也不做。",
				"net/ipv4/tcp_ipv4.c tcp_sk_init; net/ipv4/tcp_input.c tcp_conn_request"),
		},
		Check:   command.Other("sysctl", "net.ipv4.tcp_syncookies"),
		Sources: []string{"net/ipv4/tcp_input.c tcp_conn_request, tcp_syn_flood_action", "RFC 4987 3.6"},
		See:     []string{"SYN_RECV", "tcp_syncookies", "TCPReqQFullDrop", "tcp_max_syn_backlog", "SY01", "AQ03"},
		Judge:   judgeSY03,
	}
}

func judgeSY03(c *Case) []Finding {
	cookies, ok := c.Sysctl("net.ipv4.tcp_syncookies")
	if !ok || cookies != 0 {
		return nil
	}
	f := Finding{
		Severity: Notice, Basis: Setting,
		Summary: text("tcp_syncookies is 0: when a SYN queue is full, SYNs are dropped without an answer",
			"tcp_syncookies 为 0：半连接队列满时，SYN 会被悄悄丢弃"),
		Evidence: []Evidence{{Name: "net.ipv4.tcp_syncookies", Value: 0}},
		Changes: []Change{{
			Key: "net.ipv4.tcp_syncookies", Value: "1",
			Why: text("the default; acts only while a SYN queue is full", "默认值；只在半连接队列满时起作用"),
		}},
	}
	if lost := c.synsLost(); lost > 0 {
		f.Severity, f.Basis = Critical, Loss
		f.Summary = say("%s SYN[s] dropped in %s s because a SYN queue is full and tcp_syncookies is 0", "%[2]s 秒内丢弃 %[1]s 个 SYN：半连接队列已满且 tcp_syncookies 为 0", lost, seconds(c.Window))
		f.Evidence = append(f.Evidence, above("SYNs dropped at a full SYN queue", float64(lost), "", 0))
		c.fullSynQueues(&f)
	}
	return []Finding{f}
}

// synsLost counts the SYNs that were dropped in the window because cookies are off.
func (c *Case) synsLost() uint64 {
	counted := c.Moved("TcpExt.TCPReqQFullDrop")
	drops, overflows := c.Moved("TcpExt.ListenDrops"), c.Moved("TcpExt.ListenOverflows")
	if drops <= overflows || !c.beyondThreeQuarters() {
		return counted
	}
	return max(counted, drops-overflows)
}

// beyondThreeQuarters reports whether a listener has so many half-open connections
// that the kernel admits only known peers.
func (c *Case) beyondThreeQuarters() bool {
	defer c.optional()()
	limit, ok := c.Sysctl("net.ipv4.tcp_max_syn_backlog")
	all, okToo := c.listeners()
	if !ok || !okToo {
		return false
	}
	for i := range all.queues {
		if int64(all.queues[i].SynRecv)*4 >= 3*limit {
			return true
		}
	}
	return false
}

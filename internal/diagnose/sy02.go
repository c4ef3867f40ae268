// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func sy02() Rule {
	return Rule{
		Code: "SY02", Name: "syn-flood-cookies",
		Title: text("SYN cookies are being sent", "正在发送 SYN cookie"),
		Facts: []string{"TcpExt.SyncookiesSent", "TcpExt.SyncookiesRecv", "TcpExt.SyncookiesFailed", "net.ipv4.tcp_syncookies"},
		Formula: text("growth of SyncookiesSent; share that came back = growth of SyncookiesRecv / growth of SyncookiesSent",
			"SyncookiesSent 的增量；返回的比例 = SyncookiesRecv 增量 / SyncookiesSent 增量"),
		Threshold: []knowledge.Statement{
			claim("Warning when any cookie was sent: a SYN queue was full. A cookie comes back only from a client that exists: above 0.8 these are real clients and the backlog is too small, below 0.1 it is a flood of SYNs with false addresses.",
				"只要发出过 cookie 就警告：说明有半连接队列满了。只有真实存在的客户端才会带回 cookie：高于 0.8 说明都是真实客户端、backlog 太小；低于 0.1 说明是伪造地址的 SYN flood。",
				"net/ipv4/syncookies.c cookie_v4_check; RFC 4987 3.6"),
			claim("Critical when less than 0.1 came back and at least 5 a second were sent; fewer are a scan rather than a flood. The 5 is custom, not derived.",
				"返回不到 0.1 且每秒至少发出 5 个时为严重；更少时更像扫描而不是 flood。5 是经验值，并非推导所得。",
				"RFC 4987 2; measured on Linux 6.18"),
		},
		Excluded: []knowledge.Statement{
			claim("With tcp_syncookies=2 every connection gets a cookie, full queue or not; nothing is concluded then.",
				"tcp_syncookies=2 时每个连接都用 cookie，与队列是否满无关；此时不下结论。", "net/ipv4/tcp_input.c tcp_conn_request; measured on Linux 6.18"),
			claim("SyncookiesFailed is shown but not judged: it counts only within about two minutes of an overflow of the same listener.",
				"SyncookiesFailed 只列出、不判断：它只在同一监听套接字溢出后约两分钟内计数。", "include/net/tcp.h tcp_synq_no_recent_overflow"),
		},
		App: []knowledge.Statement{
			claim("If the cookies come back: raise the argument of listen() and accept faster.", "如果 cookie 会返回：调大 listen() 的参数，并加快 accept。", "net/socket.c __sys_listen"),
			claim("If they do not: filter in front of the host, or with SYNPROXY or XDP on it.", "如果不返回：在主机前面过滤，或在主机上用 SYNPROXY、XDP 过滤。", "RFC 4987 3.1"),
		},
		Kernel: []knowledge.Statement{
			claim("Leave tcp_syncookies at 1: it is what keeps real clients connecting. A larger tcp_max_syn_backlog changes nothing while it is on.",
				"保持 tcp_syncookies=1：正是它让真实客户端还能连上。它打开时，调大 tcp_max_syn_backlog 没有用。",
				"net/ipv4/tcp_input.c tcp_conn_request; commit ef547f2ac16b"),
		},
		Check:      command.Of("doctor", "--window", "10s"),
		Sources:    []string{"net/ipv4/tcp_input.c tcp_conn_request, tcp_syn_flood_action", "net/ipv4/syncookies.c cookie_v4_check", "RFC 4987"},
		See:        []string{"SYN_RECV", "SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed", "tcp_syncookies", "SY01"},
		WindowOnly: true,
		Judge:      judgeSY02,
	}
}

const (
	cookiesOfFlood   = 0.1 // in a flood at most this share of the cookies comes back
	cookiesOfClients = 0.8 // real clients return at least this share of the cookies
	floodRate        = 5.0 // cookies per second
)

func judgeSY02(c *Case) []Finding {
	sent, ok := c.Delta("TcpExt.SyncookiesSent")
	recv, okToo := c.Delta("TcpExt.SyncookiesRecv")
	if !ok || !okToo || sent == 0 || c.alwaysCookies() {
		return nil
	}
	share, rate := float64(recv)/float64(sent), float64(sent)/c.Window.Seconds()
	f := Finding{
		Severity: Warning, Basis: Loss,
		Evidence: []Evidence{
			above("TcpExt.SyncookiesSent", float64(sent), "", 0),
			{Name: "TcpExt.SyncookiesRecv", Value: float64(recv)},
			{Name: "share of cookies that came back", Value: share},
			{Name: "TcpExt.SyncookiesFailed", Value: float64(c.Moved("TcpExt.SyncookiesFailed"))},
		},
	}
	switch {
	case share < cookiesOfFlood:
		if rate >= floodRate {
			f.Severity = Critical
		}
		f.Summary = say("SYN flood: %s cookies sent in %s s (%s/s), %s came back", "SYN flood：%[2]s 秒内发出 %[1]s 个 cookie（每秒 %[3]s 个），返回 %[4]s", sent, seconds(c.Window), rate, cameBack(share))
		f.Detail = append(f.Detail, text("hardly any sender exists: filter upstream; a longer backlog would only fill too", "几乎没有一个发送者真实存在：应在上游过滤；加长 backlog 也只会同样被占满"))
	case share > 1: // a final ACK that finds the accept queue full is sent again and counted again
		f.Summary = say("the backlog is too small for real clients: %s cookie[s] sent in %s s, and more came back than were sent", "backlog 对真实客户端太小：%[2]s 秒内发出 %[1]s 个 cookie，返回的比发出的还多", sent, seconds(c.Window))
		f.Detail = append(f.Detail, text("a cookie that comes back to a full accept queue is dropped and comes again: accept faster, raise the backlog", "cookie 返回时全连接队列已满就会被丢弃，然后再次返回：加快 accept，调大 backlog"))
	case share > cookiesOfClients:
		f.Summary = say("the backlog is too small for real clients: %s cookies sent in %s s, %s %% came back", "backlog 对真实客户端太小：%[2]s 秒内发出 %[1]s 个 cookie，返回 %[3]s %%", sent, seconds(c.Window), percent(share))
		f.Detail = append(f.Detail, text("these connections work, without window scaling and SACK unless the client uses timestamps: raise the backlog, accept faster",
			"这些连接能用，但除非客户端启用时间戳，否则没有窗口扩大和 SACK：调大 backlog，加快 accept"))
	default:
		f.Summary = say("a SYN queue was full: %s cookies sent in %s s, %s %% came back", "有半连接队列曾满：%[2]s 秒内发出 %[1]s 个 cookie，返回 %[3]s %%", sent, seconds(c.Window), percent(share))
		f.Detail = append(f.Detail, text("real clients and SYNs of nobody are mixed: look at the sources before the backlog is raised", "真实客户端与无主的 SYN 混在一起：先看来源，再决定是否调大 backlog"))
	}
	f.Now = f.Detail[0]
	c.fullSynQueues(&f)
	return []Finding{f}
}

// alwaysCookies reports whether this host sends cookies even if the SYN queue is not
// full.
func (c *Case) alwaysCookies() bool {
	defer c.optional()()
	value, ok := c.Text("net.ipv4.tcp_syncookies")
	return ok && value == "2"
}

// fullSynQueues adds the listeners whose SYN queue was full.
func (c *Case) fullSynQueues(f *Finding) {
	all, ok := c.listeners()
	if !ok {
		return
	}
	for _, members := range all.byAddress() {
		if q := members[0]; q.has(SignHalfOpenFull) {
			f.Detail = append(f.Detail, say("%s has %s half-open connection[s], which is its limit", "%s 有 %s 个半连接，已到上限", listenerName(q.Socket), q.SynRecv))
		}
	}
	f.Detail = append(f.Detail, c.sourcesText(c.watch(HalfOpen).rowsOf())...)
}

// cameBack writes the share of the cookies that came back, which may be zero.
func cameBack(share float64) knowledge.Text {
	if share == 0 {
		return text("none", "0 个")
	}
	return say("%s %%", "%s %%", percent(share))
}

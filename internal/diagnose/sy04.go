// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func sy04() Rule {
	return Rule{
		Code: "SY04", Name: "half-open-ratio",
		Title: text("More half-open connections than handshakes explain", "半连接多于正常握手所能解释的数量"),
		Facts: []string{"SYN_RECV", "Tcp.PassiveOpens", "TIME_WAIT"},
		Formula: text("SYN_RECV against 10 × connections a second × 0.1 s; SYNs a second that never complete = SYN_RECV / 64 s, if all are dead",
			"SYN_RECV 与 10 × 每秒连接数 × 0.1 秒相比；若全部是死的，则每秒有 SYN_RECV / 64 秒 个 SYN 永不完成"),
		Threshold: []knowledge.Statement{
			claim("A handshake is half open for one round trip, 0.1 s being a long one; one that is never completed for 64 s (SYN-ACKs after 1, 2, 4, 8, 16 s, and 32 s of waiting). Notice from 50 that are ten times what round trips explain.",
				"一次正常握手的半开时间只是一个往返，0.1 秒已算长；永不完成的则持续 64 秒（1、2、4、8、16 秒后重发 SYN-ACK，再等 32 秒）。达到 50 个且为往返所能解释的十倍时提示。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler; measured on Linux 6.18"),
			claim("Warning when 50 of them were there at both readings, at least 3 s apart: no round trip lasts that long.",
				"相隔至少 3 秒的两次读取中有 50 个相同时警告：没有哪个往返会这么久。", "net/ipv4/inet_connection_sock.c reqsk_timer_handler; net/core/sock_diag.c sock_gen_cookie"),
		},
		Excluded: []knowledge.Statement{
			claim("The ratio to ESTABLISHED means nothing: that number is small where sessions are short.", "与 ESTABLISHED 的比例没有意义：会话短时后者自然就小。", "Little's law: number = rate × time"),
			claim("With TCP_DEFER_ACCEPT clients that have not sent anything stay half open: TCPDeferAcceptDrop has counted their final ACKs, and hardly any SYN-ACK was sent again. Then it is an info.",
				"启用 TCP_DEFER_ACCEPT 时，尚未发数据的客户端会停留在半连接：TCPDeferAcceptDrop 记下了它们的最后一个 ACK，几乎没有重发 SYN-ACK。此时只是信息。", "net/ipv4/tcp_minisocks.c tcp_check_req; measured on Linux 6.18"),
		},
		App: []knowledge.Statement{
			claim("Nothing in the application: see who they are, by network, and whether the SYN-ACK has a way back to them.", "应用无需更改：按网段看看是谁，SYN-ACK 能否回到它们那里。", "RFC 4987 2"),
		},
		Kernel: []knowledge.Statement{
			claim("Keep tcp_syncookies at 1. tcp_synack_retries of 3 lets dead ones go after 15 s instead of 63 s, at some cost to clients on lossy paths.",
				"保持 tcp_syncookies=1。tcp_synack_retries=3 让死掉的在 15 秒而不是 63 秒后释放，但对丢包路径上的客户端略有代价。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler"),
		},
		Check:   command.Of("census", "state syn-recv", "--by", "remote/24"),
		Sources: []string{"net/ipv4/inet_connection_sock.c reqsk_timer_handler", "net/ipv4/tcp_input.c tcp_conn_request", "RFC 4987"},
		See:     []string{"SYN_RECV", "tcp_synack_retries", "tcp_syncookies", "SyncookiesSent", "SY01", "SY02"},
		Judge:   judgeSY04,
	}
}

const (
	halfOpenFloor  = 50 // fewer may come from a handful of scanners
	halfOpenTimes  = 10.0
	hardlyAny      = 0.1 // connections per second
	longRoundTrip  = 100 * time.Millisecond
	twoSynAckTries = 3 * time.Second // the kernel sends a SYN-ACK again after 1 s and after 3 s
)

func judgeSY04(c *Case) []Finding {
	n := c.Count(tcp.SynRecv)
	rate, counted := c.handshakes()
	legit := rate * longRoundTrip.Seconds()
	if n < halfOpenFloor || float64(n) <= halfOpenTimes*legit {
		return nil
	}
	life := c.synAckLife()
	dead := float64(n) / life.Seconds()
	f := Finding{
		Severity: Notice, Basis: Counts,
		Summary: say("%s half-open connection[s], %s: up to %s SYN[s] a second never complete",
			"有 %s 个半连接，%s：每秒最多有 %s 个 SYN 永不完成", n, expected(rate, counted, legit), decimal(dead)),
		Evidence: []Evidence{
			above("SYN_RECV", float64(n), "", halfOpenTimes*legit),
			connectionsSeen(rate, counted),
			{Name: "SYNs that never complete, if all are dead", Value: dead, Unit: "1/s"},
		},
		Detail: []knowledge.Text{
			say("a handshake is half open for one round trip: %s/s × 0.1 s = %s; if they are dead, each lasts %s s: %s / %s s = %s SYN[s] a second, which is a weak flood, a scan or a broken way back, not overload",
				"一次握手只半开一个往返：每秒 %s × 0.1 秒 = %s；若都是死的，每个持续 %s 秒：%s / %s 秒 = 每秒 %s 个 SYN，这是微弱的 flood、扫描或回程不通，而不是过载",
				perSecond(rate), plain(uint64(legit+0.5)), seconds(life), n, seconds(life), decimal(dead)),
			text("the ratio to ESTABLISHED is no evidence: that number is small where sessions are short", "与 ESTABLISHED 的比例不是证据：会话短时后者自然就小"),
		},
	}
	if c.Moved("TcpExt.SyncookiesSent") > 0 { // the queue was full: the numbers do not include the SYNs beyond it
		f.Summary = say("%s half-open connection[s], %s; what came to a full queue meanwhile got cookies and is not among them",
			"有 %s 个半连接，%s；其间队列已满时到达的 SYN 由 cookie 应答，不在其中", n, expected(rate, counted, legit))
		f.Evidence, f.Detail = f.Evidence[:2], f.Detail[1:]
	}
	c.halfOpenEvidence(&f)
	if rows := c.watch(HalfOpen).rowsOf(); c.waitingForData(rows) {
		f.Severity = Info
		f.Summary = say("%s half-open connection[s] [waits|wait] for the first data of their clients (TCP_DEFER_ACCEPT): their handshakes are done",
			"%s 个半连接在等客户端的第一份数据（TCP_DEFER_ACCEPT）：它们的握手已完成", n)
		f.Evidence, f.Detail = f.Evidence[:2], c.sourcesText(rows)
	}
	return []Finding{f}
}

// expected says how many half-open connections the rate of opened connections
// explains. If only the closes are known, the rate is a lower bound.
func expected(rate float64, counted bool, legit float64) knowledge.Text {
	explained := say("about %s", "约 %s 个", plain(uint64(legit+0.5)))
	if legit < 0.5 {
		explained = text("none", "不到 1 个")
	}
	switch {
	case rate < hardlyAny && counted:
		return text("and hardly any connection is opened", "而几乎没有新建的连接")
	case rate < hardlyAny:
		return text("and hardly any connection was closed of late", "而近来几乎没有关闭过连接")
	case counted:
		return say("of which %s opened connection[s] a second explain %s", "而每秒新建的 %s 个连接只能解释%s", perSecond(rate), explained)
	default:
		return say("of which at least %s connection[s] a second explain %s", "而每秒至少 %s 个连接只能解释%s", perSecond(rate), explained)
	}
}

// perSecond writes a rate that may be zero.
func perSecond(rate float64) string {
	if rate == 0 {
		return "0"
	}
	return decimal(rate)
}

// handshakes is how many connections per second clients open. If that is not counted,
// it is how many this side closes, a lower bound.
func (c *Case) handshakes() (perSecond float64, counted bool) {
	defer c.optional()()
	rate, ok := c.Rate("Tcp.PassiveOpens")
	if ok {
		return rate, true
	}
	return c.Closes(), false
}

// connectionsSeen is evidence of the number of connections per second.
func connectionsSeen(rate float64, counted bool) Evidence {
	if counted {
		return Evidence{Name: "connections", Value: rate, Unit: "1/s"}
	}
	return Evidence{Name: "connections, at least", Value: rate, Unit: "1/s"}
}

// halfOpenEvidence adds the evidence in the rows, and says which facts would settle
// the question.
func (c *Case) halfOpenEvidence(f *Finding) {
	now, before, ok := c.Kept(HalfOpen)
	if !ok {
		f.Detail = append(f.Detail, text("what would settle it: half-open connections of each listener against its limit; how often SYN-ACKs were sent again; in a window SyncookiesSent, SyncookiesRecv, TCPReqQFullDoCookies, TCPReqQFullDrop and ListenOverflows; sources by /24; whether a listener uses TCP_DEFER_ACCEPT",
			"能下结论的事实：各监听套接字的半连接数与上限；SYN-ACK 重发次数；一个窗口内的 SyncookiesSent、SyncookiesRecv、TCPReqQFullDoCookies、TCPReqQFullDrop、ListenOverflows；按 /24 统计的来源；是否有监听套接字启用 TCP_DEFER_ACCEPT"))
		return
	}
	f.Detail = append(f.Detail, c.sourcesText(now.Rows)...)
	deferred := c.deferText()
	f.Detail = append(f.Detail, deferred...)
	if before == nil {
		c.Lacks("window", noWindow())
		return
	}
	lasting := len(Persisted(now, before))
	if lasting < halfOpenFloor || c.Window < twoSynAckTries || len(deferred) > 0 {
		return
	}
	f.Severity, f.Basis = Warning, Lasting
	f.Evidence = append(f.Evidence, above("SYN_RECV at both readings", float64(lasting), "", halfOpenFloor))
	f.Detail = append(f.Detail, say("%s of them were there %s s ago: no round trip lasts that long", "其中 %s 个在 %s 秒前就已存在：没有哪个往返会这么久", lasting, seconds(c.Window)))
}

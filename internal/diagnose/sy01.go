// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func sy01() Rule {
	return Rule{
		Code: "SY01", Name: "synq-plateau",
		Title: text("A SYN queue beyond half its limit", "半连接队列超过上限的一半"),
		Facts: []string{"SYN_RECV", "LISTEN"},
		Formula: text("half-open connections of a listener / its limit, which is the backlog, the same as for the accept queue",
			"一个监听套接字的半连接数 / 其上限；上限就是 backlog，与全连接队列相同"),
		Threshold: []knowledge.Statement{
			claim("Warning beyond half the limit: from there (but not below 5) the kernel gives up on old ones sooner, after 2 retries (7 s) when at most an eighth are younger than 1 s, after 3 (15 s) or 4 (31 s) when up to a quarter or a half are, so that a slow flood levels off just there.",
				"超过上限一半即警告：从这里起（至少 5 个），内核会更早放弃旧的半连接：不到 1 秒的至多占八分之一时只重试 2 次（7 秒），至多四分之一、一半时重试 3 次（15 秒）、4 次（31 秒），所以缓慢的 flood 正好停在一半处。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler; measured on Linux 6.18"),
			claim("Critical above the limit: new SYNs are answered with cookies, or dropped where tcp_syncookies is 0.",
				"超过上限即严重：新的 SYN 改用 cookie 应答；若 tcp_syncookies 为 0 则丢弃。",
				"include/net/inet_connection_sock.h inet_csk_reqsk_queue_is_full; net/ipv4/tcp_input.c tcp_conn_request"),
		},
		Excluded: []knowledge.Statement{
			claim("With TCP_DEFER_ACCEPT clients that have not sent anything yet wait half open; TCPDeferAcceptDrop moves then, and the finding says so.",
				"启用 TCP_DEFER_ACCEPT 时，尚未发送数据的客户端会一直是半连接；此时 TCPDeferAcceptDrop 会增长，结果中会注明。",
				"net/ipv4/tcp_minisocks.c tcp_check_req; measured on Linux 6.18"),
			claim("tcp_max_syn_backlog is not the limit while cookies are on.", "cookie 打开时，tcp_max_syn_backlog 不是上限。",
				"commit ef547f2ac16b; measured on Linux 6.18"),
		},
		App: []knowledge.Statement{
			claim("Find who does not finish the handshake; if they are real clients on slow paths, raise the argument of listen().",
				"找出谁不完成握手；如果是路径较慢的真实客户端，就调大 listen() 的参数。", "net/socket.c __sys_listen"),
		},
		Kernel: []knowledge.Statement{
			claim("Keep tcp_syncookies at 1. A smaller tcp_synack_retries changes little: beyond half the limit the kernel already stops sooner.",
				"保持 tcp_syncookies=1。调小 tcp_synack_retries 作用不大：超过一半后内核本来就会减少重试。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler"),
		},
		Check:   command.Of("census", "state syn-recv", "--by", "remote/24"),
		Sources: []string{"net/ipv4/inet_connection_sock.c reqsk_timer_handler", "net/ipv4/tcp_input.c tcp_conn_request", "RFC 4987"},
		See:     []string{"SYN_RECV", "tcp_syncookies", "tcp_synack_retries", "tcp_max_syn_backlog", "SY02", "SY03", "SY04"},
		Judge:   judgeSY01,
	}
}

func judgeSY01(c *Case) (out []Finding) {
	all, ok := c.listeners()
	if !ok {
		return nil
	}
	var rows map[netip.AddrPort][]Kept
	for _, members := range all.byAddress() {
		q := members[0]
		limit, known := limitOf(members)
		if !known && q.SynRecv > 0 {
			c.Lacks("backlog", text("this source does not show the limit of a SYN queue: sock_diag and ss do", "该数据来源不显示半连接队列的上限：sock_diag 和 ss 会显示"))
		}
		if !known || !q.has(SignHalfOpenFull, SignHalfOpen, SignDeferred) {
			continue
		}
		if rows == nil {
			rows = c.halfOpenAt(all)
		}
		out = append(out, c.synQueue(q, limit, rows[q.Socket.Local]))
	}
	return out
}

// limitOf is how many connections the listeners of an address may hold together.
func limitOf(members []*Queue) (sum uint64, ok bool) {
	for _, q := range members {
		if q.Limit == nil {
			return 0, false
		}
		sum += *q.Limit
	}
	return sum, true
}

func (c *Case) synQueue(q *Queue, limit uint64, rows []Kept) Finding {
	f := Finding{
		Severity: Warning, Basis: Limit, About: listening(q.Socket.Local), Owner: q.Socket.Owner,
		Summary: say("%s half-open connection[s] at %s, limit %s: beyond half, the kernel gives up on old ones sooner",
			"%[2]s 有 %[1]s 个半连接，上限 %[3]s：超过一半后，内核会更早放弃旧的半连接", q.SynRecv, listenerName(q.Socket), limit),
		Evidence: []Evidence{above("SYN_RECV of the listener", float64(q.SynRecv), "", float64(limit)/2)},
		Check:    command.Of("census", "state syn-recv and "+localPort(q.Socket.Local.Port()), "--by", "remote/24"),
	}
	if q.has(SignHalfOpenFull) {
		f.Severity = Critical
		f.Summary = say("SYN queue of %s is full: %s half-open connection[s], limit %s; %s",
			"%s 的半连接队列已满：%s 个半连接，上限 %s；%s", listenerName(q.Socket), q.SynRecv, q.SynQueue.least(limit), q.SynQueue.beyond())
		if q.wants(limitKnob(q)) {
			f.Detail = append(f.Detail, limitText(q))
		}
		if q.Knobs[0] == limitKnob(q) {
			f.Now = limitText(q)
		}
		f.Changes = somaxconnChange(q)
	}
	f.Detail = append(f.Detail, c.sourcesText(rows)...)
	f.Detail = append(f.Detail, c.deferText()...)
	if q.has(SignDeferred) {
		f.Severity = Info
		f.Summary = say("%s connection[s] at %s wait for the first data of their clients (TCP_DEFER_ACCEPT), limit %s",
			"%[2]s 有 %[1]s 个连接在等客户端的第一份数据（TCP_DEFER_ACCEPT），上限 %[3]s", q.SynRecv, listenerName(q.Socket), limit)
	}
	return f
}

// least is the limit of half-open connections that is reached first: without cookies
// it may be three quarters of tcp_max_syn_backlog.
func (s *SynQueue) least(limit uint64) uint64 {
	if s == nil || s.Cookies {
		return limit
	}
	return min(limit, s.MaxBacklog-s.MaxBacklog/4)
}

// beyond says what the kernel does with SYNs when the queue is full.
func (s *SynQueue) beyond() knowledge.Text {
	switch {
	case s == nil:
		return text("further SYNs get a cookie, or are dropped where cookies are off", "之后的 SYN 改用 cookie 应答，关闭 cookie 时则被丢弃")
	case s.Cookies:
		return text("further SYNs get a cookie", "之后的 SYN 改用 cookie 应答")
	default:
		return text("further SYNs are dropped, for cookies are off", "cookie 已关闭，之后的 SYN 被丢弃")
	}
}

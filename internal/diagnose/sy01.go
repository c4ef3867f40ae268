// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func sy01() Rule {
	return Rule{
		Code: "SY01", Name: "synq-plateau",
		Title: text("A SYN queue beyond half its limit", "SYN 队列超过上限的一半"),
		Facts: []string{"SYN_RECV", "LISTEN"},
		Formula: text("half-open connections of a listener / its limit, which is the backlog, the same as for the accept queue",
			"一个监听套接字的半连接数 / 其上限；上限就是 backlog，与 accept 队列相同"),
		Threshold: []knowledge.Statement{
			claim("Warning beyond half the limit: from there the kernel gives up on old ones after 2 retries (7 s) instead of tcp_synack_retries, so that a slow flood levels off just there.",
				"超过上限一半即警告：从这里起，内核对旧的半连接只重试 2 次（7 秒）而不是 tcp_synack_retries 次，所以缓慢的 flood 正好停在一半处。",
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
				"找出谁不完成握手；如果是路径较慢的真实客户端，就调大 listen() 的参数。", "net/socket.c __sys_listen_socket"),
		},
		Kernel: []knowledge.Statement{
			claim("Keep tcp_syncookies at 1. A smaller tcp_synack_retries changes little: beyond half the limit the kernel already stops at 2.",
				"保持 tcp_syncookies=1。调小 tcp_synack_retries 作用不大：超过一半后内核本来就只重试 2 次。",
				"net/ipv4/inet_connection_sock.c reqsk_timer_handler"),
		},
		Check:   "tcpvitals census 'state syn-recv' --by remote/24",
		Sources: []string{"net/ipv4/inet_connection_sock.c reqsk_timer_handler", "net/ipv4/tcp_input.c tcp_conn_request", "RFC 4987"},
		See:     []string{"SYN_RECV", "tcp_syncookies", "tcp_synack_retries", "tcp_max_syn_backlog", "SY02", "SY03", "SY04"},
		HiddenBy: []Cause{
			{Code: "SY03", Why: text("the SYN queue is full and cookies are off: that is where SYNs are lost", "SYN 队列已满而 cookie 又关闭：SYN 就是在这里丢失的")},
			{Code: "SY02", Why: text("the cookies that are sent tell who fills the SYN queue", "发出的 cookie 说明了是谁占满 SYN 队列")},
			{
				Code: "AQ01", Covers: sameSubject,
				Why: text("a final ACK that finds the accept queue full leaves the connection half open", "最后一个 ACK 到达时 accept 队列已满，连接就停留在半连接状态"),
			},
		},
		Judge: judgeSY01,
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
			c.Lacks("backlog", text("this source does not show the limit of a SYN queue: sock_diag and ss do", "该数据来源不显示 SYN 队列的上限：sock_diag 和 ss 会显示"))
		}
		if !known || !q.has(SignHalfOpenFull, SignHalfOpen) {
			continue
		}
		if rows == nil {
			rows = c.halfOpenAt(all)
		}
		out = append(out, c.synQueue(q, limit, rows[q.Socket.Local]))
	}
	return out
}

// limitOf is what the listeners of an address may hold together.
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
		Severity: Warning, Basis: Limit, Subject: q.Socket.Local.String(), Owner: q.Socket.Owner,
		Summary: say("%s half-open connections at %s, limit %s: beyond half, the kernel drops old ones after 2 retries",
			"%[2]s 有 %[1]s 个半连接，上限 %[3]s：超过一半后，内核对旧的半连接重试 2 次就丢弃", q.SynRecv, listenerName(q.Socket), limit),
		Evidence: []Evidence{above("SYN_RECV of the listener", float64(q.SynRecv), "", float64(limit)/2)},
		Check:    "tcpvitals census 'state syn-recv and sport = :" + strconv.Itoa(int(q.Socket.Local.Port())) + "' --by remote/24",
	}
	if q.has(SignHalfOpenFull) {
		f.Severity = Critical
		f.Summary = say("SYN queue of %s is full: %s half-open connections, limit %s; further SYNs get a cookie, or are dropped where cookies are off",
			"%s 的 SYN 队列已满：%s 个半连接，上限 %s；之后的 SYN 改用 cookie 应答，关闭 cookie 时则被丢弃", listenerName(q.Socket), q.SynRecv, limit)
		f.Detail = append(f.Detail, limitText(q))
		f.Changes = somaxconnChange(q)
	}
	f.Detail = append(f.Detail, sourcesText(rows)...)
	f.Detail = append(f.Detail, c.deferText()...)
	return f
}

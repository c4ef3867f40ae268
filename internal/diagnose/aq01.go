// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func aq01() Rule {
	return Rule{
		Code: "AQ01", Name: "accept-queue-overflow",
		Title: text("A full accept queue", "accept 队列已满"),
		Facts: []string{"LISTEN", "net.core.somaxconn", "TcpExt.ListenOverflows", "TcpExt.ListenDrops"},
		Formula: text("for each listener: waiting against its limit; what it dropped in the window; whether any connection left the queue",
			"对每个监听套接字：排队数与上限之比；窗口内的丢弃数；是否有连接离开队列"),
		Threshold: []knowledge.Statement{
			claim("Critical when more wait than the limit (the kernel compares with >, so that a full queue holds one more), or when the listener's drops grew and ListenOverflows with them: each is a SYN or a final ACK that got no answer.",
				"排队数超过上限（内核用 > 比较，所以满队列会多容纳一个），或该监听套接字的丢弃数与 ListenOverflows 一起增长时为严重：每一次都是一个没有得到应答的 SYN 或最后一个 ACK。",
				"include/net/sock.h sk_acceptq_is_full; net/ipv4/tcp_input.c tcp_conn_request; measured on Linux 6.18"),
			claim("Warning when connections wait at both readings, the same ones, and none left the queue in between, or when it was at least half full at both readings. At one reading half full is a notice.",
				"两次读取时同一些连接都在等、其间没有一个离开队列，或两次读取时队列都至少半满，则警告。只读取一次时半满为提示。",
				"net/ipv4/inet_connection_sock.c inet_csk_accept"),
		},
		Excluded: []knowledge.Statement{
			claim("Listeners that share a port with SO_REUSEPORT have a queue each and are judged one by one.",
				"用 SO_REUSEPORT 共享端口的监听套接字各有自己的队列，逐个判断。",
				"net/core/sock_reuseport.c reuseport_select_sock"),
			claim("TCP_DEFER_ACCEPT counts the bare ACK of every handshake as a drop of the listener, but not in ListenDrops or ListenOverflows: without these a growth means nothing.",
				"启用 TCP_DEFER_ACCEPT 时，每次握手的纯 ACK 都计入监听套接字的丢弃数，但不计入 ListenDrops、ListenOverflows：后两者不动时，这个增长没有意义。",
				"net/ipv4/tcp_ipv4.c tcp_v4_rcv; net/ipv4/tcp_minisocks.c tcp_check_req; measured on Linux 6.18"),
			claim("A single connection that waits is about to be taken and is no sign; one at each reading neither, unless it is the same.",
				"只有一个连接在等，多半马上会被取走，不算征兆；两次读取时各有一个也不算，除非是同一个。", "net/ipv4/inet_connection_sock.c inet_csk_accept"),
		},
		App: []knowledge.Statement{
			claim("Find what keeps the process from calling accept(): slow work in the accept loop, no free worker, no free descriptor (EMFILE). A longer queue only hides that.",
				"查清是什么让进程无法 accept()：accept 循环里的慢操作、没有空闲 worker、描述符用尽（EMFILE）。加长队列只会掩盖问题。",
				"accept(2); net/ipv4/inet_connection_sock.c inet_csk_accept"),
			claim("When it is served and bursts are too long for it, raise the argument of listen().",
				"如果队列有人处理、只是突发过大，就调大 listen() 的参数。", "net/socket.c __sys_listen_socket"),
		},
		Kernel: []knowledge.Statement{
			claim("Raise net.core.somaxconn only where it is what set the limit, and let the application call listen() again: it is read nowhere else.",
				"只有上限正是由 net.core.somaxconn 决定时才调大它，并让应用重新 listen()：内核只在那时读取。",
				"net/socket.c __sys_listen_socket; measured on Linux 6.18"),
		},
		Check:   "tcpvitals queues --window 10s",
		Sources: []string{"include/net/sock.h sk_acceptq_is_full", "net/ipv4/tcp_input.c tcp_conn_request", "net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock", "net/socket.c __sys_listen_socket"},
		See:     []string{"LISTEN", "ListenOverflows", "ListenDrops", "net.core.somaxconn", "AQ02", "ES01"},
		Judge:   judgeAQ01,
	}
}

func judgeAQ01(c *Case) []Finding {
	all, ok := c.listeners()
	if !ok {
		return nil
	}
	var out []Finding
	for _, members := range all.byAddress() {
		if f := c.acceptQueue(members); f.Severity > OK {
			out = append(out, f)
		}
	}
	if len(out) > 0 {
		return out
	}
	if n := c.Moved("TcpExt.ListenOverflows"); n > 0 {
		return []Finding{c.overflowsOfNobody(n)}
	}
	c.lacksOfQueues(all)
	return nil
}

// lacksOfQueues writes down what keeps listeners from being judged.
func (c *Case) lacksOfQueues(all *listeners) {
	for i := range all.queues {
		q := &all.queues[i]
		switch {
		case q.Limit == nil:
			c.Lacks("backlog", text("this source does not show the limit of an accept queue: sock_diag and ss do", "该数据来源不显示 accept 队列的上限：sock_diag 和 ss 会显示"))
		case q.has(SignDropped):
			c.Lacks("window", say("%s has dropped %s since it was opened, one reading does not tell when: look twice with --window 10s",
				"%s 自打开以来丢弃过 %s 次，只读一次看不出是何时：请用 --window 10s 读取两次", listenerName(q.Socket), *q.Drops))
		}
	}
}

// acceptTrouble is what [JudgeQueues] says of a listener, as far as it is about
// its accept queue.
func (c *Case) acceptTrouble(q *Queue) (Severity, Basis) {
	switch {
	case q.has(SignDropping) && c.overflowing() && (q.has(SignFull) || !q.has(SignHalfOpenFull)):
		return Critical, Loss
	case q.has(SignFull):
		return Critical, Limit
	case q.has(SignStuck):
		return Warning, Lasting
	case q.has(SignFilling) && q.Window != nil:
		return Warning, Limit
	case q.has(SignFilling):
		return Notice, Limit
	default:
		return OK, Counts
	}
}

// overflowing reports whether an accept queue overflowed in the window; what is
// not known may have.
func (c *Case) overflowing() bool {
	return !c.Has("TcpExt.ListenOverflows") || c.Moved("TcpExt.ListenOverflows") > 0
}

// acceptQueue judges the listeners of one address; the finding speaks of the
// worst of them.
func (c *Case) acceptQueue(members []*Queue) (f Finding) {
	troubled, worst := 0, members[0]
	for _, q := range members {
		severity, basis := c.acceptTrouble(q)
		if severity == OK {
			continue
		}
		troubled++
		if severity > f.Severity {
			f.Severity, f.Basis, worst = severity, basis, q
		}
	}
	if troubled == 0 {
		return f
	}
	f.Subject, f.Owner = worst.Socket.Local.String(), worst.Socket.Owner
	f.Summary = c.acceptSummary(worst, f.Basis)
	f.Detail = acceptDetail(worst, len(members), troubled)
	f.Evidence = acceptEvidence(worst)
	if n := c.Moved("TcpExt.ListenOverflows"); n > 0 {
		f.Evidence = append(f.Evidence, above("TcpExt.ListenOverflows", float64(n), "", 0))
	}
	f.Changes = somaxconnChange(worst)
	f.Check = "tcpvitals queues 'sport = :" + strconv.Itoa(int(worst.Socket.Local.Port())) + "' --window 10s"
	return f
}

// acceptSummary: accept queue of nginx :443 is full: 512 waiting, limit 511;
// 1,204 connections dropped in 10 s.
func (c *Case) acceptSummary(q *Queue, basis Basis) knowledge.Text {
	name, waiting, limit := listenerName(q.Socket), value(q.Waiting), value(q.Limit)
	var s knowledge.Text
	switch {
	case q.has(SignFull):
		s = say("accept queue of %s is full: %s waiting, limit %s", "%s 的 accept 队列已满：%s 个在等，上限 %s", name, waiting, limit)
	case basis == Loss:
		s = say("accept queue of %s overflows: %s waiting now, limit %s", "%s 的 accept 队列溢出：现有 %s 个在等，上限 %s", name, waiting, limit)
	case basis == Lasting:
		s = say("nobody accepts at %s: %s connections wait (limit %s), none left in %s s",
			"%s 无人 accept：%s 个连接在等（上限 %s），%s 秒内一个也没离开", name, waiting, limit, seconds(c.Window))
	default:
		s = say("accept queue of %s is at least half full: %s waiting, limit %s", "%s 的 accept 队列至少半满：%s 个在等，上限 %s", name, waiting, limit)
	}
	if basis != Loss {
		return s
	}
	lost := say("; %s connections dropped in %s s", "；%[2]s 秒内丢弃 %[1]s 个连接", value(q.Window.Drops), seconds(c.Window))
	return knowledge.Text{En: s.En + lost.En, Zh: s.Zh + lost.Zh}
}

func value(n *uint64) string {
	if n == nil {
		return "?"
	}
	return commas(*n)
}

// acceptDetail says which knob, and which not.
func acceptDetail(q *Queue, members, troubled int) (out []knowledge.Text) {
	for _, k := range q.Knobs {
		switch k {
		case KnobBacklog, KnobSomaxconn, KnobLimit:
			out = append(out, limitText(q))
		case KnobAccept:
			out = append(out, acceptText(q))
		default: // about half-open connections, or looking again
		}
	}
	if q.has(SignAlone) {
		out = append(out, say("%s of the %s listeners that share the address are in this state, the others have room: the kernel spreads by hash, not by load",
			"共享该地址的 %[2]s 个监听套接字中有 %[1]s 个如此，其余仍有空位：内核按哈希分配，不看负载", troubled, members))
	} else if members > 1 {
		out = append(out, say("%s of the %s listeners that share the address are in this state", "共享该地址的 %[2]s 个监听套接字中有 %[1]s 个如此", troubled, members))
	}
	if q.has(SignFull, SignDropping) {
		out = append(out, text("new SYNs and final ACKs are dropped without an answer: clients try again after 1 s, 2 s, 4 s, and each try counts",
			"新的 SYN 和最后一个 ACK 会被悄悄丢弃：客户端在 1、2、4 秒后重试，每次重试都计一次"))
	}
	return out
}

// limitText says what set the limit, and so what would raise it.
func limitText(q *Queue) knowledge.Text {
	name := shortOwner(q.Socket.Owner)
	en, zh := name, name
	if name == "" {
		en, zh = "the application", "应用"
	}
	switch q.LimitSetBy {
	case LimitApplication:
		return knowledge.Text{
			En: "the limit is the application's own backlog (somaxconn is " + plain(*q.Somaxconn) + "): raise " + en + "'s backlog; somaxconn would change nothing",
			Zh: "上限是应用自己的 backlog（somaxconn 为 " + plain(*q.Somaxconn) + "）：调大 " + zh + " 的 backlog；改 somaxconn 没有用",
		}
	case LimitSomaxconn:
		return knowledge.Text{
			En: "the limit is net.core.somaxconn (" + plain(*q.Somaxconn) + "): raise it and restart " + en + ", it is read at listen() only; if " + en + " asks for no more itself, raise its backlog too",
			Zh: "上限就是 net.core.somaxconn（" + plain(*q.Somaxconn) + "）：调大它并重启 " + zh + "，内核只在 listen() 时读取；如果 " + zh + " 自己要的也只有这么多，还要调大它的 backlog",
		}
	case LimitEarlier:
		return knowledge.Text{
			En: "the limit is from a time when net.core.somaxconn was higher than now (" + plain(*q.Somaxconn) + "): raise it before " + en + " is restarted, or the queue becomes shorter",
			Zh: "上限来自 net.core.somaxconn 比现在（" + plain(*q.Somaxconn) + "）更大的时候：重启 " + zh + " 之前先调大它，否则队列会变短",
		}
	default:
		return text("it is not known what set the limit: if it equals net.core.somaxconn raise that and restart, if it is lower raise the application's own backlog",
			"不知道上限由什么决定：若等于 net.core.somaxconn 就调大它并重启应用，若更小就调大应用自己的 backlog")
	}
}

// acceptText says what is known of who should accept.
func acceptText(q *Queue) knowledge.Text {
	switch {
	case q.has(SignStuck):
		return text("nothing was accepted: find what blocks the accept loop (slow work in it, no free worker, EMFILE); a longer queue only hides it",
			"一个也没有被取走：查清是什么挡住了 accept 循环（其中的慢操作、没有空闲 worker、EMFILE）；加长队列只会掩盖问题")
	case q.Window == nil:
		return text("one reading does not tell whether nobody accepts or too many come at once: --window 10s does",
			"只读一次看不出是没人 accept 还是一下来得太多：--window 10s 能看出")
	default:
		return text("it is served, but slower than connections come: more workers, or less work between two accept()",
			"有人在处理，但赶不上连接到来的速度：增加 worker，或减少两次 accept() 之间的工作")
	}
}

func acceptEvidence(q *Queue) (out []Evidence) {
	if q.Waiting != nil && q.Limit != nil {
		out = append(out, above("waiting for accept()", float64(*q.Waiting), "", float64(*q.Limit)))
	}
	if q.Somaxconn != nil {
		out = append(out, Evidence{Name: "net.core.somaxconn", Value: float64(*q.Somaxconn)})
	}
	if q.Window != nil && q.Window.Drops != nil {
		out = append(out, above("drops of the listener", float64(*q.Window.Drops), "", 0))
	}
	return out
}

// somaxconnChange is to double the kernel's limit, where that is the limit.
func somaxconnChange(q *Queue) []Change {
	for _, k := range q.Knobs {
		if k == KnobSomaxconn && q.Limit != nil {
			return []Change{{
				Key: "net.core.somaxconn", Value: plain(2 * *q.Limit),
				Why: text("it is what limits this queue; takes effect when the application calls listen() again", "正是它限制了这个队列；应用重新 listen() 后生效"),
			}}
		}
	}
	return nil
}

// overflowsOfNobody is for a counter that moved while no listener shows it.
func (c *Case) overflowsOfNobody(n uint64) Finding {
	return Finding{
		Severity: Critical, Basis: Loss,
		Summary: say("%s connections dropped at a full accept queue in %s s; which listener's is not known",
			"%[2]s 秒内因 accept 队列已满丢弃 %[1]s 个连接；不知道是哪个监听套接字", n, seconds(c.Window)),
		Detail: []knowledge.Text{text("the queues have room now: it came in a burst, or this source does not show what a listener dropped (sock_diag does)",
			"现在队列都有空位：可能是一次突发，或该数据来源不显示监听套接字的丢弃数（sock_diag 会显示）")},
		Evidence: []Evidence{above("TcpExt.ListenOverflows", float64(n), "", 0)},
	}
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func aq01() Rule {
	return Rule{
		Code: "AQ01", Name: "accept-queue-overflow",
		Title: text("A full accept queue", "全连接队列已满"),
		Facts: []string{"LISTEN", "net.core.somaxconn", "TcpExt.ListenOverflows", "TcpExt.ListenDrops"},
		Formula: text("for each listener: waiting against its limit; what it dropped in the window; whether any connection left the queue",
			"对每个监听套接字：排队数与上限之比；窗口内的丢弃数；是否有连接离开队列"),
		Threshold: []knowledge.Statement{
			claim("Critical when more wait than the limit (the kernel compares with >, so that a full queue holds one more), or when ListenOverflows grew, each time for a SYN or a final ACK that got no answer. A listener is named for it only if it was seen full or if no other listener's own drops grew, and for no more than both counters grew by; otherwise those that may have been it are listed.",
				"排队数超过上限（内核用 > 比较，所以满队列会多容纳一个），或 ListenOverflows 增长时为严重：每一次都是一个没有得到应答的 SYN 或最后一个 ACK。只有看到某监听套接字的队列已满，或只有它自己的丢弃数增长时，才归到它名下，且不超过两个计数器的增量；否则列出可能的监听套接字。",
				"include/net/sock.h sk_acceptq_is_full; net/ipv4/tcp_input.c tcp_conn_request; measured on Linux 6.18"),
			claim("Warning when connections wait at both readings, the same ones, and none left the queue in between, or when it was at least half full at both readings. At one reading half full is a notice.",
				"两次读取时同一些连接都在等、其间没有一个离开队列，或两次读取时队列都至少半满，则警告。只读取一次时半满为提示。",
				"net/ipv4/inet_connection_sock.c inet_csk_accept"),
		},
		Excluded: []knowledge.Statement{
			claim("Listeners that share a port with SO_REUSEPORT have a queue each and are judged one by one.",
				"用 SO_REUSEPORT 共享端口的监听套接字各有自己的队列，逐个判断。",
				"net/core/sock_reuseport.c reuseport_select_sock"),
			claim("A listener's own drops (SK_MEMINFO_DROPS) also count what it merely discards: a bare RST or FIN, segments of a scan, and with TCP_DEFER_ACCEPT the bare ACK of every handshake. None of these is in ListenDrops or ListenOverflows, and no connection is lost: without these a growth means nothing.",
				"监听套接字自己的丢弃数（SK_MEMINFO_DROPS）还计入仅仅被忽略的报文：单独的 RST 或 FIN、扫描报文，以及启用 TCP_DEFER_ACCEPT 时每次握手的纯 ACK。它们都不计入 ListenDrops、ListenOverflows，也没有连接因此丢失：后两者不动时，这个增长没有意义。",
				"net/ipv4/tcp_input.c tcp_rcv_state_process; net/ipv4/tcp_ipv4.c tcp_v4_rcv; net/ipv4/tcp_minisocks.c tcp_check_req; measured on Linux 6.18"),
			claim("A single connection that waits is about to be taken and is no sign; one at each reading neither, unless it is the same.",
				"只有一个连接在等，多半马上会被取走，不算征兆；两次读取时各有一个也不算，除非是同一个。", "net/ipv4/inet_connection_sock.c inet_csk_accept"),
		},
		App: []knowledge.Statement{
			claim("Find what keeps the process from calling accept(): slow work in the accept loop, no free worker, no free descriptor (EMFILE). A longer queue only hides that.",
				"查清是什么让进程无法 accept()：accept 循环里的慢操作、没有空闲 worker、描述符用尽（EMFILE）。加长队列只会掩盖问题。",
				"accept(2); net/ipv4/inet_connection_sock.c inet_csk_accept"),
			claim("When it is served and bursts are too long for it, raise the argument of listen().",
				"如果队列有人处理、只是突发过大，就调大 listen() 的参数。", "net/socket.c __sys_listen"),
		},
		Kernel: []knowledge.Statement{
			claim("Raise net.core.somaxconn only where it is what set the limit, and let the application call listen() again: it is read nowhere else.",
				"只有上限正是由 net.core.somaxconn 决定时才调大它，并让应用重新 listen()：内核只在那时读取。",
				"net/socket.c __sys_listen; measured on Linux 6.18"),
		},
		Check:   command.Of("queues", "--window", "10s"),
		Sources: []string{"include/net/sock.h sk_acceptq_is_full", "net/ipv4/tcp_input.c tcp_conn_request", "net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock", "net/socket.c __sys_listen"},
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
		if len(out) >= FindingsKept {
			c.leaveOut("AQ01", members)
			continue
		}
		if f := c.acceptQueue(members); f.Severity > OK {
			out = append(out, f)
		}
	}
	if n := c.unblamed(all); n > 0 {
		out = append(out, c.overflowsOfNobody(all, n))
	}
	if len(out) == 0 {
		c.lacksOfQueues(all)
	}
	return out
}

// readGap is the time assumed between reading a namespace's counters and its sockets
// if that time is not known. At a listener that drops all the time, drops in that gap
// are in only one of the two.
const readGap = 200 * time.Millisecond

// spread is twice the measured time between the two, because drops come in bursts;
// readGap if that time is not known.
func (c *Case) spread() time.Duration {
	if c.Now.Spread == 0 || c.Before.Spread == 0 {
		return readGap
	}
	return 2 * max(c.Now.Spread, c.Before.Spread)
}

// unblamed returns how many overflows the blamed listeners do not explain. If some
// listener is blamed, a rest as small as what falls between two readings is not put
// down to another one.
func (c *Case) unblamed(all *listeners) uint64 {
	counted := c.Moved("TcpExt.ListenOverflows")
	explained, anyFull := uint64(0), false
	for i := range all.queues {
		q := &all.queues[i]
		if q.overflowed() {
			explained += q.Window.Overflows.Most
		}
		anyFull = anyFull || q.has(SignFull)
	}
	if explained >= counted {
		return 0
	}
	left := counted - explained
	if (explained > 0 || anyFull) && all.nobodyElse() {
		return 0 // many clients retry at one moment, between the reading of the counters and of the sockets
	}
	if explained > 0 && float64(left) <= float64(counted)*max(readRace, c.spread().Seconds()/c.Window.Seconds()) {
		return 0
	}
	return left
}

// nobodyElse reports whether only blamed listeners dropped anything, among listeners
// that existed at both readings and show their drops.
func (l *listeners) nobodyElse() bool {
	if l.blame == nil || l.blame.unknown {
		return false
	}
	blamed := 0
	for i := range l.queues {
		if q := &l.queues[i]; q.overflowed() && l.blame.drops[q.Socket] > 0 {
			blamed++
		}
	}
	return blamed == len(l.blame.drops)
}

// lacksOfQueues records the missing facts that keep listeners from being judged.
func (c *Case) lacksOfQueues(all *listeners) {
	for i := range all.queues {
		q := &all.queues[i]
		switch {
		case q.Limit == nil:
			c.Lacks("backlog", text("this source does not show the limit of an accept queue: sock_diag and ss do", "该数据来源不显示全连接队列的上限：sock_diag 和 ss 会显示"))
		case q.has(SignDropped):
			c.Lacks("window", say("%s has discarded %s segment[s] since it was opened, and connections were lost in this namespace; whether these and when, one reading does not tell: look twice with --window 10s",
				"%s 自打开以来丢弃过 %s 个报文，本命名空间也丢失过连接；是否就是这些、发生在何时，只读一次看不出：请用 --window 10s 读取两次", listenerName(q.Socket), *q.Drops))
		}
	}
}

// acceptTrouble is the part of [JudgeQueues]' verdict on a listener that is about its
// accept queue.
func acceptTrouble(q *Queue) (Severity, Basis) {
	switch {
	case q.overflowed():
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

// acceptQueue judges the listeners of one address. The finding describes the worst of
// them.
func (c *Case) acceptQueue(members []*Queue) (f Finding) {
	troubled, worst := 0, members[0]
	for _, q := range members {
		severity, basis := acceptTrouble(q)
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
	f.About, f.Owner = listening(worst.Socket.Local), worst.Socket.Owner
	f.Summary = c.acceptSummary(worst, f.Basis)
	f.Detail = append(acceptDetail(worst, len(members), troubled), c.refusals(worst)...)
	if worst.wants(KnobBacklog, KnobSomaxconn, KnobLimit) {
		f.Later = limitText(worst)
	} else if worst.has(SignStuck) || worst.wants(KnobContinue) {
		f.Later = stuckLimit(worst)
		f.Detail = append(f.Detail, f.Later)
	}
	if worst.wants(KnobContinue) || worst.wants(KnobAccept) && worst.Window != nil {
		f.Now = acceptText(worst)
	}
	f.Evidence = acceptEvidence(worst)
	if n := c.Moved("TcpExt.ListenOverflows"); n > 0 {
		f.Evidence = append(f.Evidence, above("TcpExt.ListenOverflows", float64(n), "", 0))
	}
	f.Changes = somaxconnChange(worst)
	f.Check = queuesAt(worst.Socket.Local)
	return f
}

// leaveOut counts the finding of an address that gets no finding of its own, because
// enough worse ones have. members come with the worst first.
func (c *Case) leaveOut(code string, members []*Queue) {
	worst := Finding{Code: code}
	for _, q := range members {
		if severity, basis := acceptTrouble(q); severity > worst.Severity {
			worst.Severity, worst.Basis = severity, basis
		}
	}
	if worst.Severity > OK {
		c.surplus.add(&worst)
	}
}

// acceptSummary writes, for example: accept queue of nginx :443 is full: 512 waiting,
// limit 511; 1,204 connection attempts dropped in 10 s.
func (c *Case) acceptSummary(q *Queue, basis Basis) knowledge.Text {
	name, waiting, limit := listenerName(q.Socket), value(q.Waiting), value(q.Limit)
	var s knowledge.Text
	switch {
	case q.has(SignFull):
		s = say("accept queue of %s is full: %s waiting, limit %s", "%s 的全连接队列已满：%s 个在等，上限 %s", name, waiting, limit)
	case basis == Loss:
		s = say("accept queue of %s overflows: %s waiting now, limit %s", "%s 的全连接队列溢出：现有 %s 个在等，上限 %s", name, waiting, limit)
	case basis == Lasting:
		s = say("nobody accepts at %s: %s connection[s] [waits|wait] (limit %s), none left in %s s",
			"%s 无人 accept：%s 个连接在等（上限 %s），%s 秒内一个也没离开", name, waiting, limit, seconds(c.Window))
	default:
		s = say("accept queue of %s is at least half full: %s waiting, limit %s", "%s 的全连接队列至少半满：%s 个在等，上限 %s", name, waiting, limit)
	}
	if basis != Loss {
		return s
	}
	lost := say("; %s connection attempt[s] dropped in %s s", "；%[2]s 秒内丢弃 %[1]s 次连接请求", q.Window.Overflows.Most, seconds(c.Window))
	if q.Window.Overflows.Least < q.Window.Overflows.Most {
		lost = say("; up to %s connection attempt[s] dropped in %s s", "；%[2]s 秒内最多丢弃 %[1]s 次连接请求", q.Window.Overflows.Most, seconds(c.Window))
	}
	return knowledge.Text{En: s.En + lost.En, Zh: s.Zh + lost.Zh}
}

func value(n *uint64) string {
	if n == nil {
		return "?"
	}
	return commas(*n)
}

// acceptDetail says which parameter to change, and which change would not help.
func acceptDetail(q *Queue, members, troubled int) (out []knowledge.Text) {
	for _, k := range q.Knobs {
		switch k {
		case KnobBacklog, KnobSomaxconn, KnobLimit:
			out = append(out, limitText(q))
		case KnobAccept, KnobContinue:
			out = append(out, acceptText(q))
		default: // other knobs: about half-open connections, or to measure again
		}
	}
	if q.has(SignAlone) {
		out = append(out, say("%s of the %s listener[s] that share the address [1:is|are] in this state, the others have room: the kernel spreads by hash, not by load",
			"共享该地址的 %[2]s 个监听套接字中有 %[1]s 个如此，其余仍有空位：内核按哈希分配，不看负载", troubled, members))
	} else if members > 1 {
		out = append(out, say("%s of the %s listener[s] that share the address [1:is|are] in this state", "共享该地址的 %[2]s 个监听套接字中有 %[1]s 个如此", troubled, members))
	}
	return out
}

// refusals says what clients see of a full queue.
func (c *Case) refusals(q *Queue) []knowledge.Text {
	defer c.optional()()
	abort, known := c.Text("net.ipv4.tcp_abort_on_overflow")
	switch {
	case !q.has(SignFull, SignDropping):
		return nil
	case known && abort != "0":
		return []knowledge.Text{text("new SYNs are dropped without an answer: clients try again, first after 1 s, and each try counts; final ACKs are answered with a reset, for tcp_abort_on_overflow is on",
			"新的 SYN 会被悄悄丢弃：客户端首先在 1 秒后重试，每次重试都计一次；最后一个 ACK 以 RST 应答，因为 tcp_abort_on_overflow 已打开")}
	default:
		return []knowledge.Text{text("new SYNs and final ACKs are dropped without an answer: clients try again, first after 1 s, and each try counts",
			"新的 SYN 和最后一个 ACK 会被悄悄丢弃：客户端首先在 1 秒后重试，每次重试都计一次")}
	}
}

// limitText says what set the limit, and so what has to be raised.
func limitText(q *Queue) knowledge.Text {
	name := ownerOr(q)
	en, zh := name.En, name.Zh
	switch q.LimitSetBy {
	case LimitApplication:
		return knowledge.Text{
			En: "the limit is the application's own backlog (somaxconn is " + plain(*q.Somaxconn) + "): raise " + en + "'s backlog; somaxconn would change nothing",
			Zh: closed("上限是应用自己的 backlog（somaxconn 为 " + plain(*q.Somaxconn) + "）：调大 " + zh + " 的 backlog；改 somaxconn 没有用"),
		}
	case LimitSomaxconn:
		return knowledge.Text{
			En: "the limit is net.core.somaxconn (" + plain(*q.Somaxconn) + "): raise it and restart " + en + ", it is read at listen() only; if " + en + " asks for no more itself, raise its backlog too",
			Zh: closed("上限就是 net.core.somaxconn（" + plain(*q.Somaxconn) + "）：调大它并重启 " + zh + "，内核只在 listen() 时读取；如果 " + zh + " 自己要的也只有这么多，还要调大它的 backlog"),
		}
	case LimitEarlier:
		return knowledge.Text{
			En: "the limit is from a time when net.core.somaxconn was higher than now (" + plain(*q.Somaxconn) + "): raise it before " + en + " is restarted, or the queue becomes shorter",
			Zh: closed("上限来自 net.core.somaxconn 比现在（" + plain(*q.Somaxconn) + "）更大的时候：重启 " + zh + " 之前先调大它，否则队列会变短"),
		}
	default:
		return text("it is not known what set the limit: if it equals net.core.somaxconn raise that and restart, if it is lower raise the application's own backlog",
			"不知道上限由什么决定：若等于 net.core.somaxconn 就调大它并重启应用，若更小就调大应用自己的 backlog")
	}
}

// stuckLimit says that raising the limit does not help, because nobody accepts.
func stuckLimit(q *Queue) knowledge.Text {
	return say("Nothing to tune: the queue of %s, of %s, would only fill again if it were longer.", "无参数可调：%s 的队列（上限 %s）再长也只会再次排满。", ownerOr(q), value(q.Limit))
}

// ownerOr names the owner of a listener, or says "the application".
func ownerOr(q *Queue) knowledge.Text {
	name := shortOwner(q.Socket.Owner)
	if name == "" || strings.HasSuffix(name, ".scope") { // the scope of a session or container does not name an application
		return text("the application", "应用")
	}
	return text(name, knowledge.Relisted(name, knowledge.Chinese))
}

// acceptText says what is known about the process that should accept.
func acceptText(q *Queue) knowledge.Text {
	switch {
	case q.wants(KnobContinue):
		continued, _ := knowledge.QueueKnob(string(KnobContinue))
		return continued
	case q.has(SignStuck):
		name := ownerOr(q)
		return knowledge.Text{
			En: "nothing was accepted: find what blocks the accept loop of " + name.En + " (slow work in it, no free worker, EMFILE)",
			Zh: closed("一个也没有被取走：查清是什么挡住了 " + name.Zh + " 的 accept 循环（其中的慢操作、没有空闲 worker、EMFILE）"),
		}
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
	if q.overflowed() {
		out = append(out, above("overflows of the listener, at most", float64(q.Window.Overflows.Most), "", 0))
	}
	return out
}

// somaxconnDefault is the kernel's default since Linux 5.4 (include/linux/socket.h
// SOMAXCONN). No advice is below it.
const somaxconnDefault = 4096

// somaxconnChange proposes to double net.core.somaxconn if it limits the queue, and at
// least to raise it to the kernel's default.
func somaxconnChange(q *Queue) []Change {
	for _, k := range q.Knobs {
		if k == KnobSomaxconn && q.Limit != nil {
			return []Change{{
				Key: "net.core.somaxconn", Value: plain(max(somaxconnDefault, 2**q.Limit)),
				Why: text("it is what limits this queue; takes effect when the application calls listen() again", "正是它限制了这个队列；应用重新 listen() 后生效"),
			}}
		}
	}
	return nil
}

// overflowsOfNobody is the finding for overflows that were counted but cannot be
// attributed to any listener.
func (c *Case) overflowsOfNobody(all *listeners, n uint64) Finding {
	f := Finding{
		Severity: Critical, Basis: Loss,
		Summary: say("%s connection attempt[s] dropped at a full accept queue in %s s; which listener's is not known",
			"%[2]s 秒内因全连接队列已满丢弃 %[1]s 次连接请求；不知道是哪个监听套接字", n, seconds(c.Window)),
		Evidence: []Evidence{above("TcpExt.ListenOverflows", float64(c.Moved("TcpExt.ListenOverflows")), "", 0)},
	}
	switch b := all.blame; {
	case b != nil && len(b.drops) > 0:
		f.Detail = append(f.Detail, text("no other queue was seen full: it came in a burst between the readings. Listeners that discarded something meanwhile, which may be these or a stray RST, FIN or scan that is no loss:",
			"没有看到别的队列已满：是两次读取之间的一次突发。其间丢弃过报文的监听套接字如下，可能就是这些连接，也可能是无关紧要的零散 RST、FIN 或扫描："))
		f.Detail = append(f.Detail, b.text(n)...)
	case b == nil || b.unknown:
		f.Detail = append(f.Detail, text("the queues have room now: it came in a burst, of a listener that is gone, or this source does not show what a listener dropped (sock_diag does)",
			"现在队列都有空位：可能是一次突发，或属于已关闭的监听套接字，或该数据来源不显示监听套接字的丢弃数（sock_diag 会显示）"))
	default:
		f.Detail = append(f.Detail, text("no listener that is there now shows it: it was one that came and went",
			"现存的监听套接字都没有显示：属于出现后又关闭的某个监听套接字"))
	}
	return f
}

// text names the suspects, and how many of the counted drops each can have at most.
func (s *suspects) text(counted uint64) (out []knowledge.Text) {
	for _, row := range s.ranked(3) {
		out = append(out, say("%s, at most %s", "%s，最多 %s 个", listenerName(row), min(s.drops[row], counted)))
	}
	return out
}

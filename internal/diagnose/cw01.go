// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func cw01() Rule {
	return Rule{
		Code: "CW01", Name: "close-wait-leak",
		Title: knowledge.Text{En: "A program does not close what its peers have closed", Zh: "程序没有关闭对端已关闭的连接"},
		Facts: []string{"CLOSE_WAIT", "inode", "cookie", "process", "window"},
		Formula: knowledge.Text{
			En: "by owner: CLOSE_WAIT with a descriptor that were there at both readings, and on which the peer acknowledged nothing in between",
			Zh: "按所属程序统计：两次读取时都在、持有描述符、其间对端没有确认任何数据的 CLOSE_WAIT",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Nothing but close() or shutdown() ends CLOSE_WAIT: no timer runs. Notice when ten lasted a second or one lasted 60 s; a pool that checks late explains fewer.",
					Zh: "只有 close() 或 shutdown() 能结束 CLOSE_WAIT：没有定时器。10 个持续 1 秒，或 1 个持续 60 秒即提示；更少可能是连接池检查较晚。",
				},
				Source: "net/ipv4/tcp_input.c tcp_fin; RFC 9293 3.6",
			},
			{
				Text: knowledge.Text{
					En: "Warning at 100, a tenth of the 1,024 descriptors that a process has by default; critical at 1,024 of one program when more came and none ended.",
					Zh: "达到 100 个（进程默认 1,024 个描述符的十分之一）时警告；同一程序达到 1,024 个且只增不减时为严重。",
				},
				Source: "include/uapi/linux/fs.h INR_OPEN_CUR",
			},
		},
		Excluded: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "A connection on which data goes out and is acknowledged (bytes_acked) is a half-closed one in use, and is not counted. One that sends the same data again and again is.",
					Zh: "仍在发出数据且被确认（bytes_acked）的连接是正在使用的半关闭连接，不计入；反复重发同一数据的则计入。",
				},
				Source: "RFC 9293 3.6.1",
			},
			{
				Text: knowledge.Text{
					En: "Connections that came in and whose request was read and is not answered yet are an info for a minute, while others of the program are closed: so looks a slow answer to a client that has shut down its side.",
					Zh: "接入的连接，请求已读完而尚未应答，且该程序其间也在关闭其他连接时，一分钟内只作信息：客户端先关闭发送方向、应答较慢时就是这样。",
				},
				Source: "RFC 9293 3.6.1; net/ipv4/tcp.c tcp_get_info",
			},
			{
				Text: knowledge.Text{
					En: "CLOSE_WAIT that no process has accepted yet are CW02.",
					Zh: "尚未被任何进程 accept() 的 CLOSE_WAIT 属于 CW02。",
				},
				Source: "net/ipv4/inet_connection_sock.c inet_csk_accept; measured on Linux 6.18",
			},
		},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Close the socket when read() returns 0: look at error paths, at threads that hang, and at pools that keep dead connections.",
				Zh: "read() 返回 0 时关闭套接字：检查错误路径、卡住的线程，以及保留死连接的连接池。",
			},
			Source: "RFC 9293 3.6",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "No setting ends CLOSE_WAIT: against \"too many open files\" only close() or a restart helps. tcpvitals kill frees addresses and buffers, not descriptors.",
				Zh: "没有任何参数能结束 CLOSE_WAIT：too many open files 只能靠 close() 或重启解决。tcpvitals kill 只释放四元组和缓冲区，不释放描述符。",
			},
			Source: "net/ipv4/tcp_diag.c tcp_diag_destroy",
		}},
		Check:   command.Of("list", "state close-wait", "-c", "+process"),
		Sources: []string{"net/ipv4/tcp_input.c tcp_fin", "RFC 9293 3.6"},
		See:     []string{"CLOSE_WAIT", "FIN_WAIT2", "CW02", "CW03"},
		Judge:   judgeCW01,
	}
}

const (
	leakSome = 10   // as many at one time are no coincidence
	leakMany = 100  // a tenth of a process's descriptors by default
	leakAll  = 1024 // all of a process's descriptors by default: INR_OPEN_CUR

	// settledIn is how long a socket has to stay in CLOSE_WAIT before that means
	// anything. A program that does close takes less.
	settledIn = time.Second
	// longIn is how long a single socket has to stay to be worth a finding.
	longIn = 60 * time.Second
)

func judgeCW01(c *Case) []Finding {
	if c.Count(tcp.CloseWait) == 0 {
		return nil
	}
	if c.Now.Sockets.Counts {
		return c.closeWaitCounted()
	}
	now, before, ok := c.Kept(CloseWaitHeld)
	if !ok {
		return c.closeWaitListed()
	}
	if now.Count == 0 {
		return nil
	}
	if before == nil {
		c.Lacks("window", noWindow())
		return closeWaitNow(now)
	}
	if c.Window < settledIn {
		return nil
	}
	var all []Finding
	gone := vanished(before, now)
	stuck, untold := unmoved(now, before, func(l, was Life) (bool, bool) { return l.sends(was, c.Window) })
	stuck = slices.DeleteFunc(stuck, streaming)
	if untold > 0 { // then only sockets without data to send count
		stuck = idle(stuck)
	}
	there := Persisted(now, before)
	for _, g := range byOwner(stuck) {
		grown := g.among(now.Rows) - g.among(there) // also counts new sockets that are still in use
		if untold > 0 {
			grown = g.among(idle(now.Rows)) - len(g.rows)
		}
		if g.seenAmong(gone) {
			grown = 0
		}
		f := closeWaitLasting(c, g, now.Rows, grown)
		if g.seenAmong(gone) {
			f.owing(g)
		}
		all = append(all, f)
	}
	return all
}

// streaming reports whether a half-closed connection is one on which an answer is
// still being sent in pieces. If the kernel sends the last data again a second time,
// the peer does not take it, and this is no stream.
func streaming(k Kept) bool {
	return k.Life.streamsOut() && (k.SendQ == 0 || k.Timer != socket.TimerOn || k.Retrans < 2)
}

// resending counts the rows that send the same data again and again without an answer.
func resending(rows []Kept) (n int, bytes uint64) {
	for i := range rows {
		if k := &rows[i]; k.SendQ > 0 && k.Timer == socket.TimerOn && k.Retrans > 0 {
			n++
			bytes += uint64(k.SendQ)
		}
	}
	return n, bytes
}

// unattended returns the rows of one reading that do not look like a half-closed
// stream in use: nothing waits to be sent, or the same data is sent again and again;
// and the last data was not sent a moment ago and after the peer's last data.
func unattended(rows []Kept) (out []Kept) {
	for _, k := range rows {
		wrote := !k.Life.Counted || k.Life.Acked > 1 // Acked includes 1 for the SYN
		streams := wrote && k.Life.Timed && k.Life.LastSent < streamPause && k.Life.LastSent < k.Life.LastRecv
		again := k.Timer == socket.TimerOn && k.Retrans >= deadRetries
		if again || k.SendQ == 0 && !streams && !k.Life.streamsOut() {
			out = append(out, k)
		}
	}
	return out
}

// idle omits the rows that still have data to send.
func idle(rows []Kept) (out []Kept) {
	for i := range rows {
		if rows[i].SendQ == 0 {
			out = append(out, rows[i])
		}
	}
	return out
}

// closeWaitNow judges one reading. It does not tell how long the sockets have been in
// CLOSE_WAIT.
func closeWaitNow(now *Watch) (all []Finding) {
	for _, g := range byOwner(unattended(now.Rows)) {
		if len(g.rows) < leakSome {
			continue
		}
		f := closeWaitOf(g, now.Rows)
		f.owing(g)
		all = append(all, f)
	}
	return all
}

// owing lowers the finding to info if all connections came in with a request that is
// not answered yet: a client that shuts down its side waits for the answer, at most
// for a minute.
func (f *Finding) owing(g *ownedBy) {
	if _, n := commonPort(g.rows); n < len(g.rows) || slices.ContainsFunc(g.rows, func(k Kept) bool { return !k.Life.owes() || k.RecvQ > 0 }) {
		return
	}
	f.Severity = Info
	f.Detail = append(f.Detail, text("each came in with a request that was read and is not answered yet: slow answers to clients that have shut down their side look like this",
		"每个连接的请求都已读完，但尚未应答：客户端先关闭发送方向、应答较慢时就是这样"))
}

func closeWaitOf(g *ownedBy, all []Kept) Finding {
	return Finding{
		Severity: Notice, Owner: g.owner, ofOwner: true, rows: g.rows,
		Summary: say("%s has %s CLOSE_WAIT%s: their peers have closed, the program has not",
			"%s 有 %s 个 CLOSE_WAIT%s：对端已关闭，程序尚未关闭", g.who(), len(g.rows), placeText(g.rows)),
		Detail:   append(slices.Concat(peerBeside(g.rows), g.sharersDetail()), knowledge.Text{En: "Whether they stay, two readings tell.", Zh: "是否一直停留，需要两次读取才能判断。"}),
		Evidence: []Evidence{above("CLOSE_WAIT", float64(len(g.rows)), "", leakSome)},
		Check:    g.filter("state close-wait", all, sentNothing()), Emergency: g.emergency("state close-wait"),
	}
}

// closeWaitLasting judges the sockets that one program did not close in the window,
// among all that are in CLOSE_WAIT.
// grown is how many more it has now, 0 if it closed any.
func closeWaitLasting(c *Case, g *ownedBy, all []Kept, grown int) Finding {
	f := Finding{
		Basis: Lasting, Owner: g.owner, ofOwner: true, rows: g.rows,
		Detail: slices.Concat(peerBeside(g.rows), g.sharersDetail()), Check: g.filter("state close-wait", all, sentNothing()),
		Emergency: g.emergency("state close-wait"),
	}
	f.Summary = say("%s has not closed %s connection[s]%s that its peer[s] closed over %s s ago",
		"%s 有 %s 个连接%s在对端关闭 %s 秒之后仍未关闭", g.who(), len(g.rows), placeText(g.rows), seconds(c.Window))
	if again, bytes := resending(g.rows); again > 0 {
		f.Detail = append(f.Detail, say("%s of them send the same data again and again and get no acknowledgement, %s byte[s]: their peers are gone, and each ends only after tcp_retries2.",
			"其中 %s 个反复重发同一数据而得不到确认，共 %s 字节：对端已消失，每个要到 tcp_retries2 用尽才会结束。", again, bytes))
	}
	f.leak(g, grown, c.Window)
	return f
}

// leak sets how severe it is that connections of one program stayed in CLOSE_WAIT for
// the whole window. grown is how many more there are now, 0 if the program closed any.
func (f *Finding) leak(g *ownedBy, grown int, window time.Duration) {
	n, threshold := len(g.rows), float64(leakSome)
	f.Severity = Info
	switch {
	case n >= leakAll && grown > 0:
		f.Severity, threshold = Critical, leakAll
	case n >= leakMany:
		f.Severity, threshold = Warning, leakMany
	case n >= leakSome || window >= longIn:
		f.Severity = Notice
	}
	f.Evidence = []Evidence{
		above("CLOSE_WAIT at both readings", float64(n), "", threshold),
		{Name: "window", Value: window.Seconds(), Unit: "s"},
	}
	if grown > 0 {
		f.Detail = append(f.Detail, say("%s more came in the window and none was closed: a leak.", "窗口内又增加 %s 个，没有一个被关闭：泄漏。", grown))
		f.Evidence = append(f.Evidence, Evidence{Name: "growth", Value: float64(grown) / window.Seconds(), Unit: "1/s"})
	}
}

// closeWaitCounted judges counts without rows, which show neither the owner nor the
// age of a socket.
func (c *Case) closeWaitCounted() []Finding {
	n := c.Count(tcp.CloseWait)
	c.Lacks("owners of CLOSE_WAIT", text("only numbers of sockets are known", "只知道各状态的套接字数量"))
	if n < leakSome {
		return nil
	}
	f := c.closeWaitAlone(n, knowledge.Text{})
	f.Detail = []knowledge.Text{text("Whose they are and whether they stay, numbers do not tell: tcpvitals doctor --window 10s on that host does.",
		"属于谁、是否一直停留，只看数量无从判断：请在该主机上运行 tcpvitals doctor --window 10s。")}
	return []Finding{f}
}

// closeWaitListed judges rows that do not show whether a process has the socket open:
// some may still wait for accept(). A listing may have a column with the owners of the
// others.
func (c *Case) closeWaitListed() (all []Finding) {
	listed := c.watch(CloseWaitListed)
	if listed == nil || listed.Count < leakSome {
		return nil
	}
	nobody := identify(nil)
	for _, g := range byOwner(unattended(listed.Rows)) {
		switch {
		case len(g.rows) < leakSome:
			continue
		case g.ids[nobody]:
			n := uint64(len(g.rows))
			if len(g.rows) == len(listed.Rows) { // not the full count: the rows may be a sample
				n = listed.Count
			}
			f := c.closeWaitAlone(n, placeText(g.rows))
			f.Detail = append(f.Detail, peerBeside(g.rows)...)
			f.Detail = append(f.Detail, text("Whose they are and whether they stay, this listing does not tell: tcpvitals doctor --window 10s on that host does. Some may wait for accept() yet.",
				"属于谁、是否一直停留，此列表无从判断：请在该主机上运行 tcpvitals doctor --window 10s。其中一些可能还在等待 accept()。"))
			all = append(all, f)
		default:
			all = append(all, closeWaitOf(g, listed.Rows))
		}
	}
	return all
}

// closeWaitAlone is a finding for which only the number of sockets is known.
func (c *Case) closeWaitAlone(n uint64, where knowledge.Text) Finding {
	return Finding{
		Severity: Notice,
		Summary: say("%s CLOSE_WAIT of %s socket[s]%s: their peers have closed, programs here have not", "%[2]s 个套接字中有 %[1]s 个 CLOSE_WAIT%[3]s：对端已关闭，本机程序尚未关闭",
			n, c.Now.Sockets.Tally.Total(), where),
		Evidence: []Evidence{above("CLOSE_WAIT", float64(n), "", leakSome)},
	}
}

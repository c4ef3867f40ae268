// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func cw01() Rule {
	return Rule{
		Code: "CW01", Name: "close-wait-leak",
		Title: knowledge.Text{En: "A program does not close what its peers have closed", Zh: "程序没有关闭对端已关闭的连接"},
		Facts: []string{"CLOSE_WAIT", "inode", "cookie", "process", "window"},
		Formula: knowledge.Text{
			En: "by owner: CLOSE_WAIT with a descriptor and an empty send queue that were there at both readings",
			Zh: "按所属程序统计：两次读取时都在、持有描述符且发送队列为空的 CLOSE_WAIT",
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
					En: "A connection that still has data to send is a half-closed one in use, and is not counted.",
					Zh: "仍有数据要发送的连接是正在使用的半关闭连接，不计入。",
				},
				Source: "RFC 9293 3.6.1",
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
				En: "No setting ends CLOSE_WAIT. In an emergency, ss -K with a filter resets them (CONFIG_INET_DIAG_DESTROY); restarting the program does too.",
				Zh: "没有任何参数能结束 CLOSE_WAIT。紧急时可用带过滤条件的 ss -K 重置它们（CONFIG_INET_DIAG_DESTROY），重启程序亦可。",
			},
			Source: "net/ipv4/tcp_diag.c tcp_diag_destroy",
		}},
		Check:   "tcpvitals list 'state close-wait' -c +process",
		Sources: []string{"net/ipv4/tcp_input.c tcp_fin", "RFC 9293 3.6"},
		See:     []string{"CLOSE_WAIT", "FIN_WAIT2", "CW02", "CW03"},
		Judge:   judgeCW01,
	}
}

const (
	leakSome = 10   // at once are no coincidence
	leakMany = 100  // a tenth of the descriptors that a process has by default
	leakAll  = 1024 // all of them: INR_OPEN_CUR

	// settledIn is how long a socket has to stay before staying means something:
	// longer than a program that does close takes to get to it.
	settledIn = time.Second
	// longIn is how long a single one has to stay to be worth a word.
	longIn = 60 * time.Second
)

func judgeCW01(c *Case) []Finding {
	if c.Count(tcp.CloseWait) == 0 {
		return nil
	}
	now, before, ok := c.Kept(CloseWaitHeld)
	if !ok || now.Count == 0 {
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
	fresh := map[string]int{}
	for _, g := range byOwner(idle(now.Rows)) {
		fresh[g.name] = len(g.rows)
	}
	for _, g := range byOwner(idle(Persisted(now, before))) {
		grown := fresh[g.name] - len(g.rows)
		if g.seenAmong(gone) {
			grown = 0
		}
		all = append(all, closeWaitLasting(c, g, grown))
	}
	return all
}

// idle leaves out what still has data to send.
func idle(rows []Kept) (out []Kept) {
	for i := range rows {
		if rows[i].SendQ == 0 {
			out = append(out, rows[i])
		}
	}
	return out
}

// closeWaitNow judges one reading, which does not tell how long they have lasted.
func closeWaitNow(now *Watch) (all []Finding) {
	for _, g := range byOwner(idle(now.Rows)) {
		if len(g.rows) < leakSome {
			continue
		}
		all = append(all, Finding{
			Severity: Notice, Subject: g.name, Owner: g.owner,
			Summary: say("%s has %s CLOSE_WAIT: their peers have closed, the program has not",
				"%s 有 %s 个 CLOSE_WAIT：对端已关闭，程序尚未关闭", g.who(), len(g.rows)),
			Detail:   append(peerDetail(g.rows), knowledge.Text{En: "Whether they stay, two readings tell.", Zh: "是否一直停留，需要两次读取才能判断。"}),
			Evidence: []Evidence{above("CLOSE_WAIT", float64(len(g.rows)), "", leakSome)},
			Check:    g.filter("state close-wait"),
		})
	}
	return all
}

// closeWaitLasting judges what one program did not close in the window; grown
// is how many more it has now, 0 when it closed any.
func closeWaitLasting(c *Case, g *ownedBy, grown int) Finding {
	n := len(g.rows)
	f := Finding{
		Basis: Lasting, Subject: g.name, Owner: g.owner, Severity: Info,
		Detail: peerDetail(g.rows), Check: g.filter("state close-wait"),
	}
	threshold := float64(leakSome)
	switch {
	case n >= leakAll && grown > 0:
		f.Severity, threshold = Critical, leakAll
	case n >= leakMany:
		f.Severity, threshold = Warning, leakMany
	case n >= leakSome || c.Window >= longIn:
		f.Severity = Notice
	}
	f.Evidence = []Evidence{
		above("CLOSE_WAIT at both readings", float64(n), "", threshold),
		{Name: "window", Value: c.Window.Seconds(), Unit: "s"},
	}
	f.Summary = say("%s has not closed %s connections that its peers closed over %s s ago",
		"%s 有 %s 个连接在对端关闭 %s 秒之后仍未关闭", g.who(), n, seconds(c.Window))
	if grown > 0 {
		f.Detail = append(f.Detail, say("%s more came in the window and none was closed: a leak.", "窗口内又增加 %s 个，没有一个被关闭：泄漏。", grown))
		f.Evidence = append(f.Evidence, Evidence{Name: "growth", Value: float64(grown) / c.Window.Seconds(), Unit: "1/s"})
	}
	return f
}

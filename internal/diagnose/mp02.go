// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func mp02() Rule {
	return Rule{
		Code: "MP02", Name: "mptcp-leak",
		Title: text("MPTCP connections that are not closed after the peer has closed", "对端关闭后程序没有关闭的 MPTCP 连接"),
		Facts: []string{"CLOSE_WAIT", GaugeMultipath, "mptcp"},
		Formula: text("MPTCP connections in CLOSE_WAIT at both readings on whose subflows nothing was sent meanwhile, by process",
			"两次读取时都在 CLOSE_WAIT、其间子流没有发送数据的 MPTCP 连接，按进程统计"),
		Threshold: []knowledge.Statement{
			claim("As CW01: a notice from 10, which are no coincidence, a warning from 100, a tenth of the descriptors that a process has by default, critical from 1,024 that still grow.",
				"与 CW01 相同：达到 10 个提示，不会是巧合；达到 100 个（默认描述符上限的十分之一）警告；达到 1,024 个且仍在增长为严重。",
				"include/uapi/linux/fs.h INR_OPEN_CUR; RFC 8684 3.3.3"),
		},
		Excluded: []knowledge.Statement{
			claim("A half-closed stream that still sends: data went out by one of its subflows in the window. Connections that nobody has accepted yet. Connections that fell back to TCP: CW01 counts them.",
				"仍在发送的半关闭流：窗口内其某条子流发送过数据。尚未被 accept 的连接。已回退到 TCP 的连接：由 CW01 统计。", "RFC 8684 3.3.3"),
			claim("Its subflows are no evidence: they stay ESTABLISHED for as long as the program keeps the connection, whatever the peer has closed.",
				"子流不能作为依据：只要程序保留连接，无论对端是否已关闭，子流都保持 ESTABLISHED。", "RFC 8684 3.3.3; measured on Linux 6.18"),
		},
		App: []knowledge.Statement{
			claim("Close the connection when read() returns 0. The descriptor is an ordinary one: nothing in the program shows that it is MPTCP, which Go asks for by default when it listens.",
				"read() 返回 0 时关闭连接。描述符与普通连接无异：程序中看不出它是 MPTCP；Go 监听时默认就使用 MPTCP。", "RFC 8684 3.3.3; https://go.dev/doc/go1.24"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: no timer ends CLOSE_WAIT.", "无参数可调：没有定时器会结束 CLOSE_WAIT。", "RFC 9293 3.6"),
		},
		Check:   command.Other("ss", "-Manp", "state", "close-wait"),
		Sources: []string{"RFC 8684 3.3.3", "measured on Linux 6.18"},
		See:     []string{"CLOSE_WAIT", "CW01", "MP01"},
		Judge:   judgeMP02,
	}
}

func judgeMP02(c *Case) (all []Finding) {
	if !c.multipathHere() {
		return nil
	}
	now, before, ok := c.Kept(MultipathHeld)
	if !ok || now.Count == 0 {
		return nil
	}
	if before == nil {
		c.Lacks("window", noWindow())
		return nil
	}
	if c.Window < settledIn {
		return nil
	}
	gone := vanished(before, now)
	there := Persisted(now, before)
	for _, g := range byOwner(c.silentMultipath(there)) {
		grown := g.among(now.Rows) - g.among(there) // also counts new ones that still send
		if g.seenAmong(gone) {
			grown = 0
		}
		all = append(all, c.multipathLeak(g, grown))
	}
	return all
}

// multipathHere reports whether there are MPTCP connections.
func (c *Case) multipathHere() bool {
	n, _ := c.multipaths()
	parts := c.watch(Subflows)
	return n > 0 || parts != nil && parts.Count > 0
}

// silentMultipath omits connections whose subflows sent data in the window, and those
// that fell back to TCP, which are in CLOSE_WAIT themselves and are counted by CW01. All
// sockets of one MPTCP connection have the inode of its descriptor (measured on Linux
// 6.18).
func (c *Case) silentMultipath(rows []Kept) (out []Kept) {
	elsewhere := map[uint32]bool{}
	if plain := c.watch(CloseWaitHeld); plain != nil {
		for i := range plain.Rows {
			elsewhere[plain.Rows[i].Inode] = true
		}
	}
	there, earlier := common(c.watch(Subflows), c.Before.Sockets.Watch(Subflows))
	past := byCookie(earlier)
	for i := range there {
		was := past[there[i].Cookie]
		if was == nil {
			continue
		}
		if moved, _ := there[i].Life.sends(was.Life, c.Window); moved {
			elsewhere[there[i].Inode] = true
		}
	}
	for i := range rows {
		if !elsewhere[rows[i].Inode] {
			out = append(out, rows[i])
		}
	}
	return out
}

// multipathLeak judges the connections that one program did not close in the window.
// grown is how many more it has now, 0 if it closed any.
func (c *Case) multipathLeak(g *ownedBy, grown int) Finding {
	f := Finding{
		Basis: Lasting, Owner: g.owner, ofOwner: true, rows: g.rows,
		Summary: say("%s has not closed %s MPTCP connection[s]%s that its peer[s] closed over %s s ago",
			"%s 有 %s 个 MPTCP 连接%s在对端关闭 %s 秒之后仍未关闭", g.who(), len(g.rows), placeText(g.rows), seconds(c.Window)),
		Detail: append(g.sharersDetail(), text("lists of TCP sockets show their subflows only, which stay ESTABLISHED", "TCP 套接字列表只显示其子流，子流保持 ESTABLISHED")),
	}
	f.leak(g, grown, c.Window)
	return f
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func cw02() Rule {
	return Rule{
		Code: "CW02", Name: "close-wait-unaccepted",
		Title: knowledge.Text{En: "Clients gave up before the server accepted them", Zh: "客户端在服务端 accept() 之前已放弃"},
		Facts: []string{"CLOSE_WAIT", "inode", "cookie", "window"},
		Formula: knowledge.Text{
			En: "CLOSE_WAIT without an inode, by local address and port, that were there at both readings",
			Zh: "按本地地址和端口统计：两次读取时都在且没有 inode 的 CLOSE_WAIT",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Warning when one waited for a second: a server that runs accepts in less, and this client is already gone. One reading alone is a notice.",
				Zh: "有一个等待达 1 秒即警告：正常的服务端会更快 accept()，而该客户端已经离开。只读取一次时为提示。",
			},
			Source: "net/ipv4/inet_connection_sock.c inet_csk_accept; measured on Linux 6.18",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "It is no leak: no program has the connection, so that none could close it. What the kernel opens for itself has an inode.",
				Zh: "这不是泄漏：没有程序持有该连接，也就无从关闭。内核自己打开的套接字是有 inode 的。",
			},
			Source: "net/ipv4/inet_diag.c inet_diag_msg_common_fill; measured on Linux 6.18",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Find out what keeps the server from accept(): a blocked thread, no descriptors left (EMFILE), too few workers.",
				Zh: "找出服务端为何没有 accept()：线程阻塞、描述符用尽（EMFILE）或工作进程太少。",
			},
			Source: "net/ipv4/inet_connection_sock.c inet_csk_accept; accept(2)",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "A longer queue would only hold more connections whose clients have already left.",
				Zh: "更长的队列只会让更多已离开的客户端排队。",
			},
			Source: "include/net/sock.h sk_acceptq_is_full",
		}},
		Check:   command.Of("queues", "--window", "10s"),
		Sources: []string{"net/ipv4/inet_connection_sock.c inet_csk_accept", "measured on Linux 6.18"},
		See:     []string{"CLOSE_WAIT", "LISTEN", "AQ01", "CW01"},
		Judge:   judgeCW02,
	}
}

func judgeCW02(c *Case) (all []Finding) {
	if c.Count(tcp.CloseWait) == 0 {
		return nil
	}
	now, before, ok := c.Kept(CloseWaitUnaccepted)
	if !ok || now.Count == 0 {
		return nil
	}
	if before == nil {
		c.Lacks("window", noWindow())
		return c.gaveUpNow(now.Rows)
	}
	if c.Window < settledIn {
		return nil
	}
	for _, p := range c.byLocal(Persisted(now, before), stayedClosed) {
		all = append(all, p.finding(Lasting, Warning, say("%s client[s] closed, and %s has still not accepted [1:it|them] after %s s",
			"%s 个客户端已关闭，而 %s 在 %s 秒后仍未 accept()", p.count, p.name(), seconds(c.Window))))
	}
	return all
}

// gaveUpNow judges one reading. What was closed a moment ago a server at work accepts in
// the next one.
func (c *Case) gaveUpNow(rows []Kept) (all []Finding) {
	recent := func(k Kept) bool { return k.Life.Timed && k.Life.LastRecv < settledIn }
	soon := map[netip.AddrPort]uint64{}
	for _, p := range c.byLocal(slices.DeleteFunc(slices.Clone(rows), func(k Kept) bool { return !recent(k) }), gaveUp) {
		soon[p.local] = uint64(len(p.rows))
	}
	for _, p := range c.byLocal(slices.DeleteFunc(slices.Clone(rows), recent), gaveUp) {
		p.count = max(uint64(len(p.rows)), p.count-min(p.count, soon[p.local]))
		all = append(all, p.finding(Counts, Notice, say("%s client[s] closed before %s accepted [1:it|them]",
			"%s 个客户端在 %s accept() 之前已关闭", p.count, p.name())))
	}
	return all
}

func gaveUp(q *Queue) uint64 { return q.GaveUp }

// localRows are the kept rows that arrived at one listener; if the listener is not
// known, at one local address and port.
type localRows struct {
	local netip.AddrPort
	owner *socket.Owner // who owns the listener
	rows  []Kept
	count uint64 // how many sockets there are, including those that were not kept
}

func stayedClosed(q *Queue) uint64 {
	if q.Window == nil {
		return 0
	}
	return q.Window.StayedClosed
}

// name names the process that should accept.
func (p *localRows) name() knowledge.Text {
	return listenerName(&socket.Socket{Local: p.local, Owner: p.owner})
}

// byLocal groups rows by where they arrived, the largest group first. count returns
// how many such sockets a listener has.
func (c *Case) byLocal(rows []Kept, count func(*Queue) uint64) (all []*localRows) {
	defer c.optional()()
	listeners, known := c.listeners()
	found := map[netip.AddrPort]*localRows{}
	groups := make([]*localRows, len(rows))
	for i := range rows {
		at := localRows{local: rows[i].Local}
		if known {
			if q := listeners.of(c.Now.inode(), rows[i].Local); q != nil {
				at = localRows{local: q.Socket.Local, owner: q.Socket.Owner, count: count(q)}
			}
		}
		p := found[at.local]
		if p == nil {
			p = &at
			found[at.local] = p
			all = append(all, p)
		}
		groups[i] = p
	}
	shareOut(rows, groups)
	slices.SortFunc(all, func(a, b *localRows) int {
		return cmp.Or(cmp.Compare(b.count, a.count), a.local.Compare(b.local))
	})
	return all
}

// shareOut gives each row to its group. All groups share one allocation.
func shareOut(rows []Kept, groups []*localRows) {
	sizes := map[*localRows]int{}
	for _, p := range groups {
		sizes[p]++
	}
	room := make([]Kept, len(rows))
	for i, p := range groups {
		if p.rows == nil {
			p.rows, room = room[:0:sizes[p]], room[sizes[p]:]
			p.count = max(p.count, uint64(sizes[p]))
		}
		p.rows = append(p.rows, rows[i])
	}
}

func (p *localRows) finding(basis Basis, severity Severity, summary knowledge.Text) Finding {
	return Finding{
		Basis: basis, Severity: severity, Summary: summary, About: listening(p.local), Owner: p.owner, rows: p.rows,
		Evidence: []Evidence{above("CLOSE_WAIT without an inode", float64(p.count), "", 0)},
		Check:    queuesAt(p.local),
	}
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func cw02() Rule {
	return Rule{
		Code: "CW02", Name: "close-wait-unaccepted",
		Title: knowledge.Text{En: "Clients gave up before the server accepted them", Zh: "客户端在服务器 accept() 之前已放弃"},
		Facts: []string{"CLOSE_WAIT", "inode", "cookie", "window"},
		Formula: knowledge.Text{
			En: "CLOSE_WAIT without an inode, by local address and port, that were there at both readings",
			Zh: "按本地地址和端口统计：两次读取时都在且没有 inode 的 CLOSE_WAIT",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Warning when one waited for a second: a server that runs accepts in less, and this client is already gone. One reading alone is a notice.",
				Zh: "有一个等待达 1 秒即警告：正常的服务器会更快 accept()，而该客户端已经离开。只读取一次时为提示。",
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
				Zh: "找出服务器为何没有 accept()：线程阻塞、描述符用尽（EMFILE）或工作进程太少。",
			},
			Source: "net/ipv4/inet_connection_sock.c inet_csk_accept; accept(2)",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "A longer queue would only keep more clients waiting that have gone.",
				Zh: "更长的队列只会让更多已离开的客户端排队。",
			},
			Source: "include/net/sock.h sk_acceptq_is_full",
		}},
		Check:   "tcpvitals queues --window 10s",
		Sources: []string{"net/ipv4/inet_connection_sock.c inet_csk_accept", "measured on Linux 6.18"},
		See:     []string{"CLOSE_WAIT", "LISTEN", "AQ01", "CW01"},
		HiddenBy: []Cause{{
			Code:   "AQ01",
			Why:    knowledge.Text{En: "nobody takes connections out of the accept queue, where these wait", Zh: "这些连接在 accept 队列中等待，而没有人取走它们"},
			Covers: func(cause, consequence *Finding) bool { return portOf(cause.Subject) == portOf(consequence.Subject) },
		}},
		Judge: judgeCW02,
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
		for _, p := range byLocal(now.Rows) {
			all = append(all, p.finding(Counts, Notice, say("%s clients closed before %s accepted them",
				"%s 个客户端在 %s accept() 之前已关闭", len(p.rows), p.local.String())))
		}
		return all
	}
	if c.Window < settledIn {
		return nil
	}
	for _, p := range byLocal(Persisted(now, before)) {
		all = append(all, p.finding(Lasting, Warning, say("%s clients closed, and %s has still not accepted them after %s s",
			"%s 个客户端已关闭，而 %s 在 %s 秒后仍未 accept()", len(p.rows), p.local.String(), seconds(c.Window))))
	}
	return all
}

// portOf returns the port of an address that is the subject of a finding.
func portOf(subject string) string { return subject[strings.LastIndexByte(subject, ':')+1:] }

// localRows are the kept rows of one local address and port.
type localRows struct {
	local netip.AddrPort
	rows  []Kept
}

// byLocal groups rows by where they arrived, the most first.
func byLocal(rows []Kept) (all []*localRows) {
	found := map[netip.AddrPort]*localRows{}
	for i := range rows {
		p := found[rows[i].Local]
		if p == nil {
			p = &localRows{local: rows[i].Local}
			found[rows[i].Local] = p
			all = append(all, p)
		}
		p.rows = append(p.rows, rows[i])
	}
	slices.SortFunc(all, func(a, b *localRows) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), a.local.Compare(b.local))
	})
	return all
}

func (p *localRows) finding(basis Basis, severity Severity, summary knowledge.Text) Finding {
	return Finding{
		Basis: basis, Severity: severity, Summary: summary, Subject: p.local.String(),
		Evidence: []Evidence{above("CLOSE_WAIT without an inode", float64(len(p.rows)), "", 0)},
		Check:    fmt.Sprintf("tcpvitals queues 'sport = :%d' --window 10s", p.local.Port()),
	}
}

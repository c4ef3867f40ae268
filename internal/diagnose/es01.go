// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func es01() Rule {
	return Rule{
		Code: "ES01", Name: "not-accepted-established",
		Title: text("Connections that wait for accept() for long", "长时间等待 accept() 的连接"),
		Facts: []string{"ESTABLISHED", "LISTEN"},
		Formula: text("ESTABLISHED with inode 0, which no process has been given, that were there at both readings",
			"两次读取时都存在、inode 为 0（还没交给任何进程）的 ESTABLISHED"),
		Threshold: []knowledge.Statement{
			claim("Warning when one waited through a window of at least 1 s: the queue is served in order, so that everybody behind it waits as long.",
				"有连接在至少 1 秒的窗口内一直在等即警告：队列按先后处理，它后面的都要等这么久。",
				"net/ipv4/inet_connection_sock.c inet_csk_accept; include/net/request_sock.h reqsk_queue_remove"),
		},
		Excluded: []knowledge.Statement{
			claim("Connections that were taken and replaced by others: only the same cookie at both readings counts.",
				"已被取走、换成别的连接的不算：只计两次读取时 cookie 相同的。", "net/core/sock_diag.c sock_gen_cookie"),
		},
		App: []knowledge.Statement{
			claim("Accept faster: more workers, or less work between two accept().", "加快 accept：增加 worker，或减少两次 accept() 之间的工作。", "accept(2)"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: a longer queue makes the wait longer.", "无参数可调：队列越长，等得越久。", "net/ipv4/inet_connection_sock.c inet_csk_accept"),
		},
		Check:      command.Of("queues", "--window", "10s"),
		Sources:    []string{"net/ipv4/inet_connection_sock.c inet_csk_accept", "measured on Linux 6.18"},
		See:        []string{"ESTABLISHED", "LISTEN", "AQ01", "CW02"},
		WindowOnly: true,
		Judge:      judgeES01,
	}
}

func judgeES01(c *Case) (out []Finding) {
	all, ok := c.listeners()
	if !ok || c.Window < settled {
		return nil
	}
	waiting := map[*Queue]uint64{}
	for _, members := range all.byAddress() {
		switch q := all.of(c.Now.inode(), members[0].Socket.Local); {
		case q == nil || q.Window == nil:
		case q.Unaccepted == nil:
			c.Lacks("owners of ESTABLISHED", knowledge.Absence{Code: knowledge.AbsentRows}.Text())
			return nil
		case q.Window.StayedOpen > 0:
			waiting[q] = q.Window.StayedOpen
		}
	}
	for _, q := range most(waiting, len(waiting), func(q *Queue) string { return q.Socket.Local.String() }) {
		out = append(out, Finding{
			Severity: Warning, Basis: Lasting, About: listening(q.Socket.Local), Owner: q.Socket.Owner,
			Summary: say("%s connection[s] at %s [1:has|have] waited for accept() for more than %s s", "%[2]s 有 %[1]s 个连接等待 accept() 已超过 %[3]s 秒", waiting[q], listenerName(q.Socket), seconds(c.Window)),
			Detail: []knowledge.Text{text("the clients see a connection that works and answers nothing; what they sent waits in its receive queue",
				"客户端看到连接正常却没有任何回应；它们发来的数据留在接收队列里")},
			Evidence: []Evidence{above("ESTABLISHED without a process at both readings", float64(waiting[q]), "", 0)},
			Check:    queuesAt(q.Socket.Local),
		})
	}
	return out
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func aq02() Rule {
	return Rule{
		Code: "AQ02", Name: "backlog-capped",
		Title: text("A backlog that net.core.somaxconn decides", "由 net.core.somaxconn 决定的 backlog"),
		Facts: []string{"LISTEN", "net.core.somaxconn"},
		Formula: text("the limit of a listener against net.core.somaxconn: listen() took the smaller of it and its argument, once",
			"监听套接字的上限与 net.core.somaxconn 相比：listen() 在调用时取它与参数中较小的一个，只取一次"),
		Threshold: []knowledge.Statement{
			claim("Notice where an accept queue is full or overflows and its limit equals somaxconn: then somaxconn, not the application, is what limits it. Below somaxconn it is the application's own backlog, and AQ01 says so.",
				"全连接队列已满或溢出且上限等于 somaxconn 时提示：此时起限制作用的是 somaxconn 而不是应用。低于 somaxconn 时是应用自己的 backlog，由 AQ01 说明。",
				"net/socket.c __sys_listen; measured on Linux 6.18"),
			claim("Info where the limit is above somaxconn: it dates from a higher value, and the next listen() will shorten the queue.",
				"上限高于 somaxconn 时为信息：它来自以前更大的值，下一次 listen() 会使队列变短。",
				"net/socket.c __sys_listen; measured on Linux 6.18"),
		},
		Excluded: []knowledge.Statement{
			claim("Equality alone is no sign: many programs ask for exactly somaxconn, and a queue with room needs no more.",
				"仅仅相等不算征兆：很多程序本来就以 somaxconn 为参数，有空位的队列不需要更长。", "net/socket.c __sys_listen"),
		},
		App: []knowledge.Statement{
			claim("Let it call listen() again after the change: restart it, or reload it if that makes new sockets.",
				"修改后让它重新 listen()：重启；若重新加载会新建套接字，重新加载即可。", "net/socket.c __sys_listen"),
		},
		Kernel: []knowledge.Statement{
			claim("Raise net.core.somaxconn in the network namespace of the listener; a container has its own, which starts at the kernel's default.",
				"在监听套接字所在的网络命名空间里调大 net.core.somaxconn；容器有自己的一份，从内核默认值开始。",
				"include/linux/socket.h SOMAXCONN; net/core/net_namespace.c; measured on Linux 6.18"),
		},
		Check:   command.Of("queues"),
		Sources: []string{"net/socket.c __sys_listen"},
		See:     []string{"LISTEN", "net.core.somaxconn", "AQ01"},
		Judge:   judgeAQ02,
	}
}

func judgeAQ02(c *Case) []Finding {
	all, ok := c.listeners()
	if !ok {
		return nil
	}
	if _, ok := c.Sysctl("net.core.somaxconn"); !ok {
		return nil
	}
	var out []Finding
	for _, members := range all.byAddress() {
		q := members[0]
		severity, _ := acceptTrouble(q)
		f := Finding{Basis: Limit, About: listening(q.Socket.Local), Owner: q.Socket.Owner}
		switch {
		case q.LimitSetBy == LimitEarlier:
			f.Severity = Info
			f.Summary = say("the accept queue of %s holds %s, but somaxconn is %s now: the next listen() will shorten it",
				"%s 的全连接队列上限为 %s，但 somaxconn 现为 %s：下一次 listen() 会使它变短", listenerName(q.Socket), *q.Limit, plain(*q.Somaxconn))
		case q.LimitSetBy == LimitSomaxconn && severity >= Warning && q.has(SignFull, SignDropping):
			f.Severity = Notice
			f.Summary = say("the accept queue of %s is limited by net.core.somaxconn, which is %s",
				"%s 的全连接队列受 net.core.somaxconn 限制，其值为 %s", listenerName(q.Socket), plain(*q.Somaxconn))
			f.Changes = somaxconnChange(q)
		default:
			continue
		}
		f.Detail = []knowledge.Text{limitText(q)}
		f.Evidence = []Evidence{above("limit of the accept queue", float64(*q.Limit), "", float64(*q.Somaxconn))}
		out = append(out, f)
	}
	return out
}

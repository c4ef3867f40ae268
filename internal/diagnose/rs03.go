// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

func rs03() Rule {
	return Rule{
		Code: "RS03", Name: "resets-by-program", Traced: true,
		Title: text("A program here ends connections with resets", "本机程序以重置结束连接"),
		Facts: []string{"trace"},
		Formula: text("ends with SO_LINGER 0, with connect() to AF_UNSPEC, of listeners that were closed before they accepted, and by SOCK_DESTROY / ends of connections of the same service, by program",
			"以 SO_LINGER 0、以 connect() 到空地址、因监听套接字在 accept 之前关闭、被 SOCK_DESTROY 结束的次数 / 同一服务的连接结束次数，按程序统计"),
		Threshold: []knowledge.Statement{
			claim("From 20 that are a tenth of the ends: a notice where a server does so to connections that it accepted, as what is under way to the peer is thrown away; an info where a client does so to its own. Both numbers are those of RS01, proposals.",
				"达到 20 次且占结束次数的十分之一：服务端对其接受的连接如此则提示，因为发往对端的在途数据会被丢弃；客户端对自己的连接如此则为信息。两个数与 RS01 相同，为建议值。",
				"net/ipv4/tcp.c __tcp_close, tcp_disconnect; RFC 9293 3.10.5"),
		},
		Excluded: []knowledge.Statement{
			claim("Clients that end their own connections so, such as the health checks of load balancers, are an info at most.", "客户端如此结束自己的连接（例如负载均衡的健康检查）至多为信息。", "net/ipv4/tcp.c __tcp_close"),
			claim("Resets that peers sent are no matter of a program here: RS01 has them. After our FIN the kernel does not tell an RST from data that came too late: these are left out.",
				"对端发来的重置与本机程序无关，见 RS01。本端 FIN 之后，内核不区分 RST 与迟到的数据，这些不计。", "net/ipv4/tcp_input.c tcp_rcv_state_process"),
		},
		App: []knowledge.Statement{
			claim("SO_LINGER 0: leave it out, or shutdown(SHUT_WR) and read to the end before close(). It does not save TIME_WAIT, it cuts short what was sent.",
				"SO_LINGER 0：去掉它，或在 close() 之前 shutdown(SHUT_WR) 并读到结束。它不是节省 TIME_WAIT 的办法，而是截断已发送的数据。", "net/ipv4/tcp.c __tcp_close; RFC 1337 2"),
			claim("Never accepted: before a listener is closed for a restart, accept what is queued, or hand the listener on (socket activation).",
				"从未 accept：重启前关闭监听套接字之前，先接受队列里的连接，或把监听套接字交给新进程（socket activation）。", "net/ipv4/inet_connection_sock.c inet_csk_listen_stop"),
			claim("Destroyed: find who calls ss -K, tcpvitals kill or the like.", "被销毁：查清是谁调用 ss -K、tcpvitals kill 或类似工具。", "net/ipv4/tcp.c tcp_abort"),
		},
		Check:   command.Of("trace", "reason = linger-zero or reason = disconnected or reason = never-accepted or reason = destroyed", "--by", "process,reason", "--for", "10s"),
		Sources: []string{"net/ipv4/tcp.c __tcp_close, tcp_disconnect, tcp_abort", "RFC 9293 3.10.5"},
		See:     []string{"RS01", "RS04", "TCPAbortOnData"},
		Judge:   judgeRS03,
	}
}

const (
	ownResetsFloor = 20
	ownResetsShare = 0.1
)

// ownResets are the ways in which a program resets connections, in the order in which
// they are reported.
func ownResets() []resetWay {
	return []resetWay{
		{socket.LingerZero, text("%s with SO_LINGER set to 0 s", "%s 次因 SO_LINGER 为 0"), knowledge.Text{}},
		{
			socket.Disconnected, text("%s with connect() to AF_UNSPEC", "%s 次因 connect() 到空地址"),
			text("close() such a connection instead of calling connect() with AF_UNSPEC, which resets it", "不要用 AF_UNSPEC 调用 connect()（它会重置连接），应当 close()"),
		},
		{
			socket.NeverAccepted, text("%s in the accept queue of a listener that was closed", "%s 次因监听套接字关闭时仍在全连接队列中"),
			text("before a listener is closed for a restart, accept what is queued, or hand the listener on (socket activation)", "重启前关闭监听套接字之前，先接受队列里的连接，或把监听套接字交给新进程（socket activation）"),
		},
		{socket.Destroyed, text("%s with SOCK_DESTROY", "%s 次被 SOCK_DESTROY 销毁"), text("find who calls ss -K, tcpvitals kill or the like", "查清是谁调用 ss -K、tcpvitals kill 或类似工具")},
	}
}

type resetWay struct {
	reason socket.Reason
	words  knowledge.Text
	now    knowledge.Text // what to do about it
}

// doMost makes the advice about the most frequent way the finding's advice.
func (f *Finding) doMost(ways []resetWay, by map[socket.Reason]uint64) {
	var most uint64
	for _, way := range ways {
		if n := by[way.reason]; n > most && way.now != (knowledge.Text{}) {
			most, f.Now = n, way.now
		}
	}
	if most > 0 {
		f.Detail = append(f.Detail, f.Now)
	}
}

func isOwnReset(r socket.Reason) bool {
	return r == socket.LingerZero || r == socket.Disconnected || r == socket.NeverAccepted || r == socket.Destroyed
}

func judgeRS03(c *Case) (all []Finding) {
	r, ok := c.traced()
	if !ok {
		return nil
	}
	ended := r.ends()
	for _, g := range r.groups(func(k tracedKind) bool { return isOwnReset(k.reason) && endsConnection(k) }) {
		if g.n < ownResetsFloor {
			break
		}
		ends := ended[g.service]
		share := float64(g.n) / float64(ends)
		if share < ownResetsShare {
			continue
		}
		f := Finding{
			Severity: Info, Basis: Loss, About: g.service.about(), Owner: g.program.owner(), aborts: g.n,
			Summary: say("%s ended %s of %s connection[s] %s with a reset", "%[1]s 以重置结束了%[4]s %[3]s 个连接中的 %[2]s 个", g.who(), g.n, ends, g.service.where()),
			Evidence: []Evidence{
				above("resets by this program", float64(g.n), "", ownResetsFloor),
				above("share of ends", 100*share, "%", 100*ownResetsShare),
			},
		}
		for _, way := range ownResets() {
			if n := g.by[way.reason]; n > 0 {
				f.Detail = append(f.Detail, say(way.words.En, way.words.Zh, n))
			}
		}
		if g.service.accepted {
			f.Severity = Notice
			if 2*g.by[socket.LingerZero] < g.n {
				f.doMost(ownResets(), g.by)
			}
		}
		all = append(all, f)
	}
	return shownOf(all)
}

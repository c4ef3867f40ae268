// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func rs04() Rule {
	return Rule{
		Code: "RS04", Name: "closes-unread", Traced: true,
		Title: text("A program closes connections without reading what has arrived", "程序未读完已到达的数据就关闭连接"),
		Facts: []string{"trace"},
		Formula: text("closes in ESTABLISHED with unread data / ends of connections of the same service, by program",
			"ESTABLISHED 状态下留有未读数据的关闭次数 / 同一服务的连接结束次数，按程序统计"),
		Threshold: []knowledge.Statement{
			claim("From 20 that are a tenth of the ends: a notice where a server does so, whose last answer the RST can destroy before the peer has read it; an info where a client throws an answer away. Both numbers are those of RS01, proposals.",
				"达到 20 次且占结束次数的十分之一：服务端如此则提示，因为 RST 可能在对端读取之前就毁掉最后的应答；客户端丢弃应答则为信息。两个数与 RS01 相同，为建议值。",
				"net/ipv4/tcp.c __tcp_close; RFC 2525 2.17"),
		},
		Excluded: []knowledge.Statement{
			claim("Unread data behind the peer's FIN: the peer has said all, as TLS does with its close_notify.", "对端 FIN 之后的未读数据：对端已说完，例如 TLS 的 close_notify。", "RFC 8446 6.1"),
		},
		App: []knowledge.Statement{
			claim("Read to the end of the request, or shutdown(SHUT_WR) and read until the peer closes, with a limit, before close(): servers call that a lingering close (nginx lingering_close).",
				"读完请求，或先 shutdown(SHUT_WR)，再在限定时间内读到对端关闭，然后 close()：服务程序称之为 lingering close（nginx lingering_close）。", "RFC 9112 9.6; RFC 2525 2.17"),
		},
		Check:   command.Of("trace", "reason = unread-data and from = established", "--by", "process,sport", "--for", "10s"),
		Sources: []string{"net/ipv4/tcp.c __tcp_close", "RFC 2525 2.17", "RFC 9112 9.6"},
		See:     []string{"RS01", "RS03", "TCPAbortOnClose"},
		Judge:   judgeRS04,
	}
}

func judgeRS04(c *Case) (all []Finding) {
	r, ok := c.traced()
	if !ok {
		return nil
	}
	ended := r.ends()
	for _, g := range r.groups(func(k tracedKind) bool { return k.reason == socket.UnreadData && k.from == tcp.Established }) {
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
			Summary: say("%s closed %s of %s connection[s] %s with data unread, which resets them", "%[1]s 关闭%[4]s %[3]s 个连接中的 %[2]s 个时留有未读数据，连接因此被重置",
				g.who(), g.n, ends, g.service.where()),
			Evidence: []Evidence{
				above("closes with unread data", float64(g.n), "", ownResetsFloor),
				above("share of ends", 100*share, "%", 100*ownResetsShare),
			},
		}
		if g.service.accepted {
			f.Severity = Notice
			f.Detail = append(f.Detail, text("the reset can take the last answer with it, which the peer then never sees", "重置可能使最后的应答也一并失去，对端永远看不到它"))
		}
		all = append(all, f)
	}
	return shownOf(all)
}

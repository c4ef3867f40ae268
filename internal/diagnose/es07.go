// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

func es07() Rule {
	return Rule{
		Code: "ES07", Name: "short-lived", Traced: true,
		Title: text("Connections towards one destination that live shorter than 100 ms", "到同一目标、存活不足 100 毫秒的连接"),
		Facts: []string{"trace"},
		Formula: text("connections of one program to one destination that were established for less than 100 ms and closed in an orderly way / those whose life was seen",
			"单个程序到单个目标、建立不足 100 毫秒且正常关闭的连接 / 看到全程的连接"),
		Threshold: []knowledge.Statement{
			claim("At least 100 such connections, and at least nine tenths of all whose life was seen: an info from 10 a second on, a notice from 100 a second on, where handshakes and TIME_WAIT cost more than the requests. The numbers are proposals.",
				"此类连接至少 100 个，且占看到全程的连接的九成以上：每秒 10 个起为信息，每秒 100 个起提示，此时握手与 TIME_WAIT 的开销已超过请求本身。数值为建议值。",
				"RFC 9112 9.3; RFC 9293 3.5"),
		},
		Excluded: []knowledge.Statement{
			claim("Health checks and jobs that call now and again: fewer than 10 a second. Connections that were accepted: their number is the client's choice.",
				"偶尔访问的健康检查和任务：每秒不足 10 个。接受的连接：其数量由客户端决定。", "RFC 9112 9.3"),
		},
		App: []knowledge.Statement{
			claim("Keep the connection for the next request: HTTP keep-alive with idle connections enough for each destination, persistent connections to databases and caches, a pool in front of them where the program ends after each request.",
				"保留连接供下一次请求使用：HTTP 长连接并为每个目标保留足够的空闲连接；到数据库和缓存使用持久连接；若程序每次请求后就退出，则在其前面放置连接池。",
				"RFC 9112 9.3"),
		},
		Check:   command.Of("trace", "reason = closed-first and lasted < 100ms", "--by", "process,remote,dport", "--for", "10s"),
		Sources: []string{"RFC 9112 9.3", "RFC 9293 3.5"},
		See:     []string{"ESTABLISHED", "TIME_WAIT", "TW09", "TW03"},
		Judge:   judgeES07,
	}
}

const (
	briefFloor  = 100
	briefShare  = 0.9
	briefInfo   = 10.0  // per second
	briefNotice = 100.0 // per second
)

func judgeES07(c *Case) (all []Finding) {
	r, ok := c.traced()
	if !ok {
		return nil
	}
	orderly := func(k tracedKind) bool {
		return !k.service.accepted && (k.reason == socket.ClosedFirst || k.reason == socket.ClosedAfter)
	}
	for _, g := range r.groups(orderly) {
		rate, share := r.rate(g.brief), float64(g.brief)/float64(max(1, g.timed))
		if g.brief < briefFloor || rate < briefInfo || share < briefShare {
			continue
		}
		f := Finding{
			Severity: Info, Basis: Counts, About: g.service.about(), Owner: g.program.owner(),
			Summary: say("%s opens %s connection[s] a second to %s that live less than 100 ms", "%s 每秒向 %[3]s 建立 %[2]s 个存活不足 100 毫秒的连接", g.who(), rate, g.service.String()),
			Evidence: []Evidence{
				above("short-lived connections", rate, "1/s", briefInfo),
				{Name: "share of those whose life was seen", Value: 100 * share, Unit: "%"},
				{Name: "closed first by this side", Value: float64(g.by[socket.ClosedFirst])},
			},
		}
		if rate >= briefNotice {
			f.Severity = Notice
		}
		if 2*g.by[socket.ClosedFirst] > g.n {
			f.Detail = append(f.Detail, text("this side closes first: each leaves a TIME_WAIT that holds a local port", "本端先关闭：每个都留下占用本地端口的 TIME_WAIT"))
		} else {
			f.Detail = append(f.Detail, text("the peer closes first: the TIME_WAIT stay there", "对端先关闭：TIME_WAIT 留在对端"))
		}
		all = append(all, f)
	}
	return shownOf(all)
}

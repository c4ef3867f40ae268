// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func es02() Rule {
	return Rule{
		Code: "ES02", Name: "half-open-idle",
		Title: text("Idle connections that would never notice a dead peer", "对端已死也无法察觉的空闲连接"),
		Facts: []string{"ESTABLISHED", "tcp_info"},
		Formula: text("ESTABLISHED without any timer that neither sent nor received data for 2 h",
			"没有任何定时器、2 小时内既没发送也没收到数据的 ESTABLISHED"),
		Threshold: []knowledge.Statement{
			claim("Two hours is the shortest time after which RFC 9293 lets keepalive probe by default. Notice above 100, or above a tenth of ESTABLISHED where these are at least 10; both are proposals, not derived.",
				"两小时是 RFC 9293 允许 keepalive 默认开始探测的最短时间。超过 100 个，或至少 10 个且超过 ESTABLISHED 的十分之一时提示；这两个数是建议值，并非推导所得。",
				"RFC 9293 3.8.4; net/ipv4/tcp_timer.c tcp_keepalive_timer"),
		},
		Excluded: []knowledge.Statement{
			claim("Connections with a keepalive timer: the kernel finds out by itself. Connections with data under way: the retransmission timer finds out.",
				"带 keepalive 定时器的连接：内核会自行发现；有数据在途的连接：重传定时器会发现。", "net/ipv4/tcp_timer.c tcp_keepalive_timer, tcp_retransmit_timer"),
			claim("Idle by design: pools of databases, subscriptions, shells. Whether the peer lives is what nobody knows; hence no more than a notice.",
				"有些本来就应该空闲：数据库连接池、订阅、终端会话。对端是否还在，没有人知道；所以最多为提示。", "RFC 9293 3.8.4"),
		},
		App: []knowledge.Statement{
			claim("Set SO_KEEPALIVE, with TCP_KEEPIDLE if two hours are too long, or send something of your own now and then.",
				"设置 SO_KEEPALIVE；若两小时太长，再设置 TCP_KEEPIDLE；或由应用定期发送心跳。", "tcp(7); net/ipv4/tcp_timer.c tcp_keepalive_timer"),
		},
		Kernel: []knowledge.Statement{
			claim("net.ipv4.tcp_keepalive_* only changes connections that have SO_KEEPALIVE; these have not.", "net.ipv4.tcp_keepalive_* 只影响设置了 SO_KEEPALIVE 的连接；这些连接没有。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer; measured on Linux 6.18"),
		},
		Check:   "tcpvitals list 'state established and timer = off and lastrcv > 2h'",
		Sources: []string{"RFC 9293 3.8.4", "net/ipv4/tcp_timer.c tcp_keepalive_timer", "net/ipv4/tcp.c tcp_get_info"},
		See:     []string{"ESTABLISHED", "tcp_keepalive_time", "ES03"},
		Judge:   judgeES02,
	}
}

const (
	idleLong  = 2 * time.Hour
	idleMany  = 100
	idleFloor = 10
	idleShare = 0.1
)

func judgeES02(c *Case) []Finding {
	established := c.Count(tcp.Established)
	now := c.Now.Sockets.Watch(EstablishedIdle)
	if now == nil {
		c.lacksInfo(established)
		return nil
	}
	share := float64(now.Count) / float64(max(1, established))
	if now.Count < idleFloor || now.Count <= idleMany && share <= idleShare {
		return nil
	}
	f := Finding{
		Severity: Notice, Basis: Counts,
		Summary: say("%s of %s ESTABLISHED were silent for 2 h and have no timer: if a peer is gone, nobody will notice",
			"%[2]s 个 ESTABLISHED 中有 %[1]s 个静默 2 小时且没有定时器：对端若已消失，没有人会发现", now.Count, established),
		Evidence: []Evidence{
			above("ESTABLISHED, idle for 2 h without a timer", float64(now.Count), "", min(idleMany, idleShare*float64(established))),
			{Name: "ESTABLISHED", Value: float64(established)},
		},
	}
	f.ownersOf(now.Rows)
	return []Finding{f}
}

// lacksInfo says why struct tcp_info is not there.
func (c *Case) lacksInfo(established uint64) {
	name := EstablishedIdle.String()
	reason, said := c.Now.Absent[name]
	if !said && established > DeepLimit {
		reason, said = say("not asked for: with %s ESTABLISHED it costs the kernel time; --deep asks", "未读取：有 %s 个 ESTABLISHED，读取会占用内核时间；可用 --deep", established), true
	}
	if !said {
		reason = text("this source does not show when a connection was last used: sock_diag does", "该数据来源不显示连接最近一次收发的时间：sock_diag 会显示")
	}
	c.Lacks(name, reason)
}

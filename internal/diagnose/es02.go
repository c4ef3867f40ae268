// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func es02() Rule {
	return Rule{
		Code: "ES02", Name: "half-open-idle",
		Title: text("Idle connections that would never notice a dead peer", "对端已死也无法察觉的空闲连接"),
		Facts: []string{"ESTABLISHED", "tcp_info", sysctlKeepaliveTime},
		Formula: text("ESTABLISHED without any timer that neither sent nor received data for tcp_keepalive_time (two hours by default)",
			"没有任何定时器、在 tcp_keepalive_time（默认两小时）内既没发送也没收到数据的 ESTABLISHED"),
		Threshold: []knowledge.Statement{
			claim("With --nat-timeout the silence is that after which a NAT, a firewall or a load balancer on the way is known to forget a connection; RFC 5382 wants 124 minutes, many have less.",
				"指定 --nat-timeout 时，静默时间取途中 NAT、防火墙或负载均衡器忘记连接的时间；RFC 5382 要求 124 分钟，不少设备更短。", "RFC 5382 5"),
			claim("tcp_keepalive_time is after how much silence this namespace wants a peer to be probed: with SO_KEEPALIVE these would have been. Its default of two hours is the least that RFC 9293 allows as one. Notice above 100, or above a tenth of ESTABLISHED where these are at least 10; both are proposals, not derived.",
				"tcp_keepalive_time 表示本命名空间希望在静默多久之后探测对端：若设置了 SO_KEEPALIVE，这些连接早已被探测。其默认值两小时是 RFC 9293 允许的最小默认值。超过 100 个，或至少 10 个且超过 ESTABLISHED 的十分之一时提示；这两个数是建议值，并非推导所得。",
				"RFC 9293 3.8.4; net/ipv4/tcp_timer.c tcp_keepalive_timer; include/net/tcp.h keepalive_time_when"),
		},
		Excluded: []knowledge.Statement{
			claim("Connections with a keepalive timer: the kernel finds out by itself. Connections with data under way: the retransmission timer finds out.",
				"带 keepalive 定时器的连接：内核会自行发现；有数据在途的连接：重传定时器会发现。", "net/ipv4/tcp_timer.c tcp_keepalive_timer, tcp_retransmit_timer"),
			claim("Idle by design: pools of databases, subscriptions, shells. Whether the peer lives is what nobody knows; hence no more than a notice.",
				"有些本来就应该空闲：数据库连接池、订阅、终端会话。对端是否还在，没有人知道；所以最多为提示。", "RFC 9293 3.8.4"),
		},
		App: []knowledge.Statement{
			claim("Set SO_KEEPALIVE, with TCP_KEEPIDLE if tcp_keepalive_time is too long, or send something of your own now and then.",
				"设置 SO_KEEPALIVE；若 tcp_keepalive_time 太长，再设置 TCP_KEEPIDLE；或由应用定期发送心跳。", "tcp(7); net/ipv4/tcp_timer.c tcp_keepalive_timer"),
		},
		Kernel: []knowledge.Statement{
			claim("net.ipv4.tcp_keepalive_* only changes connections that have SO_KEEPALIVE; these have not.", "net.ipv4.tcp_keepalive_* 只影响设置了 SO_KEEPALIVE 的连接；这些连接没有。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer; measured on Linux 6.18"),
		},
		Check:   command.Of("list", "state established and timer = off and lastrcv > 2h"),
		Sources: []string{"RFC 9293 3.8.4", "net/ipv4/tcp_timer.c tcp_keepalive_timer", "net/ipv4/tcp.c tcp_get_info"},
		See:     []string{"ESTABLISHED", "tcp_keepalive_time", "ES03"},
		Judge:   judgeES02,
	}
}

const (
	sysctlKeepaliveTime = "net.ipv4.tcp_keepalive_time"

	idleLong  = 2 * time.Hour // TCP_KEEPALIVE_TIME in include/net/tcp.h
	idleMany  = 100
	idleFloor = 10
	idleShare = 0.1
)

// IdleOf returns after which silence a connection counts as idle in a namespace: its
// tcp_keepalive_time, or the kernel's default if that is not known.
func IdleOf(f Facts) time.Duration {
	n, err := strconv.ParseUint(f.Sysctls[sysctlKeepaliveTime], 10, 31)
	if err != nil || n == 0 {
		return idleLong
	}
	return time.Duration(n) * time.Second
}

func (r *Reading) idle() time.Duration {
	if r.NATTimeout > 0 {
		return r.NATTimeout
	}
	if r.Idle == 0 {
		return idleLong
	}
	return r.Idle
}

// silent reports whether a row has neither sent nor received anything for at least
// r.Idle.
func (r *Reading) silent(s *socket.Socket) bool {
	return min(s.Info.LastDataSent, s.Info.LastDataRecv) >= r.idle()
}

func judgeES02(c *Case) []Finding {
	established := c.Count(tcp.Established)
	now := c.watch(EstablishedIdle)
	if now == nil {
		c.lacksInfo(established)
		return nil
	}
	share := float64(now.Count) / float64(max(1, established))
	if now.Count < idleFloor || now.Count <= idleMany && share <= idleShare {
		return nil
	}
	n, unit := largestUnit(c.Now.Sockets.idle())
	f := Finding{
		Severity: Notice, Basis: Counts,
		Summary: say("%s of %s ESTABLISHED were silent for %s and have no timer: if a peer is gone, nobody will notice",
			"%[2]s 个 ESTABLISHED 中有 %[1]s 个静默 %[3]s，且没有定时器：对端若已消失，没有人会发现", now.Count, established, inUnit(n, unit)),
		Evidence: []Evidence{
			above("ESTABLISHED, idle without a timer", float64(now.Count), "", min(idleMany, idleShare*float64(established))),
			{Name: "ESTABLISHED", Value: float64(established)},
			{Name: sysctlKeepaliveTime, Value: c.Now.Sockets.idle().Seconds(), Unit: "s"},
		},
		Check: listOf("state established", "timer = off", "lastrcv > "+strconv.FormatInt(n, 10)+unit),
	}
	if nat := c.Now.Sockets.NATTimeout; nat > 0 {
		f.Summary = say("%s of %s ESTABLISHED were silent for %s and have no timer: what is on the way has forgotten them, and what they send next is lost",
			"%[2]s 个 ESTABLISHED 中有 %[1]s 个静默 %[3]s，且没有定时器：途中的设备已忘记它们，之后发送的数据会丢失", now.Count, established, inUnit(n, unit))
		f.Evidence[2] = Evidence{Name: "--nat-timeout", Value: nat.Seconds(), Unit: "s"}
		f.Detail = append(f.Detail, text("keepalive that begins before that time keeps them: TCP_KEEPIDLE", "在此之前开始的 keepalive 能保住它们：TCP_KEEPIDLE"))
	}
	f.ownersOf(now.Rows)
	return []Finding{f}
}

// largestUnit splits a whole number of seconds into a number and a unit: 2 h, 90 min,
// 1 s. Filters accept these units.
func largestUnit(d time.Duration) (n int64, unit string) {
	switch {
	case d%time.Hour == 0:
		return int64(d / time.Hour), "h"
	case d%time.Minute == 0:
		return int64(d / time.Minute), "min"
	default:
		return int64(d / time.Second), "s"
	}
}

// inUnit writes a time in words.
func inUnit(n int64, unit string) knowledge.Text {
	zh := map[string]string{"h": "小时", "min": "分钟", "s": "秒"}[unit]
	return say("%s "+unit, "%s "+zh, n)
}

// lacksInfo records why struct tcp_info is missing.
func (c *Case) lacksInfo(established uint64) {
	name := EstablishedIdle.String()
	absence, said := c.Now.Absent[name]
	reason := absence.Text()
	if !said && established > DeepLimit {
		reason, said = say("not asked for: with %s ESTABLISHED it costs the kernel time; --deep asks", "未读取：有 %s 个 ESTABLISHED，读取会占用内核时间；可用 --deep", established), true
	}
	if !said {
		reason = text("this source does not show when a connection was last used: sock_diag does", "该数据来源不显示连接最近一次收发的时间：sock_diag 会显示")
	}
	c.Lacks(name, reason)
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func tw09() Rule {
	return Rule{
		Code: "TW09", Name: "closes-first", Traced: true,
		Title: text("Who closes first, and on which side the TIME_WAIT stay", "谁先关闭连接，TIME_WAIT 留在哪一侧"),
		Facts: append(PortSysctls(), "trace", "TIME_WAIT", "net.ipv4.tcp_max_tw_buckets"),
		Formula: text("closes first a second of one program towards one destination × how long each keeps its local port / local ports; of one listener × 60 s / tcp_max_tw_buckets",
			"单个程序对单个目标每秒先关闭的次数 × 每次占用本地端口的时长 / 本地端口数；单个监听端口则 × 60 秒 / tcp_max_tw_buckets"),
		Threshold: []knowledge.Statement{
			claim("Notice from 50 closes on, where they keep 0.3 of the local ports of a destination: that is the headroom of TW03. A port is kept for 60 s, and for 1 s where tcp_tw_reuse lets connect() take it over.",
				"达到 50 次关闭、且占用到某一目标本地端口的 0.3 时提示：这正是 TW03 所留的余量。端口占用 60 秒；tcp_tw_reuse 允许 connect() 接管时为 1 秒。",
				"include/net/tcp.h TCP_TIMEWAIT_LEN; net/ipv4/tcp_ipv4.c tcp_twsk_unique"),
			claim("Notice too where the closes of a listener fill half of tcp_max_tw_buckets, as in TW02. From 1,000 TIME_WAIT on an info says whose they are.",
				"某个监听端口的关闭填满 tcp_max_tw_buckets 的一半时也提示，与 TW02 相同。TIME_WAIT 达到 1,000 个时给出一条信息，说明属于谁。",
				"net/ipv4/tcp_minisocks.c tcp_time_wait"),
		},
		Excluded: []knowledge.Statement{
			claim("TIME_WAIT of accepted connections hold no port that anybody else could use: whatever their number, only memory and tcp_max_tw_buckets count.",
				"已接受连接的 TIME_WAIT 不占用他人可用的端口：不论多少，只涉及内存和 tcp_max_tw_buckets。", "net/ipv4/inet_hashtables.c __inet_hash_connect"),
		},
		App: []knowledge.Statement{
			claim("Keep connections and use them again: keep-alive, a pool of connections that is large enough. Where that cannot be, let the server close first, for which TIME_WAIT cost no ports.",
				"保持并复用连接：长连接、足够大的连接池。做不到时，让服务端先关闭：服务端的 TIME_WAIT 不占用端口。", "RFC 9293 3.6.1; RFC 9112 9.3"),
		},
		Check:   command.Of("trace", "--summary", "10s"),
		Sources: []string{"include/net/tcp.h TCP_TIMEWAIT_LEN", "net/ipv4/tcp_minisocks.c tcp_time_wait", "RFC 9293 3.6.1"},
		See:     []string{"TIME_WAIT", "TW01", "TW02", "TW03", "tcp_tw_reuse", "tcp_max_tw_buckets"},
		Judge:   judgeTW09,
	}
}

const (
	closesFloor   = 50
	closesOfPorts = 0.3
	closesOfLimit = 0.5
	closersNamed  = 3
)

func judgeTW09(c *Case) (all []Finding) {
	r, ok := c.traced()
	if !ok {
		return nil
	}
	first := r.groups(func(k tracedKind) bool { return k.reason == socket.ClosedFirst })
	for _, g := range first {
		if f, ok := c.closesMuch(r, g); ok && g.n >= closesFloor {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return c.closersOf(r, first)
	}
	return shownOf(all)
}

// closesMuch judges the closes of a program by how many ports and buckets their
// TIME_WAIT sockets take.
func (c *Case) closesMuch(r *TraceReading, g *tracedGroup) (f Finding, much bool) {
	rate := r.rate(g.n)
	f = Finding{
		Severity: Notice, Basis: Limit, About: g.service.about(), Owner: g.program.owner(),
		Evidence: []Evidence{{Name: "closed first", Value: float64(g.n)}, {Name: "closes", Value: rate, Unit: "1/s"}},
	}
	if g.service.accepted {
		limit, ok := c.Sysctl("net.ipv4.tcp_max_tw_buckets")
		if !ok || limit <= 0 {
			return f, false
		}
		share := rate * timeWait.Seconds() / float64(limit)
		f.Summary = say("%s is first to close: %s a second of those accepted at %s, whose TIME_WAIT stay here and fill tcp_max_tw_buckets (%s)",
			"%s 先关闭连接：在 %[3]s 接受的连接每秒 %[2]s 个，其 TIME_WAIT 留在本机，会占满 tcp_max_tw_buckets（%[4]s）", g.who(), rate, g.service.String(), limit)
		f.Evidence = append(f.Evidence, above("share of tcp_max_tw_buckets at this rate", 100*share, "%", 100*closesOfLimit))
		return f, share >= closesOfLimit
	}
	rules, ok := c.portRules()
	if !ok {
		return f, false
	}
	ports, kept := rules.Capacity(), rules.kept(g.service)
	share := rate * kept.Seconds() / float64(max(ports, 1))
	f.Summary = say("%s is first to close: %s a second of those opened to %s, each of which keeps one of %s local port[s] for %s s",
		"%s 先关闭连接：到 %[3]s 的连接每秒 %[2]s 个，每个占用 %[4]s 个本地端口之一 %[5]s 秒", g.who(), rate, g.service.String(), ports, seconds(kept))
	f.Evidence = append(f.Evidence, above("share of local ports at this rate", 100*share, "%", 100*closesOfPorts))
	return f, share >= closesOfPorts
}

// portRules are the parameters by which connect() chooses ports.
func (c *Case) portRules() (r *PortRules, ok bool) {
	if _, ok := c.Text(SysctlPortRange); !ok {
		return nil, false
	}
	rules, err := ParsePortRules(c.Now.Sysctls)
	if err != nil {
		c.Lacks(SysctlPortRange, knowledge.ErrorText(err))
		return nil, false
	}
	return rules, true
}

// kept is how long a TIME_WAIT socket keeps its port from connect() to the same
// destination. Whether the peer uses timestamps is not known; it is assumed that
// tcp_tw_reuse works as set, which raises no false alarm.
func (r *PortRules) kept(s service) time.Duration {
	if r.Timestamps && (r.TWReuse == 1 || r.TWReuse == 2 && s.at.Addr().IsLoopback()) {
		return r.Delay
	}
	return timeWait
}

// closersOf names the owners of the TIME_WAIT sockets, if there are so many that
// people ask about them.
func (c *Case) closersOf(r *TraceReading, first []*tracedGroup) []Finding {
	n := c.Count(tcp.TimeWait)
	var closes uint64
	for _, g := range first {
		closes += g.n
	}
	if n < manyTimeWait || closes < closesFloor {
		return nil
	}
	most := first[0]
	f := Finding{
		Severity: Info, Basis: Counts, About: most.service.about(), Owner: most.program.owner(),
		Summary: say("of %s connection[s] that this side closed first in %s s, %s closed %s",
			"%[2]s 秒内本端先关闭了 %[1]s 个连接，其中 %[3]s 关闭 %[4]s 个", closes, seconds(r.Took), most.who(), most.n),
		Evidence: []Evidence{above("TIME_WAIT", float64(n), "", manyTimeWait), {Name: "closed first", Value: float64(closes)}},
	}
	for _, g := range first[:min(len(first), closersNamed)] {
		f.Detail = append(f.Detail, say("%s: %s, %s", "%s：%s，%s", g.who(), g.n, g.service.side()))
	}
	return []Finding{f}
}

// side says on which side the TIME_WAIT sockets of a service stay, and what they cost
// there.
func (s service) side() knowledge.Text {
	if s.accepted {
		return knowledge.Text{En: "accepted at " + s.String() + ": their TIME_WAIT hold no port", Zh: "在 " + s.String() + " 接受：其 TIME_WAIT 不占用端口"}
	}
	return knowledge.Text{En: "opened to " + s.String() + ": each TIME_WAIT holds a local port", Zh: "连接到 " + s.String() + "：每个 TIME_WAIT 占用一个本地端口"}
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func sy06() Rule {
	return Rule{
		Code: "SY06", Name: "connects-fail", Traced: true,
		Title: text("A destination that connections cannot be opened to", "无法建立连接的目标"),
		Facts: []string{"trace"},
		Formula: text("connect() that were refused, timed out, found the destination unreachable or were given up / connect(), by destination",
			"被拒绝、超时、目标不可达或被放弃的 connect() / connect() 总数，按目标统计"),
		Threshold: []knowledge.Statement{
			claim("From 10 to one destination: a warning when half of all fail, a notice from a tenth on. Ten leave little to chance; the numbers are proposals.",
				"同一目标达到 10 次：半数失败则警告，达到十分之一则提示。十次很难是偶然；数值为建议值。",
				"net/ipv4/tcp_input.c tcp_reset; net/ipv4/tcp_timer.c tcp_write_timeout; RFC 9293 3.10.7.3"),
		},
		Excluded: []knowledge.Statement{
			claim("A program that then succeeds at the same port over the other version of IP, as with localhost where a service listens on 127.0.0.1 only, loses a moment: an info.",
				"程序随后用另一 IP 版本在同一端口连接成功（例如 localhost，而服务只监听 127.0.0.1），只是损失片刻：为信息。", "RFC 8305"),
			claim("A scanner calls each destination a few times: no destination has ten.", "扫描器对每个目标只访问几次：不会达到十次。", "RFC 9293 3.5"),
		},
		App: []knowledge.Statement{
			claim("Refused: start the service, or correct address and port; a firewall that rejects looks the same. Timed out or given up: the host is down, a firewall drops, or its accept queue is full. Unreachable: there is no way there. No local port: all to that destination are taken.",
				"被拒绝：启动服务，或改正地址和端口；拒绝（REJECT）的防火墙看起来一样。超时或被放弃：主机宕机、防火墙丢弃，或其全连接队列已满。不可达：没有到达的路径。没有本地端口：到该目标的端口已用尽。",
				"net/ipv4/tcp_ipv4.c tcp_v4_err; connect(2)"),
			claim("Wait longer from failure to failure before connect() is called again.", "每次失败后，延长再次 connect() 的等待时间。", "RFC 9293 3.8.3"),
		},
		Check:   command.Of("trace", "from = syn-sent", "--by", "remote,dport,reason", "--for", "10s"),
		Sources: []string{"net/ipv4/tcp_input.c tcp_reset", "net/ipv4/tcp_timer.c tcp_write_timeout", "connect(2)"},
		See:     []string{"SYN_SENT", "SY05", "AttemptFails", "RS02"},
		Judge:   judgeSY06,
	}
}

const (
	failsFloor  = 10
	failsNotice = 0.1
	failsWarn   = 0.5
)

// failWays are the ways in which connect() fails, in the order in which they are
// reported.
func failWays() []resetWay {
	return []resetWay{
		{
			socket.Refused, text("%s refused: nobody listens there, or a firewall rejects", "%s 次被拒绝：无人监听，或防火墙拒绝"),
			text("start the service, or correct address and port; a firewall that rejects looks the same", "启动服务，或改正地址和端口；拒绝（REJECT）的防火墙看起来一样"),
		},
		{
			socket.TimedOut, text("%s timed out: no answer came", "%s 次超时：没有应答"),
			text("see whether the host is up, whether a firewall drops, and whether its accept queue is full", "检查对端主机是否宕机、防火墙是否丢弃、其全连接队列是否已满"),
		},
		{socket.Unreachable, text("%s unreachable: a router or this host knows no way", "%s 次不可达：路由器或本机没有路径"), text("look at the route to it (ip route get)", "检查到它的路由（ip route get）")},
		{
			socket.GaveUp, text("%s given up by the program before an answer came", "%s 次在收到应答之前被程序放弃"),
			text("see why no answer comes in time: a host that is down or slow, a firewall that drops, a full accept queue", "查清为何迟迟没有应答：主机宕机或过慢、防火墙丢弃、全连接队列已满"),
		},
		{
			socket.NoPort, text("%s found no local port: no SYN was sent", "%s 次没有可用的本地端口：没有发出 SYN"),
			text("see which ports are taken (tcpvitals ports), and keep connections", "查看哪些端口被占用（tcpvitals ports），并保持连接"),
		},
		{socket.Failed, text("%s with another error", "%s 次为其他错误"), knowledge.Text{}},
	}
}

func failedConnect(k tracedKind) bool {
	return k.from == tcp.SynSent && k.reason != socket.Opened && k.reason != socket.Destroyed && !k.service.accepted
}

func judgeSY06(c *Case) (all []Finding) {
	r, ok := c.traced()
	if !ok {
		return nil
	}
	made := r.calls()
	for _, d := range made.failed {
		share := float64(d.failed) / float64(d.tried)
		if d.failed < failsFloor || share < failsNotice {
			continue
		}
		f := Finding{
			Severity: Notice, Basis: Loss, About: d.to.about(), Owner: only(d.callers()),
			Summary: say("%s of %s connect() to %s failed in %s s", "%[4]s 秒内到 %[3]s 的 %[2]s 次 connect() 有 %[1]s 次失败", d.failed, d.tried, d.to.String(), seconds(r.Took)),
			Evidence: []Evidence{
				above("failed", float64(d.failed), "", failsFloor),
				above("share of connect()", 100*share, "%", 100*failsNotice),
			},
			Check: command.Of("trace", "from = syn-sent and dst "+endpoint(d.to.at), "--by", "reason,process", "--for", "10s"),
		}
		if share >= failsWarn {
			f.Severity = Warning
		}
		for _, way := range failWays() {
			if n := d.by[way.reason]; n > 0 {
				f.Detail = append(f.Detail, say(way.words.En, way.words.Zh, n))
			}
		}
		f.doMost(failWays(), d.by)
		for _, caller := range d.mostCalled() {
			f.Detail = append(f.Detail, say("%s has called it %s time[s]", "%s 访问了 %s 次", caller.who(), caller.n))
		}
		if made.fallsBack(d) {
			f.Severity = Info
			f.Detail = slices.DeleteFunc(f.Detail, func(t knowledge.Text) bool { return t == f.Now })
			f.Detail = append(f.Detail, text("the same program then succeeds at the same port over the other version of IP", "同一程序随后用另一 IP 版本在同一端口连接成功"))
		}
		all = append(all, f)
	}
	return shownOf(all)
}

// called is a destination and the results of connect() to it.
type called struct {
	to            service
	tried, failed uint64
	by            map[socket.Reason]uint64
	programs      []*tracedGroup // that called it, those with the most calls first
}

// calls are the results of connect() to all destinations.
type calls struct {
	failed []*called // destinations with failures, those with the most first
	of     map[service]*called
	opened []*tracedGroup
}

func (r *TraceReading) calls() (all calls) {
	all.of = map[service]*called{}
	for _, g := range r.groups(failedConnect) {
		d := all.of[g.service]
		if d == nil {
			d = &called{to: g.service, by: map[socket.Reason]uint64{}}
			all.of[g.service] = d
			all.failed = append(all.failed, d)
		}
		d.failed += g.n
		for reason, n := range g.by {
			d.by[reason] += n
		}
	}
	all.opened = r.groups(func(k tracedKind) bool { return k.reason == socket.Opened })
	for _, g := range all.opened {
		if d := all.of[g.service]; d != nil {
			d.tried += g.n
			d.programs = append(d.programs, g)
		}
	}
	for _, d := range all.failed {
		d.tried = max(d.tried, d.failed) // some calls began before the trace
	}
	return all
}

func (d *called) callers() (all []*socket.Owner) {
	for _, g := range d.programs {
		all = append(all, g.program.owner())
	}
	return all
}

// mostCalled are the programs that called it most often, if any are known.
func (d *called) mostCalled() []*tracedGroup { return d.programs[:min(len(d.programs), closersNamed)] }

// fallsBack reports whether a program that called the destination reached the same
// port over the other version of IP about as often.
func (c *calls) fallsBack(d *called) bool {
	if len(d.programs) == 0 {
		return false
	}
	six := isIPv6(d.to.at.Addr())
	var through uint64
	for _, g := range c.opened {
		other := !g.service.accepted && g.service.at.Port() == d.to.at.Port() && isIPv6(g.service.at.Addr()) != six
		if !other || !d.calledBy(g.program) {
			continue
		}
		through += g.n
		if lost := c.of[g.service]; lost != nil {
			through -= min(g.n, lost.failed)
		}
	}
	return 10*through >= 9*d.failed
}

func (d *called) calledBy(p program) bool {
	for _, g := range d.programs {
		if g.program == p {
			return true
		}
	}
	return false
}

func isIPv6(a netip.Addr) bool { return a.Is6() && !a.Is4In6() }

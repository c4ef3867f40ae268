// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

func tw03() Rule {
	return Rule{
		Code: "TW03", Name: "ephemeral-exhaustion",
		Title: knowledge.Text{En: "Local ports for a destination run short", Zh: "到某个目标的本地端口不足"},
		Facts: append(PortSysctls(), "local", "remote", "dport", "expires", "direction"),
		Formula: knowledge.Text{
			En: "by source address and destination: ports that connect() cannot have / ports of ip_local_port_range that are not reserved; a TIME_WAIT that tcp_tw_reuse lets connect() take over is free, unless the open connections to the destination have no timestamps, or all ports are taken and none was taken over in the window",
			Zh: "按源地址和目标统计：connect() 不可用的端口 / ip_local_port_range 中未保留的端口；tcp_tw_reuse 允许接管的 TIME_WAIT 视为空闲，除非到该目标的现有连接没有时间戳，或端口已全部占用而窗口内没有一个被接管",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Info from 0.5, which is no trouble: the ports that connect() tries first, every other one, may be gone, and it searches on slowly.",
					Zh: "达到 0.5 为信息，并非故障：connect() 首先尝试的那一半（隔一个）端口可能用尽，之后的搜索变慢。",
				},
				Source: "net/ipv4/inet_hashtables.c __inet_hash_connect",
			},
			{
				Text: knowledge.Text{
					En: "Warning from 0.7, ours: at a steady rate the share stays where it is, and this leaves room for a rate higher by two fifths. Critical from 0.9, where a burst finds none: connect() fails with EADDRNOTAVAIL.",
					Zh: "达到 0.7 警告，这是本程序定的值：速率稳定时占比不变，余量够速率再高四成。达到 0.9 为严重：突发时没有端口可用，connect() 返回 EADDRNOTAVAIL。",
				},
				Source: "include/net/tcp.h TCP_TIMEWAIT_LEN; net/ipv4/inet_hashtables.c __inet_hash_connect",
			},
		},
		Excluded: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Connections that clients opened to a service here share its one port, and are not counted: TIME_WAIT of a server use up nothing.",
					Zh: "客户端连到本机服务的连接共用同一个端口，不计入：服务端的 TIME_WAIT 不消耗端口。",
				},
				Source: "net/ipv4/inet_hashtables.c __inet_check_established",
			},
			{
				Text: knowledge.Text{
					En: "Each destination has all ports for itself: their sum over destinations means nothing. What a NAT gateway on the way has left cannot be seen here.",
					Zh: "每个目标都可使用全部端口：各目标之和没有意义。途中 NAT 网关剩余多少在此不可见。",
				},
				Source: "net/ipv4/inet_hashtables.c __inet_check_established; measured on Linux 6.18",
			},
		},
		App: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Reuse connections (keep-alive, a pool that is large enough); else more destination addresses or ports, or more source addresses.",
					Zh: "复用连接（长连接、足够大的连接池）；否则增加目的地址或端口，或增加源地址。",
				},
				Source: "RFC 9293 3.6.1; net/ipv4/inet_hashtables.c __inet_check_established",
			},
			{
				Text: knowledge.Text{
					En: "Where a source address is bound before connect(), set IP_BIND_ADDRESS_NO_PORT.",
					Zh: "若在 connect() 之前绑定源地址，请设置 IP_BIND_ADDRESS_NO_PORT。",
				},
				Source: "ip(7) IP_BIND_ADDRESS_NO_PORT; measured on Linux 6.18",
			},
		},
		Kernel: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "tcp_tw_reuse = 1 lets connect() take over TIME_WAIT older than a second, when both ends use timestamps: it is not proposed where the open connections to the destination have none.",
					Zh: "tcp_tw_reuse = 1 允许 connect() 接管超过一秒的 TIME_WAIT，前提是两端都使用时间戳：若到该目标的现有连接没有时间戳，则不建议。",
				},
				Source: "net/ipv4/tcp_ipv4.c tcp_twsk_unique; measured on Linux 6.18",
			},
			{
				Text: knowledge.Text{
					En: "A wider ip_local_port_range helps by what it adds; reserve the ports that services listen on first (ip_local_reserved_ports).",
					Zh: "扩大 ip_local_port_range 只增加相应数量；先用 ip_local_reserved_ports 保留服务监听的端口。",
				},
				Source: "Documentation/networking/ip-sysctl.rst ip_local_port_range, ip_local_reserved_ports",
			},
		},
		Check:   command.Of("ports", "--window", "10s"),
		Sources: []string{"net/ipv4/inet_hashtables.c __inet_hash_connect", "net/ipv4/tcp_ipv4.c tcp_twsk_unique", "measured on Linux 6.18"},
		See:     []string{"TIME_WAIT", "ip_local_port_range", "tcp_tw_reuse", "tcp_timestamps", "TWRecycled", "TW04", "TW05", "TW08"},
		Judge:   judgeTW03,
	}
}

// Names of evidence.
const (
	portsTaken    = "ports that connections have"
	portsBound    = "ports that are bound"
	portsInferred = "inferred to be bound"
)

// Shares of the ports that are taken.
const (
	portsHalf  = 0.5
	portsShort = 0.7
	portsGone  = 0.9
)

// byTimeWait says how many of the ports TIME_WAIT holds; empty if it holds none.
func byTimeWait(n int) knowledge.Text {
	if n == 0 {
		return knowledge.Text{}
	}
	return say(", %s by TIME_WAIT", "，其中 TIME_WAIT 占 %s 个", n)
}

// byInference says how many of the ports are only inferred; empty if none is.
func byInference(n int) knowledge.Text {
	if n == 0 {
		return knowledge.Text{}
	}
	return say(", %s inferred to be bound", "，推断为已绑定的有 %s 个", n)
}

func judgeTW03(c *Case) (all []Finding) {
	uses, _ := c.PortUses()
	for i := range uses {
		u := &uses[i]
		severity, threshold := portSeverity(u)
		if severity == OK {
			continue
		}
		share := 100 * u.Share()
		f := Finding{
			Basis: Limit, Severity: severity, About: u.about(), Owner: only(u.Callers),
			Summary: say("%s of %s local port[s] from %s to %s [1:is|are] gone%s%s", "从 %[3]s 到 %[4]s 的 %[2]s 个本地端口已用 %[1]s 个%[5]s%[6]s",
				u.Capacity-u.Free, u.Capacity, u.Local.String(), u.Remote.String(), byTimeWait(u.TimeWait-u.Reusable), byInference(u.Inferred)),
			Evidence: []Evidence{
				above("share of ports", share, "%", 100*threshold),
				{Name: portsTaken, Value: float64(u.Used)},
				{Name: portsBound, Value: float64(u.Blocked)},
				{Name: portsInferred, Value: float64(u.Inferred)},
				{Name: "free ports", Value: float64(u.Free)},
			},
			Changes: c.portChanges(u),
			Check:   u.check(),

			timeWaits: u.TimeWait > 0, ports: heldPorts{u.Used, u.Blocked + u.Inferred},
		}
		if u.TimeWait == 0 {
			f.Now = text("The connections are open, so that nothing is to be reused: close those that are not used, and limit how many are open at once.",
				"这些连接都还打开着，没有可复用的：关闭不用的连接，并限制同时打开的数量。")
		}
		f.Detail = append(f.Detail, callerDetail(u.Callers)...)
		if u.untried > 0 {
			f.Summary = say("%s TIME_WAIT from %s to %s count as free only if the peer uses timestamps, which nothing shows: %s of %s port[s] without them",
				"从 %[2]s 到 %[3]s 的 %[1]s 个 TIME_WAIT 只有在对端使用时间戳时才算空闲，而目前看不出：除此之外 %[5]s 个端口只剩 %[4]s 个",
				u.untried, u.Local.String(), u.Remote.String(), u.Free-u.Reusable, u.Capacity)
		}
		if u.Free == 0 {
			f.Detail = append(f.Detail, knowledge.Text{En: "connect() fails with EADDRNOTAVAIL (cannot assign requested address).", Zh: "connect() 返回 EADDRNOTAVAIL（无法分配所请求的地址）。"})
		}
		if slices.Contains(u.Knobs, KnobBindNoPort) {
			f.Detail = append(f.Detail, say("bind() of %s to port 0 finds %s more port[s]: programs that call it before connect() need IP_BIND_ADDRESS_NO_PORT.",
				"绑定 %s 的端口 0 还能得到 %s 个端口：在 connect() 之前这样做的程序需要 IP_BIND_ADDRESS_NO_PORT。", u.Local.String(), u.FreeBind))
		}
		f.Detail = append(f.Detail, c.reuseDetail(u)...)
		if slices.Contains(u.Knobs, KnobTWReuse) && u.FreeBind == 0 {
			f.Detail = append(f.Detail, text("if bind() comes before connect(), which one destination does not show, tcp_tw_reuse does nothing: bind() fails with EADDRINUSE, and IP_BIND_ADDRESS_NO_PORT is the remedy",
				"若在 connect() 之前调用了 bind()（只有一个目标时看不出），tcp_tw_reuse 不起作用：bind() 返回 EADDRINUSE，应使用 IP_BIND_ADDRESS_NO_PORT"))
		}
		all = append(all, f)
	}
	return all
}

func portSeverity(u *PortUse) (severity Severity, threshold float64) {
	share := u.Share()
	switch {
	case u.Free == 0 || share >= portsGone:
		return Critical, portsGone
	case share >= portsShort:
		return Warning, portsShort
	case u.untried > 0:
		return Notice, portsHalf
	case share >= portsHalf:
		return Info, portsHalf
	default:
		return OK, portsHalf
	}
}

// callerDetail names the callers of a destination: a single one, or several, none of
// which is more to blame than the others.
func callerDetail(all []*socket.Owner) []knowledge.Text {
	var en, zh []string
	for _, o := range all {
		if processName(o) != "" || len(homeOf(o)) > 0 {
			name := ownerText(o)
			en, zh = append(en, name.En), append(zh, name.Zh)
		}
	}
	names := text(knowledge.Listed(en, knowledge.English), knowledge.Listed(zh, knowledge.Chinese))
	switch len(en) {
	case 0:
		return nil
	case 1:
		return []knowledge.Text{say("%s is among those that connect.", "%s 是发起连接的程序之一。", names)}
	default:
		return []knowledge.Text{say("Several connect, among them %s.", "有多个程序在发起连接，其中有 %s。", names)}
	}
}

func (u *PortUse) about() About { return destinedTo(u.Local, u.Remote) }

// Subject writes the destination in a finding.
func (u *PortUse) Subject() string { f := Finding{About: u.about()}; return f.Subject() }

// check is the command that counts the connections to the destination; of ports that
// others have bound, the command that counts ports.
func (u *PortUse) check() command.Line {
	if u.Blocked+u.Inferred > u.Used {
		return command.Of("ports", "--window", "10s")
	}
	return listOf("src "+bracketed(u.Local), "dst "+bracketed(u.Remote.Addr()), "dport = :"+strconv.Itoa(int(u.Remote.Port())))
}

// portChanges are those knobs of a destination that are kernel parameters.
func (c *Case) portChanges(u *PortUse) (all []Change) {
	for _, knob := range u.Knobs {
		switch knob {
		case KnobTWReuse:
			all = append(all, Change{
				Key: SysctlTWReuse, Value: "1",
				Why: u.reuseWhy(),
			})
		case KnobReserveLess:
			all = append(all, Change{
				Key: SysctlReservedPorts,
				Why: say("%s port[s] of the range are reserved, more than are left: reserve those of services only", "范围内有 %s 个端口被保留，比剩下的还多：只保留服务使用的端口", c.Now.Sockets.Ports.Rules[c.netns()].Reserved),
			})
		case KnobWidenRange:
			all = append(all, Change{
				Key: SysctlPortRange,
				Why: knowledge.Text{En: "as many more ports as it is widened by; reserve those of services first", Zh: "扩大多少就多多少端口；先保留服务使用的端口"},
			})
		case KnobReuseConnections, KnobMoreAddresses, KnobBindNoPort, KnobClose, KnobCloseShut, KnobCloseFar, KnobStopCalling, KnobUnbind: // these are for the application
		}
	}
	return all
}

// reuseWhy says on what the effect of tcp_tw_reuse depends.
func (u *PortUse) reuseWhy() knowledge.Text {
	switch u.Timestamps {
	case TimestampsOn:
		return knowledge.Text{En: "connect() takes over TIME_WAIT older than a second; connections are outgoing and those that are open have timestamps", Zh: "connect() 可接管超过一秒的 TIME_WAIT；这些是向外的连接，且现有的连接带时间戳"}
	case TimestampsMixed:
		return knowledge.Text{En: "connect() takes over TIME_WAIT older than a second, of those connections that have timestamps: some that are open do not", Zh: "connect() 可接管超过一秒且带时间戳的 TIME_WAIT：现有的连接中有些没有时间戳"}
	default:
		return knowledge.Text{En: "connect() takes over TIME_WAIT older than a second if the peer uses timestamps, which no open connection shows", Zh: "若对端使用时间戳（现有连接看不出），connect() 可接管超过一秒的 TIME_WAIT"}
	}
}

// reuseDetail says why tcp_tw_reuse matters here or why not.
func (c *Case) reuseDetail(u *PortUse) []knowledge.Text {
	rules := c.Now.Sockets.Ports.Rules[c.netns()]
	switch {
	case u.TimeWait == 0:
		return nil
	case !rules.Timestamps:
		return []knowledge.Text{{En: "tcp_tw_reuse would do nothing: timestamps are off.", Zh: "tcp_tw_reuse 不会起作用：时间戳已关闭。"}}
	case u.Timestamps == TimestampsOff && u.Reuse == ReuseNever:
		return []knowledge.Text{{En: "tcp_tw_reuse does nothing here: the open connections to this destination have no timestamps, its end does not use them.", Zh: "tcp_tw_reuse 在此不起作用：到该目标的现有连接没有时间戳，对端不使用。"}}
	case u.Timestamps == TimestampsOff:
		return []knowledge.Text{{En: "tcp_tw_reuse would do nothing here: the open connections to this destination have no timestamps, its end does not use them.", Zh: "tcp_tw_reuse 在此不会起作用：到该目标的现有连接没有时间戳，对端不使用。"}}
	case u.Reuse == ReuseUnseen:
		return []knowledge.Text{say("tcp_tw_reuse is on, but no connection took over a TIME_WAIT in %s s though all ports are taken: the peer may not use timestamps, or nobody called it.",
			"tcp_tw_reuse 已启用，但 %s 秒内端口全部占用而没有一个 TIME_WAIT 被接管：对端可能不使用时间戳，或其间没有人发起连接。", seconds(c.Window))}
	case u.Reuse == ReuseIf:
		return []knowledge.Text{say("tcp_tw_reuse applies if the peer uses timestamps: %s TIME_WAIT can then be taken over and count as free.",
			"若对端使用时间戳，则 tcp_tw_reuse 适用：%s 个 TIME_WAIT 可被接管，视为空闲。", u.Reusable)}
	case u.Reuse == ReuseYes:
		return []knowledge.Text{say("tcp_tw_reuse applies: %s TIME_WAIT can be taken over and count as free.",
			"tcp_tw_reuse 适用：%s 个 TIME_WAIT 可被接管，视为空闲。", u.Reusable)}
	default:
		return nil
	}
}

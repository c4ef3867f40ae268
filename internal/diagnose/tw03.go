// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

func tw03() Rule {
	return Rule{
		Code: "TW03", Name: "ephemeral-exhaustion",
		Title: knowledge.Text{En: "Local ports for a destination run short", Zh: "到某个目的地的本地端口不足"},
		Facts: append(PortSysctls(), "local", "remote", "dport", "expires", "direction"),
		Formula: knowledge.Text{
			En: "by source address and destination: ports that connect() cannot have / ports of ip_local_port_range that are not reserved; a TIME_WAIT that tcp_tw_reuse lets connect() take over is free",
			Zh: "按源地址和目的地统计：connect() 不可用的端口 / ip_local_port_range 中未保留的端口；tcp_tw_reuse 允许接管的 TIME_WAIT 视为空闲",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Notice from 0.5: the ports that connect() tries first, every other one, may be gone, and it searches on slowly.",
					Zh: "达到 0.5 提示：connect() 首先尝试的那一半（隔一个）端口可能用尽，之后的搜索变慢。",
				},
				Source: "net/ipv4/inet_hashtables.c __inet_hash_connect",
			},
			{
				Text: knowledge.Text{
					En: "Warning from 0.7: at a constant rate the rest lasts 18 of the 60 s of TIME_WAIT. Critical from 0.9, where a burst finds none: connect() fails with EADDRNOTAVAIL.",
					Zh: "达到 0.7 警告：按恒定速率，剩余端口只够 TIME_WAIT 60 秒中的 18 秒。达到 0.9 为严重：突发时没有端口可用，connect() 返回 EADDRNOTAVAIL。",
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
					Zh: "每个目的地都可使用全部端口：各目的地之和没有意义。途中 NAT 网关剩余多少在此不可见。",
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
					En: "tcp_tw_reuse = 1 lets connect() take over TIME_WAIT older than a second, when both ends use timestamps. Their number does not fall.",
					Zh: "tcp_tw_reuse = 1 允许 connect() 接管超过一秒的 TIME_WAIT，前提是两端都使用时间戳。TIME_WAIT 的数量不会下降。",
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
		Check:   "tcpvitals ports --window 10s",
		Sources: []string{"net/ipv4/inet_hashtables.c __inet_hash_connect", "net/ipv4/tcp_ipv4.c tcp_twsk_unique", "measured on Linux 6.18"},
		See:     []string{"TIME_WAIT", "ip_local_port_range", "tcp_tw_reuse", "tcp_timestamps", "TWRecycled", "TW04", "TW05", "TW08"},
		HiddenBy: []Cause{{
			Code: "TW05",
			Why:  knowledge.Text{En: "most of the ports are held by what was bound, for every destination", Zh: "大部分端口被绑定的套接字占用，对所有目的地都不可用"},
			// Also where bind() of the address finds no port at all.
			Covers: func(cause, consequence *Finding) bool {
				return consequence.has(portsBound) > consequence.has(portsTaken) ||
					cause.Severity == Critical && strings.HasPrefix(consequence.Subject, cause.Subject+" ")
			},
		}},
		Judge: judgeTW03,
	}
}

// Names of evidence by which TW05 is found to be the cause.
const (
	portsTaken = "ports that connections have"
	portsBound = "ports that are bound"
)

// Shares of the ports that are gone.
const (
	portsHalf  = 0.5
	portsShort = 0.7
	portsGone  = 0.9
)

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
			Basis: Limit, Severity: severity, Subject: u.subject(), Owner: u.Owner,
			Summary: say("%s of %s local ports from %s to %s are gone, %s by TIME_WAIT",
				"从 %[3]s 到 %[4]s 的 %[2]s 个本地端口已用 %[1]s 个，其中 TIME_WAIT 占 %[5]s 个",
				u.Capacity-u.Free, u.Capacity, u.Local.String(), u.Remote.String(), u.TimeWait-u.Reusable),
			Evidence: []Evidence{
				above("share of ports", share, "%", 100*threshold),
				{Name: portsTaken, Value: float64(u.Used)},
				{Name: portsBound, Value: float64(u.Blocked + u.Inferred)},
				{Name: "free ports", Value: float64(u.Free)},
			},
			Changes: portChanges(u),
			Check:   u.check(),
		}
		f.Detail = append(f.Detail, callerDetail(u.Owner)...)
		if u.Free == 0 {
			f.Detail = append(f.Detail, knowledge.Text{En: "connect() fails with EADDRNOTAVAIL (cannot assign requested address).", Zh: "connect() 返回 EADDRNOTAVAIL（无法分配所请求的地址）。"})
		}
		if slices.Contains(u.Knobs, KnobBindNoPort) {
			f.Detail = append(f.Detail, say("bind() of %s to port 0 finds %s more ports: programs that call it before connect() need IP_BIND_ADDRESS_NO_PORT.",
				"绑定 %s 的端口 0 还能得到 %s 个端口：在 connect() 之前这样做的程序需要 IP_BIND_ADDRESS_NO_PORT。", u.Local.String(), u.FreeBind))
		}
		f.Detail = append(f.Detail, c.reuseDetail(u)...)
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
	case share >= portsHalf:
		return Notice, portsHalf
	default:
		return OK, portsHalf
	}
}

// callerDetail names who calls a destination.
func callerDetail(o *socket.Owner) []knowledge.Text {
	name := ownerName(o)
	if name == "" {
		return nil
	}
	return []knowledge.Text{say("%s is among those that connect.", "%s 是发起连接的程序之一。", name)}
}

func (u *PortUse) subject() string { return u.Local.String() + " -> " + u.Remote.String() }

func (u *PortUse) check() string {
	return fmt.Sprintf("tcpvitals list 'src %s and dst %s and dport = :%d'", bracketed(u.Local), bracketed(u.Remote.Addr()), u.Remote.Port())
}

// bracketed writes an address as filters take it.
func bracketed(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// portChanges are the kernel parameters among the knobs of a destination.
func portChanges(u *PortUse) (all []Change) {
	for _, knob := range u.Knobs {
		switch knob {
		case KnobTWReuse:
			all = append(all, Change{
				Key: SysctlTWReuse, Value: "1",
				Why: knowledge.Text{En: "connect() takes over TIME_WAIT older than a second; connections are outgoing and timestamps are on", Zh: "connect() 可接管超过一秒的 TIME_WAIT；这些是向外的连接且时间戳已开启"},
			})
		case KnobWidenRange:
			all = append(all, Change{
				Key: SysctlPortRange,
				Why: knowledge.Text{En: "as many more ports as it is widened by; reserve those of services first", Zh: "扩大多少就多多少端口；先保留服务使用的端口"},
			})
		case KnobReuseConnections, KnobMoreAddresses, KnobBindNoPort: // for the application
		}
	}
	return all
}

// reuseDetail says why tcp_tw_reuse does or does not matter here.
func (c *Case) reuseDetail(u *PortUse) []knowledge.Text {
	rules := c.Now.Sockets.Ports.Rules[c.netns()]
	switch {
	case u.TimeWait == 0:
		return nil
	case !rules.Timestamps:
		return []knowledge.Text{{En: "tcp_tw_reuse would do nothing: timestamps are off.", Zh: "tcp_tw_reuse 不会起作用：时间戳已关闭。"}}
	case rules.reuses(u.Local, u.Remote.Addr()):
		return []knowledge.Text{say("tcp_tw_reuse applies: %s TIME_WAIT can be taken over and count as free.",
			"tcp_tw_reuse 适用：%s 个 TIME_WAIT 可被接管，视为空闲。", u.Reusable)}
	default:
		return nil
	}
}

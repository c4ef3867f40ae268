// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func tw05() Rule {
	return Rule{
		Code: "TW05", Name: "bind-blocks-ports",
		Title: knowledge.Text{En: "Bound ports are missing for every destination", Zh: "被绑定的端口对所有目标都不可用"},
		Facts: append(PortSysctls(), "CLOSE", "LISTEN", "local", "lport", "direction"),
		Formula: knowledge.Text{
			En: "ports of ip_local_port_range that are bound, seen as such or inferred / ports of the range that are not reserved",
			Zh: "ip_local_port_range 中被绑定的端口（直接可见或推断） / 范围内未保留的端口",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Warning from 0.3 that are seen to be bound: the headroom of 30 % that TW03 leaves is then gone before the first connection. Critical from 0.9.",
					Zh: "直接可见的占比达到 0.3 警告：TW03 所留的 30 % 余量在第一个连接之前就没有了。达到 0.9 为严重。",
				},
				Source: "net/ipv4/inet_hashtables.c __inet_hash_connect; measured on Linux 6.18",
			},
			{
				Text: knowledge.Text{
					En: "Where they are inferred, notice from 0.3, warning when 0.7 of the address's ports are taken, and critical when bind() to port 0 finds none: the next one fails with EADDRINUSE.",
					Zh: "推断所得的占比达到 0.3 提示，该地址的端口已占用 0.7 时警告，绑定端口 0 再也得不到端口时为严重：下一次将返回 EADDRINUSE。",
				},
				Source: "net/ipv4/inet_connection_sock.c inet_csk_find_open_port; measured on Linux 6.18",
			},
		},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "That a connection called bind() first cannot be seen from outside. It is inferred only where the connections to several destinations lie side by side and never have a port in common, which connect() does less than once in 10,000 times: it chooses for each destination, while bind() gives no port twice; or where fewer connections were opened than connect() needs to come to the half of the range in which some lie.",
				Zh: "连接是否先调用了 bind() 从外部不可见。只有两种情形才作推断：到多个目标的连接彼此相间却从不共用端口，而 connect() 这样选的概率不到万分之一，因为它为每个目标各自选择，bind() 则不会把同一端口给出两次；或者有些连接落在 connect() 后选的那一半里，而建立过的连接还不够让 connect() 选到那里。",
			},
			Source: "net/ipv4/inet_connection_sock.c inet_csk_find_open_port; net/ipv4/inet_hashtables.c __inet_hash_connect",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Set IP_BIND_ADDRESS_NO_PORT before bind() of a source address (nginx proxy_bind, HAProxy source and others have it); 10 ports then made 20 connections to two destinations instead of 10.",
				Zh: "绑定源地址之前设置 IP_BIND_ADDRESS_NO_PORT（nginx proxy_bind、HAProxy source 等均支持）；这样 10 个端口到两个目标可建立 20 个连接，而不是 10 个。",
			},
			Source: "ip(7) IP_BIND_ADDRESS_NO_PORT; measured on Linux 6.18",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "No parameter gives them back, and a TIME_WAIT of a bound socket keeps its port for the 60 s. A wider ip_local_port_range adds what it adds.",
				Zh: "没有参数能归还它们，被绑定套接字的 TIME_WAIT 也会占用端口 60 秒。扩大 ip_local_port_range 只增加相应数量。",
			},
			Source: "net/ipv4/inet_hashtables.c __inet_hash_connect; measured on Linux 6.18",
		}},
		Check:   command.Of("ports", "--window", "10s"),
		Sources: []string{"net/ipv4/inet_hashtables.c __inet_hash_connect", "net/ipv4/inet_connection_sock.c inet_csk_find_open_port", "measured on Linux 6.18"},
		See:     []string{"CLOSE", "TIME_WAIT", "ip_local_port_range", "ip_local_reserved_ports", "TW03"},
		Judge:   judgeTW05,
	}
}

const (
	boundShare = 0.3
	boundAll   = 0.9
)

func judgeTW05(c *Case) []Finding {
	space, ok := c.portSpace()
	if !ok || space == nil {
		return nil
	}
	capacity := space.rules.Capacity()
	seen := space.blocked.len()
	inferred, sure := space.inferredElsewhere()
	share := func(n int) float64 { return float64(n) / float64(max(capacity, 1)) }
	if share(seen+inferred) < boundShare {
		return nil
	}
	local, left := space.bindable()
	callers := space.callers()
	if seen > inferred {
		callers = space.bound.callers()
	}
	guessed := knowledge.Text{}
	if inferred > 0 {
		guessed = say(", %s of them by inference", "（其中 %s 个是推断的）", inferred)
	}
	f := Finding{
		Basis: Limit, Severity: Notice, About: listening(netip.AddrPortFrom(local, 0)), Owner: only(callers),
		Summary: say("%s of %s local port[s] [1:is|are] bound%s: connect() cannot use them for any destination",
			"%[2]s 个本地端口中有 %[1]s 个被绑定%[3]s：connect() 对任何目标都不能使用", seen+inferred, capacity, guessed),
		Evidence: []Evidence{
			above("share of ports that are bound", 100*share(seen+inferred), "%", 100*boundShare),
			{Name: "bound", Value: float64(seen)},
			{Name: portsInferred, Value: float64(inferred)},
			{Name: "left for bind()", Value: float64(left)},
		},
	}
	if left == 0 && inferred > 0 {
		f.Summary = say("no local port of %s is left for bind(), which is inferred to be called before connect(): all %s are taken",
			"%s 没有可供 bind() 使用的本地端口，而据推断程序在 connect() 之前调用 bind()：全部 %s 个均已占用", local.String(), capacity)
		f.Detail = append(f.Detail, knowledge.Text{
			En: "bind() fails with EADDRINUSE. With IP_BIND_ADDRESS_NO_PORT each destination would have all ports for itself.",
			Zh: "bind() 返回 EADDRINUSE。设置 IP_BIND_ADDRESS_NO_PORT 后，每个目标都可使用全部端口。",
		})
	}
	if seen > inferred {
		f.Check = listOf("kind = idle")
		f.Now = text("Close the sockets that are bound and never connect: nothing else gives their ports back.", "关闭已绑定却从不发起连接的套接字：没有别的办法能收回它们的端口。")
		f.Detail = append(f.Detail, f.Now)
		if f.Owner != nil {
			f.Detail = append(f.Detail, say("%s is among those that have bound and do not connect.", "%s 是绑定了端口却不发起连接的程序之一。", ownerText(f.Owner)))
		}
	} else {
		f.Detail = append(f.Detail, callerDetail(callers)...)
	}
	switch {
	case inferred > 0 && !sure:
		f.Detail = append(f.Detail, say("%s of them are inferred from ports that connect() looks at last, unless a program has a range of its own. bind() of %s to port 0 finds %s more.",
			"其中 %s 个由 connect() 最后才尝试的端口推断而来，除非程序使用自己的端口范围。绑定 %s 的端口 0 还能得到 %s 个。", inferred, local.String(), left))
	case inferred > 0:
		f.Detail = append(f.Detail, say("%s of them are inferred: no two destinations have a port in common. bind() of %s to port 0 finds %s more.",
			"其中 %s 个是推断的：没有哪两个目标共用端口。绑定 %s 的端口 0 还能得到 %s 个。", inferred, local.String(), left))
	}
	f.timeWaits = inferred > 0
	switch {
	case share(seen+inferred) >= boundAll || left == 0 && inferred > 0:
		f.Severity = Critical
	case share(seen) >= boundShare || share(capacity-left) >= portsShort:
		f.Severity = Warning
	}
	return []Finding{f}
}

// bindable returns the local address for which bind() to port 0 finds the fewest
// ports.
func (p *portSpace) bindable() (local netip.Addr, left int) {
	left = -1
	anywhere := p.takenAnywhere()
	for addr := range p.sources {
		n := max(0, p.rules.Capacity()-p.taken(addr, &anywhere))
		if left < 0 || n < left || n == left && addr.Less(local) {
			local, left = addr, n
		}
	}
	return local, max(0, left)
}

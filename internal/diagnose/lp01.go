// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

func lp01() Rule {
	return Rule{
		Code: "LP01", Name: "service-port-in-range",
		Title: text("A service listens inside the range of outgoing ports", "服务的监听端口落在本地出站端口范围内"),
		Facts: []string{"LISTEN", SysctlPortRange, SysctlReservedPorts},
		Formula: text("listeners whose port is in ip_local_port_range and not in ip_local_reserved_ports",
			"端口在 ip_local_port_range 之内且不在 ip_local_reserved_ports 之中的监听套接字"),
		Threshold: []knowledge.Statement{
			claim("Info: all is well as long as it listens. When it is restarted, an outgoing connection may have been given its port meanwhile, and bind() fails with EADDRINUSE until that connection has gone.",
				"信息：监听期间没有问题。重启时，其端口可能已分给某个向外的连接，bind() 会返回 EADDRINUSE，直到该连接消失。",
				"net/ipv4/inet_hashtables.c __inet_hash_connect; net/ipv4/inet_connection_sock.c inet_csk_get_port"),
		},
		Excluded: []knowledge.Statement{
			claim("A port that the program let the kernel choose (bind to port 0) is in the range by design; nobody can tell it from outside.",
				"由内核选择的端口（绑定端口 0）本来就在范围内；从外部无法区分。", "net/ipv4/inet_connection_sock.c inet_csk_find_open_port"),
		},
		App: []knowledge.Statement{
			claim("Give the service a port below the range.", "让服务使用范围以下的端口。", "Documentation/networking/ip-sysctl.rst ip_local_port_range"),
		},
		Kernel: []knowledge.Statement{
			claim("Or add its port to net.ipv4.ip_local_reserved_ports: connect() and bind() to port 0 then leave it alone, while bind() to the port itself works as before.",
				"或把端口加入 net.ipv4.ip_local_reserved_ports：connect() 和绑定端口 0 时就不会使用它，直接绑定该端口不受影响。",
				"Documentation/networking/ip-sysctl.rst ip_local_reserved_ports"),
		},
		Check:   command.Of("list", "state listen"),
		Sources: []string{"net/ipv4/inet_hashtables.c __inet_hash_connect", "Documentation/networking/ip-sysctl.rst ip_local_reserved_ports"},
		See:     []string{"LISTEN", "ip_local_port_range", "ip_local_reserved_ports", "TW05", "TW06"},
		Judge:   judgeLP01,
	}
}

func judgeLP01(c *Case) []Finding {
	all, ok := c.listeners()
	if !ok {
		return nil
	}
	if _, ok := c.portSpace(); !ok {
		return nil
	}
	rules := c.Now.Sockets.Ports.Rules[c.netns()]
	var within []*socket.Socket
	sockets := 0
	for _, members := range all.byAddress() {
		if s := members[0].Socket; rules.usable(s.Local.Port()) {
			within = append(within, s)
			sockets += len(members)
		}
	}
	if len(within) == 0 {
		return nil
	}
	slices.SortStableFunc(within, func(a, b *socket.Socket) int { return cmp.Compare(a.Local.Port(), b.Local.Port()) })
	var en, zh []string
	for _, s := range within[:min(len(within), shownTargets)] {
		name := listenerName(s)
		en, zh = append(en, name.En), append(zh, name.Zh)
	}
	if len(within) > shownTargets {
		en, zh = append(en, "…"), append(zh, "…")
	}
	return []Finding{{
		Severity: Info,
		Summary: say("%s listener[s] in ip_local_port_range, not reserved: after a restart an outgoing connection may have the port, and bind() fails",
			"%s 个监听套接字的端口在 ip_local_port_range 之内且未保留：重启时端口可能已被向外的连接占用，bind() 会失败", len(within)),
		Detail:   []knowledge.Text{text(knowledge.Listed(en, knowledge.English), knowledge.Listed(zh, knowledge.Chinese))},
		Evidence: []Evidence{above("listeners in the range", float64(len(within)), "", 0), {Name: "their sockets", Value: float64(sockets)}},
		Check:    listOf("state listen", onPorts(within)),
	}}
}

// onPorts is the condition that selects the ports of listeners, which are sorted: each
// by itself, or from the first to the last if they are many.
func onPorts(all []*socket.Socket) string {
	var each []string
	for _, s := range all {
		if p := localPort(s.Local.Port()); !slices.Contains(each, p) {
			each = append(each, p)
		}
	}
	if len(each) > shownTargets {
		return "sport >= :" + strconv.Itoa(int(all[0].Local.Port())) + " and sport <= :" + strconv.Itoa(int(all[len(all)-1].Local.Port()))
	}
	if len(each) == 1 {
		return each[0]
	}
	return "( " + strings.Join(each, " or ") + " )"
}

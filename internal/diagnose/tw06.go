// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func tw06() Rule {
	return Rule{
		Code: "TW06", Name: "time-wait-on-listen-port",
		Title: knowledge.Text{En: "TIME_WAIT of a service that is down", Zh: "已停止的服务留下的 TIME_WAIT"},
		Facts: []string{"TIME_WAIT", "LISTEN", SysctlPortRange},
		Formula: knowledge.Text{
			En: "TIME_WAIT by local port, outside ip_local_port_range and without a listener",
			Zh: "按本地端口统计：在 ip_local_port_range 之外且没有监听套接字的 TIME_WAIT",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Notice from ten on one port: any one keeps bind() from the port for up to 60 s, unless both the old and the new socket have SO_REUSEADDR.",
				Zh: "同一端口有 10 个即提示：任何一个都会使 bind() 在最长 60 秒内失败，除非新旧套接字都设置了 SO_REUSEADDR。",
			},
			Source: "net/ipv4/inet_connection_sock.c inet_csk_bind_conflict; measured on Linux 6.18",
		}},
		Excluded: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "With a listener on the port all is well: it could bind.",
					Zh: "端口上有监听套接字就没有问题：bind() 已经成功。",
				},
				Source: "net/ipv4/inet_connection_sock.c inet_csk_get_port",
			},
			{
				Text: knowledge.Text{
					En: "A service that listened at the first reading and not at the second: it stopped a moment ago, and may be on its way back.",
					Zh: "第一次读取时还在监听、第二次不在的服务：它刚刚停止，可能正在重启。",
				},
				Source: "net/ipv4/inet_connection_sock.c inet_csk_get_port",
			},
			{
				Text: knowledge.Text{
					En: "Programs that call out from a reserved port, as NFS does, use each port once: they do not come to ten.",
					Zh: "从保留端口向外连接的程序（如 NFS）每个端口只用一次，不会达到 10 个。",
				},
				Source: "bindresvport(3)",
			},
			{
				Text: knowledge.Text{
					En: "A port on which connections still close: the youngest TIME_WAIT is younger than the window, than 3 s or than seven times the mean interval between two closes. The service is on its way back, or connections go out from the port.",
					Zh: "仍有连接在关闭的端口：最新的 TIME_WAIT 比观察窗口、3 秒或平均关闭间隔的 7 倍更年轻。服务正在恢复，或者有连接从该端口向外发起。",
				},
				Source: "measured on Linux 6.18",
			},
			{
				Text: knowledge.Text{
					En: "A port below one that listens: FTP's data connections go out from there.",
					Zh: "紧邻监听端口之下的端口：FTP 的数据连接从那里向外发起。",
				},
				Source: "RFC 959 3.2",
			},
		},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Set SO_REUSEADDR before bind(), in every version that is started: a socket left from one without it still refuses. Or let systemd hold the port (socket activation).",
				Zh: "在 bind() 之前设置 SO_REUSEADDR，且每个版本都要设置：未设置的旧套接字仍会拒绝。或由 systemd 持有端口（socket activation）。",
			},
			Source: "net/ipv4/inet_connection_sock.c inet_csk_bind_conflict; socket(7) SO_REUSEADDR",
		}},
		Check:   command.Of("list", "state time-wait"),
		Sources: []string{"net/ipv4/inet_connection_sock.c inet_csk_bind_conflict", "measured on Linux 6.18"},
		See:     []string{"TIME_WAIT", "LISTEN", "TW01"},
		Judge:   judgeTW06,
	}
}

const leftFew = 10

func judgeTW06(c *Case) (all []Finding) {
	if c.Count(tcp.TimeWait) < leftFew {
		return nil
	}
	if _, ok := c.portSpace(); !ok {
		return nil
	}
	for _, left := range c.Now.Sockets.timeWaits.leftPorts() {
		switch {
		case left.timeWait < leftFew:
			return all
		case c.stillUsed(left):
		default:
			all = append(all, leftFinding(c, left))
		}
	}
	return all
}

// stillUsed reports whether TIME_WAIT of a port without a listener can be of anything
// else than a service that is down.
func (c *Case) stillUsed(left *leftPort) bool {
	if c.Before != nil && c.Before.Sockets != nil && c.Before.Sockets.timeWaits.listening.has(left.port) {
		return true
	}
	return !left.ended(c.Window) || c.Now.Sockets.timeWaits.listening.has(left.port+1)
}

func leftFinding(c *Case, left *leftPort) Finding {
	port := strconv.Itoa(int(left.port))
	return Finding{
		Severity: Notice, About: listening(netip.AddrPortFrom(netip.Addr{}, left.port)),
		timeWaits: 2*uint64(left.timeWait) >= c.Count(tcp.TimeWait),
		Summary: say("nobody listens on %s, which has %s TIME_WAIT: bind() will fail with EADDRINUSE for up to 60 s without SO_REUSEADDR",
			"%s 无人监听，却有 %s 个 TIME_WAIT：未设置 SO_REUSEADDR 的 bind() 在最长 60 秒内会返回 EADDRINUSE", ":"+port, left.timeWait),
		Evidence: []Evidence{above("TIME_WAIT of port "+port, float64(left.timeWait), "", leftFew)},
		Check:    listOf("state time-wait", localPort(left.port)),
	}
}

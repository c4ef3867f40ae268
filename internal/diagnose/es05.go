// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func es05() Rule {
	return Rule{
		Code: "ES05", Name: "packets-stay-here",
		Title: text("Packets do not leave this host", "数据包没有离开本机"),
		Facts: []string{"ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT1", "tcp_info", "TcpExt.TCPRetransFail"},
		Formula: text("connections with data that was never sent, nothing on the way, and a peer that has room for a full segment (snd_wnd)",
			"有从未发出的数据、没有任何在途数据、而对端窗口（snd_wnd）足够容纳一个完整报文段的连接"),
		Threshold: []knowledge.Statement{
			claim("Warning from 10: the kernel tries again by its zero-window timer whenever nothing is on the way, so that the timer alone does not tell; a window that is open does. What it hands down is refused on this host: a firewall's OUTPUT chain, no route, a queueing discipline.",
				"达到 10 个即警告：只要没有在途数据，内核都用零窗口定时器重试，因此仅凭定时器无法判断，窗口未关闭才说明问题：报文在本机就被拒绝了——防火墙 OUTPUT 链、没有路由或排队规则。",
				"net/ipv4/tcp_output.c tcp_write_xmit, tcp_send_probe0; include/net/tcp.h tcp_check_probe_timer; measured on Linux 6.18"),
		},
		Excluded: []knowledge.Statement{
			claim("Peers whose window is closed, or smaller than a segment: they read nothing, and are FW05 and ES06. Kernels before 5.4 do not show the window; nothing is concluded there.",
				"窗口已关闭或不足一个报文段的对端：是它们没有读取，见 FW05、ES06。5.4 之前的内核不显示窗口，不作结论。", "net/ipv4/tcp.c tcp_get_info"),
		},
		App: []knowledge.Statement{
			claim("Look at the firewall's rules for what goes out (iptables -S OUTPUT, nft list ruleset), at the route to the peers (ip route get) and at tc -s qdisc.",
				"检查出方向的防火墙规则（iptables -S OUTPUT、nft list ruleset）、到对端的路由（ip route get）以及 tc -s qdisc。", "net/ipv4/ip_output.c __ip_local_out"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune, and nothing in the program is wrong.", "无参数可调，程序也没有问题。", "net/ipv4/tcp_output.c tcp_write_xmit"),
		},
		Check:   command.Of("list", "timer = persist and snd-wnd > 0", "-c", "+timer,notsent,snd-wnd"),
		Sources: []string{"net/ipv4/tcp_output.c tcp_write_xmit", "net/ipv4/tcp_timer.c tcp_probe_timer", "measured on Linux 6.18"},
		See:     []string{"ESTABLISHED", "FIN_WAIT1", "ES03", "FW05"},
		Judge:   judgeES05,
	}
}

const heldBackMany = 10

// heldBack returns the connections that have data to send and do not send it, although
// their peers have room.
func (c *Case) heldBack() (rows []Kept) {
	for _, w := range []WatchID{Persisting, ZeroWindow} {
		for _, k := range c.watch(w).rowsOf() {
			if closed, known := k.Life.closed(); known && !closed && k.Life.Unsent > 0 {
				rows = append(rows, k)
			}
		}
	}
	return rows
}

func judgeES05(c *Case) []Finding {
	if c.Now.Sockets.Counts {
		c.Lacks("timers", text("only numbers of sockets are known", "只知道各状态的套接字数量"))
		return nil
	}
	rows := c.heldBack()
	if len(rows) < heldBackMany {
		return nil
	}
	var bytes uint64
	for i := range rows {
		bytes += uint64(rows[i].Life.Unsent)
	}
	network, most := source(rows)
	f := Finding{
		// The basis is not Counts alone, so a warning is allowed: the kernel has tried
		// to send, and the peers have room.
		Severity: Warning, Basis: Lasting, About: About{Network: network}, rows: rows,
		Summary: say("packets of %s connection[s] do not leave this host: %s byte[s] were never sent, though the peers have room, %s in %s",
			"%s 个连接的数据包没有离开本机：对端有空间，却有 %s 字节从未发出，对端%s在 %s", len(rows), bytes, howMany(most, len(rows)), network.String()),
		Detail: []knowledge.Text{text("an OUTPUT rule of the firewall, a missing route or a queueing discipline on this host keeps them: the peers are not slow, and no attack",
			"被本机拦住：防火墙 OUTPUT 规则、缺少路由或排队规则；对端并不慢，也不是攻击")},
		Evidence: []Evidence{
			above("waiting to send, window open", float64(len(rows)), "", heldBackMany),
			{Name: "never sent", Value: float64(bytes), Unit: "B"},
		},
	}
	f.ownersOf(rows)
	return []Finding{f}
}

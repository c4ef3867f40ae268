// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func tw04() Rule {
	return Rule{
		Code: "TW04", Name: "sustainable-rate",
		Title: knowledge.Text{En: "A rate of connections that the ports do not bear", Zh: "本地端口承受不起的建连速率"},
		Facts: append(PortSysctls(), "local", "remote", "dport", "expires", "direction", "window"),
		Formula: knowledge.Text{
			En: "ports taken a second for a destination, each held until its connection is closed and for 60 s after (or the delay of tcp_tw_reuse), against those that are free",
			Zh: "每秒为某目标占用的端口（每个持有到连接关闭后 60 秒，或 tcp_tw_reuse 的延迟）与空闲端口相比",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Warning when at this rate none is left within 60 s, in which what is taken now does not come back; notice within an hour. 28,232 ports bear 470 connections a second for each destination, or 28,232 with tcp_tw_reuse.",
				Zh: "按此速率 60 秒内（其间占用的端口不会归还）用尽则警告，一小时内用尽则提示。28,232 个端口对每个目标可承受每秒 470 个连接，启用 tcp_tw_reuse 时为 28,232 个。",
			},
			Source: "include/net/tcp.h TCP_TIMEWAIT_LEN; net/ipv4/tcp_ipv4.c tcp_twsk_unique; Little's law",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "A burst looks like a rate: with one reading the rate is that of the last 10 s, with two that of the window. While half of the ports are free, closes count as a rate only where the ten seconds before had at least half as many, and growth only where no more than a quarter of the open connections came in the window; beyond half, where most of them came in it, it is taken to go on for a minute, or for ten windows: so a pool warms up, and so does a job that opens thousands at once and closes them. Look longer before changing anything.",
				Zh: "突发看起来像持续速率：一次读取时取最近 10 秒的速率，两次读取时取窗口内的速率。端口空闲过半时，只有之前十秒内的关闭也至少有一半之多，关闭才算作速率；只有窗口内新建的不超过现有连接的四分之一，增长才算数。空闲不足一半时，若多数现有连接是在窗口内打开的，则只外推一分钟或十个窗口：连接池预热，以及一次打开数千个连接随后关闭的任务，就是这样。更改之前请观察更久。",
			},
			Source: "Little's law",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Reuse connections; spread the rest over more destination or source addresses.",
				Zh: "复用连接；其余分散到更多目的地址或源地址。",
			},
			Source: "net/ipv4/inet_hashtables.c __inet_check_established",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "tcp_tw_reuse = 1 makes the 60 s one second, for outgoing connections with timestamps.",
				Zh: "tcp_tw_reuse = 1 将 60 秒变为一秒，适用于带时间戳的向外连接。",
			},
			Source: "net/ipv4/tcp_ipv4.c tcp_twsk_unique; measured on Linux 6.18",
		}},
		Check:   command.Of("ports", "--window", "10s"),
		Sources: []string{"include/net/tcp.h TCP_TIMEWAIT_LEN", "net/ipv4/tcp_ipv4.c tcp_twsk_unique", "Little's law"},
		See:     []string{"TIME_WAIT", "ip_local_port_range", "tcp_tw_reuse", "tcp_tw_reuse_delay", "TW03"},
		Judge:   judgeTW04,
	}
}

func judgeTW04(c *Case) (all []Finding) {
	uses, _ := c.PortUses()
	for i := range uses {
		u := &uses[i]
		if !u.WillEnd || u.Rate <= 0 || u.Free == 0 { // TW03 reports that none is left
			continue
		}
		f := Finding{
			Basis: Limit, Severity: Notice, About: u.about(), Owner: only(u.Callers),
			Summary: say("%s connection[s] a second to %s use up the %s port[s] that [3:is|are] left, within %s",
				"每秒 %s 个到 %s 的连接会在 %[4]s 内用尽剩余的 %[3]s 个端口", u.Rate, u.Remote.String(), u.Free, until(u.RunsOut)),
			Evidence: []Evidence{
				{Name: "ports taken", Value: u.Rate, Unit: "1/s"},
				{Name: "free ports", Value: float64(u.Free)},
				{Name: portsTaken, Value: float64(u.Used)},
				above("runs out in", u.RunsOut.Seconds(), "s", timeWait.Seconds()),
			},
			Changes: c.portChanges(u),
			Check:   u.check(),

			timeWaits: u.TimeWait > 0, ports: heldPorts{taken: u.Used},
		}
		if u.RunsOut <= timeWait {
			f.Severity = Warning
		}
		all = append(all, f)
	}
	return all
}

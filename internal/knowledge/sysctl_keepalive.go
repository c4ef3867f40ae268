// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// keepaliveSysctls are defaults for sockets with SO_KEEPALIVE; they turn
// nothing on.
func keepaliveSysctls() []Sysctl {
	common := Sysctl{
		Direction: OnlyLower, Effect: AtTimer, States: tcp.SetOf(tcp.Established, tcp.CloseWait, tcp.FinWait2),
		Risk: Text{
			"More packets: mobile peers are woken, NAT and conntrack entries live on.",
			"包会变多：移动端被频繁唤醒，NAT 和 conntrack 表项也一直保留。",
		},
		Need: Text{
			"Half-open ESTABLISHED that have SO_KEEPALIVE, or a NAT or load balancer that forgets idle connections sooner.",
			"存在设置了 SO_KEEPALIVE 的半开 ESTABLISHED，或者中间的 NAT、负载均衡更早忘记空闲连接。",
		},
		Helped: Text{
			"Connections idle for hours disappear when their peer is gone. Sockets without SO_KEEPALIVE are not touched.",
			"对端消失后，空闲数小时的连接会被清理。没有 SO_KEEPALIVE 的套接字不受影响。",
		},
		Source: "net/ipv4/tcp_timer.c tcp_keepalive_timer; " + measured,
	}
	return []Sysctl{keepaliveTime(common), keepaliveInterval(common), keepaliveProbes(common)}
}

func keepaliveTime(s Sysctl) Sysctl {
	s.Key = "net.ipv4.tcp_keepalive_time"
	s.Summary = Text{"how long a connection with SO_KEEPALIVE is idle before the first probe", "设置了 SO_KEEPALIVE 的连接空闲多久后发第一个探测包"}
	s.Unit, s.Default = Text{"seconds", "秒"}, always("7200")
	s.Kernel, s.Safe = anySeconds(), ints(60, 7200)
	s.Verdicts = []SysctlVerdict{
		{
			Kind: Harmful, Values: ints(-maxSeconds, 0),
			Text: Text{"probes all the time", "会不停地发探测包"},
			Do:   Text{"Use 60 or more; the default is 7200.", "至少用 60；默认是 7200。"}, Source: "net/ipv4/tcp_timer.c tcp_keepalive_timer",
		},
		{
			Kind: WrongMeaning, Values: ints(32768, maxSeconds),
			Text: Text{"the unit is seconds: nobody is probed for nine hours or more", "单位是秒：九个小时以上都不会探测"},
			Do:   Text{"Use 60 to 7200.", "用 60～7200。"}, Source: "include/net/tcp.h TCP_KEEPALIVE_TIME",
		},
	}
	s.See = []string{"ES02", "ESTABLISHED", "TCPKeepAlive", "myth 20"}
	return s
}

func keepaliveInterval(s Sysctl) Sysctl {
	s.Key = "net.ipv4.tcp_keepalive_intvl"
	s.Summary = Text{"the pause between probes of an idle connection", "空闲连接两次探测之间的间隔"}
	s.Unit, s.Default = Text{"seconds", "秒"}, always("75")
	s.Kernel, s.Safe = anySeconds(), ints(5, 75)
	s.Verdicts = []SysctlVerdict{
		{
			Kind: Harmful, Values: ints(-maxSeconds, 0),
			Text: Text{"sends all probes at once and drops connections that are alive", "所有探测包一口气发完，活着的连接也会被断开"},
			Do:   Text{"Use 5 or more; the default is 75.", "至少用 5；默认是 75。"}, Source: "net/ipv4/tcp_timer.c tcp_keepalive_timer",
		},
		{
			Kind: WrongMeaning, Values: ints(3601, maxSeconds),
			Text: Text{"the unit is seconds: with nine probes a dead peer is noticed after nine hours or more", "单位是秒：按九次探测算，九个小时以上才能发现对端已死"},
			Do:   Text{"Use 5 to 75.", "用 5～75。"}, Source: "include/net/tcp.h TCP_KEEPALIVE_INTVL",
		},
	}
	s.See = []string{"ES02", "ESTABLISHED", "TCPKeepAlive", "net.ipv4.tcp_keepalive_time"}
	return s
}

func keepaliveProbes(s Sysctl) Sysctl {
	s.Key = "net.ipv4.tcp_keepalive_probes"
	s.Summary = Text{"how many probes without an answer end a connection", "多少次探测无应答后断开连接"}
	s.Unit, s.Default = Text{"probes", "次数"}, always("9")
	s.Kernel, s.Safe = anyByte(), ints(3, 9)
	enough := Text{"Use 3 or more; the default is 9.", "至少用 3；默认是 9。"}
	s.Verdicts = []SysctlVerdict{
		{
			Kind: Harmful, Values: only(0),
			Text: Text{
				"resets every connection with SO_KEEPALIVE that is idle for tcp_keepalive_time, alive or not, without a single probe",
				"设置了 SO_KEEPALIVE 的连接，空闲满 tcp_keepalive_time 就被重置，无论对端是否活着，一个探测包也不发",
			}, Do: enough, Source: "net/ipv4/tcp_timer.c tcp_keepalive_timer; " + measured,
		},
		{
			Kind: Harmful, Values: only(1),
			Text: Text{"ends a connection when a single probe or its answer is lost", "丢一个探测包或它的应答，连接就被断开"}, Do: enough,
			Source: "net/ipv4/tcp_timer.c tcp_keepalive_timer",
		},
	}
	s.See = []string{"ES02", "ESTABLISHED", "TCPKeepAlive", "net.ipv4.tcp_keepalive_time"}
	return s
}

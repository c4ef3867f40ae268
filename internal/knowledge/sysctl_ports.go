// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// portSysctls say which local ports outgoing connections may take.
func portSysctls() []Sysctl {
	return []Sysctl{localPortRange(), localReservedPorts(), unprivilegedPortStart(), autobindReuse(), nonlocalBind()}
}

func localPortRange() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.ip_local_port_range",
		Summary: Text{"the local ports of outgoing connections", "本机主动连接使用的本地端口范围"},
		Unit:    Text{"first and last port", "起始端口和结束端口"}, Default: always("32768 60999"),
		History: []Statement{
			say("Since Linux 4.2 connect() prefers the ports of one parity and bind() the others.", "从 Linux 4.2 起，connect() 优先用一种奇偶的端口，bind() 优先用另一种。", "commit 07f4c90062f8"),
			say("When those are used up it takes the others; kernels from 4.9 on do so. A socket with IP_LOCAL_PORT_RANGE takes all ports alike since Linux 6.12.",
				"一种用完后改用另一种，4.9 起的内核都如此。设了 IP_LOCAL_PORT_RANGE 的套接字从 Linux 6.12 起不分奇偶。",
				"net/ipv4/inet_hashtables.c __inet_hash_connect; commit 1580ab63fc9a; commit 207184853dbd"),
		},
		Kernel: ints(1, 65535).tuple(2).ordered(), Safe: ints(10240, 65535).tuple(2).ordered(), Direction: MoveEither, Effect: AtPort,
		States: tcp.SetOf(tcp.SynSent, tcp.Established, tcp.TimeWait),
		Risk: Text{
			"A service whose port lies in the range cannot bind after a reboot if a connection was faster: reserve it in ip_local_reserved_ports first.",
			"范围内的固定服务端口可能被外连抢先占用，重启后服务 bind 失败：应先写进 ip_local_reserved_ports。",
		},
		Need: Text{
			"70 % of the ports for one source and destination are used, or connect() fails with EADDRNOTAVAIL.",
			"同一源地址到同一目标的端口已用掉 70%，或者 connect() 报 EADDRNOTAVAIL。",
		},
		Helped: Text{"The share of used ports falls and EADDRNOTAVAIL stops.", "端口占用比例下降，EADDRNOTAVAIL 消失。"},
		Verdicts: []SysctlVerdict{
			{
				Kind: Refused, Values: ints(1, 1023), When: []Elsewhere{{"net.ipv4.ip_unprivileged_port_start", ints(1024, 65535)}},
				Text: Text{"the kernel refuses a first port below ip_unprivileged_port_start, 1024", "起始端口低于 ip_unprivileged_port_start（1024），内核会拒绝"},
				Do:   Text{"Begin at 10240 or above.", "从 10240 或更高开始。"}, Source: "net/ipv4/sysctl_net_ipv4.c ipv4_local_port_range; " + measured,
			},
			{
				Kind: Harmful, Values: ints(1, 10239), When: []Elsewhere{{"net.ipv4.ip_local_reserved_ports", SysctlRange{Words: []string{""}}}},
				Text: Text{"outgoing connections may take the ports of services such as 3306, 6379 or 8080, which then cannot start", "外连可能占用 3306、6379、8080 等服务端口，导致服务无法启动"},
				Do:   Text{"Begin at 10240 or above, or reserve the ports of services in ip_local_reserved_ports.", "从 10240 或更高开始，或把服务端口写进 ip_local_reserved_ports。"}, Source: "net/ipv4/inet_hashtables.c __inet_hash_connect; " + measured,
			},
			{
				Kind: LowersDefault, Fewer: 28232,
				Text: Text{"leaves fewer local ports than the default, 28232: that is how many connections to one address and port there can be, TIME_WAIT included", "本地端口比默认的 28232 个还少：到同一地址和端口的连接（含 TIME_WAIT）最多只有这么多"},
				Do:   Text{"Delete the line, or make the range wider.", "删掉这一行，或把范围放宽。"}, Source: "net/ipv4/af_inet.c inet_init_net; net/ipv4/inet_hashtables.c __inet_hash_connect",
			},
		},
		Source: "net/ipv4/af_inet.c inet_init_net; net/ipv4/inet_hashtables.c __inet_hash_connect; " + measured,
		See:    []string{"TW03", "TW05", "SYN_SENT", "TIME_WAIT", "myth 10", "net.ipv4.ip_local_reserved_ports"},
	}
}

func localReservedPorts() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.ip_local_reserved_ports",
		Summary: Text{"ports that outgoing connections may not take", "本机主动连接不得使用的端口"},
		Unit:    Text{"ports and ranges with commas: 8080,9000-9010", "端口或范围，用逗号分隔：8080,9000-9010"},
		Default: always(""),
		Kernel:  SysctlRange{Ports: true}, Safe: SysctlRange{Ports: true}, Direction: MoveEither, Effect: AtPort,
		States: tcp.SetOf(tcp.SynSent, tcp.Established, tcp.TimeWait),
		Risk:   Text{"None but fewer ports for outgoing connections.", "除了外连可用端口变少，没有风险。"},
		Need:   Text{"A service listens on a port inside ip_local_port_range.", "有服务监听的端口落在 ip_local_port_range 之内。"},
		Helped: Text{"The service starts after every reboot.", "每次重启后服务都能正常启动。"},
		Source: "net/ipv4/inet_connection_sock.c inet_is_local_reserved_port; " + measured,
		See:    []string{"TW03", "net.ipv4.ip_local_port_range"},
	}
}

func unprivilegedPortStart() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.ip_unprivileged_port_start",
		Summary: Text{"the first port that needs no privilege to bind", "普通用户可以绑定的最低端口"},
		Unit:    Text{"port", "端口"}, Default: always("1024"),
		Kernel: ints(0, 65535), Safe: ints(0, 1024), Direction: OnlyLower, Effect: AtPort, States: tcp.SetOf(tcp.Listen),
		Risk:   Text{"Lowered, any user may take the port of a service that is down.", "调小后，服务停止期间任何用户都能占用它的端口。"},
		Need:   Text{"A service without privileges, a container for instance, must bind a port below 1024.", "无特权的服务（例如容器）需要绑定 1024 以下的端口。"},
		Helped: Text{"bind() no longer fails with EACCES.", "bind() 不再报 EACCES。"},
		Source: "net/ipv4/sysctl_net_ipv4.c ipv4_privileged_ports; " + measured,
		See:    []string{"LISTEN", "net.ipv4.ip_local_port_range"},
	}
}

func autobindReuse() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.ip_autobind_reuse",
		Summary: Text{"may bind() to port 0 share a port between sockets with SO_REUSEADDR", "bind() 端口 0 时，SO_REUSEADDR 套接字能否共用端口"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("0"),
		Kernel: anyBool(), Safe: only(0), Direction: MoveNever, Effect: AtPort, States: tcp.SetOf(tcp.Bound, tcp.TimeWait),
		Risk:   Text{"connect() may fail later with EADDRNOTAVAIL. The kernel's documentation leaves it to experts.", "之后 connect() 可能报 EADDRNOTAVAIL。内核文档注明仅供专家使用。"},
		Need:   Text{"bind() to port 0 fails with EADDRINUSE; IP_BIND_ADDRESS_NO_PORT in the application is the better cure.", "bind() 端口 0 报 EADDRINUSE；更好的办法是应用使用 IP_BIND_ADDRESS_NO_PORT。"},
		Helped: Text{"bind() no longer fails with EADDRINUSE.", "bind() 不再报 EADDRINUSE。"},
		Source: "Documentation/networking/ip-sysctl.rst; " + measured,
		See:    []string{"TW05", "BOUND"},
	}
}

func nonlocalBind() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.ip_nonlocal_bind",
		Summary: Text{"may a process bind an address that this host does not have", "能否绑定本机没有的地址"},
		Unit:    Text{"0 or 1", "0 或 1"}, Default: always("0"),
		Kernel: anyByte(), Safe: anyBool(), Direction: MoveEither, Effect: AtPort, States: tcp.SetOf(tcp.Listen),
		Risk:   Text{"A mistyped address is no longer noticed.", "地址写错时不会再报错。"},
		Need:   Text{"A service must start before it has its VRRP address.", "服务要在拿到 VRRP 地址之前启动。"},
		Helped: Text{"bind() no longer fails with EADDRNOTAVAIL.", "bind() 不再报 EADDRNOTAVAIL。"},
		Source: "Documentation/networking/ip-sysctl.rst; " + measured,
		See:    []string{"LISTEN"},
	}
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

// settingQuestions are what people ask about kernel parameters.
func settingQuestions() []Topic {
	return questionTopics(fourSettings(), applySysctl())
}

func fourSettings() question {
	return question{
		name:    "four-settings",
		aliases: []string{"tcp_syncookies tcp_tw_reuse tcp_tw_recycle tcp_fin_timeout", "the four settings", "TIME_WAIT sysctl", "TIME_WAIT 内核参数", "四个参数", "优化内核参数"},
		ask:     Text{"What do the four settings do that are copied everywhere against TIME_WAIT?", "到处流传的那四个“优化 TIME_WAIT”的参数究竟有什么用？"},
		short: []Statement{
			say("None of them lowers the number of TIME_WAITs on a server. One is the default already, one is for connect() only, one is gone, one is about another state.",
				"在服务端没有一个能减少 TIME_WAIT：一个本来就是默认值，一个只管 connect()，一个已被删除，一个管的是别的状态。",
				"net/ipv4/tcp_ipv4.c tcp_sk_init; lab: tw-reuse-servers; lab: tw-recycle-absent; lab: time-wait-length"),
		},
		more: []Section{
			section("net.ipv4.tcp_syncookies = 1", "net.ipv4.tcp_syncookies = 1（开启 SYN cookie）",
				say("The default is 1, not 0. It acts when the SYN queue of a listener is full, and not against small floods only: nothing is kept, so that no queue can be filled. Processor and bandwidth can.",
					"默认就是 1，不是 0。只有监听套接字的半连接队列满了才起作用；因为什么都不保存，队列不会被打满，所以防的不只是“少量”攻击；CPU 和带宽仍可能被打满。",
					"net/ipv4/tcp_ipv4.c tcp_sk_init; net/ipv4/tcp_input.c tcp_conn_request; lab: syncookies-1")),
			section("net.ipv4.tcp_tw_reuse = 1", "net.ipv4.tcp_tw_reuse = 1（允许复用 TIME_WAIT）",
				say("The default is 2 (loopback addresses), not 0. It lets connect() take over a TIME_WAIT after 1 s, if both ends use timestamps. It does nothing for connections that come in.",
					"默认是 2（回环地址），不是 0。它让 connect() 在 1 秒后接管 TIME_WAIT，前提是双方都有时间戳。对入站连接毫无作用。",
					"net/ipv4/tcp_ipv4.c tcp_sk_init, tcp_twsk_unique; commit 79e9fed46038; lab: tw-reuse-1; lab: tw-reuse-servers")),
			section("net.ipv4.tcp_tw_recycle = 1", "net.ipv4.tcp_tw_recycle = 1（快速回收）",
				say("Removed in Linux 4.12; before, it cut off clients behind NAT. Delete the line.", "Linux 4.12 已删除；以前会让 NAT 后面的客户端连不上。删掉这一行。",
					"commit 4396e46187ca; lab: tw-recycle-absent")),
			section("net.ipv4.tcp_fin_timeout = 30", "net.ipv4.tcp_fin_timeout = 30（修改“默认的 TIMEOUT 时间”）",
				say("There is no such thing as the default timeout: it bounds FIN_WAIT2 whose socket was closed, 60 s by default. TIME_WAIT stays at 60 s.",
					"不存在什么“默认的 TIMEOUT 时间”：它只管已 close 的 FIN_WAIT2，默认 60 秒。TIME_WAIT 仍是 60 秒。",
					"include/net/tcp.h tcp_fin_time; lab: fin-timeout-orphan; lab: time-wait-length")),
		},
		see:   []string{"many-time-wait", "tcp_syncookies", "tcp_tw_reuse", "set-tw-recycle", "tcp_fin_timeout", "fin-timeout-time-wait", "tw-reuse-frees-server", "syncookies-degrade", "TW07"},
		prove: []string{"tw-reuse-servers", "tw-recycle-absent", "time-wait-length", "syncookies-1"},
	}
}

func applySysctl() question {
	return question{
		name:    "apply-sysctl",
		aliases: []string{"sysctl -p", "/etc/sysctl.conf", "sysctl.conf", "修改内核参数", "让参数生效"},
		ask:     Text{"How does a kernel parameter take effect, and for whom?", "内核参数怎样生效，对谁生效？"},
		short: []Statement{
			say("Write it to a file in /etc/sysctl.d and run sysctl --system. It holds in this network namespace only, and for many parameters only for what is opened later.",
				"写进 /etc/sysctl.d 下的文件，执行 sysctl --system。只对当前网络命名空间生效，而且很多参数只影响之后新建的连接或监听。",
				"sysctl.d(5); net/ipv4/tcp_ipv4.c tcp_sk_init; "+measured),
		},
		detail: []Statement{
			say("/etc/sysctl.conf and sysctl -p are the old way; at boot systemd reads /etc/sysctl.d, and the old file only where the distribution links it there.",
				"/etc/sysctl.conf 加 sysctl -p 是老办法；systemd 启动时读的是 /etc/sysctl.d，旧文件要发行版做了链接才会读到。",
				"sysctl.d(5); "+measured),
			say("A key that does not exist (tcp_tw_recycle): sysctl -p reports it, goes on and ends with 1; systemd-sysctl ignores it.", "键不存在（如 tcp_tw_recycle）：sysctl -p 报错、继续执行、返回 1；systemd-sysctl 直接忽略。",
				measured),
			say("Containers with a network namespace of their own start from the kernel's defaults.", "有自己网络命名空间的容器从内核默认值开始，不继承宿主机。",
				"net/ipv4/tcp_ipv4.c tcp_sk_init; "+measured),
			say("somaxconn is read at listen(), tcp_keepalive_time when a timer is set, tcp_fin_timeout when a FIN_WAIT2 begins. A timer that runs keeps its time; the next one of the same socket takes the new value.",
				"somaxconn 在 listen() 时读取，tcp_keepalive_time 在设定时器时读取，tcp_fin_timeout 在进入 FIN_WAIT2 时读取。正在跑的定时器时间不变，同一套接字的下一个定时器用新值。",
				"net/socket.c __sys_listen; net/ipv4/tcp_timer.c tcp_keepalive_timer; net/ipv4/tcp.c __tcp_close; lab: somaxconn-later"),
			say("The kernel accepts nonsense such as tcp_fin_timeout=-5 or tcp_max_tw_buckets=0: read the value back, and ask whether it can be meant.",
				"内核会接受离谱的值，如 tcp_fin_timeout=-5、tcp_max_tw_buckets=0：写完要读回来，并想想是否合理。",
				measured),
		},
		see:   []string{"four-settings", "sysctls-in-containers", "set-tw-recycle", "TW07", "CF01"},
		prove: []string{"somaxconn-later"},
	}
}

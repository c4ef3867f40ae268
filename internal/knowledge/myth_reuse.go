// SPDX-License-Identifier: Apache-2.0

package knowledge

// reuseMyths are about tcp_tw_reuse and the local ports.
func reuseMyths() []myth {
	return []myth{
		{
			number: 3,
			name:   "tw-reuse-frees-server",
			said:   Text{"tcp_tw_reuse=1 on the web server frees its TIME_WAITs", "在 Web 服务器上设 tcp_tw_reuse=1 就能释放 TIME_WAIT"},
			truth: []Statement{
				say("Only connect() looks at it: a server that accepts connections gets nothing from it, and the number does not fall.",
					"只有 connect() 会看它：只 accept 连接的服务器用不上，数量也不会减少。",
					"net/ipv4/inet_hashtables.c __inet_check_established; net/ipv4/tcp_ipv4.c tcp_twsk_unique; lab: tw-reuse-servers"),
				say("A client that returns opens its TIME_WAIT again without any sysctl, by a newer timestamp or a higher sequence number.",
					"回访的客户端凭更新的时间戳或更大的序列号就能直接重开 TIME_WAIT，不需要任何 sysctl。",
					"net/ipv4/tcp_minisocks.c tcp_timewait_state_process; RFC 9293 3.6.1 MAY-2; lab: time-wait-syn-higher"),
			},
			see:   []string{"tcp_tw_reuse", "TIME_WAIT", "TWRecycled", "TW08"},
			prove: []string{"tw-reuse-servers", "time-wait-syn-higher"},
		},
		{
			number: 4,
			name:   "tw-reuse-off-by-default",
			said:   Text{"tcp_tw_reuse is off by default", "tcp_tw_reuse 默认是关闭的"},
			truth: []Statement{
				say("Since Linux 4.19 the default is 2: on for connections over loopback addresses.", "Linux 4.19 起默认值是 2：对回环地址的连接开启。",
					"commit 79e9fed46038; net/ipv4/tcp_ipv4.c tcp_sk_init; lab: tw-reuse-2-loopback"),
			},
			see:   []string{"tcp_tw_reuse", "tw-reuse-2-local"},
			prove: []string{"tw-reuse-2-loopback"},
		},
		{
			number: 5,
			name:   "tw-reuse-2-local",
			said:   Text{"tcp_tw_reuse=2 covers all connections inside the host", "tcp_tw_reuse=2 覆盖本机内部的所有连接"},
			truth: []Statement{
				say("It asks for a loopback address (127.0.0.0/8, ::1) or a socket bound to lo. Connections to the host's own LAN address or over a container bridge are not covered.",
					"它要求地址是回环地址（127.0.0.0/8、::1）或套接字绑定在 lo 上。连本机的局域网 IP、走容器网桥都不算。",
					"net/ipv4/tcp_ipv4.c tcp_twsk_unique; lab: tw-reuse-2; "+measured),
			},
			see:   []string{"tcp_tw_reuse", "TW03"},
			prove: []string{"tw-reuse-2", "tw-reuse-2-loopback"},
		},
		{
			number:  6,
			name:    "timestamps-off",
			aliases: []string{"tcp_timestamps=0"},
			said:    Text{"Turn tcp_timestamps off for performance; tcp_tw_reuse works all the same", "关掉 tcp_timestamps 提升性能，tcp_tw_reuse 照样有效"},
			truth: []Statement{
				say("Without timestamps, here or at the peer, tcp_tw_reuse takes nothing over.", "本机或对端任何一边没有时间戳，tcp_tw_reuse 就什么也接管不了。",
					"net/ipv4/tcp_ipv4.c tcp_twsk_unique; lab: tw-reuse-1-no-timestamps"),
				say("The protection against old duplicates (PAWS) goes too, and SYN cookies can no longer carry window scaling and SACK.",
					"防旧报文的 PAWS 也随之失效，SYN cookie 也无法再携带窗口扩大和 SACK 选项。",
					"RFC 7323 5; net/ipv4/syncookies.c cookie_init_timestamp; lab: old-duplicate-corrupts"),
			},
			see:   []string{"tcp_timestamps", "tcp_tw_reuse", "why-time-wait"},
			prove: []string{"tw-reuse-1-no-timestamps", "old-duplicate-corrupts", "old-duplicate-timestamps"},
		},
		{
			number:  10,
			name:    "ephemeral-host-wide",
			aliases: []string{"ephemeral ports are a host-wide pool"},
			said:    Text{"The local ports are one pool for all outgoing connections of the host", "本地端口是整机所有外连共用的一个池子"},
			truth: []Statement{
				say("connect() can use each port once for every destination address and port: two destinations, twice the connections.",
					"connect() 对每个目标地址和端口都可以把端口用一遍：两个目标就是两倍的连接数。",
					"net/ipv4/inet_hashtables.c __inet_hash_connect; lab: ports-exhaustion"),
				say("It is one pool for programs that bind() their address before connect() without IP_BIND_ADDRESS_NO_PORT: there a port is gone for all destinations.",
					"但如果程序在 connect() 之前先 bind() 源地址、又没设 IP_BIND_ADDRESS_NO_PORT，那就真是一个池子：端口对所有目标都不能再用。",
					"net/ipv4/af_inet.c __inet_bind; net/ipv4/inet_hashtables.c __inet_hash_connect; lab: ports-bind; lab: ports-bind-noport"),
			},
			instead: []Statement{
				say("tcpvitals ports shows what is left for each destination.", "用 tcpvitals ports 看每个目标还剩多少端口。", "lab: ports-exhaustion"),
			},
			see:   []string{"ip_local_port_range", "TIME_WAIT", "BOUND", "TW03", "TW05"},
			prove: []string{"ports-exhaustion", "ports-bind", "ports-bind-noport"},
		},
	}
}

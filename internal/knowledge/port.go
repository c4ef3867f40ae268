// SPDX-License-Identifier: Apache-2.0

package knowledge

// PortKnob says what to do when local ports run short (internal/diagnose names
// the knobs); ok is false for a knob that is not known.
func PortKnob(name string) (text Text, ok bool) {
	text = portKnob(name)
	return text, text != Text{}
}

func portKnob(name string) Text {
	switch name {
	case "close-connections":
		// RFC 9293 3.6; net/ipv4/tcp_input.c tcp_fin.
		return Text{"close the connections that the peers have closed: the ports are held by CLOSE_WAIT, which nothing but close() ends, and more ports would only last a little longer. tcpvitals doctor --window 10s tells whose they are", "关闭对端已关闭的连接：端口被 CLOSE_WAIT 占着，只有 close() 能结束它们，再多端口也只是多撑一会儿。tcpvitals doctor --window 10s 会指出属于哪个进程"}
	case "close-shut-down":
		// net/ipv4/tcp.c tcp_shutdown, __tcp_close.
		return Text{"close the connections that the program has shut down: the ports are held by FIN_WAIT2 whose peers do not close, and more ports would only last a little longer. tcpvitals doctor --window 10s tells whose they are", "关闭程序已 shutdown() 的连接：端口被 FIN_WAIT2 占着，而对端没有关闭，再多端口也只是多撑一会儿。tcpvitals doctor --window 10s 会指出属于哪个进程"}
	case "stop-calling":
		// net/ipv4/tcp_timer.c tcp_retransmit_timer; net/ipv4/inet_hashtables.c __inet_hash_connect.
		return Text{"stop calling the destination as long as it does not answer, and give connect() a time limit: the ports are held by SYN_SENT, each for over two minutes, and more ports would only last a little longer. tcpvitals doctor --window 10s tells who calls", "目标没有应答时不要继续呼叫，并为 connect() 设置时限：端口被 SYN_SENT 占着，每个超过两分钟，再多端口也只是多撑一会儿。tcpvitals doctor --window 10s 会指出是谁在呼叫"}
	case "close-far-end":
		// net/ipv4/tcp_input.c tcp_fin; RFC 9293 3.6.
		return Text{"close what the callers have closed, in the program at the other end, which is on this host: the ports are held by FIN_WAIT2 that wait for its FIN, and more ports would only last a little longer. tcpvitals doctor --window 10s tells whose they are", "对端程序就在本机，应由它关闭调用方已关闭的连接：端口被等待其 FIN 的 FIN_WAIT2 占着，再多端口也只是多撑一会儿。tcpvitals doctor --window 10s 会指出属于哪个进程"}
	case "close-bound":
		// net/ipv4/inet_hashtables.c __inet_hash_connect.
		return Text{"close the sockets that are bound and never connect: they hold their ports for every destination. tcpvitals list 'kind = idle' -c +process shows them", "关闭已绑定却从不发起连接的套接字：它们对所有目标占用端口。tcpvitals list 'kind = idle' -c +process 可列出它们"}
	case "reuse-connections":
		return Text{"keep connections and use them again (keep-alive, a pool): a connection that is closed here holds its port for 60 s more", "保持连接并重复使用（keep-alive、连接池）：在本端关闭的连接还要再占用端口 60 秒"}
	case "bind-no-port":
		// net/ipv4/af_inet.c __inet_bind; net/ipv4/ip_sockglue.c IP_BIND_ADDRESS_NO_PORT; net/ipv4/inet_hashtables.c __inet_hash_connect skips such buckets.
		return Text{"set IP_BIND_ADDRESS_NO_PORT where the application binds a source address before connect(): without it each port serves one destination only, and TIME_WAIT on it is never reused", "应用在 connect() 前绑定源地址时，请设置 IP_BIND_ADDRESS_NO_PORT：否则每个端口只能用于一个目标，其上的 TIME_WAIT 也永远不会被复用"}
	case "tw-reuse":
		// net/ipv4/tcp_ipv4.c tcp_twsk_unique.
		return Text{"set net.ipv4.tcp_tw_reuse to 1, with tcp_timestamps on: if the peer uses timestamps too, connect() then takes over a TIME_WAIT that is older than a second", "把 net.ipv4.tcp_tw_reuse 设为 1（并保持 tcp_timestamps 开启）：如果对端也使用时间戳，connect() 就能复用超过 1 秒的 TIME_WAIT"}
	case "more-addresses":
		return Text{"spread over more destination addresses or ports, or more source addresses: each pair has all ports to itself", "分散到更多的目标地址或端口，或更多的源地址：每一对都各有一整套端口"}
	case "widen-range":
		return Text{"widen net.ipv4.ip_local_port_range", "扩大 net.ipv4.ip_local_port_range"}
	case "reserve-less":
		// net/ipv4/inet_hashtables.c __inet_hash_connect passes reserved ports over.
		return Text{"reserve only the ports of services (net.ipv4.ip_local_reserved_ports): more of the range is reserved than is left", "只保留服务使用的端口（net.ipv4.ip_local_reserved_ports）：范围内被保留的比剩下的还多"}
	default:
		return Text{}
	}
}

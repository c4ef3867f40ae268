// SPDX-License-Identifier: Apache-2.0

package knowledge

// memoryCounters tell what was lost for want of memory or of somebody to read.
func memoryCounters() []Topic {
	return counterTopics(
		counter{
			name:  "TcpExt.TCPMemoryPressures",
			title: Text{"how often TCP came under memory pressure", "TCP 进入内存压力状态的次数"},
			counts: []Statement{
				say("Each time the memory of all TCP buffers rose above the second value of tcp_mem.",
					"全部 TCP 缓冲区的内存升到 tcp_mem 第二个值以上时加 1。",
					"net/ipv4/tcp.c tcp_enter_memory_pressure; net/core/sock.c __sk_mem_raise_allocated"),
			},
			scope: []Statement{
				say("The pressure is of the whole host; it counts in the namespace of the socket that met it. TCPMemoryPressuresChrono has its milliseconds.",
					"压力是整机的，只计在碰上它的那个套接字所在的命名空间。持续的毫秒数见 TCPMemoryPressuresChrono。",
					"net/ipv4/tcp.c tcp_enter_memory_pressure, tcp_leave_memory_pressure"),
			},
			see: []string{"sockstat.TCP.mem", "tcp_mem", "ME01"},
		},
		counter{
			name:  "TcpExt.PruneCalled",
			title: Text{"receive buffers that were full and had to be squeezed", "接收缓冲已满、内核尝试压缩的次数"},
			counts: []Statement{
				say("Data came for a socket whose receive buffer was full. The kernel packs what is there more tightly; what then still does not fit counts in RcvPruned and OfoPruned.",
					"数据到达时接收缓冲已满，内核先压缩已有数据；仍放不下的计入 RcvPruned 和 OfoPruned。",
					"net/ipv4/tcp_input.c tcp_prune_queue"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Growing, with Recv-Q that does not move: the application does not read.", "在涨且 Recv-Q 不动：应用没在读。",
					"net/ipv4/tcp_input.c tcp_prune_queue"),
			},
			see: []string{"ESTABLISHED", "TCPRcvQDrop", "ES04"},
		},
		counter{
			name:  "TcpExt.TCPRcvQDrop",
			title: Text{"data in order that found no room in the receive queue", "按序到达却放不进接收队列的数据"},
			counts: []Statement{
				say("Segments in order, inside the window, dropped because no memory could be had for the receive queue.",
					"按序、在窗口内，但接收队列要不到内存而丢弃的段。",
					"net/ipv4/tcp_input.c tcp_data_queue"),
			},
			scope: perNamespace(),
			see:   []string{"PruneCalled", "TCPMemoryPressures", "ES04"},
		},
		counter{
			name:  "TcpExt.TCPBacklogDrop",
			title: Text{"segments dropped because the socket was busy for too long", "套接字被占用太久而丢弃的报文"},
			counts: []Statement{
				say("While a process works on a socket, arriving segments wait in a list beside it. The list was full.",
					"进程正在操作套接字时，新到的报文先排在旁边的队列里；这个队列满了。",
					"net/ipv4/tcp_ipv4.c tcp_add_backlog"),
			},
			scope: perNamespace(),
			traps: []Statement{
				say("This is not the backlog of listen().", "这不是 listen() 的 backlog。", "net/ipv4/tcp_ipv4.c tcp_add_backlog"),
			},
			see: []string{"TCPRcvQDrop", "ListenOverflows"},
		},
	)
}

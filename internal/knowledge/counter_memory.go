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
			see: []string{"ESTABLISHED", "TCPRcvQDrop", "RcvPruned", "OfoPruned", "ES04"},
		},
		counter{
			name:  "TcpExt.RcvPruned",
			title: Text{"segments dropped because a full receive buffer could not be squeezed", "接收缓冲已满、压缩后仍放不下而丢弃的报文"},
			counts: []Statement{
				say("Packing the receive buffer more tightly (PruneCalled) and dropping what is out of order (OfoPruned) did not make room: what came is dropped, and the peer sends it again.",
					"压缩接收缓冲（PruneCalled）、丢弃乱序数据（OfoPruned）之后仍然放不下：新到的数据被丢弃，由对端重发。",
					"net/ipv4/tcp_input.c tcp_prune_queue"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Find the connection: tcpvitals list 'recvq > 0' -c +process shows who does not read.", "找出是哪个连接：tcpvitals list 'recvq > 0' -c +process 显示谁没有读取。", "net/ipv4/tcp_input.c tcp_prune_queue"),
			},
			see: []string{"PruneCalled", "OfoPruned", "TCPRcvQDrop", "tcp_shrink_window", "ES04"},
		},
		counter{
			name:  "TcpExt.OfoPruned",
			title: Text{"times that data out of order was thrown away for want of room", "因缓冲区不足而丢弃乱序数据的次数"},
			counts: []Statement{
				say("The receive buffer was full, and segments behind a gap were dropped to make room for those that fill it.",
					"接收缓冲已满，丢弃空缺之后的乱序报文，给填补空缺的报文腾地方。",
					"net/ipv4/tcp_input.c tcp_prune_ofo_queue"),
			},
			scope: perNamespace(),
			see:   []string{"PruneCalled", "RcvPruned", "ES04"},
		},
		counter{
			name:  "TcpExt.TCPZeroWindowDrop",
			title: Text{"data that came though the window was closed", "接收窗口为 0 时仍到达的数据"},
			counts: []Statement{
				say("The program has not read, this end told the peer to stop, and data came all the same: window probes with a byte of data count here. It is dropped.",
					"程序没有读取，本端已通告窗口 0，数据仍然到达：带一个字节的窗口探测也计在内。数据被丢弃。",
					"net/ipv4/tcp_input.c tcp_data_queue"),
			},
			scope: perNamespace(),
			use: []Statement{
				say("Look for a Recv-Q that does not move (ES04): the program of that connection hangs.", "找 Recv-Q 不动的连接（ES04）：是那个程序卡住了。", "net/ipv4/tcp_input.c tcp_data_queue"),
			},
			see: []string{"ES04", "TCPWantZeroWindowAdv", "ESTABLISHED"},
		},
		counter{
			name:  "TcpExt.TCPWantZeroWindowAdv",
			title: Text{"times that a window should have been closed and was not taken back", "本该通告窗口 0、但没有收回已通告窗口的次数"},
			counts: []Statement{
				say("The buffer was full, but the window that the peer was told before is not shrunk; with tcp_shrink_window 1 it is.",
					"缓冲区已满，但之前通告给对端的窗口没有收回；tcp_shrink_window 为 1 时会收回。",
					"net/ipv4/tcp_output.c tcp_select_window"),
			},
			scope: perNamespace(),
			see:   []string{"TCPZeroWindowDrop", "tcp_shrink_window", "ES04"},
		},
		counter{
			name:  "TcpExt.TCPRcvQDrop",
			title: Text{"data in order that found no room in the receive queue", "按序到达却放不进接收队列的数据"},
			counts: []Statement{
				say("Segments in order, inside the window, dropped because no memory could be had for the receive queue.",
					"按序、在窗口内，但接收队列要不到内存而丢弃的报文。",
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

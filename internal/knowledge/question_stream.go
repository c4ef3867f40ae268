// SPDX-License-Identifier: Apache-2.0

package knowledge

// streamQuestions are about what TCP gives to a program: bytes in order, in two
// directions that end apart.
func streamQuestions() []Topic {
	return questionTopics(halfClose(), messageBoundaries())
}

func halfClose() question {
	return question{
		name:    "half-close",
		aliases: []string{"half close", "half-closed", "shutdown(SHUT_WR)", "shutdown", "SHUT_WR", "SHUT_RD", "CloseWrite", "shutdownOutput", "allowHalfOpen", "半关闭", "单向关闭"},
		ask:     Text{"What is a half-close, and what does shutdown() do?", "什么是半关闭？shutdown() 做了什么？"},
		short: []Statement{
			say("One end says that it sends no more, shutdown(SHUT_WR), and goes on reading. Its FIN ends one direction only; the other works until its own FIN.",
				"一端用 shutdown(SHUT_WR) 表明不再发送，但继续接收。它的 FIN 只结束一个方向；另一个方向照常工作，直到它自己的 FIN。",
				"RFC 9293 3.6; lab: half-close"),
			say("Meanwhile this end is in FIN_WAIT2 and the other in CLOSE_WAIT. Neither has a timer: it lasts as long as the programs want.",
				"其间这一端是 FIN_WAIT2，另一端是 CLOSE_WAIT。两者都没有定时器：程序要多久就有多久。",
				"lab: fin-wait2-held; lab: established-close-wait; lab: close-wait-sends"),
		},
		detail: []Statement{
			say("close() is no half-close: it gives up reading too. Data that arrives afterwards is answered with a RST.",
				"close() 不是半关闭：它也放弃了接收。之后到达的数据得到 RST。", "lab: data-after-close"),
			say("The other end cannot tell the two apart: read() returns 0 in both cases. It learns of a close() only when its data is answered with a RST.",
				"对端分不清两者：read() 都返回 0。只有它再发数据、收到 RST，才知道这边是 close()。", "recv(2); lab: established-close-wait; lab: data-after-close"),
			say("shutdown(SHUT_RD) sends nothing: the peer does not notice.", "shutdown(SHUT_RD) 什么也不发：对端不知道。", "lab: shutdown-rd"),
			say("shutdown() works on the connection, whichever processes hold it; close() only gives back a descriptor, and the FIN goes with the last one.",
				"shutdown() 作用于连接本身，不管有几个进程持有它；close() 只是归还一个描述符，最后一个归还时才发 FIN。",
				"net/ipv4/af_inet.c inet_shutdown; fs/file_table.c fput"),
			say("Go: TCPConn.CloseWrite. Java: Socket.shutdownOutput. Python: socket.shutdown(SHUT_WR). Node.js: end(); as a server it closes as soon as the client has, unless allowHalfOpen is set.",
				"Go：TCPConn.CloseWrite。Java：Socket.shutdownOutput。Python：socket.shutdown(SHUT_WR)。Node.js：end()；作为服务端，不设 allowHalfOpen 时，客户端一关它也跟着关。",
				"https://pkg.go.dev/net#TCPConn.CloseWrite; "+javaSocket+"; "+pythonSocket+"; "+nodeListen),
			say("A half-open connection is something else: one end has forgotten it, as after a crash.",
				"半打开的连接是另一回事：一端已经忘了这个连接，例如宕机之后。", "RFC 9293 3.5.1"),
		},
		see:   []string{"FIN_WAIT2", "CLOSE_WAIT", "FW02", "many-fin-wait2", "many-close-wait", "dead-peer", "connection-reset"},
		prove: []string{"half-close", "data-after-close", "shutdown-rd"},
		read:  []string{"RFC 9293 3.6"},
	}
}

func messageBoundaries() question {
	return question{
		name:    "message-boundaries",
		aliases: []string{"sticky packets", "TCP framing", "message framing", "partial read", "short read", "messages run together", "粘包", "拆包", "半包", "消息边界", "粘包拆包"},
		ask:     Text{"Why do messages run together, or arrive in pieces?", "为什么会“粘包”“拆包”：几条消息连在一起，或一条消息分几次到？"},
		short: []Statement{
			say("TCP carries bytes in order and keeps no boundaries: a read returns what is there, a part of a message or several at once. Neither the network nor the kernel is at fault.",
				"TCP 只按顺序传字节，不保留边界：一次读取返回当时已有的数据，可能是半条消息，也可能是好几条。网络和内核都没有出错。",
				"tcp(7); RFC 9293 2.2"),
			say("The program marks its messages, by a length in front or a sign at the end, and reads on until one is whole, as HTTP does with Content-Length and chunks.",
				"由程序自己标出消息：前面写长度，或末尾加分隔符，并一直读到一条完整为止。HTTP 的 Content-Length 和分块就是这样。",
				"RFC 9112 6"),
		},
		detail: []Statement{
			say("TCP_NODELAY is no cure: what waits to be read is put together on receipt too (TCPRcvCoalesce).",
				"TCP_NODELAY 治不了：接收端也会把等待读取的数据合并（TCPRcvCoalesce）。", "net/ipv4/tcp_input.c tcp_try_coalesce, tcp_queue_rcv"),
			say("A send may take a part only, with a socket that does not block above all: look at what it returns and send the rest.",
				"一次发送也可能只接受一部分，非阻塞套接字尤其如此：看返回值，把剩下的接着发。", "send(2)"),
			say("A read that returns 0 is no empty message: the peer sends no more.", "读取返回 0 不是空消息：对端不再发送了。", "recv(2); lab: established-close-wait"),
			say("It shows only under load: of 500 small writes on loopback with a pause of 1 ms between them each was read alone, without pauses they came in 12 reads.",
				"负载高时才暴露出来：在回环上写 500 次小块数据，每次间隔 1 毫秒，每次都被单独读到；不间隔，12 次就读完了。", measured),
		},
		see:  []string{"TCP_NODELAY", "recv-q-send-q", "closed-without-answer", "TCPRcvCoalesce", "would-block"},
		read: []string{"RFC 9293 2.2"},
	}
}

// SPDX-License-Identifier: Apache-2.0

package knowledge

// QueueSign says what a sign at a listener means (internal/diagnose names
// them); ok is false for a sign that is not known.
func QueueSign(name string) (text Text, ok bool) {
	text = queueSign(name)
	return text, text != Text{}
}

func queueSign(name string) Text {
	switch name {
	case "dropping":
		// TcpExt.ListenOverflows and TCPReqQFullDrop beside SK_MEMINFO_DROPS of the listener; net/ipv4/tcp_input.c tcp_conn_request.
		return Text{"it drops connection attempts now; clients see no answer and try again, first after 1 s", "它正在丢弃连接请求；客户端得不到回应，首先在 1 秒后重试"}
	case "full":
		// include/net/sock.h sk_acceptq_is_full.
		return Text{"the accept queue is full: new connections are dropped in silence", "全连接队列已满：新连接被悄悄丢弃"}
	case "stuck":
		return Text{"nothing was accepted while connections waited: the application does not call accept()", "有连接在等，却一个也没被取走：应用没有调用 accept()"}
	case "alone":
		// net/core/sock_reuseport.c reuseport_select_sock chooses by hash, not by length.
		return Text{"only this SO_REUSEPORT member is in trouble, the others have room: the kernel spreads by hash, not by load", "只有这个 SO_REUSEPORT 成员有问题，其他成员还有空位：内核按哈希分配，不看负载"}
	case "half-open-full":
		// include/net/inet_connection_sock.h inet_csk_reqsk_queue_is_full.
		return Text{"more half-open connections than the limit: the kernel answers with SYN cookies, or drops if they are off", "半连接数超过上限：内核改用 SYN cookie 应答；若已关闭 cookie 则丢弃"}
	case "half-open":
		// net/ipv4/inet_connection_sock.c reqsk_timer_handler.
		return Text{"half-open connections are beyond half the limit: the kernel gives up on old ones after 2 retries instead of 5", "半连接数超过上限的一半：内核对旧的半连接只重试 2 次就放弃，而不是 5 次"}
	case "deferred":
		// net/ipv4/tcp_minisocks.c tcp_check_req; net/ipv4/inet_connection_sock.c syn_ack_recalc.
		return Text{"its half-open connections wait for the first data of their clients (TCP_DEFER_ACCEPT): their handshakes are done", "它的半连接在等客户端的第一份数据（TCP_DEFER_ACCEPT）：握手已经完成"}
	case "filling":
		return Text{"the accept queue is at least half full", "全连接队列至少已用一半"}
	case "dropped":
		return Text{"it has discarded something since it was opened, and connections were lost in this namespace: whether these, and when, one look does not tell", "它自打开以来丢弃过报文，本命名空间也丢失过连接：是否就是这些、是什么时候，只看一次看不出"}
	default:
		return Text{}
	}
}

// QueueKnob says what to do about a listener (internal/diagnose names the
// knobs); ok is false for a knob that is not known.
func QueueKnob(name string) (text Text, ok bool) {
	text = queueKnob(name)
	return text, text != Text{}
}

func queueKnob(name string) Text {
	switch name {
	case "accept-faster":
		return Text{"accept faster: find what blocks the accept loop (slow work in it, no free worker, EMFILE). A longer queue only hides it", "加快 accept：查清是什么挡住了 accept 循环（循环里的慢操作、没有空闲 worker、EMFILE）。加长队列只会掩盖问题"}
	case "continue-process":
		// proc_pid_stat(5): state T or t.
		return Text{"the process is stopped, by a signal (SIGSTOP, SIGTSTP) or a debugger: it accepts nothing until it is continued (kill -CONT)", "进程已被信号（SIGSTOP、SIGTSTP）或调试器停住：继续运行（kill -CONT）之前它不会接受任何连接"}
	case "raise-backlog":
		// net/socket.c __sys_listen takes the smaller of the two.
		return Text{"raise the application's own backlog (the argument of listen()): it is the limit here, somaxconn is higher", "调大应用自己的 backlog（listen() 的参数）：这里的上限由它决定，somaxconn 更大"}
	case "raise-somaxconn":
		// net/socket.c __sys_listen reads it at listen() only.
		return Text{"raise net.core.somaxconn in this network namespace, then restart the application or let it call listen() again: it is read at listen() only. If the application asks for no more itself, raise its backlog too", "在该网络命名空间调大 net.core.somaxconn，然后重启应用或让它重新 listen()：内核只在 listen() 时读取它。如果应用自己要的也只有这么多，还要调大应用的 backlog"}
	case "raise-limit":
		return Text{"compare the limit with net.core.somaxconn: if they are equal raise somaxconn and restart, if the limit is lower raise the application's own backlog", "把上限与 net.core.somaxconn 比较：相等就调大 somaxconn 并重启应用；上限更小就调大应用自己的 backlog"}
	case "find-half-open-sources":
		return Text{"find who does not finish the handshake: tcpvitals census 'state syn-recv' --by remote/24. With tcp_syncookies at 1 tcp_max_syn_backlog is ignored, and raising it changes nothing", "找出谁不完成握手：tcpvitals census 'state syn-recv' --by remote/24。tcp_syncookies=1 时 tcp_max_syn_backlog 不起作用，调大也没有用"}
	case "turn-on-syncookies":
		// net/ipv4/tcp_input.c tcp_conn_request.
		return Text{"set net.ipv4.tcp_syncookies = 1, the kernel's default: while it is 0, SYNs are dropped when the SYN queue is full, and from three quarters of net.ipv4.tcp_max_syn_backlog on; the backlog of listen() plays no part in the latter", "把 net.ipv4.tcp_syncookies 设为 1（内核默认值）：为 0 时，半连接队列满、或半连接达到 net.ipv4.tcp_max_syn_backlog 的四分之三，SYN 就会被丢弃；后者与 listen() 的 backlog 无关"}
	case "measure":
		return Text{"look again with --window 10s, before turning anything: it tells whether the queue is served and whether drops go on", "先用 --window 10s 再看一次，再决定调什么：它能看出队列有没有被处理、丢弃是否还在继续"}
	default:
		return Text{}
	}
}

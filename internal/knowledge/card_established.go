// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

func established() StateCard {
	return StateCard{
		State: tcp.Established,
		Summary: Text{
			"open: data can flow both ways",
			"连接已建立，双向都可以收发数据",
		},
		What: []Statement{
			say("The handshake is done. It says nothing about whether the peer is still there: an idle connection sends no packets.",
				"三次握手已完成。但它并不说明对端还活着：空闲连接一个包都不发。",
				"RFC 9293 3.3.2, 3.5.1"),
		},
		Enter: []Statement{
			say("As a client: from SYN_SENT by the SYN-ACK. As a server: from SYN_RECV by the third ACK, before accept() is called.",
				"客户端：SYN_SENT 收到 SYN-ACK。服务端：SYN_RECV 收到第三次握手的 ACK，此时应用还没有 accept()。",
				"net/ipv4/tcp_input.c tcp_finish_connect; net/ipv4/tcp_minisocks.c tcp_check_req"),
		},
		Leave: []Statement{
			say("We close first: FIN_WAIT1. The peer closes first: CLOSE_WAIT.",
				"本端先关闭：进入 FIN_WAIT1；对端先关闭：进入 CLOSE_WAIT。",
				"RFC 9293 3.6"),
			say("Straight to CLOSE: a RST, unanswered retransmissions, or close() with unread data or SO_LINGER 0 (we send a RST).",
				"直接到 CLOSE：收到 RST；重传一直没有应答；close() 时还有未读数据或 SO_LINGER 为 0（本端发 RST）。",
				"net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_timer.c tcp_write_err"),
		},
		Lasts: []Statement{
			say("Idle: without limit. Only with SO_KEEPALIVE is a dead peer noticed, after 7,875 s with the default sysctls.",
				"空闲时没有上限。只有设了 SO_KEEPALIVE 才能发现对端已死，按默认 sysctl 要 7,875 秒。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer"),
			say("With data that nobody acknowledges: at least 924.6 s (tcp_retries2 15), or TCP_USER_TIMEOUT.",
				"有数据一直没被确认：至少 924.6 秒（tcp_retries2=15），或由 TCP_USER_TIMEOUT 决定。",
				"net/ipv4/tcp_timer.c retransmits_timed_out"),
			say("A peer that answers with a zero window can hold it without limit, unless TCP_USER_TIMEOUT is set.",
				"对端一直通告零窗口，可以无限期拖住连接，除非设了 TCP_USER_TIMEOUT。",
				"net/ipv4/tcp_timer.c tcp_probe_timer; RFC 9293 3.8.6.1"),
			say("SO_RCVTIMEO and SO_SNDTIMEO end the call, not the connection: EAGAIN, or EINPROGRESS of connect().",
				"SO_RCVTIMEO、SO_SNDTIMEO 只让调用返回（EAGAIN，connect() 则是 EINPROGRESS），不结束连接。",
				measured),
		},
		Owner: []Statement{
			say("A process. Inode 0 means: not yet accepted, it sits in an accept queue.",
				"某个进程。inode 为 0 表示还没被 accept()，仍在全连接队列里。",
				measured),
		},
		Weight: []Statement{
			say("About 3.6 KB without buffers, 2.7 KB while it is not accepted, and a file descriptor.",
				"不算缓冲区约 3.6 KB，未 accept 时约 2.7 KB，外加一个文件描述符。",
				"slabs TCP, sock_inode_cache, filp, dentry; "+measured),
		},
		Normal: []Statement{
			say("Any number that the application expects. New connections a second times seconds they stay.",
				"应用预期的任何数量都正常，等于“每秒新建数 × 平均存活秒数”。",
				"Little's law"),
		},
		Symptom: []Statement{
			say("Recv-Q does not move: the application does not read. Send-Q does not move and the timer backs off: the peer is gone.",
				"Recv-Q 不动：应用没在读。Send-Q 不动且重传间隔不断翻倍：对端没了。",
				"net/ipv4/tcp_diag.c tcp_diag_get_info"),
			say("Nothing received for hours and no keepalive timer: half-open, the peer may be long gone.",
				"几个小时没收到任何包，又没有 keepalive 定时器：可能是半打开连接，对端早就不在了。",
				"RFC 9293 3.5.1"),
			say("Many with inode 0: the accept queue is not being emptied.",
				"大量 inode 为 0：全连接队列没人取。",
				measured),
			say("The count nears the descriptor limit of the process: accept() will fail with EMFILE.",
				"数量接近进程的描述符上限：accept() 会报 EMFILE。",
				"fs/file.c alloc_fd"),
		},
		App: []Statement{
			say("Set SO_KEEPALIVE with short values, or TCP_USER_TIMEOUT. Give reads and writes a deadline and close on it.",
				"设置 SO_KEEPALIVE 并缩短间隔，或用 TCP_USER_TIMEOUT；读写要有超时，超时后要关闭连接。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer, tcp_write_timeout"),
		},
		Kernel: []Statement{
			say("tcp_keepalive_time for sockets with SO_KEEPALIVE that set no value of their own. Timers already running keep their old time.",
				"tcp_keepalive_time 只影响设了 SO_KEEPALIVE 且自己没指定间隔的套接字；已经在跑的定时器不会变。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer; "+measured),
			say("tcp_retries2=8 detects a dead peer after about 100 s instead of 15 minutes, but also gives up during a failover.",
				"tcp_retries2=8 把发现对端失联的时间从约 15 分钟缩短到约 100 秒，但主备切换期间也会更早断开。",
				"net/ipv4/tcp_timer.c tcp_model_timeout; RFC 9293 3.8.3"),
		},
		Avoid: []Statement{
			say("Believing that lower keepalive sysctls switch keepalive on: without SO_KEEPALIVE nothing happens.",
				"以为调小 keepalive 的 sysctl 就等于开启了 keepalive：没设 SO_KEEPALIVE 就毫无作用。",
				"net/ipv4/tcp_timer.c tcp_keepalive_timer"),
		},
		RFC: []string{"RFC 9293 3.3.2", "RFC 9293 3.5.1", "RFC 9293 3.8.3", "RFC 9293 3.8.4", "RFC 9293 3.8.6.1"},
	}
}

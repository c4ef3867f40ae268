// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func es04() Rule {
	return Rule{
		Code: "ES04", Name: "recvq-stuck",
		Title: text("A process does not read its connections", "进程不读取它的连接"),
		Facts: []string{"ESTABLISHED", "TcpExt.TCPRcvQDrop", "TcpExt.PruneCalled"},
		Formula: text("ESTABLISHED of which no byte was read between two readings, by process: Recv-Q + growth of bytes_received = Recv-Q",
			"两次读取之间一个字节都没被读走的 ESTABLISHED，按进程统计：原 Recv-Q + bytes_received 增量 = 现 Recv-Q"),
		Threshold: []knowledge.Statement{
			claim("Warning from 10 of a process that were not read for 30 s: so long is the window, or nothing came for so long (lastrcv), or what waits took so long to come. Below that an info, unless the process is stopped: many a loop reads every few seconds. Both numbers are proposals.",
				"一个进程有 10 个连接达 30 秒没有被读取即警告：窗口有这么长，或这么久没有新数据（lastrcv），或积压的数据需要这么久才能到齐。不足 30 秒只是信息，除非进程已被停住：不少循环每隔几秒才读一次。两个数都是建议值。",
				"net/ipv4/tcp.c tcp_recvmsg_locked; net/ipv4/tcp_diag.c tcp_diag_get_info"),
		},
		Excluded: []knowledge.Statement{
			claim("Connections that nobody has accepted yet have unread data too; they are ES01.", "尚未被 accept 的连接也有未读数据；那是 ES01。", "net/ipv4/inet_connection_sock.c inet_csk_accept"),
			claim("The same Recv-Q twice is no sign by itself: a loop that reads everything once a second shows the same bytes again and again, others each time. What came in meanwhile is counted too (bytes_received, Linux 4.1).",
				"两次 Recv-Q 相同本身不算征兆：每秒读完一次的轮询循环，每次看到的字节数都一样，内容却是新的。因此还计算其间到达的字节（bytes_received，Linux 4.1）。",
				"net/ipv4/tcp_input.c tcp_rcv_nxt_update; measured on Linux 6.18"),
			claim("A process that waits for input of these very connections (its calls and epoll sets, /proc/PID) is not stuck: the kernel wakes it when there is as much as it asked for.",
				"正在等待这些连接输入的进程（从 /proc/PID 的系统调用和 epoll 集合可见）并没有卡住：数据达到它要求的数量时内核会唤醒它。", "net/ipv4/tcp.c tcp_recvmsg_locked; measured on Linux 6.18"),
			claim("A process that meanwhile read at least as many connections with data waiting as it left alone is at work, and mostly leaves them on purpose: paused viewers, back-pressure. An info.",
				"进程在此期间至少读取了同样多个有数据等待的连接，说明它在工作，其余的多半是有意不读：暂停的播放、背压。为信息。", "RFC 9293 3.8.6"),
			claim("Processes of one program that leave fewer than ten alone each count together, as of a server with a process for each connection, without those that read as many others meanwhile.",
				"同一程序的各进程若各自不足十个则合并统计（例如每个连接一个进程的服务器），但不含其间读取了同样多其他连接的进程。", "net/ipv4/tcp.c tcp_recvmsg_locked"),
			claim("A reader that takes some of it is slow, not stuck. On kernels without bytes_received only connections to which nothing came meanwhile (lastrcv) can be judged.",
				"取走一部分的读取者只是慢，并没有卡住。没有 bytes_received 的内核上，只能判断其间没有数据到达（lastrcv）的连接。", "net/ipv4/tcp.c tcp_get_info"),
		},
		App: []knowledge.Statement{
			claim("Find what the readers wait for: a lock, a full queue behind them, an event loop that is blocked.", "查清读取者在等什么：锁、后面已满的队列，或被阻塞的事件循环。", "recv(2)"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: larger buffers hold more unread data. The peer is slowed down by the window, nothing is lost.", "无参数可调：缓冲区越大，积压的未读数据越多。对端会被窗口减速，数据不会丢失。", "RFC 9293 3.8.6"),
		},
		Check:      command.Of("list", "state established and recvq > 0 and inode != 0"),
		Sources:    []string{"net/ipv4/tcp_diag.c tcp_diag_get_info", "RFC 9293 3.8.6"},
		See:        []string{"ESTABLISHED", "TCPRcvQDrop", "PruneCalled", "ES01"},
		WindowOnly: true,
		Judge:      judgeES04,
	}
}

const unreadMany = 10

func judgeES04(c *Case) (out []Finding) {
	now, before, ok := c.Kept(EstablishedUnread)
	if !ok || c.Window < settled {
		return nil
	}
	rows, taken, untold := unread(now, before, c.Window)
	if untold >= unreadMany {
		c.Lacks("bytes_received", say("this kernel does not count what a connection receives (Linux 4.1 does): whether %s with unread data were read meanwhile cannot be told",
			"此内核不统计连接收到的字节（Linux 4.1 起统计）：%s 个有未读数据的连接其间是否被读取过，无从判断", untold))
	}
	for _, g := range byOwner(leftAlone(rows, taken)) {
		if len(g.rows) < unreadMany {
			break
		}
		f := c.notRead(g)
		if served := g.among(taken); g.owner != nil && served >= len(g.rows) {
			f.chosen(served)
		}
		out = append(out, f)
	}
	return out
}

// leftAlone omits the unread connections of a process that has few of them and has
// read from at least as many others: added to those of its sibling processes, they
// would suggest that no process of the program is at work.
func leftAlone(rows, taken []Kept) []Kept {
	left, read := map[ownerID]int{}, map[ownerID]int{}
	for i := range rows {
		left[identify(rows[i].Owner)]++
	}
	for i := range taken {
		read[identify(taken[i].Owner)]++
	}
	return slices.DeleteFunc(rows, func(k Kept) bool {
		id := identify(k.Owner)
		return left[id] < unreadMany && read[id] >= left[id]
	})
}

// chosen says that the process has read from so many other connections with waiting
// data that it leaves these unread on purpose.
func (f *Finding) chosen(served int) {
	f.Severity = Info
	f.Evidence = append(f.Evidence, Evidence{Name: "read meanwhile, with data waiting", Value: float64(served)})
	f.Detail = append(f.Detail, say("meanwhile it has read %s other[s] with data waiting: it leaves the rest alone on purpose, as for viewers that have paused, or a thread of each hangs", "其间它读取了另外 %s 个有数据等待的连接：其余的是它有意不读（例如暂停播放的观看者），或各有一个线程卡住", served))
}

// unread compares two readings: rows are the connections from which nothing was read,
// taken those from which something was read, untold is the number for which this
// cannot be told.
func unread(now, before *Watch, window time.Duration) (rows, taken []Kept, untold int) {
	there, earlier := common(now, before)
	past := byCookie(earlier)
	for i := range there {
		k := &there[i]
		was := past[k.Cookie]
		if was == nil {
			continue
		}
		switch read, known := readSince(k, was, window); {
		case !known:
			untold++
		case !read:
			k.waited = waitedFor(k, was, window)
			rows = append(rows, *k)
		default:
			taken = append(taken, *k)
		}
	}
	return rows, taken, untold
}

// readSince reports whether the process read a byte from a connection between two
// readings: the bytes waiting now are those that waited before, plus those that came
// in, minus those that were read.
func readSince(k, was *Kept, window time.Duration) (read, known bool) {
	switch {
	case k.RecvQ < was.RecvQ:
		return true, true
	case k.Life.Counted && was.Life.Counted:
		return uint64(k.RecvQ) < uint64(was.RecvQ)+k.Life.Received-was.Life.Received, true
	case k.Life.Timed && k.Life.LastRecv >= window: // no data came in
		return false, true
	default:
		return false, false
	}
}

// unreadLong is a time for which no event loop leaves its connections unread.
const unreadLong = 30 * time.Second

// waitedFor is for how long at least the unread data of a connection has waited: for
// the whole window, since data last came in, or, at the rate of arrival in the window,
// for the time in which that much data arrives.
func waitedFor(k, was *Kept, window time.Duration) time.Duration {
	least := window
	if k.Life.Timed {
		least = max(least, k.Life.LastRecv)
	}
	if k.Life.Counted && was.Life.Counted && k.Life.Received > was.Life.Received {
		came := float64(k.Life.Received - was.Life.Received)
		least = max(least, time.Duration(float64(k.RecvQ)/came*float64(window)))
	}
	return least
}

func (c *Case) notRead(g *ownedBy) Finding {
	rows := g.rows
	var bytes uint64
	for i := range rows {
		bytes += uint64(rows[i].RecvQ)
	}
	f := Finding{
		Severity: Warning, Basis: Lasting, ofOwner: true, Owner: g.owner, rows: rows,
		Summary: g.notReadFor(c.Window, bytes),
		Evidence: []Evidence{
			above("ESTABLISHED of which no byte was read", float64(len(rows)), "", unreadMany),
			{Name: "unread", Value: float64(bytes), Unit: "B"},
		},
	}
	long, reading, stopped := 0, 0, 0
	for i := range rows {
		if rows[i].reads {
			reading++
		}
		if rows[i].stopped {
			stopped++
		}
		if rows[i].waited >= unreadLong {
			long++
		}
	}
	switch {
	case stopped == len(rows):
		f.Now = text("the process is stopped, by a signal (SIGSTOP, SIGTSTP) or a debugger: it reads nothing until it is continued (kill -CONT)", "进程已被信号（SIGSTOP、SIGTSTP）或调试器停住：继续运行（kill -CONT）之前它什么都不会读取")
		f.Detail = append(f.Detail, f.Now)
	case 2*reading > len(rows):
		f.Severity = Info
		f.Detail = append(f.Detail, say("the process waits for input of %s of them: what is there is less than it asks for (SO_RCVLOWAT), or it has seen it and leaves it for later", "进程正在等待其中 %s 个的输入：现有的数据少于它要求的数量（SO_RCVLOWAT），或它已看到但留待以后读取", reading))
	case long < unreadMany:
		f.Severity = Info
		f.Detail = append(f.Detail, text("a loop that reads less often, or a reader that waits for more (SO_RCVLOWAT), looks the same: --window 30s tells", "读取间隔更长的循环，或在等更多数据的读取者（SO_RCVLOWAT），看起来也是这样：用 --window 30s 才能分辨"))
	}
	for _, counter := range []string{"TcpExt.TCPRcvQDrop", "TcpExt.PruneCalled"} {
		if n := c.Moved(counter); n > 0 {
			f.Evidence = append(f.Evidence, Evidence{Name: counter, Value: float64(n)})
			f.Detail = append(f.Detail, say("%s grew by %s: received data is being squeezed or thrown away for want of room", "%s 增长了 %s：因空间不足，已收到的数据正被压缩或丢弃", counter, n))
		}
	}
	return f
}

// notReadFor says how many connections were not read, and by which process if its
// owner was looked up.
func (g *ownedBy) notReadFor(window time.Duration, bytes uint64) knowledge.Text {
	who, n, long := processName(g.owner), len(g.rows), seconds(window)
	if g.processes > 1 {
		return say("%s connection[s] of %s process[es] of %s [1:was|were] not read for %s s: %s byte[s] [5:waits|wait]",
			"%[3]s 的 %[2]s 个进程有 %[1]s 个连接 %[4]s 秒没有被读取：%[5]s 字节在等待", n, g.processes, who, long, bytes)
	}
	var before knowledge.Text
	if who != "" {
		before = knowledge.Text{En: who + ": ", Zh: who + "："}
	}
	return say("%[4]s%[1]s connection[s] [was|were] not read for %[2]s s: %[3]s byte[s] [waits|wait]",
		"%[4]s%[1]s 个连接 %[2]s 秒没有被读取：%[3]s 字节在等待", n, long, bytes, before)
}

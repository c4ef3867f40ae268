// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

func es04() Rule {
	return Rule{
		Code: "ES04", Name: "recvq-stuck",
		Title: text("A process does not read its connections", "进程不读取它的连接"),
		Facts: []string{"ESTABLISHED", "TcpExt.TCPRcvQDrop", "TcpExt.PruneCalled"},
		Formula: text("ESTABLISHED with the same number of unread bytes at both readings, by process",
			"两次读取时未读字节数相同的 ESTABLISHED，按进程统计"),
		Threshold: []knowledge.Statement{
			claim("Warning from 10 of a process over at least 1 s. That nothing was read all that time is a fact; the 10 is a proposal, so that a single paused connection does not count.",
				"一个进程在至少 1 秒内达到 10 个即警告。这段时间里一个字节都没读是事实；10 是建议值，为了不把个别暂停的连接算进来。",
				"net/ipv4/tcp.c tcp_recvmsg_locked; net/ipv4/tcp_diag.c tcp_diag_get_info"),
		},
		Excluded: []knowledge.Statement{
			claim("Connections that nobody has accepted yet have unread data too; they are ES01.", "尚未被 accept 的连接也有未读数据；那是 ES01。", "net/ipv4/inet_connection_sock.c inet_csk_accept"),
			claim("A number that changes is a reader that is slow, or a large message under way.", "数字在变，说明读得慢或正在接收大消息。", "net/ipv4/tcp_diag.c tcp_diag_get_info"),
		},
		App: []knowledge.Statement{
			claim("Find what the readers wait for: a lock, a full queue behind them, an event loop that is blocked.", "查清读取者在等什么：锁、后面已满的队列，或被阻塞的事件循环。", "recv(2)"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: larger buffers hold more unread data. The peer is slowed down by the window, nothing is lost.", "无参数可调：缓冲区越大，积压的未读数据越多。对端会被窗口减速，数据不会丢失。", "RFC 9293 3.8.6"),
		},
		Check:      "tcpvitals list 'state established and recvq > 0 and inode != 0'",
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
	groups, counts := byProcess(unread(now, before))
	for _, who := range most(counts, len(counts), func(s string) string { return s }) {
		if counts[who] < unreadMany {
			break
		}
		out = append(out, c.notRead(who, groups[who]))
	}
	return out
}

// unread returns the connections of which nothing was read between the readings,
// and to which nothing was added.
func unread(now, before *Watch) (rows []Kept) {
	if before == nil {
		return nil
	}
	past := make(map[uint64]uint32, len(before.Rows))
	for i := range before.Rows {
		past[before.Rows[i].Cookie] = before.Rows[i].RecvQ
	}
	for _, k := range Persisted(now, before) {
		if past[k.Cookie] == k.RecvQ {
			rows = append(rows, k)
		}
	}
	return rows
}

func (c *Case) notRead(who string, rows []Kept) Finding {
	var bytes uint64
	for i := range rows {
		bytes += uint64(rows[i].RecvQ)
	}
	f := Finding{
		Severity: Warning, Basis: Lasting, Subject: who, Owner: rows[0].Owner,
		Summary: say("%[4]s%[1]s connections were not read for %[2]s s: %[3]s bytes wait", "%[4]s%[1]s 个连接 %[2]s 秒没有被读取：%[3]s 字节在等待", len(rows), seconds(c.Window), bytes, prefix(who)),
		Evidence: []Evidence{
			above("ESTABLISHED with the same unread bytes at both readings", float64(len(rows)), "", unreadMany),
			{Name: "unread", Value: float64(bytes), Unit: "B"},
		},
	}
	for _, counter := range []string{"TcpExt.TCPRcvQDrop", "TcpExt.PruneCalled"} {
		if n := c.Moved(counter); n > 0 {
			f.Evidence = append(f.Evidence, Evidence{Name: counter, Value: float64(n)})
			f.Detail = append(f.Detail, say("%s grew by %s: received data is being squeezed or thrown away for want of room", "%s 增长了 %s：因空间不足，已收到的数据正被压缩或丢弃", counter, n))
		}
	}
	return f
}

// prefix puts a name before a sentence.
func prefix(name string) string {
	if name == "" {
		return ""
	}
	return name + ": "
}

// byProcess groups rows by the process that has them open, "" where nobody
// looked.
func byProcess(rows []Kept) (groups map[string][]Kept, counts map[string]uint64) {
	groups, counts = map[string][]Kept{}, map[string]uint64{}
	for i := range rows {
		who := processName(rows[i].Owner)
		groups[who] = append(groups[who], rows[i])
		counts[who]++
	}
	return groups, counts
}

// processName is a process with its number, such as nginx[812].
func processName(o *socket.Owner) string {
	if o == nil || o.Process == nil {
		return shortOwner(o)
	}
	return o.Process.Name + "[" + strconv.Itoa(int(o.Process.PID)) + "]"
}

// ownersOf names the processes that most rows belong to.
func (f *Finding) ownersOf(rows []Kept) {
	groups, counts := byProcess(rows)
	delete(counts, "")
	for _, who := range most(counts, 3, func(s string) string { return s }) {
		if f.Owner == nil {
			f.Owner = groups[who][0].Owner
		}
		f.Detail = append(f.Detail, say("%s has %s of them", "其中 %[2]s 个属于 %[1]s", who, counts[who]))
	}
}

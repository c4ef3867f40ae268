// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func fw04() Rule {
	return Rule{
		Code: "FW04", Name: "fin-wait1-backlog",
		Title: knowledge.Text{En: "FINs that are not acknowledged", Zh: "FIN 迟迟得不到确认"},
		Facts: []string{"FIN_WAIT1", "TIME_WAIT", "TcpExt.TW", "retrans", "sendq", "net.ipv4.tcp_mem", "TCP.mem"},
		Formula: knowledge.Text{
			En: "mean time in FIN_WAIT1 = FIN_WAIT1 at the second retransmission or later / closes a second",
			Zh: "FIN_WAIT1 平均停留 = 已重传两次以上的 FIN_WAIT1 / 每秒关闭数",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Notice above 0.5 s of ten or more, at each reading: a FIN is acknowledged within one round trip, and the second retransmission leaves 0.6 s after it at the earliest (0.2 + 0.4 s). Clients that vanished stay 100 s.",
					Zh: "每次读取都有 10 个以上且平均超过 0.5 秒时提示：FIN 在一个往返内得到确认，第二次重传最早在 FIN 之后 0.6 秒（0.2 + 0.4 秒）。消失的客户端每个停留约 100 秒。",
				},
				Source: "include/net/tcp.h TCP_RTO_MIN; net/ipv4/tcp_timer.c tcp_orphan_retries; measured on Linux 6.18",
			},
			{
				Text: knowledge.Text{
					En: "Warning when ten or more wait for the answer to a retransmission at both readings and the mean exceeds 5 s, which is one vanished client in twenty; or when what they have left to send exceeds a tenth of tcp_mem's pressure limit.",
					Zh: "两次读取时都有 10 个以上在等待重传的应答且平均超过 5 秒（相当于二十个客户端中有一个消失），或其待发数据超过 tcp_mem 压力线的十分之一时警告。",
				},
				Source: "net/ipv4/tcp_timer.c tcp_out_of_resources; net/ipv4/tcp.c tcp_enter_memory_pressure; Little's law",
			},
		},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Linux enters FIN_WAIT1 when the FIN is queued, not when it is sent: programs that write much and close at once are there as long as the sending takes, and a server that restarts puts all of its connections there in one moment. Those have sent nothing again and are not counted, where the source tells.",
				Zh: "Linux 在 FIN 入队而非发出时进入 FIN_WAIT1：写入大量数据后立即关闭的程序，整个发送期间都处于该状态；重启的服务会在同一时刻让其全部连接进入该状态。它们没有重传，如果读取方式能分辨，则不计入。",
			},
			Source: "net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_output.c tcp_send_fin",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Their peers are on lossy paths or gone: set time limits on sending, and do not close with much left to send.",
				Zh: "这些对端处于丢包链路或已离开：为发送设置时限，不要在大量数据未发完时关闭。",
			},
			Source: "RFC 9293 3.8.3; tcp(7) TCP_USER_TIMEOUT",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "tcp_orphan_retries of 3 to 5 gives up on them sooner (0 means 8: about 100 s), and cuts answers to slow clients short: only when memory is short.",
				Zh: "tcp_orphan_retries 设为 3～5 可更早放弃（0 即 8 次，约 100 秒），但会截断给慢客户端的应答：仅在内存不足时使用。",
			},
			Source: "net/ipv4/tcp_timer.c tcp_orphan_retries; measured on Linux 6.18",
		}},
		Check:   command.Of("list", "state fin-wait-1", "--sort", "-sendq", "-c", "+timer,retrans"),
		Sources: []string{"net/ipv4/tcp.c __tcp_close", "net/ipv4/tcp_timer.c tcp_orphan_retries", "include/net/tcp.h TCP_RTO_MIN", "Little's law"},
		See:     []string{"FIN_WAIT1", "tcp_orphan_retries", "FW05", "OR01", "CL01"},
		Judge:   judgeFW04,
	}
}

const (
	finAnswered = 0.5  // seconds
	finVanished = 5.0  // seconds
	orphanLives = 110  // seconds for which, by default, the kernel keeps a closed connection whose peer has gone
	teardownFew = 10   // a mean over fewer says nothing
	memoryShare = 0.10 // share of tcp_mem's pressure limit
	// pageBytes is the smallest possible size of a page. With larger pages this limit
	// in bytes is too low; the number of pages in use is compared too.
	pageBytes = 4096
	// sendQueueFew is in bytes: on no present machine is it a tenth of the limit.
	sendQueueFew = 1 << 20
)

func judgeFW04(c *Case) []Finding {
	if c.Count(tcp.FinWait1) == 0 {
		return nil
	}
	waiting := c.finsUnanswered()
	rate := c.ClosesAtLeast()
	mean := float64(waiting) / rate
	f := Finding{
		Severity: Notice, rows: c.Now.Sockets.Watch(FinWait1Unanswered).rowsOf(), states: map[tcp.State]uint64{tcp.FinWait1: waiting},
		Summary: say("%s FIN_WAIT1 at %s close[s] a second stay %s s on average: their peers are slow to answer, or gone",
			"%s 个 FIN_WAIT1，每秒关闭 %s 个，平均停留 %s 秒：对端响应慢或已离开", waiting, rate, mean),
		Evidence: []Evidence{
			{Name: "FIN_WAIT1", Value: float64(waiting)},
			{Name: "closes", Value: rate, Unit: "1/s"},
			above("mean time in FIN_WAIT1", mean, "s", finAnswered),
		},
	}
	if c.Before == nil { // one reading gives only a lower bound of the closes
		f.Summary = say("%s FIN_WAIT1 at %s close[s] a second or more stay %s s or less on average: their peers are slow to answer, or gone",
			"%s 个 FIN_WAIT1，每秒至少关闭 %s 个，平均至多停留 %s 秒：对端响应慢或已离开", waiting, rate, mean)
		f.Evidence[1].Name, f.Evidence[2].Name = "closes, at least", "mean time in FIN_WAIT1, at most"
	}
	if rate*timeWait.Seconds() < 1 || mean > orphanLives { // then they are not typical of the connections that end
		f.Summary = say("%s FIN_WAIT1 wait for the answer to their FIN: their peers are slow to answer, or gone", "%s 个 FIN_WAIT1 在等对端确认 FIN：对端响应慢或已离开", waiting)
		f.Evidence = []Evidence{above("FIN_WAIT1", float64(waiting), "", teardownFew), {Name: "closes", Value: rate, Unit: "1/s"}}
	}
	if back := (Finding{rows: c.heldBack()}); len(f.rows) > 0 && holdsSockets(&back, &f) { // then the peer is not to blame
		f.Summary = say("%s FIN_WAIT1 wait for the answer to a FIN that has not left this host", "%s 个 FIN_WAIT1 在等对端确认 FIN，而 FIN 并没有离开本机", waiting)
	}
	lost := f.retransmitting(c, mean)
	heavy := f.heavy(c)
	if !heavy && !lost && (waiting < teardownFew || mean <= finAnswered) {
		return nil
	}
	return []Finding{f}
}

// finsUnanswered returns how many wait for the answer to a FIN that was sent several
// times; if the source does not show that, how many are in FIN_WAIT1.
func (c *Case) finsUnanswered() uint64 {
	waiting := c.steady(func(r *Reading) uint64 { return r.Tally.Of(tcp.FinWait1).Total })
	if c.Now.Sockets.Counts {
		return waiting
	}
	if unanswered, _, ok := c.Kept(FinWait1Unanswered); ok {
		return min(waiting, unanswered.Count)
	}
	return waiting
}

// retransmitting raises the finding to a warning if the same connections wait at both
// readings for the answer to a retransmission.
func (f *Finding) retransmitting(c *Case, mean float64) bool {
	if c.Now.Sockets.Counts || c.Before == nil {
		return false
	}
	now, before, ok := c.Kept(FinWait1Resent)
	if !ok {
		return false
	}
	lasted := len(Persisted(now, before))
	f.Evidence = append(f.Evidence, Evidence{Name: "retransmitting at both readings", Value: float64(lasted)})
	if lasted < teardownFew || mean <= finVanished || c.Window < settledIn {
		return false
	}
	f.Severity, f.Basis = Warning, Lasting
	f.Detail = append(f.Detail, say("%s of them sent their FIN again before and after the window: their peers have gone.",
		"其中 %s 个在窗口前后都在重传 FIN：对端已离开。", lasted))
	return true
}

// heavy raises the finding to a warning if the unsent data of closed connections comes
// near the memory limit of TCP.
func (f *Finding) heavy(c *Case) bool {
	if c.Now.Sockets.Counts {
		return false
	}
	queued, _, ok := c.Kept(TeardownQueued)
	if !ok || queued.SendQ < sendQueueFew {
		return false
	}
	limits, ok := c.Sysctls("net.ipv4.tcp_mem", 3)
	if !ok {
		return false
	}
	limit := memoryShare * float64(limits[1]) * pageBytes
	f.Evidence = append(f.Evidence, above("Send-Q of closed connections", float64(queued.SendQ), "B", limit))
	if float64(queued.SendQ) <= limit {
		return false
	}
	if pages, ok := c.Gauge("TCP.mem"); ok && float64(pages) <= memoryShare*float64(limits[1]) {
		return false
	}
	f.Severity, f.Basis = Warning, Limit
	f.Summary = say("%s closed connection[s] [has|have] %s MiB left to send, above a tenth of what TCP may use before memory is short",
		"%s 个已关闭的连接还有 %s MiB 待发送，超过 TCP 内存压力线的十分之一", queued.Count, float64(queued.SendQ)/(1<<20))
	return true
}

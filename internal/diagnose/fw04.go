// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func fw04() Rule {
	return Rule{
		Code: "FW04", Name: "fin-wait1-backlog",
		Title: knowledge.Text{En: "FINs that are not acknowledged", Zh: "FIN 迟迟得不到确认"},
		Facts: []string{"FIN_WAIT1", "TIME_WAIT", "TcpExt.TW", "retrans", "sendq", "net.ipv4.tcp_mem", "TCP.mem"},
		Formula: knowledge.Text{
			En: "mean time in FIN_WAIT1 = FIN_WAIT1 / closes a second, without those that still send data and have lost nothing",
			Zh: "FIN_WAIT1 平均停留 = FIN_WAIT1 / 每秒关闭数，不计仍在发送数据且没有丢包的",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Notice above 0.5 s of ten or more: a FIN is acknowledged within one round trip, and the least time before one is sent again is 0.2 s. A mean of 0.5 s takes FINs that were sent twice (0.2 + 0.4 s), or clients that vanished and stay 100 s.",
					Zh: "10 个以上且平均超过 0.5 秒时提示：FIN 在一个往返内得到确认，最早的重传在 0.2 秒之后。平均 0.5 秒意味着有 FIN 重传了两次（0.2 + 0.4 秒），或有客户端消失（每个停留约 100 秒）。",
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
				En: "Linux enters FIN_WAIT1 when the FIN is queued, not when it is sent: programs that write much and close at once are there as long as the sending takes. Those have lost nothing and are not counted, where the source tells.",
				Zh: "Linux 在 FIN 入队而非发出时进入 FIN_WAIT1：写入大量数据后立即关闭的程序，整个发送期间都处于该状态。它们没有丢包，在数据来源可区分时不计入。",
			},
			Source: "net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_output.c tcp_send_fin",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "These are clients on lossy paths or gone: set time limits on sending, and do not close with much left to send.",
				Zh: "这些客户端处于丢包链路或已离开：为发送设置时限，不要在大量数据未发完时关闭。",
			},
			Source: "RFC 9293 3.8.3; tcp(7) TCP_USER_TIMEOUT",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "tcp_orphan_retries of 3 to 5 gives up on them sooner (0 means 8: about 100 s), and cuts answers to slow clients short: only when memory is short.",
				Zh: "tcp_orphan_retries 设为 3–5 可更早放弃（0 即 8 次，约 100 秒），但会截断给慢客户端的应答：仅在内存不足时使用。",
			},
			Source: "net/ipv4/tcp_timer.c tcp_orphan_retries; measured on Linux 6.18",
		}},
		Check:   "tcpvitals list 'state fin-wait-1' --sort -sendq -c +timer,retrans",
		Sources: []string{"net/ipv4/tcp.c __tcp_close", "net/ipv4/tcp_timer.c tcp_orphan_retries", "include/net/tcp.h TCP_RTO_MIN", "Little's law"},
		See:     []string{"FIN_WAIT1", "tcp_orphan_retries", "FW05", "OR01", "CL01"},
		HiddenBy: []Cause{{
			Code:   "FW05",
			Why:    knowledge.Text{En: "most of them wait for a peer that reads nothing", Zh: "其中大多数在等一个不读取数据的对端"},
			Covers: coversZeroWindow(tcp.FinWait1),
		}},
		Judge: judgeFW04,
	}
}

const (
	finAnswered = 0.5  // s
	finVanished = 5.0  // s
	teardownFew = 10   // below it, a mean says nothing
	memoryShare = 0.10 // of tcp_mem's pressure limit
	// pageBytes is the least that a page can be. Where it is more, the number of
	// pages in use tells that the queue is no such share.
	pageBytes = 4096
	// sendQueueFew is no tenth of the limit on any machine of this century.
	sendQueueFew = 1 << 20
)

func judgeFW04(c *Case) []Finding {
	n := c.Count(tcp.FinWait1)
	if n == 0 {
		return nil
	}
	waiting := n
	if !c.Now.Sockets.Counts {
		if sending, _, ok := c.Kept(FinWait1Sending); ok {
			waiting -= min(n, sending.Count)
		}
	}
	// Without a single TIME_WAIT the rate is at most one in its 60 s.
	rate := max(c.ClosesAtLeast(), 1/timeWait.Seconds())
	mean := float64(waiting) / rate
	f := Finding{
		Severity: Notice,
		Summary: say("%s FIN_WAIT1 at %s closes a second stay %s s on average: clients that are slow to answer, or gone",
			"%s 个 FIN_WAIT1，每秒关闭 %s 个，平均停留 %s 秒：客户端响应慢或已离开", waiting, rate, mean),
		Evidence: []Evidence{
			{Name: "FIN_WAIT1", Value: float64(waiting)},
			{Name: "closes", Value: rate, Unit: "1/s"},
			above("mean time in FIN_WAIT1", mean, "s", finAnswered),
		},
	}
	lost := f.retransmitting(c, mean)
	heavy := f.heavy(c)
	if !heavy && !lost && (waiting < teardownFew || mean <= finAnswered) {
		return nil
	}
	return []Finding{f}
}

// retransmitting makes it a warning when the same connections wait for the
// answer to a retransmission at both readings.
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

// heavy makes it a warning when what closed connections have left to send
// comes near the memory that TCP may use.
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
	f.Summary = say("%s closed connections have %s MiB left to send, above a tenth of what TCP may use before memory is short",
		"%s 个已关闭的连接还有 %s MiB 待发送，超过 TCP 内存压力线的十分之一", queued.Count, float64(queued.SendQ)/(1<<20))
	return true
}

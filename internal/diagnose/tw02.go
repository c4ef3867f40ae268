// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func tw02() Rule {
	return Rule{
		Code: "TW02", Name: "time-wait-bucket-limit",
		Title: knowledge.Text{En: "The limit of TIME_WAIT sockets", Zh: "TIME_WAIT 数量上限"},
		Facts: []string{"TCP.tw", "net.ipv4.tcp_max_tw_buckets", "TcpExt.TCPTimeWaitOverflow"},
		Formula: knowledge.Text{
			En: "TCP.tw / tcp_max_tw_buckets; growth of TCPTimeWaitOverflow in the window",
			Zh: "TCP.tw / tcp_max_tw_buckets；窗口内 TCPTimeWaitOverflow 的增量",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Warning from 0.8, ours: at a steady rate the number stays where it is (rate × 60 s), so that this leaves room for a rate a quarter higher. Critical when the counter moves: connections then skip TIME_WAIT and go to CLOSE at once.",
				Zh: "达到 0.8 时警告，这是本程序定的值：速率稳定时数量不变（速率 × 60 秒），余量够速率再高四分之一。计数器增长即为严重：此时连接跳过 TIME_WAIT 直接进入 CLOSE。",
			},
			Source: "net/ipv4/tcp_minisocks.c tcp_time_wait; net/ipv4/inet_timewait_sock.c inet_twsk_alloc",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "The number includes FIN_WAIT2 whose owner has closed them: both are the same kind of minisocket under the same limit. It is of this network namespace only.",
				Zh: "该数包含已被进程关闭的 FIN_WAIT2：两者是同一种 minisocket，共用上限。它只属于本网络命名空间。",
			},
			Source: "net/ipv4/proc.c sockstat_seq_show; net/ipv4/tcp_minisocks.c tcp_time_wait",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Keep connections open for more than one request, or let the client close first.",
				Zh: "让一个连接承载多次请求，或让客户端先关闭。",
			},
			Source: "RFC 9293 3.6.1",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Raise tcp_max_tw_buckets (256 bytes each). Never lower it: what does not fit loses the protection against old segments.",
				Zh: "调大 tcp_max_tw_buckets（每个 256 字节）。切勿调小：放不下的连接会失去对旧报文的防护。",
			},
			Source: "Documentation/networking/ip-sysctl.rst tcp_max_tw_buckets",
		}},
		Check:   command.Of("doctor", "--window", "10s"),
		Sources: []string{"net/ipv4/tcp_minisocks.c tcp_time_wait", "net/ipv4/inet_timewait_sock.c inet_twsk_alloc"},
		See:     []string{"TIME_WAIT", "tcp_max_tw_buckets", "TCPTimeWaitOverflow", "TW01"},
		Judge:   judgeTW02,
	}
}

const twLimitShare = 0.8

func judgeTW02(c *Case) []Finding {
	n, known := c.Gauge("TCP.tw")
	limit, ok := c.Sysctl("net.ipv4.tcp_max_tw_buckets")
	if !known || !ok || limit < 0 { // a negative limit is no limit: the kernel compares unsigned numbers
		return nil
	}
	share := 1.0
	if limit > 0 {
		share = float64(n) / float64(limit)
	}
	f := Finding{
		Basis:    Limit,
		Evidence: []Evidence{above("TCP.tw", float64(n), "", twLimitShare*float64(limit))},
		Changes: []Change{{
			Key: "net.ipv4.tcp_max_tw_buckets",
			Why: knowledge.Text{En: "raise it: 256 bytes each; takes effect at the next close", Zh: "调大：每个 256 字节；下一次关闭时生效"},
		}},
	}
	if lost := c.Moved("TcpExt.TCPTimeWaitOverflow"); lost > 0 {
		f.Severity, f.Basis = Critical, Loss
		f.Summary = say("%s connection[s] skipped TIME_WAIT in %s s: tcp_max_tw_buckets is %s, and all of it is used",
			"%[2]s 秒内有 %[1]s 个连接跳过了 TIME_WAIT：tcp_max_tw_buckets 为 %[3]s，已全部用完", lost, seconds(c.Window), limit)
		f.Evidence = append(f.Evidence, above("TcpExt.TCPTimeWaitOverflow", float64(lost), "", 0))
		return []Finding{f}
	}
	if limit == 0 || share < twLimitShare {
		return nil
	}
	f.Severity = Warning
	f.Summary = say("%s of %s TIME_WAIT places are used: at the limit, connections skip TIME_WAIT",
		"TIME_WAIT 上限 %[2]s 已用 %[1]s：达到上限后连接会跳过 TIME_WAIT", n, limit)
	return []Finding{f}
}

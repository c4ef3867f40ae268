// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func cl01() Rule {
	return Rule{
		Code: "CL01", Name: "closing-share",
		Title: knowledge.Text{En: "Both ends close at the same time", Zh: "两端同时关闭"},
		Facts: []string{"CLOSING", "FIN_WAIT1", "FIN_WAIT2", "LAST_ACK"},
		Formula: knowledge.Text{
			En: "CLOSING / (FIN_WAIT1 + FIN_WAIT2 + CLOSING + LAST_ACK)",
			Zh: "CLOSING / (FIN_WAIT1 + FIN_WAIT2 + CLOSING + LAST_ACK)",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Notice above a tenth, from ten on, at each reading. CLOSING takes FINs that cross, or a FIN of the peer while data before ours is not acknowledged, and ends with the next acknowledgement: of 200 connections that were closed on both sides at once on a path without loss, none was seen there.",
				Zh: "每次读取都超过十分之一且不少于 10 个时提示。CLOSING 需要双方 FIN 交叉，或本端 FIN 之前的数据尚未确认时收到对端 FIN，并随下一个确认结束：在无丢包链路上双方同时关闭的 200 个连接中，没有观察到一个。",
			},
			Source: "net/ipv4/tcp_input.c tcp_fin; RFC 9293 3.6 case 3; measured on Linux 6.18",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "A share of few sockets says nothing: below ten CLOSING the rule is silent.",
				Zh: "样本太小时占比没有意义：CLOSING 少于 10 个时不报告。",
			},
			Source: "Little's law",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Give the two sides different idle timeouts, the client the shorter one; look for lossy clients, which FIN_WAIT1 shows too.",
				Zh: "两端使用不同的空闲超时，客户端的较短；检查丢包的客户端，FIN_WAIT1 也会体现。",
			},
			Source: "RFC 9293 3.6 case 3",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Nothing: tcp_fin_timeout does not apply, tcp_orphan_retries bounds only those whose peer has gone.",
				Zh: "无需更改：tcp_fin_timeout 不适用，tcp_orphan_retries 只限制对端已消失的连接。",
			},
			Source: "net/ipv4/tcp_timer.c tcp_orphan_retries",
		}},
		Check:   command.Of("list", "state closing", "-c", "+timer,retrans"),
		Sources: []string{"net/ipv4/tcp_input.c tcp_fin", "RFC 9293 3.6 case 3", "measured on Linux 6.18"},
		See:     []string{"CLOSING", "FIN_WAIT1", "FW04", "FW05"},
		Judge:   judgeCL01,
	}
}

const closingShare = 0.1

func judgeCL01(c *Case) []Finding {
	n := c.steady(func(r *Reading) uint64 { return r.Tally.Of(tcp.Closing).Total })
	teardown := c.Count(tcp.Closing) + c.Count(tcp.FinWait1) + c.Count(tcp.FinWait2) + c.Count(tcp.LastAck)
	if n < teardownFew || float64(n) <= closingShare*float64(teardown) {
		return nil
	}
	share := 100 * float64(n) / float64(teardown)
	return []Finding{{
		Severity: Notice, states: map[tcp.State]uint64{tcp.Closing: n},
		Summary: say("%s of %s connection[s] that [is|are] being closed [1:is|are] in CLOSING (%s %%): both ends close at once, or over a lossy path",
			"正在关闭的 %[2]s 个连接中有 %[1]s 个处于 CLOSING（%[3]s %%）：两端同时关闭，或链路丢包", n, teardown, share),
		Evidence: []Evidence{
			{Name: tcp.Closing.String(), Value: float64(n)},
			above("share of CLOSING", share, "%", 100*closingShare),
		},
	}}
}

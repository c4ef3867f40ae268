// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func to01() Rule {
	return Rule{
		Code: "TO01", Name: "timeout-aborts",
		Title:   text("Connections given up after a timeout", "因超时而放弃的连接"),
		Facts:   []string{"TcpExt.TCPAbortOnTimeout", "Tcp.PassiveOpens", "Tcp.ActiveOpens"},
		Formula: text("growth of TCPAbortOnTimeout / growth of PassiveOpens + ActiveOpens", "TCPAbortOnTimeout 增量 /（PassiveOpens + ActiveOpens 增量）"),
		Threshold: []knowledge.Statement{
			claim("Notice above 0.01 and warning above 0.05, from 5 on: each is a peer that was silent for as long as the timer allows: 924 s or more for data, about 100 s after close(), 127 to 135 s for connect(), keepalive, or TCP_USER_TIMEOUT, and less where these are lowered. The shares are proposals.",
				"达到 5 个后，超过 0.01 提示，超过 0.05 警告：每一个都意味着对端沉默到了定时器的极限：数据 924 秒以上，close() 之后约 100 秒，connect() 127～135 秒，或 keepalive、TCP_USER_TIMEOUT；参数调小则更短。比例为建议值。",
				"net/ipv4/tcp_timer.c tcp_write_timeout, tcp_write_err; RFC 9293 3.8.3"),
		},
		Excluded: []knowledge.Statement{
			claim("The counter includes connect() that nobody answered, keepalive, and connections that their process had closed already: what timed out is not always something that worked before.",
				"该计数器包括无人应答的 connect()、keepalive，以及进程已经关闭的连接：超时的不一定是曾经正常工作的连接。",
				"net/ipv4/tcp_timer.c tcp_write_err, tcp_keepalive_timer; measured on Linux 6.18"),
		},
		App: []knowledge.Statement{
			claim("Find the peers: those that are stuck now have retransmissions.", "找出对端：正卡住的连接都有重传。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: tcp_retries2, tcp_orphan_retries and tcp_syn_retries only say how long to wait.", "无参数可调：tcp_retries2、tcp_orphan_retries、tcp_syn_retries 只决定等多久。",
				"Documentation/networking/ip-sysctl.rst"),
		},
		Check:      command.Of("list", "retrans >= 3"),
		Sources:    []string{"net/ipv4/tcp_timer.c tcp_write_timeout, tcp_write_err"},
		See:        []string{"TCPAbortOnTimeout", "tcp_retries2", "tcp_orphan_retries", "tcp_syn_retries", "ES03", "SY05"},
		WindowOnly: true,
		Judge:      judgeTO01,
	}
}

const (
	timeoutsFloor  = 5
	timeoutsNotice = 0.01
	timeoutsWarn   = 0.05
)

func judgeTO01(c *Case) []Finding {
	n, ok := c.Delta(abortOnTimeout)
	opens, okToo := c.opens()
	if !ok || !okToo || n < timeoutsFloor {
		return nil
	}
	share := float64(n) / float64(max(1, opens))
	if share <= timeoutsNotice {
		return nil
	}
	f := Finding{
		Severity: Notice, Basis: Loss,
		Summary: say("%s connection[s] [was|were] given up after a timeout in %s s, for %s that [was|were] opened", "%[2]s 秒内有 %[1]s 个连接因超时被放弃，同期打开了 %[3]s 个", n, seconds(c.Window), opens),
		Detail: []knowledge.Text{text("the kernel gave up: SYNs, data or FINs sent again and again, or keepalive probes, had no answer",
			"内核放弃了：反复重发的 SYN、数据或 FIN，或 keepalive 探测，都没有应答")},
		Evidence: []Evidence{
			{Name: abortOnTimeout, Value: float64(n)},
			above("share of connections", share, "", timeoutsNotice),
		},
	}
	if share > timeoutsWarn {
		f.Severity = Warning
	}
	return []Finding{f}
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func la01() Rule {
	return Rule{
		Code: "LA01", Name: "last-ack-stuck",
		Title: knowledge.Text{En: "Peers that closed and are gone", Zh: "先关闭而后消失的对端"},
		Facts: []string{"LAST_ACK", "retrans", "TIME_WAIT", "Tcp.ActiveOpens", "Tcp.PassiveOpens"},
		Formula: knowledge.Text{
			En: "LAST_ACK at the third retransmission or later / connections a second",
			Zh: "已重传三次以上的 LAST_ACK / 每秒连接数",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Notice above 50 and above 5 s worth of connections: the third retransmission is sent 1.4 s after the FIN at the earliest, so that these are not slow but gone, and each lasts about 100 s; 5 s are one peer in twenty.",
				Zh: "超过 50 个且超过 5 秒的连接量时提示：第三次重传最早在 FIN 之后 1.4 秒，因此对端不是慢而是已消失，每个约持续 100 秒；5 秒即二十个对端中有一个。",
			},
			Source: "net/ipv4/tcp_timer.c tcp_orphan_retries; include/net/tcp.h TCP_RTO_MIN; Little's law",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "LAST_ACK as such are a round trip each: without a retransmission they are not counted.",
				Zh: "LAST_ACK 本身只持续一个往返：没有重传的不计入。",
			},
			Source: "RFC 9293 3.6 case 2",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Nothing in the program is wrong. Look at the path: firewalls and NAT that forget a connection after the peer's FIN (conntrack keeps LAST_ACK for 30 s), and clients that switch networks.",
				Zh: "程序没有问题。检查链路：在对端 FIN 之后过早遗忘连接的防火墙和 NAT（conntrack 的 LAST_ACK 只保留 30 秒），以及切换网络的客户端。",
			},
			Source: "net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "tcp_orphan_retries bounds them (0 means 8: about 100 s); they are small, and it is seldom worth it.",
				Zh: "tcp_orphan_retries 可限制它们（0 即 8 次，约 100 秒）；它们占用很小，很少值得更改。",
			},
			Source: "net/ipv4/tcp_timer.c tcp_orphan_retries; measured on Linux 6.18",
		}},
		Check:   command.Of("list", "state last-ack and retrans >= 3", "-c", "+timer,retrans"),
		Sources: []string{"net/ipv4/tcp_timer.c tcp_orphan_retries", "RFC 9293 3.6"},
		See:     []string{"LAST_ACK", "CLOSE_WAIT", "tcp_orphan_retries", "FW04"},
		Judge:   judgeLA01,
	}
}

const (
	lastAckMany    = 50
	lastAckSeconds = 5.0
)

func judgeLA01(c *Case) []Finding {
	if c.Count(tcp.LastAck) <= lastAckMany {
		return nil
	}
	resent, _, ok := c.Kept(LastAckResent)
	if !ok {
		return nil
	}
	n, rate := resent.Count, c.connections()
	if n <= lastAckMany || float64(n) <= lastAckSeconds*rate {
		return nil
	}
	return []Finding{{
		Severity: Notice, rows: resent.Rows,
		Summary: say("%s LAST_ACK have sent their FIN at least four times: peers that closed first and are gone",
			"%s 个 LAST_ACK 已至少四次发送 FIN：对端先关闭，之后消失", n),
		Detail: peerDetail(resent.Rows),
		Evidence: []Evidence{
			above("LAST_ACK at the third retransmission", float64(n), "", max(lastAckMany, lastAckSeconds*rate)),
			{Name: "connections, at least", Value: rate, Unit: "1/s"},
		},
	}}
}

// connections returns how many connections per second come and go: the rate of closes
// by this side, or in a window the rate of opens if that is greater. Connections that
// the peer closes first leave no TIME_WAIT here.
func (c *Case) connections() (perSecond float64) {
	if c.Window <= 0 {
		return c.Closes()
	}
	opened := c.Moved("Tcp.ActiveOpens") + c.Moved("Tcp.PassiveOpens")
	return max(c.ClosesAtLeast(), float64(opened)/c.Window.Seconds())
}

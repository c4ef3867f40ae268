// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

const (
	reversePath = "TcpExt.IPReversePathFilter"
	badChecksum = "Tcp.InCsumErrors"
)

func np02() Rule {
	return Rule{
		Code: "NP02", Name: "refused-on-the-way-in",
		Title: text("Packets that this host itself refuses", "被本机自己拒收的包"),
		Facts: []string{reversePath, badChecksum, "Tcp.InSegs", "TcpExt.TCPMD5NotFound", "TcpExt.TCPMD5Unexpected", "TcpExt.TCPMD5Failure", "window"},
		Formula: text("growth of IPReversePathFilter, InCsumErrors, and TCPMD5NotFound + TCPMD5Unexpected + TCPMD5Failure",
			"IPReversePathFilter、InCsumErrors 以及 TCPMD5NotFound + TCPMD5Unexpected + TCPMD5Failure 的增量"),
		Threshold: []knowledge.Statement{
			claim("Packets that fail the reverse path filter, of all protocols: an info from ten, a warning where as many connections wait for an answer. Bad checksums: a notice from ten that are a thousandth of what came in, a warning from a hundredth. Signatures of MD5: a notice from three.",
				"未通过反向路径过滤的包（含所有协议）：达到 10 个为信息，若有不少于此数的连接在等待应答则警告。校验和错误：达到 10 个且占收到报文的千分之一时提示，百分之一时警告。MD5 签名：达到 3 个时提示。",
				"RFC 3704 2.2; RFC 2385; measured on Linux 6.18"),
		},
		Excluded: []knowledge.Statement{
			claim("Nobody is answered: at the other end it looks as if this host were down, or a firewall dropped.", "对这些包不会有任何应答：在对端看来，就像本机已宕机或被防火墙丢弃。", "RFC 3704 2.2; RFC 2385"),
		},
		App: []knowledge.Statement{
			claim("Reverse path: answers come in by another interface than the way back to their sender: mend the routes at either end. Checksums: a network card, its offload, or what is on the way damages packets. MD5: the keys of both ends differ, or one has none.",
				"反向路径：应答从另一块网卡进来，与回到发送者的路由不一致：修正任一端的路由。校验和：网卡、网卡卸载功能或途中的设备损坏了包。MD5：两端的密钥不同，或一端没有设置。",
				"RFC 3704 2.2; RFC 2385"),
		},
		Kernel: []knowledge.Statement{
			claim("rp_filter of the interface: 2 lets in whatever has a way back by any interface (RFC 3704 loose mode). For the others there is nothing to tune.",
				"网卡的 rp_filter：设为 2（RFC 3704 宽松模式）时，只要任一网卡有回程路由就接收。其余的无参数可调。", "RFC 3704 2.4"),
		},
		Check:      command.Of("doctor", "--window", "10s"),
		Sources:    []string{"RFC 3704", "RFC 2385", "measured on Linux 6.18"},
		See:        []string{"IPReversePathFilter", "InCsumErrors", "TCPMD5NotFound", "SYN_SENT", "SY05", "NP01"},
		WindowOnly: true,
		Judge:      judgeNP02,
	}
}

const (
	turnedAway    = 10
	wrongKeys     = 3
	damagedNotice = 0.001
	damagedWarn   = 0.01
)

func judgeNP02(c *Case) (all []Finding) {
	if f, found := c.wrongWay(); found {
		all = append(all, f)
	}
	if f, found := c.damaged(); found {
		all = append(all, f)
	}
	if n := c.Moved("TcpExt.TCPMD5NotFound") + c.Moved("TcpExt.TCPMD5Unexpected") + c.Moved("TcpExt.TCPMD5Failure"); n >= wrongKeys {
		f := Finding{
			Severity: Notice, Basis: Loss, About: About{Name: "TCP-MD5"},
			Summary:  say("%s segment[s] [was|were] thrown away in %s s because of [its|their] MD5 signature", "%[2]s 秒内因 MD5 签名丢弃了 %[1]s 个报文段", n, seconds(c.Window)),
			Detail:   []knowledge.Text{text("the keys of both ends differ, or one end has none: nothing is answered, so that connect() at the other end times out", "两端的密钥不同，或一端没有设置：不会应答，对端的 connect() 最终超时")},
			Evidence: []Evidence{above("segments with a wrong signature", float64(n), "", wrongKeys)},
		}
		f.Now = text("Set the same key at both ends, or at neither.", "两端设置相同的密钥，或都不设置。")
		f.Detail = append(f.Detail, f.Now)
		all = append(all, f)
	}
	return all
}

// wrongWay is about packets that came in on a different interface than the route back
// uses.
func (c *Case) wrongWay() (f Finding, found bool) {
	n, ok := c.Delta(reversePath)
	if !ok || n < turnedAway {
		return f, false
	}
	waiting := 0
	for _, w := range []WatchID{SynUnanswered, EstablishedRetrying, FinWait1Unanswered} {
		waiting += len(c.watch(w).rowsOf())
	}
	f = Finding{
		Severity: Info, Basis: Loss, About: About{Name: reversePath},
		Summary:  say("%s packet[s] [was|were] thrown away by the reverse path filter in %s s", "%[2]s 秒内有 %[1]s 个包被反向路径过滤丢弃", n, seconds(c.Window)),
		Detail:   []knowledge.Text{text("they came in by another interface than the way back to their sender (rp_filter): ip route get tells that way", "它们进来的网卡与回到发送者的路由不一致（rp_filter）：可用 ip route get 查看回程路由")},
		Evidence: []Evidence{above(reversePath, float64(n), "", turnedAway), {Name: "connections that wait for an answer", Value: float64(waiting)}},
	}
	f.Now = f.Detail[0]
	if waiting > 0 && n >= uint64(waiting) {
		f.Severity = Warning
	}
	return f, true
}

// damaged is about packets with a wrong checksum.
func (c *Case) damaged() (f Finding, found bool) {
	n, ok := c.Delta(badChecksum)
	came := c.Moved("Tcp.InSegs")
	share := float64(n) / float64(max(1, came))
	if !ok || n < turnedAway || share < damagedNotice {
		return f, false
	}
	f = Finding{
		Severity: Notice, Basis: Loss, About: About{Name: badChecksum},
		Summary:  say("%s of %s segment[s] came in damaged in %s s: their checksum is wrong", "%[3]s 秒内收到的 %[2]s 个报文段中有 %[1]s 个已损坏：校验和错误", n, came, seconds(c.Window)),
		Detail:   []knowledge.Text{text("a network card, its offload (ethtool -k), or something on the way damages packets; TCP throws them away and the peer sends again", "网卡、其卸载功能（ethtool -k）或途中的设备损坏了包；TCP 将其丢弃，由对端重发")},
		Evidence: []Evidence{above("share of segments", 100*share, "%", 100*damagedNotice), {Name: badChecksum, Value: float64(n)}},
	}
	f.Now = f.Detail[0]
	if share >= damagedWarn {
		f.Severity = Warning
	}
	return f, true
}

// refusesAnswers reports whether, by the cause, this host dropped at least as many
// packets as sockets wait for a packet.
func refusesAnswers(cause, consequence *Finding) bool {
	return cause.About.Name == reversePath && dropsAsMany(cause, consequence)
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func es03() Rule {
	return Rule{
		Code: "ES03", Name: "dead-peer-backoff",
		Title: text("Established connections whose peer does not acknowledge", "对端不再确认的已建立连接"),
		Facts: []string{"ESTABLISHED", "net.ipv4.tcp_retries2", "net.ipv4.tcp_mtu_probing", "tcp_info", "TcpExt.TCPRetransFail"},
		Formula: text("ESTABLISHED with the retransmission timer running that sent the same data again 5 times or more, or whose last 3 keepalive probes had no answer",
			"重传定时器正在运行、同一数据已重发 5 次以上，或最近 3 次 keepalive 探测都没有应答的 ESTABLISHED"),
		Threshold: []knowledge.Statement{
			claim("Five retransmissions in a row are at least 6.2 s without an acknowledgement, at the shortest timeout of 0.2 s: no loss, but silence. Warning from 10, or from 5 that are more than 1 % of ESTABLISHED.",
				"连续重传五次，即使按最短超时 0.2 秒计算，也已有 6.2 秒没有确认：这不是丢包，而是没有回音。达到 10 个，或至少 5 个且超过 ESTABLISHED 的 1% 时警告。",
				"include/net/tcp.h TCP_RTO_MIN; net/ipv4/tcp_timer.c tcp_retransmit_timer; RFC 6298 5.5"),
			claim("Where all of them wait with a full segment while their peers are heard, it says that packets of that size may not pass: the path MTU, and ICMP errors that are filtered.",
				"若它们都在等待一个完整报文段得到确认、而对端仍有回音，则提示这么大的包可能无法通过：路径 MTU，且相应的 ICMP 错误被过滤。",
				"RFC 2923 2.1; RFC 4821; measured on Linux 6.18"),
			claim("Every peer answers a keepalive probe, whatever its program does: three in a row that had no answer are 3 intervals of silence.",
				"无论程序在做什么，对端都会应答 keepalive 探测：连续三次没有应答，就是三个间隔没有回音。",
				"RFC 9293 3.8.4; net/ipv4/tcp_timer.c tcp_keepalive_timer; measured on Linux 6.18"),
		},
		Excluded: []knowledge.Statement{
			claim("A zero window has a timer of its own (persist) and is not meant here.", "零窗口有自己的定时器（persist），不在此列。", "net/ipv4/tcp_timer.c tcp_probe_timer"),
			claim("During a failover this is normal for a moment; look again.", "故障切换期间短时出现属正常；请再看一次。", "RFC 9293 3.8.3"),
		},
		App: []knowledge.Statement{
			claim("Set TCP_USER_TIMEOUT to what the application can wait for; without it the end comes after tcp_retries2, 924 s or more.",
				"把 TCP_USER_TIMEOUT 设为应用能等待的时间；否则要等到 tcp_retries2 用尽，至少 924 秒。", "tcp(7); net/ipv4/tcp_timer.c tcp_write_timeout"),
		},
		Kernel: []knowledge.Statement{
			claim("A tcp_retries2 of 8 ends them after 100 s, the least that RFC 9293 recommends, for every connection of the namespace.",
				"tcp_retries2=8 使它们在 100 秒后结束，这是 RFC 9293 建议的最小值；对该命名空间的所有连接生效。",
				"Documentation/networking/ip-sysctl.rst tcp_retries2; RFC 9293 3.8.3"),
		},
		Check:   command.Of("list", "state established and timer = on and retrans >= 5"),
		Sources: []string{"net/ipv4/tcp_timer.c tcp_write_timeout, tcp_retransmit_timer", "RFC 6298 5.5", "RFC 9293 3.8.3"},
		See:     []string{"ESTABLISHED", "tcp_retries2", "tcp_mtu_probing", "TCPAbortOnTimeout", "TO01"},
		Judge:   judgeES03,
	}
}

const (
	deadRetries = 5
	deadProbes  = 3
	deadMany    = 10
	deadFloor   = 5
	deadShare   = 0.01
)

// probing counts the rows that are sending keepalive probes.
func probing(rows []Kept) (n int) {
	for i := range rows {
		if rows[i].Timer == socket.TimerKeepalive {
			n++
		}
	}
	return n
}

func judgeES03(c *Case) []Finding {
	now, _, ok := c.Kept(EstablishedRetrying)
	if !ok {
		return nil
	}
	established := c.Count(tcp.Established)
	share := float64(now.Count) / float64(max(1, established))
	if now.Count < deadFloor || now.Count < deadMany && share <= deadShare {
		return nil
	}
	f := Finding{
		// The basis is not Counts alone, so a warning is allowed: the retransmissions
		// show for how long each has waited.
		Severity: Warning, Basis: Lasting,
		Summary: say("%s of %s ESTABLISHED get no acknowledgement: the same data was sent 5 times again or more, %s byte[s] [waits|wait]",
			"%[2]s 个 ESTABLISHED 中有 %[1]s 个得不到确认：同一数据已重发 5 次以上，%[3]s 字节在等待", now.Count, established, now.SendQ),
		Evidence: []Evidence{
			above("ESTABLISHED, sent again 5 times", float64(now.Count), "", deadMany),
			{Name: "unacknowledged", Value: float64(now.SendQ), Unit: "B"},
		},
	}
	if probed := probing(now.Rows); 2*probed > len(now.Rows) {
		f.Summary = say("%s of %s ESTABLISHED get no answer: their keepalive probes, 3 in a row or more", "%[2]s 个 ESTABLISHED 中有 %[1]s 个得不到应答：keepalive 探测已连续 3 次以上没有回音", now.Count, established)
		f.Now = text("Set TCP_KEEPCNT and TCP_KEEPINTVL to what the application can wait for: when the probes are used up it is told ETIMEDOUT.", "把 TCP_KEEPCNT 和 TCP_KEEPINTVL 设为应用能等待的时间：探测用尽后它会得到 ETIMEDOUT。")
		f.Later = text("tcp_keepalive_probes and tcp_keepalive_intvl are for those that have set none of their own: 9 probes, 75 s apart, by default.", "tcp_keepalive_probes 与 tcp_keepalive_intvl 只用于没有自行设置的连接：默认 9 次，间隔 75 秒。")
		f.Detail = append(f.Detail, f.Now, f.Later)
		f.Check = listOf("state established", "timer = keepalive", "retrans >= 3")
	}
	heard := onlyFullSegments(now.Rows)
	f.Detail = append(f.Detail, silentPeers(now.Rows, heard || c.Moved("TcpExt.TCPRetransFail") > 0))
	c.refusedHere(&f)
	if heard {
		c.tooLarge(&f, now.Rows)
	}
	f.rows = now.Rows
	f.ownersOf(now.Rows)
	return []Finding{f}
}

// refusedHere adds to the finding that this host itself refused to send some segments
// again.
func (c *Case) refusedHere(f *Finding) {
	if n := c.Moved("TcpExt.TCPRetransFail"); n > 0 {
		f.Evidence = append(f.Evidence, Evidence{Name: "TcpExt.TCPRetransFail", Value: float64(n)})
		f.Detail = append(f.Detail, say("%s retransmission[s] [was|were] refused on this host: a firewall, a route or a device here, before any peer or path", "有 %s 次重传在本机就被拒绝：是本机的防火墙、路由或设备，而不是对端或路径", n))
	}
}

// probesNoPath reports whether TCP is known not to search for the packet size that
// gets through.
func (c *Case) probesNoPath() bool {
	defer c.optional()()
	probing, known := c.Sysctl("net.ipv4.tcp_mtu_probing")
	return known && probing == 0
}

// silentPeers names the peers and says what their number means: a single one may have
// gone, but not many at the same time. known says that the finding gives another
// reason already.
func silentPeers(rows []Kept, known bool) knowledge.Text {
	peers := map[netip.Addr]uint64{}
	for i := range rows {
		peers[plainPlace(rows[i].Remote).Addr()]++
	}
	top := most(peers, 1, netip.Addr.String)[0]
	switch n := peers[top]; {
	case known && len(peers) == 1:
		return say("all of them are connected to %s", "它们的对端都是 %s", top.String())
	case known:
		return say("they are connected to %s peer[s], most of them to %s (%s)", "它们分属 %s 个对端，最多的是 %s（%s 个）", len(peers), top.String(), n)
	case len(peers) == 1:
		return say("all of them are connected to %s: it is gone, or the way to it is", "它们的对端都是 %s：是它消失了，或到它的路径不通", top.String())
	case 2*n > uint64(len(rows)):
		return say("%s of them are connected to %s: it is gone, or the way to it is; the others to %s more peer[s]", "其中 %s 个的对端是 %s：是它消失了，或到它的路径不通；其余分属另外 %s 个对端", n, top.String(), len(peers)-1)
	default:
		return say("they are connected to %s peer[s], no more than %s to one: so many are not gone at once, it is the way there or this host", "它们分属 %s 个对端，单个对端至多 %s 个：这么多对端不会同时消失，是路径或本机的问题", len(peers), n)
	}
}

// tooLarge adds that the path may drop packets of a full segment's size.
func (c *Case) tooLarge(f *Finding, rows []Kept) {
	mss := rows[0].Life.SendMSS
	for i := range rows {
		mss = min(mss, rows[i].Life.SendMSS)
	}
	f.Evidence = append(f.Evidence, Evidence{Name: "full segment", Value: float64(mss), Unit: "B"})
	f.Now = say("all of them wait with full segments, of %s byte[s] or more, while their peers are heard: if ping -M do with packets of that size has no answer, the path drops what is that large, and the ICMP error that says so is filtered",
		"它们都在等待不小于 %s 字节的完整报文段得到确认，而对端仍有回音：若用 ping -M do 发送这么大的包没有回应，就是路径丢弃了这么大的包，而相应的 ICMP 错误被过滤", uint64(mss))
	f.Detail = append(f.Detail, f.Now)
	if c.probesNoPath() {
		f.Changes = append(f.Changes, Change{
			Key: "net.ipv4.tcp_mtu_probing", Value: "1",
			Why: text("TCP then tries smaller segments by itself where full ones are never acknowledged", "完整报文段始终得不到确认时，TCP 会自行尝试更小的报文段"),
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func rs01() Rule {
	return Rule{
		Code: "RS01", Name: "abort-profile",
		Title: text("Connections that end with a reset or a timeout", "以重置或超时结束的连接"),
		Facts: []string{"Tcp.EstabResets", "Tcp.PassiveOpens", "Tcp.ActiveOpens", "TcpExt.TCPAbortOnData", "TcpExt.TCPAbortOnClose", "TcpExt.TCPAbortOnTimeout", "TcpExt.TCPAbortOnMemory", "TcpExt.TCPOrigDataSent", "TcpExt.TCPDelivered", "Tcp.AttemptFails", "Tcp.OutRsts"},
		Formula: text("growth of EstabResets / growth of PassiveOpens + ActiveOpens, and which TCPAbort counter grew most",
			"EstabResets 增量 /（PassiveOpens + ActiveOpens 增量），以及哪个 TCPAbort 计数器增长最多"),
		Threshold: []knowledge.Statement{
			claim("Notice above 0.1 and warning above 0.3, from 20 connections on. A large public network reports that a fifth of its connections is cut short, so that a notice is often normal; both numbers are proposals.",
				"达到 20 个连接后，超过 0.1 提示，超过 0.3 警告。有大型公网服务报告约两成连接会中途断开，所以提示往往属于正常；两个数都是建议值。",
				"https://blog.cloudflare.com/tcp-resets-timeouts (2024); net/ipv4/tcp.c tcp_set_state"),
		},
		Excluded: []knowledge.Statement{
			claim("EstabResets is not \"resets received\": it counts every way from ESTABLISHED or CLOSE_WAIT straight to CLOSE, our own aborts and timeouts included.",
				"EstabResets 不是“收到的重置”：凡是从 ESTABLISHED 或 CLOSE_WAIT 直接进入 CLOSE 都计入，包括本端主动中止和超时。",
				"net/ipv4/tcp.c tcp_set_state; measured on Linux 6.18"),
			claim("What is reset in an accept queue whose listener is closed, or by ss -K, has no TCPAbort counter; Tcp.OutRsts has it. Then nobody is blamed.",
				"关闭监听套接字时全连接队列中的连接，以及被 ss -K 销毁的连接，重置时不计入任何 TCPAbort 计数器，只计入 Tcp.OutRsts；此时不归咎于任何一方。",
				"net/ipv4/inet_connection_sock.c inet_csk_listen_stop; net/ipv4/tcp.c tcp_abort"),
			claim("Resets that the peers sent are no more than a notice. Theirs, and those of a program here that closes with SO_LINGER 0, are an info where all data that was sent meanwhile was acknowledged (TCPOrigDataSent, TCPDelivered): nothing was cut short, and so look the checks of load balancers, at both ends.",
				"对端发来的重置至多为提示。对端的重置，以及本机程序用 SO_LINGER 0 关闭所致的，若其间发送的数据都已被确认（TCPOrigDataSent、TCPDelivered），则只是信息：没有数据被截断；负载均衡的健康检查在两端看来都是这样。", "net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_input.c tcp_rcv_established"),
		},
		App: []knowledge.Statement{
			claim("TCPAbortOnClose: read what the peer sent before closing. TCPAbortOnData: no SO_LINGER 0, or shutdown() and wait before close(). TCPAbortOnTimeout: the path or the peer.",
				"TCPAbortOnClose：关闭前先读完对端的数据。TCPAbortOnData：不要用 SO_LINGER 0，或先 shutdown() 并等待再 close()。TCPAbortOnTimeout：路径或对端的问题。",
				"net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_input.c tcp_rcv_state_process; RFC 2525 2.17"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune, unless TCPAbortOnMemory is what grows: that is a limit of memory or of orphans.", "无参数可调，除非增长的是 TCPAbortOnMemory：那是内存或孤儿连接的上限。",
				"net/ipv4/tcp_timer.c tcp_out_of_resources"),
		},
		Check:      command.Of("doctor", "--window", "10s"),
		Sources:    []string{"net/ipv4/tcp.c tcp_set_state, __tcp_close", "net/ipv4/tcp_timer.c tcp_write_err", "RFC 2525 2.17"},
		See:        []string{"EstabResets", "TCPAbortOnData", "TCPAbortOnClose", "TCPAbortOnTimeout", "TCPAbortOnMemory", "TO01", "OR01", "ME01"},
		WindowOnly: true,
		Judge:      judgeRS01,
	}
}

const (
	abortsFloor  = 20
	abortsNotice = 0.1
	abortsWarn   = 0.3
)

// abortCounters say why a connection was aborted (include/uapi/linux/snmp.h).
const (
	abortOnTimeout = "TcpExt.TCPAbortOnTimeout"
	abortOnClose   = "TcpExt.TCPAbortOnClose"
	abortOnData    = "TcpExt.TCPAbortOnData"
	abortOnMemory  = "TcpExt.TCPAbortOnMemory"
	abortOnLinger  = "TcpExt.TCPAbortOnLinger"
	estabResets    = "Tcp.EstabResets"
)

func judgeRS01(c *Case) []Finding {
	resets, ok := c.Delta(estabResets)
	opens, okToo := c.opens()
	if !ok || !okToo || resets < abortsFloor {
		return nil
	}
	share := float64(resets) / float64(max(1, opens))
	f := Finding{
		Severity: Notice, Basis: Loss, aborts: resets, timeouts: c.Moved(abortOnTimeout),
		Summary: say("%s connection[s] ended abnormally in %s s, for %s that [was|were] opened", "%[2]s 秒内有 %[1]s 个连接非正常结束，同期打开了 %[3]s 个", resets, seconds(c.Window), opens),
		Evidence: []Evidence{
			{Name: estabResets, Value: float64(resets)},
			above("share of connections", share, "", abortsNotice),
		},
	}
	switch {
	case share > abortsWarn:
		f.Severity = Warning
	case share <= abortsNotice:
		return nil
	}
	c.whyAborted(&f, resets)
	f.Now = f.Detail[0]
	f.Detail = append(f.Detail, c.whereAborted(opens))
	if f.byPeers(resets) {
		f.Severity = min(f.Severity, Notice)
	}
	switch out := 2*c.Moved("Tcp.ActiveOpens") > opens; {
	case c.resetUnseen(&f, resets): // neither who reset the connections is known, nor why
	case !f.onPurpose(resets) || !c.allDelivered(resets):
	case f.byPeers(resets) && c.mostCut(resets):
		f.Detail = append(f.Detail, text("most of what they sent was never acknowledged: a reset answers the first request, from the peer or from something on the way", "它们发送的大部分数据从未被确认：第一个请求就被重置，来自对端或途中的设备"))
		f.Now = text("Look at the peers' log and at what is on the way: a firewall or load balancer that does not know the connection, or refuses what is asked.", "查看对端的日志以及途中的设备：防火墙或负载均衡不认识该连接，或拒绝该请求。")
		f.Detail = append(f.Detail, f.Now)
	case out:
		f.Severity = Info
		f.Detail = append(f.Detail, text("nothing that was sent was cut short: most connections went out from here, to servers that end with a reset, or as checks that do", "已发送的数据都送到了，没有被截断：大多数连接由本机发起，对端服务器以重置结束，或是以重置结束的检查"))
	default:
		f.Severity = Info
		f.Detail = append(f.Detail, text("nothing that was sent was cut short: the shape of a load balancer's health checks, which end with a reset", "已发送的数据都送到了，没有被截断：这是负载均衡健康检查的特征，它以重置结束"))
	}
	return []Finding{f}
}

// mostCut reports whether less than half of the sent data arrived. The kernel counts
// the SYN of an outgoing connection as delivered too (measured on Linux 6.18).
func (c *Case) mostCut(resets uint64) bool {
	sent, delivered := c.Moved("TcpExt.TCPOrigDataSent"), c.Moved("TcpExt.TCPDelivered")
	active := c.Moved("Tcp.ActiveOpens")
	syns := active - min(active, c.Moved("Tcp.AttemptFails"))
	return sent >= resets/2 && sent > 0 && 2*(delivered-min(delivered, syns)) < sent
}

// resetsElse is how many resets this host sent that no counter of aborts includes.
func (c *Case) resetsElse(f *Finding) uint64 {
	sent := float64(c.Moved("Tcp.OutRsts"))
	return uint64(max(0, sent-f.has(abortOnClose)-f.has(abortOnData)-f.has(abortOnMemory)-f.has(abortOnLinger)))
}

// resetUnseen reports whether this host may have caused the abnormal ends that no
// counter of aborts explains: it sent as many resets that no such counter includes.
// inet_csk_listen_stop and tcp_abort send one reset for each connection and count
// nothing else (measured on Linux 6.18). A reset from a peer is not answered with a
// reset.
func (c *Case) resetUnseen(f *Finding, resets uint64) bool {
	unexplained := float64(resets) - f.has(abortOnTimeout) - f.has(abortOnClose) - f.has(abortOnData) - f.has(abortOnMemory) - f.has(abortOnLinger)
	return 2*unexplained > float64(resets) && float64(c.resetsElse(f)) >= resetsMatch*unexplained
}

// resetsMatch is how closely the two numbers must agree; they are not read at the same
// instant.
const resetsMatch = 0.9

// onPurpose reports whether somebody deliberately ended most of these connections with
// a reset: the peers, or a program here with SO_LINGER 0.
func (f *Finding) onPurpose(resets uint64) bool {
	return 2*uint64(f.has(abortOnTimeout)+f.has(abortOnClose)+f.has(abortOnMemory)+f.has(abortOnLinger)) < resets
}

// allDelivered reports whether the data that connections sent arrived, except for one
// segment of each connection that was reset, such as a request to a server that
// restarts. Data that a reset cuts off is never acknowledged (TCPDelivered, Linux
// 4.18). If hardly anything was sent, nothing was cut off.
func (c *Case) allDelivered(resets uint64) bool {
	sent, ok := c.Delta("TcpExt.TCPOrigDataSent")
	if ok && sent < resets/2 {
		return true
	}
	defer c.optional()()
	delivered, known := c.Delta("TcpExt.TCPDelivered")
	return ok && known && sent <= delivered+resets
}

// byPeers reports whether this host did not cause most of the abnormal ends.
func (f *Finding) byPeers(resets uint64) bool {
	ours := 0.0
	for _, counter := range []string{abortOnTimeout, abortOnClose, abortOnData, abortOnMemory, abortOnLinger} {
		ours += f.has(counter)
	}
	return 2*ours < float64(resets)
}

// opens is how many connections were opened in the window, in either direction.
func (c *Case) opens() (n uint64, ok bool) {
	passive, ok := c.Delta("Tcp.PassiveOpens")
	active, okToo := c.Delta("Tcp.ActiveOpens")
	return passive + active, ok && okToo
}

// whyAborted names the most frequent reason that the kernel counts. Aborts that no
// counter explains are resets by the peer.
func (c *Case) whyAborted(f *Finding, resets uint64) {
	grown := map[string]uint64{}
	var ours uint64
	for _, counter := range []string{abortOnTimeout, abortOnClose, abortOnData, abortOnMemory, abortOnLinger} {
		n := c.Moved(counter)
		f.Evidence = append(f.Evidence, Evidence{Name: counter, Value: float64(n)})
		if n > 0 {
			grown[counter] = n
			ours += n
		}
	}
	switch {
	case c.resetUnseen(f, resets):
		n := c.resetsElse(f)
		f.Evidence = append(f.Evidence, Evidence{Name: "Tcp.OutRsts", Value: float64(c.Moved("Tcp.OutRsts"))})
		f.Detail = append(f.Detail,
			text("Find out what was restarted or destroyed: this host resets what waits in the accept queue of a listener that is closed, and what somebody destroys (ss -K, tcpvitals kill).",
				"查明什么被重启或销毁：监听套接字关闭时，全连接队列中等待的连接由本机重置；被人销毁的连接（ss -K、tcpvitals kill）也是。"),
			say("it sent %s reset[s] that no TCPAbort counter has: the peers reset these connections only if as many segments met closed ports meanwhile",
				"本机发出了 %s 个不计入任何 TCPAbort 计数器的重置：只有同期有同样多的报文段碰到关闭的端口时，才是对端重置了这些连接", n))
		return
	case 2*ours < resets:
		f.Detail = append(f.Detail, text("most of them this host did not abort itself: the peers sent a reset, so that the reason is at their end", "其中大多数不是本机中止的：是对端发来了重置，原因在对端"))
		return
	}
	first := most(grown, 1, func(s string) string { return s })[0]
	f.Detail = append(f.Detail, abortText(first))
}

func abortText(counter string) knowledge.Text {
	switch counter {
	case abortOnTimeout:
		return text("mostly TCPAbortOnTimeout: retransmissions or keepalive probes had no answer; look at the path and at the peers", "主要是 TCPAbortOnTimeout：重传或 keepalive 探测没有应答；检查路径和对端")
	case abortOnClose:
		return text("mostly TCPAbortOnClose: closed while data of the peer was unread, which sends a reset; read to the end before closing",
			"主要是 TCPAbortOnClose：还有对端数据未读就关闭，会发出重置；关闭前先读完")
	case abortOnData:
		return text("mostly TCPAbortOnData: closed with SO_LINGER 0, or data came after close() before the FIN was acknowledged; shutdown() and read to the end before close()", "主要是 TCPAbortOnData：以 SO_LINGER 0 关闭，或 close() 之后、FIN 被确认之前又有数据到达；应先 shutdown() 并读到结束再 close()")
	case abortOnMemory:
		return text("mostly TCPAbortOnMemory: too many orphans, or tcp_mem is used up", "主要是 TCPAbortOnMemory：孤儿连接过多，或 tcp_mem 已用尽")
	default:
		return text("mostly TCPAbortOnLinger: closed in FIN_WAIT2 with TCP_LINGER2 below 0", "主要是 TCPAbortOnLinger：在 FIN_WAIT2 中以小于 0 的 TCP_LINGER2 关闭")
	}
}

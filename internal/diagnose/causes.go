// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Cause is a pair of rules, one of which explains the other: a finding of rule Of is
// then reported once, below the finding of rule By.
type Cause struct {
	Of, By string // codes of rules
	Why    knowledge.Text
	// Covers reports whether one finding explains the other. It compares what the two
	// are about, never their wording. nil means always, within the same namespace.
	Covers func(cause, consequence *Finding) bool
	// Same says that the two are about the same sockets, or about the two ends of the
	// same connections. Then the cause is as severe as what it explains, and its
	// remedy is the one for both.
	Same bool
	// Mild says that the cause may be of severity info: its consequence is the
	// trouble.
	Mild bool
}

// causes lists every pair of cause and consequence. If several cover a finding, the
// first one counts.
func causes() []Cause {
	refused := text("this host throws away what comes in by another interface than the way back: the answers may be among that", "本机丢弃了从另一块网卡进来的包：应答可能就在其中")
	silent := text("it is these that send again, to peers that do not answer", "重发的就是这些连接，它们的对端没有应答")
	dropped := text("this host throws packets away before TCP sees them: the answers may be among them", "本机在 TCP 看到之前就丢弃了包：应答可能就在其中")
	return []Cause{
		// A process that does not accept.
		{
			Of: "AQ02", By: "AQ01", Covers: sameListener,
			Why: text("what limits the queue matters because it is full", "队列满了，才需要关心是什么限制了它"),
		},
		{
			Of: "CW02", By: "AQ01", Covers: sameListener,
			Why: text("they still wait in that accept queue", "它们仍在这个全连接队列中等待"),
		},
		{
			Of: "ES01", By: "AQ01", Covers: sameListener,
			Why: text("they wait in that accept queue", "它们就在这个全连接队列里等待"),
		},
		{
			Of: "SY01", By: "AQ01", Covers: sameListener,
			Why: text("a final ACK that finds the accept queue full leaves the connection half open", "最后一个 ACK 到达时全连接队列已满，连接就停留在半连接状态"),
		},
		{
			// Even if the queue was seen half full: it empties between two SYNs, while
			// connections that found it full wait for seconds.
			Of: "SY05", By: "AQ01", Covers: callsListener, Same: true,
			Why: text("the destination is here, and a full accept queue drops SYNs", "目标就在本机，而全连接队列满时会丢弃 SYN"),
		},
		{
			Of: "FW04", By: "AQ01", Covers: callsListener,
			Why: text("the other ends are here, in an accept queue that is full: nobody answers the FIN", "对端就在本机已满的全连接队列中：没有人应答 FIN"),
		},
		{
			Of: "SY02", By: "AQ01", Covers: cookiesComeAgain,
			Why: text("a final ACK or a cookie that finds the accept queue full is dropped and comes again", "最后一个 ACK 或 cookie 到达时全连接队列已满就会被丢弃，然后再次返回"),
		},
		{
			Of: "AQ03", By: "AQ01", Covers: lossOfCause,
			Why: text("an accept queue overflows here; look at the rest when it no longer does", "这里有全连接队列在溢出；先解决它，再看剩下的"),
		},

		{
			Of: "AQ01", By: "FD01", Covers: starves, Same: true,
			Why: text("the process has no descriptor left to accept with", "进程已没有可供 accept() 使用的描述符"),
		},

		// A process that does not close.
		{
			Of: "FD01", By: "CW01", Covers: sameProcess, Same: true,
			Why: text("its descriptors are held by connections that it does not close", "它的描述符被没有关闭的连接占用"),
		},
		{
			Of: "FD01", By: "UC01", Covers: fillsDescriptors, Same: true,
			Why: text("its descriptors are held by sockets that it never connects or does not close", "它的描述符被从未连接或没有关闭的套接字占用"),
		},
		{
			Of: "FW01", By: "CW01", Covers: faces, Same: true,
			Why: text("the other ends are on this machine, and a program here does not close them", "对端就在本机，是本机程序没有关闭"),
		},
		{
			Of: "FW02", By: "CW01", Covers: faces,
			Why: text("the other ends are on this machine, and a program here does not close them", "对端就在本机，是本机程序没有关闭"),
		},
		{
			Of: "FW01", By: "CW02", Covers: faces, Same: true,
			Why: text("the other ends are on this machine, where nobody has accepted them", "对端就在本机，但没有人 accept() 它们"),
		},
		{
			Of: "FW02", By: "CW02", Covers: faces,
			Why: text("the other ends are on this machine, where nobody has accepted them", "对端就在本机，但没有人 accept() 它们"),
		},
		{
			Of: "CW03", By: "CW01",
			Why: text("the program keeps connections that its peers have long forgotten", "程序保留着对端早已忘记的连接"),
		},
		{
			Of: "TW02", By: "FW01", // the consequence is then a warning; a limit that is reached stays critical by itself
			Why: text("the places are taken by FIN_WAIT2 whose peers do not close", "位置被对端迟迟不关闭的 FIN_WAIT2 占用"),
		},

		// What keeps the ports of outgoing connections in use.
		{
			Of: "TW03", By: "CW01", Covers: holdsPorts, Same: true,
			Why: text("the ports are held by connections that the program does not close", "这些端口被程序没有关闭的连接占用"),
		},
		{
			Of: "TW04", By: "CW01", Covers: holdsPorts, Same: true,
			Why: text("the ports are held by connections that the program does not close", "这些端口被程序没有关闭的连接占用"),
		},
		{
			Of: "TW03", By: "FW02", Covers: holdsPorts, Same: true,
			Why: text("the ports are held by connections that the program has shut down and not closed", "这些端口被程序已 shutdown() 却没有关闭的连接占用"),
		},
		{
			Of: "TW04", By: "FW02", Covers: holdsPorts, Same: true,
			Why: text("the ports are held by connections that the program has shut down and not closed", "这些端口被程序已 shutdown() 却没有关闭的连接占用"),
		},
		{
			Of: "TW03", By: "SY05", Covers: holdsPorts, Same: true,
			Why: text("the ports are held by connections that get no answer", "这些端口被得不到应答的连接占用"),
		},
		{
			Of: "TW04", By: "SY05", Covers: holdsPorts, Same: true,
			Why: text("the ports are held by connections that get no answer", "这些端口被得不到应答的连接占用"),
		},
		{
			Of: "TW03", By: "ES03", Covers: holdsPorts, Same: true,
			Why: text("the ports are held by connections whose peer does not acknowledge", "这些端口被对端不再确认的连接占用"),
		},
		{
			Of: "TW04", By: "ES03", Covers: holdsPorts, Same: true,
			Why: text("the ports are held by connections whose peer does not acknowledge", "这些端口被对端不再确认的连接占用"),
		},
		{
			Of: "TW03", By: "TW05", Covers: boundPorts, Same: true,
			Why: text("most of the ports are held by what was bound, for every destination", "大部分端口被绑定的套接字占用，对所有目标都不可用"),
		},
		{
			Of: "TW04", By: "TW03", Covers: sameDestination,
			Why: text("the ports are short already", "端口已经不足"),
		},

		// Peers that do not read.
		{
			Of: "ES06", By: "ES04", Covers: faces, Same: true, Mild: true,
			Why: text("the other ends are on this machine, and a program here does not read them", "对端就在本机，是本机程序没有读取"),
		},
		{
			Of: "ES06", By: "AQ01", Covers: callsListener,
			Why: text("the other ends are here, in the accept queue: nobody reads them", "对端就在本机的全连接队列中：没有人读取它们"),
		},
		{
			Of: "FW05", By: "AQ01", Covers: callsListener,
			Why: text("the other ends are here, in the accept queue: nobody reads them", "对端就在本机的全连接队列中：没有人读取它们"),
		},
		{
			Of: "FW04", By: "FW05", Covers: coversState(tcp.FinWait1),
			Why: text("most of them wait for a peer that reads nothing", "其中大多数在等一个不读取数据的对端"),
		},
		{
			Of: "CL01", By: "FW05", Covers: coversState(tcp.Closing),
			Why: text("most of them wait for a peer that reads nothing", "其中大多数在等一个不读取数据的对端"),
		},

		{
			Of: "FW04", By: "ES05", Covers: holdsSockets,
			Why: text("their packets do not leave this host", "它们的数据包没有离开本机"),
		},
		{
			Of: "SY05", By: "ES05", Covers: callsSameHosts, Same: true,
			Why: text("nothing leaves this host for that address, neither data nor SYN", "发往该地址的一切都没有离开本机：数据和 SYN 都是"),
		},

		// Floods and full SYN queues.
		{
			Of: "SY01", By: "SY03", Covers: fullWithoutCookies, Same: true,
			Why: text("the SYN queue is full and cookies are off: that is where SYNs are lost", "半连接队列已满而 cookie 又关闭：SYN 就是在这里丢失的"),
		},
		{
			Of: "SY01", By: "SY02",
			Why: text("the cookies that are sent tell who fills the SYN queue", "发出的 cookie 说明了是谁占满半连接队列"),
		},
		{
			Of: "SY04", By: "SY03",
			Why: text("SYNs are dropped at a full SYN queue", "SYN 因队列满被丢弃"),
		},
		{
			Of: "SY04", By: "SY02",
			Why: text("the cookies that are sent tell who they are", "发出的 cookie 已说明它们是谁"),
		},
		{
			Of: "AQ03", By: "SY02", Covers: func(cause, _ *Finding) bool { return cause.Severity == Critical },
			Why: text("hardly any sender exists, and routers answer what is sent to them with ICMP errors, which end half-open connections", "这些发送者几乎都不存在，路由器会以 ICMP 错误应答发给它们的包，半连接因此结束"),
		},
		{
			Of: "SY04", By: "SY01",
			Why: text("it names the listener and its limit", "它已指出是哪个监听套接字及其上限"),
		},
		{
			Of: "AQ03", By: "SY03", Covers: lossOfCause,
			Why: text("with cookies off the last quarter of tcp_max_syn_backlog is kept for known peers, and what that drops has no counter of its own",
				"关闭 cookie 时，tcp_max_syn_backlog 的最后四分之一只留给已知对端，因此丢弃的没有单独的计数器"),
		},

		// Packets that are lost on this host.
		{
			Of: "SY05", By: "CT01", Covers: lossOfCause,
			Why: text("a full conntrack table drops this host's own SYNs too", "conntrack 表满时，本机自己的 SYN 也会被丢弃"),
		},
		{
			Of: "CT02", By: "CT01",
			Why: text("the table is nearly full; this is what fills it", "表已快满；占满它的就是这些"),
		},
		{
			Of: "SY05", By: "NP01", Covers: dropsAsMany,
			Why: dropped,
		},
		{
			Of: "FW04", By: "NP01", Covers: dropsAsMany,
			Why: dropped,
		},
		{
			Of: "ES03", By: "NP01", Covers: dropsAsMany,
			Why: dropped,
		},
		{
			Of: "SY05", By: "NP02", Covers: refusesAnswers,
			Why: refused,
		},
		{
			Of: "FW04", By: "NP02", Covers: refusesAnswers,
			Why: refused,
		},
		{
			Of: "ES03", By: "NP02", Covers: refusesAnswers,
			Why: refused,
		},

		// Retransmissions to peers that do not answer.
		{
			Of: "RT01", By: "ES03", Covers: resends, Same: true,
			Why: silent,
		},
		{
			Of: "RT01", By: "CW01", Covers: resends, Same: true,
			Why: silent,
		},
		{
			Of: "RT01", By: "FW04", Covers: resends, Same: true,
			Why: silent,
		},
		{
			Of: "RT01", By: "LA01", Covers: resends, Same: true,
			Why: silent,
		},

		// Other findings about connections that a trace describes too.
		{
			Of: "TW09", By: "ES07", Covers: sameDestination, Same: true,
			Why: text("every one of them is a connection that lives for one question", "每一个都是只为一次请求而建立的连接"),
		},
		{
			Of: "SY06", By: "SY05", Covers: sameDestination, Same: true,
			Why: text("it does not answer", "它没有应答"),
		},
		{
			Of: "RS01", By: "RS04", Covers: mostAborts, Same: true,
			Why: text("most of them are closes with unread data", "其中大多数是留有未读数据的关闭"),
		},
		{
			Of: "RS01", By: "RS03", Covers: mostAborts, Same: true,
			Why: text("most of them are resets by this program", "其中大多数是该程序发出的重置"),
		},

		// Counters that other findings explain.
		{
			Of: "TO01", By: "SY05",
			Why: text("connect() to a destination that does not answer ends in this counter", "向没有应答的目标 connect() 最终会计入该计数器"),
		},
		{
			Of: "TO01", By: "ES03",
			Why: text("connections whose peers do not acknowledge end in this counter", "对端不再确认的连接最终会计入该计数器"),
		},
		{
			Of: "TO01", By: "RT01", Covers: losesMost,
			Why: text("so much is lost that connections end without an answer", "丢失太多，连接得不到应答而结束"),
		},
		{
			Of: "RS01", By: "TO01", Covers: mostlyTimeouts,
			Why: text("most of them are timeouts", "其中大多数是超时"),
		},
		{
			// Only if the number of orphans itself is far from its limit.
			Of: "OR01", By: "ME01", Covers: func(_, consequence *Finding) bool { return len(consequence.Changes) == 0 },
			Why: text("the memory of TCP is used up, and orphans are given up first", "TCP 内存用尽，孤儿连接首先被放弃"),
		},
	}
}

// causesOf returns the known causes of a rule's findings, in their order.
func causesOf(code string, known []Cause) (all []Cause) {
	for _, c := range known {
		if c.Of == code {
			all = append(all, c)
		}
	}
	return all
}

// A concession names a rule whose finding says that all is well, and the rules whose
// findings contradict it. If there is one of these about the same sockets, the finding
// that all is well is omitted.
type concession struct {
	of   string
	to   []string
	same func(alarm *Finding) bool
}

func concessions() []concession {
	return []concession{
		{of: "TW01", to: []string{"TW02", "TW03", "TW04", "TW05", "TW06"}, same: func(alarm *Finding) bool { return alarm.Code == "TW02" || alarm.timeWaits }},
	}
}

// coversState returns a function that reports whether the cause has at least half of
// the consequence's sockets in a state.
func coversState(s tcp.State) func(cause, consequence *Finding) bool {
	return func(cause, consequence *Finding) bool { return 2*cause.states[s] >= consequence.states[s] }
}

// mostlyTimeouts reports whether at least half of the connections that ended
// abnormally timed out.
func mostlyTimeouts(_, consequence *Finding) bool {
	return 2*consequence.timeouts >= consequence.aborts
}

// mostAborts reports whether the cause has at least half of the connections that ended
// abnormally.
func mostAborts(cause, consequence *Finding) bool {
	return consequence.aborts > 0 && 2*cause.aborts >= consequence.aborts
}

// sameListener reports whether both are about the same listener.
func sameListener(cause, consequence *Finding) bool {
	a, b := cause.About, consequence.About
	return a.Local.Port() != 0 && !a.Remote.IsValid() && !b.Remote.IsValid() && samePlace(a.Local, b.Local)
}

// sameDestination reports whether both are about the connections from one
// address to one destination.
func sameDestination(cause, consequence *Finding) bool {
	a, b := cause.About, consequence.About
	return a.Remote.IsValid() && samePlace(a.Remote, b.Remote) && samePlace(a.Local, b.Local)
}

// cookiesComeAgain reports whether more cookies came back than were sent, or whether
// real clients got so few that the accept queue dropped ten times as many attempts. Only
// a full accept queue, which drops the ACKs that carry them, makes clients send them
// again; and a final ACK that it drops stays in the SYN queue, and fills it.
func cookiesComeAgain(cause, consequence *Finding) bool {
	share := consequence.has("share of cookies that came back")
	few := cause.has("TcpExt.ListenOverflows") >= 10*consequence.has("TcpExt.SyncookiesSent")
	return cause.Basis == Loss && (share > 1 || share > cookiesOfClients && few)
}

// lossOfCause reports whether the cause is about a loss in the window.
func lossOfCause(cause, _ *Finding) bool { return cause.Basis == Loss }

// fullWithoutCookies reports whether SYNs are lost where cookies are off, or would be
// with the next one: one reading shows a full queue and no loss.
func fullWithoutCookies(cause, consequence *Finding) bool {
	return cause.Basis == Loss || consequence.Severity == Critical
}

// faces reports whether most sockets of the consequence are the other ends of the
// cause's sockets.
func faces(cause, consequence *Finding) bool {
	n, of := facing(consequence.rows, cause.rows)
	return n > 0 && 2*n >= of
}

// callsListener reports whether most sockets of the consequence are connected to the
// listener of the cause: at its address, or, if it listens on all addresses, at any
// address of this host. An address of this host is a loopback address, or one that is
// the local address of a connection to the listener.
func callsListener(cause, consequence *Finding) bool {
	here := plainPlace(cause.About.Local)
	n := 0
	for i := range consequence.rows {
		to, from := plainPlace(consequence.rows[i].Remote), consequence.rows[i].Local.Addr().Unmap().WithZone("")
		if to == here || to.Port() == here.Port() && here.Addr().IsUnspecified() && (to.Addr().IsLoopback() || to.Addr() == from) {
			n++
		}
	}
	return n > 0 && 2*n >= len(consequence.rows)
}

// holdsPorts reports whether sockets of the cause, or their other ends, hold at least
// half of the ports that connections to the destination hold. A connection that a
// program here does not close also keeps the port of its caller, even if the caller
// has closed.
func holdsPorts(cause, consequence *Finding) bool {
	d := consequence.About
	n := 0
	for i := range cause.rows {
		k := &cause.rows[i]
		if destinedFrom(k.Local, k.Remote, d) || destinedFrom(k.Remote, k.Local, d) {
			n++
		}
	}
	return n > 0 && 2*n >= consequence.ports.taken
}

// destinedFrom reports whether a connection is one of those from an address to a
// destination.
func destinedFrom(local, remote netip.AddrPort, d About) bool {
	return samePlace(remote, d.Remote) && samePlace(netip.AddrPortFrom(local.Addr(), 0), d.Local)
}

// holdsSockets reports whether at least half of the consequence's sockets are also
// sockets of the cause.
func holdsSockets(cause, consequence *Finding) bool {
	of := map[uint64]bool{}
	for i := range cause.rows {
		of[cause.rows[i].Cookie] = true
	}
	n := 0
	for i := range consequence.rows {
		if k := &consequence.rows[i]; k.Cookie != 0 && of[k.Cookie] {
			n++
		}
	}
	return n > 0 && 2*n >= len(consequence.rows)
}

// callsSameHosts reports whether most sockets of the consequence have peer addresses
// that sockets of the cause have too.
func callsSameHosts(cause, consequence *Finding) bool {
	to := map[netip.Addr]bool{}
	for i := range cause.rows {
		to[plainPlace(cause.rows[i].Remote).Addr()] = true
	}
	n := 0
	for i := range consequence.rows {
		if to[plainPlace(consequence.rows[i].Remote).Addr()] {
			n++
		}
	}
	return n > 0 && 2*n >= len(consequence.rows)
}

// losesMost reports whether at least half of all segments were lost, and two timers ran
// out for each connection that was given up. Fewer would be another connection's loss.
func losesMost(cause, consequence *Finding) bool {
	return cause.has("share of segments sent again") >= 50 && cause.has("TcpExt.TCPTimeouts") >= 2*consequence.has(abortOnTimeout)
}

// resends reports whether connections of the cause sent at least half of the segments
// that were sent again.
func resends(cause, consequence *Finding) bool {
	of := map[uint64]bool{}
	for i := range cause.rows {
		of[cause.rows[i].Cookie] = true
	}
	n, all := 0.0, 0.0
	for i := range consequence.rows {
		k := &consequence.rows[i]
		all += float64(k.Life.Resent)
		if k.Cookie != 0 && of[k.Cookie] {
			n += float64(k.Life.Resent)
		}
	}
	return n > 0 && 2*n >= max(all, consequence.has("Tcp.RetransSegs"))
}

// boundPorts reports whether ports are short because sockets are bound to them: to
// most ports, or to all that bind() to the address could have.
func boundPorts(cause, consequence *Finding) bool {
	return consequence.ports.bound > consequence.ports.taken ||
		cause.Severity == Critical && samePlace(cause.About.Local, consequence.About.Local)
}

// dropsAsMany reports whether at least as many packets were dropped as sockets wait
// for a packet.
func dropsAsMany(cause, consequence *Finding) bool {
	return len(cause.Evidence) > 0 && len(consequence.rows) > 0 && cause.Evidence[0].Value >= float64(len(consequence.rows))
}

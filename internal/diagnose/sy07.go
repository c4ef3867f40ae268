// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func sy07() Rule {
	return Rule{
		Code: "SY07", Name: "connects-refused",
		Title: text("Calls that are refused, of which nothing is left to see", "被拒绝的连接请求，事后不留痕迹"),
		Facts: []string{attemptFails, embryonicRsts, activeOpens, abortOnTimeout, lockDroppedIcmps, "Tcp.RetransSegs", "TcpExt.TCPSynRetrans"},
		Formula: text("growth of AttemptFails − EmbryonicRsts − TCPAbortOnTimeout, and of LockDroppedIcmps where only SYNs were sent again, = connect() that failed at once; / growth of ActiveOpens",
			"AttemptFails − EmbryonicRsts − TCPAbortOnTimeout 的增量，以及除 SYN 外没有重传时 LockDroppedIcmps 的增量 = 立即失败的 connect()；再除以 ActiveOpens 的增量"),
		Threshold: []knowledge.Statement{
			claim("Info from 10 in the window and two a second that are a tenth of all: the kernel counts them and keeps neither destination nor program, so that this is a question to a trace and no verdict. The numbers are proposals.",
				"窗口内达到 10 次、每秒 2 次且占十分之一时为信息：内核只计数，不记录目标和程序，因此这是该用跟踪回答的问题，而不是结论。数值为建议值。",
				"net/ipv4/tcp.c tcp_done; net/ipv4/tcp_input.c tcp_reset"),
		},
		Excluded: []knowledge.Statement{
			claim("A port scanner, and a program that tries ::1 before 127.0.0.1, are refused as often: no more than an info without a trace, which tells them apart (SY06).",
				"端口扫描器，以及先试 ::1 再试 127.0.0.1 的程序，也会这样频繁地被拒绝：没有跟踪时至多为信息，跟踪可以区分（SY06）。", "RFC 8305; RFC 9293 3.5"),
			claim("Half-open connections that peers ended are in AttemptFails too, and in EmbryonicRsts; connect() that had no answer is in TCPAbortOnTimeout: both are taken off.",
				"对端结束的半连接也计入 AttemptFails，同时计入 EmbryonicRsts；没有应答的 connect() 计入 TCPAbortOnTimeout：两者都已扣除。",
				"net/ipv4/tcp_minisocks.c tcp_check_req; net/ipv4/tcp_timer.c tcp_write_err"),
			claim("An ICMP error that comes while connect() is still sending, as a firewall of this host or of a container on it answers, is in LockDroppedIcmps instead. Errors that answer data are there too, but data that is answered so is sent again: where any was, these are not counted.",
				"connect() 还在发送时就到达的 ICMP 错误（本机或其上容器的防火墙就这样应答）只计入 LockDroppedIcmps。对数据的 ICMP 错误也计入其中，但这样的数据会被重传：只要有数据重传，就不计这一项。",
				"net/ipv4/tcp_ipv4.c tcp_v4_err; measured on Linux 6.18"),
		},
		App: []knowledge.Statement{
			claim("Start the service that is called, or correct its address and port; wait longer from failure to failure before connect() is called again.",
				"启动被访问的服务，或改正地址和端口；每次失败后，延长再次 connect() 的等待时间。", "RFC 9293 3.8.3; connect(2)"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: the answer comes from the other end.", "无参数可调：应答来自对端。", "net/ipv4/tcp_input.c tcp_reset"),
		},
		Check:      command.Of("doctor", "--trace", "10s"),
		Sources:    []string{"net/ipv4/tcp.c tcp_done", "net/ipv4/tcp_input.c tcp_reset", "net/ipv4/tcp_ipv4.c tcp_v4_err"},
		See:        []string{"AttemptFails", "ActiveOpens", "EmbryonicRsts", "SY06", "SY05", "RS02"},
		WindowOnly: true,
		Judge:      judgeSY07,
	}
}

const (
	attemptFails  = "Tcp.AttemptFails"
	embryonicRsts = "TcpExt.EmbryonicRsts"
	activeOpens   = "Tcp.ActiveOpens"

	lockDroppedIcmps = "TcpExt.LockDroppedIcmps"

	refusedLeast  = 10
	refusedCalls  = 2.0 // per second
	refusedTenth  = 0.1
	refusedMostly = 0.9
)

func judgeSY07(c *Case) []Finding {
	if c.Now.Trace != nil { // a trace shows each destination
		return nil
	}
	failed, ok := c.Delta(attemptFails)
	called, okToo := c.Delta(activeOpens)
	others, counted := c.Delta(embryonicRsts)
	others += c.Moved(abortOnTimeout)
	if !ok || !okToo || !counted || called == 0 {
		return nil
	}
	locked := c.rejectedAtOnce()
	failed -= min(failed, others)
	failed = min(failed+locked, called) // some calls began before the window
	rate, share := float64(failed)/c.Window.Seconds(), float64(failed)/float64(called)
	if failed < refusedLeast || rate < refusedCalls || share < refusedTenth {
		return nil
	}
	f := Finding{
		Severity: Info, Basis: Loss, Asks: true,
		Summary: say("%s of %s connect() failed at once in %s s (%s %%, %s a second): refused, or no way there",
			"%[3]s 秒内 %[2]s 次 connect() 有 %[1]s 次立即失败（%[4]s %%，每秒 %[5]s 次）：被拒绝，或没有到达的路径",
			failed, called, seconds(c.Window), percent(share), rate),
		Evidence: []Evidence{
			above("connect() that failed at once", float64(failed), "", refusedLeast),
			above("share of connect()", 100*share, "%", 100*refusedTenth),
			{Name: "connect() that failed at once, a second", Value: rate, Unit: "1/s"},
		},
	}
	if share >= refusedMostly {
		f.Detail = append(f.Detail, text("if these are calls of a service: it is not running where it is called, or a firewall rejects; if a port scanner runs here, nothing is wrong",
			"若这些是对某个服务的访问：该服务没有在被访问的地址上运行，或防火墙拒绝；若本机在运行端口扫描器，则一切正常"))
	} else {
		f.Detail = append(f.Detail, text("if a program here tries one address of a service before another, as ::1 before 127.0.0.1, it loses a moment each time, and no more",
			"若本机有程序先试服务的一个地址再试另一个（如先 ::1 后 127.0.0.1），每次只是损失片刻"))
	}
	if 2*locked > failed {
		f.Detail = append(f.Detail, text("ICMP errors came back before connect() was done sending: a firewall of this host, or of a container on it, rejects",
			"connect() 尚未发送完毕，ICMP 错误就已返回：是本机或其上某个容器的防火墙在拒绝"))
	}
	f.Detail = append(f.Detail, text("the kernel keeps neither who called nor whom: only a trace tells", "内核不记录谁访问了谁：只有跟踪能看出"))
	return []Finding{f}
}

// rejectedAtOnce is how many calls ended by an ICMP error that came while connect() had
// the socket: AttemptFails does not count them. It is 0 where such errors may have
// answered data.
func (c *Case) rejectedAtOnce() uint64 {
	if c.Moved("Tcp.RetransSegs") > c.Moved("TcpExt.TCPSynRetrans") {
		return 0
	}
	return c.Moved(lockDroppedIcmps)
}

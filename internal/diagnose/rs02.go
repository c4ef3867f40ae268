// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func rs02() Rule {
	return Rule{
		Code: "RS02", Name: "closed-port-rsts",
		Title: text("Segments that belong to no connection are answered with resets", "以重置应答不属于任何连接的报文"),
		Facts: []string{"Tcp.OutRsts", "Tcp.PassiveOpens", "Tcp.ActiveOpens", "TcpExt.TCPAbortOnClose", "TcpExt.TCPAbortOnData", "TcpExt.TCPAbortOnMemory", "TcpExt.TCPAbortOnLinger"},
		Formula: text("growth of OutRsts − growth of TCPAbortOnClose, OnData, OnMemory, OnLinger = resets in answer to what belongs to no connection here, or no longer",
			"OutRsts 增量 − TCPAbortOnClose、OnData、OnMemory、OnLinger 增量 = 对不属于（或已不属于）本机任何连接的报文的重置"),
		Threshold: []knowledge.Statement{
			claim("Info from 10 a second, and notice from 1,000, that are more than the connections opened meanwhile: a connection ends with one reset at most, so that what is beyond answers ports where nobody listens, or data for connections that were closed here (a FIN_WAIT2 after close() answers with a reset that no other counter has). Both numbers are proposals; a public address is scanned all the time.",
				"每秒达到 10 个、且多于同期打开的连接时为信息，达到 1,000 个时提示：一个连接最多以一个重置结束，超出的是在应答无人监听的端口，或发给本机已关闭的连接的数据（close() 之后的 FIN_WAIT2 会回重置，其他计数器都不计）。两个数都是建议值；公网地址随时都有人扫描。",
				"net/ipv4/tcp_ipv4.c tcp_v4_send_reset; net/ipv4/tcp_output.c tcp_send_active_reset"),
		},
		Excluded: []knowledge.Statement{
			claim("Resets with which this host ends its own connections are not counted here (RS01).", "本机结束自己连接时发出的重置不计在此（见 RS01）。", "net/ipv4/tcp.c __tcp_close"),
		},
		App: []knowledge.Statement{
			claim("See whether a service has stopped listening; its clients get \"connection refused\".", "检查是否有服务停止了监听；它的客户端会得到 connection refused。", "RFC 9293 3.5.2"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune; drop scans in a firewall if they matter.", "无参数可调；若扫描构成负担，在防火墙丢弃。", "net/ipv4/tcp_ipv4.c tcp_v4_send_reset"),
		},
		Check:      command.Of("doctor", "--window", "10s"),
		Sources:    []string{"net/ipv4/tcp_ipv4.c tcp_v4_send_reset", "net/ipv4/tcp_output.c tcp_send_active_reset", "RFC 9293 3.5.2"},
		See:        []string{"OutRsts", "LISTEN", "RS01"},
		WindowOnly: true,
		Judge:      judgeRS02,
	}
}

const (
	refusedRate = 10.0
	refusedMany = 1000.0
)

func judgeRS02(c *Case) []Finding {
	sent, ok := c.Delta("Tcp.OutRsts")
	opens, okToo := c.opens()
	if !ok || !okToo {
		return nil
	}
	ours := c.Moved(abortOnClose) + c.Moved(abortOnData) + c.Moved(abortOnMemory) + c.Moved(abortOnLinger)
	if ours >= sent {
		return nil
	}
	refused := sent - ours
	rate := float64(refused) / c.Window.Seconds()
	if rate < refusedRate || refused <= opens {
		return nil
	}
	severity := Info
	if rate >= refusedMany {
		severity = Notice
	}
	return []Finding{{
		Severity: severity, Basis: Loss,
		Summary: say("%s segment[s] a second [belongs|belong] to no connection and [is|are] answered with a reset: a scan, or a service that no longer listens",
			"每秒 %s 个报文不属于任何连接，被以重置应答：可能是扫描，或有服务已停止监听", rate),
		Evidence: []Evidence{
			above("resets for no connection", rate, "1/s", refusedRate),
			{Name: "Tcp.OutRsts", Value: float64(sent)},
			{Name: "connections opened", Value: float64(opens)},
		},
	}}
}

// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func programAlerts() []Alert {
	return []Alert{
		{
			Name: "TCPCloseWaitLeak", For: 5 * time.Minute, Expr: finding(alarming, "CW01", "MP02"), About: ofFinding,
			Title: knowledge.Text{En: "A program does not close connections that its peers have closed", Zh: "程序没有关闭对端已关闭的连接"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "No timer ends CLOSE_WAIT: only close() or shutdown() of the program does. Each holds a descriptor.",
					Zh: "没有定时器会结束 CLOSE_WAIT：只有程序的 close() 或 shutdown() 能结束。每个都占用一个描述符。",
				},
				Source: "RFC 9293 3.6; net/ipv4/tcp_input.c tcp_fin",
			},
			Rules: []string{"CW01", "MP02"}, Look: command.Of("list", "state close-wait", "--columns", "local,peer,process,lastrcv"),
		},
		{
			Name: "TCPDescriptorsNearLimit", For: 2 * time.Minute, Expr: finding(alarming, "FD01"), About: ofFinding,
			Title: knowledge.Text{En: "A program is near its limit of descriptors", Zh: "程序接近其描述符上限"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "At RLIMIT_NOFILE accept() and socket() fail with EMFILE: connections then wait in the accept queue.",
					Zh: "达到 RLIMIT_NOFILE 时 accept() 和 socket() 以 EMFILE 失败：连接便积在 全连接队列里。",
				},
				Source: "getrlimit(2) RLIMIT_NOFILE; accept(2) EMFILE",
			},
			Rules: []string{"FD01"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPProgramDoesNotRead", For: 5 * time.Minute, Expr: finding(alarming, "ES04", "ES01", "CW02"), About: ofFinding,
			Title: knowledge.Text{En: "A program does not accept or read its connections", Zh: "程序不接受或不读取其连接"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "Data or connections wait for the program, the same ones at both readings. The network has done its part.",
					Zh: "数据或连接在等待程序，两次读取都是同一批。网络部分已经完成。",
				},
				Source: "net/ipv4/tcp_diag.c tcp_diag_get_info",
			},
			Rules: []string{"ES04", "ES01", "CW02"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPStuckSends", For: 5 * time.Minute, Expr: finding(alarming, "ES03", "ES06", "FW02", "FW04", "FW05"), About: ofFinding,
			Title: knowledge.Text{En: "What is sent is not acknowledged, or not read, by the peers", Zh: "发送的数据未被对端确认或读取"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "The same data is sent again and again, or the peer's window stays at zero, or the peer does not close its side.",
					Zh: "同样的数据一再重发，或对端窗口一直为零，或对端不关闭它那一侧。",
				},
				Source: "net/ipv4/tcp_timer.c tcp_retransmit_timer tcp_probe_timer",
			},
			Rules: []string{"ES03", "ES06", "FW02", "FW04", "FW05"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPUnreadDataResets", For: 5 * time.Minute, Severity: diagnose.Warning,
			Expr: `sum without (reason) (rate(tcpvitals_connection_ends_by_total{reason="unread-data"}[5m])) >= 1` +
				` and sum without (reason) (rate(tcpvitals_connection_ends_by_total{reason="unread-data"}[5m]))` +
				` / sum without (reason) (rate(tcpvitals_connection_ends_by_total[5m])) >= 0.1`,
			About: `{{ $labels.process }}{{ with $labels.unit }} unit {{ . }}{{ end }}{{ with $labels.container }} container {{ . }}{{ end }} {{ $value | humanize }}/s`,
			Title: knowledge.Text{En: "A program closes connections with unread data: its peers get a reset", Zh: "程序在数据未读完时关闭连接：对端收到 RST"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "A reset throws away what is under way, the last answer too. From one a second and a tenth of the program's ends; both are proposals. Only where the agent traces.",
					Zh: "RST 会丢弃在途数据，包括最后的应答。从每秒一次且占该程序结束连接的一成起；两者都是经验值。仅在 agent 能跟踪时可用。",
				},
				Source: "net/ipv4/tcp.c __tcp_close; RFC 2525 2.17",
			},
			Rules: []string{"RS04"}, Look: command.Of("trace", "--summary", "60s"),
		},
	}
}

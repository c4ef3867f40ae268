// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// storeAlerts are those about the stores to which the agent sends its history. The
// agent itself evaluates them best: a store that is away knows nothing of it.
func storeAlerts() []Alert {
	return []Alert{
		{
			Name: "TcpvitalsStoreBehind", For: 5 * time.Minute, Severity: diagnose.Warning,
			Expr:  `tcpvitals_remote_write_behind_seconds > 600`,
			About: `{{ $labels.receiver }} {{ $value | humanizeDuration }}`,
			Title: knowledge.Text{En: "A store is behind the history", Zh: "存储落后于历史"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "A receiver of remote write lacks ten minutes or more: it is away, refuses to talk, or takes less than the agent samples. Nothing is lost until the history gets as old as --retention, or as large as --max-bytes. Ten minutes are a proposal.",
					Zh: "remote write 接收端缺少十分钟或更久的历史：它不可用、拒绝应答，或收得比 agent 采样慢。在历史超过 --retention 的时长或 --max-bytes 的大小之前不会丢失样本。十分钟是经验值。",
				},
				Source: "docs/tcpvitalsd.md",
			},
			Look: command.Other("journalctl", "-u", "tcpvitalsd"),
		},
		{
			Name: "TcpvitalsSamplesLost", For: 10 * time.Second, Severity: diagnose.Critical,
			// The second part is for an agent that loses samples before its first look.
			Expr: `increase(tcpvitals_remote_write_dropped_samples_total[10m]) > 0 or` +
				` (tcpvitals_remote_write_dropped_samples_total > 0 unless tcpvitals_remote_write_dropped_samples_total offset 10m)`,
			About: `{{ $labels.receiver }} {{ $labels.reason }} {{ $value | humanize }}`,
			Title: knowledge.Text{En: "A store will never have some samples", Zh: "有样本永远不会到达存储"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "Reason retention: the history removed samples before they were sent; a longer --retention bridges a longer outage. Reason refused: the receiver took the request and not these samples; the log has what it said. They are not sent again.",
					Zh: "reason 为 retention：样本在发送之前已超过历史的保存期限；更长的 --retention 能撑过更长的中断。reason 为 refused：接收端应答了请求而未收下这些样本；日志中有其原话。它们不会重发。",
				},
				Source: "docs/tcpvitalsd.md",
			},
			Look: command.Other("journalctl", "-u", "tcpvitalsd"),
		},
	}
}

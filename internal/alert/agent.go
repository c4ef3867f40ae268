// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// agentAlerts are those for what no other alert asks for: told are the rules that
// have one.
func agentAlerts(told []string) []Alert {
	return []Alert{
		{
			Name: "TCPFindingCritical", For: time.Minute, Severity: diagnose.Critical,
			Expr:  `tcpvitals_finding{severity="critical",rule!~"` + strings.Join(told, "|") + `"} > 0`,
			About: ofFinding,
			Title: knowledge.Text{En: "The doctor finds that connections are being lost", Zh: "诊断发现正在丢失连接"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "A critical finding of a rule that no other alert asks for.",
					Zh: "一条严重的诊断发现，其规则没有别的告警覆盖。",
				},
				Source: "docs/doctor.md",
			},
			Look: command.Of("doctor"),
		},
		{
			Name: "TcpvitalsDown", For: 5 * time.Minute, Severity: diagnose.Warning, Expr: `up{job=~"tcpvitals.*"} == 0`,
			About: `{{ $labels.instance }}`,
			Title: knowledge.Text{En: "tcpvitalsd does not answer", Zh: "tcpvitalsd 没有应答"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "Prometheus cannot scrape it: nothing else can fire for this host. The job has to be called tcpvitals, or begin with it.",
					Zh: "Prometheus 抓取失败：这台主机的其他告警都无法触发。job 名须为 tcpvitals 或以其开头。",
				},
				Source: "docs/tcpvitalsd.md",
			},
			Look: command.Other("systemctl", "status", "tcpvitalsd"),
		},
		{
			Name: "TcpvitalsBlind", For: 5 * time.Minute, Severity: diagnose.Warning,
			Expr:  `tcpvitals_source_success == 0 or tcpvitals_sample_age_seconds > 60`,
			About: `{{ $labels.source }} {{ $value }}`,
			Title: knowledge.Text{En: "tcpvitalsd answers, but does not see the sockets", Zh: "tcpvitalsd 有应答，但看不到套接字"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "A source could not be read, or its last reading is older than a minute. What it would have shown has no series, so that nothing fires for it.",
					Zh: "某个来源无法读取，或最近一次读取早于一分钟之前。它本应提供的数没有序列，相应的告警不会触发。",
				},
				Source: "docs/metrics.md",
			},
			Look: command.Other("journalctl", "-u", "tcpvitalsd"),
		},
	}
}

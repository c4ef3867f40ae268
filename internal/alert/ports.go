// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// ofDestinations names a group of destinations.
const ofDestinations = `{{ $labels.group }}:{{ $labels.port }}{{ with $labels.netns }} netns {{ . }}{{ end }}`

func portAlerts() []Alert {
	return []Alert{
		{
			Name: "TCPPortsUsedUp", For: 30 * time.Second, Severity: diagnose.Critical, Expr: `tcpvitals_ports_free == 0`, About: ofDestinations,
			Title: knowledge.Text{En: "No local port is left for a destination: connect() fails", Zh: "到某个目标已无可用本地端口：connect() 失败"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "Every port of ip_local_port_range is in use towards one destination. connect() fails with EADDRNOTAVAIL.",
					Zh: "ip_local_port_range 的每个端口到同一目标都已占用。connect() 以 EADDRNOTAVAIL 失败。",
				},
				Source: "net/ipv4/inet_hashtables.c __inet_hash_connect",
			},
			Rules: []string{"TW03", "TW05", "CW03"}, Look: command.Of("ports"),
		},
		{
			Name: "TCPPortsRunOutSoon", For: 2 * time.Minute, Severity: diagnose.Warning,
			Expr:  `tcpvitals_ports_run_out_seconds < 3600 and tcpvitals_ports_used_ratio >= 0.5 and tcpvitals_ports_used_ratio < 1`,
			About: ofDestinations + ` {{ $value | humanizeDuration }}`,
			Title: knowledge.Text{En: "The local ports for a destination run out within the hour", Zh: "到某个目标的本地端口将在一小时内用完"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "At least half of the ports of ip_local_port_range are in use, and at the rate of now none is left within an hour. Half and the hour are proposals, the range is the kernel's.",
					Zh: "ip_local_port_range 的端口至少用了一半，按目前速率一小时内用完。一半和一小时是经验值，范围是内核的。",
				},
				Source: "net/ipv4/inet_hashtables.c __inet_hash_connect",
			},
			Rules: []string{"TW03", "TW04"}, Look: command.Of("ports"),
		},
		{
			Name: "TCPBoundPortsShort", For: 2 * time.Minute, Expr: finding(alarming, "TW05", "CW03"), About: ofFinding,
			Title: knowledge.Text{En: "Local ports are missing for other connections than those that hold them", Zh: "被占住的本地端口使其他连接缺少端口"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "Ports that bind() took, or that old CLOSE_WAIT hold, are missing for new connections.",
					Zh: "bind() 取得的端口，或旧的 CLOSE_WAIT 占住的端口，无法用于新连接。",
				},
				Source: "net/ipv4/inet_connection_sock.c inet_csk_find_open_port",
			},
			Rules: []string{"TW05", "CW03"}, Look: command.Of("ports"),
		},
		{
			Name: "TCPTimeWaitRefused", For: 5 * time.Minute, Severity: diagnose.Warning, Expr: grows("TcpExt.TCPTimeWaitOverflow"),
			About: `{{ $value | humanize }}/s`,
			Title: knowledge.Text{En: "The kernel skips TIME_WAIT: tcp_max_tw_buckets is reached", Zh: "内核跳过 TIME_WAIT：已达到 tcp_max_tw_buckets"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "At the limit a connection is closed without TIME_WAIT. What that state protects from can happen then: an old segment may get into a new connection.",
					Zh: "达到上限后，连接关闭时不经过 TIME_WAIT。该状态所防止的事便可能发生：旧报文段可能进入新连接。",
				},
				Source: "net/ipv4/tcp_minisocks.c tcp_time_wait; RFC 9293 3.6.1",
			},
			Rules: []string{"TW02"}, Look: command.Of("doctor"),
		},
	}
}

// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// ofListener names a listening address.
const ofListener = `{{ $labels.address }}:{{ $labels.port }}{{ with $labels.netns }} netns {{ . }}{{ end }}`

func queueAlerts() []Alert {
	return []Alert{
		{
			Name: "TCPAcceptQueueFull", For: 30 * time.Second, Expr: finding("critical", "AQ01"), About: ofFinding,
			Title: knowledge.Text{En: "An accept queue is full: the kernel drops new connections", Zh: "全连接队列已满：内核正在丢弃新连接"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "More connections wait for accept() than min(backlog, somaxconn), or ListenOverflows grows. The kernel answers no SYN of this listener while that is so.",
					Zh: "等待 accept() 的连接多于 min(backlog, somaxconn)，或 ListenOverflows 在增长。在此期间内核不应答该监听套接字的 SYN。",
				},
				Source: "include/net/sock.h sk_acceptq_is_full; net/ipv4/tcp_input.c tcp_conn_request",
			},
			Rules: []string{"AQ01"}, Look: command.Of("queues"),
		},
		{
			Name: "TCPAcceptQueueNearlyFull", For: 5 * time.Minute, Severity: diagnose.Warning,
			Expr:  `tcpvitals_accept_queue_fullest_ratio >= 0.5 and tcpvitals_accept_queue_fullest_ratio < 1`,
			About: ofListener + ` {{ $value | humanizePercentage }}`,
			Title: knowledge.Text{En: "An accept queue has been at least half full for five minutes", Zh: "全连接队列半满以上已持续五分钟"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "A queue that empties is near zero between two bursts. One that stays half full is served more slowly than it fills. Half is a proposal, the limit is the kernel's.",
					Zh: "能清空的队列在两次突发之间接近零。持续半满说明处理慢于到达。一半是经验值，上限是内核的。",
				},
				Source: "include/net/sock.h sk_acceptq_is_full",
			},
			Rules: []string{"AQ01", "AQ02"}, Look: command.Of("queues"),
		},
		{
			Name: "TCPConnectionsDropped", For: 5 * time.Minute, Severity: diagnose.Warning, Expr: grows("TcpExt.ListenOverflows"),
			About: `{{ $value | humanize }}/s`,
			Title: knowledge.Text{En: "Connections have been dropped at full accept queues for five minutes", Zh: "全连接队列溢出丢弃连接已持续五分钟"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "ListenOverflows counts each SYN and each final ACK that finds a full accept queue. The clients wait at least 1 s, and send again.",
					Zh: "ListenOverflows 统计遇到 全连接队列已满的每个 SYN 和最后的 ACK。客户端至少等待 1 秒后重发。",
				},
				Source: "net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock; net/ipv4/tcp_input.c tcp_conn_request",
			},
			Rules: []string{"AQ01"}, Look: command.Of("queues"),
		},
		{
			Name: "TCPSynFlood", For: time.Minute, Expr: finding(alarming, "SY04"), About: ofFinding,
			Title: knowledge.Text{En: "Half-open connections that no handshake explains: it looks like a SYN flood", Zh: "半开连接多得无法用握手解释：疑似 SYN flood"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "A busy server has half-open connections for one round trip each. These stay for longer than any round trip, so that load does not explain them.",
					Zh: "繁忙的服务器上，每个半开连接只存在一个往返时间。这些停留得比任何往返都久，负载无法解释。",
				},
				Source: "net/ipv4/inet_connection_sock.c reqsk_timer_handler",
			},
			Rules: []string{"SY04", "SY02"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPSynQueueFull", For: time.Minute, Expr: finding(alarming, "SY01", "SY02", "SY03"), About: ofFinding,
			Title: knowledge.Text{En: "A SYN queue is over half its limit, or SYN cookies are being sent", Zh: "半连接队列超过上限的一半，或正在发送 SYN cookie"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "At the limit of half-open connections the kernel sends SYN cookies, or drops SYNs where these are off.",
					Zh: "半开连接达到上限时，内核发送 SYN cookie；若已关闭 cookie 则丢弃 SYN。",
				},
				Source: "net/ipv4/tcp_input.c tcp_syn_flood_action",
			},
			Rules: []string{"SY01", "SY02", "SY03"}, Look: command.Of("queues"),
		},
	}
}

// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func networkAlerts() []Alert {
	return []Alert{
		{
			Name: "TCPRetransmissionStorm", For: 2 * time.Minute, Expr: finding(alarming, "RT01"), About: ofFinding,
			Title: knowledge.Text{En: "A tenth or more of the segments has to be sent again", Zh: "一成或更多的报文段需要重传"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "(RetransSegs − TCPDSACKRecv) / (OutSegs + RetransSegs): what had arrived already does not count, nor what is sent again to peers that are gone.",
					Zh: "（RetransSegs − TCPDSACKRecv）/（OutSegs + RetransSegs）：早已送达的不计在内，发往已失联对端的重传也不计在内。",
				},
				Source: "net/ipv4/tcp_output.c __tcp_retransmit_skb",
			},
			Rules: []string{"RT01"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPConnectsFail", For: 2 * time.Minute, Expr: finding(alarming, "SY05", "SY06", "TO01"), About: ofFinding,
			Title: knowledge.Text{En: "Connections to a destination cannot be opened, or end by a timeout", Zh: "到某个目标的连接无法建立，或因超时结束"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "SYNs are sent again and nobody answers, or established connections are given up after tcp_retries2 or a timeout of the program.",
					Zh: "SYN 一再重发而无人应答，或已建立的连接在 tcp_retries2 或程序的超时之后被放弃。",
				},
				Source: "net/ipv4/tcp_timer.c tcp_write_timeout",
			},
			Rules: []string{"SY05", "SY06", "TO01"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPPacketsDoNotLeave", For: time.Minute, Expr: finding(alarming, "ES05", "NP02"), About: ofFinding,
			Title: knowledge.Text{En: "Packets do not leave this host", Zh: "数据包没有离开本机"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "A queue, a device or a firewall of this host keeps or refuses them. The network and the peer have not seen them.",
					Zh: "本机的队列、设备或防火墙扣住或拒绝了它们。网络和对端都没有看到。",
				},
				Source: "net/ipv4/tcp_output.c __tcp_transmit_skb",
			},
			Rules: []string{"ES05", "NP02"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPPacketsLostOnArrival", For: 2 * time.Minute, Expr: finding(alarming, "NP01"), About: ofFinding,
			Title: knowledge.Text{En: "Packets arrive and are dropped before TCP sees them", Zh: "数据包已到达，但在 TCP 看到之前被丢弃"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "The queue between the device and the protocols (net.core.netdev_max_backlog) or the device itself is full.",
					Zh: "设备与协议之间的队列（net.core.netdev_max_backlog）或设备本身已满。",
				},
				Source: "net/core/dev.c enqueue_to_backlog",
			},
			Rules: []string{"NP01"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPConntrackNearlyFull", For: 5 * time.Minute, Severity: diagnose.Warning, Expr: share("conntrack", "0.8") + " and " + share("conntrack", "0") + " < 0.95",
			About: `{{ $value | humanizePercentage }}`,
			Title: knowledge.Text{En: "The conntrack table is four fifths full", Zh: "conntrack 表已用五分之四"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "At nf_conntrack_max packets of new connections are dropped. Four fifths leaves room for a burst and is a proposal, the limit is the kernel's.",
					Zh: "达到 nf_conntrack_max 后，新连接的数据包被丢弃。五分之四为突发留出余地，是经验值，上限是内核的。",
				},
				Source: "net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc",
			},
			Rules: []string{"CT01", "CT02"}, Look: command.Of("explain", "CT01"),
		},
		{
			Name: "TCPConntrackFull", For: time.Minute, Severity: diagnose.Critical, Expr: share("conntrack", "0.95"),
			About: `{{ $value | humanizePercentage }}`,
			Title: knowledge.Text{En: "The conntrack table is full, or nearly so: new connections are dropped", Zh: "conntrack 表已满或将满：新连接会被丢弃"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "At nf_conntrack_max the kernel pushes out entries that are not assured, and drops the packet where there is none.",
					Zh: "达到 nf_conntrack_max 时，内核先挤出未确认的条目，没有可挤的就丢弃数据包。",
				},
				Source: "net/netfilter/nf_conntrack_core.c early_drop __nf_conntrack_alloc",
			},
			Rules: []string{"CT01", "CT02"}, Look: command.Of("explain", "CT01"),
		},
	}
}

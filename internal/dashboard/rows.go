// SPDX-License-Identifier: Apache-2.0

package dashboard

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

func overview() Row {
	return Row{knowledge.Text{En: "Overview", Zh: "概览"}, []Panel{
		{
			Title: knowledge.Text{En: "Findings by severity", Zh: "各严重程度的发现数"},
			Help:  knowledge.Text{En: "Critical: connections are being lost. Warning: a limit is near.", Zh: "critical：正在丢失连接。warning：接近上限。"},
			Kind:  Stat, Unit: "short", Width: 6,
			Exprs: []Expr{{`sum by (severity) (tcpvitals_findings{` + host + `})`, "{{severity}}"}},
		},
		{
			Title: knowledge.Text{En: "Connections by state", Zh: "各状态的连接数"},
			Help:  knowledge.Text{En: "All network namespaces together. tcpvitals explain TIME_WAIT says what a state means.", Zh: "所有网络命名空间合计。状态的含义见 tcpvitals explain TIME_WAIT。"},
			Kind:  Lines, Unit: "short", Width: 9,
			Exprs: []Expr{{`sum by (state) (tcpvitals_connections{` + host + `})`, "{{state}}"}},
		},
		{
			Title: knowledge.Text{En: "Use of the kernel's limits", Zh: "内核上限的使用率"},
			Help:  knowledge.Text{En: "At 1 the kernel refuses. Orphans are refused from a quarter on.", Zh: "达到 1 时内核拒绝。孤儿连接从四分之一起就会被拒绝。"},
			Kind:  Lines, Unit: "percentunit", Width: 9,
			Exprs: []Expr{
				{`tcpvitals_kernel_use{` + host + `} / tcpvitals_kernel_limit{` + host + `}`, "{{instance}} {{resource}}"},
				{`tcpvitals_memory_bytes{` + host + `} / ignoring (level) tcpvitals_memory_limit_bytes{` + host + `,level="high"}`, "{{instance}} tcp_mem"},
			},
		},
	}}
}

func findings() Row {
	return Row{knowledge.Text{En: "Findings", Zh: "诊断发现"}, []Panel{
		{
			Title: knowledge.Text{En: "Findings that are there now", Zh: "当前的发现"},
			Help:  knowledge.Text{En: "tcpvitals explain RULE says what each means and what to do.", Zh: "含义和处理办法见 tcpvitals explain 规则名。"},
			Kind:  Table, Unit: "short", Width: 24,
			Exprs: []Expr{{`tcpvitals_finding{` + host + `}`, ""}},
		},
		{
			Title: knowledge.Text{En: "Findings over time", Zh: "发现的变化"},
			Help:  knowledge.Text{En: "How many sockets or peers each rule counts.", Zh: "每条规则计数的套接字或对端数。"},
			Kind:  Lines, Unit: "short", Width: 24,
			Exprs: []Expr{{`sum by (instance, rule, severity, process, local) (tcpvitals_finding{` + host + `})`, "{{instance}} {{rule}} {{severity}} {{process}} {{local}}"}},
		},
	}}
}

func listeners() Row {
	const at = "{{instance}} {{address}}:{{port}} {{netns}}"
	return Row{knowledge.Text{En: "Listeners", Zh: "监听套接字"}, []Panel{
		{
			Title: knowledge.Text{En: "How full the accept queues are", Zh: "全连接队列的使用率"},
			Help:  knowledge.Text{En: "At 1 the kernel drops SYNs and final ACKs.", Zh: "达到 1 时内核丢弃 SYN 和最后的 ACK。"},
			Kind:  Lines, Unit: "percentunit", Width: 8,
			Exprs: []Expr{{`tcpvitals_accept_queue_fullest_ratio{` + host + `}`, at}},
		},
		{
			Title: knowledge.Text{En: "Drops of listeners a second", Zh: "监听套接字每秒的丢弃"},
			Help:  knowledge.Text{En: "ListenOverflows below tells which of them are lost connections.", Zh: "其中哪些是丢失的连接，见下面的 ListenOverflows。"},
			Kind:  Lines, Unit: "cps", Width: 8,
			Exprs: []Expr{{`rate(tcpvitals_accept_queue_drops_total{` + host + `}[$__rate_interval])`, at}},
		},
		{
			Title: knowledge.Text{En: "Half-open connections", Zh: "半开连接"},
			Help:  knowledge.Text{En: "Against the same limit as the accept queue.", Zh: "与全连接队列的上限相同。"},
			Kind:  Lines, Unit: "short", Width: 8,
			Exprs: []Expr{{`tcpvitals_half_open_connections{` + host + `}`, at}},
		},
	}}
}

func destinations() Row {
	const to = "{{instance}} {{group}}:{{port}} {{netns}}"
	return Row{knowledge.Text{En: "Destinations", Zh: "目标"}, []Panel{
		{
			Title: knowledge.Text{En: "Local ports in use, by destination", Zh: "各目标占用的本地端口"},
			Help:  knowledge.Text{En: "At 1 connect() fails with EADDRNOTAVAIL.", Zh: "达到 1 时 connect() 以 EADDRNOTAVAIL 失败。"},
			Kind:  Lines, Unit: "percentunit", Width: 12,
			Exprs: []Expr{{`tcpvitals_ports_used_ratio{` + host + `}`, to}},
		},
		{
			Title: knowledge.Text{En: "Time until the ports run out", Zh: "本地端口用完还需的时间"},
			Help:  knowledge.Text{En: "At the rate of now. Nothing is drawn where they do not run out.", Zh: "按目前速率。不会用完时没有线。"},
			Kind:  Lines, Unit: "s", Width: 12,
			Exprs: []Expr{{`tcpvitals_ports_run_out_seconds{` + host + `} < Inf`, to}},
		},
	}}
}

func owners() Row {
	return Row{knowledge.Text{En: "Owners and ends", Zh: "归属与结束"}, []Panel{
		{
			Title: knowledge.Text{En: "Connections by unit", Zh: "各单元的连接数"},
			Help:  knowledge.Text{En: "The largest; all others are other.", Zh: "只列最大的，其余合为 other。"},
			Kind:  Lines, Unit: "short", Width: 8,
			Exprs: []Expr{{`sum by (instance, name) (tcpvitals_group_connections{` + host + `,by="unit"})`, "{{instance}} {{name}}"}},
		},
		{
			Title: knowledge.Text{En: "How connections end, a second", Zh: "连接每秒如何结束"},
			Help:  knowledge.Text{En: "Only where the agent may trace.", Zh: "仅在 agent 能跟踪时有数据。"},
			Kind:  Lines, Unit: "cps", Width: 8,
			Exprs: []Expr{{`sum by (reason) (rate(tcpvitals_connection_ends_total{` + host + `}[$__rate_interval]))`, "{{reason}}"}},
		},
		{
			Title: knowledge.Text{En: "Who ends them, a second", Zh: "每秒由谁结束"},
			Help:  knowledge.Text{En: "The process that acted, and how. Only where the agent may trace.", Zh: "是哪个进程、以何种方式。仅在 agent 能跟踪时有数据。"},
			Kind:  Lines, Unit: "cps", Width: 8,
			Exprs: []Expr{{`sum by (instance, process, reason) (rate(tcpvitals_connection_ends_by_total{` + host + `}[$__rate_interval]))`, "{{instance}} {{process}} {{reason}}"}},
		},
	}}
}

func losses() Row {
	return Row{knowledge.Text{En: "Opened, lost, sent again", Zh: "建立、丢失、重传"}, []Panel{
		{
			Title: knowledge.Text{En: "Connections opened a second", Zh: "每秒建立的连接"},
			Help:  knowledge.Text{En: "Of the agent's network namespace.", Zh: "agent 所在的网络命名空间。"},
			Kind:  Lines, Unit: "cps", Width: 8,
			Exprs: []Expr{{perSecond("Tcp.ActiveOpens"), "{{instance}} out"}, {perSecond("Tcp.PassiveOpens"), "{{instance}} in"}, {perSecond("Tcp.AttemptFails"), "{{instance}} failed"}},
		},
		{
			Title: knowledge.Text{En: "Dropped and refused a second", Zh: "每秒丢弃与拒绝"},
			Help:  knowledge.Text{En: "Full accept queues, full SYN queues, TIME_WAIT over its limit, aborts for want of memory.", Zh: "全连接队列溢出、半连接队列溢出、TIME_WAIT 超过上限、因内存不足而中止。"},
			Kind:  Lines, Unit: "cps", Width: 8,
			Exprs: []Expr{
				{perSecond("TcpExt.ListenOverflows"), "{{instance}} ListenOverflows"},
				{perSecond("TcpExt.TCPReqQFullDrop"), "{{instance}} TCPReqQFullDrop"},
				{perSecond("TcpExt.TCPTimeWaitOverflow"), "{{instance}} TCPTimeWaitOverflow"},
				{perSecond("TcpExt.TCPAbortOnMemory"), "{{instance}} TCPAbortOnMemory"},
			},
		},
		{
			Title: knowledge.Text{En: "Share of segments that are sent again", Zh: "重传报文段的占比"},
			Help:  knowledge.Text{En: "From 0.03 a notice, from 0.1 a warning of RT01, which leaves out what had arrived already.", Zh: "RT01 从 0.03 起提示，从 0.1 起警告，且不计早已送达的。"},
			Kind:  Lines, Unit: "percentunit", Width: 8,
			Exprs: []Expr{{
				`sum by (instance) (` + perSecond("Tcp.RetransSegs") + `) / (sum by (instance) (` + perSecond("Tcp.OutSegs") + `) + sum by (instance) (` + perSecond("Tcp.RetransSegs") + `))`,
				"{{instance}}",
			}},
		},
	}}
}

func agent() Row {
	return Row{knowledge.Text{En: "The agent itself", Zh: "agent 自身"}, []Panel{
		{
			Title: knowledge.Text{En: "Age of the numbers", Zh: "数据的年龄"},
			Help:  knowledge.Text{En: "Over a minute the alert TcpvitalsBlind fires.", Zh: "超过一分钟触发告警 TcpvitalsBlind。"},
			Kind:  Lines, Unit: "s", Width: 8,
			Exprs: []Expr{{`tcpvitals_sample_age_seconds{` + host + `}`, "{{instance}} {{source}}"}},
		},
		{
			Title: knowledge.Text{En: "Processor time", Zh: "处理器时间"},
			Help:  knowledge.Text{En: "Share of one processor.", Zh: "占一个处理器的比例。"},
			Kind:  Lines, Unit: "percentunit", Width: 8,
			Exprs: []Expr{{`rate(tcpvitals_agent_cpu_seconds_total{` + host + `}[$__rate_interval])`, "{{instance}}"}},
		},
		{
			Title: knowledge.Text{En: "Memory", Zh: "内存"},
			Help:  knowledge.Text{En: "Resident memory of the agent.", Zh: "agent 的常驻内存。"},
			Kind:  Lines, Unit: "bytes", Width: 8,
			Exprs: []Expr{{`tcpvitals_agent_resident_bytes{` + host + `}`, "{{instance}}"}},
		},
	}}
}

// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func limitAlerts() []Alert {
	return []Alert{
		{
			Name: "TCPOrphansNearLimit", For: 2 * time.Minute, Severity: diagnose.Warning, Expr: share("orphans", "0.25"),
			About: `{{ $value | humanizePercentage }}`,
			Title: knowledge.Text{En: "Orphaned connections are at a quarter of their limit or more", Zh: "孤儿连接达到上限的四分之一或更多"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "At retransmission the kernel counts orphans double or fourfold when the peer is silent, so that it begins to reset connections at a quarter of tcp_max_orphans.",
					Zh: "重传时若对端沉默，内核将孤儿连接数按两倍或四倍计算，因此达到 tcp_max_orphans 的四分之一就开始重置连接。",
				},
				Source: "net/ipv4/tcp_timer.c tcp_out_of_resources; net/ipv4/tcp.c tcp_check_oom",
			},
			Rules: []string{"OR01", "FW04"}, Look: command.Of("explain", "OR01"),
		},
		{
			Name: "TCPAbortedForMemory", For: time.Minute, Severity: diagnose.Critical, Expr: grows("TcpExt.TCPAbortOnMemory"),
			About: `{{ $value | humanize }}/s`,
			Title: knowledge.Text{En: "The kernel aborts connections: too many orphans, or no memory", Zh: "内核正在中止连接：孤儿连接过多或内存不足"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "TCPAbortOnMemory counts connections that the kernel ended because tcp_max_orphans or the third value of tcp_mem was reached.",
					Zh: "TCPAbortOnMemory 统计内核因达到 tcp_max_orphans 或 tcp_mem 第三个值而结束的连接。",
				},
				Source: "net/ipv4/tcp_timer.c tcp_out_of_resources; net/ipv4/tcp.c tcp_check_oom",
			},
			Rules: []string{"OR01", "ME01"}, Look: command.Of("doctor"),
		},
		{
			Name: "TCPMemoryPressure", For: 2 * time.Minute, Severity: diagnose.Warning,
			Expr:  `tcpvitals_memory_bytes / ignoring (level) tcpvitals_memory_limit_bytes{level="pressure"} >= 1`,
			About: `{{ $value | humanizePercentage }}`,
			Title: knowledge.Text{En: "TCP buffers are under memory pressure: the kernel shrinks windows", Zh: "TCP 缓冲区处于内存压力之下：内核在收缩窗口"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "Above the second value of tcp_mem buffers stop growing. Connections become slow, none is lost yet.",
					Zh: "超过 tcp_mem 的第二个值后缓冲区停止增长。连接变慢，但尚未丢失。",
				},
				Source: "net/core/sock.c __sk_mem_raise_allocated",
			},
			Rules: []string{"ME01"}, Look: command.Of("explain", "ME01"),
		},
		{
			Name: "TCPMemoryFull", For: 30 * time.Second, Severity: diagnose.Critical,
			Expr:  `tcpvitals_memory_bytes / ignoring (level) tcpvitals_memory_limit_bytes{level="high"} >= 0.9`,
			About: `{{ $value | humanizePercentage }}`,
			Title: knowledge.Text{En: "TCP buffers are near the limit at which the kernel refuses memory", Zh: "TCP 缓冲区接近内核拒绝分配的上限"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "Above the third value of tcp_mem the kernel drops what arrives and aborts connections that nobody owns. Nine tenths is a proposal.",
					Zh: "超过 tcp_mem 的第三个值后，内核丢弃到达的数据，并中止无主的连接。九成是经验值。",
				},
				Source: "net/core/sock.c __sk_mem_raise_allocated; net/ipv4/tcp.c tcp_check_oom",
			},
			Rules: []string{"ME01"}, Look: command.Of("explain", "ME01"),
		},
		{
			Name: "TCPOpenFilesNearLimit", For: 5 * time.Minute, Severity: diagnose.Warning, Expr: share("files", "0.9"),
			About: `{{ $value | humanizePercentage }}`,
			Title: knowledge.Text{En: "The host is near its limit of open files", Zh: "整机打开的文件接近上限"},
			Means: knowledge.Statement{
				Text: knowledge.Text{
					En: "At fs.file-max socket() and accept() fail with ENFILE in every program without CAP_SYS_ADMIN. Nine tenths is a proposal.",
					Zh: "达到 fs.file-max 后，没有 CAP_SYS_ADMIN 的程序的 socket() 和 accept() 都以 ENFILE 失败。九成是经验值。",
				},
				Source: "fs/file_table.c alloc_empty_file",
			},
			Look: command.Of("explain", "fs.file-max"),
		},
	}
}

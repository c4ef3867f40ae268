// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func or01() Rule {
	return Rule{
		Code: "OR01", Name: "orphan-pressure", HostWide: true,
		Title: knowledge.Text{En: "The limit of closed connections that still send", Zh: "孤儿连接（已关闭但仍在发送）的上限"},
		Facts: []string{"TCP.orphan", "net.ipv4.tcp_max_orphans", "TcpExt.TCPAbortOnMemory"},
		Formula: knowledge.Text{
			En: "TCP.orphan / tcp_max_orphans; growth of TCPAbortOnMemory in the window, in all namespaces that were read",
			Zh: "TCP.orphan / tcp_max_orphans；窗口内已读取的各命名空间 TCPAbortOnMemory 的增量",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Warning from 0.25 and critical from 0.5: at retransmission the kernel counts orphans double when the peer has been silent for long or its window is closed, and double again after an ICMP error, so that the limits in effect are a half and a quarter. Critical when the counter moves.",
				Zh: "达到 0.25 警告，0.5 为严重：重传时，若对端长时间沉默或窗口关闭，内核将孤儿连接数加倍计算，遇到 ICMP 错误再加倍，因此实际上限是二分之一和四分之一。计数器增长即为严重。",
			},
			Source: "net/ipv4/tcp_timer.c tcp_out_of_resources; net/ipv4/tcp.c tcp_check_oom",
		}},
		Excluded: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "The number is of the whole host, in a container too: an empty namespace shows the orphans of all others.",
					Zh: "该数是整台主机的，在容器内也一样：空的命名空间会显示所有其他命名空间的孤儿连接。",
				},
				Source: "net/ipv4/proc.c sockstat_seq_show; measured on Linux 6.18",
			},
			{
				Text: knowledge.Text{
					En: "FIN_WAIT2 that are closed are no orphans once they are minisockets, nor are TIME_WAIT.",
					Zh: "已关闭的 FIN_WAIT2 变为 minisocket 后不算孤儿连接，TIME_WAIT 也不算。",
				},
				Source: "net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_minisocks.c tcp_time_wait",
			},
		},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Do not close with much left to send; set send timeouts, so that dead clients are given up before close().",
				Zh: "不要在大量数据未发完时关闭；设置发送超时，在 close() 之前放弃已失效的客户端。",
			},
			Source: "tcp(7) TCP_USER_TIMEOUT",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Raise tcp_max_orphans when there is memory for it: each holds what it has not sent yet, up to the third number of tcp_wmem (4 MB), and it cannot be swapped. It is set in the host's first namespace only.",
				Zh: "内存充足时调大 tcp_max_orphans：每个占用它未发完的数据，最多到 tcp_wmem 的第三个数（4 MB），不可换出。只能在主机的初始命名空间设置。",
			},
			Source: "Documentation/networking/ip-sysctl.rst tcp_max_orphans",
		}},
		Check:   command.Of("doctor", "--window", "10s"),
		Sources: []string{"net/ipv4/tcp_timer.c tcp_out_of_resources", "net/ipv4/tcp.c tcp_check_oom", "net/ipv4/proc.c sockstat_seq_show"},
		See:     []string{"FIN_WAIT1", "LAST_ACK", "tcp_max_orphans", "tcp_orphan_retries", "TCPAbortOnMemory", "FW04", "FW05"},
		Judge:   judgeOR01,
	}
}

const (
	orphansNear = 0.25
	orphansFull = 0.5
)

func judgeOR01(c *Case) []Finding {
	orphans, known := c.Gauge("TCP.orphan")
	limit, ok := c.Sysctl("net.ipv4.tcp_max_orphans")
	if !known || !ok {
		return nil
	}
	share := float64(orphans) / max(float64(limit), 1) // a limit of 0 or less is possible: then every orphan exceeds it
	f := Finding{
		Basis:    Limit,
		Evidence: []Evidence{above("TCP.orphan", float64(orphans), "", orphansNear*float64(limit))},
	}
	raise := Change{
		Key: "net.ipv4.tcp_max_orphans",
		Why: knowledge.Text{En: "raise it: each takes up to the third number of tcp_wmem, 4 MB; takes effect at once", Zh: "调大：每个最多占 tcp_wmem 第三个数即 4 MB；立即生效"},
	}
	if lost := c.MovedAnywhere("TcpExt.TCPAbortOnMemory"); lost > 0 {
		f.Severity, f.Basis = Critical, Loss
		f.Evidence = append(f.Evidence, above("TcpExt.TCPAbortOnMemory", float64(lost), "", 0))
		f.Summary = say("%s closed connection[s] [was|were] reset in %s s: %s orphan[s], tcp_max_orphans is %s",
			"%[2]s 秒内有 %[1]s 个已关闭的连接被重置：孤儿连接 %[3]s 个，tcp_max_orphans 为 %[4]s", lost, seconds(c.Window), orphans, limit)
		if share >= orphansNear {
			f.Changes = []Change{raise}
			return []Finding{f}
		}
		f.Detail = []knowledge.Text{{
			En: "The orphans are far from their limit now: either they were many for a moment, or the memory of TCP (tcp_mem) is used up. Raising tcp_max_orphans does not help against the latter.",
			Zh: "目前孤儿连接数远低于上限：或是瞬间激增，或是 TCP 内存（tcp_mem）用尽。后者调大 tcp_max_orphans 无济于事。",
		}}
		return []Finding{f}
	}
	if share < orphansNear {
		return nil
	}
	f.Severity, f.Changes = Warning, []Change{raise}
	f.Summary = say("%s orphan[s] of the whole host, and tcp_max_orphans is %s: clients that are gone are counted double or fourfold, and reset from a quarter on",
		"整台主机有 %s 个孤儿连接，tcp_max_orphans 为 %s：对端消失的会被加倍或四倍计算，从四分之一起就会被重置", orphans, limit)
	if share >= orphansFull {
		f.Severity = Critical
	}
	return []Finding{f}
}

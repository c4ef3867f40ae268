// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func tw08() Rule {
	return Rule{
		Code: "TW08", Name: "tw-reuse-useless",
		Title: knowledge.Text{En: "tcp_tw_reuse has no effect here", Zh: "tcp_tw_reuse 在此没有作用"},
		Facts: []string{SysctlTWReuse, SysctlTimestamps, "TIME_WAIT", "LISTEN", "TcpExt.TWRecycled"},
		Formula: knowledge.Text{
			En: "share of TIME_WAIT whose local port has a listener; TWRecycled",
			Zh: "本地端口有监听套接字的 TIME_WAIT 占比；TWRecycled",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Info when tcp_tw_reuse is 1 and nine in ten of at least 100 TIME_WAIT are of a service, while TWRecycled is 0 since boot: only connect() reads the setting. Or when timestamps are off, without which it does nothing.",
				Zh: "tcp_tw_reuse 为 1，且 100 个以上的 TIME_WAIT 中九成属于服务端、TWRecycled 自启动以来为 0 时，给出信息：只有 connect() 读取该设置。时间戳关闭时也是如此，没有时间戳它不起作用。",
			},
			Source: "net/ipv4/tcp_ipv4.c tcp_twsk_unique; net/ipv4/inet_hashtables.c __inet_check_established; measured on Linux 6.18",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "A setting that was changed only now has had no time to act: this is never more than info.",
				Zh: "刚刚更改的设置还来不及起作用：因此至多是信息。",
			},
			Source: "net/ipv4/tcp_ipv4.c tcp_twsk_unique",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "The default is 2 (loopback only). It can be put back: clients of a service reopen its TIME_WAIT by the rules of TCP, without any setting.",
				Zh: "默认值为 2（仅回环）。可以改回：客户端按 TCP 规则即可重新打开服务端的 TIME_WAIT，无需任何设置。",
			},
			Source: "commit 79e9fed46038; net/ipv4/tcp_minisocks.c tcp_timewait_state_process; RFC 6191",
		}},
		Check:   command.Of("explain", "tcp_tw_reuse"),
		Sources: []string{"net/ipv4/tcp_ipv4.c tcp_twsk_unique", "net/ipv4/inet_hashtables.c __inet_check_established"},
		See:     []string{"TIME_WAIT", "tcp_tw_reuse", "tcp_timestamps", "TWRecycled", "TW01", "TW03"},
		Judge:   judgeTW08,
	}
}

const (
	servedShare = 0.9
	servedMany  = 100
)

func judgeTW08(c *Case) []Finding {
	reuse, ok := c.Sysctl(SysctlTWReuse)
	if !ok || reuse != 1 {
		return nil
	}
	f := Finding{Severity: Info, Evidence: []Evidence{{Name: SysctlTWReuse, Value: 1}}}
	if stamps, ok := c.Sysctl(SysctlTimestamps); ok && stamps == 0 {
		f.Summary = say("tcp_tw_reuse is 1 and tcp_timestamps is 0: without timestamps no port is reused",
			"tcp_tw_reuse 为 1 而 tcp_timestamps 为 0：没有时间戳就不会复用端口")
		f.Evidence = append(f.Evidence, Evidence{Name: SysctlTimestamps})
		f.Changes = []Change{{Key: SysctlTimestamps, Value: "1", Why: knowledge.Text{En: "the default: also protects against old segments", Zh: "默认值：同时防护旧报文"}}}
		return []Finding{f}
	}
	n := c.Count(tcp.TimeWait)
	if n < servedMany {
		return nil
	}
	if c.Now.Sockets.Counts || c.Now.Sockets.Ports == nil {
		c.Lacks("ports", knowledge.Text{En: "this source does not show the ports of single sockets", Zh: "该数据来源不显示单个套接字的端口"})
		return nil
	}
	served := c.Now.Sockets.timeWaits.served
	taken, ok := c.Total("TcpExt.TWRecycled")
	share := float64(served) / float64(n)
	if !ok || taken > 0 || share < servedShare {
		return nil
	}
	f.Summary = say("tcp_tw_reuse is 1 and has never taken effect: %s of %s TIME_WAIT are of a service, and only connect() reads it",
		"tcp_tw_reuse 为 1 但从未起作用：%[2]s 个 TIME_WAIT 中有 %[1]s 个属于服务端，而只有 connect() 读取它", served, n)
	f.Evidence = append(
		f.Evidence,
		above("share of TIME_WAIT with a listener", 100*share, "%", 100*servedShare),
		Evidence{Name: "TcpExt.TWRecycled"},
	)
	return []Finding{f}
}

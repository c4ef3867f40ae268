// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

const (
	sysctlRecycle   = "net.ipv4.tcp_tw_recycle"
	sysctlTWBuckets = "net.ipv4.tcp_max_tw_buckets"
)

func tw07() Rule {
	return Rule{
		Code: "TW07", Name: "dead-or-dangerous-key",
		Title: knowledge.Text{En: "A setting about TIME_WAIT that is dead or does harm", Zh: "关于 TIME_WAIT 的失效或有害设置"},
		Facts: []string{"configuration files", sysctlRecycle, sysctlTWBuckets},
		Formula: knowledge.Text{
			En: "lines for tcp_tw_recycle in sysctl files; tcp_tw_recycle and tcp_max_tw_buckets as they are in force",
			Zh: "sysctl 配置文件中的 tcp_tw_recycle 行；tcp_tw_recycle 与 tcp_max_tw_buckets 的当前值",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Critical when tcp_tw_recycle is in force: it drops SYNs of clients behind one address. Warning for a line that would set it: Linux 4.12 removed it, and sysctl -p fails on the line. Notice when the line sets it to 0.",
					Zh: "tcp_tw_recycle 生效时为严重：它会丢弃同一地址后多个客户端的 SYN。配置文件中启用它的行为警告：Linux 4.12 已将其移除，sysctl -p 会在该行报错。该行把它设为 0 时只作提示。",
				},
				Source: "commit 4396e46187ca; commit 95a22caee396",
			},
			{
				Text: knowledge.Text{
					En: "Warning when tcp_max_tw_buckets is 0: the kernel takes it, and no connection gets a TIME_WAIT.",
					Zh: "tcp_max_tw_buckets 为 0 时警告：内核会接受该值，此后没有连接进入 TIME_WAIT。",
				},
				Source: "net/ipv4/inet_timewait_sock.c inet_twsk_alloc; measured on Linux 6.18",
			},
		},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Not every file on the machine is read: sysctl decides which line wins. The values in force are read apart.",
				Zh: "存在于机器上的文件未必被读取：以哪一行为准由 sysctl 决定。当前生效值单独读取。",
			},
			Source: "sysctl.d(5)",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Delete the line. Nothing replaces it: a server needs no setting for its TIME_WAIT.",
				Zh: "删除该行。无需替代：服务器的 TIME_WAIT 不需要任何设置。",
			},
			Source: "commit 4396e46187ca; include/net/tcp.h TCP_TIMEWAIT_LEN",
		}},
		Check:   command.Other("grep", "-rn", "tcp_tw_recycle", "/etc/sysctl.conf", "/etc/sysctl.d", "/run/sysctl.d", "/usr/lib/sysctl.d"),
		Sources: []string{"commit 4396e46187ca", "commit 95a22caee396", "net/ipv4/inet_timewait_sock.c inet_twsk_alloc"},
		See:     []string{"TIME_WAIT", "tcp_tw_recycle", "tcp_max_tw_buckets", "TW01", "TW02"},
		Judge:   judgeTW07,
	}
}

func judgeTW07(c *Case) (all []Finding) {
	if c.Now.Sysctls[sysctlRecycle] == "1" {
		all = append(all, Finding{
			Severity: Critical, Basis: Setting, About: About{Name: sysctlRecycle},
			Summary: say("tcp_tw_recycle is in force: connections of clients behind one address are dropped",
				"tcp_tw_recycle 正在生效：同一地址后多个客户端的连接会被丢弃"),
			Evidence: []Evidence{{Name: sysctlRecycle, Value: 1}},
			Changes:  []Change{{Key: sysctlRecycle, Value: "0", Why: knowledge.Text{En: "it was removed in Linux 4.12 for good reason", Zh: "Linux 4.12 已将其移除，理由充分"}}},
			Check:    command.Other("sysctl", sysctlRecycle),
		})
	}
	if buckets, ok := c.Sysctl(sysctlTWBuckets); ok && buckets == 0 {
		all = append(all, Finding{
			Severity: Warning, Basis: Setting, About: About{Name: sysctlTWBuckets},
			Summary: say("tcp_max_tw_buckets is 0: no connection gets a TIME_WAIT, and old segments are not kept from new connections",
				"tcp_max_tw_buckets 为 0：没有连接进入 TIME_WAIT，新连接得不到对旧报文的防护"),
			Evidence: []Evidence{{Name: sysctlTWBuckets, Value: 0}},
			Changes:  []Change{{Key: sysctlTWBuckets, Why: knowledge.Text{En: "raise it to what it was at boot; 256 bytes each", Zh: "调回启动时的值；每个 256 字节"}}},
			Check:    command.Other("sysctl", sysctlTWBuckets),
		})
	}
	if c.Now != c.Machine.Spaces[0] { // the files belong to the host, not to each namespace
		return all
	}
	return append(all, deadLines(c)...)
}

// deadLines finds the lines of configuration files that set parameters that no longer
// exist.
func deadLines(c *Case) (all []Finding) {
	if c.Machine.Files == nil {
		c.Lacks("sysctl.d", knowledge.Text{En: "the configuration files were not read", Zh: "未读取配置文件"})
		return nil
	}
	for _, line := range c.Machine.Files {
		if line.Key != sysctlRecycle {
			continue
		}
		f := Finding{
			Severity: Warning, Basis: Setting, About: About{Name: fmt.Sprintf("%s:%d", line.File, line.Line)},
			Summary: say("%s line %s sets tcp_tw_recycle to %s: a dead line since Linux 4.12, which removed it",
				"%s 第 %s 行将 tcp_tw_recycle 设为 %s：自 Linux 4.12 移除后已是失效的行", line.File, line.Line, line.Value),
			Detail: []knowledge.Text{{
				En: "On an older kernel it would cut off clients behind NAT. Containers that share the file fail on it too.",
				Zh: "在更旧的内核上它会切断 NAT 后的客户端。共用该文件的容器同样会报错。",
			}},
			Evidence: []Evidence{{Name: "line", Value: float64(line.Line)}},
		}
		if line.Value == "0" {
			f.Severity = Notice
		}
		all = append(all, f)
	}
	return all
}

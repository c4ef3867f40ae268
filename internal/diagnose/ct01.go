// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// The kernel parameters of connection tracking.
const (
	sysctlTracked    = "net.netfilter.nf_conntrack_count"
	sysctlTrackedMax = "net.netfilter.nf_conntrack_max"
	sysctlTrackedTW  = "net.netfilter.nf_conntrack_tcp_timeout_time_wait"
)

func ct01() Rule {
	return Rule{
		Code: "CT01", Name: "conntrack-fill",
		Title: text("The conntrack table fills up", "conntrack 表快满了"),
		Facts: []string{sysctlTracked, sysctlTrackedMax, "nf_conntrack.drop", "nf_conntrack.early_drop", "nf_conntrack.insert_failed"},
		Formula: text("nf_conntrack_count / nf_conntrack_max; growth of drop and early_drop in /proc/net/stat/nf_conntrack",
			"nf_conntrack_count / nf_conntrack_max；/proc/net/stat/nf_conntrack 中 drop、early_drop 的增量"),
		Threshold: []knowledge.Statement{
			claim("Critical from 0.95, a custom: little is left. At 1 a new connection first pushes out an entry that is not assured yet (early_drop); where there is none its packet is dropped, and the collector then clears closing entries until 0.95 is reached. Critical too when early_drop grew, or drop grew at 0.8 or more.",
				"达到 0.95 即严重，这是经验值：所剩无几。到 1 时，新连接先挤掉一个尚未确认的表项（early_drop）；没有可挤的，它的包就被丢弃，此后回收程序会清除正在关闭的表项，直到降到 0.95。early_drop 增长，或占用达到 0.8 且 drop 增长时也为严重。",
				"net/netfilter/nf_conntrack_core.c gc_worker, __nf_conntrack_alloc, early_drop"),
			claim("Warning from 0.8, a custom: it leaves a fifth for a burst. The limit is compared with the entries of each network namespace.",
				"达到 0.8 即警告，这是经验值：给突发留出五分之一。内核用它与每个网络命名空间各自的表项数比较。",
				"net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc"),
		},
		Excluded: []knowledge.Statement{
			claim("drop grows for other reasons too, such as a helper that refuses; while the table has room it is a notice only. insert_failed is mostly two packets of one flow that raced, and is shown, not judged.",
				"drop 也会因其他原因增长，例如 helper 拒绝；表还有空位时只作提示。insert_failed 多半是同一流的两个包竞争，只列出、不判断。",
				"net/netfilter/nf_conntrack_core.c nf_conntrack_in, __nf_conntrack_confirm"),
		},
		App: []knowledge.Statement{
			claim("Keep connections open for more than one request: each connection has an entry for as long as it lasts and 120 s longer.",
				"让一个连接承载多次请求：每个连接存续期间占一个表项，关闭后还要占 120 秒。", "net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts"),
		},
		Kernel: []knowledge.Statement{
			claim("Raise nf_conntrack_max and nf_conntrack_buckets together (an entry is 256 bytes and its extensions); or do not track what needs no tracking (NOTRACK).",
				"同时调大 nf_conntrack_max 和 nf_conntrack_buckets（每个表项 256 字节，扩展另计）；或对无需跟踪的流量使用 NOTRACK。",
				"Documentation/networking/nf_conntrack-sysctl.rst; include/net/netfilter/nf_conntrack.h struct nf_conn"),
		},
		Check:   command.Of("doctor", "--window", "10s"),
		Sources: []string{"net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc", "Documentation/networking/nf_conntrack-sysctl.rst"},
		See:     []string{"nf_conntrack_max", "CT02", "SYN_SENT"},
		Judge:   judgeCT01,
	}
}

const (
	trackedNear = 0.8
	trackedFull = 0.95 // as the kernel's nf_conntrack_max95
)

func judgeCT01(c *Case) []Finding {
	count, ok := c.Sysctl(sysctlTracked)
	limit, okToo := c.Sysctl(sysctlTrackedMax)
	if !ok || !okToo || limit <= 0 { // 0 means no limit
		return nil
	}
	share := float64(count) / float64(limit)
	dropped, early := c.Moved("nf_conntrack.drop"), c.Moved("nf_conntrack.early_drop")
	f := Finding{
		Basis: Limit,
		Summary: say("conntrack has %s of %s entr[y|ies] (%s %%): at the limit new connections are dropped",
			"conntrack 已用 %s / %s 个表项（%s %%）：达到上限后新连接会被丢弃", count, limit, percent(share)),
		Evidence: []Evidence{
			above(sysctlTracked, float64(count), "", trackedNear*float64(limit)),
			{Name: "nf_conntrack.drop", Value: float64(dropped)},
			{Name: "nf_conntrack.early_drop", Value: float64(early)},
			{Name: "nf_conntrack.insert_failed", Value: float64(c.Moved("nf_conntrack.insert_failed"))},
		},
	}
	switch {
	case early > 0, dropped > 0 && share >= trackedNear:
		f.Severity, f.Basis = Critical, Loss
		f.Summary = say("conntrack is full: %s packet[s] dropped and %s entr[y|ies] thrown out in %s s, %s of %s entr[y|ies] now",
			"conntrack 已满：%[3]s 秒内丢弃 %[1]s 个包、提前清除 %[2]s 个表项，现有 %[4]s / %[5]s 个", dropped, early, seconds(c.Window), count, limit)
	case share >= trackedFull:
		f.Severity = Critical
	case share >= trackedNear:
		f.Severity = Warning
	case dropped > 0:
		f.Severity, f.Basis = Notice, Loss
		f.Summary = say("connection tracking dropped %s packet[s] in %s s though the table has room (%s %%)",
			"%[2]s 秒内连接跟踪丢弃了 %[1]s 个包，但表还有空位（%[3]s %%）", dropped, seconds(c.Window), percent(share))
		f.Now = text("do not enlarge the table: look for what else refuses packets, such as a helper or a rule (nft list ruleset, iptables-save)",
			"不必扩大表：查找是什么拒绝了数据包，例如 helper 或某条规则（nft list ruleset、iptables-save）")
		f.Later = text("no parameter has to do with it", "与参数无关")
		f.Detail = append(f.Detail, f.Now, f.Later)
		return []Finding{f}
	default:
		return nil
	}
	f.Changes = []Change{{
		Key: sysctlTrackedMax, Value: plain(2 * limit),
		Why: text("256 bytes an entry and its extensions; raise nf_conntrack_buckets with it", "每个表项 256 字节，扩展另计；nf_conntrack_buckets 应一起调大"),
	}}
	return []Finding{f}
}

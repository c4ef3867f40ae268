// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func ct02() Rule {
	return Rule{
		Code: "CT02", Name: "conntrack-vs-tw",
		Title: text("Closed connections fill the conntrack table", "已关闭的连接占据 conntrack 表"),
		Facts: []string{"TIME_WAIT", "TcpExt.TW", sysctlTrackedTW, sysctlTrackedMax},
		Formula: text("closes a second × nf_conntrack_tcp_timeout_time_wait / nf_conntrack_max",
			"每秒关闭数 × nf_conntrack_tcp_timeout_time_wait / nf_conntrack_max"),
		Threshold: []knowledge.Statement{
			claim("Notice above 0.5: every connection that is closed keeps its entry for 120 s by default, twice as long as its TIME_WAIT. With half the table full of those, twice the rate is the limit.",
				"超过 0.5 时提示：每个关闭的连接默认还占表项 120 秒，是 TIME_WAIT 的两倍。半张表都是它们时，速率再翻一倍就到上限。",
				"net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts"),
		},
		Excluded: []knowledge.Statement{
			claim("Connections that are not tracked (NOTRACK) have no entry; where the table is nearly empty nothing is said.",
				"不跟踪的连接（NOTRACK）没有表项；表几乎为空时不作判断。", "net/netfilter/nf_conntrack_core.c nf_conntrack_in"),
		},
		App: []knowledge.Statement{
			claim("Keep connections open for more than one request.", "让一个连接承载多次请求。", "RFC 9293 3.6.1"),
		},
		Kernel: []knowledge.Statement{
			claim("Raise nf_conntrack_max, or lower nf_conntrack_tcp_timeout_time_wait, not below 60. Neither changes TIME_WAIT.",
				"调大 nf_conntrack_max，或调小 nf_conntrack_tcp_timeout_time_wait，但不要低于 60。两者都不影响 TIME_WAIT。",
				"net/netfilter/nf_conntrack_proto_tcp.c nf_conntrack_tcp_packet"),
		},
		Check:   command.Other("sysctl", "net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max"),
		Sources: []string{"net/netfilter/nf_conntrack_proto_tcp.c tcp_timeouts"},
		See:     []string{"TIME_WAIT", "nf_conntrack_max", "CT01"},
		Judge:   judgeCT02,
	}
}

const trackedClosed = 0.5

func judgeCT02(c *Case) []Finding {
	limit, ok := c.Sysctl(sysctlTrackedMax)
	keep, okToo := c.Sysctl(sysctlTrackedTW)
	if !ok || !okToo || limit <= 0 {
		return nil
	}
	rate := c.Closes()
	entries := rate * float64(keep)
	share := entries / float64(limit)
	if share <= trackedClosed || c.tracksLess(entries) {
		return nil
	}
	return []Finding{{
		Severity: Notice, Basis: Counts,
		// Connections that the peers close leave conntrack entries too, but no
		// TIME_WAIT here, so the numbers are lower bounds.
		Summary: say("at least %s close[s] a second [keeps|keep] %s conntrack entr[y|ies] or more for %s s each: at least %s %% of nf_conntrack_max",
			"每秒至少 %s 次关闭使至少 %s 个 conntrack 表项各保留 %s 秒：至少占 nf_conntrack_max 的 %s %%", rate, uint64(entries+0.5), keep, percent(share)),
		Evidence: []Evidence{
			above("entries of closed connections", entries, "", trackedClosed*float64(limit)),
			{Name: "closes, at least", Value: rate, Unit: "1/s"},
			{Name: sysctlTrackedTW, Value: float64(keep), Unit: "s"},
		},
	}}
}

// tracksLess reports whether fewer connections are tracked than closing alone would
// leave behind: then the closed connections are not tracked.
func (c *Case) tracksLess(entries float64) bool {
	defer c.optional()()
	count, ok := c.Sysctl(sysctlTracked)
	return ok && float64(count) < entries/2
}

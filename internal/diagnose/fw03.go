// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func fw03() Rule {
	return Rule{
		Code: "FW03", Name: "fin-timeout-quirk",
		Title: knowledge.Text{En: "A tcp_fin_timeout that means another time", Zh: "tcp_fin_timeout 的值并非字面时间"},
		Facts: []string{"net.ipv4.tcp_fin_timeout"},
		Formula: knowledge.Text{
			En: "orphaned FIN_WAIT2 last T up to 60 s, and 2 × (T − 60 s) above",
			Zh: "已 close() 的 FIN_WAIT2 的寿命：T ≤ 60 秒时为 T，大于 60 秒时为 2 ×（T − 60 秒）",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Warning from 61 to 119 (61 means 2 s, 90 means 60 s), above 120 (2 × (T − 60 s), as full sockets that count as orphans), and from 0 down (a moment).",
				Zh: "61～119（61 即 2 秒，90 即 60 秒）、大于 120（2×（T−60 秒），且以完整的孤儿连接存在）以及 0 或负数（瞬间）时警告。",
			},
			Source: "net/ipv4/tcp.c __tcp_close; net/ipv4/tcp_timer.c tcp_keepalive_timer; measured on Linux 6.18",
		}},
		Kernel: []knowledge.Statement{{
			Text:   knowledge.Text{En: "Set tcp_fin_timeout to 60, the default, or to what you meant if it is less.", Zh: "将 tcp_fin_timeout 设为默认值 60，或设为你真正想要的更小的值。"},
			Source: "include/net/tcp.h TCP_FIN_TIMEOUT",
		}},
		Check:   command.Other("sysctl", "net.ipv4.tcp_fin_timeout"),
		Sources: []string{"net/ipv4/tcp.c __tcp_close", "net/ipv4/tcp_timer.c tcp_keepalive_timer", "include/net/tcp.h tcp_fin_time"},
		See:     []string{"FIN_WAIT2", "tcp_fin_timeout"},
		Judge:   judgeFW03,
	}
}

func judgeFW03(c *Case) []Finding {
	t, ok := c.Sysctl("net.ipv4.tcp_fin_timeout")
	if !ok || t > 0 && t <= 60 || t == 120 {
		return nil
	}
	lasts := max(0, 2*(t-60))
	return []Finding{{
		Severity: Warning, Basis: Setting,
		Summary: say("tcp_fin_timeout is %s: orphaned FIN_WAIT2 last about %s s, not that",
			"tcp_fin_timeout 为 %s：已 close() 的 FIN_WAIT2 实际约持续 %s 秒，并非该值", strconv.FormatInt(t, 10), strconv.FormatInt(lasts, 10)),
		Evidence: []Evidence{{Name: "net.ipv4.tcp_fin_timeout", Value: float64(t), Unit: "s"}},
		Changes:  []Change{{Key: "net.ipv4.tcp_fin_timeout", Value: "60", Why: knowledge.Text{En: "the default, and the longest that means what it says", Zh: "默认值，也是含义与字面一致的最大值"}}},
	}}
}

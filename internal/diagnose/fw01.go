// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// endsHere is evidence that both ends of connections are in this namespace: it
// is how CW01 is found to be their cause.
const endsHere = "their peers' CLOSE_WAIT are here"

func fw01() Rule {
	return Rule{
		Code: "FW01", Name: "fin-wait2-orphans",
		Title: knowledge.Text{En: "Closed connections whose peers do not close", Zh: "本端已关闭而对端迟迟不关闭的连接"},
		Facts: []string{"FIN_WAIT2", "kind", "TcpExt.TW", "TCP.tw", "net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_fin_timeout"},
		Formula: knowledge.Text{
			En: "how long peers take to close = FIN_WAIT2 that are closed here / closes a second",
			Zh: "对端关闭所需时间 = 本端已关闭的 FIN_WAIT2 / 每秒关闭数",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Notice above 100 and 10 s, at each reading: a peer that reads to the end closes within a round trip; 10 s is generous.",
					Zh: "每次读取都超过 100 个且超过 10 秒时提示：读到末尾的对端会在一个往返内关闭，10 秒已很宽裕。",
				},
				Source: "RFC 9293 3.6; Little's law",
			},
			{
				Text: knowledge.Text{
					En: "Warning when tcp_max_tw_buckets is used to 0.8 and would not be without them: they are under the same limit as TIME_WAIT.",
					Zh: "tcp_max_tw_buckets 已用到 0.8 且没有它们就不会时警告：它们与 TIME_WAIT 共用上限。",
				},
				Source: "net/ipv4/tcp_minisocks.c tcp_time_wait; net/ipv4/inet_timewait_sock.c inet_twsk_alloc",
			},
		},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "FIN_WAIT2 that a process has open are FW02: tcp_fin_timeout does not end those.",
				Zh: "仍被进程持有的 FIN_WAIT2 属于 FW02：tcp_fin_timeout 不会结束它们。",
			},
			Source: "net/ipv4/tcp.c __tcp_close; measured on Linux 6.18",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "The peers have to close: they hold as many CLOSE_WAIT. Look at their program, or at firewalls that lose their FIN.",
				Zh: "需要对端关闭：它们持有同样多的 CLOSE_WAIT。检查对端程序，或丢弃其 FIN 的防火墙。",
			},
			Source: "RFC 9293 3.6",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "tcp_fin_timeout of 10 to 30 s ends them sooner, and nothing else: TIME_WAIT stays 60 s.",
				Zh: "tcp_fin_timeout 设为 10–30 秒可让它们更早结束，仅此而已：TIME_WAIT 仍为 60 秒。",
			},
			Source: "include/net/tcp.h tcp_fin_time, TCP_TIMEWAIT_LEN; measured on Linux 6.18",
		}},
		Check:   command.Of("list", "state fin-wait-2 and inode = 0"),
		Sources: []string{"net/ipv4/tcp.c __tcp_close", "net/ipv4/tcp_minisocks.c tcp_time_wait", "include/net/tcp.h tcp_fin_time"},
		See:     []string{"FIN_WAIT2", "CLOSE_WAIT", "tcp_fin_timeout", "tcp_max_tw_buckets", "FW02", "FW03", "TW02"},
		Judge:   judgeFW01,
	}
}

const (
	peerCloses = 10.0 // seconds that a peer may take to close
	peersMany  = 100
)

func judgeFW01(c *Case) []Finding {
	count := c.Now.Sockets.Tally.Of(tcp.FinWait2)
	if count.Total == 0 {
		return nil
	}
	if c.Machine.Listing {
		return finWait2Listed(c, count.Total)
	}
	if count.Kinds[socket.KindUnknown] > peersMany {
		c.Lacks("kind", knowledge.Text{En: "this source does not tell which FIN_WAIT2 are closed", Zh: "该数据来源不区分哪些 FIN_WAIT2 已被程序关闭"})
	}
	closed := c.steady(finWait2Closed)
	rate := c.ClosesAtLeast()
	if closed <= peersMany || float64(closed) <= peerCloses*rate {
		return nil
	}
	f := Finding{
		Severity: Notice,
		Summary:  finWait2Summary(float64(closed), rate, c.closesKnown()),
		Evidence: []Evidence{
			above("FIN_WAIT2 that are closed here", float64(closed), "", max(peersMany, peerCloses*rate)),
			{Name: "closes", Value: rate, Unit: "1/s"},
		},
		Changes: finTimeoutChange(c),
	}
	f.fillsBuckets(c, count.Kinds[socket.Mini])
	if now, _, ok := c.Kept(FinWait2Closed); ok {
		f.Detail = append(f.Detail, peerDetail(now.Rows)...)
		f.facing(c, now.Rows)
		f.rows = now.Rows
	}
	return []Finding{f}
}

// finWait2Closed returns how many FIN_WAIT2 no program has any more.
func finWait2Closed(r *Reading) uint64 {
	count := r.Tally.Of(tcp.FinWait2)
	return count.Kinds[socket.Mini] + min(count.Unowned, count.Kinds[socket.Full])
}

// finWait2Summary says how long peers take to close; where the rate of closes may
// be greater than what is known, the longest that it can be.
func finWait2Summary(closed, rate float64, known bool) knowledge.Text {
	if !known {
		return say("%s closed connection[s] [waits|wait] for [its peer|their peers] to close: at %s close[s] a second or more, peers take %s s at most",
			"%s 个已关闭的连接在等对端关闭：按每秒至少关闭 %s 个计，对端平均至多需 %s 秒", uint64(closed), rate, closed/max(rate, closed/timeWait.Seconds()))
	}
	if rate < 0.005 {
		return say("%s closed connection[s] [waits|wait] for [its peer|their peers] to close, and hardly any other was closed in the last minute",
			"%s 个已关闭的连接在等对端关闭，而最近一分钟几乎没有别的连接关闭", uint64(closed))
	}
	if closed > rate*timeWait.Seconds() { // longer than tcp_fin_timeout would have let them
		return say("%s closed connection[s] [waits|wait] for [its peer|their peers] to close, which hardly any does: %s close[s] a second",
			"%s 个已关闭的连接在等对端关闭，而几乎没有对端关闭：每秒仅 %s 个", uint64(closed), rate)
	}
	return say("%s closed connection[s] [waits|wait] for [its peer|their peers] to close: at %s close[s] a second, peers take %s s",
		"%s 个已关闭的连接在等对端关闭：按每秒关闭 %s 个计，对端平均需 %s 秒", uint64(closed), rate, closed/rate)
}

// facing adds as evidence how many of the rows have their other end here. Where
// most have, what does not close them is here too, and no parameter is the remedy.
func (f *Finding) facing(c *Case, rows []Kept) {
	n, of := facing(rows, c.watch(CloseWaitHeld).rowsOf())
	if n == 0 {
		return
	}
	f.Evidence = append(f.Evidence, Evidence{Name: endsHere, Value: float64(n)})
	if 2*n >= of {
		f.Changes = nil
		f.Later = text("Their other ends are on this machine, in CLOSE_WAIT: a program here does not close them, and a shorter tcp_fin_timeout would not change that.",
			"它们的对端就在本机，处于 CLOSE_WAIT：是本机程序没有关闭，调小 tcp_fin_timeout 改变不了这一点。")
		f.Detail = append(f.Detail, f.Later)
	}
}

// finWait2Listed answers what a listing is shown for: whether tcp_fin_timeout matters.
func finWait2Listed(c *Case, n uint64) []Finding {
	return []Finding{{
		Severity: Info,
		Summary: say("%s FIN_WAIT2: these are all that tcp_fin_timeout could touch, of %s socket[s]",
			"%s 个 FIN_WAIT2：全部 %s 个套接字中，tcp_fin_timeout 至多影响这些", n, c.Now.Sockets.Tally.Total()),
		Detail: []knowledge.Text{{
			En: "Only those whose program has closed them; a listing does not tell which. TIME_WAIT is not among them.",
			Zh: "且仅限程序已关闭的部分；列表中无法区分。TIME_WAIT 不在其中。",
		}},
		Evidence: []Evidence{{Name: "FIN_WAIT2", Value: float64(n)}},
	}}
}

// fillsBuckets makes it a warning when the minisockets are what brings the
// limit of TIME_WAIT near.
func (f *Finding) fillsBuckets(c *Case, minis uint64) {
	tw, known := c.Gauge("TCP.tw")
	limit, ok := c.Sysctl("net.ipv4.tcp_max_tw_buckets")
	if !known || !ok || limit <= 0 || tw < minis {
		return
	}
	near := twLimitShare * float64(limit)
	if float64(tw) < near || float64(tw-minis) >= near {
		return
	}
	f.Severity, f.Basis = Warning, Limit
	f.Evidence = append(f.Evidence, above("TCP.tw", float64(tw), "", near))
	f.Detail = append(f.Detail, say("They bring tcp_max_tw_buckets near: %s of %s places are used, %s of them by FIN_WAIT2.",
		"它们使 tcp_max_tw_buckets 接近上限：%[2]s 个位置已用 %[1]s 个，其中 FIN_WAIT2 占 %[3]s 个。", tw, limit, minis))
}

// finTimeoutChange proposes a shorter tcp_fin_timeout, where it is not that already.
func finTimeoutChange(c *Case) []Change {
	t, ok := c.Sysctl("net.ipv4.tcp_fin_timeout")
	if !ok || t > 0 && t <= 30 {
		return nil
	}
	return []Change{{
		Key: "net.ipv4.tcp_fin_timeout", Value: "30",
		Why: knowledge.Text{En: "ends FIN_WAIT2 that are closed here sooner; TIME_WAIT stays 60 s", Zh: "让本端已关闭的 FIN_WAIT2 更早结束；TIME_WAIT 仍为 60 秒"},
	}}
}

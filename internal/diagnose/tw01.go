// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// miniSocketBytes is the size of a time-wait minisocket: struct
// tcp_timewait_sock in its slab, on x86-64.
const miniSocketBytes = 256

func tw01() Rule {
	return Rule{
		Code: "TW01", Name: "time-wait-normal",
		Title: knowledge.Text{En: "TIME_WAIT is what closing looks like", Zh: "TIME_WAIT 是正常关闭的样子"},
		Facts: []string{"TIME_WAIT", "net.ipv4.tcp_max_tw_buckets", "TCP.tw"},
		Formula: knowledge.Text{
			En: "closes a second = TIME_WAIT / 60 s, at least; in a window growth of TW, TWKilled and TCPTimeWaitOverflow / s; none from one reading where connect() takes TIME_WAIT over (TWRecycled) or the oldest is younger than 50 s; memory = TIME_WAIT × 256 B",
			Zh: "每秒关闭数至少为 TIME_WAIT / 60 秒；有窗口时为 TW、TWKilled、TCPTimeWaitOverflow 的增量 / 秒；若 connect() 接管过 TIME_WAIT（TWRecycled）或最老的不足 50 秒，只读一次不给速率；内存 = TIME_WAIT × 256 字节",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Below half of tcp_max_tw_buckets nothing is to be done: the number is only a rate times 60 s, a constant.",
				Zh: "低于 tcp_max_tw_buckets 的一半时无需处理：这个数只是速率乘以常数 60 秒。",
			},
			Source: "include/net/tcp.h TCP_TIMEWAIT_LEN",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Nothing has to change. Connections that are kept open for more than one request would lower the number.",
				Zh: "无需更改。如果一个连接承载多次请求（长连接），这个数会变小。",
			},
			Source: "RFC 9293 3.6.1",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "No setting shortens TIME_WAIT: tcp_fin_timeout bounds orphaned FIN_WAIT2, tcp_tw_reuse lets connect() take ports over, tcp_syncookies is about SYN floods, and tcp_tw_recycle no longer exists.",
				Zh: "没有任何参数能缩短 TIME_WAIT：tcp_fin_timeout 只限制已 close() 的 FIN_WAIT2，tcp_tw_reuse 只让 connect() 复用端口，tcp_syncookies 针对 SYN flood，tcp_tw_recycle 已不存在。",
			},
			Source: "include/net/tcp.h TCP_TIMEWAIT_LEN; net/ipv4/tcp_minisocks.c tcp_time_wait",
		}},
		Check:   command.Of("explain", "TIME_WAIT"),
		Sources: []string{"include/net/tcp.h TCP_TIMEWAIT_LEN", "net/ipv4/tcp_minisocks.c tcp_time_wait", "RFC 9293 3.6.1"},
		See:     []string{"TIME_WAIT", "tcp_max_tw_buckets", "tcp_fin_timeout", "tcp_tw_reuse", "tcp_tw_recycle"},
		Judge:   judgeTW01,
	}
}

// manyTimeWait is the number from which on people ask how to get rid of them.
const manyTimeWait = 1000

func judgeTW01(c *Case) []Finding {
	n := c.Count(tcp.TimeWait)
	if n == 0 {
		return nil
	}
	limit, ok := c.Sysctl("net.ipv4.tcp_max_tw_buckets")
	if ok && limit > 0 && 2*n >= uint64(limit) {
		return nil // TW02 has a finding
	}
	size := memoryText(n * miniSocketBytes)
	f := Finding{
		Severity: Info,
		Summary:  say("%s TIME_WAIT [1:takes|take] %s: healthy, nothing to change", "%s 个 TIME_WAIT 占 %s：正常，无需更改", n, size),
		Evidence: []Evidence{
			{Name: "TIME_WAIT", Value: float64(n)},
			{Name: "memory", Value: float64(n * miniSocketBytes), Unit: "B"},
		},
	}
	switch rate, counted, known := c.closesSeen(); {
	case counted:
		f.Summary = say("%s TIME_WAIT at %s close[s] a second [1:takes|take] %s: healthy, nothing to change", "%s 个 TIME_WAIT，每秒关闭 %s 个连接，占 %s：正常，无需更改", n, rate, size)
		f.Evidence = append(f.Evidence, Evidence{Name: "closes", Value: rate, Unit: "1/s"})
	case known:
		f.Summary = say("%s TIME_WAIT, at least %s close[s] a second, %s: healthy, nothing to change",
			"%s 个 TIME_WAIT 即每秒至少关闭 %s 个连接，占 %s：正常，无需更改", n, rate, size)
		f.Evidence = append(f.Evidence, Evidence{Name: "closes, at least", Value: rate, Unit: "1/s"})
	}
	if n >= manyTimeWait {
		f.Detail = []knowledge.Text{{
			En: "none of the settings that old advice names would lower it: tcp_tw_reuse is for connect() only, tcp_fin_timeout is about orphaned FIN_WAIT2, tcp_syncookies about SYN floods, and tcp_tw_recycle no longer exists",
			Zh: "旧文章常列的参数都不能减少它：tcp_tw_reuse 只用于 connect()，tcp_fin_timeout 只管已 close() 的 FIN_WAIT2，tcp_syncookies 只管 SYN flood，tcp_tw_recycle 已不存在",
		}}
	}
	if ok && limit > 0 {
		f.Evidence[0] = above("TIME_WAIT", float64(n), "", float64(limit)/2)
	}
	return []Finding{f}
}

// memoryText writes an amount of memory in a unit that gives it few digits.
func memoryText(bytes uint64) string {
	if bytes < 1<<20 {
		return decimal(float64(bytes)/(1<<10)) + " KiB"
	}
	return decimal(float64(bytes)/(1<<20)) + " MiB"
}

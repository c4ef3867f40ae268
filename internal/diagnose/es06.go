// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func es06() Rule {
	return Rule{
		Code: "ES06", Name: "zero-window-open",
		Title: text("Open connections whose peers read nothing", "对端不读取数据的已建立连接"),
		Facts: []string{"ESTABLISHED", "CLOSE_WAIT", "tcp_info", "window"},
		Formula: text("connections with the zero-window timer whose peer has no room (snd_wnd), by the network they come from (/24, /64)",
			"零窗口定时器运行中、对端没有空间（snd_wnd）的连接，按来源网络（/24、/64）统计"),
		Threshold: []knowledge.Statement{
			claim("Ten of one network or 50 in all: a warning when none of their data was taken between readings at least 5 s apart, an info otherwise. The numbers are those of FW05, proposals; the 5 s are for loops that read every few seconds.",
				"同一网络 10 个或共 50 个：相隔至少 5 秒的两次读取之间没有任何数据被取走则警告，否则为信息。数值与 FW05 相同，为建议值；5 秒是为每隔几秒才读一次的循环而定。",
				"net/ipv4/tcp_timer.c tcp_probe_timer; RFC 9293 3.8.6.1"),
		},
		Excluded: []knowledge.Statement{
			claim("Fewer than a fifth of all that are open are an info: users pause what they watch or load. The share is a proposal.",
				"不足现有连接的五分之一时为信息：用户会暂停播放或下载。比例为建议值。", "RFC 9293 3.8.6.1"),
			claim("A peer that takes some of it between the readings is slow, not stuck. Kernels before 5.4 do not show the window; the sentence then says \"if\".",
				"两次读取之间取走了一部分的对端只是慢。5.4 之前的内核不显示窗口，此时会说明“若”。", "net/ipv4/tcp.c tcp_get_info"),
		},
		App: []knowledge.Statement{
			claim("Find why the peers do not read: a client that hangs, a consumer that is too slow. Here, bound how long and how much is queued for one: send timeouts, TCP_USER_TIMEOUT.",
				"查清对端为何不读取：客户端卡住、消费者过慢。本端则限制为单个连接排队的时间和数据量：发送超时、TCP_USER_TIMEOUT。", "tcp(7) TCP_USER_TIMEOUT; RFC 9293 3.8.6.1"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: larger buffers hold more that is not read.", "无参数可调：缓冲区越大，积压越多。", "RFC 9293 3.8.6"),
		},
		Check:   command.Of("list", "state established and timer = persist", "-c", "+timer,snd-wnd"),
		Sources: []string{"net/ipv4/tcp_timer.c tcp_probe_timer", "RFC 9293 3.8.6.1"},
		See:     []string{"ESTABLISHED", "ES03", "ES05", "FW05"},
		Judge:   judgeES06,
	}
}

// unservedIn is how long a reader may leave its data unread: many loops read every few
// seconds, and a peer that reads at such intervals has no room in between.
const unservedIn = 5 * time.Second

// pausedShare is the share of the open connections that may belong to users who pause.
const pausedShare = 0.2

func judgeES06(c *Case) []Finding {
	now, before, ok := c.Kept(Persisting)
	if !ok {
		return nil
	}
	full := roomless(now.Rows)
	if !full.many() {
		return nil
	}
	f := full.finding(say("%s open connection[s] cannot send: [its peer has|their peers have] no room, %s in %s",
		"%s 个已建立的连接无法发送：对端没有空间，%s来自 %s", len(full.rows), howMany(full.most, len(full.rows)), full.network.String()))
	f.Severity = Info
	unmovedRows, _ := unmoved(now, before, func(l, was Life) (bool, bool) { return l.sends(was, c.Window) })
	stuck := roomless(unmovedRows)
	switch {
	case before == nil:
		c.Lacks("window", noWindow())
		f.Detail = append(f.Detail, text("a peer that reads slowly has no room now and again: a window tells whether it reads at all", "读得慢的对端时而没有空间：观察一个窗口才能知道它是否在读取"))
	case !stuck.many():
		f.Detail = append(f.Detail, text("they take data all the same: peers that read slowly", "数据仍在被取走：对端只是读得慢"))
	case c.Window < unservedIn:
		f.Detail = append(f.Detail, say("%s of them took nothing in %s s, which is too short to tell a reader that hangs from one that reads every few seconds: look for 10 s",
			"其中 %s 个在 %s 秒内没有取走任何数据；时间太短，分不清是卡住还是每隔几秒才读一次：请观察 10 秒", len(stuck.rows), seconds(c.Window)))
	case float64(len(stuck.rows)) < pausedShare*float64(c.Count(tcp.Established)+c.Count(tcp.CloseWait)):
		f.Detail = append(f.Detail, say("%s of them took nothing in %s s, of %s that are open: so do players and downloads that their users have paused",
			"其中 %s 个在 %s 秒内没有取走任何数据，而打开的共有 %s 个：用户暂停的播放或下载就是这样", len(stuck.rows), seconds(c.Window), c.Count(tcp.Established)+c.Count(tcp.CloseWait)))
	default:
		f.Severity, f.Basis = Warning, Lasting
		if stuck.untold > 0 {
			f.Severity = Notice
		}
		f.Detail = append(f.Detail, say("%s of them took nothing in %s s: readers that hang, or read slowly on purpose.", "其中 %s 个在 %s 秒内没有取走任何数据：读取方卡住，或有意慢读。", len(stuck.rows), seconds(c.Window)))
	}
	f.rows = full.rows
	f.ownersOf(full.rows)
	return []Finding{f}
}

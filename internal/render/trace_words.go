// SPDX-License-Identifier: Apache-2.0

package render

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// traceWords are the fixed words of a summary.
type traceWords struct {
	title   string // argument: seconds
	columns []string

	stayColumns []string
	nothing     string
	after       string
	stays       string
	resets      string
	why         string
	opened      string // arguments: count, rate per second
	more        string // argument: how many
	to          string // argument: port
	kernel      string // arguments: the kernel, the process for which it acted
	counted     string // arguments: seen, counted
	refused     string // argument: how many
	apart       string // argument: how many
	lost        string // no argument
	cost        string // arguments: transitions, ns, share
	blind       string
}

func wordsOfTraces(lang knowledge.Lang) traceWords {
	if lang == knowledge.Chinese {
		return traceWords{
			title:   "连接如何结束（%s 秒）",
			columns: []string{"结束方式", "数量", "占比", "每秒", "由谁"},

			stayColumns: []string{"状态", "数量", "中位数", "99%"},
			nothing:     "没有连接结束",
			after:       "其中，本机先开始关闭、之后：",
			stays:       "在各状态停留多久（抽样，每 16 个套接字取 1 个）：",
			resets:      "本机发送的重置（RST）：",
			why:         "内核所说的原因",
			opened:      "发起连接 %s 次（每秒 %s）",
			more:        "另有 %d 项",
			to:          "→:%d",
			kernel:      "内核代 %s",
			counted:     "TIME_WAIT：看到 %s 个，内核统计 %s 个",
			refused:     "其中 %s 个因 tcp_max_tw_buckets 已满而被拒绝",
			apart:       "相差 %s",
			lost:        "没有丢失",
			cost:        "内核中的程序：%s 次状态变化，每次 %d ns，占一个处理器的 %s",
			blind:       "看不到：半开连接、单个 TIME_WAIT 如何结束、跟踪开始之前的事",
		}
	}
	return traceWords{
		title:   "how connections ended (%s s)",
		columns: []string{"ended", "count", "share", "per s", "by"},

		stayColumns: []string{"state", "count", "median", "99 %"},
		nothing:     "no connection ended",
		after:       "of these, after this host had begun to close:",
		stays:       "how long in a state (of 1 socket in 16):",
		resets:      "resets (RST) that this host sent:",
		why:         "why, in the kernel's words",
		opened:      "connections opened from here: %s (%s a second)",
		more:        "%d more",
		to:          "to :%d",
		kernel:      "the kernel, for %s",
		counted:     "TIME_WAIT: %s seen, %s by the kernel's count",
		refused:     "%s of them refused, since tcp_max_tw_buckets was reached",
		apart:       "%s apart",
		lost:        "none lost",
		cost:        "the programs in the kernel: %s transitions, %d ns each, %s of one processor",
		blind:       "not seen: half-open connections, how a single TIME_WAIT ends, what was before the trace",
	}
}

// reasonText returns how a connection ended, in words.
func reasonText(r socket.Reason) knowledge.Text {
	switch r {
	case socket.ClosedFirst:
		return knowledge.Text{En: "closed first, orderly", Zh: "先关闭（正常）"}
	case socket.ClosedAfter:
		return knowledge.Text{En: "closed after the peer, orderly", Zh: "对端先关闭（正常）"}
	case socket.UnreadData:
		return knowledge.Text{En: "reset by us: unread data", Zh: "本端重置：有未读数据"}
	case socket.LingerZero:
		return knowledge.Text{En: "reset by us: SO_LINGER 0", Zh: "本端重置：SO_LINGER 0"}
	case socket.Disconnected:
		return knowledge.Text{En: "reset by us: disconnected", Zh: "本端重置：断开"}
	case socket.NeverAccepted:
		return knowledge.Text{En: "reset by us: never accepted", Zh: "本端重置：从未被 accept()"}
	case socket.GaveUp:
		return knowledge.Text{En: "gave up connecting", Zh: "放弃连接"}
	case socket.NoPort:
		return knowledge.Text{En: "connect() found no local port", Zh: "connect() 没有可用的本地端口"}
	case socket.Destroyed:
		return knowledge.Text{En: "destroyed by another process", Zh: "被其他进程销毁"}
	case socket.PeerReset:
		return knowledge.Text{En: "reset by the peer", Zh: "被对端重置"}
	case socket.ResetAfterOurs:
		return knowledge.Text{En: "reset, or data nobody wanted", Zh: "被重置，或来了不再需要的数据"}
	case socket.Refused:
		return knowledge.Text{En: "connection refused", Zh: "连接被拒绝"}
	case socket.TimedOut:
		return knowledge.Text{En: "timed out", Zh: "超时"}
	case socket.Unreachable:
		return knowledge.Text{En: "unreachable", Zh: "不可达"}
	case socket.Abandoned:
		return knowledge.Text{En: "abandoned by the kernel", Zh: "被内核放弃"}
	case socket.Unseen:
		return knowledge.Text{En: "ended, not seen how", Zh: "已结束，未见如何"}
	default:
		return knowledge.Text{En: "another error", Zh: "其他错误"}
	}
}

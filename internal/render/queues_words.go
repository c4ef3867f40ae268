// SPDX-License-Identifier: Apache-2.0

package render

import (
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// queuesWords are the fixed words around listeners.
type queuesWords struct {
	columns   []string // headings: address, owner and the source of the limit, then numbers
	dropRate  string
	moved     string
	verdict   string
	none      string
	noneOf    string // arguments: how many there are, plural
	sign      string
	knob      string
	listeners string // arguments: how many, plural
	alike     string // arguments: how many, plural
	window    string // argument: seconds
	traced    string // argument: seconds
	untraced  string // argument: seconds
	ends      []string
	lang      knowledge.Lang
}

func queueWords(lang knowledge.Lang) queuesWords {
	if lang == knowledge.Chinese {
		return queuesWords{
			columns:   []string{"监听地址", "所有者", "上限来自", "等待", "上限", "半连接", "未 accept", "丢弃"},
			dropRate:  "丢弃/秒",
			moved:     "队列",
			verdict:   "结论",
			none:      "没有监听套接字",
			noneOf:    "%s 个监听套接字%.0s，没有一个符合过滤条件",
			sign:      "现象：",
			knob:      "建议：",
			listeners: "%d 个监听套接字%.0s",
			alike:     "另有 %s 个监听套接字%.0s与上面某一个的状态相同",
			window:    "观察 %.1f 秒",
			traced:    "已 accept 的连接如何结束（跟踪 %.1f 秒，按端口）：",
			untraced:  "跟踪 %.1f 秒：这些端口上没有连接结束",
			ends:      []string{"端口", "结束方式", "数量", "每秒", "由谁"},
			lang:      lang,
		}
	}
	return queuesWords{
		columns:   []string{"listener", "owner", "limit from", "waiting", "limit", "syn-recv", "unaccepted", "drops"},
		dropRate:  "drops/s",
		moved:     "queue",
		verdict:   "verdict",
		none:      "no listeners",
		noneOf:    "%s listener%s, and none that the filter chooses",
		sign:      "seen: ",
		knob:      "do:   ",
		listeners: "%d listener%s",
		alike:     "%s more listener%s in a state that is explained above",
		window:    "watched for %.1f s",
		traced:    "how connections ended that they had accepted (traced for %.1f s, by port):",
		untraced:  "traced for %.1f s: no connection of these ports ended",
		ends:      []string{"port", "ended", "count", "per s", "by"},
		lang:      lang,
	}
}

func (w queuesWords) setBy(s diagnose.LimitSource) string {
	text := knowledge.Text{}
	switch s {
	case diagnose.LimitSomaxconn:
		text = knowledge.Text{En: "somaxconn", Zh: "somaxconn"}
	case diagnose.LimitApplication:
		text = knowledge.Text{En: "application", Zh: "应用"}
	case diagnose.LimitEarlier:
		text = knowledge.Text{En: "earlier somaxconn", Zh: "以前的 somaxconn"}
	default:
		return UnknownText
	}
	return text.In(w.lang)
}

func (w queuesWords) movement(m diagnose.Movement) string {
	text := knowledge.Text{}
	switch m {
	case diagnose.MovementIdle:
		text = knowledge.Text{En: "idle", Zh: "空闲"}
	case diagnose.Moved:
		text = knowledge.Text{En: "moved", Zh: "有进展"}
	case diagnose.Stuck:
		text = knowledge.Text{En: "stuck", Zh: "卡住"}
	default:
		return UnknownText
	}
	return text.In(w.lang)
}

func (w queuesWords) severity(s diagnose.Severity) string {
	return severityText(s).In(w.lang)
}

func severityText(s diagnose.Severity) knowledge.Text {
	switch s {
	case diagnose.OK:
		return knowledge.Text{En: "ok", Zh: "正常"}
	case diagnose.Notice:
		return knowledge.Text{En: "notice", Zh: "提示"}
	case diagnose.Warning:
		return knowledge.Text{En: "warning", Zh: "警告"}
	case diagnose.Critical:
		return knowledge.Text{En: "critical", Zh: "严重"}
	default:
		return knowledge.Text{En: UnknownText, Zh: UnknownText}
	}
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// diffWords are the words of a comparison in one language.
type diffWords struct {
	title                string // arguments: both times, time between, sockets at both, difference
	nothing              string
	old, new, difference string
	listeners            string
	columns              []string
	isNew, gone, again   string
	stayed               string // argument: how long
}

func (w *diffWords) changed(c query.ListenerChange) string {
	switch c {
	case query.ListenerGone:
		return w.gone
	case query.ListenerReplaced:
		return w.again
	default:
		return w.isNew
	}
}

func diffWordsIn(lang knowledge.Lang) *diffWords {
	if lang == knowledge.Chinese {
		return &diffWords{
			title:   "%s → %s（%s）· 套接字 %s → %s（%s）",
			nothing: "没有任何一组增减。",
			old:     "之前", new: "之后", difference: "变化",
			listeners: "监听套接字",
			columns:   []string{"变化", "地址", "所有者", "网络命名空间"},
			isNew:     "新增", gone: "消失", again: "更换",
			stayed: "始终处于同一状态的连接，至少 %s",
		}
	}
	return &diffWords{
		title:   "%s → %s (%s) · %s → %s (%s)",
		nothing: "No group grew or shrank.",
		old:     "old", new: "new", difference: "difference",
		listeners: "Listeners",
		columns:   []string{"change", "address", "owner", "netns"},
		isNew:     "new", gone: "gone", again: "replaced",
		stayed: "Connections in one state all the time, for at least %s",
	}
}

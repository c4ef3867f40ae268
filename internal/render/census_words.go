// SPDX-License-Identifier: Apache-2.0

package render

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// censusWords are the words around the numbers of a census table.
type censusWords struct {
	sockets   string // arguments: total, plural, listening
	none      string
	nothing   string
	unsure    string // no sockets, in an answer that lost something
	unread    string // nothing at all, in an answer that lost something
	elsewhere string // arguments: how many, plural, verb
	unseen    string
	lost      string
	selected  string // arguments: how many, plural
	changes   string // for a trace; the same arguments
	hint      string // arguments: what was seen, command
}

func tableWords(lang knowledge.Lang) censusWords {
	if lang == knowledge.Chinese {
		return censusWords{
			sockets:   "%s 个 TCP 套接字%.0s，其中 %s 个在监听",
			none:      "没有处于以下状态的：",
			nothing:   "没有 TCP 套接字",
			unsure:    "在读到的部分里没有：",
			unread:    "没有读到 TCP 套接字",
			elsewhere: "另有 %d 个网络命名空间%.0s%.0s未计入",
			unseen:    "看不到：",
			lost:      "数据不完整：",
			selected:  "%s 个套接字%.0s",
			changes:   "%s 次变化%.0s",
			hint:      "%s：%s 会给出详情",
		}
	}
	return censusWords{
		sockets:   "%s TCP socket%s, %s listening",
		none:      "none in: ",
		nothing:   "no TCP sockets at all",
		unsure:    "none in what could be read: ",
		unread:    "no TCP socket could be read",
		elsewhere: "%d other network namespace%s %s not counted here",
		unseen:    "not visible: ",
		lost:      "partial data: ",
		selected:  "%s socket%s",
		changes:   "%s change%s",
		hint:      "%s: %s says more",
	}
}

// groupingWords are the words around a census by keys.
type groupingWords struct {
	title    string // arguments: sockets, plural, groups, plural
	changes  string // for a trace; the same arguments
	count    string
	share    string
	others   string // arguments: how many, plural
	overflow string
	inferred string
	interval string // heading of the column
	thin     string // a cell; arguments: low, high
	sampled  string // arguments: buckets read, buckets in all
}

func groupWords(lang knowledge.Lang) groupingWords {
	if lang == knowledge.Chinese {
		return groupingWords{
			title:    "%s 个套接字%.0s，分为 %s 组%.0s",
			changes:  "%s 次变化%.0s，分为 %s 组%.0s",
			count:    "数量",
			interval: "95 % 区间",
			thin:     "%s – %s（样本太少）",
			sampled:  "估计值：只查看了 %[2]s 个哈希桶中的 %[1]s 个；真实数目有 95 %% 的概率落在区间内",
			share:    "占比",
			others:   "其余 %s 组%.0s",
			overflow: "组数太多，未能细分",
			inferred: "* 其中有些没有进程打开（已关闭，或尚未被 accept()）：由本地端口的监听套接字或同一目标的其他连接推断",
		}
	}
	return groupingWords{
		title:    "%s socket%s in %s group%s",
		changes:  "%s change%s in %s group%s",
		count:    "count",
		interval: "95 % interval",
		thin:     "%s – %s (too few seen)",
		sampled:  "estimates: %s of %s buckets of the table were looked at; the true numbers lie in the intervals with a probability of 95 %%",
		share:    "share",
		others:   "%s other%s",
		overflow: "not told apart: too many groups",
		inferred: "* some of these no process has open (closed, or not accepted yet): inferred from the listener of the local port, or from other connections to the destination",
	}
}

// SPDX-License-Identifier: Apache-2.0

package render

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// censusWords are the words around the numbers of a census table.
type censusWords struct {
	sockets   string // total, plural, listening
	none      string
	nothing   string
	elsewhere string // how many, plural, verb
	unseen    string
	lost      string
	selected  string // how many, plural
}

func tableWords(lang knowledge.Lang) censusWords {
	if lang == knowledge.Chinese {
		return censusWords{
			sockets:   "%s 个 TCP 套接字%.0s，其中 %s 个在监听",
			none:      "没有处于以下状态的：",
			nothing:   "没有 TCP 套接字",
			elsewhere: "另有 %d 个网络命名空间%.0s%.0s未计入",
			unseen:    "看不到：",
			lost:      "数据不完整：",
			selected:  "%s 个套接字%.0s",
		}
	}
	return censusWords{
		sockets:   "%s TCP socket%s, %s listening",
		none:      "none in: ",
		nothing:   "no TCP sockets at all",
		elsewhere: "%d other network namespace%s %s not counted here",
		unseen:    "not visible: ",
		lost:      "partial data: ",
		selected:  "%s socket%s",
	}
}

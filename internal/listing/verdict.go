// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// wanted is the way out of input that is not a listing.
func wanted() knowledge.Text {
	return knowledge.Text{
		En: "give it what one of these prints: ss -tan, netstat -ant, cat /proc/net/tcp /proc/net/tcp6, netstat -an on Windows",
		Zh: "请给出以下命令之一的输出：ss -tan、netstat -ant、cat /proc/net/tcp /proc/net/tcp6，或 Windows 上的 netstat -an",
	}
}

// verdict returns why the input as a whole cannot be used, nil when it can.
func (rd *Reader) verdict() error {
	r := &rd.result
	if err := rd.spoiled(); err != nil {
		return err
	}
	switch {
	case rd.rows() > 0 || rd.byFormat[StateCounts] > 0:
		return nil
	case rd.other != signNone:
		return rd.unusable(rd.other.words())
	case rd.sign != signNone:
		return rd.unusable(rd.sign.words())
	case rd.thing() > 0:
		return rd.unusable(wrongColumn(rd.thing()))
	case r.Broken > 0:
		return rd.allBroken()
	case r.Ignored.rows() > 0:
		list := others(&r.Ignored)
		return rd.unusable(knowledge.Text{En: "has no TCP rows, only " + list, Zh: "没有 TCP 行，只有 " + list},
			knowledge.Text{En: "run it with the TCP sockets, as netstat -ant or ss -tan", Zh: "请列出 TCP 套接字，例如 netstat -ant 或 ss -tan"})
	case rd.ctx.started != Unrecognised && rd.texts.n > 0:
		t := rd.texts
		return rd.unusable(knowledge.Text{
			En: fmt.Sprintf("has the heading of a listing and not one row that can be read; line %d: %s", t.line, t.text),
			Zh: fmt.Sprintf("有列表的表头，但没有一行可读；第 %d 行：%s", t.line, t.text),
		}, wanted())
	case rd.ctx.started != Unrecognised:
		return nil // a heading and no sockets: none were there
	case r.Ignored.Text == 0 && rd.json != nil:
		return rd.unusable(knowledge.Text{En: "is JSON, and nothing in it is a socket or a count that is understood", Zh: "是 JSON，但其中没有可识别的套接字或计数"}, wanted())
	case r.Ignored.Text == 0:
		return rd.unusable(knowledge.Text{En: "is empty", Zh: "是空的"}, wanted())
	case rd.control:
		return rd.binary()
	default:
		return rd.unusable(knowledge.Text{En: "is not a listing of sockets: no line of it is a TCP row", Zh: "不是套接字列表：没有一行是 TCP 套接字"}, wanted())
	}
}

// thing tells what was counted when the lines count something else than states.
func (rd *Reader) thing() countedThing {
	best := countedThing(0)
	for t := countsNumbers; t < countedThings; t++ {
		if rd.things[t] > 0 && (best == 0 || rd.things[t] > rd.things[best]) {
			best = t
		}
	}
	if t := rd.things[countsPrograms]; t > 0 {
		return countsPrograms // one such line is enough
	}
	return best
}

// spoiled is the verdict on input whose rows or counts are there and mean
// something else.
func (rd *Reader) spoiled() error {
	rows, counts := rd.rows() > 0, rd.byFormat[StateCounts] > 0
	if rd.json != nil {
		rd.spelled.add(rd.json.spelled)
	}
	switch {
	case counts && !rows && rd.spelled.ofSummary():
		return rd.unusable(signSSSummary.words())
	case (rows || counts) && rd.sign.spoils() == spoilsAll,
		counts && !rows && !rd.ctx.bsd && rd.sign.spoils() == spoilsCounts:
		return rd.unusable(rd.sign.words())
	case rows && (rd.added.n > 0 && (rd.quoted || rd.added.n < rd.rows()) || rd.removed || rd.bullets > 0 && rd.bullets < rd.rows()):
		return rd.unusable(signDiff.words())
	case rows && counts && !rd.sameCounts() && rd.sign.spoils() != spoilsCounts:
		return rd.twoAnswers()
	case rows && rd.before.counts():
		return rd.unusable(
			knowledge.Text{En: "has rows behind a count (sort | uniq -c of whole rows)", Zh: "各行前面有计数（对整行做了 sort | uniq -c）"},
			knowledge.Text{En: "give it the listing itself, or count the states alone: ss -tan | awk '{print $1}' | sort | uniq -c", Zh: "请给出列表本身，或只统计状态：ss -tan | awk '{print $1}' | sort | uniq -c"})
	case rd.onlyUDP():
		return rd.unusable(
			knowledge.Text{En: "has only UNCONN and ESTAB of ss and no protocol beside them: ss -u prints UDP sockets in this way", Zh: "只有 ss 的 UNCONN 与 ESTAB 且没有协议列：ss -u 就是这样打印 UDP 套接字的"},
			knowledge.Text{En: "run ss -tan, which prints TCP sockets", Zh: "请运行 ss -tan，它打印 TCP 套接字"})
	case !rows && counts && (rd.cutState != nil || rd.spelled.isCut()):
		word := quote(rd.cutState)
		if rd.cutState == nil {
			word = quote([]byte("CLOSE"))
		}
		return rd.unusable(
			knowledge.Text{En: "has states that are cut short, such as " + word, Zh: "有被截短的状态，例如 " + word},
			knowledge.Text{En: "count again without cutting: ss -tan | awk '{print $1}' | sort | uniq -c", Zh: "请不要截断，重新统计：ss -tan | awk '{print $1}' | sort | uniq -c"})
	default:
		return nil
	}
}

// sameCounts reports whether the counts in the text are those of its rows.
func (rd *Reader) sameCounts() bool {
	for s := range tcp.AllStates.All() {
		if rd.counted.Of(s) != rd.result.Counts.Of(s) {
			return false
		}
	}
	return true
}

// twoAnswers is the verdict on a text with rows and with counts that differ.
func (rd *Reader) twoAnswers() error {
	counted, rows := rd.counted.Total(), rd.result.Counts.Total()
	return rd.unusable(knowledge.Text{
		En: fmt.Sprintf("has two answers in one text: %d %s in %d %s of counts, and %d %s",
			counted, plural(counted, "socket", "sockets"), rd.byFormat[StateCounts], plural(rd.byFormat[StateCounts], "line", "lines"), rows, plural(rows, "row", "rows")),
		Zh: fmt.Sprintf("一份文本里有两个答案：%d 行计数共 %d 个套接字，另有 %d 行套接字", rd.byFormat[StateCounts], counted, rows),
	}, knowledge.Text{En: "give it one of the two", Zh: "请只给出其中之一"})
}

// onlyUDP reports whether the rows of ss may all be UDP: those are UNCONN, or
// ESTAB when they are connected.
func (rd *Reader) onlyUDP() bool {
	c := &rd.result.Counts
	known := rd.result.Format == SS && !rd.netid || rd.result.Format == StateCounts
	return known && rd.unconn && c.Of(tcp.Bound)+c.Of(tcp.Established) == c.Total()
}

func (rd *Reader) unusable(msg, hint knowledge.Text) error {
	return &problem.InputError{Name: rd.name, Msg: msg.En, Hint: hint.En, Zh: msg.Zh, HintZh: hint.Zh}
}

func (rd *Reader) binary() error {
	return rd.unusable(knowledge.Text{En: "is binary, not text", Zh: "是二进制数据，不是文本"}, wanted())
}

// allBroken is the verdict on input with TCP rows of which none can be read.
func (rd *Reader) allBroken() error {
	first := rd.broken[0]
	hint := wanted()
	switch {
	case first.Code == problem.LineStateLeftOut:
		hint = knowledge.Text{En: "run ss -tan, which shows every state with its name", Zh: "请运行 ss -tan，它会显示每个状态的名称"}
	case first.Code == problem.LineSeveral:
		hint = knowledge.Text{
			En: "keep one column of numbers (one time, one machine): awk '{print $1, $2}'",
			Zh: "请只保留一列数字（一个时刻、一台机器）：awk '{print $1, $2}'",
		}
	case first.Code == problem.LineStateColumn:
		hint = knowledge.Text{En: "ask for the column State too, in a window that is wide enough: Get-NetTCPConnection | select LocalPort,State", Zh: "请同时输出 State 列，并让窗口足够宽：Get-NetTCPConnection | select LocalPort,State"}
	case first.Code == problem.LineCutState, rd.cutState != nil && first.Code == problem.LineState:
		hint = knowledge.Text{
			En: "the states are cut short: give the text as the program prints it, ss -tan > FILE, without cut, a narrow window or column -c",
			Zh: "状态被截短了：请给出程序的原样输出（ss -tan > FILE），不要经过 cut、过窄的窗口或 column -c",
		}
	case rd.ofCounts(first.Code):
		hint = knowledge.Text{
			En: "a count is a state and how many, one a line and with no other words: ss -tan | awk '{print $1}' | sort | uniq -c prints them so, and ss -tan itself is read too",
			Zh: "计数应为每行一个状态和一个数目，不带其他文字：ss -tan | awk '{print $1}' | sort | uniq -c 就这样打印；也可以直接给出 ss -tan 的输出",
		}
	case first.Args.Texts()[1] != "": // a word that is not a state
		hint = knowledge.Text{
			En: "if it is a state in another language, these are always English: ss -tan, LC_ALL=C netstat -ant, and Get-NetTCPConnection on Windows",
			Zh: "如果这是其他语言的状态名，以下命令总是输出英文：ss -tan、LC_ALL=C netstat -ant，以及 Windows 上的 Get-NetTCPConnection",
		}
	}
	return rd.unusable(knowledge.Text{
		En: fmt.Sprintf("has no readable TCP row and %d that cannot be read; %s", rd.result.Broken, knowledge.GapText(first).En),
		Zh: fmt.Sprintf("没有一行 TCP 可读，%d 行无法读取；%s", rd.result.Broken, knowledge.GapText(first).Zh),
	}, hint)
}

// ofCounts reports whether what could not be read was meant as counts by state.
func (rd *Reader) ofCounts(code problem.Code) bool {
	switch code {
	case problem.LineUnclear, problem.LineBadNumber, problem.LineNotSockets, problem.LineStrayWord, problem.LineStrayTitle, problem.LineNoNumber:
		return rd.ctx.started == Unrecognised || rd.ctx.started == StateCounts
	case problem.LineUnreadable:
		return (rd.ctx.started == Unrecognised || rd.ctx.started == StateCounts) && !likeRow(rd.line.line) && mentions(rd.line.line) > 0
	default:
		return false
	}
}

// others lists the rows of other protocols, as in "12 udp and 3 unix rows".
func others(i *Ignored) string {
	var parts []string
	add := func(n uint64, name string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	add(i.UDP, "udp")
	add(i.Unix, "unix")
	add(i.Raw, "raw")
	add(i.Other, "other")
	list := strings.Join(parts, ", ")
	if n := len(parts); n > 1 {
		list = strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	if i.rows() == 1 {
		return list + " row"
	}
	return list + " rows"
}

func plural(n uint64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

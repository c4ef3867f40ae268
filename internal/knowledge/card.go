// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Statement is one thing we know, with where it is known from: a kernel file
// and function, an RFC section, or a measurement.
type Statement struct {
	Text
	Source string
}

// SourceIn returns the source for a reader of lang: names of files, functions
// and RFCs stay as they are.
func (s Statement) SourceIn(lang Lang) string {
	if lang != Chinese {
		return s.Source
	}
	return strings.NewReplacer(measured, "Linux 6.18 实测", "Little's law: number = rate × time", "利特尔法则：数量 = 速率 × 时间", "Little's law", "利特尔法则").Replace(s.Source)
}

// StateCard is everything worth knowing about one state at 3 a.m.
type StateCard struct {
	State   tcp.State
	Summary Text // one line, no full stop

	What    []Statement // what it is
	Enter   []Statement // how a connection gets here
	Leave   []Statement // how it leaves
	Lasts   []Statement // how long it can last and what bounds it
	Owner   []Statement // process, kernel or nobody
	Weight  []Statement // bytes, descriptors, ports
	Normal  []Statement // when a high number is harmless
	Symptom []Statement // when it is not
	App     []Statement // what to do in the application
	Kernel  []Statement // what to do in the kernel
	Avoid   []Statement // advice that is dead, useless or harmful here

	RFC []string // sections, such as "RFC 9293 3.6.1"
}

// Section is a part of a card under its heading.
type Section struct {
	Heading    Text
	Statements []Statement
}

// Sections returns the parts of the card in reading order.
func (c StateCard) Sections() []Section {
	return []Section{
		{Text{"What it is", "这是什么状态"}, c.What},
		{Text{"How a connection gets here", "如何进入"}, c.Enter},
		{Text{"How it leaves", "如何离开"}, c.Leave},
		{Text{"How long it lasts", "能持续多久"}, c.Lasts},
		{Text{"Who owns it", "归谁所有"}, c.Owner},
		{Text{"What it weighs", "占多少资源"}, c.Weight},
		{Text{"When a high number is normal", "数量多但正常的情况"}, c.Normal},
		{Text{"When it is a symptom", "什么时候说明有问题"}, c.Symptom},
		{Text{"What to do in the application", "应用侧怎么处理"}, c.App},
		{Text{"What to do in the kernel", "内核侧怎么处理"}, c.Kernel},
		{Text{"What not to do", "不要这样做"}, c.Avoid},
	}
}

// StateCardOf returns the card of s; that of SYN_RECV for NewSynRecv. A number
// that is no state has an empty card.
func StateCardOf(s tcp.State) StateCard {
	switch s.Reported() {
	case tcp.Established:
		return established()
	case tcp.SynSent:
		return synSent()
	case tcp.SynRecv:
		return synRecv()
	case tcp.FinWait1:
		return finWait1()
	case tcp.FinWait2:
		return finWait2()
	case tcp.TimeWait:
		return timeWait()
	case tcp.Close:
		return closed()
	case tcp.CloseWait:
		return closeWait()
	case tcp.LastAck:
		return lastAck()
	case tcp.Listen:
		return listen()
	case tcp.Closing:
		return closing()
	case tcp.Bound:
		return bound()
	default:
		return StateCard{}
	}
}

// say makes a statement.
func say(en, zh, source string) Statement {
	return Statement{Text: Text{En: en, Zh: zh}, Source: source}
}

// measured is the source of what was observed rather than read.
const measured = "measured on Linux 6.18"

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// PlanTable prints a plan.
type PlanTable struct {
	report.Plan

	Lang knowledge.Lang
}

// String returns the table with a final newline.
func (p PlanTable) String() string {
	words := planWordsIn(p.Lang)
	var t grid
	t.header(words.plan, false)
	t.header("", false)
	t.row([]string{words.engine, p.Engine + colon(p.Lang) + words.how(p.Counted)})
	t.row([]string{words.states, p.states(words)})
	t.row([]string{words.kernel, p.kernel(words)})
	t.row([]string{words.here, or(p.Here, words.nothing)})
	t.row([]string{words.size, fmt.Sprintf(words.sizeText, knowledge.Grouped(p.Size.Sockets), knowledge.Grouped(p.Size.Buckets), p.Size.Namespaces)})
	for i, e := range p.Engines {
		head := ""
		if i == 0 {
			head = words.cost
		}
		cost := words.unknown
		if e.Cost > 0 {
			cost = "~" + Milliseconds(e.Cost)
		}
		t.row([]string{head, strings.TrimSpace(fmt.Sprintf("%-10s %-9s %s", e.Name, cost, or(problem.Wording(e.Not, p.Lang == knowledge.Chinese), words.taken)))})
	}
	return t.String()
}

func (p PlanTable) kernel(words planWords) string {
	if p.InPart {
		return words.part + p.Kernel
	}
	return or(p.Kernel, words.nothing)
}

func (p PlanTable) states(words planWords) string {
	if p.States == tcp.AllStates {
		return words.all
	}
	var names []string
	for s := range p.States.All() {
		names = append(names, s.String())
	}
	return knowledge.Listed(names, p.Lang)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// planWords are the words of a plan.
type planWords struct {
	plan, engine, states, kernel, here, size, cost string

	sizeText                                      string // arguments: sockets, buckets, namespaces
	nothing, all, taken, unknown, counted, copied string
	part                                          string // printed before a filter
}

func (w planWords) how(counted bool) string {
	if counted {
		return w.counted
	}
	return w.copied
}

func planWordsIn(lang knowledge.Lang) planWords {
	if lang == knowledge.Chinese {
		return planWords{
			plan: "计划", engine: "引擎", states: "状态", kernel: "由内核判断", here: "在此判断", size: "规模", cost: "代价",
			sizeText: "约 %s 个套接字，%s 个哈希桶，%d 个网络命名空间",
			part:     "其中一部分：", nothing: "无", all: "全部", taken: "采用", unknown: "未知",
			counted: "在内核中计数，只取出结果", copied: "逐个取出套接字",
		}
	}
	return planWords{
		plan: "plan", engine: "engine", states: "states", kernel: "decided by the kernel", here: "decided here", size: "size", cost: "cost",
		sizeText: "sockets: about %s, in a table of %s buckets; network namespaces: %d",
		part:     "a part of: ", nothing: "nothing", all: "all", taken: "taken", unknown: "not known",
		counted: "counts inside the kernel, only numbers come out", copied: "copies each socket out of the kernel",
	}
}

// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"context"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/explain"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// argWords are the words that are explained.
const argWords = "words"

func explainTool() tool {
	return tool{
		name: "explain", title: knowledge.Text{En: "Explain a state, counter, parameter or rule", Zh: "解释状态、计数器、参数或规则"},
		help: knowledge.Text{
			En: "Explain what a TCP state, a counter of the kernel, a kernel parameter, a rule of doctor, a metric or a widespread myth is, and what to do about it; or search. It reads nothing of this host.",
			Zh: "解释 TCP 状态、内核计数器、内核参数、诊断规则、指标或流传的误解是什么，以及该怎么办；也可以搜索。它不读取本机的任何东西。",
		},
		takes: []argument{{name: argWords, needed: true, help: knowledge.Text{
			En: "a name such as TIME_WAIT, ListenOverflows, tcp_tw_reuse or a code of a rule; words to search for; or what there is: states, counters, sysctls, rules, myths, questions, fields, filters, keys, metrics, all",
			Zh: "名称，如 TIME_WAIT、ListenOverflows、tcp_tw_reuse 或规则编号；要搜索的词；或列表：states、counters、sysctls、rules、myths、questions、fields、filters、keys、metrics、all",
		}}, skipArgument(), langArgument()},
		answer: askExplain,
	}
}

func askExplain(_ context.Context, q *question) (*page, error) {
	a, err := explain.Ask(explain.Topics(), strings.Fields(q.text(argWords)))
	if err != nil {
		return nil, err
	}
	skip := q.number(argSkip, 0)
	view := render.Options{Lang: q.lang, Width: width}
	p := &page{
		ours: true, skips: true,
		what:   knowledge.Text{En: "statements", Zh: "条说明"},
		narrow: knowledge.Text{En: "for other words", Zh: "换用别的词"},
	}
	part := func(n int) *explain.Answer { return statements(&a, skip, n) }
	p.whole = countStatements(&a)
	if a.Kind != explain.Pages {
		p.what = knowledge.Text{En: "topics", Zh: "个主题"}
		p.whole = len(a.Topics)
		part = func(n int) *explain.Answer { return topics(&a, skip, n) }
	}
	p.rows = max(0, p.whole-skip)
	p.text = func(n int) string { return render.Explained(part(n), view) }
	p.document = func(n int) ([]byte, error) { return line(report.NewExplain(part(n))) }
	p.trim = trimExplain
	return p, nil
}

// trimExplain leaves the statements to the text, which has them all.
func trimExplain(d map[string]any) {
	all, _ := d["topics"].([]any)
	for _, one := range all {
		if topic, ok := one.(map[string]any); ok {
			delete(topic, "sections")
		}
	}
}

// topics returns a part of a list, or of what a search has found.
func topics(a *explain.Answer, skip, n int) *explain.Answer {
	from := min(skip, len(a.Topics))
	p := *a
	p.Topics = a.Topics[from : from+n]
	if len(a.Hits) > 0 {
		p.Hits = a.Hits[from : from+n]
	}
	return &p
}

func countStatements(a *explain.Answer) (n int) {
	for i := range a.Topics {
		for _, s := range a.Topics[i].Sections {
			n += len(s.Statements)
		}
	}
	return n
}

// statements returns pages with a part of their statements. A section or a page of
// which nothing is left is left out, but for a page without any.
func statements(a *explain.Answer, skip, n int) *explain.Answer {
	p := *a
	p.Topics = nil
	for i := range a.Topics {
		t, had := a.Topics[i], len(a.Topics[i].Sections) > 0
		t.Sections = nil
		for _, s := range a.Topics[i].Sections {
			from := min(skip, len(s.Statements))
			to := min(from+n, len(s.Statements))
			skip -= from
			n -= to - from
			if s.Statements = s.Statements[from:to]; len(s.Statements) > 0 {
				t.Sections = append(t.Sections, s)
			}
		}
		if !had || len(t.Sections) > 0 {
			p.Topics = append(p.Topics, t)
		}
	}
	return &p
}

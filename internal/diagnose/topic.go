// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Topics returns every rule as a page for package knowledge.
func Topics() []knowledge.Topic {
	var all []knowledge.Topic
	for _, r := range Rules() {
		all = append(all, r.Topic())
	}
	return all
}

// Topic returns the rule as a page for package knowledge, with everything that is
// known about it.
func (r *Rule) Topic() knowledge.Topic {
	t := knowledge.Topic{
		Kind: knowledge.KindRule, Name: r.Code, Aliases: []string{r.Name}, Title: r.Title, See: slices.Concat(r.See, r.numbers()), Read: r.Sources,
	}
	source := strings.Join(r.Sources, "; ")
	add := func(en, zh string, statements []knowledge.Statement) {
		if len(statements) > 0 {
			t.Sections = append(t.Sections, knowledge.Section{Heading: knowledge.Text{En: en, Zh: zh}, Statements: statements})
		}
	}
	facts := knowledge.Text{En: knowledge.Listed(r.Facts, knowledge.English), Zh: knowledge.Listed(inChinese(r.Facts), knowledge.Chinese)}
	add("What it compares", "比较什么", []knowledge.Statement{
		{Text: r.Formula, Source: source},
		{Text: knowledge.Text{En: "It reads " + facts.En + ".", Zh: "它读取 " + facts.Zh + "。"}, Source: source},
	})
	add("Thresholds, and why just those", "阈值及其理由", r.Threshold)
	add("False alarms that it does not raise", "已排除的误报", r.Excluded)
	add("What to do in the application", "应用侧怎么办", r.App)
	add("What to do in the kernel", "内核侧怎么办", r.Kernel)
	add("What explains it", "由什么引起", r.explainedBy(source))
	add("How to check the remedy", "如何验证", []knowledge.Statement{{Text: knowledge.Text{En: r.Check.String(), Zh: r.Check.String()}, Source: source}})
	return t
}

// inChinese are names of facts in Chinese; names of the kernel stay.
func inChinese(facts []string) []string {
	var all []string
	for _, fact := range facts {
		all = append(all, knowledge.Term(fact, knowledge.Chinese))
	}
	return all
}

// numbers are those of the rule's facts that have a page of their own, by name.
func (r *Rule) numbers() (names []string) {
	for _, fact := range r.Facts {
		if hasPrefix(fact, "TcpExt.", "Tcp.", "TCP.", "softnet.", "nf_conntrack.", "net.", "fs.") {
			names = append(names, fact)
		}
	}
	return names
}

func (r *Rule) explainedBy(source string) (all []knowledge.Statement) {
	for _, h := range r.HiddenBy {
		all = append(all, knowledge.Statement{Text: knowledge.Text{En: h.By + ": " + h.Why.En, Zh: h.By + "：" + h.Why.Zh}, Source: source})
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Topics returns every alert as a page of what is known.
func Topics() []knowledge.Topic {
	var all []knowledge.Topic
	rules := diagnose.Rules()
	for _, a := range All() {
		all = append(all, a.topic(rules))
	}
	return all
}

// topic is the page of an alert: what it means, what to look at, and what to
// do, as its rules say it.
func (a *Alert) topic(rules []diagnose.Rule) knowledge.Topic {
	statement := func(en, zh string) knowledge.Statement {
		return knowledge.Statement{Text: knowledge.Text{En: en, Zh: zh}, Source: a.Means.Source}
	}
	fires := "It fires when this holds for " + duration(a.For) + ": " + a.Expr
	fireszh := "下式成立达 " + duration(a.For) + " 即触发：" + a.Expr
	t := knowledge.Topic{
		Kind: knowledge.KindAlert, Name: a.Name, Title: a.Title, See: a.Rules,
		Sections: []knowledge.Section{
			{Heading: knowledge.Text{En: "What it means", Zh: "含义"}, Statements: []knowledge.Statement{a.Means, statement(fires, fireszh)}},
			{Heading: knowledge.Text{En: "What to look at", Zh: "查看什么"}, Statements: []knowledge.Statement{statement(a.Look.String(), a.Look.String())}},
		},
	}
	if todo := a.remedies(rules); len(todo) > 0 {
		t.Sections = append(t.Sections, knowledge.Section{Heading: knowledge.Text{En: "What to do", Zh: "怎么办"}, Statements: todo})
	}
	return t
}

// Remedies are those of the first of its rules, where they are worded: what to do in
// the application, then in the kernel.
func (a *Alert) Remedies() []knowledge.Statement { return a.remedies(diagnose.Rules()) }

// remedies is Remedies, where all rules are at hand.
func (a *Alert) remedies(rules []diagnose.Rule) []knowledge.Statement {
	if len(a.Rules) == 0 {
		return nil
	}
	i := slices.IndexFunc(rules, func(r diagnose.Rule) bool { return r.Code == a.Rules[0] })
	if i < 0 {
		return nil // a test sees to it that it is one
	}
	return slices.Concat(rules[i].App, rules[i].Kernel)
}

// more is the command that explains the alert.
func (a *Alert) more() string { return command.Of("explain", a.Name).String() }

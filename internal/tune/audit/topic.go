// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Topics returns a page of knowledge for every code.
func Topics() (all []knowledge.Topic) {
	for _, doc := range Codes() {
		all = append(all, doc.topic())
	}
	return all
}

// syntaxOf is where the form of the files is described.
const syntaxOf = "sysctl.d(5)"

func (doc *CodeDoc) topic() knowledge.Topic {
	statement := func(en, zh, source string) knowledge.Statement {
		return knowledge.Statement{Text: text(en, zh), Source: source}
	}
	t := knowledge.Topic{Kind: knowledge.KindCode, Name: string(doc.Code), Title: doc.Text, Read: []string{syntaxOf}}
	t.Sections = append(t.Sections, knowledge.Section{
		Heading: text("What it says", "含义"),
		Statements: []knowledge.Statement{
			statement(string(doc.Code)+": "+doc.Text.En+".", string(doc.Code)+"："+doc.Text.Zh+"。", syntaxOf),
		},
	})
	if values := doc.values(); len(values) > 0 {
		t.Sections = append(t.Sections, knowledge.Section{Heading: text("Parameters whose values it is about", "涉及其取值的参数"), Statements: values})
	}
	t.Sections = append(t.Sections, knowledge.Section{
		Heading: text("How to set it aside", "如何忽略"),
		Statements: []knowledge.Statement{statement(
			"A comment on the line above sets it aside: # tcpvitals: ignore "+string(doc.Code)+" until 2027-03-31: why. With a parameter behind the code, as in "+
				string(doc.Code)+"/net.ipv4.tcp_fin_timeout, it is about that one only; until and its day may be left out.",
			"在该行上一行写注释即可忽略：# tcpvitals: ignore "+string(doc.Code)+" until 2027-03-31: 理由。代码后加参数（如 "+
				string(doc.Code)+"/net.ipv4.tcp_fin_timeout）则只针对该参数；until 和日期可以省略。", syntaxOf,
		)},
	})
	return t
}

// values returns the statements in the catalogue that have this code.
func (doc *CodeDoc) values() (all []knowledge.Statement) {
	for s := range knowledge.Sysctls() {
		if s.Status != knowledge.SysctlLive && doc.Code == Dead {
			all = append(all, knowledge.Statement{Text: text(s.Key+": "+s.Summary.En+".", s.Key+"："+s.Summary.Zh+"。"), Source: s.Source})
			continue
		}
		at := slices.IndexFunc(s.Verdicts, func(v knowledge.SysctlVerdict) bool { return codeOf(v.Kind) == doc.Code })
		if at >= 0 {
			v := &s.Verdicts[at]
			en, zh := s.Condition(v)
			all = append(all, knowledge.Statement{
				Text:   text(s.Key+", "+strings.ToLower(en[:1])+en[1:]+": "+v.Text.En+".", s.Key+"，"+zh+"："+v.Text.Zh+"。"),
				Source: v.Source,
			})
		}
	}
	return all
}

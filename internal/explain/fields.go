// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// fieldsTopic returns the page of all fields, for users without the documentation.
func fieldsTopic() knowledge.Topic {
	const source = "net/ipv4/inet_diag.c"
	t := knowledge.Topic{
		Kind: knowledge.KindQuestion, Name: "fields", Aliases: []string{"columns", "字段", "列"},
		Title: knowledge.Text{En: "Which fields can be shown, filtered by and counted by?", Zh: "有哪些字段可以显示、过滤和分组？"},
		See:   []string{"filters", "keys", "LISTEN", "ESTABLISHED"},
	}
	usage := knowledge.Text{
		En: "A filter compares fields: tcpvitals list 'state close-wait and sport = :8080', with and, or, not, parentheses and = != > < >= <= ~ in. -c shows columns, --by counts by fields.",
		Zh: "过滤条件比较字段：tcpvitals list 'state close-wait and sport = :8080'，可用 and、or、not、括号和 = != > < >= <= ~ in。-c 指定列，--by 按字段计数。",
	}
	var all []knowledge.Text
	for f := range socket.Fields() {
		names := knowledge.ListedText(append([]string{f.Name}, f.Aliases...))
		all = append(all, knowledge.Text{
			En: names.En + " (" + f.Type.String() + "): " + f.Doc.En,
			Zh: names.Zh + "（" + f.Type.String() + "）：" + f.Doc.Zh,
		})
	}
	t.Sections = listPage(source, usage, knowledge.Text{En: "Fields", Zh: "字段"}, all)
	return t
}

// listPage returns the sections of a page that lists things: how they are used, and
// each of them.
func listPage(source string, usage, heading knowledge.Text, all []knowledge.Text) []knowledge.Section {
	each := knowledge.Section{Heading: heading}
	for _, one := range all {
		each.Statements = append(each.Statements, knowledge.Statement{Text: one, Source: source})
	}
	how := knowledge.Section{
		Heading: knowledge.Text{En: "How", Zh: "用法"}, Statements: []knowledge.Statement{{Text: usage, Source: source}},
	}
	return []knowledge.Section{how, each}
}

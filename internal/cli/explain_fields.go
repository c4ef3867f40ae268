// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// fieldsTopic is the page of all fields, for who has the program and not its
// documents.
func fieldsTopic() knowledge.Topic {
	const source = "net/ipv4/inet_diag.c"
	t := knowledge.Topic{
		Kind: knowledge.KindQuestion, Name: "fields", Aliases: []string{"filter", "filters", "columns", "字段", "过滤", "过滤表达式"},
		Title: knowledge.Text{En: "Which fields can be shown, filtered by and counted by?", Zh: "有哪些字段可以显示、过滤和分组？"},
		See:   []string{"LISTEN", "ESTABLISHED"},
	}
	usage := knowledge.Text{
		En: "A filter compares fields: tcpvitals list 'state close-wait and sport = :8080', with and, or, not, parentheses and = != > < >= <= ~ in. -c shows columns, --by counts by fields.",
		Zh: "过滤表达式比较字段：tcpvitals list 'state close-wait and sport = :8080'，可用 and、or、not、括号和 = != > < >= <= ~ in。-c 指定列，--by 按字段计数。",
	}
	t.Sections = append(t.Sections, knowledge.Section{
		Heading: knowledge.Text{En: "How", Zh: "用法"}, Statements: []knowledge.Statement{{Text: usage, Source: source}},
	})
	all := knowledge.Section{Heading: knowledge.Text{En: "Fields", Zh: "字段"}}
	for f := range socket.Fields() {
		names := strings.Join(append([]string{f.Name}, f.Aliases...), ", ")
		all.Statements = append(all.Statements, knowledge.Statement{
			Text: knowledge.Text{
				En: names + " (" + f.Type.String() + "): " + f.Doc.En,
				Zh: names + "（" + f.Type.String() + "）：" + f.Doc.Zh,
			},
			Source: source,
		})
	}
	t.Sections = append(t.Sections, all)
	return t
}

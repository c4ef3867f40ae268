// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Card renders the page that explains a state: its name and summary, its part
// of the diagram, and the sections of the card, wrapped to o.Width.
func Card(card knowledge.StateCard, o Options) string {
	var b strings.Builder
	title(&b, card, o)
	b.WriteString("\n" + Neighbourhood(card.State, o))
	for _, section := range card.Sections() {
		if len(section.Statements) == 0 {
			continue
		}
		b.WriteString("\n" + o.in(bold, section.Heading.In(o.Lang)) + "\n")
		for _, statement := range section.Statements {
			bullet(&b, statement, o)
		}
	}
	b.WriteString("\n" + o.in(bold, readMore().In(o.Lang)) + "\n")
	paragraph(&b, strings.Join(card.RFC, ", "), "  ", "  ", plain, o)
	return b.String()
}

func readMore() knowledge.Text { return knowledge.Text{En: "Read more", Zh: "延伸阅读"} }

// title writes the name, the RFC's name where it is another, and the summary.
func title(b *strings.Builder, card knowledge.StateCard, o Options) {
	name := card.State.String()
	head := o.in(bold, name)
	if rfc := card.State.RFC(); rfc != "" && rfc != name {
		head += o.in(faint, " · RFC 9293: "+rfc)
	}
	b.WriteString(head + "\n")
	paragraph(b, card.Summary.In(o.Lang), "", "", plain, o)
}

// bullet writes one statement, and below it its source if that is wanted.
func bullet(b *strings.Builder, s knowledge.Statement, o Options) {
	sign := "  • "
	if o.ASCII {
		sign = "  * "
	}
	paragraph(b, s.In(o.Lang), sign, "    ", plain, o)
	if o.Sources {
		paragraph(b, "["+s.SourceIn(o.Lang)+"]", "    ", "     ", faint, o)
	}
}

// paragraph writes wrapped text, the first line after first and the others
// after rest.
func paragraph(b *strings.Builder, text, first, rest string, st style, o Options) {
	lead := first
	for _, line := range Wrap(text, o.width()-max(Width(first), Width(rest))) {
		b.WriteString(lead + o.in(st, line) + "\n")
		lead = rest
	}
}

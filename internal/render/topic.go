// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Topic renders a page: its name and title, for a state its part of the diagram, the
// sections wrapped to o.Width, how to prove it, and links.
func Topic(t knowledge.Topic, o Options) string {
	var b strings.Builder
	title(&b, t, o)
	if t.Kind == knowledge.KindState {
		if s, err := tcp.Parse(t.Name); err == nil {
			b.WriteString("\n" + Neighbourhood(s, o))
		}
	}
	for _, section := range t.Sections {
		if len(section.Statements) == 0 {
			continue
		}
		sectionHeading(&b, section.Heading, o)
		for _, statement := range section.Statements {
			bullet(&b, statement, o)
		}
	}
	words := topicWords()
	if len(t.Prove) > 0 {
		sectionHeading(&b, words.prove, o)
		for _, name := range t.Prove {
			paragraph(&b, command.Of("lab", "run", name).In(command.Scope{Program: o.Program}).String(), "  ", "      ", plain, o)
		}
	}
	if len(t.See) > 0 {
		sectionHeading(&b, words.see, o)
		paragraph(&b, knowledge.Listed(t.See, o.Lang), "  ", "  ", plain, o)
	}
	if len(t.Read) > 0 {
		sectionHeading(&b, words.read, o)
		paragraph(&b, knowledge.Listed(t.Read, o.Lang), "  ", "  ", plain, o)
	}
	return b.String()
}

// pageWords are the fixed words of a page.
type pageWords struct{ prove, see, read, none knowledge.Text }

func topicWords() pageWords {
	return pageWords{
		prove: knowledge.Text{En: "See it on this kernel", Zh: "在本机内核上验证"},
		see:   knowledge.Text{En: "See also", Zh: "另见"},
		read:  knowledge.Text{En: "Read more", Zh: "延伸阅读"},
		none:  knowledge.Text{En: "%q is no name; pages about it:", Zh: "没有叫 %q 的条目，相关条目有："},
	}
}

func sectionHeading(b *strings.Builder, text knowledge.Text, o Options) {
	b.WriteString("\n")
	paragraph(b, text.In(o.Lang), "", "", bold, o)
}

// title writes the name and the title: for a state also the RFC's name if that
// differs, for other topics also the kind.
func title(b *strings.Builder, t knowledge.Topic, o Options) {
	dot := " · "
	if o.ASCII {
		dot = " - "
	}
	remark := titleRemark(t, o)
	switch {
	case remark == "":
		paragraph(b, t.Name, "", "", bold, o)
	case Width(t.Name+dot+remark) > o.width():
		paragraph(b, t.Name, "", "", bold, o)
		paragraph(b, remark, "", "", faint, o)
	default:
		b.WriteString(o.in(bold, t.Name) + o.in(faint, dot+remark) + "\n")
	}
	paragraph(b, topicTitle(t, o), "", "", plain, o)
}

// topicTitle returns the title; that of a myth is in quotation marks, because it is
// what people say and not what is true.
func topicTitle(t knowledge.Topic, o Options) string {
	switch {
	case t.Kind != knowledge.KindMyth:
		return t.Title.In(o.Lang)
	case o.ASCII:
		return `"` + t.Title.In(o.Lang) + `"`
	default:
		return "“" + t.Title.In(o.Lang) + "”"
	}
}

func titleRemark(t knowledge.Topic, o Options) string {
	if t.Kind != knowledge.KindState {
		return t.Kind.Word().In(o.Lang)
	}
	s, err := tcp.Parse(t.Name)
	if err != nil || s.RFC() == "" || s.RFC() == t.Name {
		return ""
	}
	return "RFC 9293: " + s.RFC()
}

// bullet writes one statement, and below it its source if requested.
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

// paragraph writes wrapped text; first precedes the first line, rest the others.
func paragraph(b *strings.Builder, text, first, rest string, st style, o Options) {
	lead := first
	for _, line := range Wrap(text, o.width()-max(Width(first), Width(rest))) {
		b.WriteString(lead + o.in(st, line) + "\n")
		lead = rest
	}
}

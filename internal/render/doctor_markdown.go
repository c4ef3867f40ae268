// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// DoctorMarkdown writes a diagnosis for a ticket or a chat, with the derivation
// of each finding.
func DoctorMarkdown(d *report.Doctor, lang knowledge.Lang) string {
	v := newDoctorView(d, lang)
	var b strings.Builder
	b.WriteString("# " + markdown(v.title()) + "\n\n" + markdown(strings.Join(v.facts(), " · ")) + "\n")
	parts := v.parts()
	for i := range parts {
		v.markdownPart(&b, &parts[i], "## ")
	}
	if len(parts) == 0 {
		b.WriteString("\n" + v.words.nothing + "\n")
	}
	for _, s := range v.sections() {
		b.WriteString("\n## " + markdown(s.Heading) + "\n\n")
		for _, line := range s.Lines {
			b.WriteString("- " + markdown(line) + "\n")
		}
	}
	b.WriteString("\n---\n\n")
	for _, line := range v.aside() {
		b.WriteString("- " + markdown(line) + "\n")
	}
	for _, u := range v.notJudged() {
		b.WriteString("- " + v.words.notJudged + markdown(knowledge.Listed(u.Codes, v.lang)) + bracketed(markdown(u.Reason), v.lang) + "\n")
	}
	for _, g := range v.Gaps {
		b.WriteString("- " + markdown(knowledge.GapText(g).In(v.lang)) + "\n")
	}
	b.WriteString("\n" + markdown(v.summary()) + "\n")
	return b.String()
}

func (v doctorView) title() string {
	title := command.Of("doctor").String()
	if v.Host == "" {
		return title
	}
	return title + v.words.colon + visible.Text(v.Host)
}

// facts returns when and how what was examined.
func (v doctorView) facts() []string {
	facts := []string{v.Time.UTC().Format(time.RFC3339)}
	if v.Kernel != "" {
		facts = append(facts, v.words.kernel+" "+visible.Text(v.Kernel))
	}
	facts = append(facts, fmt.Sprintf(v.words.sockets, knowledge.Grouped(v.Tally.Total()), plural(v.Tally.Total())))
	if v.Several() {
		names := make([]string, len(v.Namespaces))
		for i, n := range v.Namespaces {
			names[i] = visible.Text(n.Name)
		}
		facts = append(facts, "netns "+knowledge.Listed(names, v.lang))
	}
	return facts
}

func (v doctorView) markdownPart(b *strings.Builder, p *doctorPart, heading string) {
	b.WriteString("\n" + heading + p.Word + " " + p.Code + v.words.colon + markdown(p.Summary) + "\n\n")
	if p.Why != "" {
		b.WriteString(markdown(p.Why) + "\n\n")
	}
	for _, l := range p.Lines {
		if l.Command {
			b.WriteString("- " + l.Label + codeSpan(l.Text) + "\n")
			continue
		}
		b.WriteString("- " + markdown(l.Label+l.Text) + "\n")
	}
	b.WriteString("\n<details><summary>" + v.words.derivation + "</summary>\n\n")
	for _, l := range p.More {
		b.WriteString("- " + markdown(l.Label+l.Text) + "\n")
	}
	b.WriteString("\n</details>\n")
	for i := range p.Explains {
		v.markdownPart(b, &p.Explains[i], "### "+strings.TrimSpace(v.words.explains)+" ")
	}
}

// markdown escapes text so that it is not taken as markup: others choose names of
// processes and namespaces.
func markdown(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", "[", `\[`, "]", `\]`, "|", `\|`, "#", `\#`,
		"~", `\~`, "@", "&#64;", "://", "&#58;//", "www.", "www&#46;",
	).Replace(visible.Text(strings.ReplaceAll(text, "\n", " ")))
}

// codeSpan writes text as code, between more backticks than it contains anywhere, so
// that nothing in it can end the code (CommonMark 6.1).
func codeSpan(text string) string {
	text = visible.Text(text)
	fence, run := "`", 0
	for _, c := range text {
		run++
		if c != '`' {
			run = 0
		}
		if run == len(fence) {
			fence += "`"
		}
	}
	if len(fence) == 1 {
		return fence + text + fence
	}
	return fence + " " + text + " " + fence
}

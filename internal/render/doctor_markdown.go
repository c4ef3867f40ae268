// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// DoctorMarkdown writes a diagnosis for a ticket or a chat, with the derivation
// of each finding.
func DoctorMarkdown(d *Doctor, lang knowledge.Lang) string {
	v := newDoctorView(d, lang)
	var b strings.Builder
	b.WriteString("# tcpvitals doctor" + markdown(v.title()) + "\n\n" + markdown(strings.Join(v.facts(), " · ")) + "\n")
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
	for _, u := range v.notJudged() {
		b.WriteString("- " + v.words.notJudged + strings.Join(u.Codes, ", ") + " (" + markdown(u.Reason) + ")\n")
	}
	for _, g := range v.Gaps {
		b.WriteString("- " + markdown(g.Source+": "+g.Reason) + "\n")
	}
	b.WriteString("\n" + markdown(v.summary()) + "\n")
	return b.String()
}

func (v doctorView) title() string {
	if v.Host == "" {
		return ""
	}
	return ": " + v.Host
}

// facts are when and how was looked at what.
func (v doctorView) facts() []string {
	facts := []string{v.Time.UTC().Format(time.RFC3339)}
	if v.Kernel != "" {
		facts = append(facts, v.words.kernel+" "+v.Kernel)
	}
	facts = append(facts, fmt.Sprintf(v.words.sockets, knowledge.Grouped(v.Tally.Total()), plural(v.Tally.Total())))
	if v.several() {
		names := make([]string, len(v.Namespaces))
		for i, n := range v.Namespaces {
			names[i] = n.Name
		}
		facts = append(facts, "netns "+strings.Join(names, ", "))
	}
	return facts
}

func (v doctorView) markdownPart(b *strings.Builder, p *doctorPart, heading string) {
	b.WriteString("\n" + heading + p.Word + " " + p.Code + ": " + markdown(p.Summary) + "\n\n")
	if p.Why != "" {
		b.WriteString(markdown(p.Why) + "\n\n")
	}
	for _, l := range p.Lines {
		if l.Command {
			b.WriteString("- " + l.Label + "`" + l.Text + "`\n")
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

// markdown keeps a text from being taken for markup: names of processes and
// namespaces are chosen by others.
func markdown(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", "[", `\[`, "]", `\]`, "|", `\|`, "#", `\#`, "\n", " ",
	).Replace(text)
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	_ "embed"
	"io"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

//go:embed doctor.css
var doctorStyle string

// DoctorHTML writes a diagnosis as one page for a ticket: it loads nothing, runs no
// script, and can be printed.
func DoctorHTML(w io.Writer, d *report.Doctor, lang knowledge.Lang) error {
	p := doctorHTML{hypertext: newHypertext(), v: newDoctorView(d, lang)}
	p.head()
	for _, part := range p.v.parts() {
		p.finding(part)
	}
	if len(p.v.Findings) == 0 {
		p.put("<p>", p.v.words.nothing, "</p>")
	}
	p.add("\n")
	for _, s := range p.v.sections() {
		p.put("<h2>", s.Heading, "</h2>\n")
		p.list(s.Lines)
	}
	p.add("\n")
	p.states()
	p.add("\n")
	p.notJudged()
	p.add("\n")
	if aside := p.v.aside(); len(aside) > 0 {
		p.list(aside)
	}
	p.add("\n")
	p.foot()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// doctorHTML writes the page of a diagnosis, part by part.
type doctorHTML struct {
	*hypertext

	v doctorView
}

func (p doctorHTML) head() {
	p.put("<!DOCTYPE html>\n<html lang=\"", string(p.v.lang), "\">\n<head>\n<meta charset=\"utf-8\">\n")
	p.add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	p.put("<title>", p.v.title(), "</title>\n<style>\n")
	p.add(markup(doctorStyle))
	p.add("</style>\n</head>\n<body>\n")
	p.put("<h1>", p.v.title(), "</h1>\n<p class=\"facts\">")
	p.joined(p.v.facts(), " · ", "", "")
	p.put(` · <span class="`, p.v.Worst().String(), ` word">`)
	p.put("", severityWord(p.v.Worst(), p.v.lang), "</span></p>\n\n")
}

// finding writes a finding and, inside it, those that it explains.
func (p doctorHTML) finding(part doctorPart) {
	p.put("\n<section class=\"finding ", part.Severity.String(), "\">\n")
	p.put(`<div class="head"><span class="word">`, part.Word, "</span>")
	p.put(`<span class="code">`, part.Code, "</span>")
	p.put(`<span class="summary">`, part.Summary, "</span></div>\n")
	if part.Why != "" {
		p.put(`<p class="label">`, part.Why, "</p>")
	}
	p.add("\n")
	for _, line := range part.Lines {
		p.line(line)
	}
	p.put("<details><summary>", p.v.words.derivation, "</summary>\n<dl>")
	for _, line := range part.More {
		p.put("<dt>", line.Label, "</dt>")
		p.put("<dd>", line.Text, "</dd>\n")
	}
	p.add("</dl></details>\n")
	for _, below := range part.Explains {
		p.put(`<p class="label">`, strings.TrimSpace(p.v.words.explains), "</p>")
		p.finding(below)
	}
	p.add("</section>\n")
}

func (p doctorHTML) line(line doctorLine) {
	p.add("<p>")
	if line.Label != "" {
		p.put(`<span class="label">`, line.Label, "</span>")
	}
	if line.Command {
		p.put("<code>", line.Text, "</code></p>\n")
	} else {
		p.put("", line.Text, "</p>\n")
	}
}

// states writes the table of sockets by state, if there is one.
func (p doctorHTML) states() {
	if p.v.Tally.Total() == 0 {
		return
	}
	p.put("<h2>", p.v.words.table, "</h2>\n<table><thead><tr>")
	p.put("<th>", p.v.words.states, "</th>")
	p.put(`<th class="n">`, p.v.words.count, "</th><th class=\"n\">%</th></tr></thead><tbody>\n")
	for s := range tcp.AllStates.All() {
		n := p.v.Tally.Of(s).Total
		if n == 0 {
			continue
		}
		p.put(`<tr><td class="code">`, s.String(), "</td>")
		p.put(`<td class="n">`, knowledge.Grouped(n), "</td>")
		p.put(`<td class="n">`, Percent(p.v.Tally.Share(n)), "</td></tr>\n")
	}
	p.add("</tbody></table>\n")
}

func (p doctorHTML) notJudged() {
	groups := p.v.notJudged()
	if len(groups) == 0 {
		return
	}
	p.put("<h2>", strings.Trim(p.v.words.notJudged, ": ："), "</h2>\n<ul>")
	for _, g := range groups {
		p.add("<li>")
		p.joined(g.Codes, ", ", `<span class="code">`, "</span>")
		p.put(" (", g.Reason, ")</li>\n")
	}
	p.add("</ul>\n")
}

func (p doctorHTML) foot() {
	p.add(`<p class="foot">`)
	if len(p.v.Passed) > 0 {
		p.put("", p.v.words.passed, "")
		p.put("", knowledge.Listed(p.v.Passed, p.v.lang), "<br>")
	}
	p.put("", p.v.summary(), "")
	for _, g := range p.v.Gaps {
		p.put("<br>", visible.Text(knowledge.GapText(g).In(p.v.lang)), "")
	}
	p.add("</p>\n</body>\n</html>\n")
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// DoctorText shows a diagnosis to a person: the worst first, in few lines.
type DoctorText struct {
	*report.Doctor

	Lang    knowledge.Lang
	Width   int // columns to fill
	Colour  bool
	Verbose bool // with the derivation of each finding
}

// String returns the text with a final newline.
func (t DoctorText) String() string {
	v := newDoctorView(t.Doctor, t.Lang)
	var b strings.Builder
	parts := v.parts()
	widest := widestWord(parts)
	for i := range parts {
		if t.Verbose && i > 0 {
			b.WriteString("\n")
		}
		t.part(&b, &parts[i], widest)
	}
	if len(parts) == 0 {
		b.WriteString(v.words.nothing + "\n")
	}
	for _, line := range v.aside() {
		hanging(&b, "", line, t.Width)
	}
	t.sections(&b, v.sections())
	for _, line := range t.notJudged(v) {
		hanging(&b, v.words.notJudged, line, t.Width)
	}
	b.WriteString("\n")
	hanging(&b, " ", v.summary(), t.Width)
	writeGaps(&b, t.Gaps, t.Lang, t.Width)
	if len(parts) > 0 || len(t.Ignored) > 0 { // the terminal shows the end
		hanging(&b, "", v.verdict(min(3*t.Width-verdictSlack, longestVerdict)), t.Width)
	}
	return b.String()
}

// notJudged names the rules that could not tell, each with its reason; in short,
// how many there are and what most of them lack.
func (t DoctorText) notJudged(v doctorView) (lines []string) {
	groups := v.notJudged()
	for _, u := range groups {
		lines = append(lines, strings.Join(u.Codes, ", ")+bracketed(u.Reason, t.Lang))
	}
	if t.Verbose || len(groups) < 2 {
		return lines
	}
	most := slices.MaxFunc(groups, func(a, b unjudged) int { return cmp.Compare(len(a.Codes), len(b.Codes)) })
	all := 0
	for _, u := range groups {
		all += len(u.Codes)
	}
	return []string{fmt.Sprintf(v.words.notJudgedMany, all, len(most.Codes), most.Reason)}
}

// verdictSlack is what three lines lose where they are broken at words.
const verdictSlack = 24

// longestVerdict bounds the last line where lines have no width.
const longestVerdict = 240

func widestWord(parts []doctorPart) (widest int) {
	for _, p := range parts {
		widest = max(widest, Width(p.Word))
	}
	return widest
}

func (t DoctorText) part(b *strings.Builder, p *doctorPart, widest int) {
	word := t.paint(p.Severity, p.Word) + strings.Repeat(" ", widest-Width(p.Word))
	indent := widest + 2
	t.lead(b, word+"  "+p.Code+"  ", p.Summary, indent+len(p.Code)+2)
	t.body(b, p, indent)
}

// body writes what stands below the summary of a finding.
func (t DoctorText) body(b *strings.Builder, p *doctorPart, indent int) {
	for _, l := range p.Lines {
		t.line(b, l, indent)
	}
	words := wordsOfDoctor(t.Lang)
	for i := range p.Explains {
		e := &p.Explains[i]
		lead := words.explains + e.Code + "  "
		t.lead(b, strings.Repeat(" ", indent)+lead, e.Summary+bracketed(e.Why, t.Lang), indent+2)
		if t.Verbose {
			t.body(b, e, indent+2)
		}
	}
	if !t.Verbose {
		return
	}
	for _, l := range p.More {
		t.line(b, l, indent)
	}
}

func (t DoctorText) line(b *strings.Builder, l doctorLine, indent int) {
	further := indent
	if l.Label != "" {
		further += 2
	}
	t.lead(b, strings.Repeat(" ", indent)+l.Label, l.Text, further)
}

// lead wraps a text behind its lead, which may be coloured; further lines begin
// at indent.
func (t DoctorText) lead(b *strings.Builder, lead, text string, indent int) {
	taken := Width(plainText(lead)) - indent
	lines := wrapAfter(text, taken, max(minMeaning, t.Width-indent))
	b.WriteString(strings.TrimRight(lead+strings.Join(lines, "\n"+strings.Repeat(" ", indent)), " ") + "\n")
}

// plainText is text without colour.
func plainText(text string) string {
	for {
		start := strings.Index(text, "\x1b[")
		if start < 0 {
			return text
		}
		end := strings.IndexByte(text[start:], 'm')
		text = text[:start] + text[start+end+1:]
	}
}

// sections writes the remarks that only -v shows.
func (t DoctorText) sections(b *strings.Builder, all []doctorSection) {
	if !t.Verbose || len(all) == 0 {
		return
	}
	for _, s := range all {
		b.WriteString("\n" + s.Heading + "\n")
		for _, line := range s.Lines {
			t.lead(b, "  ", line, 4)
		}
	}
	b.WriteString("\n")
}

// hanging wraps a text behind its lead, further lines two columns in.
func hanging(b *strings.Builder, lead, text string, width int) {
	lines := wrapAfter(text, Width(lead)-2, max(minMeaning, width-2))
	b.WriteString(lead + strings.Join(lines, "\n  ") + "\n")
}

// paint colours the word of a severity.
func (t DoctorText) paint(s diagnose.Severity, word string) string {
	if !t.Colour {
		return word
	}
	var code string
	switch s {
	case diagnose.Critical:
		code = "1;31"
	case diagnose.Warning:
		code = "33"
	case diagnose.Notice:
		code = "36"
	default:
		code = "32"
	}
	return "\x1b[" + code + "m" + word + "\x1b[0m"
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// DoctorText shows a diagnosis to a person: the worst first, in few lines.
type DoctorText struct {
	*Doctor

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
	t.sections(&b, v.sections())
	for _, u := range v.notJudged() {
		hanging(&b, v.words.notJudged, strings.Join(u.Codes, ", ")+" ("+u.Reason+")", t.Width)
	}
	b.WriteString("\n")
	hanging(&b, " ", v.summary(), t.Width)
	writeGaps(&b, t.Gaps, t.Lang, t.Width)
	return b.String()
}

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
		t.lead(b, strings.Repeat(" ", indent)+lead, e.Summary+" ("+e.Why+")", indent+2)
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

// sections writes further remarks, for who wants to know all.
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

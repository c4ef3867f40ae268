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

// DoctorText prints a diagnosis as text: the worst first, in few lines.
type DoctorText struct {
	*report.Doctor

	Lang    knowledge.Lang
	Width   int // columns of the terminal
	Colour  bool
	Verbose bool // with the derivation of each finding
}

// String returns the text with a final newline.
func (t DoctorText) String() string {
	v := newDoctorView(t.Doctor, t.Lang)
	var b strings.Builder
	parts := v.parts()
	t.findings(&b, v, parts)
	if plan := v.plan(); !plan.None() {
		hanging(&b, v.words.plan, plan.String(), t.Width)
	}
	for _, line := range v.aside() {
		hanging(&b, "", line, t.Width)
	}
	t.sections(&b, v.sections())
	for _, line := range t.notJudged(v) {
		hanging(&b, v.words.notJudged, line, t.Width)
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	hanging(&b, " ", v.summary(), t.Width)
	writeGaps(&b, t.Gaps, t.Lang, t.Width)
	hanging(&b, "", v.verdict(min(3*t.Width-verdictSlack, longestVerdict)), t.Width) // the last line is what a terminal shows
	return b.String()
}

// manyAlike is how many findings of one rule and severity are printed one by one: the
// first are the worst.
const manyAlike = 5

// findings writes the parts. Of many that are alike it writes the first ones and the
// number of the others.
func (t DoctorText) findings(b *strings.Builder, v doctorView, parts []doctorPart) {
	widest := widestWord(parts)
	for i := 0; i < len(parts); {
		alike := t.alike(parts[i:])
		for j := i; j < i+min(alike, manyAlike); j++ {
			if t.Verbose && j > 0 {
				b.WriteString("\n")
			}
			t.part(b, &parts[j], widest)
		}
		if left := alike - manyAlike; left > 0 {
			p := &parts[i]
			t.lead(b, t.word(p, widest), fmt.Sprintf(v.words.folded, p.Code, left), widest+2)
		}
		i += alike
	}
}

// alike returns how many of the parts, from the first on, are folded together:
// adjacent ones of one rule and severity, except parts that stand for others. With -v
// none are folded.
func (t DoctorText) alike(parts []doctorPart) int {
	n := 1
	for !t.Verbose && n < len(parts) && parts[n].Code == parts[0].Code && parts[n].Severity == parts[0].Severity && !parts[n].others && !parts[0].others {
		n++
	}
	return n
}

// notJudged lists the rules that could not decide, with the reason; without -v only
// their number and the most frequent reason.
func (t DoctorText) notJudged(v doctorView) (lines []string) {
	groups := v.notJudged()
	for _, u := range groups {
		lines = append(lines, knowledge.Listed(u.Codes, t.Lang)+bracketed(u.Reason, t.Lang))
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

// verdictSlack is how many columns three lines lose by breaking at words.
const verdictSlack = 24

// longestVerdict bounds the last line if lines have no width.
const longestVerdict = 240

// manyExplained is how many consequences of one rule are listed: the cause matters
// more.
const manyExplained = 3

func widestWord(parts []doctorPart) (widest int) {
	for _, p := range parts {
		widest = max(widest, Width(p.Word))
	}
	return widest
}

func (t DoctorText) part(b *strings.Builder, p *doctorPart, widest int) {
	indent := widest + 2
	t.lead(b, t.word(p, widest)+p.Code+"  ", p.Summary, indent+len(p.Code)+2)
	t.body(b, p, indent)
}

// word returns the word for the severity, padded to the widest.
func (t DoctorText) word(p *doctorPart, widest int) string {
	return t.paint(p.Severity, p.Word) + strings.Repeat(" ", widest-Width(p.Word)+2)
}

// body writes what stands below the summary of a finding.
func (t DoctorText) body(b *strings.Builder, p *doctorPart, indent int) {
	for _, l := range p.Lines {
		t.line(b, l, indent)
	}
	words := wordsOfDoctor(t.Lang)
	for i := 0; i < len(p.Explains); {
		alike := t.alike(p.Explains[i:])
		for j := i; j < i+min(alike, manyExplained); j++ {
			e := &p.Explains[j]
			lead := words.explains + e.Code + "  "
			t.lead(b, strings.Repeat(" ", indent)+lead, e.Summary+bracketed(e.Why, t.Lang), indent+2)
			if t.Verbose {
				t.body(b, e, indent+2)
			}
		}
		if left := alike - manyExplained; left > 0 {
			t.lead(b, strings.Repeat(" ", indent)+words.explains, fmt.Sprintf(words.folded, p.Explains[i].Code, left), indent+2)
		}
		i += alike
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

// lead wraps a text after its lead, which may be coloured; further lines are
// indented.
func (t DoctorText) lead(b *strings.Builder, lead, text string, indent int) {
	taken := Width(plainText(lead)) - indent
	lines := wrapAfter(text, taken, max(minMeaning, t.Width-indent))
	b.WriteString(strings.TrimRight(lead+strings.Join(lines, "\n"+strings.Repeat(" ", indent)), " ") + "\n")
}

// plainText returns text without colour.
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

// hanging wraps a text after its lead; further lines are indented by two columns.
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

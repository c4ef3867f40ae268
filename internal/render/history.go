// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// A HistoryLine is one series: a number for each column, NaN if there is none.
type HistoryLine struct {
	Label  string
	Values []float64
}

// History is a set of numbers over time, and the findings of that time.
type History struct {
	Query    string // the query
	From, To time.Time
	Lines    []HistoryLine
	Left     int // number of lines that are not shown
	Findings report.PastFindings

	Lang  knowledge.Lang
	Width int
	ASCII bool // the locale has ASCII only
}

// Of a line: the greatest width of the label, and the columns for its three numbers.
const (
	widestLabel = 40
	numberWidth = 11
)

// HistoryColumns returns how many columns remain for a line, given the width of the
// terminal and the labels.
func HistoryColumns(width int, labels []string) int {
	return max(10, width-labelWidth(labels)-3*numberWidth-4)
}

func labelWidth(labels []string) int {
	widest := 8
	for _, l := range labels {
		widest = max(widest, Width(l))
	}
	return min(widest, widestLabel)
}

// String draws the lines and the findings.
func (h History) String() string {
	var b strings.Builder
	say := func(en, zh string) string { return knowledge.Text{En: en, Zh: zh}.In(h.Lang) }
	fmt.Fprintf(&b, say("%s\nfrom %s to %s\n\n", "%s\n从 %s 到 %s\n\n"), h.Query, moment(h.From), moment(h.To))
	h.lines(&b, say)
	fmt.Fprintf(&b, "\n%s\n", say("Findings", "诊断发现"))
	h.findings(&b, say)
	return b.String()
}

func moment(at time.Time) string { return at.Local().Format("2006-01-02 15:04:05") }

func (h History) lines(b *strings.Builder, say func(en, zh string) string) {
	if len(h.Lines) == 0 {
		b.WriteString(say(" nothing was kept of this time\n", " 这段时间没有保存任何内容\n"))
		return
	}
	labels := make([]string, len(h.Lines))
	for i := range h.Lines {
		labels[i] = h.Lines[i].Label
	}
	width, columns := labelWidth(labels), len(h.Lines[0].Values)
	head := say("last least most", "最新 最小 最大")
	b.WriteString(strings.Repeat(" ", width+columns+4))
	for name := range strings.FieldsSeq(head) {
		b.WriteString(strings.Repeat(" ", max(1, numberWidth-Width(name))) + name)
	}
	b.WriteString("\n")
	for i := range h.Lines {
		l := &h.Lines[i]
		fmt.Fprintf(b, " %s  %s ", Pad(Shorten(l.Label, width), width), h.spark(l.Values))
		last, least, most := bounds(l.Values)
		for _, v := range []float64{last, least, most} {
			fmt.Fprintf(b, "%*s", numberWidth, amount(v))
		}
		b.WriteString("\n")
	}
	if h.Left > 0 {
		fmt.Fprintf(b, say(" and %d more lines\n", " 另有 %d 条\n"), h.Left)
	}
}

// spark draws a line. Small changes are flat; unknown values are blank.
func (h History) spark(values []float64) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	if h.ASCII {
		levels = []rune("_.-:=+*#")
	}
	_, least, most := bounds(values)
	span := max(most-least, math.Abs(most)/8)
	var b strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			b.WriteByte(' ')
		case span == 0:
			b.WriteRune(levels[0])
		default:
			at := int((v - least) / span * float64(len(levels)-1))
			b.WriteRune(levels[min(max(at, 0), len(levels)-1)])
		}
	}
	return b.String()
}

// bounds returns the last, the least and the greatest number; NaN if there is none.
func bounds(values []float64) (last, least, most float64) {
	last, least, most = math.NaN(), math.NaN(), math.NaN()
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		last = v
		if math.IsNaN(least) || v < least {
			least = v
		}
		if math.IsNaN(most) || v > most {
			most = v
		}
	}
	return last, least, most
}

func amount(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v == math.Trunc(v) && math.Abs(v) < 1e10:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
}

func (h History) findings(b *strings.Builder, say func(en, zh string) string) {
	if len(h.Findings.Findings) == 0 {
		b.WriteString(say(" none were kept of this time\n", " 这段时间没有保存任何发现\n"))
		return
	}
	g := &grid{}
	for _, name := range []string{say("from", "从"), say("to", "到"), say("severity", "严重程度"), say("rule", "规则"), say("what", "内容"), say("about", "对象")} {
		g.header(name, false)
	}
	for i := range h.Findings.Findings {
		f := &h.Findings.Findings[i]
		to := moment(f.To)
		switch f.End {
		case report.EndThere:
			to = say("still there", "仍存在")
		case report.EndUnseen:
			to += say(" or later", " 或之后")
		}
		g.row([]string{moment(f.From), to, f.Severity, f.Rule, h.title(f.Rule), AboutPast(f)})
	}
	b.WriteString(g.fit(h.Width))
	if h.Findings.Cut {
		b.WriteString(say(" and older ones\n", " 以及更早的\n"))
	}
}

func (h History) title(rule string) string {
	r, _ := diagnose.RuleOf(rule) // a rule of an older program may be unknown here: then nothing is said
	return r.Title.In(h.Lang)
}

// AboutPast returns what a finding is about, the most specific first.
func AboutPast(f *report.PastFinding) string {
	var parts []string
	for _, part := range []string{f.Process, f.Unit, f.Container, f.Local, f.Destination} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if f.Netns != "" && f.Netns != "self" {
		parts = append(parts, "netns "+f.Netns)
	}
	return strings.Join(parts, " ")
}

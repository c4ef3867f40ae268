// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
)

// LabList lists scenarios by topic: name, expected verdict, claim.
func LabList(all []*scenario.Scenario, o Options) string {
	var b strings.Builder
	widest := 0
	for _, s := range all {
		widest = max(widest, Width(s.Name))
	}
	topic := ""
	for _, s := range all {
		if s.Topic != topic {
			if topic != "" {
				b.WriteString("\n")
			}
			topic = s.Topic
			b.WriteString(o.in(bold, topic) + "\n")
		}
		claim := s.Claim.In(o.Lang)
		if s.Slow > 0 {
			claim += slowText(s).In(o.Lang)
		}
		labRow(&b, Pad(s.Name, widest)+"  "+verdictCell(s.Expected, o), claim, o)
	}
	return b.String()
}

func slowText(s *scenario.Scenario) knowledge.Text {
	return knowledge.Text{En: fmt.Sprintf(" (waits %v: --slow)", s.Slow), Zh: fmt.Sprintf("（需要等待 %v：--slow）", s.Slow)}
}

// labRow writes cells, and wraps a text in the column after them. On a narrow
// terminal the text gets lines of its own.
func labRow(b *strings.Builder, cells, text string, o Options) {
	first := "  " + cells + "  "
	indent := strings.Repeat(" ", Width(stripped(first)))
	if o.width()-Width(indent) < 30 {
		b.WriteString(strings.TrimRight(first, " ") + "\n")
		first, indent = "      ", "      "
	}
	for _, line := range Wrap(text, o.width()-Width(indent)) {
		b.WriteString(first + line + "\n")
		first = indent
	}
}

// stripped returns text without the ANSI sequences of this package.
func stripped(text string) string {
	return strings.NewReplacer(sgr(plain), "", sgr(bold), "", sgr(faint), "").Replace(text)
}

// verdictCell returns a verdict, padded to the widest.
func verdictCell(v scenario.Verdict, o Options) string {
	widest := 0
	for _, other := range scenario.Verdicts() {
		widest = max(widest, Width(other.Text().In(o.Lang)))
	}
	text := v.Text().In(o.Lang)
	return o.in(bold, text) + strings.Repeat(" ", widest-Width(text))
}

// LabResultLine prints one run in a line or two: verdict, name, family, duration, and
// the reason if the verdict is not the expected one.
func LabResultLine(r *scenario.Result, o Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s", verdictCell(r.Verdict, o), Pad(r.Scenario.Name+" "+r.Family.String(), 46), Milliseconds(r.Took))
	line := strings.TrimRight(b.String(), " ") + "\n"
	if r.AsExpected() {
		return line
	}
	return line + labIndent(unexpectedText(r).In(o.Lang), o)
}

// unexpectedText returns which verdict was expected, and why the result differs.
func unexpectedText(r *scenario.Result) knowledge.Text {
	if r.Verdict == scenario.NotPossible {
		return r.Why
	}
	expected := r.Scenario.Expected.Text()
	return knowledge.Text{En: "expected: " + expected.En + "; " + r.Why.En, Zh: "预期：" + expected.Zh + "；" + r.Why.Zh}
}

func labIndent(text string, o Options) string {
	var b strings.Builder
	paragraph(&b, text, "    ", "    ", plain, o)
	return b.String()
}

// colon stands between a name and what is said of it.
func colon(lang knowledge.Lang) string { return knowledge.Text{En: ": ", Zh: "："}.In(lang) }

// LabResultDetails prints one run with its claim, its evidence and its sources.
func LabResultDetails(r *scenario.Result, o Options) string {
	var b strings.Builder
	b.WriteString(o.in(bold, r.Verdict.Text().In(o.Lang)) + colon(o.Lang) + r.Scenario.Claim.In(o.Lang) + "\n")
	if !r.AsExpected() {
		b.WriteString(labIndent(unexpectedText(r).In(o.Lang), o))
	}
	for _, e := range r.Evidence {
		b.WriteString(labIndent(evidenceText(r, e.Line, e.Turn, e.For(), e.Text, e.Got).In(o.Lang), o))
	}
	if len(r.Scenario.See) > 0 {
		b.WriteString(o.in(faint, labIndent(knowledge.Text{En: "see ", Zh: "参见 "}.In(o.Lang)+strings.Join(r.Scenario.See, "; "), o)))
	}
	b.WriteString("    " + knowledge.Listed([]string{r.Family.String(), r.Wire.String(), Milliseconds(r.Took)}, o.Lang) + "\n")
	return b.String()
}

func evidenceText(r *scenario.Result, line, turn int, pro bool, step string, got knowledge.Text) knowledge.Text {
	place := fmt.Sprintf("%s:%d", r.Scenario.File, line)
	if turn > 1 {
		place += fmt.Sprintf(" (%d)", turn)
	}
	text := knowledge.Text{En: place + " for: " + step, Zh: place + " 支持：" + step}
	if !pro {
		text = knowledge.Text{En: place + " against: " + step, Zh: place + " 反对：" + step}
	}
	if got.En != "" {
		text.En, text.Zh = text.En+" – but "+got.En, text.Zh+" —— "+got.Zh
	}
	return text
}

// LabSummary counts verdicts in a sentence.
func LabSummary(results []*scenario.Result, o Options) string {
	counts := map[scenario.Verdict]int{}
	other := 0
	for _, r := range results {
		counts[r.Verdict]++
		if !r.AsExpected() {
			other++
		}
	}
	var parts []string
	for _, v := range scenario.Verdicts() {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v.Text().In(o.Lang)))
		}
	}
	all := knowledge.Text{En: fmt.Sprintf("%d runs: ", len(results)), Zh: fmt.Sprintf("共 %d 次：", len(results))}.In(o.Lang)
	comma := knowledge.Text{En: ", ", Zh: "，"}.In(o.Lang)
	text := all + strings.Join(parts, comma)
	if other > 0 {
		text += knowledge.Text{En: fmt.Sprintf("; %d not as expected", other), Zh: fmt.Sprintf("；%d 次与预期不符", other)}.In(o.Lang)
	}
	return text + "\n"
}

// LabVerification prints a table of what holds on this kernel: a row for each
// scenario, its claim, and where families or expectation differ.
func LabVerification(results []*scenario.Result, kernel string, o Options) string {
	var b strings.Builder
	b.WriteString(o.in(bold, knowledge.Text{En: "What holds on Linux " + kernel, Zh: "在 Linux " + kernel + " 上的验证结果"}.In(o.Lang)) + "\n")
	topic := ""
	for i := 0; i < len(results); {
		same := sameScenario(results[i:])
		s := same[0].Scenario
		if s.Topic != topic {
			topic = s.Topic
			b.WriteString("\n" + o.in(bold, topic) + "\n")
		}
		next := i + len(same)
		split := i > 0 && results[i-1].Scenario == s || next < len(results) && results[next].Scenario == s
		labRow(&b, verdictCell(same[0].Verdict, o), verificationText(same[0], split, o), o)
		i = next
	}
	return b.String()
}

// sameScenario returns the leading results that belong to one scenario and agree.
func sameScenario(results []*scenario.Result) []*scenario.Result {
	n := 1
	for n < len(results) && results[n].Scenario == results[0].Scenario && results[n].Verdict == results[0].Verdict {
		n++
	}
	return results[:n]
}

// verificationText returns the claim, with the family if the families differ.
func verificationText(r *scenario.Result, split bool, o Options) string {
	text := r.Scenario.Claim.In(o.Lang)
	if split {
		text += " [" + r.Family.String() + "]"
	}
	text += " (" + r.Scenario.Name + ")"
	if !r.AsExpected() {
		text += " " + o.in(bold, "! ") + unexpectedText(r).In(o.Lang)
	}
	return text
}

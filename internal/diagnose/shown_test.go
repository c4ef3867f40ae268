// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestShown shows every finding of the made machines alone, as a person sees it: no
// line is wider than the screen, the parts come in their order, and no value, plural
// or punctuation mark is wrong.
func TestShown(t *testing.T) {
	rules := diagnose.Rules()
	shown := map[string]bool{}
	for _, m := range diagnose.MadeDiagnoses(t) {
		for i := range m.Findings {
			f := m.Findings[i]
			shown[f.Code] = true
			for _, e := range f.Explains {
				shown[e.Finding.Code] = true
			}
			d := &report.Doctor{Diagnosis: &diagnose.Diagnosis{Findings: []diagnose.Finding{f}}, Engine: "sock_diag", Tally: &query.Tally{}, Rules: rules}
			for _, lang := range []knowledge.Lang{knowledge.English, knowledge.Chinese} {
				for _, width := range []int{80, 200} {
					text := render.DoctorText{Doctor: d, Lang: lang, Width: width}.String()
					for _, wrong := range slices.Concat(tooWide(text, width), outOfOrder(text, &f, lang), outOfPlace(text, lang)) {
						t.Errorf("%s: %s at %d columns in %v: %s\n%s", m.Machine, f.Code, width, lang, wrong, text)
					}
				}
			}
		}
	}
	for _, r := range rules {
		if !shown[r.Code] {
			t.Errorf("%s was never shown", r.Code)
		}
	}
}

// tooWide names the lines that are wider than the screen, except for a single word
// that is too wide by itself: commands must be pasted whole, and names are as long as
// they are.
func tooWide(text string, width int) (wrong []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if render.Width(line) > width && len(strings.Fields(line)) > 1 {
			wrong = append(wrong, "too wide: "+line)
		}
	}
	return wrong
}

// parts are the labels of the parts of a finding, in their order.
func parts(lang knowledge.Lang) [][]string {
	if lang == knowledge.Chinese {
		return [][]string{{"归属："}, {"现在："}, {"调整：", "代价："}, {"以后："}, {"验证："}, {"应急："}, {"更多："}}
	}
	return [][]string{{"whose: "}, {"now: "}, {"change: ", "cost: "}, {"later: "}, {"check: "}, {"in an emergency: "}, {"more: "}}
}

// outOfOrder checks that a finding above info says what to do and where to read more,
// and that its parts come in order.
func outOfOrder(text string, f *diagnose.Finding, lang knowledge.Lang) (wrong []string) {
	labels := parts(lang)
	said := make([]bool, len(labels))
	last := 0
	for line := range strings.Lines(text) {
		at := slices.IndexFunc(labels, func(of []string) bool {
			return slices.ContainsFunc(of, func(l string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), l) })
		})
		if at < 0 {
			continue
		}
		if at < last {
			wrong = append(wrong, "out of order: "+line)
		}
		last, said[at] = at, true
	}
	now, knob, later, more := said[1], said[2], said[3], said[6]
	if f.Severity >= diagnose.Notice && (!more || !now && !knob && !later) {
		wrong = append(wrong, "does not say what to do, or where more is said")
	}
	return wrong
}

// outOfPlace finds empty values, plurals after 1, and punctuation marks of the other
// language.
func outOfPlace(text string, lang knowledge.Lang) (wrong []string) {
	patterns := []string{`(^|[^\pL\d_])\( ?\)`, `（ ?）`, `%!`, `<nil>`, `\bpid 0\b`, `[,;:] *[,;:]( |$)`, ` [,;]`, `invalid (AddrPort|IP|Prefix)`}
	if lang == knowledge.Chinese {
		patterns = append(patterns, `\p{Han} \p{Han}`, `\p{Han}[,;:!?](\p{Han}| |$)`, `\p{Han} ?\([^)]`, `[（，。；：] `, `/\d+ \(\d`, `\]: `)
	} else {
		patterns = append(patterns, `(^|[ (])1 (connections|sockets|SYNs|listeners|peers|packets|closes|ports|clients|segments|rules|times|retransmissions|threads|programs|destinations|networks|entries|orphans|timers|pages|bytes)\b`,
			`\b(by|of|to|from|at|in)  ?([,.;)]|:(\D|$))`, `\p{Han}`, `the default is$`, `at least 0 `, `change: [a-z0-9_.]+ \((\d|up|in|as) `)
	}
	if lang == knowledge.Chinese {
		patterns = append(patterns, `默认为$`, `至少 0 个`)
	}
	wrong = append(wrong, repeated(text)...)
	for _, line := range paragraphs(text) {
		if lang == knowledge.Chinese && strings.Contains(line, ", ") && !strings.Contains(line, command.Program+" ") {
			wrong = append(wrong, "a list of English: "+line)
		}
		for _, p := range patterns {
			if found := regexp.MustCompile(p).FindString(line); found != "" {
				wrong = append(wrong, fmt.Sprintf("%q (%s) in: %s", found, p, line))
			}
		}
		// Two blanks follow the severity and the code of a finding.
		if body := regexp.MustCompile(`^\S+ +[A-Z]{2}\d\d  |explains [A-Z]{2}\d\d  |由此引起：[A-Z]{2}\d\d  `).ReplaceAllString(line, ""); strings.Contains(strings.TrimSpace(body), "  ") {
			wrong = append(wrong, "two blanks: "+line)
		}
		if lang == knowledge.English {
			if at := strings.IndexFunc(render.ASCII(line), func(r rune) bool { return r > unicode.MaxASCII }); at >= 0 {
				wrong = append(wrong, "not ASCII: "+line)
			}
		}
	}
	return wrong
}

// repeated finds facts in the owner's line that the summary above it has already: a
// process by its pid, a port.
func repeated(text string) (wrong []string) {
	owner := regexp.MustCompile(`\n *(?:whose: |归属：)(.*)`)
	at := owner.FindStringSubmatchIndex(text)
	if at == nil {
		return nil
	}
	summary, whose := text[:at[0]], text[at[2]:at[3]]
	for _, p := range regexp.MustCompile(`pid (\d+)`).FindAllStringSubmatch(whose, -1) {
		if strings.Contains(summary, "["+p[1]+"]") {
			wrong = append(wrong, "the summary says so: "+whose)
		}
	}
	for _, p := range regexp.MustCompile(`(?:at|本端) (?:0\.0\.0\.0|\[::\])?:(\d+)$`).FindAllStringSubmatch(whose, -1) {
		if regexp.MustCompile(`(\s:|port |端口 )` + p[1] + `\b`).MatchString(summary) {
			wrong = append(wrong, "the summary says so: "+whose)
		}
	}
	return wrong
}

// TestSharersAreListed: processes that share a listener are listed in the manner of
// the language.
func TestSharersAreListed(t *testing.T) {
	owner := &socket.Owner{Among: "nginx[7], nginx[8]", Unit: "web.service"}
	d := &report.Doctor{Diagnosis: &diagnose.Diagnosis{Findings: []diagnose.Finding{{
		Code: "AQ01", Severity: diagnose.Critical, Owner: owner, Summary: knowledge.Text{En: "full", Zh: "已满"},
	}}}, Tally: &query.Tally{}, Rules: diagnose.Rules()}
	for lang, want := range map[knowledge.Lang]string{
		knowledge.English: "whose: web.service, open in nginx[7], nginx[8]; who of them accepts cannot be told",
		knowledge.Chinese: "归属：web.service，nginx[7]、nginx[8] 都打开着它；看不出由谁 accept",
	} {
		if text := (render.DoctorText{Doctor: d, Lang: lang, Width: 200}).String(); !strings.Contains(text, want) {
			t.Errorf("no %q:\n%s", want, text)
		}
	}
}

// paragraphs undoes the wrapping of lines, as far as the tests need it: no line begins
// after a blank.
func paragraphs(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

// TestShownNamesAreChinese: the names of numbers and of missing facts are either the
// kernel's or have a Chinese form.
func TestShownNamesAreChinese(t *testing.T) {
	ours := regexp.MustCompile(`^[a-z]+$| `) // a name of the kernel has no blank, and contains a sign or a capital letter
	seen := func(what, name string) {
		zh := knowledge.Term(name, knowledge.Chinese)
		if ours.MatchString(name) && !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s %q has no Chinese name", what, name)
		}
	}
	var finding func(f *diagnose.Finding)
	finding = func(f *diagnose.Finding) {
		for _, e := range f.Evidence {
			seen("evidence", e.Name)
		}
		for _, m := range f.Missing {
			seen("fact", m.Fact)
		}
		for i := range f.Explains {
			finding(&f.Explains[i].Finding)
		}
	}
	for _, m := range diagnose.MadeDiagnoses(t) {
		for i := range m.Findings {
			finding(&m.Findings[i])
		}
		for _, n := range m.NotJudged {
			for _, missing := range n.Missing {
				seen("fact", missing.Fact)
			}
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// AuditTable prints an audit as compilers print errors: a finding per line, with its
// place first.
type AuditTable struct {
	report.Audit
	Width int // columns of the terminal
}

// minMessage is the narrowest readable column of messages; if there is less room they
// are printed below their lines.
const minMessage = 44

// String returns the findings, then their number and what could not be read.
func (t AuditTable) String() string {
	var b strings.Builder
	leads := t.leads()
	widest := 0
	for _, lead := range leads {
		widest = max(widest, Width(lead))
	}
	for i := range t.Findings {
		t.finding(&b, &t.Findings[i], leads[i], widest)
	}
	if len(t.Findings) > 0 {
		b.WriteString("\n")
	}
	t.ignored(&b)
	b.WriteString(t.summary())
	t.notJudged(&b)
	writeGaps(&b, t.Gaps, t.Lang, t.Width)
	return b.String()
}

// ignored prints each finding that a comment suppresses, with the reason.
func (t AuditTable) ignored(b *strings.Builder) {
	words := wordsOfDoctor(t.Lang)
	for i := range t.Ignored {
		f, g := &t.Ignored[i].Finding, t.Ignored[i].By
		line := fmt.Sprintf("%s%s:%d %s (%s", words.ignored, f.File, f.Line, f.Rule(), g.Reason)
		if !g.Until.IsZero() {
			line += separator(t.Lang) + fmt.Sprintf(words.until, g.Until.Format(time.DateOnly))
		}
		hanging(b, "", visible.Text(line+")"), t.Width)
	}
}

// notJudged prints keys about which nothing is known, at most a few.
func (t AuditTable) notJudged(b *strings.Builder) {
	const most = 6
	n := len(t.NotJudged)
	if n == 0 {
		return
	}
	names := strings.Join(t.NotJudged[:min(n, most)], ", ")
	if n > most {
		names += ", …"
	}
	text := fmt.Sprintf("%d parameter%s not judged, nothing is known of them here: %s", n, plural(uint64(n)), names)
	if t.Lang == knowledge.Chinese {
		text = fmt.Sprintf("%d 个参数未作判断，这里没有关于它们的知识：%s", n, names)
	}
	for _, line := range Wrap(text, max(minMeaning, t.Width)) {
		b.WriteString(line + "\n")
	}
}

// leads returns what is printed left of the messages: place, line and code.
func (t AuditTable) leads() []string {
	places, lines := make([]string, len(t.Findings)), make([]string, len(t.Findings))
	place, line, code := 0, 0, 0
	for i := range t.Findings {
		f := &t.Findings[i]
		places[i], lines[i] = visible.Text(fmt.Sprintf("%s:%d", f.File, f.Line)), visible.Text(about(f))
		place, line, code = max(place, Width(places[i])), max(line, Width(lines[i])), max(code, len(f.Code))
	}
	for i := range places {
		places[i] = Pad(places[i], place) + "  " + Pad(lines[i], line) + "  " + Pad(string(t.Findings[i].Code), code) + "  "
	}
	return places
}

// about returns the assignment on one line.
func about(f *audit.Finding) string {
	text := f.Text
	if f.Key != "" && f.Value != "" {
		text = f.Key + " = " + f.Value
	}
	return Shorten(text, 60)
}

func (t AuditTable) finding(b *strings.Builder, f *audit.Finding, lead string, widest int) {
	message := f.Sentence(t.Lang)
	if t.Width-widest >= minMessage {
		underLead(b, lead, message, t.Width)
		return
	}
	b.WriteString(strings.TrimRight(lead, " ") + "\n")
	for _, line := range Wrap(message, max(minMeaning, t.Width-4)) {
		b.WriteString("    " + line + "\n")
	}
}

// counted prints a number of findings of one severity: "2 warnings".
func counted(n int, s diagnose.Severity, lang knowledge.Lang) string {
	word := severityText(s).In(lang)
	switch {
	case lang == knowledge.Chinese:
		return fmt.Sprintf("%d 个%s", n, word)
	case s != diagnose.Critical:
		word += plural(uint64(n))
	}
	return fmt.Sprintf("%d %s", n, word)
}

func (t AuditTable) summary() string {
	count := map[diagnose.Severity]int{}
	for i := range t.Findings {
		count[t.Findings[i].Severity]++
	}
	var parts []string
	for _, s := range []diagnose.Severity{diagnose.Critical, diagnose.Warning, diagnose.Notice} {
		if count[s] > 0 {
			parts = append(parts, counted(count[s], s, t.Lang))
		}
	}
	n := len(t.Files)
	if k := len(t.Ignored); k > 0 {
		parts = append(parts, fmt.Sprintf(wordsOfDoctor(t.Lang).ignoredCount, k))
	}
	if t.Lang == knowledge.Chinese {
		if len(parts) == 0 {
			return fmt.Sprintf("%d 个文件，没有发现问题\n", n)
		}
		return fmt.Sprintf("%d 个文件：%s\n", n, strings.Join(parts, "，"))
	}
	files := fmt.Sprintf("%d file%s", n, plural(uint64(n)))
	if len(parts) == 0 {
		return files + ", nothing to say\n"
	}
	return files + ": " + strings.Join(parts, ", ") + "\n"
}

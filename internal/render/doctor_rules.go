// SPDX-License-Identifier: Apache-2.0

package render

import (
	"io"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// RulesSchema names the JSON form of the list of rules (docs/json.md).
const RulesSchema = "tcpvitals.rules/1"

// RulesList lists the rules of the doctor.
type RulesList struct {
	Rules   []diagnose.Rule
	Lang    knowledge.Lang
	Width   int
	Verbose bool // all of each
}

// String returns a line for each rule, or all that there is to tell.
func (l RulesList) String() string {
	var b strings.Builder
	v := newDoctorView(&Doctor{}, l.Lang)
	t := DoctorText{Lang: l.Lang, Width: l.Width}
	for i := range l.Rules {
		r := &l.Rules[i]
		lead := r.Code + "  "
		if !l.Verbose {
			t.lead(&b, lead, r.Title.In(l.Lang), len(lead))
			continue
		}
		if i > 0 {
			b.WriteString("\n")
		}
		t.lead(&b, lead, r.Title.In(l.Lang)+" ("+r.Name+")", len(lead))
		t.line(&b, doctorLine{Label: v.words.facts, Text: strings.Join(r.Facts, ", ")}, len(lead))
		for _, line := range v.ruleLines(r)[1:] { // the first is the title
			t.line(&b, line, len(lead))
		}
		t.line(&b, doctorLine{v.words.check, r.Check, true}, len(lead))
	}
	return b.String()
}

type statementRecord struct {
	textRecord

	Source string `json:"source"`
}

func statementRecords(all []knowledge.Statement) []statementRecord {
	out := make([]statementRecord, len(all))
	for i, s := range all {
		out[i] = statementRecord{textRecord(s.Text), s.Source}
	}
	return out
}

type ruleRecord struct {
	Code      string            `json:"code"`
	Name      string            `json:"name"`
	Title     textRecord        `json:"title"`
	HostWide  bool              `json:"host_wide"`
	Window    bool              `json:"window_only"`
	Facts     []string          `json:"facts"`
	Formula   textRecord        `json:"formula"`
	Threshold []statementRecord `json:"threshold"`
	Excluded  []statementRecord `json:"excluded"`
	App       []statementRecord `json:"application"`
	Kernel    []statementRecord `json:"kernel"`
	Check     string            `json:"check"`
	Sources   []string          `json:"sources"`
	See       []string          `json:"see"`
	HiddenBy  []string          `json:"explained_by"`
}

// JSON writes all of every rule.
func (l RulesList) JSON(w io.Writer) error {
	doc := struct {
		Schema string       `json:"schema"`
		Rules  []ruleRecord `json:"rules"`
	}{RulesSchema, make([]ruleRecord, len(l.Rules))}
	for i := range l.Rules {
		r := &l.Rules[i]
		record := ruleRecord{
			Code: r.Code, Name: r.Name, Title: textRecord(r.Title), HostWide: r.HostWide, Window: r.WindowOnly,
			Facts: append([]string{}, r.Facts...), Formula: textRecord(r.Formula),
			Threshold: statementRecords(r.Threshold), Excluded: statementRecords(r.Excluded),
			App: statementRecords(r.App), Kernel: statementRecords(r.Kernel),
			Check: r.Check, Sources: append([]string{}, r.Sources...), See: append([]string{}, r.See...), HiddenBy: []string{},
		}
		for _, h := range r.HiddenBy {
			record.HiddenBy = append(record.HiddenBy, h.Code)
		}
		doc.Rules[i] = record
	}
	return JSON(w, doc)
}

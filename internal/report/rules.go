// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// RulesSchema names the JSON form of the list of rules (docs/json.md).
const RulesSchema = "tcpvitals.rules/1"

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
	Traced    bool              `json:"trace_only"`
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

// RulesJSON writes every rule of the doctor with all its details.
func RulesJSON(w io.Writer, rules []diagnose.Rule) error {
	doc := struct {
		Schema string       `json:"schema"`
		Rules  []ruleRecord `json:"rules"`
	}{RulesSchema, make([]ruleRecord, len(rules))}
	for i := range rules {
		r := &rules[i]
		record := ruleRecord{
			Code: r.Code, Name: r.Name, Title: textRecord(r.Title), HostWide: r.HostWide, Window: r.WindowOnly, Traced: r.Traced,
			Facts: append([]string{}, r.Facts...), Formula: textRecord(r.Formula),
			Threshold: statementRecords(r.Threshold), Excluded: statementRecords(r.Excluded),
			App: statementRecords(r.App), Kernel: statementRecords(r.Kernel),
			Check: r.Check.String(), Sources: append([]string{}, r.Sources...), See: append([]string{}, r.See...), HiddenBy: []string{},
		}
		for _, h := range r.HiddenBy {
			record.HiddenBy = append(record.HiddenBy, h.By)
		}
		doc.Rules[i] = record
	}
	return JSON(w, doc)
}

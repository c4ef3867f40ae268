// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// AuditSchema names the JSON form of an audit (docs/json.md).
const AuditSchema = "tcpvitals.audit/1"

// Audit is an answer about files of kernel parameters.
type Audit struct {
	Time     time.Time
	Host     string // the host with which the files were compared, or ""
	Files    []string
	Findings []audit.Finding
	// Ignored are findings that comments suppress.
	Ignored []audit.Ignored
	// NotJudged are keys that the files set but about which nothing is known.
	NotJudged []string
	Gaps      []problem.Gap
	Lang      knowledge.Lang
}

// AuditDocument is an audit in JSON.
type AuditDocument struct {
	Schema   string         `json:"schema"`
	Time     time.Time      `json:"time"`
	Host     string         `json:"host,omitempty"`
	Live     bool           `json:"live"`
	Files    []string       `json:"files"`
	Findings []AuditFinding `json:"findings"`
	Ignored  []AuditIgnored `json:"ignored"`
	Summary  map[string]int `json:"summary"`
	// NotJudged are the keys about which nothing is known.
	NotJudged []string `json:"not_judged"`
	Gaps      []Gap    `json:"gaps"`
}

// AuditIgnored is, in JSON, a finding that a comment suppresses.
type AuditIgnored struct {
	AuditFinding

	Reason string `json:"reason"`
	Until  string `json:"until,omitempty"`
}

// AuditFinding is a finding in JSON.
type AuditFinding struct {
	Rule     string     `json:"rule"`
	Code     audit.Code `json:"code"`
	Severity string     `json:"severity"`
	File     string     `json:"file"`
	Line     int        `json:"line"`
	Key      string     `json:"key,omitempty"`
	Value    string     `json:"value,omitempty"`
	Message  string     `json:"message"`
	Do       string     `json:"do,omitempty"`
	Source   string     `json:"source,omitempty"`
	See      []string   `json:"see,omitempty"`
}

// JSON writes the answer as one document, with messages in the language of the
// answer. live says whether the files were compared with a host.
func (a *Audit) JSON(w io.Writer, live bool) error {
	return streamedJSON(w, a.document(live), streamOf("findings", a.Findings, a.finding), streamOf("ignored", a.Ignored, a.ignored))
}

// document returns all of the answer except the findings.
func (a *Audit) document(live bool) AuditDocument {
	doc := AuditDocument{
		Schema: AuditSchema, Time: a.Time.UTC().Truncate(time.Millisecond), Host: a.Host, Live: live,
		Files: append([]string{}, a.Files...), Findings: []AuditFinding{}, Ignored: []AuditIgnored{}, Summary: map[string]int{}, Gaps: Gaps(a.Gaps),
		NotJudged: append([]string{}, a.NotJudged...),
	}
	for _, s := range []diagnose.Severity{diagnose.Critical, diagnose.Warning, diagnose.Notice} {
		doc.Summary[s.String()] = 0
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		doc.Summary[f.Severity.String()]++
	}
	return doc
}

func (a *Audit) ignored(i *audit.Ignored) AuditIgnored {
	r := AuditIgnored{AuditFinding: a.finding(&i.Finding), Reason: i.By.Reason}
	if !i.By.Until.IsZero() {
		r.Until = i.By.Until.Format(time.DateOnly)
	}
	return r
}

func (a *Audit) finding(f *audit.Finding) AuditFinding {
	return AuditFinding{
		Rule: f.Rule(), Code: f.Code, Severity: f.Severity.String(), File: f.File, Line: f.Line, Key: f.Key, Value: f.Value,
		Message: f.Message.In(a.Lang), Do: f.Do.In(a.Lang), Source: f.Source, See: f.See,
	}
}

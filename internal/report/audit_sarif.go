// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"iter"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// The parts of SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format) that
// an audit uses.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Results     []sarifResult     `json:"results"`
		Invocations []sarifInvocation `json:"invocations"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string             `json:"id"`
		Short   sarifText          `json:"shortDescription"`
		Help    sarifText          `json:"help"`
		HelpURI string             `json:"helpUri"`
		Default sarifConfiguration `json:"defaultConfiguration"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`

		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
)

// SARIF writes the answer as SARIF 2.1.0, which code hosts show beside the lines of a
// change. version is this program's.
func (a *Audit) SARIF(w io.Writer, version string) error {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "tcpvitals", Version: version, InformationURI: "https://github.com/tcpvitals/tcpvitals"}},
		Results: []sarifResult{}, Invocations: []sarifInvocation{{Successful: true}},
	}
	rules := map[string]int{} // index of each rule
	for f := range a.sarifFindings() {
		if _, known := rules[f.Rule()]; !known {
			rules[f.Rule()] = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, a.sarifRule(f, f.Rule()))
		}
	}
	for _, g := range a.Gaps {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{"warning", shown(knowledge.GapText(g).En)})
	}
	log := sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
	return streamedJSON(w, log, stream{field: "results", deep: 2, each: func(yield func(any) bool) {
		for f, aside := range a.sarifFindings() {
			if !yield(a.sarifResult(f, rules[f.Rule()], aside)) {
				return
			}
		}
	}})
}

// shown makes text from files safe to show on a code host: hidden characters
// are escaped.
func shown(text string) sarifText { return sarifText{visible.Lines(text)} }

// sarifFindings yields all findings, those that comments suppress last and with the
// comment.
func (a *Audit) sarifFindings() iter.Seq2[*audit.Finding, []sarifSuppression] {
	return func(yield func(*audit.Finding, []sarifSuppression) bool) {
		for i := range a.Findings {
			if !yield(&a.Findings[i], nil) {
				return
			}
		}
		for i := range a.Ignored {
			if !yield(&a.Ignored[i].Finding, []sarifSuppression{{"inSource", visible.Text(a.Ignored[i].By.Reason)}}) {
				return
			}
		}
	}
}

// sarifResult returns a finding as a result; its rule is the code for its parameter,
// at index at of the rules.
func (a *Audit) sarifResult(f *audit.Finding, at int, aside []sarifSuppression) sarifResult {
	text := f.Sentence(a.Lang)
	if f.Key != "" {
		text = f.Key + ": " + text
	}
	return sarifResult{
		RuleID: visible.Text(f.Rule()), RuleIndex: at, Level: sarifLevel(f.Severity), Message: shown(text), Suppressions: aside,
		Locations: []sarifLocation{{sarifPhysical{sarifArtifact{fileURI(f.File)}, sarifRegion{f.Line}}}},
	}
}

// auditPage is the page that explains the codes.
const auditPage = "https://github.com/tcpvitals/tcpvitals/blob/main/docs/tune.md#codes"

func (a *Audit) sarifRule(f *audit.Finding, id string) sarifRule {
	for _, doc := range audit.Codes() {
		if doc.Code == f.Code {
			return sarifRule{
				ID: visible.Text(id), Short: shown(doc.Text.In(a.Lang)), Help: shown(command.Of("explain", id).String()), HelpURI: auditPage,
				Default: sarifConfiguration{sarifLevel(doc.Severity)},
			}
		}
	}
	return sarifRule{ID: visible.Text(id)}
}

// sarifLevel returns a severity in the words of section 3.27.10.
func sarifLevel(s diagnose.Severity) string {
	switch s {
	case diagnose.Critical:
		return "error"
	case diagnose.Warning:
		return "warning"
	default:
		return "note"
	}
}

// fileURI returns a path as section 3.4.3 requires: relative to the working
// directory, or as a file URI.
func fileURI(name string) string {
	name = filepath.ToSlash(name)
	u := url.URL{Path: name}
	if strings.HasPrefix(name, "/") {
		u.Scheme = "file"
	}
	return u.String()
}

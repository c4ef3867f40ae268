// SPDX-License-Identifier: Apache-2.0

package render

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// The parts of SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format)
// that an audit fills.
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

// SARIF puts the answer into the form that code hosts show beside the lines of
// a change: SARIF 2.1.0. version is this program's.
func (a *Audit) SARIF(version string) any {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "tcpvitals", Version: version, InformationURI: "https://github.com/tcpvitals/tcpvitals"}},
		Results: []sarifResult{}, Invocations: []sarifInvocation{{Successful: true}},
	}
	index := map[audit.Code]int{}
	for i, doc := range audit.Codes() {
		index[doc.Code] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: string(doc.Code), Short: sarifText{doc.Text.In(a.Lang)}, Default: sarifConfiguration{sarifLevel(doc.Severity)},
		})
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		text := sentence(f, a.Lang)
		if f.Key != "" {
			text = f.Key + ": " + text
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: string(f.Code), RuleIndex: index[f.Code], Level: sarifLevel(f.Severity), Message: sarifText{text},
			Locations: []sarifLocation{{sarifPhysical{sarifArtifact{fileURI(f.File)}, sarifRegion{f.Line}}}},
		})
	}
	for _, g := range a.Gaps {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{"warning", sarifText{g.Source + ": " + g.Reason}})
	}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

// sarifLevel is a severity in the words of section 3.27.10.
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

// fileURI is a path as section 3.4.3 wants it: relative to where the command
// was run, or a file URI.
func fileURI(name string) string {
	name = filepath.ToSlash(name)
	u := url.URL{Path: name}
	if strings.HasPrefix(name, "/") {
		u.Scheme = "file"
	}
	return u.String()
}

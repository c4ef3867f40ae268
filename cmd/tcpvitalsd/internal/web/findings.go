// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"net/http"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// pause is the greatest time between two samples of one span of a finding: the slower
// cadence when it is stretched, or a restart of the agent.
const pause = 90 * time.Second

// findings lists the findings with the times from when to when they existed.
func (a *API) findings(r *http.Request) (any, []string, error) {
	from, to, err := a.span(r, false)
	if err != nil {
		return nil, nil, err
	}
	scope := history.Scope{Selectors: []string{"tcpvitals_finding"}, From: from, To: to}
	spans, cut, err := a.history.Spans(r.Context(), scope, pause)
	if err != nil {
		return nil, nil, err
	}
	out := report.PastFindings{Findings: joined(spans), Cut: cut}
	report.SortPast(out.Findings)
	return out, nil, nil
}

// ends are the words that a document uses for the end of a finding.
var ends = map[string]string{history.There: report.EndThere, history.Over: report.EndOver, history.Unseen: report.EndUnseen}

func pastOf(s *history.Span) report.PastFinding {
	f := report.PastFinding{From: s.From.UTC(), To: s.To.UTC(), End: ends[s.End], Most: s.Most}
	for _, l := range s.Labels {
		switch l.Name {
		case "rule":
			f.Rule = l.Value
		case "severity":
			f.Severity = l.Value
		case "netns":
			f.Netns = l.Value
		case "local":
			f.Local = l.Value
		case "destination":
			f.Destination = l.Value
		case "process":
			f.Process = l.Value
		case "unit":
			f.Unit = l.Value
		case "container":
			f.Container = l.Value
		}
	}
	return f
}

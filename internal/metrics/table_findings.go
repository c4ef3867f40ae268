// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// severities returns the severities of findings.
func severities() []diagnose.Severity {
	return []diagnose.Severity{diagnose.Critical, diagnose.Warning, diagnose.Notice, diagnose.Info}
}

func findingMetrics() []Metric {
	return []Metric{
		{
			Name: "tcpvitals_findings", Kind: Gauge, Unit: count(), Labels: []string{"severity"}, Cost: Examine, Most: fixed(len(severities())),
			Help: knowledge.Text{
				En: "Findings of the rules by severity: critical when connections are being lost, warning when a limit is near; 0 when there is none.",
				Zh: "各严重程度的诊断发现数：critical 表示正在丢失连接，warning 表示接近上限；没有时为 0。",
			},
			read: func(s *Sample, put put) {
				if s.Examined == nil || s.Examined.Diagnosis == nil {
					return
				}
				for _, severity := range severities() {
					n := uint64(0)
					for i := range s.Examined.Diagnosis.Findings {
						if f := &s.Examined.Diagnosis.Findings[i]; f.Severity == severity {
							n += max(1, f.Others)
						}
					}
					put(float64(n), severity.String())
				}
			},
		},
		{
			Name: "tcpvitals_finding", Kind: Gauge, Unit: count(), Cost: Examine, Most: func(top int) int { return top },
			Labels: []string{"rule", "severity", "netns", "local", "destination", "process", "unit", "container"},
			Help: knowledge.Text{
				En: "Findings that are there, by rule and by what they are about: tcpvitals explain RULE says what it means. Gone when it is over.",
				Zh: "当前的诊断发现，按规则和对象列出：含义见 tcpvitals explain 规则名。问题消失后该序列也消失。",
			},
			read: func(s *Sample, put put) {
				if s.Examined == nil {
					return
				}
				for i := range s.Examined.Findings.Told {
					f := &s.Examined.Findings.Told[i]
					put(float64(f.Count), f.Rule, f.Severity, f.Netns, f.Local, f.Destination, f.Process, f.Unit, f.Container)
				}
			},
		},
		leftOut("tcpvitals_findings_left_out", knowledge.Text{
			En: "How many kinds of findings have no series of tcpvitals_finding: only the worst have.",
			Zh: "tcpvitals_finding 未逐个列出的发现种类数：只列最严重的若干个。",
		}, func(e *Examined) int { return e.Findings.Left }),
		{
			Name: "tcpvitals_rules", Kind: Gauge, Unit: count(), Labels: []string{"verdict"}, Cost: Examine, Most: fixed(2),
			Help: knowledge.Text{
				En: "Rules that were asked and found nothing (passed), and that could not be judged for want of facts (not_judged).",
				Zh: "查过且没有发现的规则数（passed），以及因缺少数据而无法判断的规则数（not_judged）。",
			},
			read: func(s *Sample, put put) {
				if s.Examined == nil || s.Examined.Diagnosis == nil {
					return
				}
				put(float64(len(s.Examined.Diagnosis.Passed)), "passed")
				put(float64(len(s.Examined.Diagnosis.NotJudged)), "not_judged")
			},
		},
	}
}

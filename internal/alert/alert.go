// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// An Alert is one entry of the table.
type Alert struct {
	Name string
	// Title is one line: what is wrong.
	Title knowledge.Text
	// Expr is the PromQL whose every series is an alert.
	Expr string
	// For is how long the series must be there before the alert fires.
	For time.Duration
	// Severity is warning or critical, or empty where a finding brings its own.
	Severity diagnose.Severity
	// About names what fires, as a template of Prometheus over the labels and the
	// value. It is the same in both languages: names and numbers.
	About string
	// Means says what fires, and why just at this threshold.
	Means knowledge.Statement
	// Rules are the doctor's rules whose finding it is, or that tell more of it.
	// Their pages say what to do.
	Rules []string
	// Look is the command that shows what the alert counted.
	Look command.Line
}

// Keep is how long an alert goes on after its series is gone: a finding that is
// missing in one look is not over yet.
const Keep = 2 * time.Minute

// All returns the alerts, those that lose connections first.
func All() []Alert {
	all := slices.Concat(queueAlerts(), portAlerts(), programAlerts(), networkAlerts(), limitAlerts())
	var told []string
	for i := range all {
		told = append(told, all[i].Rules...)
	}
	slices.Sort(told)
	return slices.Concat(all, agentAlerts(slices.Compact(told)), storeAlerts())
}

// finding is the PromQL for findings of the rules that are warning or critical,
// or of one severity.
func finding(severity string, rules ...string) string {
	return `tcpvitals_finding{rule=~"` + strings.Join(rules, "|") + `",severity=~"` + severity + `"} > 0`
}

// alarming are the severities that an alert is made of.
const alarming = "critical|warning"

// grows is the PromQL for a counter of the kernel that grows.
func grows(counter string) string {
	return `rate(tcpvitals_kernel_events_total{counter="` + counter + `"}[5m]) > 0`
}

// share is the PromQL for a resource whose use is at least a share of its limit.
func share(resource, least string) string {
	of := `{resource="` + resource + `"}`
	return "tcpvitals_kernel_use" + of + " / tcpvitals_kernel_limit" + of + " >= " + least
}

// ofFinding names whose finding it is. Labels that are empty are left out.
const ofFinding = `{{ $labels.rule }}: {{ $value }}` +
	`{{ with $labels.process }} {{ . }}{{ end }}{{ with $labels.unit }} unit {{ . }}{{ end }}{{ with $labels.container }} container {{ . }}{{ end }}` +
	`{{ with $labels.local }} {{ . }}{{ end }}{{ with $labels.destination }} -> {{ . }}{{ end }}{{ with $labels.netns }} netns {{ . }}{{ end }}`

// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/alert"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A trial is the test of an alert: series for which it fires with labels and a
// description, and series for which it stays silent. Values are in promtool's
// notation, one every ten seconds.
type trial struct {
	fires  []string
	labels string // labels of the alert, without alertname
	about  string
	silent []string
}

const values = 90 // number of values in a series: 15 minutes, longer than any alert waits

func steady(series, value string) string { return fmt.Sprintf("%s: %s+0x%d", series, value, values) }

func rising(series, by string) string { return fmt.Sprintf("%s: 0+%sx%d", series, by, values) }

// ofRule is the trial of an alert about a finding.
func ofRule(rule, severity, silently string) trial {
	series := func(severity string) string {
		return steady(`tcpvitals_finding{rule="`+rule+`",severity="`+severity+`",netns="",local=":8080",destination="",process="shop",unit="shop.service",container=""}`, "7")
	}
	return trial{
		fires:  []string{series(severity)},
		labels: "rule: " + rule + ", severity: " + severity + `, local: ":8080", process: shop, unit: shop.service`,
		about:  rule + ": 7 shop unit shop.service :8080",
		silent: []string{series(silently)},
	}
}

func event(counter string) string {
	return `tcpvitals_kernel_events_total{counter="` + counter + `"}`
}

func resource(name, use, limit string) []string {
	return []string{steady(`tcpvitals_kernel_use{resource="`+name+`"}`, use), steady(`tcpvitals_kernel_limit{resource="`+name+`"}`, limit)}
}

func trials() map[string]trial {
	listener := `{address="0.0.0.0",port="8080",netns=""}`
	group := `{group="private",port="5432",netns=""}`
	by := func(reason string) string {
		return `tcpvitals_connection_ends_by_total{reason="` + reason + `",process="shop",unit="",container="",netns=""}`
	}
	return map[string]trial{
		"TCPAcceptQueueFull":      ofRule("AQ01", "critical", "warning"),
		"TCPSynFlood":             ofRule("SY04", "warning", "notice"),
		"TCPSynQueueFull":         ofRule("SY02", "critical", "info"),
		"TCPBoundPortsShort":      ofRule("TW05", "warning", "notice"),
		"TCPCloseWaitLeak":        ofRule("CW01", "critical", "notice"),
		"TCPDescriptorsNearLimit": ofRule("FD01", "warning", "notice"),
		"TCPProgramDoesNotRead":   ofRule("ES04", "warning", "info"),
		"TCPStuckSends":           ofRule("FW04", "warning", "notice"),
		"TCPRetransmissionStorm":  ofRule("RT01", "warning", "notice"),
		"TCPConnectsFail":         ofRule("SY05", "warning", "notice"),
		"TCPPacketsDoNotLeave":    ofRule("ES05", "warning", "notice"),
		"TCPPacketsLostOnArrival": ofRule("NP01", "warning", "notice"),
		"TCPFindingCritical":      ofRule("XX01", "critical", "warning"),
		"TCPAcceptQueueNearlyFull": {
			fires:  []string{steady("tcpvitals_accept_queue_fullest_ratio"+listener, "0.6")},
			labels: `severity: warning, address: 0.0.0.0, port: "8080"`, about: "0.0.0.0:8080 60%",
			silent: []string{steady("tcpvitals_accept_queue_fullest_ratio"+listener, "0.49")},
		},
		"TCPConnectionsDropped": {
			fires: []string{rising(event("TcpExt.ListenOverflows"), "20")}, labels: "severity: warning, counter: TcpExt.ListenOverflows", about: "2/s",
			silent: []string{steady(event("TcpExt.ListenOverflows"), "5000"), rising(event("TcpExt.ListenDrops"), "20")},
		},
		"TCPPortsUsedUp": {
			fires:  []string{steady("tcpvitals_ports_free"+group, "0")},
			labels: `severity: critical, group: private, port: "5432"`, about: "private:5432",
			silent: []string{steady("tcpvitals_ports_free"+group, "1")},
		},
		"TCPPortsRunOutSoon": {
			fires:  []string{steady("tcpvitals_ports_run_out_seconds"+group, "600"), steady("tcpvitals_ports_used_ratio"+group, "0.7")},
			labels: `severity: warning, group: private, port: "5432"`, about: "private:5432 10m 0s",
			silent: []string{steady("tcpvitals_ports_run_out_seconds"+group, "600"), steady("tcpvitals_ports_used_ratio"+group, "0.2")},
		},
		"TCPTimeWaitRefused": {
			fires: []string{rising(event("TcpExt.TCPTimeWaitOverflow"), "10")}, labels: "severity: warning, counter: TcpExt.TCPTimeWaitOverflow", about: "1/s",
			silent: []string{steady(event("TcpExt.TCPTimeWaitOverflow"), "10")},
		},
		"TCPUnreadDataResets": {
			fires:  []string{rising(by("unread-data"), "20"), rising(by("closed-first"), "60")},
			labels: "severity: warning, process: shop", about: "shop 2/s",
			silent: []string{rising(by("unread-data"), "20"), rising(by("closed-first"), "1000")},
		},
		"TCPConntrackNearlyFull": {
			fires: resource("conntrack", "85", "100"), labels: "severity: warning, resource: conntrack", about: "85%",
			silent: resource("conntrack", "79", "100"),
		},
		"TCPConntrackFull": {
			fires: resource("conntrack", "97", "100"), labels: "severity: critical, resource: conntrack", about: "97%",
			silent: resource("conntrack", "94", "100"),
		},
		"TCPOrphansNearLimit": {
			fires: resource("orphans", "30", "100"), labels: "severity: warning, resource: orphans", about: "30%",
			silent: resource("orphans", "24", "100"),
		},
		"TCPOpenFilesNearLimit": {
			fires: resource("files", "91", "100"), labels: "severity: warning, resource: files", about: "91%",
			silent: resource("files", "89", "100"),
		},
		"TCPAbortedForMemory": {
			fires: []string{rising(event("TcpExt.TCPAbortOnMemory"), "10")}, labels: "severity: critical, counter: TcpExt.TCPAbortOnMemory", about: "1/s",
			silent: []string{steady(event("TcpExt.TCPAbortOnMemory"), "10")},
		},
		"TCPMemoryPressure": {
			fires:  []string{steady("tcpvitals_memory_bytes", "110"), steady(`tcpvitals_memory_limit_bytes{level="pressure"}`, "100")},
			labels: "severity: warning", about: "110%",
			silent: []string{steady("tcpvitals_memory_bytes", "99"), steady(`tcpvitals_memory_limit_bytes{level="pressure"}`, "100")},
		},
		"TCPMemoryFull": {
			fires:  []string{steady("tcpvitals_memory_bytes", "95"), steady(`tcpvitals_memory_limit_bytes{level="high"}`, "100")},
			labels: "severity: critical", about: "95%",
			silent: []string{steady("tcpvitals_memory_bytes", "110"), steady(`tcpvitals_memory_limit_bytes{level="high"}`, "200")},
		},
		"TcpvitalsDown": {
			fires: []string{steady(`up{job="tcpvitals",instance="a:9779"}`, "0")}, labels: `severity: warning, job: tcpvitals, instance: "a:9779"`, about: "a:9779",
			silent: []string{steady(`up{job="tcpvitals",instance="a:9779"}`, "1"), steady(`up{job="node",instance="a:9100"}`, "0")},
		},
		"TcpvitalsBlind": {
			fires: []string{steady(`tcpvitals_source_success{source="count"}`, "0")}, labels: "severity: warning, source: count", about: "count 0",
			silent: []string{steady(`tcpvitals_source_success{source="count"}`, "1"), steady(`tcpvitals_sample_age_seconds{source="examine"}`, "20")},
		},
		"TcpvitalsStoreBehind": {
			fires: []string{steady(`tcpvitals_remote_write_behind_seconds{receiver="store"}`, "1200")}, labels: "severity: warning, receiver: store", about: "store 20m 0s",
			silent: []string{steady(`tcpvitals_remote_write_behind_seconds{receiver="store"}`, "599")},
		},
		"TcpvitalsSamplesLost": {
			fires:  []string{rising(`tcpvitals_remote_write_dropped_samples_total{receiver="store",reason="retention"}`, "10")},
			labels: "severity: critical, receiver: store, reason: retention", about: "store retention 600",
			silent: []string{steady(`tcpvitals_remote_write_dropped_samples_total{receiver="store",reason="retention"}`, "0"), rising(`tcpvitals_remote_write_sent_samples_total{receiver="store"}`, "10")},
		},
	}
}

// TestPromtool: promtool accepts the file; each alert fires for its trial, not before
// its time, and stays silent for values just below the threshold.
func TestPromtool(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		testnet.Skip(t, testnet.Packagers, "no promtool here")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "rules.yml"), alert.File())
	all, known := trials(), alert.All()
	if len(known) < 14 || len(all) != len(known) {
		t.Errorf("%d alerts and %d trials", len(known), len(all))
	}
	var b strings.Builder
	b.WriteString("rule_files: [rules.yml]\nevaluation_interval: 10s\ntests:\n")
	for _, a := range known {
		tr, ok := all[a.Name]
		if !ok {
			t.Fatalf("%s has no trial", a.Name)
		}
		onTrial(&b, &a, tr)
	}
	write(t, filepath.Join(dir, "test.yml"), b.String())
	for _, args := range [][]string{{"check", "rules", "rules.yml"}, {"test", "rules", "test.yml"}} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = dir
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
}

// onTrial writes both tests of an alert. The windows of rate() are full after ten
// minutes, so later results differ only because of the alert's waiting time.
func onTrial(b *strings.Builder, a *alert.Alert, tr trial) {
	part := func(series []string, asked ...string) {
		b.WriteString("  - interval: 10s\n    input_series:\n")
		for _, s := range series {
			at := strings.LastIndex(s, ": ")
			fmt.Fprintf(b, "      - {series: '%s', values: '%s'}\n", s[:at], s[at+2:])
		}
		b.WriteString("    alert_rule_test:\n" + strings.Join(asked, ""))
	}
	none := func(at time.Duration) string {
		return fmt.Sprintf("      - {alertname: %s, eval_time: %s}\n", a.Name, at)
	}
	fired := fmt.Sprintf("      - alertname: %s\n        eval_time: 12m\n        exp_alerts:\n          - exp_labels: {%s}\n            exp_annotations:\n", a.Name, tr.labels)
	for _, note := range [][2]string{
		{"summary", a.Title.En}, {"summary_zh", a.Title.Zh}, {"description", tr.about}, {"look", a.Look.String()}, {"more", "tcpvitals explain " + a.Name},
	} {
		fired += fmt.Sprintf("              %s: '%s'\n", note[0], strings.ReplaceAll(note[1], "'", "''"))
	}
	part(tr.fires, none(a.For-10*time.Second), fired)
	var silent []string
	for at := time.Minute; at < 15*time.Minute; at += 3 * time.Minute {
		silent = append(silent, none(at))
	}
	part(tr.silent, silent...)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTrialsAreOfAlerts: every trial belongs to an existing alert.
func TestTrialsAreOfAlerts(t *testing.T) {
	for name := range trials() {
		if !slices.ContainsFunc(alert.All(), func(a alert.Alert) bool { return a.Name == name }) {
			t.Errorf("there is no alert %s", name)
		}
	}
}

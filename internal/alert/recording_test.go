// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/alert"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// hosts are the series of two hosts; the second one has problems.
func hosts() []string {
	var all []string
	for i, host := range []string{"a", "b"} {
		n := i + 1
		of := func(name, more, value string) { all = append(all, steady(name+`{instance="`+host+`"`+more+`}`, value)) }
		of("tcpvitals_connections", `,state="established",family="ipv4"`, fmt.Sprint(10*n))
		of("tcpvitals_connections", `,state="established",family="ipv6"`, "1")
		of("tcpvitals_findings", `,severity="critical"`, fmt.Sprint(i))
		of("tcpvitals_findings", `,severity="warning"`, "1")
		of("tcpvitals_finding", `,rule="CW01",severity="warning",process="x"`, "1")
		of("tcpvitals_finding", `,rule="CW01",severity="warning",process="y"`, "5")
		of("tcpvitals_ports_used_ratio", `,group="g",port="1"`, fmt.Sprintf("0.%d", n))
		of("tcpvitals_ports_used_ratio", `,group="g",port="2"`, "0.05")
		of("tcpvitals_accept_queue_fullest_ratio", `,port="80"`, fmt.Sprintf("0.%d", n))
		of("tcpvitals_kernel_use", `,resource="orphans"`, "5")
		of("tcpvitals_kernel_limit", `,resource="orphans"`, "10")
		of("tcpvitals_memory_bytes", "", "25")
		of("tcpvitals_memory_limit_bytes", `,level="high"`, "100")
		of("tcpvitals_memory_limit_bytes", `,level="low"`, "1")
		of("tcpvitals_build_info", `,version="v`+host+`"`, "1")
		all = append(all, rising(`tcpvitals_kernel_events_total{instance="`+host+`",counter="c"}`, "20"), rising(`tcpvitals_connection_ends_total{instance="`+host+`",reason="r"}`, "10"))
	}
	return all
}

// recorded is the expected result for them: labels without the name, and the value.
func recorded() map[string]map[string]string {
	return map[string]map[string]string{
		"instance_state:tcpvitals_connections:sum":         {`instance="a",state="established"`: "11", `instance="b",state="established"`: "21"},
		"instance_severity:tcpvitals_findings:sum":         {`instance="a",severity="critical"`: "0", `instance="b",severity="critical"`: "1", `instance="a",severity="warning"`: "1", `instance="b",severity="warning"`: "1"},
		"instance:tcpvitals_ports_used:max_ratio":          {`instance="a"`: "0.1", `instance="b"`: "0.2"},
		"instance:tcpvitals_accept_queue:max_ratio":        {`instance="a"`: "0.1", `instance="b"`: "0.2"},
		"instance_resource:tcpvitals_kernel_use:ratio":     {`instance="a",resource="orphans"`: "0.5", `instance="b",resource="orphans"`: "0.5"},
		"instance:tcpvitals_memory:ratio":                  {`instance="a"`: "0.25", `instance="b"`: "0.25"},
		"instance_counter:tcpvitals_kernel_events:rate5m":  {`instance="a",counter="c"`: "2", `instance="b",counter="c"`: "2"},
		"instance_reason:tcpvitals_connection_ends:rate5m": {`instance="a",reason="r"`: "1", `instance="b",reason="r"`: "1"},
		"state:tcpvitals_connections:sum":                  {`state="established"`: "32"},
		"severity:tcpvitals_hosts:count":                   {`severity="critical"`: "1", `severity="warning"`: "2"},
		"rule_severity:tcpvitals_hosts:count":              {`rule="CW01",severity="warning"`: "2"},
		"tcpvitals_hosts:count":                            {"": "2"},
	}
}

// TestRecording: promtool accepts the file, and each rule records the expected values
// for two hosts.
func TestRecording(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		testnet.Skip(t, testnet.Packagers, "no promtool here")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "recording.yml"), alert.RecordingFile())
	var b strings.Builder
	b.WriteString("rule_files: [recording.yml]\nevaluation_interval: 10s\ntests:\n  - interval: 10s\n    input_series:\n")
	for _, s := range hosts() {
		at := strings.LastIndex(s, ": ")
		fmt.Fprintf(&b, "      - {series: '%s', values: '%s'}\n", s[:at], s[at+2:])
	}
	b.WriteString("    promql_expr_test:\n")
	want := recorded()
	for _, r := range alert.Recordings() {
		if len(want[r.Name]) == 0 {
			t.Errorf("%s has no trial", r.Name)
		}
		fmt.Fprintf(&b, "      - expr: '%s'\n        eval_time: 10m\n        exp_samples:\n", r.Name)
		for labels, value := range want[r.Name] {
			fmt.Fprintf(&b, "          - {labels: '%s{%s}', value: %s}\n", r.Name, labels, value)
		}
	}
	write(t, filepath.Join(dir, "test.yml"), b.String())
	for _, args := range [][]string{{"check", "rules", "recording.yml"}, {"test", "rules", "test.yml"}} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = dir
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
}

// TestRecordingsAskForMetrics: agents, or earlier rules, write every series that the
// rules read.
func TestRecordingsAskForMetrics(t *testing.T) {
	var names []string
	for _, m := range metrics.All() {
		names = append(names, m.Name)
	}
	name := regexp.MustCompile(`[a-z_0-9]*:?tcpvitals_[a-z_]+(?::[a-z0-9_]+)?`)
	for _, r := range alert.Recordings() {
		for _, asked := range name.FindAllString(r.Expr, -1) {
			if !slices.Contains(names, asked) {
				t.Errorf("%s asks for %s, which nobody writes", r.Name, asked)
			}
		}
		names = append(names, r.Name)
		if r.Help.En == "" || r.Help.Zh == "" {
			t.Errorf("%s is not explained", r.Name)
		}
	}
}

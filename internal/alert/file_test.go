// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/alert"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

var update = flag.Bool("update", false, "write the generated files anew")

// TestGenerated keeps the rules file and its pages what the table says.
func TestGenerated(t *testing.T) {
	for path, want := range map[string]string{
		"../../packaging/prometheus/rules.yml":     alert.File(),
		"../../packaging/prometheus/recording.yml": alert.RecordingFile(),
		"../../docs/alerts.md":                     alert.Page(knowledge.English),
		"../../docs/alerts.zh.md":                  alert.Page(knowledge.Chinese),
	} {
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is stale: run go test ./internal/alert -update", path)
		}
	}
}

// selector finds a metric with its matchers, and one without.
var selector = regexp.MustCompile(`\b(tcpvitals_[a-z_]+|up)\b(?:\{([^}]*)\})?`)

// TestNamesAreThere: every metric, label, counter and resource that an alert asks
// for is one that the agent writes, and every rule is one of the doctor.
func TestNamesAreThere(t *testing.T) {
	known := map[string][]string{"up": {"job", "instance"}}
	for _, m := range metrics.All() {
		known[m.Name] = m.Labels
	}
	for _, a := range alert.All() {
		found := selector.FindAllStringSubmatch(a.Expr, -1)
		if len(found) == 0 {
			t.Errorf("%s asks for no metric: %s", a.Name, a.Expr)
		}
		for _, f := range found {
			labels, ok := known[f[1]]
			if !ok {
				t.Errorf("%s asks for %s, which no agent writes", a.Name, f[1])
			}
			for label, value := range matchers(f[2]) {
				if !slices.Contains(labels, label) {
					t.Errorf("%s: %s has no label %s", a.Name, f[1], label)
				}
				if label == "rule" {
					rulesAreThere(t, a.Name, strings.Split(value, "|"))
				}
			}
		}
		rulesAreThere(t, a.Name, a.Rules)
	}
}

func matchers(inside string) map[string]string {
	all := map[string]string{}
	for _, m := range regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)"([^"]*)"`).FindAllStringSubmatch(inside, -1) {
		all[m[1]] = m[2]
	}
	return all
}

func rulesAreThere(t *testing.T, name string, codes []string) {
	t.Helper()
	for _, code := range codes {
		if _, ok := diagnose.RuleOf(code); !ok {
			t.Errorf("%s names %s, which is no rule", name, code)
		}
	}
}

// TestPages: explain finds every alert, each says all that it has to, and its links
// lead somewhere.
func TestPages(t *testing.T) {
	index := knowledge.NewIndex(alert.Topics(), diagnose.Topics())
	for _, a := range alert.All() {
		page, ok := index.Lookup(a.Name)
		if !ok || page.Kind != knowledge.KindAlert {
			t.Errorf("explain does not find %s", a.Name)
		}
		if a.Title.En == "" || a.Title.Zh == "" || a.Means.En == "" || a.Means.Zh == "" || a.Means.Source == "" || a.Look.None() || a.For <= 0 || len(a.Rules) > 0 && len(a.Remedies()) == 0 {
			t.Errorf("%s lacks something: %+v", a.Name, a)
		}
		for _, name := range page.See {
			if _, ok := index.Lookup(name); !ok {
				t.Errorf("%s leads to %s, which has no page", a.Name, name)
			}
		}
	}
}

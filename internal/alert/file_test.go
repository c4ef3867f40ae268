// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/alert"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics/metricstest"
	"github.com/tcpvitals/tcpvitals/internal/testfile"
)

var update = flag.Bool("update", false, "write the generated files anew")

// TestGenerated: the rules files and the pages are what the table generates.
func TestGenerated(t *testing.T) {
	for path, want := range map[string]string{
		"../../packaging/prometheus/rules.yml":     alert.File(),
		"../../packaging/prometheus/recording.yml": alert.RecordingFile(),
		"../../docs/alerts.md":                     alert.Page(knowledge.English),
		"../../docs/alerts.zh.md":                  alert.Page(knowledge.Chinese),
	} {
		testfile.Fresh(t, *update, path, want)
	}
}

// TestNamesAreThere: the agent writes every metric and label for which an alert asks,
// and every rule that an alert names is one of the doctor.
func TestNamesAreThere(t *testing.T) {
	for _, a := range alert.All() {
		for _, s := range metricstest.Selectors(t, a.Name, a.Expr) {
			if rules, ok := s.Matchers["rule"]; ok {
				rulesAreThere(t, a.Name, strings.Split(rules, "|"))
			}
		}
		rulesAreThere(t, a.Name, a.Rules)
	}
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

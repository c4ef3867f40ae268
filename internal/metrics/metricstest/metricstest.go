// SPDX-License-Identifier: Apache-2.0

// Package metricstest checks that queries ask for series that the agent writes. It is
// for tests only.
package metricstest

import (
	"regexp"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

// A Selector is a metric in a PromQL expression, with the values of its matchers by
// label.
type Selector struct {
	Metric   string
	Matchers map[string]string
}

var (
	// selector finds a metric, with or without matchers.
	selector = regexp.MustCompile(`\b(tcpvitals_[a-z_]+|up)\b(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)"([^"]*)"`)
)

// Selectors returns the metrics for which a PromQL expression asks. It fails the test
// if there are none, or if the agent does not write one of them or one of the labels in
// its matchers. what names the expression in messages.
func Selectors(t testing.TB, what, expr string) (all []Selector) {
	t.Helper()
	for _, found := range selector.FindAllStringSubmatch(expr, -1) {
		s := Selector{found[1], map[string]string{}}
		labels := Labels(s.Metric)
		if labels == nil {
			t.Errorf("%s asks for %s, which no agent writes", what, s.Metric)
		}
		for _, m := range matcher.FindAllStringSubmatch(found[2], -1) {
			s.Matchers[m[1]] = m[2]
			if labels != nil && !slices.Contains(labels, m[1]) {
				t.Errorf("%s: %s has no label %s", what, s.Metric, m[1])
			}
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		t.Errorf("%s asks for no metric: %s", what, expr)
	}
	return all
}

// Labels returns the labels of a metric, with those that Prometheus adds when it
// scrapes; nil if no agent writes the metric.
func Labels(metric string) []string {
	scraped := []string{"instance", "job"}
	if metric == "up" {
		return scraped
	}
	for _, m := range metrics.All() {
		if m.Name == metric {
			return append(scraped, m.Labels...)
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/query"
)

// TestPatternBudget: the compiled size of regular expressions is bounded: of each one,
// of all in a filter, and of all in several filters.
func TestPatternBudget(t *testing.T) {
	for _, pattern := range []string{
		`\pL{1000}`, `(a{1000}){1}(b{1000})\pL{300}`, `(((a{10}){10}){10}\w{1000}){9}`, strings.Repeat(`\pL`, 400), `(?i)(\pL|\pN){200}`, strings.Repeat("a", 1001),
	} {
		if _, err := query.Parse("process ~ "+query.Quote(pattern), query.Options{}); err == nil {
			t.Errorf("%.60s is compiled", pattern)
		}
	}
	for _, pattern := range []string{`^nginx: (master|worker)`, `^php-fpm[0-9.]*$`, `\pL{1,100}`, `(foo|bar){1,50}`, `[a-z]{1000}`} {
		if _, err := query.Parse("process ~ "+query.Quote(pattern), query.Options{}); err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	one := `process ~ "a{1000}"`
	if _, err := query.Parse(strings.Repeat(one+" or ", 100)+one, query.Options{}); err == nil {
		t.Error("a hundred of them are compiled")
	}
	budget := &query.PatternBudget{}
	n := 0
	for ; n < 1000; n++ {
		if _, err := query.Parse(one, query.Options{Patterns: budget}); err != nil {
			break
		}
	}
	if n < 10 || n == 1000 {
		t.Errorf("%d filters of one budget", n)
	}
}

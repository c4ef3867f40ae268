// SPDX-License-Identifier: Apache-2.0

package knowledge_test

import (
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// A query is what somebody types, and the page that must come first.
type query struct{ words, page string }

func queries(t *testing.T) (all []query) {
	t.Helper()
	text, err := os.ReadFile("testdata/queries.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		i := strings.LastIndex(line, " | ")
		all = append(all, query{line[:i], line[i+3:]})
	}
	return all
}

func everything() *knowledge.Index {
	return knowledge.NewIndex(knowledge.Topics(), diagnose.Topics(), audit.Topics())
}

// TestQueries: what people type, pasted lines and slips among them, leads to its page:
// first in at least 95 of 100, among the first three in 99. It prints the score.
func TestQueries(t *testing.T) {
	x := everything()
	all := queries(t)
	first, three, chinese := 0, 0, 0
	for _, q := range all {
		if strings.ContainsFunc(q.words, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			chinese++
		}
		if _, ok := x.Lookup(q.page); !ok {
			t.Errorf("%s: no page %s", q.words, q.page)
		}
		var got []string
		for _, hit := range x.Ask(q.words) {
			got = append(got, hit.Topic.Name)
		}
		got = got[:min(3, len(got))]
		switch {
		case len(got) > 0 && got[0] == q.page:
			first, three = first+1, three+1
		case strings.Contains(" "+strings.Join(got, " ")+" ", " "+q.page+" "):
			three++
			t.Logf("not first: %s: %s, got %v", q.words, q.page, got)
		default:
			t.Logf("missed: %s: %s, got %v", q.words, q.page, got)
		}
	}
	t.Logf("%d queries, %d of them with Chinese: %d (%.1f %%) first, %d (%.1f %%) among three",
		len(all), chinese, first, part(first, all), three, part(three, all))
	if len(all) < 200 || 2*chinese < len(all) {
		t.Errorf("%d queries, %d with Chinese", len(all), chinese)
	}
	if part(first, all) < 95 || part(three, all) < 99 {
		t.Error("too few are answered")
	}
}

func part(n int, all []query) float64 { return 100 * float64(n) / float64(len(all)) }

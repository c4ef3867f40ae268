// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/query"
)

// ssFilter is a line of testdata/ss-corpus.txt.
type ssFilter struct{ src, differs string }

func ssCorpus(t testing.TB) []ssFilter {
	t.Helper()
	raw, err := os.ReadFile("testdata/ss-corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []ssFilter
	for line := range strings.Lines(string(raw)) {
		src, differs, _ := strings.Cut(strings.TrimSpace(line), " ## ")
		if src != "" && src[0] != '#' {
			list = append(list, ssFilter{src, differs})
		}
	}
	return list
}

// TestCorpusOfSS parses every filter that ss parses, except for those that are refused
// on purpose.
func TestCorpusOfSS(t *testing.T) {
	list := ssCorpus(t)
	if len(list) < 70 {
		t.Errorf("%d filters, want 70", len(list))
	}
	for _, c := range list {
		f, err := query.Parse(c.src, known())
		switch {
		case strings.Contains(c.differs, "is a mistake"):
			if err == nil {
				t.Errorf("%q is read as %q, but: %s", c.src, f, c.differs)
			}
		case err != nil:
			t.Errorf("%q: %v", c.src, err)
		default:
			roundTrip(t, f)
		}
	}
}

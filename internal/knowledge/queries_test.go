// SPDX-License-Identifier: Apache-2.0

package knowledge_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// A query is what somebody types, and the pages of which one must come first.
type query struct {
	words string
	pages []string
	learn bool // the search may learn from this query, but it is not scored
}

func queries(t *testing.T) (all []query) {
	t.Helper()
	text, err := os.ReadFile("search_asked.txt")
	if err != nil {
		t.Fatal(err)
	}
	learn := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		learn = learn || strings.HasPrefix(line, "# For learning only")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words, pages, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("no page: %s", line)
		}
		all = append(all, query{words, strings.Split(pages, ", "), learn})
	}
	return all
}

func everything() *knowledge.Index {
	return knowledge.NewIndex(knowledge.Topics(), diagnose.Topics(), audit.Topics())
}

// TestQueries: what people type, pasted lines and slips among them, leads to its page,
// each query asked as if it were not among those that the search has learnt from. Asked
// as they are learnt, 99 of 100 have it first. Both scores are printed.
func TestQueries(t *testing.T) {
	x, all := everything(), queries(t)
	measured := slices.DeleteFunc(slices.Clone(all), func(q query) bool { return q.learn })
	first, three := score(t, measured, x.AskUnseen)
	if first < 92 || three < 98 {
		t.Error("too few are answered")
	}
	if first, _ := score(t, all, x.Ask); first < 99 {
		t.Errorf("of the queries that it knows it answers %.1f %%", first)
	}
	for _, q := range all {
		for _, page := range q.pages {
			if topic, ok := x.Lookup(page); !ok || topic.Name != page {
				t.Errorf("%s: no page %s", q.words, page)
			}
		}
	}
}

// score asks each query and tells how many of 100 have a page of theirs first, and how
// many among three.
func score(t *testing.T, all []query, ask func(string) []knowledge.Hit) (first, three float64) {
	t.Helper()
	chinese := 0
	for _, q := range all {
		if strings.ContainsFunc(q.words, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			chinese++
		}
		var got []string
		for _, hit := range ask(q.words) {
			got = append(got, hit.Topic.Name)
		}
		got = got[:min(3, len(got))]
		switch slices.IndexFunc(got, func(name string) bool { return slices.Contains(q.pages, name) }) {
		case 0:
			first, three = first+1, three+1
		case -1:
			t.Logf("missed: %s: %s, got %v", q.words, q.pages, got)
		default:
			three++
			t.Logf("not first: %s: %s, got %v", q.words, q.pages, got)
		}
	}
	first, three = 100*first/float64(len(all)), 100*three/float64(len(all))
	t.Logf("%d queries, %d of them with Chinese: %.1f %% first, %.1f %% among three", len(all), chinese, first, three)
	return first, three
}

// TestAskedAgain: the same words have the same answer, to the last bit of every score, so
// that pages which are worth as much do not change places.
func TestAskedAgain(t *testing.T) {
	x := everything()
	for _, words := range []string{"connection refused by peer after timeout", "大量 TIME_WAIT 端口用完 connect 失败", "accept queue full drops connections of the listener under load", "内存不足 orphan 过多 发送缓冲区满 连接重置 超时"} {
		first := x.Ask(words)
		for range 20 {
			again := x.Ask(words)
			if !slices.EqualFunc(first, again, func(a, b knowledge.Hit) bool { return a.Topic.Name == b.Topic.Name && a.Score == b.Score }) {
				t.Errorf("%s: another answer at another time", words)
				break
			}
		}
	}
}

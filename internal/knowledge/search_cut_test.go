// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"slices"
	"strings"
	"testing"
)

// textsOf are the texts that an index reads of a topic, each as it is read: names, titles,
// statements, and what it is called together.
func textsOf(t Topic) [][]string {
	names := append([]string{t.Name}, t.Aliases...)
	titles := []string{t.Title.En, t.Title.Zh}
	var statements []string
	for _, section := range t.Sections {
		for _, statement := range section.Statements {
			statements = append(statements, statement.En, statement.Zh)
		}
	}
	return [][]string{names, titles, statements, slices.Concat(names, titles)}
}

// TestCutter: what an index remembers of words changes no token: all texts of all topics,
// and all queries that were asked before, are cut as the lexicon alone cuts them.
func TestCutter(t *testing.T) {
	l := newLexicon()
	c := newCutter(l)
	var texts [][]string
	for _, topic := range Topics() {
		texts = append(texts, textsOf(topic)...)
	}
	for line := range strings.Lines(askedBefore) {
		texts = append(texts, []string{line}, []string{l.plain(line)})
	}
	for state := range tcpSpellings() {
		texts = append(texts, []string{state}, []string{"a " + state + "s of 30000"})
	}
	texts = append(texts, []string{""}, []string{"_-_", "中_文", "\xff\xfe", "〇々一", "ＴＩＭＥ-WAIT"}, []string{"time", "wait"}, []string{"fin", "等待", "wait 2"})
	for _, text := range texts {
		joined := strings.Join(text, "\n")
		same(t, joined, c.written(c.all(text...)), unique(l.tokens(joined)))
		same(t, joined, c.written(c.named(text...)), unique(l.words(joined)))
	}
}

// tcpSpellings are names of states, cut in two and three in every place.
func tcpSpellings() map[string]bool {
	all := map[string]bool{}
	for _, name := range []string{"established", "estab", "synsent", "synrecv", "synrcv", "synrcvd", "synreceived", "finwait1", "finwait2", "timewait", "closed", "unconn", "unconnected", "deletetcb", "closewait", "lastack", "listening", "closing", "newsynrecv", "boundinactive"} {
		all[name] = true
		for i := 1; i < len(name); i++ {
			all[name[:i]+" "+name[i:]] = true
			for k := i + 1; k < len(name); k++ {
				all[name[:i]+"_"+name[i:k]+"-"+name[k:]] = true
			}
		}
	}
	return all
}

// written are tokens by their numbers, in order.
func (c *cutter) written(numbers []int) []string {
	all := []string{}
	for _, n := range numbers {
		all = append(all, c.tokens[n].text)
	}
	slices.Sort(all)
	return all
}

func same(t *testing.T, text string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%.200q\nwant %q\n got %q", text, want, got)
	}
}

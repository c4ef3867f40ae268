// SPDX-License-Identifier: Apache-2.0

// Package explain finds what words mean: pages by their names, lists of a kind, or
// what a search finds. The pages are those of [knowledge], of the rules, of the audit,
// of the alerts, and the program's own.
package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/alert"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Topics returns all topics that can be explained. more are those of the caller.
func Topics(more ...knowledge.Topic) *knowledge.Index {
	own := []knowledge.Topic{fieldsTopic(), filtersTopic(), keysTopic(), metricsTopic(), glossaryTopic()}
	return knowledge.NewIndex(knowledge.Topics(), diagnose.Topics(), audit.Topics(), alert.Topics(), own, more)
}

// A Kind says what an answer has.
type Kind string

// The kinds of answers, as documents name them.
const (
	Pages  Kind = "pages"  // the page of each name
	List   Kind = "list"   // the topics of a kind, without their pages
	Search Kind = "search" // what a search has found, the best first
)

// An Answer is what words mean.
type Answer struct {
	Kind   Kind
	Words  string // what was searched for
	Topics []knowledge.Topic
	Hits   []knowledge.Hit // of a search, those of Topics
}

// maxHits is how many topics a search finds.
const maxHits = 10

// longestWords bounds the length of what is looked up, in bytes: a line of a log with its
// stack trace is shorter, and a search of so many takes some milliseconds.
const longestWords = 2048

// Ask answers words: names with their pages, the name of a kind with a list, anything
// else with search results. The error is a [*problem.UsageError] for words that are
// mentioned nowhere.
func Ask(x *knowledge.Index, words []string) (Answer, error) {
	if kinds, ok := listed(words); ok {
		return Answer{Kind: List, Topics: x.Topics(kinds...)}, nil
	}
	if pages, ok := named(x, words); ok {
		return pagesOf(x, pages), nil
	}
	text := strings.Join(words, " ")
	if len(text) > longestWords {
		return Answer{}, &problem.UsageError{Msg: fmt.Sprintf("more than %d bytes are no question", longestWords), Hint: "give one line, such as the error itself", Zh: fmt.Sprintf("要查的内容超过 %d 字节", longestWords), HintZh: "只给一行，例如错误本身"}
	}
	hits := x.Ask(text)
	if len(hits) == 0 || x.Mistyped(text) {
		return Answer{}, nothingKnown(x, text)
	}
	if len(hits) == 1 && hits[0].Score == 0 { // the word is the name of this page
		return pagesOf(x, []knowledge.Topic{hits[0].Topic}), nil
	}
	a := Answer{Kind: Search, Words: text, Hits: hits[:min(maxHits, len(hits))]}
	for _, hit := range a.Hits {
		a.Topics = append(a.Topics, hit.Topic)
	}
	return a, nil
}

// pagesOf completes the links of pages.
func pagesOf(x *knowledge.Index, pages []knowledge.Topic) Answer {
	for i := range pages {
		pages[i].See = links(x, append(slices.Clone(pages[i].See), readers(x, pages[i].Name)...))
	}
	return Answer{Kind: Pages, Topics: pages}
}

// listed returns the kinds of topics that a single word means; an empty list stands
// for all.
func listed(words []string) (kinds []knowledge.Kind, ok bool) {
	if len(words) != 1 {
		return nil, false
	}
	word := strings.ToLower(words[0])
	if word == "all" {
		return nil, true
	}
	for _, kind := range knowledge.Kinds() {
		if word == ListWord(kind) {
			return []knowledge.Kind{kind}, true
		}
	}
	return nil, false
}

// ListWord returns the word that lists the topics of a kind.
func ListWord(kind knowledge.Kind) string { return string(kind) + "s" }

// named returns the pages of the words if each is a name, or the page of all words
// together if they form one name. ok is false otherwise, and for more words than
// there are pages.
func named(x *knowledge.Index, words []string) ([]knowledge.Topic, bool) {
	if len(words) > len(x.Topics()) {
		return nil, false
	}
	if topic, ok := x.Lookup(strings.Join(words, " ")); ok {
		return []knowledge.Topic{topic}, true
	}
	var pages []knowledge.Topic
	for _, word := range words {
		if both, ok := ofOneParameter(x, word); ok {
			pages = append(pages, both...)
			continue
		}
		topic, ok := x.Lookup(word)
		if !ok {
			return nil, false
		}
		pages = append(pages, topic)
	}
	return pages, true
}

// ofOneParameter returns the pages for a rule of tune audit for one parameter, such
// as HARMFUL/net.ipv4.tcp_tw_reuse: the page of the code and that of the parameter.
func ofOneParameter(x *knowledge.Index, word string) ([]knowledge.Topic, bool) {
	code, key, _ := strings.Cut(word, "/")
	topic, ok := x.Lookup(code)
	if !ok || topic.Kind != knowledge.KindCode {
		return nil, false
	}
	parameter, ok := x.Lookup(key)
	if !ok || parameter.Kind != knowledge.KindSysctl {
		return []knowledge.Topic{topic}, true
	}
	return []knowledge.Topic{topic, parameter}, true
}

// links returns the names of the topics in see that exist, each once.
func links(x *knowledge.Index, see []string) []string {
	var names []string
	for _, name := range see {
		if to, ok := x.Lookup(name); ok && !slices.Contains(names, to.Name) {
			names = append(names, to.Name)
		}
	}
	return names
}

// readers returns the rules that use what a page is about: the rules that link to the
// page.
func readers(x *knowledge.Index, name string) []string {
	var codes []string
	for _, rule := range x.Topics(knowledge.KindRule) {
		if rule.Name != name && slices.Contains(links(x, rule.See), name) {
			codes = append(codes, rule.Name)
		}
	}
	return codes
}

// nothingKnown returns the error that words are no name and are mentioned nowhere.
func nothingKnown(x *knowledge.Index, words string) error {
	hint := "tcpvitals explain all lists what can be explained"
	hintZh := "tcpvitals explain all 列出可解释的内容"
	if near := x.Suggest(words); len(near) > 0 {
		hint, hintZh = problem.DidYouMean(near...)
	}
	asked := visible.Excerpt(words)
	return &problem.UsageError{Msg: "nothing is known about " + asked, Hint: hint, Zh: "没有关于 " + asked + " 的内容", HintZh: hintZh}
}

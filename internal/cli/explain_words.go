// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/alert"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// knownTopics returns all topics that can be explained.
func knownTopics() *knowledge.Index {
	return knowledge.NewIndex(knowledge.Topics(), diagnose.Topics(), audit.Topics(), alert.Topics(), []knowledge.Topic{fieldsTopic(), filtersTopic(), keysTopic(), metricsTopic(), exitCodesTopic(), glossaryTopic()})
}

// maxHits is how many pages a search shows.
const maxHits = 10

// explainWordsTo answers words: names with their pages, the name of a kind with a
// list, anything else with search results.
func explainWordsTo(env *Env, o ExplainOptions, words []string, view render.Options) error {
	x := knownTopics()
	if kinds, ok := listed(words); ok {
		return explainList(env, o, x.Topics(kinds...), view)
	}
	if pages, ok := named(x, words); ok {
		return explainPages(env, o, x, pages, view)
	}
	text := strings.Join(words, " ")
	if len(text) > longestWords {
		return &problem.UsageError{Msg: fmt.Sprintf("nothing that can be explained has a name of more than %d bytes", longestWords), Hint: "tcpvitals explain all lists what can be explained", Zh: fmt.Sprintf("可解释的内容没有超过 %d 字节的名称", longestWords), HintZh: "tcpvitals explain all 列出可解释的内容"}
	}
	hits := x.Ask(text)
	if len(hits) == 0 || x.Mistyped(text) {
		return nothingKnown(x, text)
	}
	if len(hits) == 1 && hits[0].Score == 0 { // the word is the name of this page
		return explainPages(env, o, x, []knowledge.Topic{hits[0].Topic}, view)
	}
	hits = hits[:min(maxHits, len(hits))]
	if o.Output == outputJSON {
		var topics []knowledge.Topic
		for _, hit := range hits {
			topics = append(topics, hit.Topic)
		}
		return report.JSON(env.Stdout, report.NewExplainList("search", text, topics))
	}
	err := env.say(render.TopicHits(text, hits, view))
	return err
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
		if word == listWord(kind) {
			return []knowledge.Kind{kind}, true
		}
	}
	return nil, false
}

// listWord returns the word that lists the topics of a kind.
func listWord(kind knowledge.Kind) string { return string(kind) + "s" }

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

func explainPages(env *Env, o ExplainOptions, x *knowledge.Index, pages []knowledge.Topic, view render.Options) error {
	for i := range pages {
		pages[i].See = links(x, append(slices.Clone(pages[i].See), readers(x, pages[i].Name)...))
	}
	if o.Output == outputJSON {
		return report.JSON(env.Stdout, report.NewExplainPages(pages))
	}
	for i, page := range pages {
		if i > 0 {
			_ = env.say("\n") // a write error is reported at the end
		}
		if err := env.say(render.Topic(page, view)); err != nil {
			return err
		}
	}
	return nil
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

func explainList(env *Env, o ExplainOptions, topics []knowledge.Topic, view render.Options) error {
	if o.Output == outputJSON {
		return report.JSON(env.Stdout, report.NewExplainList("list", "", topics))
	}
	err := env.say(render.TopicList(topics, view))
	return err
}

// nothingKnown returns the error that words are no name and are mentioned nowhere.
func nothingKnown(x *knowledge.Index, words string) error {
	hint := "tcpvitals explain all lists what can be explained"
	hintZh := "tcpvitals explain all 列出可解释的内容"
	if near := x.Suggest(words); len(near) > 0 {
		hint, hintZh = didYouMean(near...)
	}
	return &problem.UsageError{Msg: fmt.Sprintf("nothing is known about %q", words), Hint: hint, Zh: fmt.Sprintf("没有关于 %q 的内容", words), HintZh: hintZh}
}

// explainWords returns completions for explain: usual names of topics with their
// titles, and the words that list. A name has its group if the typed text has one.
func explainWords(typed string) []string {
	words := []string{"all\teverything that can be explained"}
	for _, kind := range knowledge.Kinds() {
		words = append(words, listWord(kind)+"\t"+kind.Title().En)
	}
	for _, topic := range knownTopics().Topics() {
		name := topic.Name
		for _, group := range []string{"TcpExt.", "Tcp.", "net.ipv4.", "net.core.", "net.netfilter."} {
			if !strings.Contains(typed, ".") {
				name = strings.TrimPrefix(name, group)
			}
		}
		words = append(words, name+"\t"+topic.Title.En)
	}
	return words
}

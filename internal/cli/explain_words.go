// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
)

// knownTopics is all that can be explained.
func knownTopics() *knowledge.Index {
	return knowledge.NewIndex(knowledge.Topics(), diagnose.Topics())
}

// maxHits is how many pages a search offers.
const maxHits = 10

// explainWordsTo answers words: names with their pages, the name of a kind with
// a list, anything else with what a search finds.
func explainWordsTo(env *Env, o ExplainOptions, words []string, view render.Options) error {
	x := knownTopics()
	if kinds, ok := listed(words); ok {
		return explainList(env, o, x.Topics(kinds...), view)
	}
	if pages, ok := named(x, words); ok {
		return explainPages(env, o, x, pages, view)
	}
	text := strings.Join(words, " ")
	hits := x.Search(text)
	if len(hits) == 0 {
		return nothingKnown(x, text)
	}
	hits = hits[:min(maxHits, len(hits))]
	if o.Output == outputJSON {
		var topics []knowledge.Topic
		for _, hit := range hits {
			topics = append(topics, hit.Topic)
		}
		return render.JSON(env.Stdout, render.NewExplainList("search", text, topics))
	}
	_, err := io.WriteString(env.Stdout, render.TopicHits(text, hits, view))
	return err
}

// listed returns the kinds that a single word means; none stands for all.
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

// listWord is what lists the topics of a kind.
func listWord(kind knowledge.Kind) string { return string(kind) + "s" }

// named returns the pages of words that are all names, or that are one name
// when they are taken together.
func named(x *knowledge.Index, words []string) ([]knowledge.Topic, bool) {
	if topic, ok := x.Lookup(strings.Join(words, " ")); ok {
		return []knowledge.Topic{topic}, true
	}
	pages := make([]knowledge.Topic, len(words))
	for i, word := range words {
		topic, ok := x.Lookup(word)
		if !ok {
			return nil, false
		}
		pages[i] = topic
	}
	return pages, true
}

func explainPages(env *Env, o ExplainOptions, x *knowledge.Index, pages []knowledge.Topic, view render.Options) error {
	for i := range pages {
		pages[i].See = links(x, append(slices.Clone(pages[i].See), readers(x, pages[i].Name)...))
	}
	if o.Output == outputJSON {
		return render.JSON(env.Stdout, render.NewExplainPages(pages))
	}
	for i, page := range pages {
		if i > 0 {
			_, _ = io.WriteString(env.Stdout, "\n") // a failed write fails again at the end
		}
		if _, err := io.WriteString(env.Stdout, render.Topic(page, view)); err != nil {
			return err
		}
	}
	return nil
}

// links are the names of those topics among see that there are, each once.
func links(x *knowledge.Index, see []string) []string {
	var names []string
	for _, name := range see {
		if to, ok := x.Lookup(name); ok && !slices.Contains(names, to.Name) {
			names = append(names, to.Name)
		}
	}
	return names
}

// readers are the rules that read what a page is about: those that link to it.
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
		return render.JSON(env.Stdout, render.NewExplainList("list", "", topics))
	}
	_, err := io.WriteString(env.Stdout, render.TopicList(topics, view))
	return err
}

// nothingKnown says that words are no name and are not mentioned anywhere.
func nothingKnown(x *knowledge.Index, words string) error {
	hint := "tcpvitals explain all lists what can be explained"
	if near := x.Suggest(words); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return &problem.UsageError{Msg: fmt.Sprintf("nothing is known about %q", words), Hint: hint}
}

// explainWords are what explain completes: names as people type them, with
// their titles, and the words that list.
func explainWords() []string {
	words := []string{"all\teverything that can be explained"}
	for _, kind := range knowledge.Kinds() {
		words = append(words, listWord(kind)+"\t"+kind.Title().En)
	}
	for _, topic := range knownTopics().Topics() {
		name := topic.Name
		for _, group := range []string{"TcpExt.", "Tcp.", "net.ipv4.", "net.core.", "net.netfilter."} {
			name = strings.TrimPrefix(name, group)
		}
		words = append(words, name+"\t"+topic.Title.En)
	}
	return words
}

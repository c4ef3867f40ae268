// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/explain"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// knownTopics returns all topics that can be explained.
func knownTopics() *knowledge.Index { return explain.Topics(exitCodesTopic()) }

// explainWordsTo answers words.
func explainWordsTo(env *Env, o ExplainOptions, words []string, view render.Options) error {
	a, err := explain.Ask(knownTopics(), words)
	if err != nil {
		return err
	}
	if o.Output == outputJSON {
		return report.JSON(env.Stdout, report.NewExplain(&a))
	}
	return env.say(render.Explained(&a, view) + render.Deviations(a.Here(), view))
}

// explainWords returns completions for explain: usual names of topics with their
// titles, and the words that list. A name has its group if the typed text has one.
func explainWords(typed string) []string {
	words := []string{"all\teverything that can be explained"}
	for _, kind := range knowledge.Kinds() {
		words = append(words, explain.ListWord(kind)+"\t"+kind.Title().En)
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

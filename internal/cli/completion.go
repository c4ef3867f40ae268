// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// completeFlags offers fixed words for flags. An unknown flag is a bug of this
// program.
func completeFlags(cmd *cobra.Command, words map[string][]string) {
	for flag, choices := range words {
		completeFlag(cmd, flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
	}
}

// completeReading offers words for the flags of commands that read the socket table
// and print it in every form. engines are the values of --engine.
func completeReading(cmd *cobra.Command, engines []string) {
	completeFlags(cmd, map[string][]string{
		"output": outputs(), "engine": engines, "lang": languages(), "netns": {"self", "all"},
	})
}

// completeLists offers fields for flags that take several, separated by commas.
func completeLists(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		completeFlag(cmd, flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			before, sign := "", ""
			if at := strings.LastIndexByte(typed, ','); at >= 0 {
				before = typed[:at+1]
			}
			if last := typed[len(before):]; last != "" && strings.ContainsRune("+-", rune(last[0])) {
				sign = last[:1]
			}
			return prefixed(before+sign, fieldWords()), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		})
	}
}

// completeIgnore offers the codes of rules, to which :WHERE may be added.
func completeIgnore(cmd *cobra.Command) {
	completeFlag(cmd, "ignore", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var words []string
		for _, r := range diagnose.Rules() {
			words = append(words, r.Code+"\t"+r.Title.En)
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// completeChanges offers the numbers of changes whose state is wanted, each with the
// parameters that it set.
func completeChanges(env *Env, places *TunePlaces, wanted func(change.State) bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, before []string, _ string) (words []string, _ cobra.ShellCompDirective) {
		if len(before) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, err := places.changer(env).Statuses(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp // the command itself reports the error
		}
		for _, s := range all {
			if !wanted(s.State) {
				continue
			}
			var keys []string
			for _, v := range s.Values {
				keys = append(keys, visible.Text(v.Key))
			}
			words = append(words, strconv.Itoa(s.ID)+"\t"+string(s.State)+": "+strings.Join(keys, ", "))
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

func anyState(change.State) bool { return true }

func completeFlag(cmd *cobra.Command, flag string, with cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, with); err != nil {
		panic(fmt.Sprintf("completion of --%s: %v", flag, err))
	}
}

func prefixed(with string, words []string) []string {
	for i := range words {
		words[i] = with + words[i]
	}
	return words
}

// fieldWords returns the names of fields with their descriptions.
func fieldWords() []string {
	var words []string
	for f := range socket.Fields() {
		words = append(words, f.Name+"\t"+f.Doc.En)
	}
	return words
}

// completeFilter offers what may come next in an unquoted filter. Characters that are
// special in a shell must be quoted by the user.
func completeFilter(_ *cobra.Command, before []string, typed string) ([]string, cobra.ShellCompDirective) {
	begun := typed[:strings.LastIndexByte(typed, ' ')+1] // words of a filter in quotes: 'state ti
	found := spelled(filterWords(append(slices.Clone(before), strings.Fields(begun)...)), typed[len(begun):])
	for i, w := range found {
		found[i] = begun + w
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

func filterWords(before []string) (words []string) {
	docs := map[string]string{"state": "sockets in a state", "exclude": "sockets not in a state", "not": "the opposite of what follows"}
	next := query.Expect(before)
	for _, w := range next.Words {
		if doc := docs[w]; doc != "" {
			w += "\t" + doc
		}
		words = append(words, w)
	}
	if next.Fields {
		words = append(words, fieldWords()...)
	}
	if next.States {
		words = append(words, stateWords()...)
	}
	return words
}

// stateWords returns the states in the spelling of filters and ss, with their
// descriptions.
func stateWords() []string {
	var words []string
	for _, topic := range knownTopics().Topics(knowledge.KindState) {
		words = append(words, strings.ToLower(strings.ReplaceAll(topic.Name, "_", "-"))+"\t"+topic.Title.En)
	}
	return words
}

// completeExplain offers topics in the spelling in which the word was begun. explain
// accepts any spelling, but shells compare letter by letter.
func completeExplain(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	return spelled(explainWords(typed), typed), cobra.ShellCompDirectiveNoFileComp
}

// spelled returns the words that begin with what was typed, ignoring case and the
// difference of - and _. Each is spelled as the typed part.
func spelled(words []string, typed string) []string {
	var found []string
	for _, w := range words {
		name, _, _ := strings.Cut(w, "\t")
		switch {
		case strings.HasPrefix(name, typed):
			found = append(found, w)
		case strings.HasPrefix(alike(name), alike(typed)):
			found = append(found, typed+goesOn(typed, name[len(typed):])+w[len(name):])
		}
	}
	return found
}

// goesOn returns the rest of a name in the spelling of its typed beginning.
func goesOn(typed, rest string) string {
	switch typed {
	case strings.ToLower(typed):
		rest = strings.ToLower(rest)
	case strings.ToUpper(typed):
		rest = strings.ToUpper(rest)
	}
	switch {
	case strings.Contains(typed, "-"):
		return strings.ReplaceAll(rest, "_", "-")
	case strings.Contains(typed, "_"):
		return strings.ReplaceAll(rest, "-", "_")
	default:
		return rest
	}
}

// alike returns a name in lower case, with - for _; its length in bytes is unchanged.
func alike(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_':
			return '-'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, name)
}

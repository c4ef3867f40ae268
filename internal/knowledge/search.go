// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// A Hit is a topic that a search found.
type Hit struct {
	Topic Topic
	Score float64 // higher is better; it compares within one search only
}

// What a word is worth by where it stands. A name is what people look for; a
// title says what a page is about; the text may mention anything.
const (
	weightName  = 8
	weightTitle = 4
	weightText  = 1
)

// postings is, for each word, how much it says about each topic.
type postings map[string]map[int]float64

// Search returns the topics that words are about, the best first. Both
// languages are searched at once: English by words, Chinese by pairs of
// characters, since Chinese is written without blanks. A topic has to have at
// least a quarter of what the words ask for, the rare ones weighing most.
func (x *Index) Search(words string) []Hit {
	known := x.words()
	scores, found := map[int]float64{}, map[int]float64{}
	wanted := 0.0
	for _, word := range unique(tokens(words)) {
		topics := known[word]
		if len(topics) == 0 && unicode.Is(unicode.Han, firstRune(word)) {
			continue // a pair across the border of two words asks for nothing
		}
		rarity := math.Log(1 + float64(len(x.topics))/float64(1+len(topics)))
		wanted += rarity
		for i, weight := range topics {
			scores[i] += rarity * weight
			found[i] += rarity
		}
	}
	var hits []Hit
	for i, score := range scores {
		if 4*found[i] >= wanted {
			hits = append(hits, Hit{x.topics[i], score * found[i] / wanted})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Topic.Name, b.Topic.Name))
	})
	return hits
}

// newPostings reads every topic once.
func newPostings(topics []Topic) postings {
	p := postings{}
	for i, topic := range topics {
		p.add(i, weightName, topic.Name, strings.Join(topic.Aliases, " "))
		p.add(i, weightTitle, topic.Title.En, topic.Title.Zh)
		var text []string
		for _, section := range topic.Sections {
			for _, statement := range section.Statements {
				text = append(text, statement.En, statement.Zh)
			}
		}
		p.add(i, weightText, text...)
	}
	return p
}

// add counts each word of texts once for a topic.
func (p postings) add(topic int, weight float64, texts ...string) {
	for _, word := range unique(tokens(strings.Join(texts, "\n"))) {
		if p[word] == nil {
			p[word] = map[int]float64{}
		}
		p[word][topic] += weight
	}
}

// tokens cuts text into what is searched for: Western words, the parts of a
// name joined by '_', and pairs of Chinese characters.
func tokens(text string) []string {
	var all []string
	for _, run := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-'
	}) {
		all = append(all, runTokens(strings.ToLower(run))...)
		if parts := humps(run); len(parts) > 1 {
			for _, part := range parts {
				all = append(all, runTokens(strings.ToLower(part))...)
			}
		}
	}
	return all
}

// humps cuts a counter's name where its words begin: TCP Time Wait Overflow.
func humps(name string) []string {
	var parts []string
	runes := []rune(name)
	start := 0
	for i := 1; i < len(runes); i++ {
		begins := unicode.IsUpper(runes[i]) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1]))
		if begins {
			parts = append(parts, string(runes[start:i]))
			start = i
		}
	}
	return append(parts, string(runes[start:]))
}

// runTokens cuts a run of letters, in which the scripts may follow each other
// without a blank.
func runTokens(run string) []string {
	var all []string
	for len(run) > 0 {
		han := unicode.Is(unicode.Han, firstRune(run))
		end := strings.IndexFunc(run, func(r rune) bool { return unicode.Is(unicode.Han, r) != han })
		if end < 0 {
			end = len(run)
		}
		if han {
			all = append(all, pairs(run[:end])...)
		} else {
			all = append(all, western(run[:end])...)
		}
		run = run[end:]
	}
	return all
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// pairs are the overlapping pairs of characters; one character alone stays.
func pairs(run string) []string {
	runes := []rune(run)
	if len(runes) == 1 {
		return []string{run}
	}
	var all []string
	for i := range len(runes) - 1 {
		all = append(all, string(runes[i:i+2]))
	}
	return all
}

// western is a word without the ending of the plural, and when it is a name of
// several parts, each of them too: time_wait is found by "wait".
func western(word string) []string {
	word = strings.Trim(strings.ReplaceAll(word, "-", "_"), "_")
	if word == "" || stopWord(word) {
		return nil
	}
	all := []string{singular(word)}
	if parts := strings.Split(word, "_"); len(parts) > 1 {
		for _, part := range parts {
			if part != "" && !stopWord(part) {
				all = append(all, singular(part))
			}
		}
	}
	return all
}

func singular(word string) string {
	if len(word) > 3 && !strings.HasSuffix(word, "ss") {
		return strings.TrimSuffix(word, "s")
	}
	return word
}

// stopWord reports words that say nothing about what is looked for.
func stopWord(word string) bool {
	switch word {
	case "a", "an", "and", "are", "be", "by", "can", "do", "does", "for", "from", "how", "i", "if", "in", "is", "it",
		"my", "not", "of", "on", "or", "so", "that", "the", "there", "to", "too", "what", "when", "why", "with", "you":
		return true
	}
	return false
}

func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

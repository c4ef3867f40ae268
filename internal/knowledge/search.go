// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
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
	// weightPhrase is for each byte of a name that stands in what is looked for.
	weightPhrase = 8
)

// mostMistyped is how many words of a query are looked up as mistyped ones.
const mostMistyped = 6

// postings is, for each word, how much it says about each topic.
type postings map[string]map[int]float64

// Search returns the topics that words are about, the best first. Both
// languages are searched at once: English by words, Chinese by pairs of
// characters, since Chinese is written without blanks. A topic has to have at
// least a quarter of what the words ask for, the rare ones weighing most, or a
// name that stands among them, such as the text of an error in a line of a log. A
// word that nothing is written with counts as the one that it is mistyped for.
func (x *Index) Search(words string) []Hit { return x.search(words, mostMistyped) }

// Mistyped reports whether a text is one word that is no name and is written nowhere,
// so that it can only be a slip.
func (x *Index) Mistyped(text string) bool {
	_, known := x.Lookup(text)
	return !known && !strings.ContainsAny(text, " \t\n") && len(x.search(text, 0)) == 0
}

// search is Search with as many words taken for mistyped ones.
func (x *Index) search(words string, allowed int) []Hit {
	known := x.words()
	scores, found := map[int]float64{}, map[int]float64{}
	wanted := 0.0
	mistyped := 0
	for _, word := range unique(tokens(words)) {
		topics := known[word]
		if len(topics) == 0 && unicode.Is(unicode.Han, firstRune(word)) {
			continue // a pair across the border of two words asks for nothing
		}
		if len(topics) == 0 && mistyped < allowed {
			mistyped++
			topics = known.like(word)
		}
		rarity := math.Log(1 + float64(len(x.topics))/float64(1+len(topics)))
		wanted += rarity
		for i, weight := range topics {
			scores[i] += rarity * weight
			found[i] += rarity
		}
	}
	named := x.namedIn(words)
	var hits []Hit
	for i := range x.topics {
		switch {
		case named[i] > 0:
			hits = append(hits, Hit{x.topics[i], named[i]*weightPhrase + scores[i]*found[i]/max(wanted, 1)})
		case scores[i] > 0 && 4*found[i] >= wanted:
			hits = append(hits, Hit{x.topics[i], scores[i] * found[i] / wanted})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Topic.Name, b.Topic.Name))
	})
	return hits
}

// Ask returns what answers words as they are typed: the one topic of that name,
// also within a question such as "what is TIME_WAIT", or what [Index.Search] finds.
func (x *Index) Ask(text string) []Hit {
	for _, name := range []string{text, asked(text)} {
		if topic, ok := x.Lookup(name); ok {
			return []Hit{{Topic: topic}}
		}
	}
	hits := x.Search(text)
	const longestName = 48
	if len(text) > longestName {
		return hits
	}
	if near := x.Suggest(text); len(near) == 1 { // a name with a slip in it
		at := slices.IndexFunc(hits, func(h Hit) bool { return h.Topic.Name == near[0] })
		if at < 0 {
			topic, _ := x.Lookup(near[0])
			hits, at = append(hits, Hit{Topic: topic}), len(hits)
		}
		meant := hits[at]
		meant.Score += hits[0].Score + 1 // above all others
		hits = slices.Insert(slices.Delete(hits, at, at+1), 0, meant)
	}
	return hits
}

// asked is what a question is about, without the words of asking.
func asked(text string) string {
	text = strings.TrimSpace(strings.TrimRight(strings.ToLower(text), "?？!！。. "))
	for _, before := range []string{"what is a ", "what is ", "what does ", "what are ", "什么是", "什么叫", "请问"} {
		text = strings.TrimPrefix(text, before)
	}
	for _, after := range []string{" mean", "是什么意思", "是什么原因", "是什么", "怎么办", "怎么解决", "怎么处理", "如何解决", "如何处理"} {
		text = strings.TrimSuffix(text, after)
	}
	return text
}

// A phrase is a name of several words, which may stand in a longer text.
type phrase struct {
	key   string // folded
	topic int
}

// phrasesOf returns a name of a topic as phrases, with and without its prefix. A
// single word is none, as it says no more in a text than other words do; nor is a
// state, of which a text may say anything.
func phrasesOf(t Topic, name string, topic int) (all []phrase) {
	const shortest = 6 // bytes: two Chinese characters
	errno := name == strings.ToUpper(name) && name[0] == 'E' && !strings.Contains(name, "_")
	if t.Kind == KindState || !errno && !strings.ContainsAny(name, " _-.:") && !unicode.Is(unicode.Han, firstRune(name)) {
		return nil
	}
	for _, key := range unique([]string{fold(name), short(fold(name))}) {
		if len(key) >= shortest {
			all = append(all, phrase{key, topic})
		}
	}
	return all
}

// namedIn returns for each topic how long the longest of its names is that stands
// in a text.
func (x *Index) namedIn(text string) map[int]float64 {
	folded := fold(text)
	longest := map[int]float64{}
	for _, p := range x.phrases {
		if strings.Contains(folded, p.key) {
			longest[p.topic] = max(longest[p.topic], float64(len(p.key)))
		}
	}
	return longest
}

// like returns the topics of the words that are most like a mistyped one: as far as
// one slip, or two in eight letters, and with the same first letter.
func (p postings) like(word string) map[int]float64 {
	const short, long = 5, 8
	if len(word) < short {
		return nil
	}
	most := 1
	if len(word) >= long {
		most = 2
	}
	var nearest []string
	for known := range p {
		if known[0] != word[0] {
			continue
		}
		d, ok := tcp.Near(word, known, most)
		if !ok {
			continue
		}
		if d < most {
			most, nearest = d, nil
		}
		nearest = append(nearest, known)
	}
	topics := map[int]float64{}
	for _, known := range nearest {
		for i, weight := range p[known] {
			topics[i] = max(topics[i], weight)
		}
	}
	return topics
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
		if pair := string(runes[i : i+2]); !asks(pair) {
			all = append(all, pair)
		}
	}
	return all
}

// asks reports pairs of characters of the words of asking, which say nothing about
// what is looked for.
func asks(pair string) bool {
	switch pair {
	case "什么", "是什", "为什", "怎么", "怎样", "么办", "么处", "么解", "么回", "回事", "处理", "解决", "如何", "请问":
		return true
	}
	return false
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

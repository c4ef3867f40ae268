// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"cmp"
	"maps"
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
	weightName  = 4
	weightTitle = 3
	weightText  = 1
	// weightUnknown is the share that a word counts which nothing is written with: in a
	// pasted line most are names of programs and hosts.
	weightUnknown = 0.25
	// weightFaint is the share that the name of a program counts.
	weightFaint = 0.3
)

// mostMistyped is how many words of a query are looked up as mistyped ones.
const mostMistyped = 6

// A searchable is what an [Index] is searched by, read from all topics once.
type searchable struct {
	lexicon *lexicon
	// tokens are the numbers of tokens, by which all that follows goes.
	tokens map[string]int
	// postings is, for each token, how much it says about each topic.
	postings [][]posting
	called   []called
	asked    *examples
	// spelled are the words that are written somewhere, by their stems, to tell slips by.
	spelled map[string]string
	// callings is how many topics have a token in what they are called.
	callings []int
	topics   int
}

// A posting is how much a token says about a topic.
type posting struct {
	topic int
	says  float64
}

// called is what a topic is called, a name or a title, by its tokens.
type called struct {
	topic  int
	tokens []int
}

// said is how much a token says about each topic that has it.
func (s *searchable) said(token string) []posting {
	if n, ok := s.tokens[token]; ok && n < len(s.postings) {
		return s.postings[n]
	}
	return nil
}

// callingsOf is how many topics have a token in what they are called.
func (s *searchable) callingsOf(token string) int {
	if n, ok := s.tokens[token]; ok && n < len(s.callings) {
		return s.callings[n]
	}
	return 0
}

// Search returns the topics that words are about, the best first. Both languages
// are searched at once: a word and its other forms in either are one (see
// lexicon). A topic has to have at least a quarter of what the words ask for, the
// rare ones weighing most, or a name that stands among them, such as the text of an
// error in a line of a log. A word that nothing is written with counts as the one
// that it is mistyped for.
//
// What was asked before with much the same words adds to its page.
func (x *Index) Search(words string) []Hit { return x.search(words, mostMistyped, "") }

// Mistyped reports whether a text is one word that is no name and is written nowhere,
// so that it can only be a slip.
func (x *Index) Mistyped(text string) bool {
	if _, known := x.Lookup(text); known || strings.ContainsAny(text, " \t\n") {
		return false
	}
	var all []string
	for run := range runs(text) {
		all = append(all, run)
	}
	if len(all) == 1 && !x.words().known(all[0]) {
		return true // also where a part of it is written: TIME_WIAT
	}
	return len(x.search(text, 0, text)) == 0
}

// search is Search with as many words taken for mistyped ones, but for what was asked
// before with the very words of except.
func (x *Index) search(words string, allowed int, except string) []Hit {
	var hits []Hit
	weights := partWeights()
	for _, c := range x.candidates(words, allowed, except) {
		hits = append(hits, Hit{x.topics[c.topic], c.worth(weights)})
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Topic.Name, b.Topic.Name))
	})
	return hits
}

// candidates are the topics that words may be about, in the order of the index, each with
// what speaks for it.
func (x *Index) candidates(words string, allowed int, except string) []candidate {
	s := x.words()
	words = s.corrected(withoutWell(s.lexicon.plain(words)), allowed)
	weights := x.rarities(words)
	texts := s.textsWith(weights)
	named := x.namedIn(words)
	if before, ok := x.beforeColon(words); ok {
		named[before] = longestPhrase
	}
	whole := s.wholeNames(weights)
	tokens := unique(s.lexicon.tokens(words))
	asked, likely := s.asked.like(words, tokens, except), s.likelihoods(tokens, except)
	inContainer := weights["container"] > 0 || weights["kubernetes"] > 0
	var all []candidate
	for i := range x.topics {
		if named[i] == 0 && !asked[i].enough() && (texts.score[i] == 0 || 4*texts.found[i] < texts.wanted) {
			continue
		}
		c := candidate{topic: i}
		c.written(named[i], whole[i], texts.score[i], texts.found[i]/max(texts.wanted, 1))
		c.soughtAs(x.topics[i].Kind, named[i] > 0, inContainer)
		c.askedAs(asked[i], likely[i])
		all = append(all, c)
	}
	return all
}

// inTexts is how much tokens say about each topic, how much of them is found in it, and
// how much is to be found.
type inTexts struct {
	score, found []float64
	wanted       float64
}

// textsWith finds tokens, each with its weight, in what topics say.
func (s *searchable) textsWith(weights map[string]float64) inTexts {
	t := inTexts{score: make([]float64, s.topics), found: make([]float64, s.topics)}
	known, unknown := 0.0, 0.0
	for _, token := range slices.Sorted(maps.Keys(weights)) { // always added up in one order: equal pages stay equal
		said, weight := s.said(token), weights[token]
		if len(said) == 0 {
			unknown += weight
			continue
		}
		known += weight
		for _, p := range said {
			t.score[p.topic] += weight * p.says
			t.found[p.topic] += weight
		}
	}
	t.wanted = known + min(unknown, known)
	return t
}

// rarities are the tokens of words, each with how much it says: the fewer topics have
// it, the more. A pair of Chinese characters that none has says nothing, as it may be
// across the border of two words.
func (x *Index) rarities(words string) map[string]float64 {
	s := x.words()
	all := map[string]float64{}
	for _, token := range unique(s.lexicon.tokens(words)) {
		topics := len(s.said(token))
		rarity := math.Log(1 + float64(len(x.topics))/float64(1+topics))
		switch {
		case strings.Trim(token, "0123456789") == "" && s.callingsOf(token) == 0:
			// A number says something only where it is a name, such as 502.
		case s.lexicon.faint[token]:
			all[token] = rarity * weightFaint
		case topics > 0:
			all[token] = rarity
		case !unicode.Is(unicode.Han, firstRune(token)):
			all[token] = rarity * weightUnknown
		}
	}
	return all
}

// wholeNames is for each topic how much of what it is called is among tokens: of the
// name that fits best, what its words say, and the less the more of them are missing.
func (s *searchable) wholeNames(tokens map[string]float64) map[int]float64 {
	best, among := map[int]float64{}, make([]bool, len(s.tokens))
	for token := range tokens {
		if n, ok := s.tokens[token]; ok {
			among[n] = true
		}
	}
	for _, c := range s.called {
		if !slices.ContainsFunc(c.tokens, func(token int) bool { return among[token] }) {
			continue
		}
		have, all := 0.0, 0.0
		for _, token := range c.tokens {
			weight := s.rarity(token)
			if among[token] {
				have += weight
			}
			all += weight
		}
		share := have / all
		best[c.topic] = max(best[c.topic], have*share*share)
	}
	return best
}

// rarity is how much a token says in a name: the fewer topics are called so, the more.
func (s *searchable) rarity(token int) float64 {
	return math.Log(1 + float64(s.topics)/float64(1+s.callings[token]))
}

// Ask returns what answers words as they are typed: the one topic of that name,
// also within a question such as "what is TIME_WAIT", or what [Index.Search] finds.
func (x *Index) Ask(text string) []Hit { return x.ask(text, "") }

// ask is Ask, but for what was asked before with the very words of except.
func (x *Index) ask(text, except string) []Hit {
	for _, name := range []string{text, asked(text)} {
		if topic, ok := x.Lookup(name); ok {
			return []Hit{{Topic: topic}}
		}
	}
	hits := x.search(text, mostMistyped, except)
	const longestName = 48
	if len(text) > longestName {
		return hits
	}
	if near := x.Suggest(asked(text)); len(near) == 1 { // a name with a slip in it
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
	if name, _, set := strings.Cut(text, "="); set && !strings.ContainsAny(strings.TrimSpace(name), " \t") {
		return strings.TrimSpace(name) // a line of sysctl.conf
	}
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
	key     string // folded
	written string // without the prefix that people leave out
	topic   int
	errno   bool
}

// longestPhrase is how long a name counts at most, in bytes.
const longestPhrase = 30

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
			all = append(all, phrase{key, name[strings.LastIndexByte(name, '.')+1:], topic, errno})
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
			length := float64(len(p.key))
			switch {
			case p.errno:
				length = longestPhrase // nothing says more than the name of an error
			case strings.Contains(text, p.written):
				length += 4 // tcp_notsent_lowat is not TCP_NOTSENT_LOWAT
			}
			longest[p.topic] = max(longest[p.topic], length)
		}
	}
	return longest
}

// beforeColon is the topic whose name stands before the first colon of a text, which is
// about it: "CLOSED: there is no connection".
func (x *Index) beforeColon(text string) (topic int, ok bool) {
	name, _, ok := strings.Cut(strings.ReplaceAll(text, "：", ":"), ":")
	if !ok {
		return 0, false
	}
	found, ok := x.Lookup(strings.TrimSpace(name))
	return x.exact[found.Name], ok
}

// newSearchable reads every topic once, as c cuts it.
func newSearchable(topics []Topic, c *cutter) *searchable {
	s := &searchable{lexicon: c.lexicon, tokens: c.numbers, spelled: map[string]string{}, topics: len(topics)}
	for form := range s.lexicon.western {
		for word := range strings.SplitSeq(form, "_") {
			s.spelled[word] = word
		}
	}
	for i, topic := range topics {
		names := append([]string{topic.Name}, topic.Aliases...)
		s.add(c, i, weightName, names...)
		s.add(c, i, weightTitle, topic.Title.En, topic.Title.Zh)
		names = append(names, topic.Title.En, topic.Title.Zh)
		for _, name := range names {
			if tokens := c.named(name); len(tokens) > 0 {
				s.called = append(s.called, called{i, slices.Clone(tokens)})
			}
		}
		for _, token := range c.named(names...) {
			s.callings = reaching(s.callings, token)
			s.callings[token]++
		}
		var text []string
		for _, section := range topic.Sections {
			for _, statement := range section.Statements {
				text = append(text, statement.En, statement.Zh)
			}
		}
		s.add(c, i, weightText, text...)
	}
	return s
}

// add counts each token of texts once for a topic.
func (s *searchable) add(c *cutter, topic int, weight float64, texts ...string) {
	for _, token := range c.all(texts...) {
		s.postings = reaching(s.postings, token)
		said := s.postings[token]
		if last := len(said) - 1; last >= 0 && said[last].topic == topic {
			said[last].says += weight
			continue
		}
		s.postings[token] = append(said, posting{topic, weight})
	}
	for _, run := range c.newRuns() {
		s.spell(run)
	}
}

// reaching is a slice that has an element of an index.
func reaching[T any](all []T, index int) []T {
	if missing := index + 1 - len(all); missing > 0 {
		return append(all, make([]T, missing)...)
	}
	return all
}

// spell notes that a run is written somewhere.
func (s *searchable) spell(run string) {
	for i, word := range spellings(run) {
		if i == 0 && s.spelled[word] == "" {
			s.spelled[word] = strings.ToLower(run)
		} else if s.spelled[word] == "" {
			s.spelled[word] = word
		}
	}
}

// spellings are how a Western run is looked up: whole, and by its parts.
func spellings(run string) []string {
	if unicode.Is(unicode.Han, firstRune(run)) {
		return nil
	}
	all := []string{stemOfName(run)}
	if parts := partsOf(run); len(parts) > 1 {
		for _, part := range parts {
			all = append(all, stem(part))
		}
	}
	return all
}

// corrected is a text in which the words that are written nowhere are those that they
// are mistyped for, as many as are allowed; what is like nothing stays.
func (s *searchable) corrected(text string, allowed int) string {
	for run, han := range runs(text) {
		if allowed == 0 || han || s.known(run) {
			continue
		}
		allowed--
		if meant := s.like(strings.ToLower(run)); meant != "" {
			text = strings.Replace(text, run, meant, 1)
		}
	}
	return text
}

// known reports whether a run is written somewhere, or all its parts are.
func (s *searchable) known(run string) bool {
	all := spellings(run)
	if len(all) == 0 || s.spelled[all[0]] != "" {
		return true
	}
	if strings.ContainsRune(run, '_') && s.like(strings.ToLower(run)) != "" {
		return false // the name of something, with a slip that makes another word
	}
	for _, part := range all[1:] {
		if s.spelled[part] == "" {
			return false
		}
	}
	return len(all) > 1
}

// like is the word that is most like a mistyped one, which has the same first letter:
// as far as one slip, or two in eight letters; of three letters two may have changed
// places. None if several are as like.
func (s *searchable) like(word string) string {
	const shortest, short, long = 3, 4, 8
	word = strings.ReplaceAll(word, "-", "_")
	stemmed := stem(word)
	if len(stemmed) < shortest {
		return ""
	}
	most := 1
	if len(stemmed) >= long {
		most = 2
	}
	nearest := ""
	for known, written := range s.spelled {
		if known == "" || known[0] != word[0] || len(stemmed) < short && !swapped(word, known) {
			continue
		}
		d, ok := slipsTo(stemmed, known, most)
		if len(written) > len(known) { // the slip may be in the ending
			if whole, near := slipsTo(word, written, most); near && (!ok || whole < d) {
				d, ok = whole, true
			}
		}
		if !ok {
			continue
		}
		if d < most || nearest == "" || s.commoner(known, nearest) {
			most, nearest = d, known
		}
	}
	return s.spelled[nearest]
}

// slipsTo is how many slips make a word into another, at most most. That one letter stands
// for another is no slip unless their keys or their sounds are near: a broker is not broken.
func slipsTo(word, known string, most int) (slips int, ok bool) {
	slips, ok = tcp.Near(word, known, most)
	if !ok || slips != 1 || len(word) != len(known) || swapped(word, known) {
		return slips, ok
	}
	for i := range len(word) {
		if word[i] != known[i] {
			return slips, likeLetters(word[i], known[i])
		}
	}
	return slips, true
}

// likeLetters reports whether one letter is often typed for another.
func likeLetters(a, b byte) bool {
	const rows, sounds = "qwertyuiop asdfghjkl zxcvbnm", "aeiouy bp dt ck cs mn sz vw fv gj lr"
	for group := range strings.SplitSeq(sounds, " ") {
		if strings.IndexByte(group, a) >= 0 && strings.IndexByte(group, b) >= 0 {
			return true
		}
	}
	i, j := strings.IndexByte(rows, a), strings.IndexByte(rows, b)
	return i >= 0 && j >= 0 && (i-j == 1 || j-i == 1) || a == '_' || b == '_'
}

// swapped reports whether two words differ by neighbours that have changed places.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	first := 0
	for first < len(a) && a[first] == b[first] {
		first++
	}
	return first+1 < len(a) && a[first] == b[first+1] && a[first+1] == b[first] && a[first+2:] == b[first+2:]
}

// commoner reports which of two words is on more pages, so that a slip is taken for it.
func (s *searchable) commoner(a, b string) bool {
	return cmp.Or(cmp.Compare(len(s.said(a)), len(s.said(b))), cmp.Compare(b, a)) > 0
}

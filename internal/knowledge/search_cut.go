// SPDX-License-Identifier: Apache-2.0

package knowledge

import "strings"

// A cutter cuts many texts into tokens, as [lexicon] does with one. Most stretches of
// letters occur in many texts, so it remembers the tokens of each. Tokens are numbers.
type cutter struct {
	lexicon *lexicon
	runs    map[string]*cutRun
	words   map[string]*cutWord
	numbers map[string]int // token to number
	tokens  []cutToken     // number to token
	cuts    int            // number of texts that were cut
	met     []string       // runs that are not Chinese, in their order, since newRuns was asked

	// What follows is of one cut.
	found   []int      // tokens, each once
	western []*cutWord // words that follow each other
	chinese []string   // tokens of a run
	state   bool       // a token is a state
	number  bool       // a token is a large number
}

// A cutRun is a run that is not Chinese.
type cutRun struct {
	words []*cutWord
	whole int // the number of its token as it is written, -1 if it is one word
}

// A cutWord is a part of a run.
type cutWord struct {
	text   string
	most   int   // how many words a form has at most that begins with it
	tokens []int // what it counts as where none does
}

// A cutToken is what is known of a token.
type cutToken struct {
	text          string
	cut           int // in which it was found last
	state, number bool
}

func newCutter(l *lexicon) *cutter {
	return &cutter{lexicon: l, runs: map[string]*cutRun{}, words: map[string]*cutWord{}, numbers: map[string]int{}}
}

// all are the numbers of [lexicon.tokens] for texts that stand one below the other, each
// once. They are valid until the next cut.
func (c *cutter) all(texts ...string) []int { return c.cut(true, texts) }

// named are those of [lexicon.words].
func (c *cutter) named(texts ...string) []int { return c.cut(false, texts) }

func (c *cutter) cut(whole bool, texts []string) []int {
	c.cuts++
	c.found, c.western, c.state, c.number = c.found[:0], c.western[:0], false, false
	for _, text := range texts {
		for text, han := range runs(text) {
			c.take(text, han, whole)
		}
	}
	c.endWestern()
	if c.state && c.number {
		c.find(c.numberOf("many"))
	}
	return c.found
}

// take finds the tokens of a run.
func (c *cutter) take(text string, han, whole bool) {
	if han {
		c.endWestern()
		c.chinese = c.lexicon.chinese(c.chinese[:0], text)
		c.meet(c.chinese)
		return
	}
	run := c.run(text)
	c.western = append(c.western, run.words...)
	if whole && run.whole >= 0 {
		c.find(run.whole)
	}
}

// endWestern finds the tokens of the words that follow each other.
func (c *cutter) endWestern() {
	for words := c.western; len(words) > 0; {
		if words[0].most == 1 {
			for _, token := range words[0].tokens {
				c.say(token)
			}
			words = words[1:]
			continue
		}
		var texts [mostWords]string
		n := 0
		for ; n < min(words[0].most, len(words)); n++ {
			texts[n] = words[n].text
		}
		n, tokens := c.lexicon.longestForm(texts[:n])
		c.meet(tokens)
		words = words[n:]
	}
	c.western = c.western[:0]
}

func (c *cutter) meet(tokens []string) {
	for _, token := range tokens {
		c.say(c.numberOf(token))
	}
}

// say finds a token that may be half of what tells how many, see [tellsHowMany].
func (c *cutter) say(token int) {
	c.state = c.state || c.tokens[token].state
	c.number = c.number || c.tokens[token].number
	c.find(token)
}

func (c *cutter) find(token int) {
	if t := &c.tokens[token]; t.cut != c.cuts {
		t.cut = c.cuts
		c.found = append(c.found, token)
	}
}

func (c *cutter) numberOf(token string) int {
	n, ok := c.numbers[token]
	if !ok {
		n = len(c.tokens)
		c.numbers[token] = n
		c.tokens = append(c.tokens, cutToken{text: token, state: namesState(token), number: largeNumber(token)})
	}
	return n
}

// run is what a run that is not Chinese is cut into.
func (c *cutter) run(text string) *cutRun {
	if known, ok := c.runs[text]; ok {
		return known
	}
	run := &cutRun{whole: -1}
	for _, part := range partsOf(text) {
		run.words = append(run.words, c.word(part))
	}
	if len(run.words) > 1 {
		run.whole = c.numberOf(stemOfName(text))
	}
	c.runs[text], c.met = run, append(c.met, text)
	return run
}

// newRuns are the runs that are not Chinese which were met for the first time since it was
// asked last. They are valid until the next cut.
func (c *cutter) newRuns() []string {
	met := c.met
	c.met = c.met[:0]
	return met
}

func (c *cutter) word(text string) *cutWord {
	if known, ok := c.words[text]; ok {
		return known
	}
	word := &cutWord{text: text, most: max(1, c.lexicon.leads[stem(text)])}
	if mayLeadState(text) {
		word.most = max(word.most, mostOfState)
	}
	_, tokens := c.lexicon.longestForm([]string{text})
	for _, token := range tokens {
		word.tokens = append(word.tokens, c.numberOf(token))
	}
	c.words[text] = word
	return word
}

// mayLeadState reports whether the name of a state in any spelling may begin with a word:
// one of its letters, or the first two.
func mayLeadState(word string) bool {
	switch word[:min(2, len(word))] {
	case "es", "sy", "fi", "ti", "cl", "un", "de", "la", "li", "ne", "bo":
		return true
	default:
		return len(word) == 1 && strings.Contains("esftcudlnb", word)
	}
}

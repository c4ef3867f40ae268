// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	_ "embed"
	"math"
	"slices"
	"strings"
)

// askedBefore is read when something is searched for first, see its head.
//
//go:embed search_asked.txt
var askedBefore string

// An example is a query whose page is known.
type example struct {
	words  string
	topics []int
	tokens []int
	length float64 // length of the vector of its tokens
	spelt  float64 // length of the vector of its pieces
}

// examples are all of them, and which have a token.
type examples struct {
	lexicon  *lexicon
	tokens   map[string]int // the numbers of tokens
	all      []example
	postings [][]int // for each token, the texts that contain it
	pieces   *pieceTable
	askedFor []float64 // how many queries asked for each topic; one with several pages is shared among them
}

func (x *Index) newExamples(c *cutter) *examples {
	e := &examples{lexicon: c.lexicon, tokens: c.numbers, pieces: &pieceTable{}, askedFor: make([]float64, len(x.topics))}
	for line := range strings.Lines(askedBefore) {
		words, pages, ok := strings.Cut(strings.TrimSpace(line), " => ")
		if !ok || line[0] == '#' {
			continue
		}
		plain := c.lexicon.plain(words)
		one := example{words: words, tokens: slices.Clone(c.all(plain))}
		for page := range strings.SplitSeq(pages, ", ") {
			if i, ok := x.exact[page]; ok {
				one.topics = append(one.topics, i)
			}
		}
		for _, topic := range one.topics {
			e.askedFor[topic] += one.share()
		}
		for _, token := range one.tokens {
			e.postings = reaching(e.postings, token)
			e.postings[token] = append(e.postings[token], len(e.all))
		}
		e.pieces.add(plain, len(e.all))
		e.all = append(e.all, one)
	}
	weights := make([]float64, len(e.postings))
	for token := range weights {
		weights[token] = e.rarity(c.tokens[token].text)
	}
	for i, one := range e.all {
		sum := 0.0
		for _, token := range one.tokens {
			sum += weights[token] * weights[token]
		}
		e.all[i].length = math.Sqrt(sum)
	}
	e.pieces.measure(e.all)
	return e
}

// share is how much a query counts for each of its pages.
func (e *example) share() float64 { return 1 / float64(len(e.topics)) }

// having are the examples that have a token.
func (e *examples) having(token string) []int {
	if n, ok := e.tokens[token]; ok && n < len(e.postings) {
		return e.postings[n]
	}
	return nil
}

// rarity is how much a token says: the fewer queries have it, the more.
func (e *examples) rarity(token string) float64 {
	rarity := math.Log(1 + float64(len(e.all))/float64(1+len(e.having(token))))
	switch {
	case e.lexicon.faint[token]:
		return rarity * weightFaint
	case strings.Trim(token, "0123456789") == "":
		return rarity * weightUnknown
	default:
		return rarity
	}
}

// length is that of the vector of some tokens, which no example need have.
func (e *examples) length(tokens []string) float64 {
	sum := 0.0
	for _, token := range tokens {
		weight := e.rarity(token)
		if len(e.having(token)) == 0 {
			weight *= weightUnknown
		}
		sum += weight * weight
	}
	return math.Sqrt(sum)
}

// A likeness is how like what was asked for a topic is to a text.
type likeness struct {
	nearest [2]float64 // how like they are to the two queries that are most like them, from 0 to 1
	spelt   [2]float64 // the same of how they are spelt
	times   float64    // how often it was asked for at all
}

// like is that of each topic to a text and its tokens, but for the query of these very
// words.
func (e *examples) like(text string, tokens []string, except string) []likeness {
	all := make([]likeness, len(e.askedFor))
	for topic, times := range e.askedFor {
		all[topic].times = times
	}
	for _, i := range e.of(except) {
		for _, topic := range e.all[i].topics {
			all[topic].times -= e.all[i].share()
		}
	}
	shared := make([]float64, len(e.all))
	for _, token := range tokens {
		weight := e.rarity(token)
		for _, i := range e.having(token) {
			shared[i] += weight * weight
		}
	}
	length := e.length(tokens)
	spelt := e.pieces.like(text, e.all)
	for i, sum := range shared {
		if e.all[i].words == except {
			continue
		}
		for _, topic := range e.all[i].topics {
			if sum > 0 {
				add(all[topic].nearest[:], sum/(length*e.all[i].length))
			}
			add(all[topic].spelt[:], spelt[i])
		}
	}
	return all
}

// of are the queries of these very words.
func (e *examples) of(words string) (all []int) {
	if words == "" {
		return nil
	}
	for i, one := range e.all {
		if one.words == words {
			all = append(all, i)
		}
	}
	return all
}

// add puts a likeness in its place among the nearest.
func add(nearest []float64, like float64) {
	for i, other := range nearest {
		if like > other {
			nearest[i], like = like, other
		}
	}
}

// enough reports whether a likeness leads to its page alone.
func (l *likeness) enough() bool { return l.nearest[0] > 0.5 || l.spelt[0] > 0.35 }

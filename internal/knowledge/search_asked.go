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
}

// examples are all of them, and which have a token.
type examples struct {
	lexicon  *lexicon
	tokens   map[string]int // the numbers of tokens
	all      []example
	postings [][]int // for each token, the texts that contain it
}

func (x *Index) newExamples(c *cutter) *examples {
	e := &examples{lexicon: c.lexicon, tokens: c.numbers}
	for line := range strings.Lines(askedBefore) {
		words, pages, ok := strings.Cut(strings.TrimSpace(line), " => ")
		if !ok || line[0] == '#' {
			continue
		}
		one := example{words: words, tokens: slices.Clone(c.all(c.lexicon.plain(words)))}
		for page := range strings.SplitSeq(pages, ", ") {
			if i, ok := x.exact[page]; ok {
				one.topics = append(one.topics, i)
			}
		}
		for _, token := range one.tokens {
			e.postings = reaching(e.postings, token)
			e.postings[token] = append(e.postings[token], len(e.all))
		}
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
	return e
}

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

// A likeness is how much a topic was asked for with what some tokens say.
type likeness struct {
	nearest  [3]float64 // how like they are to the three queries that are most like them, from 0 to 1
	affinity float64    // what they say, each by the share of its queries that asked for the topic
}

// like is that of each topic, but for the query of these very words.
func (e *examples) like(tokens []string, except string) map[int]*likeness {
	shared, all := map[int]float64{}, map[int]*likeness{}
	of := func(topic int) *likeness {
		if all[topic] == nil {
			all[topic] = &likeness{}
		}
		return all[topic]
	}
	for _, token := range tokens {
		weight := e.rarity(token)
		asked := map[int]float64{}
		for _, i := range e.having(token) {
			if e.all[i].words == except {
				continue
			}
			shared[i] += weight * weight
			for _, topic := range e.all[i].topics {
				asked[topic] += 1 / float64(len(e.all[i].topics))
			}
		}
		for topic, queries := range asked {
			of(topic).affinity += weight * queries / (float64(len(e.having(token))) + 0.5)
		}
	}
	length := e.length(tokens)
	for i, sum := range shared {
		like := sum / (length * e.all[i].length)
		for _, topic := range e.all[i].topics {
			of(topic).add(like)
		}
	}
	return all
}

// add puts a likeness in its place among the nearest.
func (l *likeness) add(like float64) {
	for i, other := range l.nearest {
		if like > other {
			l.nearest[i], like = like, other
		}
	}
}

// enough reports whether a likeness leads to its page alone.
func (l *likeness) enough() bool { return l != nil && l.nearest[0] > 0.5 }

// score is what a likeness adds to what a page is worth.
func (l *likeness) score() float64 {
	if l == nil {
		return 0
	}
	first, same := l.nearest[0], 0.0
	if first > 0.95 {
		same = 6
	}
	return same + 3.1*first + 1.8*first*first + 0.8*l.nearest[1] + 0.5*l.nearest[2] + 0.1*l.affinity
}

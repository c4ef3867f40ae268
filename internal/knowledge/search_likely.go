// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"
	"strings"
)

// A likelihood is how much likelier it is that words are asked for a topic than that they
// are asked at all, as a logarithm: each word by itself, as naive Bayes has it.
type likelihood struct {
	all  float64 // of all words, those among them that nobody asked for the topic with
	with float64 // of those that are likelier for the topic
}

// likelihoods are those of each topic, by the queries that asked for it and by what it
// says itself, but for the query of the very words of except.
func (s *searchable) likelihoods(tokens []string, except string) []likelihood {
	const (
		usual = 4.0  // as many queries as this ask for a topic with what is asked for any
		page  = 0.25 // what a word on the page counts, in queries
	)
	spread := s.asked.spread(usual, except)
	all, counts := make([]likelihood, s.topics), make([]float64, s.topics)
	var touched []int
	count := func(topic int, queries float64) {
		if counts[topic] == 0 {
			touched = append(touched, topic)
		}
		counts[topic] += queries
	}
	total := 0.0
	for _, token := range tokens {
		queries := 0
		for _, i := range s.asked.having(token) {
			one := &s.asked.all[i]
			if one.words == except {
				continue
			}
			queries++
			for _, topic := range one.topics {
				count(topic, one.share())
			}
		}
		said := s.said(token)
		for _, p := range said {
			count(p.topic, page*min(p.says, weightName))
		}
		anywhere := usual * s.share(queries, len(said))
		weight := s.trust(token)
		total += weight
		for _, topic := range touched {
			likelier := math.Log1p(counts[topic] / anywhere)
			all[topic].all += weight * likelier
			all[topic].with += weight * max(0, likelier-spread[topic])
			counts[topic] = 0
		}
		touched = touched[:0]
	}
	for topic := range all {
		scale := math.Sqrt(float64(1 + len(tokens)))
		all[topic].all = (all[topic].all - total*spread[topic]) / scale
		all[topic].with /= scale
	}
	return all
}

// share is about which share of all queries has a token that some have and that some
// topics say.
func (s *searchable) share(queries, said int) float64 {
	const least = 0.0005
	return max(least, 0.7*(float64(queries)+0.5)/float64(1+len(s.asked.all))+0.3*float64(said)/float64(s.topics))
}

// trust is what a token counts: less where it is the name of a program, or a number, which
// may be of an error or a limit, such as 2003 and 1024, or of nothing.
func (s *searchable) trust(token string) float64 {
	switch {
	case s.lexicon.faint[token]:
		return weightFaint
	case strings.Trim(token, "0123456789") == "":
		const half = 0.5
		return half
	default:
		return 1
	}
}

// spread is for each topic how thin its queries spread a word that one of them has.
func (e *examples) spread(usual float64, except string) []float64 {
	left := make([]float64, len(e.askedFor))
	copy(left, e.askedFor)
	for _, i := range e.of(except) {
		for _, topic := range e.all[i].topics {
			left[topic] -= e.all[i].share()
		}
	}
	for topic, queries := range left {
		left[topic] = math.Log1p(max(0, queries) / usual)
	}
	return left
}

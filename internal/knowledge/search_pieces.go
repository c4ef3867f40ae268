// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"
	"slices"
	"strings"
)

// A pieceTable finds queries by how they are spelt: by pairs of Chinese characters,
// whichever words these are of, and by three letters of a Western word, also of one with
// a slip in it. Pieces that share a place in the table count as one.
type pieceTable struct {
	queries [piecePlaces][]int32
	count   int
}

// piecePlaces is a power of two, some times the number of pieces that are met.
const piecePlaces = 1 << 14

// add notes the pieces of a query.
func (p *pieceTable) add(text string, query int) {
	for _, place := range piecesOf(text) {
		p.queries[place] = append(p.queries[place], int32(query))
	}
	p.count++
}

// measure computes the lengths of the vectors of all queries.
func (p *pieceTable) measure(all []example) {
	squares := make([]float64, len(all))
	for place, queries := range p.queries {
		if len(queries) == 0 {
			continue
		}
		weight := p.rarity(place)
		for _, i := range queries {
			squares[i] += weight * weight
		}
	}
	for i, square := range squares {
		all[i].spelt = math.Sqrt(square)
	}
}

// rarity is how much a piece says: the fewer queries have it, the more.
func (p *pieceTable) rarity(place int) float64 {
	return math.Log(1 + float64(p.count)/float64(1+len(p.queries[place])))
}

// like is how like a text is to each query, from 0 to 1.
func (p *pieceTable) like(text string, all []example) []float64 {
	like, square := make([]float64, len(all)), 0.0
	for _, place := range piecesOf(text) {
		weight := p.rarity(int(place))
		if len(p.queries[place]) == 0 {
			weight *= weightUnknown
		}
		square += weight * weight
		for _, i := range p.queries[place] {
			like[i] += weight * weight
		}
	}
	for i, sum := range like {
		if sum > 0 {
			like[i] = sum / (math.Sqrt(square) * all[i].spelt)
		}
	}
	return like
}

// piecesOf are the places of the pieces of a text, each once. Numbers have none.
func piecesOf(text string) []uint16 {
	var all []uint16
	for run, han := range runs(text) {
		switch {
		case han:
			all = pairPieces(all, run)
		case strings.Trim(run, "0123456789") != "":
			all = wordPieces(all, run)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pairPieces appends the pairs of a run of Chinese characters, or the only one.
func pairPieces(all []uint16, run string) []uint16 {
	before, count := rune(0), 0
	for _, r := range run {
		if count > 0 {
			all = append(all, piecePlace(before, r, 0))
		}
		before = r
		count++
	}
	if count == 1 {
		all = append(all, piecePlace(before, 0, 0))
	}
	return all
}

// wordPieces appends each three letters of a word, of which the first begins it and the
// last ends it.
func wordPieces(all []uint16, word string) []uint16 {
	const edge = 1
	a, b := rune(edge), rune(small(word[0]))
	for i := 1; i <= len(word); i++ {
		c := rune(edge)
		if i < len(word) {
			c = rune(small(word[i]))
		}
		all = append(all, piecePlace(a, b, c))
		a, b = b, c
	}
	return all
}

func small(letter byte) byte {
	if 'A' <= letter && letter <= 'Z' {
		return letter + 'a' - 'A'
	}
	return letter
}

// piecePlace is the place of up to three characters in the table.
func piecePlace(a, b, c rune) uint16 {
	mixed := uint32(a)*0x9e3779b1 ^ uint32(b)*0x85ebca6b ^ uint32(c)*0xc2b2ae35 // odd numbers without a pattern
	mixed ^= mixed >> 15
	mixed *= 0x2c1b3c6d
	mixed ^= mixed >> 13
	return uint16(mixed % piecePlaces)
}

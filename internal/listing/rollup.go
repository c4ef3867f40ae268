// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file finds a row of counts that is the sum of the others and does not say so in a
// word that is known: port *, host cluster, NULL of WITH ROLLUP.

// rollup is the counts of one state.
type rollup struct {
	n, sum      uint64
	first, last uint64 // numbers
	began       told   // the first such line
	line        uint64 // the last such line
	text        []byte // its words
}

// takes takes a count of the state.
func (r *rollup) takes(number, line uint64, text []byte) {
	if r.n == 0 {
		r.first = number
		r.began.add(line, text)
	}
	r.n, r.sum, r.last = r.n+1, r.sum+number, number
	r.line, r.text = line, append(r.text[:0], text[:min(len(text), 4*shownOfLine)]...)
}

// rollsUp reports the last row, or of the first, where of each state that is there three
// times or more its number is the sum of the others.
func (rd *Reader) rollsUp() {
	first, last, one := true, true, (*rollup)(nil)
	for s := range tcp.AllStates.All() {
		r := &rd.rollups[s.Reported()]
		if r.n < 3 || r.sum == 0 {
			continue
		}
		if one == nil {
			one = r
		}
		first = first && r.first*2 == r.sum
		last = last && r.last*2 == r.sum
	}
	switch {
	case one == nil, rd.familySum.n > 0:
	case last:
		rd.breakAgain(one.line, problem.LineUnclear, nil, quote(one.text))
	case first:
		rd.breakAgain(one.began.line, problem.LineUnclear, nil, one.began.text)
	}
}

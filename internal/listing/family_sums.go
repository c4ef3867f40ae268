// SPDX-License-Identifier: Apache-2.0

package listing

import "github.com/tcpvitals/tcpvitals/internal/problem"

// This file holds counts of tcp against those of tcp4 and tcp6. The netstat of Linux
// calls IPv4 tcp; where tcp4 is there too, tcp can only be both.

// familySums is what counts say of a family, and of both.
type familySums struct {
	of     [families]byState
	rows   [families]uint64
	counts Counts // counts of both families together
	states byState
	first  told
}

// familyOfCount returns the address family of a line of counts, anyFamily if it says
// only tcp. ok is false if the line names no protocol.
func (l *line) familyOfCount() (f family, ok bool) {
	take := func(w []byte) {
		if !isFamily(w) {
			return
		}
		ok = true
		switch w[len(w)-1] {
		case '4':
			f = family4
		case '6':
			f = family6
		case 't': // the word inet
			f = family4
		}
	}
	rest := withoutPrefix(l.line)
	switch _, metric := metricState(rest); {
	case metric:
		eachLabel(rest, func(name, value []byte) {
			if isPieceLabel(name) {
				take(value)
			}
		})
	case l.celled:
		take(l.cell[columnProtocol])
	default:
		for i := 0; ; {
			start, end, more := nextItem(l.line, i)
			if !more {
				break
			}
			take(l.line[start:end])
			i = end
		}
	}
	return f, ok
}

// add takes a count of the line.
func (s *familySums) add(l *line, p pair, at uint64) {
	f, ok := l.familyOfCount()
	if !ok {
		return
	}
	s.of[f][p.state] += p.number
	s.rows[f]++
	if f == anyFamily {
		s.counts[StateCounts.kind(p.state)][p.state] += p.number
		s.states[p.state]++
		s.first.add(at, l.line)
	}
}

// bothFamilies leaves the counts out that are the sums of tcp4 and tcp6. Such counts
// that are another number are reported.
func (rd *Reader) bothFamilies() {
	s := &rd.byFamily
	if s.rows[family4] == 0 || s.rows[anyFamily] == 0 {
		return
	}
	sum := s.of[family4]
	sum.add(&s.of[family6])
	if sum != s.of[anyFamily] || rd.countMoments > 0 {
		rd.breakAgain(s.first.line, problem.LineOtherTotal, nil, s.first.text)
		return
	}
	for k := range s.counts {
		for state, n := range s.counts[k] {
			rd.counted[k][state] -= n
			rd.lastCounted[k][state] -= n
		}
	}
	for state, n := range s.states {
		rd.states[state] -= n
	}
	rd.familySum = s.first
}

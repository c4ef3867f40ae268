// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// wording is how the states of counts are written, as far as that tells whose they
// are. The summary of ss has words of its own for its sums: estab, closed, timewait,
// orphaned (iproute2 misc/ss.c, print_summary). No program that names the states of
// sockets writes estab beside closed: ss has UNCONN, netstat has ESTABLISHED. Cut at
// its commas, the summary looks like counts by state, and its closed are not those of
// one state but all that have no socket any more, TIME_WAIT among them.
type wording struct {
	short  bool // estab
	whole  bool // established
	closed bool // closed, in any case
	small  bool // closed, in small letters
	glued  bool // timewait, without a capital between its words
	close  bool // close, which ss never writes: it has UNCONN
	others bool // any other state
}

// note takes the name of a state, or a key that ends with one.
func (s *wording) note(w []byte) {
	w = bytes.TrimRight(w, `.:=,;"'`)
	switch {
	case foldEnds(w, "estab"):
		s.short = true
	case foldEnds(w, "established"):
		s.whole = true
	case foldEnds(w, "closed"):
		s.closed = true
		s.small = s.small || bytes.HasSuffix(w, []byte("closed"))
	case bytes.HasSuffix(w, []byte("timewait")), bytes.HasSuffix(w, []byte("TIMEWAIT")):
		s.glued = true
	case foldEnds(w, "close"):
		s.close = true
	default:
		s.others = true
	}
}

func (s *wording) add(t wording) {
	s.short, s.whole, s.closed = s.short || t.short, s.whole || t.whole, s.closed || t.closed
	s.small, s.glued, s.others = s.small || t.small, s.glued || t.glued, s.others || t.others
	s.close = s.close || t.close
}

// ofSummary reports whether the counts are the sums of ss -s.
func (s *wording) ofSummary() bool {
	switch {
	case s.whole || s.others || s.close || !s.closed:
		return false
	case s.short || s.glued:
		return true
	default:
		return s.small // closed alone: grep -o 'closed [0-9]*'
	}
}

// isCut reports whether the names are those of ss, cut after five letters: estab and
// close, which is of CLOSE-WAIT.
func (s *wording) isCut() bool {
	return s.short && s.close && !s.whole && !s.others && !s.closed && !s.glued
}

// foldEnds reports whether w ends with a word in lower case, ignoring case.
func foldEnds(w []byte, word string) bool {
	return len(w) >= len(word) && hasFold(w[len(w)-len(word):], word)
}

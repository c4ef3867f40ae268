// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file reads a state with numbers of which each has the protocol, or the family,
// that it is of: ESTABLISHED: 120 (tcp), 3 (udp); ESTABLISHED (v4) 120; ESTABLISHED 125
// (120 v4, 5 v6).

// mostTagged is how many numbers and tags such a line has at most.
const mostTagged = 16

// tagged is the numbers and the tags of a line, in their order.
type tagged struct {
	state   tcp.State // 0 for none so far
	n       int
	isTag   [mostTagged]bool
	number  [mostTagged]uint64
	foreign [mostTagged]class // the protocol that each tag means; blank for TCP
	note    notation
	before  int // number of tags before the state
}

// readTagged reads the line when every number in it has a tag, but for one before
// them, which is their sum.
func (l *line) readTagged(b []byte) bool {
	var t tagged
	for i := 0; ; {
		start, end, ok := nextItem(b, i)
		if !ok {
			break
		}
		if i = t.item(b, start, end); i == 0 {
			return false
		}
	}
	from := 0
	sum := t.n > 2 && !t.isTag[0] && !t.isTag[1]
	if sum {
		from = 1
	}
	if t.state == 0 || t.n-from < 2 || (t.n-from)%2 != 0 || t.before > 2 {
		return false
	}
	ours, theirs, other := uint64(0), uint64(0), blank
	for i := from; i < t.n; i += 2 {
		tag, number := i, i+1
		if !t.isTag[i] {
			tag, number = i+1, i
		}
		if !t.isTag[tag] || t.isTag[number] || t.isTag[i] != t.isTag[from] {
			return false
		}
		if c := t.foreign[tag]; c != blank {
			theirs, other = theirs+t.number[number], c
		} else {
			ours += t.number[number]
		}
	}
	if ours == 0 && other != blank {
		return false // a name may be the same word
	}
	l.counts(pair{t.state, ours, t.note})
	l.spelled.note([]byte(t.state.String()))
	l.missed = sum && t.number[0] != ours+theirs && t.number[0] != ours
	return true
}

// item takes the word b[start:end] and returns where the next begins; 0 for a word
// that has no place in such a line.
func (t *tagged) item(b []byte, start, end int) (next int) {
	w := bytes.TrimRight(b[start:end], ".")
	if t.n == mostTagged {
		return 0
	}
	if n, note, size := readNumber(b[start:], true); size > 0 && !isBound(b[:start]) {
		t.number[t.n], t.note = n, max(t.note, note)
		t.n++
		return start + size
	}
	c, foreign := foreignWord(w)
	s, isState := countedState(w)
	switch {
	case isFamily(w) || foreign:
		t.isTag[t.n], t.foreign[t.n] = true, blank
		if foreign {
			t.foreign[t.n] = c
		}
		t.n++
	case isState && !isDigit(w[0]) && t.state == 0 && (s != tcp.Close || !isWait(b[end:])):
		t.state, t.before = s, t.n
	case len(w) == 0, len(w) == 1 && bytes.IndexByte([]byte("/+-&"), w[0]) >= 0:
	case !isFiller(w) || isLevel(w):
		return 0
	}
	return end
}

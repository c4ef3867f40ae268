// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// readCount reads two columns, a state and a number in either order: what the
// awk one-liners, sort | uniq -c and PowerShell's Group-Object print. A third
// column is allowed only as Group-Object prints it, {…}.
func (l *line) readCount() bool {
	var words [2][]byte
	n := 0
	for _, w := range l.at[:l.n] {
		w = trimMarks(w)
		switch {
		case len(w) == 0:
			continue
		case n == 2:
			return w[0] == '{' && l.pairs(words[0], words[1])
		}
		words[n] = w
		n++
	}
	if n == 1 { // TIME_WAIT=18122
		i := bytes.IndexAny(words[0], ":=,;|")
		if i < 0 {
			return false
		}
		words[0], words[1] = trimMarks(words[0][:i]), trimMarks(words[0][i:])
	}
	return l.pairs(words[0], words[1])
}

func (l *line) pairs(a, b []byte) bool { return l.pair(a, b) || l.pair(b, a) }

func (l *line) pair(state, number []byte) bool {
	s, ok := countedState(state)
	if !ok {
		return false
	}
	n, ok := grouped(number)
	if !ok {
		return false
	}
	l.class, l.format, l.state, l.number = count, StateCounts, s.Reported(), n
	return true
}

// countedState reads a state, also as two hex digits: the fourth column of
// /proc/net/tcp is counted in this way too.
func countedState(w []byte) (tcp.State, bool) {
	if s, ok := stateWord(w); ok {
		return s, true
	}
	return procStateOf(w)
}

// trimMarks takes off the marks that people put around words in two columns.
func trimMarks(w []byte) []byte { return bytes.Trim(w, `:=,;|"'`) }

// most is more connections than any machine has; larger numbers are no counts.
const most = 1 << 40

// grouped reads a number with or without commas, as in 18,122. It has no
// leading zero, so that 06 stays a state.
func grouped(w []byte) (n uint64, ok bool) {
	if len(w) == 0 || len(w) > 1 && w[0] == '0' {
		return 0, false
	}
	for i, c := range w {
		if c == ',' && i > 0 && (len(w)-i)%4 == 0 {
			continue
		}
		if !isDigit(c) || n > most {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

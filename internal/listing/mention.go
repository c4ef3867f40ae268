// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file finds the names of states in a text in any spelling. What is found
// is not a reading: it is what a reading is held against, see [Reader.audit].

// A mention is the name of a state somewhere in a text.
type mention struct {
	start, end int
	state      tcp.State // 0 for FIN_WAIT without its number
	force      force
	apart      bool // there is a blank in the name
}

// force is how sure it is that a word is meant as a state.
type force uint8

const (
	weak    force = iota // a word of English, or nearly: closed, Listen
	capital              // such a word in capitals: LISTEN
	certain              // no word at all: time_wait, LastAck
)

// nextMention finds the first name in b from i on.
func nextMention(b []byte, i int) (m mention, ok bool) {
	for ; i < len(b); i++ {
		switch b[i] | 0x20 {
		case 't', 'c', 'f', 's', 'l', 'e', 'u', 'b':
			if m, ok = mentionAt(b, i); ok {
				return m, true
			}
		}
	}
	return mention{}, false
}

func mentionAt(b []byte, i int) (m mention, ok bool) {
	switch b[i] | 0x20 {
	case 't':
		return compoundAt(b, i, "time", "wait", tcp.TimeWait)
	case 'f':
		return compoundAt(b, i, "fin", "wait", 0)
	case 's':
		if m, ok = compoundAt(b, i, "syn", "sent", tcp.SynSent); ok {
			return m, true
		}
		if m, ok = compoundAt(b, i, "syn", "rec", tcp.SynRecv); ok {
			return m, true
		}
		return compoundAt(b, i, "syn", "rcv", tcp.SynRecv)
	case 'l':
		if m, ok = compoundAt(b, i, "last", "ack", tcp.LastAck); ok {
			return m, true
		}
		return plainAt(b, i, tcp.Listen, "listening", "listen")
	case 'c':
		if m, ok = compoundAt(b, i, "close", "wait", tcp.CloseWait); ok {
			return m, true
		}
		if m, ok = plainAt(b, i, tcp.Closing, "closing"); ok {
			return m, true
		}
		return plainAt(b, i, tcp.Close, "closed", "close")
	case 'e':
		return plainAt(b, i, tcp.Established, "established", "estab")
	case 'u':
		return plainAt(b, i, tcp.Bound, "unconnected", "unconn")
	default:
		return plainAt(b, i, tcp.Bound, "bound")
	}
}

// compoundAt reads a name of two words, with whatever is between them.
func compoundAt(b []byte, i int, first, second string, s tcp.State) (m mention, ok bool) {
	if !hasFold(b[i:], first) {
		return m, false
	}
	j := i + len(first)
	between := b[j:min(len(b), j+separatorLen(b[j:]))]
	j += len(between)
	if !hasFold(b[j:], second) {
		return m, false
	}
	m = mention{start: i, end: j + len(second), state: s, force: certain, apart: bytes.ContainsAny(between, " \t")}
	if s == tcp.SynRecv {
		n := lettersIn(b[m.end:])
		if rest := b[m.end : m.end+n]; n > 2 && !hasFold(rest, "eived") || n > len("eived") || n > 0 && n <= 2 && rest[0]|0x20 != 'v' && rest[0]|0x20 != 'd' || n == 2 && rest[1]|0x20 != 'd' {
			m.state = 0 // SYN_RECX
		}
		m.end += n
	}
	if m.apart && (continues(b, m.end) || beginsWithin(b, i)) {
		return m, false // runtime waits
	}
	if first == "fin" {
		m.number(b)
	}
	return m, true
}

// number reads the 1 or the 2 after FIN_WAIT.
func (m *mention) number(b []byte) {
	i := m.end
	if n := separatorLen(b[i:]); n == 1 || n > 1 && b[i] == '\\' {
		i += n
	}
	if i == len(b) || i+1 < len(b) && isDigit(b[i+1]) {
		return
	}
	switch b[i] {
	case '1':
		m.state, m.end = tcp.FinWait1, i+1
	case '2':
		m.state, m.end = tcp.FinWait2, i+1
	}
}

// separatorLen returns how much stands at the start of b that can stand between
// the words of a name: a few characters that are no letters and no digits, or
// what a page or an address writes for a low line.
func separatorLen(b []byte) int {
	for _, written := range [...]string{"&#95;", "&lowbar;", "%5F", "%5f", "%20", "&nbsp;", "&#160;"} {
		if bytes.HasPrefix(b, []byte(written)) {
			return len(written)
		}
	}
	n := 0
	for n < len(b) && n < 4 && !isLetter(b[n]) && !isDigit(b[n]) {
		n++
	}
	return n
}

// plainAt reads a name of one word. In capitals it may be glued to others, or be
// damaged after its start.
func plainAt(b []byte, i int, s tcp.State, names ...string) (m mention, ok bool) {
	for _, name := range names {
		if !hasFold(b[i:], name) {
			continue
		}
		m = mention{start: i, end: i + len(name), state: s}
		if s != tcp.Close && name != "bound" && inCapitals(b[i:m.end]) {
			m.end += capitalsIn(b[m.end:])
			m.force = capital
			return m, true
		}
		if name == "bound" && inCapitals(b[i:m.end]) {
			m.force = capital
		}
		if within := beginsWithin(b, i) && (i < 3 || !hasFold(b[i-3:], "tcp")); within || continues(b, m.end) {
			continue
		}
		return m, true
	}
	return m, false
}

func inCapitals(w []byte) bool {
	for _, c := range w {
		if c >= 'a' {
			return false
		}
	}
	return true
}

func capitalsIn(b []byte) (n int) {
	for n < len(b) && b[n] >= 'A' && b[n] <= 'Z' {
		n++
	}
	return n
}

// beginsWithin reports whether b[i] goes on with the word before it; a capital
// after a small letter begins another.
func beginsWithin(b []byte, i int) bool {
	return i > 0 && isLetter(b[i-1]) && (b[i] >= 'a' || b[i-1] < 'a')
}

// continues reports whether the word before b[i] goes on there.
func continues(b []byte, i int) bool {
	return i < len(b) && isLetter(b[i]) && (b[i] >= 'a' || b[i-1] < 'a')
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func lettersIn(b []byte) (n int) {
	for n < len(b) && isLetter(b[n]) {
		n++
	}
	return n
}

// hasFold reports whether b begins with a word in lower case, ignoring case.
func hasFold(b []byte, word string) bool {
	if len(b) < len(word) {
		return false
	}
	for i := range len(word) {
		if b[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// namesState reports whether b has the name of a state in it that is not a word of
// plain English, or such a word in capitals with a number somewhere.
func namesState(b []byte) bool {
	numbered := hasDigit(b)
	for i := 0; ; {
		m, ok := nextMention(b, i)
		if !ok {
			return numbered && namesTranslated(b)
		}
		if m.force == certain && !m.apart || m.force > weak && numbered {
			return true
		}
		i = m.end
	}
}

// namesTranslated reports whether b has the name of a state in another language.
func namesTranslated(b []byte) bool {
	for i := 0; ; {
		start, end, ok := nextItem(b, i)
		if !ok {
			return false
		}
		if w := b[start:end]; looksUpper(w) || len(w) > 3 && w[0] >= 0x80 {
			if _, ok := stateWord(w); ok {
				return true
			}
		}
		i = end
	}
}

// mentions returns how many states b names beyond doubt.
func mentions(b []byte) (n int) {
	for i := 0; ; {
		m, ok := nextMention(b, i)
		if !ok {
			return n
		}
		if m.force > weak || m.beside(b) {
			n++
		}
		i = m.end
	}
}

// numbersState reports whether b has a state and a number that may be how many
// there are of it: anywhere in b when the name is not a word of English, else
// beside it.
func numbersState(b []byte) bool {
	if !hasDigit(b) {
		return false
	}
	for i := 0; ; {
		m, ok := nextMention(b, i)
		if !ok {
			return false
		}
		if m.beside(b) || m.force > weak && numberOutside(b) {
			return true
		}
		i = m.end
	}
}

// numberOutside reports whether b has a number that is not a part of the name of a
// state, of an address, a date or a time.
func numberOutside(b []byte) bool {
	m, ok := nextMention(b, 0)
	for i := 0; i < len(b); i++ {
		if ok && i >= m.start {
			i = m.end
			m, ok = nextMention(b, i)
		}
		if i >= len(b) || !isDigit(b[i]) {
			continue
		}
		end := i
		for end < len(b) && isDigit(b[end]) {
			end++
		}
		if countsAlone(b, i, end) {
			return true
		}
		i = end
	}
	return false
}

// countsAlone reports whether the digits b[i:end] can be a number by themselves.
func countsAlone(b []byte, i, end int) bool {
	if i > 0 && (isLetter(b[i-1]) || b[i-1] == '_' || i > 1 && isDigit(b[i-2]) && bytes.IndexByte([]byte(":./-"), b[i-1]) >= 0) {
		return false
	}
	if end == len(b) {
		return true
	}
	if joint := bytes.IndexByte([]byte(":./-"), b[end]) >= 0; joint && end+1 < len(b) && isDigit(b[end+1]) {
		return false
	}
	return !isLetter(b[end]) || bytes.IndexByte([]byte("ikKMx"), b[end]) >= 0 && (end+1 == len(b) || !isLetter(b[end+1]))
}

// beside reports whether a number stands beside the name, with nothing but marks
// between them.
func (m *mention) beside(b []byte) bool {
	i := m.end
	if n := 0; i < len(b) && (b[i] == '_' || b[i] == '-' || b[i] >= 'A' && b[i] <= 'Z') {
		for n = i; n < len(b) && (isLetter(b[n]) || b[n] == '_' || b[n] == '-'); n++ {
		}
		if isCountKey(string(b[i:n])) {
			i = n // established_count=
		}
	}
	if i < len(b) && b[i] == '{' { // the labels of a metric
		if end := bytes.IndexByte(b[i:], '}'); end > 0 {
			i += end
		}
	}
	from := i
	for i < len(b) && !isLetter(b[i]) && !isDigit(b[i]) && i < from+12 {
		i++
	}
	end := i
	for end < len(b) && isDigit(b[end]) {
		end++
	}
	if end > i && countsAlone(b, i, end) {
		return true
	}
	i = m.start
	if i >= 4 && hasFold(b[i-4:], "tcp") {
		i -= 4
	}
	for i > 0 && !isLetter(b[i-1]) && !isDigit(b[i-1]) && i > m.start-12 {
		i--
	}
	end = i
	for i > 0 && isDigit(b[i-1]) {
		i--
	}
	return end > i && end < m.start && countsAlone(b, i, end)
}

// loosely reads the name of a state as people spell it: with blanks or other
// marks for the low line, a prefix such as tcp_, and marks around it.
func loosely(w []byte) (tcp.State, bool) {
	if s, ok := stateWord(w); ok {
		return s, true
	}
	w = bytes.Trim(w, " \t\"'`*_~#:;,.()[]{}<>|!\\\u00a0")
	if len(w) > len("tcp_") && hasFold(w, "tcp") && !isDigit(w[3]) {
		w = bytes.TrimLeft(w[3:], "_-. :")
	}
	if s, ok := stateWord(w); ok {
		return s, true
	}
	m, ok := nextMention(w, 0)
	if !ok || m.start > 0 || m.end < len(w) || m.state == 0 || m.breaksIn(w) {
		return 0, false
	}
	return m.state, true
}

// breaksIn reports whether a blank stands after another mark in the name, as at the end
// of a sentence: TIME. _WAIT is not a state, and may be one that was damaged.
func (m *mention) breaksIn(b []byte) bool {
	w := b[m.start:m.end]
	i := bytes.IndexAny(w, " \t")
	return m.apart && i > 0 && !isLetter(w[i-1]) && w[i-1] != '_' && w[i-1] != '-' && w[i-1] != '\\'
}

// mentioned reports whether w, a cell or a key, has a state in its name.
func mentioned(w []byte) bool {
	_, ok := nextMention(w, 0)
	return ok
}

// respelled rewrites the names of states of two words in the spelling of the
// tools, and appends the result to out. changed is false when there is nothing
// to rewrite.
func respelled(out, b []byte) (_ []byte, changed bool) {
	from := 0
	for i := 0; ; {
		m, ok := nextMention(b, i)
		if !ok {
			return append(out, b[from:]...), changed
		}
		i = m.end
		name := m.state.String()
		if m.force != certain || m.state == 0 || string(b[m.start:m.end]) == name || m.breaksIn(b) {
			continue
		}
		if _, read := stateWord(b[m.start:m.end]); read {
			continue
		}
		out = append(append(out, b[from:m.start]...), name...)
		from, changed = m.end, true
	}
}

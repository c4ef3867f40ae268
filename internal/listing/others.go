// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"unicode"
)

// This file knows, by a heading, a title or the key of an object, that the states
// below it are those of another protocol than TCP.

// otherProtocol finds the protocol that a heading is about when that is not TCP:
// udp_states, "UDP sockets", unix socket states. Words that people use for other
// things too are a protocol only beside what says so.
func otherProtocol(b []byte) (word []byte, c class, ok bool) {
	sockets := false
	for w := range bytes.FieldsFuncSeq(b, betweenLetters) {
		var lower [16]byte
		switch string(folded(lower[:0], w)) {
		case "udp", "udp4", "udp6", "udpv6", "udplite", "sctp", "dccp", "mptcp", "vsock", "tipc", "quic":
			word = w
		case "unix", "raw", "icmp":
			if word == nil {
				word = w
			}
		case "socket", "sockets", "connection", "connections", "conns", "state", "states", "protocol":
			sockets = true
		default:
			if isTCP(w) {
				return nil, 0, false // TCP has this word too
			}
		}
	}
	if word == nil || !sockets && (isWord(word, "unix") || isWord(word, "raw") || isWord(word, "icmp")) && len(bytes.Trim(b, " \t-=#*_~[]():<>\"'")) > len(word) {
		return nil, 0, false
	}
	c, ok = protocol(word)
	return word, c, ok
}

// folded appends w to out in small letters; what has no place there stays as it is.
func folded(out, w []byte) []byte {
	if len(w) > cap(out) {
		return w
	}
	for _, c := range w {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

func isWord(w []byte, word string) bool { return len(w) == len(word) && hasFold(w, word) }

func betweenLetters(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }

// ofTCP reports whether the heading of a column says that its numbers count
// sockets of TCP: tcp, tcp_count.
func ofTCP(b []byte) bool {
	tcp := false
	for w := range bytes.FieldsFuncSeq(b, betweenLetters) {
		c, _ := columnOf(w)
		if isFamily(w) {
			tcp = true
		} else if c != columnCount && !isFiller(w) {
			return false
		}
	}
	return tcp
}

// titleOf reports whether a line without a number is the title of the sockets of one
// protocol, which is blank for TCP: udp:, === TCP ===, UDP sockets by state.
func titleOf(b []byte) (c class, ok bool) {
	if len(b) > 64 || digits(b) > 2 || markOf(b) != 0 || isTCP(bytes.TrimSpace(b)) {
		return blank, false
	}
	if bytes.Contains(b, []byte("==> ")) {
		return blank, false // the name of a file, of tail and head
	}
	word, c, _ := otherProtocol(b)
	n, tcp := 0, false
	for w := range bytes.FieldsFuncSeq(b, betweenLetters) {
		n++
		var lower [16]byte
		switch string(folded(lower[:0], w)) {
		case "by", "per", "summary", "table", "list", "statistics", "stats", "protocol", "only", "all", "open", "active":
			continue
		default:
		}
		tcp = tcp || isTCP(w)
		if !bytes.EqualFold(w, word) && (!isFiller(w) || hasDigit(w) && !isFamily(w)) {
			return blank, false
		}
	}
	return c, n <= 6 && (tcp || c != blank)
}

// namesTCP reports whether a word of b says that it is of TCP.
func namesTCP(b []byte) bool {
	for w := range bytes.FieldsFuncSeq(b, betweenLetters) {
		if isFamily(w) {
			return true
		}
	}
	return false
}

func isTitle(b []byte) bool {
	_, ok := titleOf(b)
	return ok && !headsFamilies(b)
}

// headsFamilies reports whether a line is the heading of a table with a column of
// states and one for each family.
func headsFamilies(b []byte) bool {
	first, rest := nextWord(b)
	if c, _ := columnOf(first); c != columnState {
		return false
	}
	families := 0
	for w, rest := nextWord(rest); w != nil; w, rest = nextWord(rest) {
		if onlyFamily(w) {
			families++
		}
	}
	return families > 1
}

// others notes which columns of the heading of a table are of other protocols. A
// table of nothing else is told by done; of a table with TCP beside them its
// column is the count.
func (t *table) others(l *line, c *cells, ctx *context) (known int, done bool) {
	if c.ofRow() {
		return 0, false
	}
	foreign, at, ours := blank, 0, 0
	for i := range c.n {
		if t.keyed>>i&1 == 0 {
			continue
		}
		if _, other, ok := otherProtocol(c.at[i]); ok {
			foreign, known, t.keyed = other, known+1, t.keyed&^(1<<i)
		} else if ofTCP(c.at[i]) {
			at, ours = i, ours+1
		}
	}
	switch {
	case foreign != blank && ours == 0 && (!t.states || !t.has(columnCount)) && (t.states || bytes.Contains(bytes.ToLower(l.line), []byte("state"))):
		ctx.table, ctx.measured = table{foreign: foreign}, false
		l.title(ctx.started)
		return known, true
	case ours == 1 && t.states && !t.has(columnCount):
		t.at[at], t.keyed = columnCount, t.keyed&^(1<<at)
		known++
	}
	return known, false
}

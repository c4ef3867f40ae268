// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
)

// This file reads the numbers of counts, in the ways in which people and programs write
// them.

// commaSeparates reports whether commas stand between the columns, so that
// they do not group digits: ESTABLISHED,70,100.
func commaSeparates(b []byte) bool {
	for i := 1; i < len(b); i++ {
		if b[i] == ',' && !isDigit(b[i-1]) && i+1 < len(b) && b[i+1] != '"' && b[i+1] != ' ' {
			return true
		}
		if b[i] == ',' && i+1 < len(b) && !isDigit(b[i+1]) && b[i+1] != ' ' && b[i+1] != '"' {
			return true
		}
	}
	return false
}

// mostGrouped is more than numbers with blanks in them are: what is more are several.
const mostGrouped = 20 * 1000 * 1000

// most is more connections than any machine has; larger numbers are no counts.
const most = 1 << 30

// readNumber reads the number that b begins with, up to the next mark. size is
// 0 when there is none.
func readNumber(b []byte, comma bool) (n uint64, note notation, size int) {
	if len(b) == 0 {
		return 0, 0, 0
	}
	i := 0
	if b[0] == '~' || b[0] == '<' && len(b) > 1 && isDigit(b[1]) {
		note, i = rounded, 1
	} else if bytes.HasPrefix(b, []byte("\u2248")) {
		note, i = rounded, len("\u2248")
	}
	digits := b[i:]
	if len(digits) == 0 || !isDigit(digits[0]) {
		return 0, 0, 0
	}
	end := numberEnd(digits, comma)
	n, how, ok := value(digits[:end])
	if !ok || n > most || !closes(digits[end:]) {
		return 0, 0, 0
	}
	if how > note || note == exact {
		note = how
	}
	return n, note, i + end
}

// blankGroups reads on after a number n of size digits that is the first group
// of a longer one, whose groups stand between single blanks: 18 122.
func blankGroups(b []byte, n uint64, size int) (whole uint64, all int) {
	if size > 3 || b[0] == '0' || !isNumber(b[:size]) {
		return n, size
	}
	for len(b) >= size+4 && b[size] == ' ' && isNumber(b[size+1:size+4]) && (len(b) == size+4 || isMark(b[size+4])) {
		group, _ := atoi(b[size+1 : size+4])
		n, size = min(n*1000+group, 2*most), size+4
	}
	return n, size
}

// readNumberOf reads a cell that is a number and nothing else.
func readNumberOf(w []byte) (n uint64, note notation, size int) {
	if len(w) == 0 {
		return 0, 0, 0
	}
	n, note, size = readNumber(w, false)
	if size != len(w) {
		return 0, 0, 0
	}
	return n, note, size
}

// closes reports whether a number may end before b.
func closes(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	switch b[0] {
	case '*':
		return bytes.HasPrefix(b, []byte("**")) && (len(b) == 2 || isMark(b[2])) // bold text of Markdown
	case '(', '[', '{', '>', '`':
		return false
	default:
		return isMark(b[0]) || isArrow(b)
	}
}

// numberEnd returns where the word of the number ends that b begins with; a
// comma or an apostrophe with a digit on each side belongs to it.
func numberEnd(b []byte, comma bool) int {
	i := 0
	for i < len(b) {
		inner := b[i] == ',' && !comma || b[i] == '\''
		inner = inner && i > 0 && isDigit(b[i-1]) && i+1 < len(b) && isDigit(b[i+1])
		if isMark(b[i]) && !inner {
			break
		}
		i++
	}
	return i
}

// value reads a whole number in any notation. A number of two hex digits that
// begins with zero is left to the states.
func value(w []byte) (n uint64, note notation, ok bool) {
	if len(w) == 2 && w[0] == '0' {
		if _, state := procStateOf(w); state {
			return 0, 0, false
		}
	}
	if isNumber(w) {
		n, ok = atoi(w)
		return n, exact, ok
	}
	if whole, how, ok := wholeOf(w); ok {
		n, ok = atoi(whole)
		return n, how, ok
	}
	if n, ok := withPower(w); ok {
		return n, powerNote(w), true
	}
	if n, ok := withUnit(w); ok {
		return n, rounded, true
	}
	return grouped(w)
}

// wholeOf takes off a whole number what changes nothing: .0, and the word that
// Chinese counts things with.
func wholeOf(w []byte) (whole []byte, note notation, ok bool) {
	if whole, ok := bytes.CutSuffix(w, []byte{'.'}); ok && isNumber(whole) {
		return whole, exact, true // the full stop of a sentence
	}
	for _, end := range [...]string{".0", ".00"} {
		if whole, ok := bytes.CutSuffix(w, []byte(end)); ok && isNumber(whole) {
			return whole, pointed, true
		}
	}
	for _, end := range [...]string{"x", "\u00d7", "\u4e2a", "\u500b", "\u6761", "\u689d", "\u4ef6"} {
		if whole, ok := bytes.CutSuffix(w, []byte(end)); ok && isNumber(whole) {
			return whole, exact, true
		}
	}
	return nil, exact, false
}

// atoi reads digits, up to more than [most].
func atoi(w []byte) (n uint64, ok bool) {
	for _, c := range w {
		if !isDigit(c) {
			return 0, false
		}
		n = min(n*10+uint64(c-'0'), 2*most)
	}
	return n, len(w) > 0
}

// grouped reads 18,122 and 1'234'567, 18_122, 1.234.567 and, as in India,
// 1,00,000. One group after a dot can only be meant so too: there are no parts
// of a socket.
func grouped(w []byte) (n uint64, note notation, ok bool) {
	sign, groups, size := byte(0), 0, 0
	for i, c := range w {
		if isDigit(c) {
			n, size = min(n*10+uint64(c-'0'), 2*most), size+1
			continue
		}
		if sign == 0 {
			sign = c
		}
		if c != sign || size == 0 || size > 3 || groups > 0 && size != 3 && (c != ',' || size != 2) {
			return 0, 0, false
		}
		size, groups = 0, groups+1
		if i == len(w)-1 {
			return 0, 0, false
		}
	}
	switch {
	case size != 3 || w[0] == '0':
		return 0, 0, false
	case sign == '.' && groups == 1:
		return n, dot, true
	default:
		return n, exact, sign == ',' || sign == '.' || sign == '\'' || sign == '_'
	}
}

// withPower reads 1e6 and 1.8122e+04: one digit, a dot, and no more after the
// dot than the power makes whole.
func withPower(w []byte) (n uint64, ok bool) {
	i := bytes.IndexAny(w, "eE")
	if i < 1 {
		return 0, false
	}
	power, okPower := atoi(bytes.TrimPrefix(w[i+1:], []byte("+")))
	whole, part, _ := bytes.Cut(w[:i], []byte("."))
	if !okPower || power > 12 || len(whole) != 1 || uint64(len(part)) > power {
		return 0, false
	}
	if n, ok = atoi(append(append(make([]byte, 0, 24), whole...), part...)); !ok {
		return 0, false
	}
	for range power - uint64(len(part)) {
		n = min(n*10, 2*most)
	}
	return n, true
}

// powerNote tells whether awk has rounded a number to its six digits.
func powerNote(w []byte) notation {
	i := bytes.IndexAny(w, "eE")
	by, _ := atoi(bytes.TrimPrefix(w[i+1:], []byte("+")))
	if digits := i - 1; digits >= 2 && by > uint64(digits) {
		return rounded
	}
	return power
}

// withUnit reads 18k, 18.1K, 2M and 18000+, which are rounded.
func withUnit(w []byte) (n uint64, ok bool) {
	last := len(w) - 1
	unit := uint64(1)
	switch w[last] {
	case 'k', 'K':
		unit = 1000
	case 'm', 'M':
		unit = 1000 * 1000
	case '+':
	default:
		return 0, false
	}
	whole, part, dotted := bytes.Cut(w[:last], []byte("."))
	n, ok = atoi(whole)
	if !ok || dotted && (unit == 1 || len(part) > 3 || !isNumber(part)) {
		return 0, false
	}
	n *= unit
	for i := range part {
		unit /= 10
		n += uint64(part[i]-'0') * unit
	}
	return n, true
}

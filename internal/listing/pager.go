// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// This file knows what pagers, databases and chats print around rows.

// promptLen returns how long the prompt of a pager is that b begins with, 0
// when it begins with none.
func promptLen(b []byte) int {
	n := 0
	for _, prompt := range [...]string{"--More--", "-- More --", "-- More  --", "--more--", "---(more)---", "<--- More --->", "--Mehr--", "(END)"} {
		if bytes.HasPrefix(b, []byte(prompt)) {
			n = len(prompt)
		}
	}
	if lines, ok := bytes.CutPrefix(b, []byte("lines ")); n == 0 && ok {
		size := digitsAnd(lines, "-/")
		if from, to, found := bytes.Cut(lines[:size], []byte("-")); !found || !isNumber(from) || len(to) == 0 {
			return 0
		}
		n = len("lines ") + size
	}
	if n == 0 {
		return 0
	}
	rest := bytes.TrimLeft(b[n:], " (")
	if size := digitsAnd(rest, ""); size > 0 && size <= 3 && size < len(rest) && rest[size] == '%' {
		rest = bytes.TrimPrefix(rest[size+1:], []byte(")"))
		n = len(b) - len(rest)
	}
	if rest, ok := bytes.CutPrefix(bytes.TrimLeft(b[n:], " "), []byte("(END)")); ok {
		n = len(b) - len(rest)
	}
	return n
}

// digitsAnd returns how much of b is digits and the marks.
func digitsAnd(b []byte, marks string) int {
	i := 0
	for i < len(b) && (isDigit(b[i]) || bytes.IndexByte([]byte(marks), b[i]) >= 0) {
		i++
	}
	return i
}

// lookPastPager reads the line without the prompt of a pager.
func (rd *Reader) lookPastPager(line []byte) bool {
	start := skipSpace(line, 0)
	n := promptLen(line[start:])
	if n == 0 {
		i := bytes.LastIndex(line, []byte("--More--"))
		if i > 0 && promptLen(line[i:]) == len(line)-i && rd.again(line[:i]) {
			rd.pauses = true
			return true
		}
		return false
	}
	rest := bytes.TrimLeft(line[start+n:], " \t\b")
	if len(rest) > 0 {
		return rd.again(rest) || rd.lookBehindPrefix(rest)
	}
	rd.line.class, rd.line.known = text, true
	if !bytes.Contains(line, []byte("(END)")) {
		rd.paused = told{1, rd.result.Lines, quote(line)}
	}
	return true
}

// isPrompt reports whether b is the prompt of a pager in any language, and
// nothing else: -- suite --, the colon of less.
func isPrompt(b []byte) bool {
	if string(b) == ":" {
		return true
	}
	inner, ok := bytes.CutPrefix(b, []byte("--"))
	if i := bytes.LastIndexByte(inner, '('); ok && i > 0 {
		inner = bytes.TrimSpace(inner[:i])
	}
	inner, shut := bytes.CutSuffix(inner, []byte("--"))
	return ok && shut && hasLetter(inner) && inner[0] != '-' && countFields(inner) <= 2
}

// goesOn notes what follows the prompt of a pager: it was not the end.
func (rd *Reader) goesOn() {
	switch rd.line.class {
	case row, count, header, broken, otherUDP, otherUnix, otherRaw, otherProto:
		rd.paused = told{}
	default:
	}
	if rd.pauses {
		rd.paused, rd.pauses = told{1, rd.result.Lines, quote(rd.line.line)}, false
	}
}

// rowsIn reads how many rows a database says that it has printed: (3 rows), 2 rows
// in set.
func rowsIn(b []byte) (n uint64, ok bool) {
	inside := bytes.Trim(b, "(). \t")
	number, rest := firstWord(inside)
	what, behind := nextWord(rest)
	switch string(bytes.ToLower(what)) {
	case "rows", "row", "records", "record", "zeilen", "zeile", "lignes", "ligne", "filas", "fila", "linhas", "righe", "строки", "строк", "行":
	default:
		return 0, false
	}
	behind = bytes.TrimSpace(behind)
	if !isNumber(number) || len(behind) > 0 && !bytes.HasPrefix(behind, []byte("in set")) && string(behind) != "selected" && string(behind) != "returned" {
		return 0, false
	}
	n, _ = atoi(number)
	return n, true
}

// foots holds the number of rows that a database says it has printed against what
// was read since the last time it said so.
func (rd *Reader) foots(b []byte) {
	n, ok := rowsIn(b)
	if !ok {
		return
	}
	seen := rd.read()
	if n != seen-rd.footed && seen > 0 {
		rd.report(problem.LineRows, b, nil)
		seen = rd.read()
	}
	rd.footed = seen
}

// read returns how many lines there were that are rows, counts, or such that could
// not be read.
func (rd *Reader) read() uint64 {
	n := rd.result.Ignored.rows() + rd.result.Broken
	for _, count := range rd.byFormat {
		n += count
	}
	return n
}

// isFoot reports whether b is what a database, a shell or a chat prints below a
// table.
func isFoot(b []byte) bool {
	if _, ok := rowsIn(b); ok {
		return true
	}
	inside := bytes.Trim(b, "().")
	number, rest := firstWord(inside)
	what, behind := nextWord(rest)
	behind = bytes.TrimSpace(behind)
	switch {
	case bytes.HasSuffix(b, []byte(" >>")) && bytes.Contains(b, []byte("| rc=")): // ansible
		return true
	case string(number) == "real" || string(number) == "user" || string(number) == "sys": // time
		return len(behind) == 0 && len(what) > 3 && isDigit(what[0]) && what[len(what)-1] == 's' && bytes.IndexByte(what, 'm') > 0
	case bytes.HasPrefix(b, []byte("+ ")): // sh -x
		return isCommand(b[2:])
	default:
		return isEmoji(b)
	}
}

// isEmoji reports whether every word of b is a picture, also by its name as in
// :eyes:, or how many have answered with it.
func isEmoji(b []byte) bool {
	pictures := 0
	for w, rest := nextWord(b); w != nil; w, rest = nextWord(rest) {
		switch {
		case len(w) > 2 && w[0] == ':' && w[len(w)-1] == ':' && isEmojiName(w[1:len(w)-1]), isPicture(w):
			pictures++
		case isNumber(w) && pictures > 0:
		default:
			return false
		}
	}
	return pictures > 0
}

func isEmojiName(w []byte) bool {
	for _, c := range w {
		if (c < 'a' || c > 'z') && !isDigit(c) && c != '_' && c != '-' && c != '+' && c != ':' {
			return false
		}
	}
	return true
}

// isPicture reports whether w is made of symbols alone: pictures, and the lines
// that boxes are drawn with.
func isPicture(w []byte) bool {
	for _, r := range string(w) {
		if (r < 0x2190 || r > 0x2BFF) && (r < 0x1F000 || r > 0x1FAFF) && r != 0x200D && r != 0xFE0F || saysOfNumbers(r) {
			return false
		}
	}
	return len(w) > 0
}

// saysOfNumbers reports whether a sign says what the number beside it is: of mathematics
// (a bound, about, a difference, a mean), an arrow or a triangle that points up or down,
// or a number in a circle.
func saysOfNumbers(r rune) bool {
	switch {
	case r >= 0x2200 && r <= 0x230F, r >= 0x2460 && r <= 0x24FF, r >= 0x2776 && r <= 0x2793, r >= 0x2795 && r <= 0x2797, r >= 0x27C0 && r <= 0x27EF, r >= 0x2980 && r <= 0x2AFF:
		return true // operators, among them those of other blocks, and the signs of diameters
	case r >= 0x1F53A && r <= 0x1F53D:
		return true
	}
	switch r {
	case '\u2191', '\u2193', '\u2195', '\u2196', '\u2197', '\u2198', '\u2199', '\u21D1', '\u21D3', '\u21D5', '\u21E7', '\u21E9', '\u2B06', '\u2B07', '\u2B61', '\u2B63',
		'\u25B2', '\u25B3', '\u25B4', '\u25B5', '\u25BC', '\u25BD', '\u25BE', '\u25BF':
		return true
	default:
		return false
	}
}

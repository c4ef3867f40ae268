// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// coreEnd returns where in the line of a row its addresses and its state end;
// what is after is extras, or another row. ok is false for a row of a table,
// whose columns are its own.
func (l *line) coreEnd() (end int, ok bool) {
	switch {
	case l.tabled:
		return 0, false
	case l.format == Proc:
		return l.end[procState], true
	case l.format == PowerShell:
		return l.end[4], true
	case l.format == SS:
		return l.end[l.local+1], true
	default:
		return l.end[l.local+2], true
	}
}

// behind reports whether line[end:], after a row, holds another row or
// something of one.
func behind(line []byte, end int) bool {
	if isLoneMark(line[end:]) || times(line[end:]) || elided(line[end:]) {
		return true
	}
	if !wordsFrom(line, end, shortestRow) {
		return remains(line, end) // what follows is most often a process
	}
	if _, ok := rowStart(line, end); ok {
		return true
	}
	return remains(line, end)
}

// shortestRow is how many words the shortest pattern of rowStart has.
const shortestRow = 3

// wordsFrom reports whether line[i:] has n words or more.
func wordsFrom(line []byte, i, n int) bool {
	for i = skipSpace(line, i); i < len(line); i = skipSpace(line, i) {
		if n--; n == 0 {
			return true
		}
		for i < len(line) && line[i] != ' ' && line[i] != '\t' {
			i++
		}
	}
	return false
}

// remains reports whether line[end:] has a state or two addresses in it: two
// rows that were joined, and damaged where they were.
func remains(line []byte, end int) bool {
	addresses := 0
	for w, i := wordOfRow(line, end); w != nil; w, i = wordOfRow(line, i) {
		switch {
		case looksUpper(w):
			if _, ok := stateWord(w); ok {
				return true
			}
		case isTCP(w):
			return true
		case likeAddress(w):
			if addresses++; addresses == 2 {
				return true
			}
		}
	}
	return false
}

// rowsInHeading finds rows in the line of a heading: its line end was lost.
func (rd *Reader) rowsInHeading() {
	l := &rd.line
	if bytes.Contains(l.line, []byte(`\n`)) && rd.lookUnescaped(l.line) {
		return
	}
	switch start, ok := rowStart(l.line, 0); {
	case ok && start > 0:
		if between := l.line[:start]; mentions(between) > 0 && !l.wide || likeRow(between) {
			rd.besides(problem.LineBehindHead, between, nil)
		}
		rd.putBack(l.line[start:])
	case !l.wide && rd.rest == nil && likeRow(l.line):
		rd.besides(problem.LineBehindHead, l.line, nil)
	}
}

// joined looks at what is after the row just read. Another row becomes the
// next piece of the line; what may have been one is reported.
func (rd *Reader) joined() {
	l := &rd.line
	if l.tabled && elided(l.line) {
		rd.besides(problem.LineLeftOut, l.line, nil)
	}
	end, ok := l.coreEnd()
	if !ok || len(bytes.TrimLeft(l.line[end:], " \t")) == 0 {
		return
	}
	if start, ok := rowStart(l.line, end); ok {
		if between := l.line[:start]; remains(between, end) || gluedNames(between, l.lastOf(end)) {
			rd.besides(problem.LineBehindRow, between[end:], nil)
		}
		if isGutter(l.line[:start]) && rd.sign == signNone {
			rd.sign = signSides
		}
		rd.putBack(l.line[start:])
		l.line = l.line[:start]
		return
	}
	switch {
	case isLoneMark(l.line[end:]):
		if rd.sign == signNone {
			rd.sign = signSides
		}
	case elided(l.line[end:]):
		rd.besides(problem.LineLeftOut, l.line, nil)
	case l.format != Proc && times(l.line[end:]):
		rd.besides(problem.LineRepeated, l.line, nil)
	case l.state == tcp.Close && l.format != SS && isWait(l.line[end:]):
		l.broke(l.format, problem.LineState)
		l.word = bytes.TrimSpace(l.line[end:])
	case l.format == Proc && !bytes.Contains(l.line[end:], []byte(": ")) && l.line[len(l.line)-1] != ':':
	case l.format == Proc || remains(l.line, end) || gluedNames(l.line, l.lastOf(end)):
		rd.besides(problem.LineBehindRow, l.line, nil)
	}
}

// joinedOther looks for a row of TCP after one of another protocol.
func (rd *Reader) joinedOther() {
	l := &rd.line
	if l.n < 5 {
		return
	}
	end := l.end[1] // a state, a queue or an address of the row itself
	if start, ok := rowStart(l.line, end); ok {
		rd.putBack(l.line[start:])
		return
	}
	for w, i := wordOfRow(l.line, end); w != nil; w, i = wordOfRow(l.line, i) {
		if isTCP(w) && i < len(l.line) {
			rd.besides(problem.LineBehindRow, l.line, nil)
			return
		}
	}
}

// lastOf returns where the word begins that ends at end.
func (l *line) lastOf(end int) int {
	return bytes.LastIndexAny(l.line[:end], " \t") + 1
}

// gluedNames reports whether a word of line[from:] has a state after one of
// the marks that rows are joined with: 198.51.100.7:52;ESTAB, LISTEN<br>tcp.
func gluedNames(line []byte, from int) bool {
	for w, i := wordOfRow(line, from); w != nil; w, i = wordOfRow(line, i) {
		if gluedName(w) {
			return true
		}
	}
	return false
}

// wordOfRow returns the next word of line from i on and where it ends; what
// processes call themselves is passed over.
func wordOfRow(line []byte, i int) (w []byte, end int) {
	for i = skipSpace(line, i); i < len(line); i = skipSpace(line, i) {
		start := i
		for i < len(line) && line[i] != ' ' && line[i] != '\t' {
			i++
		}
		past := pastUsers(line, start)
		if past < i {
			return line[start:i], i // something may follow without a space
		}
		i = past
	}
	return nil, i
}

func gluedName(w []byte) bool {
	const marks = `;,<>&"'|`
	if !bytes.ContainsAny(w, marks) {
		return false
	}
	for len(w) > 0 {
		part := w
		i := bytes.IndexAny(w, marks)
		if i >= 0 {
			part, w = w[:i], w[i+1:]
		} else {
			w = nil
		}
		if _, ok := stateWord(part); ok && looksUpper(part) {
			return true
		}
	}
	return false
}

// isLoneMark reports whether b is what diff -y prints after a line that the
// other side lacks.
func isLoneMark(b []byte) bool {
	i := skipSpace(b, 0)
	return i < len(b) && (b[i] == '<' || b[i] == '|' || b[i] == '(') && len(bytes.TrimRight(b[i+1:], " \t")) == 0
}

// elided reports whether b, after a row, ends with dots or a word which say that
// there were more rows.
func elided(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	if len(b) < 2 {
		return false
	}
	switch b[len(b)-1] {
	case '.', 0xA6, 'c', 'e': // "...", "…", "etc" or "more"
		i := bytes.LastIndexAny(b, " \t")
		return i >= 0 && isElision(b[i:]) && !bytes.Equal(b[i+1:], []byte("cut"))
	default:
		return false
	}
}

// isGutter reports whether b ends as the left side of diff -y does where the
// sides differ: padded, and a bar.
func isGutter(b []byte) bool {
	left, ok := bytes.CutSuffix(bytes.TrimRight(b, " \t"), []byte("|"))
	return ok && (bytes.HasSuffix(left, []byte("  ")) || bytes.HasSuffix(left, []byte("\t ")))
}

// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A wideTable has the states for headings of its columns, and below each how
// many sockets are in it: one row for each machine or moment.
type wideTable struct {
	at   [maxFields]tcp.State // 0 for a column of something else
	n    int
	mark byte
	last int // the column after which there are states alone

	unnamed bool   // the first column has no name
	rows    uint64 // number of rows read
	protos  uint32 // the columns of protocols, as bits
	totals  uint32 // the columns of sums, as bits
	names   uint32 // the columns of names of machines and programs, as bits
	strange uint32 // the columns of which it is not known what a number in them is, as bits
}

// readWide recognises the heading of a wide table: two states or more, each
// once, and no number. Whether it is one is certain only with the row below. A
// heading with a cell that names a state in a way that is not understood, or
// that has no letter, is broken: what is below it would be counted under the
// wrong one.
func (l *line) readWide(ctx *context) bool {
	var c cells
	w := wideTable{mark: markOf(l.line)}
	c.split(l.line, w.mark)
	if c.n < 2 || c.n > maxFields {
		return false
	}
	states, named, seen, spoiled := 0, 0, uint32(0), false
	for i := range c.n {
		s, ok := loosely(c.at[i])
		switch {
		case ok && seen>>s.Reported()&1 == 1, !ok && introduces(c.at[i]), i > 0 && bytes.HasSuffix(c.at[i], []byte(":")):
			return false
		case ok:
			seen |= 1 << s.Reported()
			w.at[i], states = s.Reported(), states+1
			continue
		case mentioned(c.at[i]) && !numbersState(c.at[i]):
			spoiled, named = true, named+1
		case hasDigit(c.at[i]):
			return false
		case len(c.at[i]) > 0 && !hasLetter(c.at[i]):
			spoiled = true
		}
		w.last = i + 1
	}
	w.n = c.n
	if single := states == 1 && named == 0 && w.labelled(&c); !single && (states+named < 2 || states == 0) || w.mark == 0 && states*2 < c.n {
		return false
	}
	if spoiled {
		l.broke(StateCounts, problem.LineBadColumn)
		return true
	}
	for i := range w.n {
		switch {
		case w.at[i] != 0:
		case isTotal(c.at[i]):
			w.totals |= 1 << i
		case !describes(c.at[i]):
			w.strange |= 1 << i
		}
		switch {
		case w.at[i] != 0:
		case isProtocolName(c.at[i]) || isPieceLabel(c.at[i]):
			w.protos |= 1 << i
		case holdsNames(c.at[i]):
			w.names |= 1 << i
		}
	}
	w.unnamed = len(c.at[0]) == 0
	ctx.wide, ctx.table, l.wide = w, table{}, true
	return l.title(StateCounts)
}

// labelled reports whether every other column than those of states has the name of what
// says which machine, or when: host,TIME_WAIT.
func (w *wideTable) labelled(c *cells) bool {
	for i := range c.n {
		if w.at[i] == 0 && !isHostKey(string(c.at[i])) && !isTimeKey(string(c.at[i])) {
			return false
		}
	}
	return true
}

// hasLetter reports whether w has a letter of any script.
func hasLetter(w []byte) bool {
	for _, c := range w {
		if isLetter(c) || c >= 0x80 {
			return true
		}
	}
	return false
}

// describes reports whether a column, or a member of an object, beside counts by
// state tells what they are of, so that its numbers count no sockets: a time, a
// port, a process. Totals are held against the counts.
func describes(name []byte) bool {
	if string(name) == "idle" {
		return false // common names for other states
	}
	c, known := columnOf(name)
	if known && c != columnState && c != columnCount || measures(name) || isTimeKey(string(name)) || isHostKey(string(name)) || isTotal(name) {
		return true
	}
	switch string(bytes.ToLower(name)) {
	case "uptime", "epoch", "hour", "minute", "month", "year", "week", "sample", "seq", "n", "#", "nr.", "load", "cpu", "version", "schema", "step", "period", "rank", "round", "run", "generated", "collected":
		return true
	default:
		return bytes.HasPrefix(bytes.ToLower(name), []byte("udp"))
	}
}

// introduces reports whether a cell begins a list of states in a sentence, such as
// "none in: SYN_SENT".
func introduces(cell []byte) bool {
	colon := bytes.LastIndexByte(cell, ':')
	if colon < 0 {
		return false
	}
	_, ok := stateWord(bytes.TrimSpace(cell[colon+1:]))
	return ok
}

// readWideRow reads the numbers below such a heading.
func (l *line) readWideRow(ctx *context) bool {
	w := &ctx.wide
	if w.n == 0 || len(bytes.Trim(l.line, "|-:+= \t")) == 0 && bytes.Contains(l.line, []byte("--")) {
		return false
	}
	var c cells
	c.split(l.line, w.mark)
	shift := c.n - w.n
	if shift < 0 || shift > 0 && (w.mark != 0 || w.at[w.n-1] == 0 || c.n > maxFields) {
		return l.spoiledWideRow(w, &c)
	}
	for i := range shift {
		if n, _, size := readNumberOf(c.at[i]); size > 0 && n > 0 && !isEpochWord(c.at[i]) {
			l.broke(StateCounts, problem.LineUnclear) // more numbers than states
			return true
		}
	}
	l.pairs = 0
	for i := range w.n {
		if w.strange>>i&1 == 1 && shift == 0 && countsSomething(c.at[i]) && (i > 0 || !w.numbers(c.at[i])) {
			l.pairs = 0
			l.broke(StateCounts, problem.LineUnclear)
			return true
		}
		if w.at[i] == 0 && shift == 0 {
			switch other, ok := foreignWord(c.at[i]); {
			case !ok || w.names>>i&1 == 1:
			case w.protos>>i&1 == 1:
				l.class, l.pairs = other, 0
				return true
			default:
				l.mayBeOf(other)
			}
			if isStatistic(c.at[i]) && w.rows > 0 {
				l.pairs = 0
				l.broke(StateCounts, problem.LineUnclear) // the row does not fit those around it
				return true
			}
			if saysWhat(c.at[i]) {
				l.stray = c.at[i]
			}
		}
		switch {
		case w.at[i] == 0 && i+1 == w.last && l.source == nil && !isFamily(c.at[i]):
			l.source = c.at[i]
			continue
		case w.at[i] == 0:
			continue
		case shift > 0 && i < w.last:
			return l.spoiledWideRow(w, &c) // it is unclear which column has an additional word
		}
		n, note, size := readNumberOf(c.at[i+shift])
		if size == 0 {
			l.pairs = 0
			return l.spoiledWideRow(w, &c)
		}
		l.add(pair{w.at[i], n, note})
	}
	w.rows++
	l.missed = shift == 0 && !w.addsUp(&c, l.pair[:l.pairs])
	l.class, l.format, l.wide = count, StateCounts, true
	return true
}

// belongs reports whether a line that begins with the name of a protocol is a row
// below the heading: it has as many cells, and numbers below the states.
func (w *wideTable) belongs(l *line) bool {
	if w.n == 0 || !isTCP(l.at[0]) && !isTCPv6(l.at[0]) {
		return false
	}
	var c cells
	c.split(l.line, w.mark)
	for i := range w.n {
		if c.n != w.n || w.at[i] != 0 && !isNumber(c.at[i]) {
			return false
		}
	}
	return true
}

// addsUp reports whether the sums in a row are those of its counts.
func (w *wideTable) addsUp(c *cells, counts []pair) bool {
	sum := uint64(0)
	for _, p := range counts {
		sum += p.number
	}
	for i := range w.n {
		if w.totals>>i&1 == 0 {
			continue
		}
		if n, _, size := readNumberOf(c.at[i]); size > 0 && n != sum {
			return false
		}
	}
	return true
}

// numbers reports whether the cell of a column without a name is the number of
// its row, from nought or from one.
func (w *wideTable) numbers(cell []byte) bool {
	n, _, _ := readNumberOf(cell)
	return w.unnamed && (n == w.rows || n == w.rows+1)
}

// countsSomething reports whether a cell is a number that is not nought.
func countsSomething(cell []byte) bool {
	n, _, size := readNumberOf(cell)
	return size > 0 && n > 0
}

// spoiledWideRow breaks a line that has numbers as the rows have, and is none.
func (l *line) spoiledWideRow(w *wideTable, c *cells) bool {
	numbers := 0
	for i := range min(c.n, len(c.at)) {
		if isNumber(c.at[i]) {
			numbers++
		}
	}
	if namesState(l.line) || l.wholeSS() || numbers < 2 && (w.mark == 0 || numbers == 0 && c.n < 2) {
		return false
	}
	l.broke(StateCounts, problem.LineBadNumber)
	l.known = true // whatever a second look makes of it
	return true
}

func isEpochWord(w []byte) bool {
	_, ok := epoch(w)
	return ok
}

// noteWide watches that the heading of a wide table has a row below it.
func (rd *Reader) noteWide() {
	l := &rd.line
	switch {
	case l.class == header && l.wide:
		rd.narrow()
		rd.wide.add(rd.result.Lines, l.line)
	case l.class == count && l.wide:
		rd.wide = told{}
	case l.class == row, l.class == count, l.class == header:
		rd.narrow()
		rd.ctx.wide = wideTable{}
	default: // between them
	}
}

// narrow breaks the heading of a wide table that has no row.
func (rd *Reader) narrow() {
	if t := rd.wide; t.n > 0 {
		rd.breakAgain(t.line, problem.LineUnreadable, nil, t.text)
	}
	rd.wide = told{}
}

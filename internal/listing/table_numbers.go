// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file decides which columns of a table with a heading count sockets.

// index is what a first column of numbers is.
type index uint8

const (
	indexUnseen index = iota // no row was read
	indexRows                // the number of the row, from nought or one
	indexUneven              // the column numbered the rows at first and then no longer did
	indexNone
)

// counting finds the columns of counts among those with a name that is not known,
// and returns how many of their names are known by that. Columns of families are
// added up; where no column is called a count, the one that can be is it.
func (t *table) counting(c *cells) (known int) {
	if !t.states || c.ofRow() {
		return 0
	}
	families, counts, totals, at := uint32(0), 0, uint32(0), 0
	for i := range t.n {
		switch {
		case t.keyed>>i&1 == 1 && onlyFamily(c.at[i]):
			families |= 1 << i
		case t.at[i] == columnCount && t.keyed>>i&1 == 0, t.keyed>>i&1 == 1 && figureOf(c.at[i]) == figureCount:
			counts, at, totals = counts+1, i, totals|1<<i
		}
	}
	switch {
	case families&(families-1) != 0 && !t.has(columnCount) || families != 0 && counts == 1 && totals&families == 0:
		t.sums, t.totals = families, totals
		for i := range t.n {
			switch {
			case families>>i&1 == 1:
				t.at[i] = columnCount
			case totals>>i&1 == 1 && t.at[i] == columnCount:
				t.at[i] = columnOther
			}
		}
	case counts == 1 && t.keyed>>at&1 == 1:
		t.at[at], families = columnCount, 1<<at
	default:
		return 0
	}
	for i := range t.n {
		if (families|totals)&t.keyed&(1<<i) != 0 {
			t.keyed &^= 1 << i
			known++
		}
	}
	return known
}

// besideStates reports whether a heading has a column of states and others of which it
// is not known that they count sockets, so that a number below one of those is not a count.
// Between blanks the second word must be one that stands above numbers: else it may be
// a title.
func (t *table) besideStates(c *cells) bool {
	if t.count(columnState) != 1 || c.n != t.n || c.ofRow() {
		return false
	}
	for i := range t.n {
		w := c.at[i]
		_, isState := stateWord(w)
		switch {
		case t.at[i] == columnState:
		case len(w) == 0 || isState || mentioned(w) || w[len(w)-1] == ':' || t.at[i] == columnCount:
			return false
		case t.mark == 0 && (t.n != 2 || i == 0 || figureOf(w) == figureOpen && !countsOthers(w)):
			return false
		}
	}
	return true
}

// countsOthers reports whether w names what is counted in its place, and is not a socket.
func countsOthers(w []byte) bool {
	var lower [16]byte
	switch string(folded(lower[:0], w)) {
	case "hosts", "servers", "machines", "nodes", "clients", "users", "ports", "processes", "threads", "pods", "containers", "addresses", "ips", "usage", "sla", "vlan":
		return true
	default:
		return false
	}
}

// numbered reports whether a row has a state in its column, and one number in another.
func (t *table) numbered(c *cells) bool {
	state, numbers := false, 0
	for i := range min(t.n, c.n) {
		if t.at[i] == columnState {
			_, state = stateWord(c.at[i])
		} else if isFigure(c.at[i]) {
			numbers++
		}
	}
	return c.n == t.n && state && numbers == 1
}

// onlyFamily reports whether a heading is a family, or TCP over one, and nothing
// else but words that change nothing.
func onlyFamily(name []byte) bool {
	family := false
	for w := range bytes.FieldsFuncSeq(name, betweenLetters) {
		if isFamily(w) {
			family = true
		} else if c, _ := columnOf(w); c != columnCount && !isFiller(w) {
			return false
		}
	}
	return family
}

// number returns how many sockets a row counts: the number in its column of
// counts, or the sum of those of families.
func (t *table) number(c *cells) (n uint64, note notation, ok bool) {
	for i := range min(t.n, c.n) {
		if t.at[i] != columnCount {
			continue
		}
		number, how, size := readNumberOf(c.at[i])
		if size == 0 && (t.sums == 0 || len(bytes.Trim(c.at[i], "-")) > 0) {
			return 0, 0, false
		}
		if t.sums == 0 {
			n = 0
		}
		n, note, ok = n+number, max(note, how), true
	}
	return n, note, ok
}

// statistic reports whether a cell of a row of counts says that it is one of what the
// other rows count: their mean, their bound.
func (t *table) statistic(c *cells) bool {
	for i := range min(t.n, c.n) {
		if t.at[i] == columnOther && isStatistic(c.at[i]) {
			return true
		}
	}
	return false
}

// addsUp reports whether the totals in a row are the sum of its counts.
func (t *table) addsUp(c *cells, sum uint64) bool {
	for i := range min(t.n, c.n) {
		if n, _, size := readNumberOf(c.at[i]); t.sums != 0 && t.totals>>i&1 == 1 && size > 0 && n != sum {
			return false
		}
	}
	return true
}

// indexes reports whether the column of counts numbers the rows: it is the first,
// has a name that such a column has too, and goes on by one.
func (t *table) indexes(c *cells) bool {
	n, _, size := readNumberOf(c.at[0])
	if t.at[0] != columnCount || size == 0 || t.nth == indexNone {
		return false
	}
	if t.nth == indexUnseen {
		t.nth = indexNone
		var names cells
		names.split(t.names, t.mark)
		if n <= 1 && numbersRows(string(names.at[0])) {
			t.nth = indexRows
		}
		t.before = n
		return t.nth == indexRows
	}
	if n != t.before+1 {
		t.nth = indexUneven
	}
	t.before = n
	return true
}

// figures notes of which columns it is known that a number in them counts no sockets.
func (t *table) figures(heading []byte, names *cells) {
	single := t.tellsApart(names)
	for i := range t.n {
		of := figureSocket
		if t.keyed>>i&1 == 1 || t.at[i] == columnCount || t.at[i] == columnShare {
			of = figureOf(names.at[i])
		}
		if of == figureSocket && (single || identifies(t.at[i], names.at[i]) || t.at[i] == columnProtocol || t.at[i] == columnState) {
			t.fine |= 1 << i
		}
	}
	if t.fine+1 != 1<<t.n {
		t.names = bytes.Clone(heading)
	}
}

// doubtful returns the name of a column that has a number in this row of which it
// is not known that it is one of a socket; nil if there is none, or it was reported.
func (t *table) doubtful(c *cells) []byte {
	if t.told || t.names == nil {
		return nil
	}
	at := -1
	if t.mark == 0 && c.n != t.n {
		at = t.beyond(c)
	} else {
		for i := range t.n {
			fine := t.fine>>i&1 == 1 || t.at[i] == columnCount && t.nth == indexRows && t.single()
			if at < 0 && !fine && i < c.n && isFigure(c.at[i]) {
				at = i
			}
		}
	}
	if at < 0 {
		return nil
	}
	t.told = true
	var names cells
	names.split(t.names, t.mark)
	return names.at[at]
}

// beyond is doubtful for a row of which it is not known what cell is below which
// heading: it has more numbers than there are headings of numbers of one socket.
func (t *table) beyond(c *cells) (at int) {
	numbers := 0
	for i := range min(c.n, len(c.at)) {
		if isFigure(c.at[i]) {
			numbers++
		}
	}
	at = -1
	for i := range t.n {
		switch {
		case t.fine>>i&1 == 1 && t.at[i] != columnProtocol && t.at[i] != columnState:
			numbers--
		case at < 0 && t.at[i] == columnOther:
			at = i
		}
	}
	if numbers <= 0 {
		return -1
	}
	return at
}

// single reports whether a row has both of its ends.
func (t *table) single() bool {
	return (t.has(columnLocal) || t.has(columnLocalPort)) && (t.has(columnRemote) || t.has(columnRemotePort))
}

// tellsApart reports whether a row has what one socket alone has: both of its
// ends, a process, or a number such as that of its inode.
func (t *table) tellsApart(names *cells) bool {
	if t.single() || t.has(columnPID) {
		return true
	}
	for i := range min(t.n, names.n) {
		if t.at[i] == columnOther && identifies(columnOther, names.at[i]) {
			return true
		}
	}
	return false
}

// isFigure reports whether a cell is a number, or a share.
func isFigure(w []byte) bool {
	_, _, size := readNumberOf(w)
	return size > 0 || isShare(w)
}

// belongs reports whether a line that begins with the name of a protocol is a row
// below the heading of a table: its cells are as many, and the state stands where it
// should.
func (l *line) belongs(ctx *context) bool {
	t := &ctx.table
	if t.n == 0 || !t.states || !isTCP(l.at[0]) && !isTCPv6(l.at[0]) || t.mark == 0 && l.n != t.n || t.mark != 0 && bytes.IndexByte(l.line, t.mark) < 0 {
		return false
	}
	var c cells
	c.split(l.line, t.mark)
	for i := range t.n {
		_, isState := stateWord(c.at[i])
		if c.n != t.n || t.at[i] == columnState && !isState {
			return false
		}
	}
	return true
}

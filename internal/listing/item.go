// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// An item is what the lines of one socket have told so far, where every value
// has a line of its own: Get-NetTCPConnection | Format-List. Values longer than
// any address are cut.
type item struct {
	text [columns][48]byte
	size [columns]int

	state     tcp.State // state of a group whose number was not read yet
	number    uint64    // number of a group whose state was not read yet
	note      notation
	has       [2]bool   // a state, or a number, waits for its other half
	group     bool      // the item names what was counted, which is not a state
	socket    bool      // the item was read as one socket
	keyed     bool      // the item is in a YAML list
	rows      bool      // the item follows a line of stars, as MySQL prints
	marked    bool      // something in the item identifies one socket
	figure    bool      // the item has a number that does not identify a socket
	paired    bool      // the item was counted
	alone     tcp.State // the state of a row of which nothing else was read yet; 0 if there is none
	unpaired  uint64    // number of states and numbers that had no other half
	stateless told      // items with addresses and no state, whose lines are unknown
}

// ends begins a new item; what waits for the rest of the last one is lost.
func (t *item) ends() {
	if t.has[0] || t.has[1] {
		t.unpaired++
	}
	if !t.socket && t.addressed() {
		if _, ok := foreignCell(t.value(columnProtocol)); !ok {
			t.stateless.add(0, t.value(columnLocal))
		}
	}
	*t = item{unpaired: t.unpaired, stateless: t.stateless}
}

// value returns what was kept of a column.
func (t *item) value(c column) []byte { return t.text[c][:t.size[c]] }

// addressed reports whether the item is a socket by its addresses.
func (t *item) addressed() bool {
	return isAddress(t.value(columnLocal)) || isAddress(t.value(columnRemote))
}

// set keeps a value.
func (t *item) set(c column, value []byte) { t.size[c] = copy(t.text[c][:], value) }

// readItem reads "Name : value". The line with the state is the row; what
// Format-List prints below it is not in the row.
func (l *line) readItem(ctx *context) bool {
	b := withoutPrefix(l.line)
	name, value, ok := bytes.Cut(b, []byte(" : "))
	if !ok && bytes.Count(b, []byte(" = ")) == 1 { // output of sqlite3 -line, or TOML
		name, value, _ = bytes.Cut(b, []byte(" = "))
		value = bytes.Trim(value, ` "'`)
		c := countColumn(bytes.TrimSpace(name))
		ok = c == columnState || c == columnCount && (ctx.item.alone != 0 || ctx.item.has[0]) || isName(bytes.TrimSpace(name))
		if !ok {
			return false
		}
	}
	if !ok {
		name, ok = bytes.CutSuffix(bytes.TrimRight(b, " "), []byte(" :"))
		value = nil
	}
	name, value = bytes.TrimSpace(name), bytes.TrimSpace(value)
	c, known := columnOf(name)
	if !ok || bytes.IndexByte(name, ' ') >= 0 || bytes.Contains(value, []byte(" : ")) {
		return false // the last items are several lines whose line ends were lost
	}
	if !known && !isName(name) {
		return l.readGroup(ctx, name, value, c)
	}
	return l.readNamed(ctx, name, value, c)
}

// readNamed reads the value of the column c.
func (l *line) readNamed(ctx *context, name, value []byte, c column) bool {
	if l.readGroup(ctx, name, value, c) {
		return true
	}
	t := &ctx.item
	if c != columnState {
		if (c == columnLocal || c == columnLocalPort) && t.size[c] > 0 {
			t.ends() // nothing stands between this item and the previous one
		}
		t.marked = t.marked || identifies(c, name)
		t.set(c, value)
		l.known = true
		ctx.started = PowerShell
		return true
	}
	if other, ok := foreignCell(t.value(columnProtocol)); ok {
		l.class, t.socket = other, true
		return true
	}
	s, ok := stateWord(value)
	if !ok {
		l.broke(PowerShell, problem.LineState)
		l.word, t.socket = value, true
		return true
	}
	if t.figure && !t.marked {
		t.socket, t.figure = true, false
		l.broke(PowerShell, problem.LineNoCount)
		return true
	}
	for c := range l.cell {
		l.cell[c] = ctx.item.text[c][:ctx.item.size[c]]
	}
	t.alone = 0
	if t.size == [columns]int{} && !t.marked {
		t.alone = s.Reported() // a number may follow
	}
	ctx.item.size, ctx.item.socket = [columns]int{}, true
	l.found(PowerShell, s, 0)
	l.tabled, l.itemized = true, true
	return true
}

// readGroup reads a line of a group and its number: Group-Object | Format-List
// prints "Name : TimeWait" and "Count : 7", in the order that was asked for.
func (l *line) readGroup(ctx *context, name, value []byte, c column) bool {
	t := &ctx.item
	n, note, size := readNumberOf(value)
	s, isState := stateWord(value)
	named := isName(name)
	if size > 0 && c == columnOther {
		c = countColumn(name)
	}
	if c == columnCount && size > 0 && t.alone != 0 {
		l.counts(pair{t.alone, n, note})
		t.alone, l.retracts = 0, true
		return true
	}
	if c != columnCount && (size > 0 || isShare(value)) {
		if identifies(c, name) {
			t.marked = true
		} else if !t.marked && t.socket {
			l.broke(ctx.started, problem.LineNoCount)
			return true
		} else {
			t.figure = true
		}
	}
	switch {
	case named && isState, c == columnState && isState && t.has[1]:
		if t.has[0] {
			t.ends()
		}
		t.state, t.has[0] = s.Reported(), true
	case named && t.has[1]:
		t.has[1] = false // the number belongs to something else
		l.broke(ctx.started, problem.LineState)
		l.word = value
		return true
	case named:
		t.group = true
		return false
	case size > 0 && c == columnCount && (t.socket || t.group), size > 0 && c == columnOther && t.has[0] && !isKnown(name):
		t.has[0] = false
		l.broke(ctx.started, problem.LineNoCount)
		return true
	case size > 0 && c == columnCount:
		if t.has[1] {
			t.ends()
		}
		t.number, t.note, t.has[1] = n, note, true
	default:
		return false
	}
	l.known = true
	l.paired(t)
	return true
}

// readKeyed reads "state: TIME_WAIT" and "count: 7" below each other, in either
// order: a list of YAML, whose items begin with a dash, and rows that MySQL
// prints with \\G, with a line of stars before each.
func (l *line) readKeyed(ctx *context) bool {
	t, b := &ctx.item, bytes.TrimSpace(l.line)
	if bytes.HasPrefix(b, []byte("-[ RECORD ")) { // output of psql
		t.ends()
		t.rows, l.known = true, true
		return true
	}
	if bytes.HasPrefix(b, []byte("*****")) {
		t.ends()
		t.rows, l.known = true, bytes.HasSuffix(bytes.TrimRight(b, "* "), []byte(". row"))
		return l.known
	}
	b, dash := bytes.CutPrefix(b, []byte("- "))
	name, value, ok := bytes.Cut(b, []byte(": "))
	if !ok && t.rows {
		name, value, ok = bytes.Cut(b, []byte("| "))
		name = bytes.TrimRight(name, " ")
	}
	value = bytes.Trim(value, " \"',")
	if !ok || bytes.IndexByte(name, ' ') >= 0 || bytes.IndexByte(value, ' ') >= 0 {
		return false
	}
	c := countColumn(name)
	n, note, size := readNumberOf(value)
	s, isState := stateWord(value)
	if dash {
		t.ends()
		t.keyed = true
	}
	switch {
	case !t.rows && !t.keyed:
		return false
	case isState && (c == columnState || isName(name)):
		if t.has[0] {
			t.ends()
			t.keyed = true
		}
		t.state, t.has[0] = s.Reported(), true
	case c == columnCount && size > 0:
		t.number, t.note, t.has[1] = n, note, true
	case c == columnProtocol && t.paired && isForeign(string(value)):
		l.broke(StateCounts, problem.LineProtocol) // sockets of this protocol were counted
		return true
	case c != columnState && c != columnCount && figureOf(name) == figureSocket && !isName(name):
		t.set(c, value) // the value names the protocol
	default:
		return false
	}
	l.known = true
	l.paired(t)
	return true
}

// paired makes the line a count when the item has a state and a number.
func (l *line) paired(t *item) {
	if !t.has[0] || !t.has[1] {
		return
	}
	l.counts(pair{t.state, t.number, t.note})
	if c, ok := foreignCell(t.value(columnProtocol)); ok {
		l.class, l.pairs = c, 0
	}
	l.known, t.paired = false, true
	t.has = [2]bool{}
}

// countColumn is columnOf, for a number beside a state: what it stands under can be
// a word that elsewhere means something else.
func countColumn(name []byte) column {
	c, known := columnOf(name)
	if known {
		return c
	}
	if countsByName(name) {
		return columnCount
	}
	return columnOther
}

// identifies reports whether a value of column c, which is called name, tells one
// socket from the next: a record with a state and a number that does not is no
// socket, but how many there are, or a share or an age of them.
func identifies(c column, name []byte) bool {
	switch c {
	case columnLocal, columnLocalPort, columnRemote, columnRemotePort, columnPID:
		return true
	case columnOther:
	default:
		return false
	}
	switch string(bytes.ToLower(name)) {
	case "age", "expires", "retrans", "backlog", "values", "unit", "kind", "status", "name", "group", "index", "description", "caption":
		return false
	default:
		return isKnown(name)
	}
}

// isName reports whether name is what groups are called by.
func isName(name []byte) bool {
	return bytes.EqualFold(name, []byte("name")) || bytes.EqualFold(name, []byte("status")) || bytes.EqualFold(name, []byte("channel")) // PRTG says channel
}

// isKnown reports whether name is that of a column.
func isKnown(name []byte) bool {
	_, ok := columnOf(name)
	return ok
}

// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// column is what a column of a table with a heading holds.
type column uint8

const (
	columnOther column = iota
	columnState
	columnLocal
	columnLocalPort
	columnRemote
	columnRemotePort
	columnPID
	columnProtocol
	columnCount
	columnShare

	columns = iota
)

// A table is the heading of a table that is not of one of the tools: of
// PowerShell with columns of one's choice, CSV, markdown, this program's own
// list.
type table struct {
	at     [maxFields]column
	n      int
	glued  int    // number of colons before the first cell, in text that is attached to it
	mark   byte   // between columns; 0 for blanks
	states bool   // there is a column of states
	keyed  uint32 // the columns with a name that is not known, as bits
	units  uint32 // bit set: columns of units
	sums   uint32 // bit set: columns of address families, whose counts are added
	totals uint32 // bit set: columns that must be the sum of those
	names  []byte // the heading, if it has a column whose numbers may count sockets
	fine   uint32 // bit set: columns whose numbers do not count sockets
	told   bool   // another column was reported
	nth    index  // state of a first column that numbers the rows or counts
	before uint64 // its value in the previous row
	named  uint32 // bit set: columns with names of machines and programs
	open   uint32 // bit set: columns that may have such names
	protos uint32 // bit set: those columns that had the name of a protocol in a row
	words  uint32 // bit set: those columns that had another word in a row
	unsure bool   // only the column of states is known, and a row has a number in another one

	foreign class // the protocol of the table, if it is not TCP; else blank
}

// columnOf tells what a column is from its name in any spelling.
func columnOf(name []byte) (c column, ok bool) {
	var folded [24]byte
	n := 0
	for _, b := range name {
		switch {
		case 'A' <= b && b <= 'Z':
			b += 'a' - 'A'
		case b == ' ' || b == '_' || b == '-' || b == '"' || b == '\'' || b == '(' || b == ')' || b == ':' || b == '*' || b == '.':
			continue
		}
		if n == len(folded) {
			return columnOther, false
		}
		folded[n] = b
		n++
	}
	switch string(folded[:n]) {
	case "state", "tcpstate", "connectionstate", "connstate", "状态", "状態", "狀態", "连接状态", "상태", "etat", "état", "État", "zustand", "estado", "stato", "stav", "stan", "tila", "tilstand", "tillstånd", "toestand", "durum", "состояние", "Состояние", "стан", "trạngthái":
		return columnState, true
	case "localaddress", "local", "localip", "localaddr", "laddr", "localaddressport", "localendpoint":
		return columnLocal, true
	case "localport", "sport", "lport", "port", "端口", "本地端口", "埠", "ポート", "포트", "puerto", "porta", "poort", "порт", "Порт":
		return columnLocalPort, true
	case "remoteaddress", "foreignaddress", "peeraddress", "remote", "remoteip", "remoteaddr", "raddr", "peer", "foreign", "remoteendpoint", "peeraddressport":
		return columnRemote, true
	case "remoteport", "dport", "rport", "foreignport":
		return columnRemotePort, true
	case "owningprocess", "pid", "processid":
		return columnPID, true
	case "proto", "protocol", "netid", "transport", "transportprotocol", "l4", "l4proto", "layer4", "ipproto", "protocolname", "协议", "協議", "協定", "プロトコル", "프로토콜", "protocolo", "protokoll", "protocole", "protocollo", "protokol", "протокол", "Протокол":
		return columnProtocol, true
	case "count", "counts", "cnt", "doccount", "connections", "conns", "sockets", "connectioncount", "countofconnections", "数量", "数目", "个数", "连接数", "數量", "連接數":
		return columnCount, true
	case "share", "占比", "percent", "%":
		return columnShare, true
	case "fd", "id", "ppid", "tid", "line", "lineno", "no", "nr", "index", "recvq", "sendq", "appliedsetting", "creationtime", "offloadstate", "process", "processname", "name", "uid", "inode", "timer", "unit",
		"container", "cgroup", "netns", "cookie", "caption", "description", "elementname", "instanceid", "communicationstatus", "detailedstatus",
		"healthstatus", "installdate", "operatingstatus", "operationalstatus", "primarystatus", "status", "statusdescriptions", "availablerequestedstates",
		"enableddefault", "enabledstate", "otherenabledstate", "requestedstate", "timeoflaststatechange", "transitioningtostate", "aggregationbehavior",
		"directionality", "values", "group", "pscomputername", "cimclass", "ciminstanceproperties", "cimsystemproperties", "pidprogramname", "user", "kind", "age", "expires", "retrans", "backlog":
		return columnOther, true
	default:
		return portColumn(name)
	}
}

// portColumn knows the headings of ports of more than one word, in any order: Lokaler
// Port, Puerto remoto, Server Port.
func portColumn(name []byte) (c column, ok bool) {
	port, local, remote := false, false, false
	for w := range bytes.FieldsFuncSeq(name, betweenLetters) {
		var lower [24]byte
		switch string(folded(lower[:0], w)) {
		case "port", "puerto", "porta", "porte", "poort", "portu", "\u043f\u043e\u0440\u0442":
			port = true
		case "local", "lokaler", "lokale", "lokal", "locale", "yerel", "server", "listen", "listening", "source", "src", "service", "\u043b\u043e\u043a\u0430\u043b\u044c\u043d\u044b\u0439":
			local = true
		case "remote", "peer", "foreign", "client", "distant", "remoto", "remota", "remoter", "entfernter", "destination", "dest", "dst", "target", "uzak", "extern", "\u0443\u0434\u0430\u043b\u0451\u043d\u043d\u044b\u0439", "\u0443\u0434\u0430\u043b\u0435\u043d\u043d\u044b\u0439":
			remote = true
		default:
			return columnOther, false
		}
	}
	switch {
	case !port || local == remote:
		return columnOther, false
	case local:
		return columnLocalPort, true
	default:
		return columnRemotePort, true
	}
}

// readTable recognises the heading of a table: every column is known, or more
// than one and a state among them.
func (l *line) readTable(ctx *context) bool {
	if bytes.HasPrefix(l.line, []byte("||")) { // the heading of a table of Jira
		l.split(bytes.ReplaceAll(l.line, []byte("||"), []byte("|")))
	}
	mark := markOf(l.line)
	var t table
	t.mark = mark
	var cells cells
	cells.split(l.line, mark)
	if cells.n < 2 {
		return false
	}
	t.glued = cells.glued()
	cells.unglue(t.glued)
	known, kinds := t.name(&cells)
	if kinds == 0 && cells.ofRow() {
		return false // as all rows of ss do, before what costs more
	}
	if mark == 0 && cells.entitle() {
		return false
	}
	if sign(l.line) != signNone || mark == 0 && bytes.Contains(l.line, []byte("Recv-Q")) && bytes.Contains(l.line, []byte("Send-Q")) {
		return false // the second is the heading of a tool, after something else
	}
	if mark != 0 && cells.headed() {
		l.broke(Table, problem.LineRowsBehind)
		l.known = true // whatever a second look makes of it
		return true
	}
	if cells.n > maxFields {
		return false
	}
	known += t.labels(&cells)
	more, done := t.others(l, &cells, ctx)
	if done {
		return true
	}
	more += t.counting(&cells)
	if known += more; more > 0 && t.has(columnCount) {
		kinds = max(kinds, 2)
	}
	if n := t.count(columnState); n > 1 && (mark != 0 || known == t.n) {
		return l.severalStates(ctx, n == t.count(columnCount))
	}
	addressed := t.has(columnLocal) || t.has(columnLocalPort) || t.has(columnRemote)
	switch {
	case t.states && readMeasure(&t, &cells) && (t.n == 2 || measures(l.line)):
		ctx.measured, ctx.table = true, table{}
		return l.title(ctx.started)
	case t.states && kinds >= 2 && known >= 2 && known*2 > t.n:
	case addressed && known == t.n && kinds >= 2:
	case !ctx.item.rows && !ctx.item.keyed && t.besideStates(&cells):
		t.unsure = true
	default:
		return false
	}
	t.figures(l.line, &cells)
	t.nameColumns(&cells)
	ctx.table, ctx.measured = t, false
	if t.has(columnCount) {
		l.stray = t.strayColumn(&cells)
	}
	f := Table
	if mark == 0 && bytes.Contains(l.line, []byte("LocalPort")) || mark == 0 && bytes.Contains(l.line, []byte("OwningProcess")) {
		f = PowerShell
	}
	if t.has(columnCount) {
		f = StateCounts
	}
	return l.head(f)
}

// name takes the names of the columns from c, as many as there is room for. known
// is how many of them are those of a column, kinds of one that matters here.
func (t *table) name(c *cells) (known, kinds int) {
	t.n = min(c.n, maxFields)
	for i := range t.n {
		of, ok := columnOf(c.at[i])
		if ok {
			known++
		} else {
			t.keyed |= 1 << i
		}
		if bytes.EqualFold(c.at[i], []byte("unit")) {
			t.units |= 1 << i
		}
		if of != columnOther {
			kinds++
		}
		t.at[i] = of
		t.states = t.states || of == columnState
	}
	return known, kinds
}

// nameColumns notes which columns hold names of machines and programs.
func (t *table) nameColumns(c *cells) {
	for i := range t.n {
		switch {
		case t.at[i] != columnOther:
		case holdsNames(c.at[i]):
			t.named |= 1 << i
		case !holdsProtocols(string(c.at[i])):
			t.open |= 1 << i
		}
	}
}

// labels returns how many columns of a name that is not known say when or where the
// row was taken, and nothing of its number.
func (t *table) labels(c *cells) (n int) {
	for i := range t.n {
		if t.keyed>>i&1 == 1 && (isLabelName(c.at[i]) || isTimeKey(string(c.at[i]))) {
			n++
		}
	}
	return n
}

// entitle reports whether the words are those of a title: connections by state.
func (c *cells) entitle() bool {
	for i := 1; i+1 < c.n; i++ {
		if isBy(c.at[i]) {
			return true
		}
	}
	return false
}

// isBy reports whether w stands in a title before what the numbers are counted by.
func isBy(w []byte) bool {
	var lower [16]byte
	switch string(folded(lower[:0], w)) {
	case "by", "nach", "par", "por", "secondo", "по", "za", "wg", "według":
		return true
	default:
		return false
	}
}

// ofRow reports whether a cell is one that only a row has, and no heading.
func (c *cells) ofRow() bool {
	for i := range c.n {
		if len(c.at[i]) > 32 || isNumber(c.at[i]) || bytes.IndexByte(c.at[i], '=') >= 0 {
			return true
		}
	}
	return false
}

// severalStates reads a heading with more than one column of states: pairs of a
// state and its number beside each other are read as lines of counts are; in
// another table it is not known which state is the row's.
func (l *line) severalStates(ctx *context, paired bool) bool {
	ctx.table, ctx.measured = table{}, false
	if paired {
		return l.title(StateCounts)
	}
	l.broke(Table, problem.LineStateColumns)
	l.known = true
	return true
}

// count returns how many columns of c there are.
func (t *table) count(c column) (n int) {
	for i := range t.n {
		if t.at[i] == c {
			n++
		}
	}
	return n
}

// headed reports whether cells of a heading have values after them: the line
// ends between a heading and its rows were lost.
func (c *cells) headed() bool {
	names, states, values := 0, false, 0
	for i := range c.n {
		of, ok := columnOf(c.at[i])
		_, isState := stateWord(c.at[i])
		switch {
		case ok && of != columnOther:
			names, states = names+1, states || of == columnState
		case isState || isNumber(c.at[i]) || isAddress(c.at[i]):
			values++
		}
	}
	return states && names >= 3 && values >= 2
}

// readMeasure reports whether a heading of states has beside them a column of
// something else than sockets, so that its numbers are no counts: State Timeout.
func readMeasure(t *table, c *cells) bool {
	other := false
	for i := range t.n {
		switch {
		case t.at[i] == columnShare:
			other = true
		case t.at[i] == columnState:
		case t.at[i] != columnOther || isFiller(c.at[i]) || hasDigit(c.at[i]):
			return false
		case measures(c.at[i]) || isStatisticWord(c.at[i]) || ofOthers(c.at[i]) || isKnown(c.at[i]):
			other = true
		default:
			return false
		}
	}
	return other
}

func (t *table) has(c column) bool {
	for i := range t.n {
		if t.at[i] == c {
			return true
		}
	}
	return false
}

// markOf returns what stands between the columns of a line, 0 for blanks.
func markOf(b []byte) byte {
	for _, mark := range [...]byte{'|', ';', ',', '\t'} {
		n := bytes.Count(b, []byte{mark})
		if n >= 1 && (mark != '\t' || tabbed(bytes.TrimSpace(b))) {
			return mark
		}
	}
	return 0
}

// tabbed reports whether the tabs of a line stand between columns, and its blanks
// within them.
func tabbed(b []byte) bool {
	for _, run := range [...]string{"  ", " \t", "\t "} {
		if bytes.Contains(b, []byte(run)) {
			return false
		}
	}
	return true
}

// cells are the columns of one line.
type cells struct {
	at [maxFields + 1][]byte
	n  int
}

// split cuts b at mark, or at blanks when mark is 0; quotation marks around a
// cell go, and so do the bars at the ends of a markdown row.
func (c *cells) split(b []byte, mark byte) {
	c.n = 0
	b = bytes.TrimSpace(b)
	if mark == '|' {
		b = bytes.Trim(b, "|")
	}
	for len(b) > 0 && c.n < len(c.at) {
		var cell []byte
		switch {
		case mark == 0:
			cell, b = nextWord(b)
			b = bytes.TrimLeft(b, " \t")
		case b[0] == '"':
			cell, b = quotedCell(b, mark)
		default:
			i := bytes.IndexByte(b, mark)
			if i < 0 {
				i = len(b)
			}
			cell, b = b[:i], b[min(i+1, len(b)):]
			if mark != '|' {
				break
			}
			b = bytes.TrimLeft(b, " ")
		}
		c.at[c.n] = strong(bytes.Trim(cell, " \t\"`'"))
		c.n++
	}
}

// strong takes off what makes a cell bold in markdown.
func strong(cell []byte) []byte {
	if in, ok := bytes.CutPrefix(cell, []byte("**")); ok && bytes.HasSuffix(in, []byte("**")) {
		return bytes.TrimSpace(bytes.Trim(in, "*"))
	}
	return cell
}

// quotedCell cuts the cell that begins with a quotation mark (RFC 4180).
func quotedCell(b []byte, mark byte) (cell, rest []byte) {
	end := bytes.Index(b[1:], []byte{'"', mark})
	if end < 0 {
		return b, nil
	}
	return b[1 : 1+end], b[end+3:]
}

// readTableRow reads a line below the heading of a table.
func (l *line) readTableRow(ctx *context) bool {
	t := &ctx.table
	if t.n == 0 || (l.line[0] == '-' || l.line[0] == '=') && isRule(l.line) {
		return false
	}
	var c cells
	c.split(l.line, t.mark)
	c.unglue(t.glued)
	if t.mark != 0 && c.n == 1 || c.n == 0 {
		return false
	}
	t.unnumber(&c)
	if t.mark == '|' && len(bytes.Trim(l.line, "|-: ")) == 0 {
		return l.title(ctx.started)
	}
	if !t.states {
		if isAddress(c.at[0]) || isNumber(c.at[0]) {
			l.broke(ctx.started, problem.LineStateColumn)
			return true
		}
		return false
	}
	other, ok := t.foreignIn(&c)
	l.mixed = t.protos&t.words != 0
	if ok && l.mixed {
		l.broke(ctx.started, problem.LineProtocol)
		return true
	} else if ok {
		l.class = other
		return true
	}
	if t.unsure && !t.numbered(&c) {
		return false
	}
	at, ok := t.stateAt(&c)
	if !ok {
		return t.broken(l, &c, ctx)
	}
	if t.tooMany(&c) || t.tooFew(&c, l.line) || t.mark == 0 && c.n < t.n && t.has(columnCount) {
		l.broke(ctx.started, problem.LineColumns)
		return true
	}
	s, _ := stateWord(c.at[at])
	return t.take(l, &c, s, ctx)
}

// foreignIn finds the protocol of a row when that is not TCP: in its own column, or
// in one whose name tells nothing.
func (t *table) foreignIn(c *cells) (other class, ok bool) {
	for i := range min(t.n, c.n) {
		switch t.at[i] {
		case columnProtocol:
			other, ok = foreignCell(c.at[i])
		case columnOther:
			if t.named>>i&1 == 1 {
				continue
			}
			if other, ok = foreignWord(c.at[i]); !ok {
				other, ok = foreignKind(c.at[i])
			}
			if last := bytes.LastIndexByte(c.at[i], ':'); !ok && i == 0 && last > 0 {
				other, ok = foreignWord(c.at[i][last+1:])
			}
			t.watches(i, c.at[i], ok)
		case columnLocal, columnRemote, columnLocalPort, columnRemotePort:
			other, ok = protocolOfEnd(c.at[i])
		default:
			continue
		}
		if ok {
			return other, true
		}
	}
	return 0, false
}

// protocolOfEnd finds the protocol that an address or a port has with it when that is
// not TCP: 10.9.8.7:53/udp, 53/udp, udp://10.9.8.7:53.
func protocolOfEnd(end []byte) (class, bool) {
	if scheme, _, ok := bytes.Cut(end, []byte("://")); ok {
		return foreignWord(scheme)
	}
	i := bytes.LastIndexByte(end, '/')
	if i < 1 {
		return blank, false
	}
	return foreignWord(end[i+1:])
}

// watches notes whether an open column has the names of protocols or other words. One
// that has both holds names.
func (t *table) watches(i int, cell []byte, foreign bool) {
	switch {
	case t.open>>i&1 == 0:
	case foreign:
		t.protos |= 1 << i
	case len(cell) > 1 && lettersIn(cell) > 1 && !namesTCP(cell):
		t.words |= 1 << i
	}
}

// unnumber takes the number of the row off, which pandas prints before the cells
// and has no heading for.
func (t *table) unnumber(c *cells) {
	if t.mark != 0 || c.n != t.n+1 || !isNumber(c.at[0]) || !t.has(columnCount) {
		return
	}
	for i := range t.n {
		_, isState := stateWord(c.at[i+1])
		if t.at[i] == columnState && !isState || t.at[i] == columnCount && !isNumber(c.at[i+1]) {
			return
		}
	}
	copy(c.at[:], c.at[1:c.n])
	c.n--
}

// tooMany reports whether a line has more than one row in it. Between blanks a
// cell can have several words.
func (t *table) tooMany(c *cells) bool {
	if t.mark != 0 {
		return c.n > t.n
	}
	for i := t.n; i < c.n; i++ {
		if _, ok := stateWord(c.at[i]); ok {
			return true
		}
	}
	return false
}

// tooFew reports whether a row of values with a mark between them lacks some.
func (t *table) tooFew(c *cells, line []byte) bool {
	if t.mark == 0 || t.mark == '|' || c.n >= t.n {
		return false
	}
	return c.n < t.n-1 || line[len(line)-1] != t.mark
}

// stateAt finds the cell with the state: in its column, or, when cells are
// missing, the one word that is a state.
func (t *table) stateAt(c *cells) (at int, ok bool) {
	for i := range t.n {
		if t.at[i] == columnState && i < c.n {
			if s, ok := stateWord(c.at[i]); ok {
				return i, s != tcp.Close || i+1 >= c.n || !isWait(c.at[i+1])
			}
		}
	}
	found := -1
	for i := range c.n {
		if _, ok := stateWord(c.at[i]); !ok {
			continue
		}
		if found >= 0 || c.n == t.n {
			return 0, false
		}
		found = i
	}
	return found, found >= 0
}

// broken reports a line below a heading that has no readable state.
func (t *table) broken(l *line, c *cells, ctx *context) bool {
	for i := range t.n {
		if t.at[i] != columnState || i >= c.n || c.n < t.n {
			continue
		}
		if isTotalCell(c.at[i]) && t.has(columnCount) {
			l.totalIn(t, c)
			return true
		}
		l.broke(ctx.started, problem.LineState)
		l.word = c.at[i]
		return true
	}
	return false
}

// sourceOf returns the first cell that names a machine or a time, nil when there
// is none: counts by program or by port add up, those of two machines do not.
func (t *table) sourceOf(c *cells) []byte {
	for i := range min(t.n, c.n) {
		if t.at[i] == columnOther && t.keyed>>i&1 == 1 {
			return c.at[i]
		}
	}
	return nil
}

// totalIn takes the sum at the foot of a table.
func (l *line) totalIn(t *table, c *cells) {
	for i := range min(t.n, c.n) {
		if n, _, size := readNumberOf(c.at[i]); t.at[i] == columnCount && size > 0 {
			l.total, l.known = n, true
		}
	}
}

// take makes the line a row or a count.
func (t *table) take(l *line, c *cells, s tcp.State, ctx *context) bool {
	l.cell = [columns][]byte{}
	for i := range min(t.n, c.n) {
		l.cell[t.at[i]] = c.at[i]
	}
	if p := l.cell[columnProtocol]; len(p) > 0 && !tcpCell(p) {
		l.broke(ctx.started, problem.LineProtocol)
		return true
	}
	if !t.has(columnCount) || t.indexes(c) {
		f := Table
		if ctx.started == PowerShell {
			f = PowerShell
		}
		if t.listsPorts(c) {
			l.broke(f, problem.LineUnclear)
			return true
		}
		l.found(f, s, 0)
		l.tabled = true
		l.figure = t.doubtful(c)
		return true
	}
	n, note, ok := t.number(c)
	if !ok {
		l.broke(StateCounts, problem.LineBadNumber)
		return true
	}
	if t.statistic(c) {
		l.broke(StateCounts, problem.LineUnclear)
		return true
	}
	l.source, l.celled = t.sourceOf(c), true
	l.counts(pair{s.Reported(), n, note})
	l.stray, l.missed = t.strayCell(c), !t.addsUp(c, n)
	return true
}

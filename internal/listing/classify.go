// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"cmp"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// class is what a line turned out to be.
type class uint8

const (
	blank      class = iota
	text             // no socket row
	header           // of a listing with TCP rows
	row              // a TCP socket
	count            // a state and how many
	broken           // a TCP row that cannot be read
	otherUDP         // rows of other protocols
	otherUnix        //
	otherRaw         //
	otherProto       //
)

// line is one line as it was read: its class, and what belongs to that class.
// It holds the fields of the line and is reused from line to line.
type line struct {
	fields
	class   class
	format  Format       // of row, count, header and broken
	state   tcp.State    // of row; never NewSynRecv
	kind    socket.Kind  // of row
	columns bool         // of header: it names the columns
	local   int          // the field with the local address, of row
	why     problem.Code // of broken
	word    []byte       // of broken: the word that is wrong; nil if no single word is
	cut     bool         // of broken: the row ends too early, or within its last word
	known   bool         // of text: known decoration

	pair     [maxPairs]pair  // of count
	pairs    int             //
	bare     bool            // of count: a state without a number, which is one socket
	wide     bool            // of header and count: the table has states as column headings
	source   []byte          // of count: the name of the machine or file that was counted
	byWord   bool            // of other protocols: a word before the row names the protocol, but a name may stand there too
	mixed    bool            // of a table row: the column of protocols has words that are not protocols
	namesake class           // of count: the other protocol whose name stands beside the count; else blank
	stray    []byte          // of count: an unknown word that may say what was counted
	vsock    bool            // of otherProto: a listener of ss --vsock, which omits the protocol
	stamp    []byte          // of count: the time stamp after the number of a metric
	narrow   bool            // a narrow or a no-break space stands between digits
	total    uint64          // of text: the total that a table states
	tabled   bool            // of row: its values are in cell
	figure   []byte          // of row: the heading above a number that may or may not count sockets
	itemized bool            // of row: the line has only a state; of count: it is an XML element
	celled   bool            // of count: its values are in cell
	missed   bool            // of count: it states a different total itself
	retracts bool            // of count: the row before it was only the state of this count
	cell     [columns][]byte // columns, if tabled or celled
	spelled  wording         // of count: how its states are written
}

// context is what earlier lines tell about later ones. It never changes what a
// complete TCP row is, only what to think of the others, and that is why
// fast.go does without it.
type context struct {
	started    Format    // format of the last heading or row; Unrecognised before the first
	noState    bool      // the last heading of ss has no State column
	netid      bool      // the last heading of ss has a column of protocols
	section    bool      // the last heading was not of TCP rows
	own        bool      // the last heading was that of this program's census
	bsd        bool      // netstat -s has begun its counts by state
	bsdBegins  bool      // it begins them in this line
	table      table     // the table of the last heading, if no known tool prints it
	wide       wideTable // the table of the last heading, if its columns are states
	extra      extra     // a column of numbers in the last heading that no known tool prints
	measured   bool      // the last heading says that the numbers are not counts
	item       item      // the lines of the current item, in PowerShell's Format-List
	asked      tcp.State // the only state that the last command asked ss for; 0 if there is none
	foreign    class     // the protocol that the last command asked ss for, if it is not TCP; else blank
	titled     class     // the protocol that the last title names, if it is not TCP; else blank
	titledSure bool      // that title says that sockets are counted
	of         signature // what the last command lists, if it is not a table of sockets; else signNone
}

// classify reads one line. raw may be changed in place.
func (l *line) classify(raw []byte, ctx *context) {
	raw = trimControls(raw)
	l.narrow = false
	if !plain(raw) {
		l.narrow = narrowBlank(raw)
		raw = clean(raw)
	}
	l.split(raw)
	l.reset()
	if l.n == 0 {
		l.class = blank
		ctx.item.ends()
		return
	}
	l.read(ctx)
	if l.class == count && (ctx.item.has[0] || ctx.item.has[1]) {
		ctx.item.ends() // the other half of what waits cannot come any more
	}
	if l.class == row && ctx.extra.name != nil {
		l.takeExtra(ctx)
	}
	if l.class == count && ctx.titled != blank && !ctx.titledSure && ctx.foreign == blank {
		l.mayBeOf(ctx.titled)
	} else if foreign := cmp.Or(ctx.foreign, ctx.titled, ctx.table.foreign); foreign != blank && (l.class == count || l.class == row && (l.format == SS && !isTCP(l.at[0]) || l.itemized && ctx.item.alone != 0)) {
		if l.class == count && l.cannotBeOf(foreign) {
			l.broke(StateCounts, problem.LineProtocol)
		} else {
			l.class = foreign
		}
	}
	if ctx.of != signNone && (l.class == count || l.class == broken && l.why == problem.LineUnclear) {
		l.broke(StateCounts, problem.LineNotSockets)
	}
	if l.class == row || l.class == header {
		ctx.started = l.format
	}
}

// reset forgets what the line before was.
func (l *line) reset() {
	l.class, l.format, l.state, l.kind = text, Unrecognised, 0, socket.KindUnknown
	l.spelled, l.figure = wording{}, nil
	l.namesake, l.byWord, l.mixed = blank, false, false
	l.word, l.cut, l.known, l.pairs, l.bare, l.tabled, l.total, l.wide, l.celled, l.source, l.stray, l.itemized, l.retracts, l.missed, l.vsock, l.stamp = nil, false, false, 0, false, false, 0, false, false, nil, nil, false, false, false, false, nil
}

// read tries the formats. The order matters only where noted.
func (l *line) read(ctx *context) {
	first := l.at[0]
	switch {
	case isIPVS(l.line), isTransition(l.line), isEventCount(l.line), isFlow(l.line): // text, see sign
	case l.readProc():
	case l.readStateCounts(ctx):
	case isTitle(l.line): // text, see look
	case l.belongs(ctx) && l.readTableRow(ctx):
	case ctx.wide.belongs(l) && l.readWideRow(ctx):
	case isTCP(first) || isTCPv6(first):
		l.readTCP(0, ctx)
	case l.n >= 3 && isTCP(l.at[1]) && len(first) >= 8 && isHex(first):
		l.readTCP(1, ctx) // BSD netstat -A: the address of the control block first
	case l.readHeader(ctx):
		l.extraColumn(ctx)
	case l.readMember(ctx):
	case l.readTable(ctx):
	case !l.namedFirst(ctx) && l.readOtherProtocol(0), l.n >= 3 && len(first) >= 8 && isHex(first) && l.readOtherProtocol(1):
	case !l.namedFirst(ctx) && l.readOtherCount():
	case l.readOwn(ctx):
	case l.readWideRow(ctx), l.readWide(ctx):
	case l.wholeSS() && l.readSS(0, ctx): // no heading changes how this row is read
	case ctx.table.n > 0 && ctx.table.states && l.readTableRow(ctx):
	case l.readKeyed(ctx):
	case l.readCount(ctx):
	case l.readPowerShell():
	case l.readTableRow(ctx):
	case l.readItem(ctx):
	case l.readSS(0, ctx):
	}
}

// isTCP reports whether w is tcp, tcp4, tcp6 or tcp46 in any case.
func isTCP(w []byte) bool {
	if len(w) < 3 || w[0]|0x20 != 't' || w[1]|0x20 != 'c' || w[2]|0x20 != 'p' {
		return false
	}
	switch string(w[3:]) {
	case "", "4", "6", "46":
		return true
	default:
		return false
	}
}

// isTCPv6 reports whether w is TCPv6, as Windows wrote it once and -p writes it.
func isTCPv6(w []byte) bool {
	return len(w) == 5 && (string(w[:3]) == "TCP" || string(w[:3]) == "tcp") && w[3]|0x20 == 'v' && (w[4] == '6' || w[4] == '4')
}

// readTCP reads a line whose field at names TCP. The next field tells whose
// line it is: a queue for Unix netstat, which writes tcp in lower case, a
// state for ss, an address for Windows. ss -s has a line "TCP 24 17 7".
func (l *line) readTCP(at int, ctx *context) {
	second := l.get(at + 1)
	if s, ok := stateWord(l.get(2)); ok && at == 0 && l.n == 3 && (ctx.started == Unrecognised || ctx.started == StateCounts) {
		if n, note, size := readNumberOf(second); size > 0 {
			l.counts(pair{s.Reported(), n, note}) // tcp 120 TIME_WAIT
			return
		}
	}
	if s, ok := stateWord(second); ok && l.n <= 3 && (ctx.started == Unrecognised || ctx.started == StateCounts) {
		if n, note, size := readNumberOf(l.get(2)); size > 0 {
			l.counts(pair{s.Reported(), n, note})
			return
		}
		if l.n == 2 {
			l.counts(pair{s.Reported(), 1, exact}) // awk '{print $1, $6}'
			l.bare = true
			return
		}
	}
	switch {
	case isNumber(second) && l.prose(at, ctx):
		l.class = text
	case isNumber(second):
		l.readUnixNetstat(at, ctx)
	case l.readSS(at+1, ctx):
	case looksLikeEndpoint(second):
		l.readWindows(at)
	case ctx.started == Unrecognised:
		l.class = text // prose before the listing that begins with "TCP"
	default:
		l.broke(ctx.started, problem.LineLikeRow)
	}
}

// prose reports whether a line such as "tcp 443 is open" comes before any row.
func (l *line) prose(at int, ctx *context) bool {
	third := l.get(at + 2)
	if l.at[at][0] == 'T' {
		return l.n < at+6 // ss -s
	}
	return ctx.started == Unrecognised && third != nil && !isNumber(third)
}

// readUnixNetstat reads "tcp 0 0 local remote STATE ...", as Linux and BSD
// print it.
func (l *line) readUnixNetstat(at int, ctx *context) {
	local := at + 3
	format := Netstat
	if dotted(l.get(local)) {
		format = BSD
	}
	word := l.get(at + 5)
	state, ok := stateWord(word)
	switch {
	case isNumber(l.get(at+2)) && ok:
		l.found(format, state, local)
		l.timerKind(l.after(at + 5))
	case ctx.noState:
		l.broke(SS, problem.LineStateLeftOut)
	case word == nil:
		l.ends(format, problem.LineNoState)
	default:
		l.unstated(format, at+5)
	}
}

// unstated breaks a row whose state should be field i.
func (l *line) unstated(f Format, i int) {
	l.broke(f, problem.LineState)
	l.word, l.cut = l.get(i), i == l.n-1
}

// ends breaks a row that ends too early.
func (l *line) ends(f Format, why problem.Code) {
	l.broke(f, why)
	l.cut = true
}

// timerKind refines the kernel object of a FIN_WAIT2 from the timer that
// netstat -o prints after the state.
func (l *line) timerKind(rest []byte) {
	if l.format != Netstat || l.state != tcp.FinWait2 {
		return
	}
	if name, _, ok := netstatTimer(rest); ok {
		l.kind = socket.Full
		if string(name) == "timewait" {
			l.kind = socket.Mini
		}
	}
}

func (l *line) found(f Format, s tcp.State, local int) {
	l.class, l.format, l.state, l.kind, l.local = row, f, s, f.kind(s), local
}

func (l *line) broke(f Format, why problem.Code) {
	l.class, l.format, l.why = broken, f, why
}

// looksLikeEndpoint reports whether w could be an address with a port.
func looksLikeEndpoint(w []byte) bool {
	i := bytes.LastIndexByte(w, ':')
	return i > 0 && i+1 < len(w)
}

// dotted reports whether the port of endpoint w is after a dot, as BSD
// writes it, and not after a colon.
func dotted(w []byte) bool {
	i := bytes.LastIndexAny(w, ".:")
	return i >= 0 && w[i] == '.'
}

// readWindows reads "TCP local remote STATE [pid] [offload]".
func (l *line) readWindows(at int) {
	if l.n < at+4 {
		l.ends(Windows, problem.LineNoState)
		return
	}
	state, ok := stateWord(l.get(at + 3))
	if !ok {
		l.unstated(Windows, at+3)
		return
	}
	l.found(Windows, state, at+1)
}

// readPowerShell reads "address port address port State [setting] [pid]".
// PowerShell cuts long addresses short, so that they need not parse.
func (l *line) readPowerShell() bool {
	if l.n < 5 || !isNumber(l.at[1]) || !isNumber(l.at[3]) ||
		!bytes.ContainsAny(l.at[0], ".:") || !bytes.ContainsAny(l.at[2], ".:") {
		return false
	}
	if state, ok := stateWord(l.at[4]); ok {
		l.found(PowerShell, state, 0)
		return true
	}
	if !isAddress(l.at[0]) || !isAddress(l.at[2]) {
		return false
	}
	l.unstated(PowerShell, 4)
	return true
}

// readOtherProtocol recognises rows of netstat and ss that are not TCP.
func (l *line) readOtherProtocol(at int) bool {
	if bytes.HasPrefix(l.at[at], []byte("mptcp/")) && l.n >= at+4 { // macOS, with a number that counts them
		l.class = otherProto
		return true
	}
	c, ok := protocol(l.at[at])
	if !ok || l.n < at+3 {
		return false
	}
	second := l.at[at+1]
	state, isState := stateWord(second)
	row := isNumber(second) && l.n >= at+5 // fewer are a line of ss -s
	if !row && !isState && !looksLikeEndpoint(second) || isState && cannotBe(c, state) {
		return false
	}
	l.byWord = isState && at == 0
	l.class = c
	return true
}

// readOtherCount recognises how many sockets another protocol has: 7 udp, also
// with a state after.
func (l *line) readOtherCount() bool {
	if l.n < 2 || l.n > 3 || !isNumber(l.at[0]) && !isNumber(l.at[1]) {
		return false
	}
	c, ok := protocol(l.at[0])
	if isNumber(l.at[0]) {
		c, ok = protocol(l.at[1])
	}
	if !ok {
		return false
	}
	if s, isState := stateWord(l.get(2)); isState {
		if n, note, size := readNumberOf(l.at[0]); size > 0 { // 7 udp ESTABLISHED, and no machine called udp
			l.counts(pair{s.Reported(), n, note})
			l.mayBeOf(c)
			return true
		}
	}
	l.class = c
	return true
}

// foreignCell is protocol for a cell of a table, which can have the number of
// the protocol too (IANA), as in osquery.
func foreignCell(w []byte) (class, bool) {
	switch string(w) {
	case "17", "136":
		return otherUDP, true
	case "1", "58", "255":
		return otherRaw, true
	case "33", "132":
		return otherProto, true
	default:
		return protocol(w)
	}
}

// tcpCell reports whether the cell of a table says that a row is of TCP.
func tcpCell(w []byte) bool { return isTCP(w) || isTCPv6(w) || string(w) == "6" }

// protocol returns the class of rows that begin with w.
func protocol(w []byte) (class, bool) {
	var lower [8]byte
	if len(w) > len(lower) {
		return 0, false
	}
	for i, c := range w {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(w)]) {
	case "udp", "udp4", "udp6", "udp46", "udplite", "udplit4", "udplit6", "udpl", "udpl6", "udpv6":
		return otherUDP, true
	case "unix", "u_str", "u_dgr", "u_seq", "stream", "dgram", "seqpac":
		return otherUnix, true
	case "raw", "raw6", "raw4", "icmp", "icmp4", "icmp6", "icm4", "icm6", "ip", "ip4", "ip6":
		return otherRaw, true
	case "sctp", "sctp4", "sctp6", "dccp", "dccp6", "mptcp", "mptcp4", "mptcp6", "nl", "p_raw", "p_dgr",
		"vsock", "v_str", "v_dgr", "ti_rd", "ti_sq", "ti_st", "ti_dg", "tipc", "xdp", "rose", "ax25",
		"quic", "l2cap", "rfcomm", "kctl", "kevt", "vmnet", "divert":
		return otherProto, true
	default:
		return 0, false
	}
}

// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"slices"

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
	format  Format      // of row, count, header and broken
	state   tcp.State   // of row and count; never NewSynRecv
	kind    socket.Kind // of row
	number  uint64      // of count
	columns bool        // of header: it names the columns
	local   int         // the field with the local address, of row
	why     string      // of broken
}

// context is what earlier lines tell about later ones. It never changes what a
// complete TCP row is, only what to think of the others, and that is why
// fast.go does without it.
type context struct {
	started Format // of the last heading or row; Unrecognised before the first
	noState bool   // the last heading of ss has no State column
}

// classify reads one line. raw may be changed in place.
func (l *line) classify(raw []byte, ctx *context) {
	l.split(clean(raw))
	l.class, l.format, l.state, l.kind = text, Unrecognised, 0, socket.KindUnknown
	if l.n == 0 {
		l.class = blank
		return
	}
	l.read(ctx)
	if l.class == row || l.class == header {
		ctx.started = l.format
	}
}

// read tries the formats. The order matters only where noted.
func (l *line) read(ctx *context) {
	first := l.at[0]
	switch {
	case l.readProc():
	case isTCP(first):
		l.readTCP(0, ctx)
	case l.n >= 3 && isTCP(l.at[1]) && len(first) >= 8 && isHex(first):
		l.readTCP(1, ctx) // BSD netstat -A: the address of the control block first
	case l.readHeader(ctx):
	case l.readOtherProtocol(0), l.n >= 3 && isHex(first) && l.readOtherProtocol(1):
	case l.readCount():
	case l.readPowerShell():
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

// readTCP reads a line whose field at names TCP. The next field tells whose
// line it is: a queue for Unix netstat, which writes tcp in lower case, a
// state for ss, an address for Windows. ss -s has a line "TCP 24 17 7".
func (l *line) readTCP(at int, ctx *context) {
	second := l.get(at + 1)
	switch {
	case isNumber(second) && (l.at[at][0] == 'T' || l.prose(at, ctx)):
		l.class = text
	case isNumber(second):
		l.readUnixNetstat(at, ctx)
	case l.readSS(at+1, ctx):
	case looksLikeEndpoint(second):
		l.readWindows(at)
	case ctx.started == Unrecognised:
		l.class = text // prose before the listing that begins with "TCP"
	default:
		l.broke(ctx.started, "it begins like a TCP row and goes on like none")
	}
}

// prose reports whether a line such as "tcp 443 is open" comes before any row.
func (l *line) prose(at int, ctx *context) bool {
	third := l.get(at + 2)
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
		l.broke(SS, noStateColumn)
	case word == nil:
		l.broke(format, "the row ends before its state")
	default:
		l.broke(format, "it has no readable state")
	}
}

// noStateColumn is also recognised by the verdict on a whole listing.
const noStateColumn = "there is no State column: ss leaves it out when asked for one state"

// timerKind refines the kernel object of a FIN_WAIT2 from the timer that
// netstat -o prints behind the state.
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

func (l *line) broke(f Format, why string) {
	l.class, l.format, l.why = broken, f, why
}

// looksLikeEndpoint reports whether w could be an address with a port.
func looksLikeEndpoint(w []byte) bool {
	i := bytes.LastIndexByte(w, ':')
	return i > 0 && i+1 < len(w)
}

// dotted reports whether the port of endpoint w is behind a dot, as BSD
// writes it, and not behind a colon.
func dotted(w []byte) bool {
	for _, v := range slices.Backward(w) {
		if v == '.' || v == ':' {
			return v == '.'
		}
	}
	return false
}

// readWindows reads "TCP local remote STATE [pid] [offload]".
func (l *line) readWindows(at int) {
	if l.n < at+3 {
		l.broke(Windows, "the row ends before its state")
		return
	}
	state, ok := stateWord(l.get(at + 3))
	if !ok {
		l.broke(Windows, "it has no readable state")
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
	l.broke(PowerShell, "it has no readable state")
	return true
}

// readOtherProtocol recognises rows of netstat and ss that are not TCP.
func (l *line) readOtherProtocol(at int) bool {
	c, ok := protocol(l.at[at])
	if !ok || l.n < at+3 {
		return false
	}
	second := l.at[at+1]
	_, isState := stateWord(second)
	row := isNumber(second) && l.n >= at+5 // fewer are a line of ss -s
	if !row && !isState && !looksLikeEndpoint(second) {
		return false
	}
	l.class = c
	return true
}

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
	case "udp", "udp4", "udp6", "udp46", "udplite", "udplit4", "udplit6", "udpl", "udpl6":
		return otherUDP, true
	case "unix", "u_str", "u_dgr", "u_seq", "stream", "dgram", "seqpac":
		return otherUnix, true
	case "raw", "raw6", "raw4", "icmp", "icmp4", "icmp6", "icm4", "icm6", "ip", "ip4", "ip6":
		return otherRaw, true
	case "sctp", "sctp4", "sctp6", "dccp", "dccp6", "mptcp", "mptcp4", "mptcp6", "nl", "p_raw", "p_dgr",
		"vsock", "v_str", "v_dgr", "ti_rd", "ti_sq", "ti_st", "ti_dg", "tipc", "xdp", "rose", "ax25",
		"l2cap", "rfcomm", "kctl", "kevt", "vmnet", "divert":
		return otherProto, true
	default:
		return 0, false
	}
}

// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A row can stand anywhere in a line: after what a log, a mail or a page put
// before it, and after another row when a line end was lost. This file finds
// where one begins, by the shapes of the words alone.

// shape is what a word looks like.
type shape uint8

const (
	shapeOther    shape = iota
	shapeTCP            // tcp, tcp6
	shapeProtocol       // udp and the like
	shapeNumber         //
	shapeState          // a state, also glued to tcp as old ss -H does
	shapeEndpoint       // an address and a port, both in numbers or *
	shapeName           // something before a colon and something after it
	shapeAddress        // a numeric address without a port
	shapeSlot           // 12: of /proc/net/tcp
	shapeHex            // 0100007F:1F90
	shapeHexState       // 0A; a number too, where one is wanted
	shapeBracket        // [ alone, before the flags of a unix socket
)

// window is how many words the longest pattern has.
const window = 6

// words remembers the last words of a line, the newest first.
type words struct {
	shapes [window]shape
	starts [window]int
}

func (w *words) push(s shape, start int) {
	copy(w.shapes[1:], w.shapes[:window-1])
	copy(w.starts[1:], w.starts[:window-1])
	w.shapes[0], w.starts[0] = s, start
}

// rowStart returns where the first complete row of line[from:] begins: one
// that [line.read] will take for a row of TCP or of another protocol.
func rowStart(line []byte, from int) (start int, ok bool) {
	start, _, ok = rowSpan(line, from)
	return start, ok
}

// firstRow returns how much of a long line is its first row, with what is after it
// up to the next; 0 when the line does not begin with one. A line of many rows is
// read in time that grows with its length, because none of them is looked at with
// all that follow it.
func firstRow(line []byte) int {
	if len(line) <= longLine {
		return 0
	}
	head := line[:longLine]
	start, end, ok := rowSpan(head, 0)
	if !ok || start != skipSpace(head, 0) {
		return 0
	}
	next, ok := rowStart(head, end)
	if !ok || !plainText(head[:next]) {
		return 0
	}
	if _, rest := piece(head[:next]); rest != nil {
		return 0
	}
	return next
}

// longLine is more than two rows need.
const longLine = 1 << 10

// rowSpan is rowStart, and tells where what makes it a row ends.
func rowSpan(line []byte, from int) (start, end int, ok bool) {
	var seen words
	for i := skipSpace(line, from); i < len(line); i = skipSpace(line, i) {
		at := i
		for i < len(line) && line[i] != ' ' && line[i] != '\t' {
			i++
		}
		if end := pastUsers(line, at); end > i {
			i = end // the name of a process is not part of the row
			seen.push(shapeOther, at)
			continue
		}
		glue := glued(line[at:i])
		seen.push(shapeOf(line[at+glue:i]), at+glue)
		if n := seen.row(); n > 0 {
			return seen.starts[n-1], i, true
		}
	}
	return 0, 0, false
}

// row returns how many of the last words are a complete row, 0 for none.
func (w *words) row() int {
	s := &w.shapes
	queues := func(at int) bool { return numeric(s[at]) && numeric(s[at-1]) }
	ends := func(at int) bool { return endpointLike(s[at]) && endpointLike(s[at-1]) }
	if s[3] == shapeProtocol || s[2] == shapeProtocol {
		if n := w.foreign(); n > 0 {
			return n
		}
	}
	switch {
	case s[0] == shapeState && s[5] == shapeTCP && queues(4) && ends(2): // netstat
		return 6
	case s[5] == shapeTCP && s[4] == shapeState && queues(3) && ends(1): // ss
		return 6
	case s[4] == shapeState && queues(3) && ends(1): // ss of one protocol
		return 5
	case s[4] == shapeProtocol && queues(3) && ends(1):
		return 5
	case s[0] == shapeState && s[3] == shapeTCP && ends(2): // Windows
		return 4
	case s[0] == shapeHexState && s[3] == shapeSlot && s[2] == shapeHex && s[1] == shapeHex:
		return 4
	case s[0] == shapeState && s[4] == shapeAddress && numeric(s[3]) && s[2] == shapeAddress && numeric(s[1]):
		return 5 // PowerShell
	case s[2] == shapeState && s[1] == shapeEndpoint && s[0] == shapeEndpoint: // ss -Q
		return 3
	default:
		return 0
	}
}

// foreign is row for rows of other protocols of which the addresses can be
// anything, or are last.
func (w *words) foreign() int {
	s := &w.shapes
	switch {
	case s[3] == shapeProtocol && s[2] == shapeState && numeric(s[1]) && numeric(s[0]): // ss
		return 4
	case s[3] == shapeProtocol && s[2] == shapeState && s[1] == shapeEndpoint && s[0] == shapeEndpoint: // ss -Q
		return 4
	case s[2] == shapeProtocol && numeric(s[1]) && s[0] == shapeBracket: // netstat, unix
		return 3
	case s[2] == shapeProtocol && s[1] == shapeEndpoint && s[0] == shapeEndpoint: // Windows
		return 3
	default:
		return 0
	}
}

func numeric(s shape) bool { return s == shapeNumber || s == shapeHexState }

func endpointLike(s shape) bool { return s == shapeEndpoint || s == shapeName }

// shapeOf tells what w looks like.
func shapeOf(w []byte) shape {
	switch {
	case isTCP(w) || isTCPv6(w):
		return shapeTCP
	case isNumber(w):
		if _, ok := procStateOf(w); ok {
			return shapeHexState
		}
		return shapeNumber
	case isSlot(w):
		return shapeSlot
	case len(w) == 1 && w[0] == '[':
		return shapeBracket
	case isHexEndpoint(w):
		return shapeHex
	}
	if _, ok := procStateOf(w); ok {
		return shapeHexState
	}
	if _, ok := protocol(w); ok {
		return shapeProtocol
	}
	if _, ok := gluedState(w); ok {
		return shapeState
	}
	return shapeOfAddress(w)
}

func shapeOfAddress(w []byte) shape {
	switch {
	case isEndpoint(w):
		return shapeEndpoint
	case isAddress(w) && !zonedEndpoint(w):
		return shapeAddress
	case looksLikeEndpoint(w) || dotted(w) && len(w) > 2 && isNumber(w[bytes.LastIndexByte(w, '.')+1:]):
		return shapeName
	default:
		return shapeOther
	}
}

// zonedEndpoint reports whether w has a port after the name of an interface,
// which can hold a colon itself: 127.0.0.53%lo:domain.
func zonedEndpoint(w []byte) bool {
	i := bytes.IndexByte(w, '%')
	return i >= 0 && (looksLikeEndpoint(w[i:]) || dotted(w[i:]) && isNumber(w[bytes.LastIndexByte(w, '.')+1:]))
}

// isEndpoint reports whether w is an address and a port in numbers, with a
// colon between them or, as BSD writes it, a dot. Either may be *.
func isEndpoint(w []byte) bool {
	i := bytes.LastIndexAny(w, ":.")
	if i < 1 || i+1 == len(w) {
		return false
	}
	if _, ok := parsePort(w[i+1:]); !ok {
		return false
	}
	host := w[:i]
	return string(host) == "*" || isAddress(host) && (w[i] == ':' || bytes.IndexByte(host, '.') > 0)
}

// gluedState reads a state, also with tcp before it and no blank between:
// ss -H of iproute2 4.15 to 4.19 prints "tcpESTAB".
func gluedState(w []byte) (s tcp.State, ok bool) {
	if s, ok := stateWord(w); ok {
		return s, true
	}
	if len(w) > 6 && string(w[:3]) == "tcp" {
		return stateWord(w[3:])
	}
	return 0, false
}

// glued returns how much of w stands before a protocol or a state with no
// blank between: the file name of grep, a quotation mark.
func glued(w []byte) int {
	i := bytes.LastIndexAny(w[:max(0, len(w)-1)], ":>|\"'`([{,;=]+<") + 1
	if i == 0 && len(w) > 3 && w[0] == '-' {
		i = 1 // the mark of a diff or a list
	}
	if i == 0 {
		return 0
	}
	tail := w[i:]
	if isTCP(tail) || isSlot(tail) && i > 1 {
		return i
	}
	if _, ok := protocol(tail); ok {
		return i
	}
	if _, ok := gluedState(tail); ok && len(tail) > 4 {
		return i
	}
	return 0
}

// pastUsers returns the end of users:(("name",pid=1,fd=2),...) that begins at
// start; 0 if there is none. The name is the process's own and can hold
// anything, but is at most 15 bytes long (TASK_COMM_LEN, include/linux/sched.h).
func pastUsers(line []byte, start int) int {
	const open, longest = `users:((`, 16
	if !bytes.HasPrefix(line[start:], []byte(open)) {
		return 0
	}
	i := start + len(open)
	for i < len(line) && line[i] == '"' {
		end := bytes.Index(line[i+1:min(len(line), i+2+longest+1)], []byte(`",`))
		if end < 0 {
			return 0
		}
		shut := bytes.IndexByte(line[i+1+end:], ')')
		if shut < 0 {
			return 0
		}
		i += 1 + end + shut
		if !bytes.HasPrefix(line[i:], []byte("),(")) {
			return min(i+2, len(line))
		}
		i += 3
	}
	return 0
}

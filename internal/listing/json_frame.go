// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"cmp"
	"strings"
)

// This file knows what an open object or list of JSON has told so far.

// frame is an open object or array.
type frame struct {
	object bool
	key    string // the last key of an object; of an array, its own
	cell   [columns]string
	stdout string
	lines  bool // there are stdout_lines, which say the same as stdout

	label     string   // what the object is called, when that is a state
	host      string   // the machine, when the object names it
	when      string   // a time in the object
	texts     []string // lines in the object, which come behind its time
	values    []string // of a group, what its rows are of; or its sample of Prometheus
	sample    int      // how many of a sample were read
	paired    string   // of an array: a state whose number may follow
	tabled    bool     // it has states for keys
	inherited bool     // its state is that of an object in it
	name      string   // under which it stands
	strange   string   // an unknown key with a number; of several, the one that may count sockets
	strangeN  string   // that number
	rival     string   // another such key that may count sockets, whose number is another

	numeric   string // a state that is a number, until it is known whose numbers they are
	windows   bool   // a key is one of Windows
	linux     bool   // a key is one of the kernel's table
	stateless bool   // there is a key for the state and nothing under it
	mention   string // the name of a state under a key that is not known
	aside     string // a key that no number stands under, and one does
	odd       string // a key under which no number is, and no text
	sum       uint64 // of the counts that have states for keys
	total     string // a number that must be that sum
	began     uint64 // how many lines were written before it
	called    string // what it is called, when that is no state
	stated    bool   // of an array: an element is a count by state
	unstated  string // of an array: name and number of an element that counts something other than states
	marked    bool   // a number in it tells one socket from the next
	figure    string // a key whose number does not, though it is known
	figureN   string // that number
	parts     []section
	gone      byState  // what was written before the end
	counted   uint64   // how many counts there were before it
	besides   []string // its numbers that are known to be of something else
	scale     string   // a key, with its value, that says what the numbers are of
	ofPsutil  bool     // it has a family by its number
	kind      string   // the type of sockets, by its number
	kindSure  bool     // its key says that it is one of sockets
	page      uint64   // which of several parts it says it is
	inner     string   // where a number below it stands that may count sockets
	innerN    string   // that number
	item      string   // a key that items of lists of tasks have
	itemText  string   // what is under it
	place     string   // an interface of a switch that it names
	answer    string   // what a machine has that is no counts
	tables    bool     // a part of it has states for keys
	keys      uint32   // the states that were its keys, as bits
	families  uint64   // the sum of its numbers under families
	ofFamily  bool     // there is one
	other     string   // the key of its first text that no socket has
	otherText string   // what is under it
	several   bool     // of an array: a state and its number were in it
}

// counts reports whether the numbers of the frame can be counts of sockets, by
// the name it stands under: "timeouts" has none.
func (f *frame) counts() bool {
	return !f.ofOthers() && !measures([]byte(f.name))
}

// ofOthers reports whether a word of that name says that the numbers below it are
// of something else.
func (f *frame) ofOthers() bool {
	_, _, other := otherProtocol([]byte(f.name))
	return other || f.measured()
}

// measured reports whether a word of that name says that the numbers below it are none
// of sockets of the machine.
func (f *frame) measured() bool {
	span := false
	wordsOf(f.name, func(w string) { span = span || isSpan(w) })
	return span || hasMeasure(f.name) || ofOthers([]byte(f.name))
}

// isSpan reports whether w is a time over which a mean is made: 5m, 24h.
func isSpan(w string) bool {
	last := len(w) - 1
	return last > 0 && last < 4 && strings.IndexByte("smhdw", w[last]) >= 0 && isNumber([]byte(w[:last]))
}

// evidence notes by a key whose numbers the states are, where they are numbers.
func (f *frame) evidence(key string) {
	switch key {
	case "LocalAddress", "LocalPort", "RemoteAddress", "RemotePort", "OwningProcess", "AppliedSetting", "OffloadState", "CreationTime", "InstanceID", "CimClass", "Caption", "PSComputerName":
		f.windows = true
	}
	switch strings.ToLower(key) {
	case "inode", "uid", "sl", "st", "tcp_state", "tx_queue", "rx_queue", "txqueue", "rxqueue", "rqueue", "wqueue", "recv_q", "send_q", "retrnsmt", "retrans", "refcnt", "idiag_state", "sk", "cookie", "netns", "local_addr", "rem_addr", "rem_address":
		f.linux = true
	}
}

// figures notes whether the number v under a key that is known tells one socket
// from the next, or is a share or an age.
func (f *frame) figures(key, v string, number bool) {
	c, known := columnOf([]byte(key))
	_, _, size := readNumberOf([]byte(v))
	switch {
	case !known || c == columnState || c == columnCount:
	case identifies(c, []byte(key)):
		f.marked = f.marked || number || key != "id"
	case f.figure == "" && (number || size > 0 || isShare([]byte(v))):
		f.figure, f.figureN = key, v
	}
}

// unknown keeps a number under a key that is not known: of several the one that
// counts sockets, else one that may, else one of a socket.
func (f *frame) unknown(key, v string) {
	was, is := figureOf([]byte(f.strange)), figureOf([]byte(key))
	switch {
	case f.strange == "", rankOf(is) > rankOf(was), rankOf(is) == rankOf(was) && (f.strangeN == "0" || describes([]byte(f.strange))):
		f.strange, f.strangeN = key, v
	case is == figureCount && f.strangeN != v && !isTotal([]byte(key)):
		f.rival = key
	}
}

// rankOf is how much a number says of how many sockets there are.
func rankOf(f figure) int {
	switch f {
	case figureCount:
		return 2
	case figureSocket:
		return 0
	default:
		return 1
	}
}

// numbersRows reports whether what is under key may be the number of a row as well
// as a count.
func numbersRows(key string) bool {
	switch strings.ToLower(key) {
	case "#", "n", "num", "number", "\u2116":
		return true
	default:
		return false
	}
}

// endpoint takes the address or the port of an end that is an object of its own, and
// the numbers that psutil has for the family and the type of a socket.
func (f *frame) endpoint(key, v string) bool {
	if c, _ := columnOf([]byte(f.name)); c == columnLocal || c == columnRemote {
		switch strings.ToLower(key) {
		case "ip", "addr", "address", "host":
			f.cell[columnLocal] = v
			return true
		case "port":
			f.cell[columnLocalPort] = v
			return true
		}
	}
	switch {
	case key == "family" && (v == "2" || v == "10" || v == "23" || v == "30"):
		f.ofPsutil = true
		return true
	default:
		return f.kinds(key, v)
	}
}

// kinds takes the type of a socket by its number, as socket(2) has it.
func (f *frame) kinds(key, v string) bool {
	switch foldKey(key) {
	case "socktype", "sockettype", "sotype", "sktype":
		f.kindSure = true
	case "type":
	default:
		return false
	}
	switch v {
	case "1", "2", "3", "4", "5", "6", "10":
		f.kind = v
		return true
	default:
		return false
	}
}

// settleKind names the protocol by the type of a socket. Of a count it is not clear
// what type: 2 is, unless the key says so.
func (f *frame) settleKind() {
	switch {
	case f.kind == "" || f.kind == "1" || f.cell[columnProtocol] != "":
	case !f.kindSure && !f.ofPsutil && !f.ends():
		f.scale = cmp.Or(f.scale, "type: "+f.kind)
	case f.kind == "2":
		f.cell[columnProtocol] = "udp"
	case f.kind == "3", f.kind == "10":
		f.cell[columnProtocol] = "raw"
	default:
		f.cell[columnProtocol] = "sctp"
	}
}

// lifts gives the end of a socket that is an object of its own to the socket.
func (f *frame) lifts(up *frame) bool {
	c, _ := columnOf([]byte(f.name))
	if c == columnProtocol && f.cell[columnProtocol] != "" && f.cell[columnState] == "" {
		up.cell[columnProtocol] = f.cell[columnProtocol]
		return true
	}
	if c != columnLocal && c != columnRemote || f.cell[columnState] != "" || f.label != "" || f.cell[columnLocal] == "" && f.cell[columnLocalPort] == "" {
		return false
	}
	up.cell[c], up.cell[c+1] = f.cell[columnLocal], f.cell[columnLocalPort]
	return true
}

// ends reports whether the object has something that only a socket has.
func (f *frame) ends() bool {
	for _, c := range [...]column{columnLocal, columnLocalPort, columnRemote, columnRemotePort, columnPID, columnProtocol} {
		if f.cell[c] != "" {
			return true
		}
	}
	return false
}

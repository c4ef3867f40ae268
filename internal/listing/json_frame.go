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
	key    string // in an object: the last key that was read; in an array: the key of the array
	cell   [columns]string
	stdout string
	lines  bool // the object has stdout_lines, which repeat stdout

	label     string   // name of the object, if it is a state
	host      string   // the machine that the object names
	when      string   // a time in the object
	texts     []string // lines in the object, to be read after its time
	values    []string // for a group, the column values its rows share; or its Prometheus sample
	sample    int      // number of elements of a sample that were read
	paired    string   // in an array: a state that a number may follow
	tabled    bool     // some keys are states
	inherited bool     // its state comes from an object inside it
	name      string   // the key of the object
	strange   string   // an unknown key with a number; if there are several, the one that may count sockets
	strangeN  string   // the number under strange
	rival     string   // another such key, with a different number

	numeric   string // a state that is a number, until it is known which system numbers the states
	windows   bool   // a key is one that Windows prints
	linux     bool   // a key is one of Linux' table of connections
	stateless bool   // the key for the state has no value
	mention   string // the name of a state under an unknown key
	aside     string // a key that usually has no number but has one here
	odd       string // a key whose value is neither a number nor a text
	sum       uint64 // sum of the counts whose keys are states
	total     string // a number that must equal sum
	began     uint64 // number of lines written before this object
	called    string // name of the object, if it is not a state
	stated    bool   // in an array: an element is a count by state
	unstated  string // in an array: name and number of an element that counts something other than states
	marked    bool   // a number in it identifies one socket
	figure    string // a known key whose number does not identify a socket
	figureN   string // the number under figure
	parts     []section
	gone      byState  // the counts written before the object ended
	counted   uint64   // number of counts written before this object
	besides   []string // numbers that are known to count something else
	scale     string   // a key, with its value, that says what the numbers count
	ofPsutil  bool     // the address family is a number
	kind      string   // the type of sockets, as a number
	kindSure  bool     // the key of kind says that it is a type of sockets
	page      uint64   // which of several parts the object says it is
	inner     string   // key of a number inside the object that may count sockets
	innerN    string   // the number under inner
	item      string   // a key that items in lists of tasks have
	itemText  string   // text under item
	place     string   // a network interface that the object names
	answer    string   // what the object reports a machine besides counts
	tables    bool     // an object inside it has states as keys
	keys      uint32   // bit set: the states that were keys
	families  uint64   // sum of the numbers under address families
	ofFamily  bool     // there is such a number
	other     string   // the key of the first text that sockets do not have
	otherText string   // text under other
	several   bool     // in an array: it contains a state with its number
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

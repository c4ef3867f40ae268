// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"cmp"
)

// This file knows the ports of switches, which listen, learn and forward (IEEE 802.1D),
// and are no sockets.

// ofSwitch reports whether the only end that an object has is a port of a switch.
func ofSwitch(cell *[columns]string) bool {
	return cmp.Or(cell[columnLocal], cell[columnRemote], cell[columnRemotePort]) == "" && namesInterface([]byte(cell[columnLocalPort]))
}

// listsPorts reports whether a row of a table is about a port of a switch, by its port or
// its interface, and has no end of a socket.
func (t *table) listsPorts(c *cells) (port bool) {
	if t.has(columnLocal) || t.has(columnRemote) || t.has(columnRemotePort) || t.has(columnPID) {
		return false
	}
	for i := range min(t.n, c.n) {
		named := t.at[i] == columnLocalPort || t.at[i] == columnOther && lettersIn(c.at[i]) > 0
		port = port || named && namesInterface(c.at[i])
	}
	return port
}

// namesInterface reports whether a port is a place in a switch, 1/1, or an interface,
// Gi1/0/1, eth0, and none of a protocol: 443/tcp, tcp/443.
func namesInterface(port []byte) bool {
	name := port[:lettersIn(port)]
	rest := bytes.TrimPrefix(port[len(name):], []byte("-"))
	slots, digits := 1, 0
	for _, c := range rest {
		switch {
		case isDigit(c):
			digits++
		case c == '/' && digits > 0:
			slots, digits = slots+1, 0
		default:
			return false
		}
	}
	if digits == 0 {
		return false
	}
	var lower [8]byte
	switch string(folded(lower[:0], name)) {
	case "eth", "swp", "lan", "wan", "ens", "enp", "eno", "br", "vlan", "port", "po", "gi", "te", "fa", "ge", "xe", "et":
		return true
	default:
		_, date := dateOf(port)
		return slots > 1 && slots < 5 && date == 0 && !isFamily(name)
	}
}

// ofOneThing reports whether what stands before a state that is alone is the number of a
// connection, or a port of a switch: what follows happened to that, or is its state.
func ofOneThing(prefix []byte) bool {
	if isNumberedOne(prefix) {
		return true
	}
	for w, rest := nextWord(prefix); w != nil; w, rest = nextWord(rest) {
		if isLetter(w[0]) && bytes.IndexByte(w, '/') > 0 && namesInterface(bytes.TrimRight(w, ":")) {
			return true
		}
	}
	return false
}

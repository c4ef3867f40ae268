// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// fast finds the state of a row of Linux or BSD netstat, ss or /proc/net/tcp.
// It answers only when it is sure that [line.classify] would give the same
// answer, whatever came before; for every other line ok is false.
// TestFastEqualsCareful and FuzzFastEqualsCareful hold it to that.
func fast(b []byte) (f Format, s tcp.State, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	switch c := b[0]; {
	case c == 't':
		return fastTCP(b)
	case 'A' <= c && c <= 'Z':
		s, ok = fastSS(b, 0)
		return SS, s, ok
	case c == ' ' || isDigit(c):
		s, ok = fastProc(b)
		return Proc, s, ok
	default:
		return 0, 0, false
	}
}

// fastTCP reads "tcp 0 0 local remote STATE" and, of ss, "tcp STATE ...".
func fastTCP(b []byte) (f Format, s tcp.State, ok bool) {
	if len(b) < 5 || b[1] != 'c' || b[2] != 'p' {
		return 0, 0, false
	}
	i := 3
	if b[i] == '4' || b[i] == '6' { // tcp46 is left to the careful reading
		i++
	}
	i, ok = gap(b, i)
	if !ok {
		return 0, 0, false
	}
	if !isDigit(b[i]) {
		s, ok = fastSS(b, i)
		return SS, s, ok
	}
	if i, ok = queues(b, i); !ok {
		return 0, 0, false
	}
	local := i
	i = tokenEnd(b, i)
	f = Netstat
	if dotted(b[local:i]) {
		f = BSD
	}
	if i, ok = gap(b, i); !ok {
		return 0, 0, false
	}
	if i, ok = gap(b, tokenEnd(b, i)); !ok {
		return 0, 0, false
	}
	end := tokenEnd(b, i)
	s, ok = stateWord(b[i:end])
	return f, s, ok && ends(b, end) && settled(b, end, s)
}

// fastSS reads "STATE 0 0 local remote" from i on.
func fastSS(b []byte, i int) (tcp.State, bool) {
	end := tokenEnd(b, i)
	s, ok := stateWord(b[i:end])
	if !ok {
		return 0, false
	}
	if i, ok = gap(b, end); !ok {
		return 0, false
	}
	if i, ok = queues(b, i); !ok {
		return 0, false
	}
	end = tokenEnd(b, i)
	if !looksLikeEndpoint(b[i:end]) {
		return 0, false
	}
	if i, ok = gap(b, end); !ok {
		return 0, false
	}
	end = tokenEnd(b, i)
	if !looksLikeEndpoint(b[i:end]) {
		return 0, false
	}
	return ssState(s), ends(b, end) && settled(b, end, s)
}

// fastProc reads "  12: 0100007F:1F90 00000000:0000 0A ...". States 1, 3, 5
// and 7 are not settled by these fields alone.
func fastProc(b []byte) (tcp.State, bool) {
	i := skipSpace(b, 0)
	end := tokenEnd(b, i)
	if !isSlot(b[i:end]) {
		return 0, false
	}
	for range 2 {
		var ok bool
		if i, ok = gap(b, end); !ok {
			return 0, false
		}
		end = tokenEnd(b, i)
		if !isHexEndpoint(b[i:end]) {
			return 0, false
		}
	}
	i, ok := gap(b, end)
	if !ok {
		return 0, false
	}
	end = tokenEnd(b, i)
	s, ok := procStateOf(b[i:end])
	if !ok || !ends(b, end) {
		return 0, false
	}
	switch s {
	case tcp.SynRecv, tcp.FinWait2, tcp.Close:
		return 0, false
	case tcp.Established:
		return s, plainASCII(b[end:]) && countFields(b[end:]) != udpFields-procState-1
	default:
		return s, true
	}
}

// settled reports whether nothing behind the state at end can tell more about
// a socket in state s.
func settled(b []byte, end int, s tcp.State) bool {
	return s != tcp.FinWait2 || skipSpace(b, end) == len(b)
}

// queues passes two numbers and the gaps behind them.
func queues(b []byte, i int) (int, bool) {
	for range 2 {
		start := i
		for i < len(b) && isDigit(b[i]) {
			i++
		}
		if i == start {
			return 0, false
		}
		var ok bool
		if i, ok = gap(b, i); !ok {
			return 0, false
		}
	}
	return i, true
}

// gap passes at least one space or tab with something behind it.
func gap(b []byte, i int) (int, bool) {
	j := skipSpace(b, i)
	return j, j > i && j < len(b)
}

// tokenEnd returns the end of the printable ASCII from i on. A token that ends
// at any other byte than a space or tab is refused by the gap, or by [ends]:
// those bytes may be such as [clean] takes out.
func tokenEnd(b []byte, i int) int {
	for i < len(b) && b[i]-0x21 < 0x7F-0x21 {
		i++
	}
	return i
}

// ends reports whether a token that ended at i did so at a space, a tab or
// the end of the line.
func ends(b []byte, i int) bool { return i == len(b) || b[i] == ' ' || b[i] == '\t' }

func plainASCII(b []byte) bool {
	for _, c := range b {
		if c == 0x1B || c >= 0x80 {
			return false
		}
	}
	return true
}

// countFields counts the fields of b.
func countFields(b []byte) int {
	n := 0
	for i := skipSpace(b, 0); i < len(b); i = skipSpace(b, i) {
		for i < len(b) && b[i] != ' ' && b[i] != '\t' {
			i++
		}
		n++
	}
	return n
}

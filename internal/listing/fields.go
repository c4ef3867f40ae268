// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"encoding/binary"
	"math/bits"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// maxFields is more than any row has that matters: a /proc/net/tcp row has 17.
const maxFields = 20

// fields is a line cut at spaces and tabs. It is reused from line to line.
type fields struct {
	line []byte
	at   [maxFields][]byte // the fields
	end  [maxFields]int    // for each field, where it ends in line
	n    int
}

// split cuts line; fields after maxFields are left in line only.
func (f *fields) split(line []byte) {
	f.line, f.n = line, 0
	for i := skipSpace(line, 0); i < len(line) && f.n < maxFields; i = skipSpace(line, i) {
		start := i
		for i < len(line) && line[i] != ' ' && line[i] != '\t' {
			i++
		}
		f.at[f.n], f.end[f.n] = line[start:i], i
		f.n++
	}
}

// get returns field i; nil if there is none.
func (f *fields) get(i int) []byte {
	if i >= f.n {
		return nil
	}
	return f.at[i]
}

// after returns the line after field i.
func (f *fields) after(i int) []byte { return f.line[f.end[i]:] }

func skipSpace(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		if x := binary.LittleEndian.Uint64(b[i:]) ^ ' '*eachByte; x != 0 {
			i += bits.TrailingZeros64(x) / 8
			break
		}
	}
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// isNumber reports whether b is a decimal number.
func isNumber(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return len(b) > 0
}

// hexDigit returns the value of a hexadecimal digit, 0xFF for any other byte.
func hexDigit(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c-'A' <= 5:
		return c - 'A' + 10
	case c-'a' <= 5:
		return c - 'a' + 10
	default:
		return 0xFF
	}
}

func isHex(b []byte) bool {
	for _, c := range b {
		if hexDigit(c) > 15 {
			return false
		}
	}
	return len(b) > 0
}

// parseUint reads a decimal number that stops at 1<<32-1.
func parseUint(b []byte) (uint32, bool) {
	var n uint64
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = min(n*10+uint64(c-'0'), 1<<32-1)
	}
	return uint32(n), len(b) > 0
}

// parseHex reads a hexadecimal number of at most 64 bits.
func parseHex(b []byte) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 16 {
		return 0, false
	}
	for _, c := range b {
		d := hexDigit(c)
		if d > 15 {
			return 0, false
		}
		n = n<<4 | uint64(d)
	}
	return n, true
}

// stateWord reads a state that is spelled as a word. The frequent spellings of
// netstat and ss come first: a comparison of constants is three times faster
// than [tcp.ParseBytes], which knows them all. The hex numbers that it knows
// too are no words.
//
// States in other languages are in [translations].
func stateWord(w []byte) (tcp.State, bool) {
	switch string(w) {
	case "TIME_WAIT", "TIME-WAIT":
		return tcp.TimeWait, true
	case "ESTABLISHED", "ESTAB":
		return tcp.Established, true
	case "CLOSE_WAIT", "CLOSE-WAIT":
		return tcp.CloseWait, true
	case "LISTEN":
		return tcp.Listen, true
	}
	if len(w) == 0 || isDigit(w[0]) || w[0] == '-' || w[0] == '_' || w[len(w)-1] == '-' || w[len(w)-1] == '_' {
		return 0, false
	}
	if s, ok := tcp.ParseBytes(w); ok {
		return s.Reported(), true
	}
	return translated(w)
}

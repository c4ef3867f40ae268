// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"encoding/binary"
	"math/bits"

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
	if f, ok := columned(b); ok {
		s, ok := fastState(b, queuesWidth+2*addressWidth)
		return f, s, ok
	}
	if len(b) < 5 || b[1] != 'c' || b[2] != 'p' {
		return 0, 0, false
	}
	i := 3
	if b[i] == '4' || b[i] == '6' { // the slow path reads tcp46
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
	s, ok = fastState(b, i)
	return f, s, ok
}

// fastState reads the state at i, and that nothing of weight is after it.
func fastState(b []byte, i int) (s tcp.State, ok bool) {
	end := tokenEnd(b, i)
	if end-i <= cutWord {
		return 0, false // CLOSE, or a state that was cut off
	}
	s, ok = stateWord(b[i:end])
	if ok && skipSpace(b, end) == len(b) {
		return s, true // the same state as in most rows
	}
	return s, ok && ends(b, end) && settled(b, end, s) && quiet(b, end, s)
}

// How wide netstat of Linux makes what is before the addresses, and the column of
// an address with the blank after it (net-tools netstat.c, tcp_do_one).
const (
	queuesWidth  = 20
	addressWidth = 24
)

// columned reports whether b has the columns of netstat of Linux, up to the
// state, and whose program the row is of. It looks at eight characters at once,
// because where a number or an address ends is different in every row, and a
// guess that fails costs more than the look.
func columned(b []byte) (f Format, ok bool) {
	if len(b) <= queuesWidth+2*addressWidth || b[queuesWidth+2*addressWidth] <= ' ' || string(b[:3]) != "tcp" || b[3] != ' ' && b[3] != '6' && b[3] != '4' ||
		b[19] != ' ' {
		return 0, false
	}
	recv, send := binary.LittleEndian.Uint64(b[4:]), binary.LittleEndian.Uint64(b[11:])&^0xFF|' '
	if !numberInColumn(recv, 1) || !numberInColumn(send, 0x0101) {
		return 0, false
	}
	b = b[queuesWidth:]
	if !wordInColumn(b[:addressWidth]) || !wordInColumn(b[addressWidth:2*addressWidth]) {
		return 0, false
	}
	if dottedInColumn(b[:addressWidth]) {
		return BSD, true
	}
	return Netstat, true
}

// numberInColumn reports whether x is blanks, at least where the mask has a bit,
// and then digits.
func numberInColumn(x, blanks uint64) bool {
	digits := (x + (0x80-'0')*eachByte) &^ (x + (0x80-'9'-1)*eachByte) & (0x80 * eachByte) >> 7
	filled := differ(x, ' ')
	stray := filled &^ (filled>>8 | 1<<56) // characters before a space: a number ends at the end of its column
	return x&(0x80*eachByte) == 0 && digits == filled && filled&blanks == 0 && filled>>56 == 1 && stray == 0
}

// wordInColumn reports whether the column that b begins with has one word of
// ASCII and then blanks.
func wordInColumn(b []byte) bool {
	_ = b[addressWidth-1]
	x, y, z := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])
	// No ASCII, below a blank, 0x7F.
	odd := (x | y | z) | ^((x + (0x80-' ')*eachByte) & (y + (0x80-' ')*eachByte) & (z + (0x80-' ')*eachByte)) | (x + eachByte) | (y + eachByte) | (z + eachByte)
	// A word goes on from what is below it.
	fx, fy, fz := differ(x, ' '), differ(y, ' '), differ(z, ' ')
	stray := fx&^(fx<<8|1) | fy&^(fy<<8|fx>>56) | fz&^(fz<<8|fy>>56) | fz>>56
	return odd&(0x80*eachByte) == 0 && stray == 0 && fx&1 == 1
}

// dottedInColumn is dotted for the word of a column.
func dottedInColumn(b []byte) bool {
	for i := addressWidth - 8; i >= 0; i -= 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		if dots, colons := differ(x, '.')^eachByte, differ(x, ':')^eachByte; dots|colons != 0 {
			return dots > colons
		}
	}
	return false
}

// differ returns 1 in each byte of x that is not c; all are below 0x80.
func differ(x uint64, c byte) uint64 {
	return ((x ^ uint64(c)*eachByte) + 0x7F*eachByte) & (0x80 * eachByte) >> 7
}

// fastSS reads "STATE 0 0 local remote" from i on.
func fastSS(b []byte, i int) (tcp.State, bool) {
	end := tokenEnd(b, i)
	s, ok := stateWord(b[i:end])
	if !ok || s == tcp.Close && b[i]|0x20 == 'c' {
		return 0, false
	}
	if i, ok = gap(b, end); !ok {
		return 0, false
	}
	if i, ok = queues(b, i); !ok {
		return 0, false
	}
	end = tokenEnd(b, i)
	if !looksLikeEndpoint(b[i:end]) || isVsock(b[i:end]) {
		return 0, false
	}
	if i, ok = gap(b, end); !ok {
		return 0, false
	}
	end = tokenEnd(b, i)
	if !looksLikeEndpoint(b[i:end]) {
		return 0, false
	}
	return ssState(s, b[i:end]), !isVsock(b[i:end]) && bytes.IndexByte(b[i:end], '<') < 0 && bytes.IndexByte(b[i:end], '&') < 0 && ends(b, end) && settled(b, end, s) && quiet(b, end, s)
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
	if !ok || !ends(b, end) || isLoneMark(b[end:]) || bytes.Contains(b[end:], []byte(": ")) || b[len(b)-1] == ':' {
		return 0, false
	}
	switch s {
	case tcp.SynRecv, tcp.FinWait2, tcp.Close:
		return 0, false
	case tcp.Established:
		return s, plain(b[end:]) && countFields(b[end:]) != udpFields-procState-1
	default:
		return s, true
	}
}

// settled reports whether nothing after the state at end can tell more about
// a socket in state s.
func settled(b []byte, end int, s tcp.State) bool {
	return s != tcp.FinWait2 || skipSpace(b, end) == len(b)
}

// quiet reports whether nothing after a row at end can be another row, or
// tell that its state was damaged.
func quiet(b []byte, end int, s tcp.State) bool {
	i := skipSpace(b, end)
	switch {
	case i == len(b):
		return true
	case s == tcp.Close || s == tcp.Bound || !plainText(b[i:]):
		return false
	}
	return !behind(b, end)
}

// plainText reports whether b is printable ASCII and tabs.
func plainText(b []byte) bool {
	for _, c := range b {
		if c >= 0x7F || c < 0x20 && c != '\t' {
			return false
		}
	}
	return true
}

// queues passes two numbers and the gaps after them.
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

// gap passes at least one space or tab with something after it.
func gap(b []byte, i int) (int, bool) {
	j := skipSpace(b, i)
	return j, j > i && j < len(b)
}

// tokenEnd returns the end of the printable ASCII from i on. A token that ends
// at any other byte than a space or tab is refused by the gap, or by [ends]:
// those bytes may be such as [clean] takes out.
func tokenEnd(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		// The lowest bit that is left is in the first byte below 0x21 or from
		// 0x7F on: borrows and carries go upwards, and come from such bytes.
		if out := ((x-0x21*eachByte)&^x | (x + eachByte) | x) & (0x80 * eachByte); out != 0 {
			return i + bits.TrailingZeros64(out)/8
		}
	}
	for i < len(b) && b[i]-0x21 < 0x7F-0x21 {
		i++
	}
	return i
}

// eachByte times n is n in every byte of a word.
const eachByte = 0x0101010101010101

// ends reports whether a token that ended at i did so at a space, a tab or
// the end of the line.
func ends(b []byte, i int) bool { return i == len(b) || b[i] == ' ' || b[i] == '\t' }

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

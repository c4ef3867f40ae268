// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding is how the text is written.
type encoding uint8

const (
	utf8Text encoding = iota
	utf16LE           // what Windows PowerShell's > and Out-File write
	utf16BE
	gzipped
)

// sniff tells the encoding from the first bytes of a listing, and how many of
// them are a byte order mark. UTF-16 without a mark is told by the zeros
// between its ASCII letters.
func sniff(start []byte) (enc encoding, mark int) {
	switch {
	case len(start) >= 3 && start[0] == 0xEF && start[1] == 0xBB && start[2] == 0xBF:
		return utf8Text, 3
	case len(start) >= 2 && start[0] == 0xFF && start[1] == 0xFE:
		return utf16LE, 2
	case len(start) >= 2 && start[0] == 0xFE && start[1] == 0xFF:
		return utf16BE, 2
	case len(start) >= 2 && start[0] == 0x1F && start[1] == 0x8B:
		return gzipped, 0
	case alternates(start, 1):
		return utf16LE, 0
	case alternates(start, 0):
		return utf16BE, 0
	default:
		return utf8Text, 0
	}
}

// alternates reports whether the first eight bytes are four printable ASCII
// characters with zeros at every second place from zero on.
func alternates(start []byte, zero int) bool {
	if len(start) < 8 {
		return false
	}
	for i, c := range start[:8] {
		isZero := i%2 == zero
		if isZero != (c == 0) || (!isZero && c >= utf8.RuneSelf) {
			return false
		}
	}
	return true
}

// utf16Reader turns UTF-16 into UTF-8.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    [8 << 10]byte
	have  int   // bytes in in
	err   error // from r
}

// Read needs room for one character, which is at most utf8.UTFMax bytes.
func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(p) < utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	if u.err == nil && u.have < len(u.in) {
		n, err := u.r.Read(u.in[u.have:])
		u.have, u.err = u.have+n, err
	}
	used, n := u.decode(p)
	u.have = copy(u.in[:], u.in[used:u.have])
	if n > 0 || u.err == nil {
		return n, nil
	}
	return 0, u.err
}

// decode writes whole characters to p; it returns the bytes of in it used and
// the bytes of p it wrote.
func (u *utf16Reader) decode(p []byte) (used, n int) {
	for used+2 <= u.have && n+utf8.UTFMax <= len(p) {
		r, size := rune(u.order.Uint16(u.in[used:])), 2
		if utf16.IsSurrogate(r) {
			if r, size = u.surrogate(used); size == 0 {
				break
			}
		}
		n += utf8.EncodeRune(p[n:], r)
		used += size
	}
	if u.err != nil && u.have-used == 1 {
		used++ // half a character at the end of input
	}
	return used, n
}

// surrogate decodes the pair at in[at:]; half a pair is the replacement
// character, and size is 0 when the other half has not been read yet.
func (u *utf16Reader) surrogate(at int) (r rune, size int) {
	if at+4 > u.have {
		if u.err == nil {
			return 0, 0
		}
		return utf8.RuneError, 2
	}
	r = utf16.DecodeRune(rune(u.order.Uint16(u.in[at:])), rune(u.order.Uint16(u.in[at+2:])))
	if r == utf8.RuneError {
		return r, 2
	}
	return r, 4
}

// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
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

// A mixedReader turns text of which some lines are UTF-16 and others are not
// into text of one kind: PowerShell and cmd append to the same file in two
// ways. Which it is, it finds out where a line begins.
type mixedReader struct {
	in     *bufio.Reader
	order  binary.ByteOrder
	narrow bool // the current line is not UTF-16
	inside bool // the current line is longer than the buffer and continues
	out    []byte
	err    error
	odd    bool // a byte is missing or superfluous: the rest is read one byte off
}

func (m *mixedReader) Read(p []byte) (int, error) {
	for len(m.out) == 0 {
		if m.err != nil {
			return 0, m.err
		}
		m.fill()
	}
	n := copy(p, m.out)
	m.out = m.out[n:]
	return n, nil
}

// fill reads a line, or a part of one.
func (m *mixedReader) fill() {
	if !m.inside {
		m.look()
	}
	if !m.narrow {
		m.out, m.inside, m.err = wideLine(m.in, m.order, m.out[:0])
		if last, _ := m.in.Peek(2); m.err != nil && len(last) == 1 && last[0] > ' ' {
			m.odd = true // the input ends with half a character
		}
		m.odd = m.odd || crosswise(m.out)
		return
	}
	line, err := m.in.ReadSlice('\n')
	m.out = append(m.out[:0], line...)
	m.inside = errors.Is(err, bufio.ErrBufferFull)
	if !m.inside {
		m.err = err
	}
}

// crosswise reports whether decoded text has several characters in a row of
// which the halves, in the other order, are ASCII: no language writes those.
func crosswise(text []byte) bool {
	const several = 4
	n := 0
	for _, r := range string(text) {
		if r&0xFF != 0 || r>>8 < ' ' || r>>8 > '~' {
			n = 0
			continue
		}
		if n++; n == several {
			return true
		}
	}
	return false
}

// look tells the encoding of the line that begins here.
func (m *mixedReader) look() {
	start, _ := m.in.Peek(8)
	switch enc, mark := sniff(start); {
	case enc == utf16LE:
		m.order, m.narrow = binary.LittleEndian, false
		_, _ = m.in.Discard(mark)
	case enc == utf16BE:
		m.order, m.narrow = binary.BigEndian, false
		_, _ = m.in.Discard(mark)
	case len(start) > 0 && asciiText(start):
		m.narrow = true
	}
}

// asciiText reports whether b is printable ASCII. Eight such bytes in a row
// begin no line of UTF-16 in any language that netstat speaks.
func asciiText(b []byte) bool {
	for _, c := range b {
		if c >= 0x7F || c < 0x20 && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// longestPart is how much of a line wideLine decodes at a time.
const longestPart = 8 << 10

// wideLine appends a decoded line of UTF-16 to out, or a part of a line, as more says.
func wideLine(in *bufio.Reader, order binary.ByteOrder, out []byte) (line []byte, more bool, err error) {
	for len(out) < longestPart {
		unit, err := in.Peek(2)
		if err != nil { // half a character is left
			return out, false, err
		}
		r := rune(order.Uint16(unit))
		_, _ = in.Discard(2)
		if utf16.IsSurrogate(r) {
			r = lowSurrogate(in, order, r)
		}
		out = utf8.AppendRune(out, r)
		if r == '\n' {
			return out, false, nil
		}
	}
	return out, true, nil
}

// lowSurrogate completes the pair that began with high; half a pair is the
// replacement character.
func lowSurrogate(in *bufio.Reader, order binary.ByteOrder, high rune) rune {
	unit, err := in.Peek(2)
	if err != nil {
		return utf8.RuneError
	}
	r := utf16.DecodeRune(high, rune(order.Uint16(unit)))
	if r != utf8.RuneError {
		_, _ = in.Discard(2)
	}
	return r
}

// reencoded goes on with a decoder when a line turns out to be UTF-16 in a text
// that was none so far. It reports whether it did; raw is then read again.
func (rd *Reader) reencoded(raw []byte) bool {
	if rd.rest != nil || rd.lines.mixed || !alternates(raw, 1) && !alternates(raw, 0) {
		return false
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if raw[0] == 0 {
		order = binary.BigEndian
	}
	start := append(bytes.Clone(raw), '\n')
	rd.result.Lines--
	rd.decodeFrom(start, order)
	return true
}

// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"errors"
	"io"
)

// bufferSize is the memory that reading needs, and the longest line that can
// be read. Larger buffers are not faster: 64 KiB to 1 MiB measure the same.
const bufferSize = 128 << 10

// lineReader hands out lines in a buffer of fixed size.
type lineReader struct {
	r       io.Reader
	buf     []byte
	unread  []byte // the part of buf that is read from r and not handed out
	err     error  // from r; io.EOF at the end
	mixed   bool   // r decodes already
	tooLong bool   // the line last handed out is cut, the rest was skipped
}

func newLineReader(r io.Reader, size int) *lineReader {
	return &lineReader{r: r, buf: make([]byte, size)}
}

// next returns the next line without its line ending; the slice is good until
// the next call, and the caller may write to it. ok is false at the end of
// input or on an error, which is then in err.
func (l *lineReader) next() (line []byte, ok bool) {
	l.tooLong = false
	seen := 0
	for {
		if i := bytes.IndexByte(l.unread[seen:], '\n'); i >= 0 {
			line, l.unread = l.unread[:seen+i], l.unread[seen+i+1:]
			return trimCR(line), true
		}
		if l.err != nil {
			return l.last()
		}
		if len(l.unread) == len(l.buf) {
			if line, ok = l.pieces(); ok {
				return line, true
			}
			return l.cut(), true
		}
		seen = len(l.unread)
		l.fill()
	}
}

// pieces returns the part of a buffer without a line ending that ends at what
// ends lines elsewhere, see piece.
func (l *lineReader) pieces() (line []byte, ok bool) {
	i := bytes.LastIndexByte(l.unread, '\r')
	width := 1
	if i < 0 {
		i, width = bytes.LastIndex(l.unread, []byte("\u2028")), len("\u2028")
	}
	if i <= 0 {
		return nil, false
	}
	line, l.unread = l.unread[:i], l.unread[i+width:]
	return line, true
}

// last returns what follows the last line ending.
func (l *lineReader) last() (line []byte, ok bool) {
	line, l.unread = l.unread, nil
	return trimCR(line), len(line) > 0
}

// cut returns the start of a line that does not fit, and skips the rest of it.
// The start is good although the rest is read into the same buffer, because
// the rest goes after it.
func (l *lineReader) cut() []byte {
	const shown = 256
	l.tooLong = true
	rest := l.buf[shown:]
	for l.err == nil {
		n := l.read(rest)
		if i := bytes.IndexByte(rest[:n], '\n'); i >= 0 {
			l.unread = rest[i+1 : n]
			return l.buf[:shown]
		}
	}
	l.unread = nil
	return l.buf[:shown]
}

// fill moves what is unread to the start of the buffer and reads more.
func (l *lineReader) fill() {
	n := copy(l.buf, l.unread)
	l.unread = l.buf[:n+l.read(l.buf[n:])]
}

// read reads at least one byte into p, or sets err.
func (l *lineReader) read(p []byte) int {
	for range maxEmptyReads {
		n, err := l.r.Read(p)
		if n > 0 || err != nil {
			l.err = err
			return n
		}
	}
	l.err = io.ErrNoProgress
	return 0
}

// maxEmptyReads is how often a reader may return nothing and no error, as in
// package bufio.
const maxEmptyReads = 100

// failed returns the error that ended the input, nil when it was its end.
func (l *lineReader) failed() error {
	if errors.Is(l.err, io.EOF) {
		return nil
	}
	return l.err
}

// peek returns up to n bytes of the start of the input. It is for before the
// first next.
func (l *lineReader) peek(n int) []byte {
	for l.err == nil && len(l.unread) < n {
		l.fill()
	}
	return l.unread[:min(n, len(l.unread))]
}

func trimCR(line []byte) []byte {
	for len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	return line
}

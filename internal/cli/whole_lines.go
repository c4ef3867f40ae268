// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"io"
)

// outputBuffer is how many bytes are collected before they are written.
const outputBuffer = 32 << 10

// wholeLines buffers output and never writes a part of a line, however a command
// ends: the part of an answer that was written is readable. After an error it writes
// nothing more.
type wholeLines struct {
	to   io.Writer
	buf  []byte
	ends int // offset after the last complete line in buf
	err  error
}

func newWholeLines(to io.Writer) *wholeLines {
	return &wholeLines{to: to, buf: make([]byte, 0, outputBuffer)}
}

// Write buffers text, and passes on complete lines if there are many.
func (w *wholeLines) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if len(w.buf)+len(p) > outputBuffer && w.ends > 0 {
		if err := w.pass(w.ends); err != nil {
			return 0, err
		}
	}
	if end := bytes.LastIndexByte(p, '\n') + 1; end > 0 {
		w.ends = len(w.buf) + end
	}
	w.buf = append(w.buf, p...)
	return len(p), nil
}

// Flush passes everything on.
func (w *wholeLines) Flush() error {
	if w.err != nil || len(w.buf) == 0 {
		return w.err
	}
	return w.pass(len(w.buf))
}

// pass writes the first n bytes, and keeps the rest.
func (w *wholeLines) pass(n int) error {
	if _, w.err = w.to.Write(w.buf[:n]); w.err != nil {
		return w.err
	}
	w.buf = append(w.buf[:0], w.buf[n:]...)
	w.ends = 0
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A stream supplies the elements of an array of a document while it is written: a
// million groups in memory would take a gigabyte.
type stream struct {
	field string // field of the document whose array is filled
	each  iter.Seq[any]
	deep  int // how many objects and arrays of the document enclose the field
}

// indent returns the indentation of the field's line.
func (s stream) indent() string { return strings.Repeat("  ", s.deep+1) }

// streamOf makes a stream that turns each element of all into its record.
func streamOf[T, R any](field string, all []T, record func(*T) R) stream {
	return stream{field: field, each: func(yield func(any) bool) {
		for i := range all {
			if !yield(record(&all[i])) {
				return
			}
		}
	}}
}

// streamedJSON is [JSON] for a document whose arrays come from streams, in the order
// of the document.
func streamedJSON(w io.Writer, document any, streams ...stream) error {
	var b bytes.Buffer
	if err := JSON(&b, document); err != nil {
		return err
	}
	rest := b.Bytes()
	for _, s := range streams {
		// A JSON string cannot contain this sequence, because newlines in strings are
		// escaped.
		before, after, found := bytes.Cut(rest, fmt.Appendf(nil, "\n%s%q: []", s.indent(), s.field))
		if !found {
			return problem.Errorf("the document has no empty array %q", "文档中没有空数组 %q", s.field)
		}
		rest = after
		if _, err := fmt.Fprintf(w, "%s\n%s%q: [", before, s.indent(), s.field); err != nil {
			return err
		}
		if err := s.write(w); err != nil {
			return err
		}
	}
	_, err := w.Write(rest)
	return err
}

// write writes the elements and the end of the array.
func (s stream) write(w io.Writer) error {
	var b bytes.Buffer
	e := encoder(&b)
	var out []byte
	begin := "\n" + s.indent() + "  "
	before, end := begin, "]"
	for v := range s.each {
		b.Reset()
		if err := e.Encode(v); err != nil {
			return err
		}
		out = appendIndented(append(out[:0], before...), bytes.TrimSuffix(b.Bytes(), []byte("\n")), begin)
		if _, err := w.Write(out); err != nil {
			return err
		}
		before, end = ","+begin, "\n"+s.indent()+"]"
	}
	_, err := io.WriteString(w, end)
	return err
}

// A compactor removes the blanks from well-formed JSON as it is written.
type compactor struct {
	w       io.Writer
	buf     []byte
	text    bool // inside a string
	escaped bool // after a backslash
}

// Write passes on everything except blanks between tokens.
func (c *compactor) Write(p []byte) (int, error) {
	c.buf = c.buf[:0]
	for _, b := range p {
		switch {
		case c.escaped:
			c.escaped = false
		case b == '\\':
			c.escaped = true
		case b == '"':
			c.text = !c.text
		case !c.text && (b == ' ' || b == '\n'):
			continue
		}
		c.buf = append(c.buf, b)
	}
	if _, err := c.w.Write(c.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

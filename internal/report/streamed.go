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

// A stream is what stands in an array of a document, made as it is written: a
// million groups at once would take a gigabyte.
type stream struct {
	field string // of the document, where the array is empty
	each  iter.Seq[any]
	deep  int // in how many objects and arrays of the document the field is
}

// indent is what a line of the field begins with.
func (s stream) indent() string { return strings.Repeat("  ", s.deep+1) }

// streamOf makes each of them into what is written of it, one by one.
func streamOf[T, R any](field string, all []T, record func(*T) R) stream {
	return stream{field: field, each: func(yield func(any) bool) {
		for i := range all {
			if !yield(record(&all[i])) {
				return
			}
		}
	}}
}

// streamedJSON is [JSON] of a document whose arrays come from streams, in the
// order in which they stand in it.
func streamedJSON(w io.Writer, document any, streams ...stream) error {
	var b bytes.Buffer
	if err := JSON(&b, document); err != nil {
		return err
	}
	rest := b.Bytes()
	for _, s := range streams {
		// A text cannot hold this: the ends of its lines are escaped.
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

// A compactor takes the blanks out of JSON that is well formed, as it comes.
type compactor struct {
	w       io.Writer
	buf     []byte
	text    bool // within a string
	escaped bool // behind a backslash
}

// Write writes all but the blanks between words.
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

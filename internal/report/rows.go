// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"io"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// ListSchema names the JSON form of a list of sockets (docs/json.md).
const ListSchema = "tcpvitals.list/1"

// RowWriter writes sockets one by one.
type RowWriter interface {
	// Row writes one socket and keeps nothing of it.
	Row(s *socket.Socket) error
	// End writes what comes after the last socket.
	End(tail ListTail) error
}

// A Live writer can show what it has written so far.
type Live interface{ Flush() error }

// ListTail is what is known after the last socket.
type ListTail struct {
	Engine string        `json:"engine"`
	Exact  bool          `json:"exact"`
	Total  uint64        `json:"total"`
	Gaps   []problem.Gap `json:"-"`
}

// JSONRows writes one document row by row.
type JSONRows struct {
	w       *bufio.Writer
	columns []*socket.Field
	buf     []byte
	rows    int
	lines   bool // one socket per line, without an enclosing document
}

// NewJSONRows begins a document of the form [ListSchema].
func NewJSONRows(w io.Writer, columns []*socket.Field, host string, now time.Time, notes []query.Note) (*JSONRows, error) {
	j := &JSONRows{w: bufio.NewWriter(w), columns: columns}
	names := make([]string, len(columns))
	for i, f := range columns {
		names[i] = f.JSON()
	}
	head := struct {
		Schema  string       `json:"schema"`
		Time    time.Time    `json:"time"`
		Host    string       `json:"host,omitempty"`
		Notes   []query.Note `json:"filter_notes,omitempty"`
		Columns []string     `json:"columns"`
	}{ListSchema, now.UTC().Truncate(time.Millisecond), host, notes, names}
	b, err := marshal(head)
	if err != nil {
		return nil, err
	}
	_, err = j.w.Write(append(b[:len(b)-1], `,"sockets":[`...))
	return j, err
}

// NewNDJSONRows writes a line for each socket, and one {"gap":…} for each gap.
func NewNDJSONRows(w io.Writer, columns []*socket.Field) *JSONRows {
	return &JSONRows{w: bufio.NewWriter(w), columns: columns, lines: true}
}

// Row writes one socket.
func (j *JSONRows) Row(s *socket.Socket) error {
	b := j.buf[:0]
	switch {
	case j.lines:
	case j.rows > 0:
		b = append(b, ",\n"...)
	default:
		b = append(b, '\n')
	}
	j.rows++
	b = appendObject(b, j.columns, s)
	if j.lines {
		b = append(b, '\n')
	}
	j.buf = b
	_, err := j.w.Write(b)
	return err
}

// appendObject appends a socket as an object: null for an unknown value, no key for a
// value that the socket does not have.
func appendObject(b []byte, columns []*socket.Field, s *socket.Socket) []byte {
	b = append(b, '{')
	first := true
	for _, f := range columns {
		v, ok := f.Value(s)
		if ok && v.Kind() == socket.Absent {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = strconv.AppendQuote(b, f.JSON())
		b = append(b, ':')
		if !ok {
			b = append(b, "null"...)
			continue
		}
		b = AppendJSONValue(b, f, v)
	}
	return append(b, '}')
}

// AppendJSONValue appends a known, present value: numbers and bools as such, values
// that have a word as strings.
func AppendJSONValue(b []byte, f *socket.Field, v socket.Value) []byte {
	switch {
	case f.Type == socket.TypeBool:
		return strconv.AppendBool(b, v.Bool())
	case f.Type.Numeric():
		return strconv.AppendUint(b, v.Number(), 10)
	case v.Kind() == socket.String:
		return appendJSONString(b, v.Text())
	default:
		return appendJSONString(b, string(f.Append(nil, v)))
	}
}

func appendJSONString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			q, _ := marshal(s) // a string can always be marshalled
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// Flush writes the rows so far.
func (j *JSONRows) Flush() error { return j.w.Flush() }

// End writes the tail.
func (j *JSONRows) End(tail ListTail) error {
	if j.lines {
		if err := encodeGaps(encoder(j.w), Gaps(tail.Gaps)); err != nil {
			return err
		}
		return j.w.Flush()
	}
	b, err := marshal(struct {
		ListTail
		Gaps []Gap `json:"gaps"`
	}{tail, Gaps(tail.Gaps)})
	if err != nil {
		return err
	}
	_, _ = j.w.WriteString("],\n") // Flush returns the first error
	_, _ = j.w.Write(append(b[1:], '\n'))
	return j.w.Flush()
}

// CSVRows writes a line for each socket under a header (RFC 4180).
type CSVRows struct {
	w       csvWriter
	columns []*socket.Field
	record  []string
}

// NewCSVRows writes the header.
func NewCSVRows(w io.Writer, columns []*socket.Field) (*CSVRows, error) {
	c := &CSVRows{w: newCSV(w), columns: columns, record: make([]string, len(columns))}
	for i, f := range columns {
		c.record[i] = f.Name
	}
	return c, c.w.Write(c.record)
}

// Row writes one socket; an unknown value is empty.
func (c *CSVRows) Row(s *socket.Socket) error {
	for i, f := range c.columns {
		c.record[i] = ""
		if v, ok := f.Value(s); ok {
			c.record[i] = csvText(f, v)
		}
	}
	return c.w.Write(c.record)
}

// csvText prints numbers without units, as JSON does. A column of numbers has numbers
// only: a value that a socket does not have is empty there.
func csvText(f *socket.Field, v socket.Value) string {
	if v.Kind() == socket.Absent && f.Type.Numeric() {
		return ""
	}
	if v.Kind() == socket.Number && f.Type.Numeric() {
		return strconv.FormatUint(v.Number(), 10)
	}
	if v.Kind() == socket.String {
		return visible.Word(v.Text()) // an empty cell means unknown
	}
	return string(f.Append(nil, v))
}

// Flush writes the rows so far.
func (c *CSVRows) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

// End flushes.
func (c *CSVRows) End(ListTail) error {
	c.w.Flush()
	return c.w.Error()
}

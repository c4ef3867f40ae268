// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"iter"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Reader reads one listing, once. It is not safe for concurrent use.
type Reader struct {
	name  string
	input io.Reader
	lines *lineReader
	ctx   context
	line  line
	row   Row

	result   Result
	byFormat [formats]uint64 // rows and, for StateCounts, count lines
	headers  [formats]uint64 // headings; of /proc, those of tcp only
	counted  Counts          // from two-column lines
	broken   []problem.Gap   // the first broken lines

	netid        bool // ss named the protocol of a row
	proc4, proc6 bool
	control      bool // lines without meaning had control characters
	shortened    uint64
	names        uint64
}

// NewReader returns a Reader of r, which name is for messages.
func NewReader(r io.Reader, name string) *Reader {
	return &Reader{name: name, input: r}
}

// Count reads the listing r and counts its TCP sockets by state, in constant
// memory. It returns what was counted also with an error, which is an
// [*problem.InputError] when the input is no listing with TCP sockets and
// otherwise the reading error of r.
func Count(r io.Reader, name string) (Result, error) {
	rd := NewReader(r, name)
	if err := rd.open(); err != nil {
		return rd.result, err
	}
	for raw, ok := rd.lines.next(); ok; raw, ok = rd.lines.next() {
		rd.result.Lines++
		if format, state, ok := fast(raw); ok && !rd.lines.tooLong {
			rd.ctx.started = format
			rd.countFast(format, state, raw)
			continue
		}
		rd.careful(raw)
	}
	return rd.result, rd.close()
}

// countFast counts a row that the fast path has read.
func (rd *Reader) countFast(f Format, s tcp.State, raw []byte) {
	rd.byFormat[f]++
	rd.result.Counts[f.kind(s)][s]++
	switch f {
	case Proc:
		rd.procFamily(raw)
	case SS:
		rd.netid = rd.netid || raw[0] == 't'
	default: // nothing beside the count
	}
}

// procFamily notes the family of a /proc row, from the width of its address.
func (rd *Reader) procFamily(raw []byte) {
	i := bytes.IndexByte(raw, ':')
	if j := skipSpace(raw, i+1) + 8; j < len(raw) && raw[j] == ':' {
		rd.proc4 = true
		return
	}
	rd.proc6 = true
}

// open looks at the start of the input.
func (rd *Reader) open() error {
	const enough = 8 << 10
	rd.lines = newLineReader(rd.input, bufferSize)
	start := rd.lines.peek(enough)
	enc, mark := sniff(start)
	rd.lines.unread = rd.lines.unread[mark:]
	switch enc {
	case gzipped:
		return rd.unusable("is compressed", "zcat FILE and pipe the output")
	case utf16LE:
		rd.decode(binary.LittleEndian)
	case utf16BE:
		rd.decode(binary.BigEndian)
	case utf8Text:
		if bytes.IndexByte(start, 0) >= 0 {
			return rd.binary()
		}
	}
	return nil
}

// decode puts a decoder before the lines.
func (rd *Reader) decode(order binary.ByteOrder) {
	rest := io.MultiReader(bytes.NewReader(bytes.Clone(rd.lines.unread)), rd.input)
	rd.lines = newLineReader(&utf16Reader{r: rest, order: order}, bufferSize)
}

// close ends the reading: it completes the result and judges the input.
func (rd *Reader) close() error {
	if rd.rows() == 0 {
		rd.result.Counts = rd.counted
	}
	rd.result.Format = rd.format()
	if err := rd.lines.failed(); err != nil {
		rd.result.Gaps = rd.gaps()
		return fmt.Errorf("read %s: %w", rd.name, err)
	}
	if err := rd.verdict(); err != nil {
		return err
	}
	rd.result.Gaps = rd.gaps()
	rd.result.Limits = rd.result.Format.Limits()
	return nil
}

// rows is how many TCP rows were read.
func (rd *Reader) rows() uint64 {
	var n uint64
	for f, count := range rd.byFormat {
		if Format(f) != StateCounts {
			n += count
		}
	}
	return n
}

// format is that of most rows; counts are a format only without rows.
func (rd *Reader) format() Format {
	if rd.rows() == 0 {
		if rd.byFormat[StateCounts] > 0 {
			return StateCounts
		}
		return rd.ctx.started
	}
	best := Netstat
	for f, n := range rd.byFormat {
		if Format(f) != StateCounts && n > rd.byFormat[best] {
			best = Format(f)
		}
	}
	return best
}

// careful reads any line and notes what it is.
func (rd *Reader) careful(raw []byte) {
	l := &rd.line
	if rd.lines.tooLong {
		l.class = blank
		rd.brokenLine(fmt.Sprintf("it is longer than %d bytes", len(rd.lines.buf)), raw)
		return
	}
	l.classify(raw, &rd.ctx)
	switch l.class {
	case row:
		rd.byFormat[l.format]++
		rd.result.Counts[l.kind][l.state]++
		rd.noteRow()
	case count:
		rd.byFormat[StateCounts]++
		rd.counted[StateCounts.kind(l.state)][l.state] += l.number
	case header:
		rd.noteHeader()
	case broken:
		rd.brokenLine(l.why, l.line)
	case text:
		rd.result.Ignored.Text++
		rd.control = rd.control || hasControl(l.line)
	case blank:
	default:
		rd.ignore(l.class)
	}
}

func (rd *Reader) ignore(c class) {
	i := &rd.result.Ignored
	switch c {
	case otherUDP:
		i.UDP++
	case otherUnix:
		i.Unix++
	case otherRaw:
		i.Raw++
	default:
		i.Other++
	}
}

// noteRow keeps what verdict and gaps need to know of a row.
func (rd *Reader) noteRow() {
	l := &rd.line
	switch l.format {
	case Proc:
		if len(l.at[procLocal]) > 8+5 {
			rd.proc6 = true
			return
		}
		rd.proc4 = true
	case SS:
		rd.netid = rd.netid || l.local == 4
	default: // the row has told all by its count
	}
}

// noteHeader counts the headings with the column names, of which every listing
// has one, and the two files of /proc one each.
func (rd *Reader) noteHeader() {
	l := &rd.line
	switch {
	case !l.columns:
	case l.format == Proc && string(l.get(2)) == "remote_address": // tcp6
		rd.proc6 = true
	case l.format == Proc:
		rd.proc4 = true
		rd.headers[Proc]++
	default:
		rd.headers[l.format]++
	}
}

// hasControl reports whether b has characters that no text has.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\f' && c != '\r' && c != '\b' || c == 0x7F {
			return true
		}
	}
	return false
}

// Row is one TCP socket of a listing.
type Row struct {
	Socket socket.Socket
	Line   uint64 // its number in the listing, from 1
	// Columns is what this row shows; the rest of Socket is zero and unknown.
	Columns Columns
	PID     uint32 // of the first process that is named; 0 when none is
	// Process is the name of that process, nil when none is named. It is good
	// until the next row.
	Process []byte
}

// Rows yields every TCP socket of the listing. The row is reused: copy it to
// keep it. Fields that the listing does not show are zero; an address that is
// a name, or cut short, is invalid and its port is kept when it is a number.
// An error ends the sequence; it comes with a nil row and is that of [Count],
// or says that the input is counts without rows. Broken lines are no error,
// they are in the Result.
func (rd *Reader) Rows() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if err := rd.open(); err != nil {
			yield(nil, err)
			return
		}
		for raw, ok := rd.lines.next(); ok; raw, ok = rd.lines.next() {
			rd.result.Lines++
			rd.careful(raw)
			if rd.line.class != row {
				continue
			}
			rd.fill()
			if !yield(&rd.row, nil) {
				return
			}
		}
		if err := rd.close(); err != nil {
			yield(nil, err)
			return
		}
		if rd.result.Format == StateCounts {
			yield(nil, rd.unusable("has counts by state and no rows: addresses, ports and owners are not in it",
				"give it the listing itself: "+wanted))
		}
	}
}

// Result returns what was read. It is complete when [Reader.Rows] has ended.
func (rd *Reader) Result() Result { return rd.result }

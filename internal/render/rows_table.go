// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// measured is how many rows a table collects to find its column widths. Later rows
// that are wider push their line to the right.
const measured = 500

// TableRows prints sockets in columns. Numbers are right-aligned.
type TableRows struct {
	w       *bufio.Writer
	columns []*socket.Field
	widths  []int
	waiting [][]string // rows kept until the widths are known
	flowing bool
	live    bool // rows are changes, not sockets
	names   Names
	lang    knowledge.Lang
}

// NewTableRows begins a table.
func NewTableRows(w io.Writer, columns []*socket.Field, lang knowledge.Lang) *TableRows {
	t := &TableRows{w: bufio.NewWriter(w), columns: columns, lang: lang}
	for _, f := range columns {
		t.widths = append(t.widths, Width(f.Name))
	}
	return t
}

// Names are those of hosts and of services, as others chose them.
type Names interface {
	Host(netip.Addr) (name string, ok bool)
	Service(port uint16) (name string, ok bool)
}

// Named shows rows that come now with names in place of addresses and ports.
func (t *TableRows) Named(names Names) { t.names = names }

// cell is a value as text, or the name of the address or port that it is.
func (t *TableRows) cell(f *socket.Field, s *socket.Socket) string {
	v, ok := f.Value(s)
	if t.names == nil || !ok || v.Kind() == socket.Absent {
		return cellText(f, s)
	}
	name := ""
	switch f.Type {
	case socket.TypeAddress:
		name, ok = t.names.Host(v.Addr())
	case socket.TypePort:
		name, ok = t.names.Service(uint16(v.Number()))
	default:
		ok = false
	}
	if !ok {
		return cellText(f, s)
	}
	return visible.Word(name)
}

// Live sets usual column widths, for rows that are shown as they come.
func (t *TableRows) Live() {
	t.live = true
	for i, f := range t.columns {
		t.widths[i] = max(t.widths[i], usualWidth(f))
	}
}

// usualWidth is the width of most values of a field.
func usualWidth(f *socket.Field) int {
	switch f.Type {
	case socket.TypeState:
		return len("ESTABLISHED")
	case socket.TypeAddress:
		return len("192.168.100.100")
	case socket.TypeEndpoint:
		return len("192.168.100.100:65535")
	case socket.TypeTime:
		return len(clockLayout)
	case socket.TypePort:
		return len("65535")
	case socket.TypeDuration:
		return len("123.456ms")
	case socket.TypeEnum:
		widest := 0
		for _, w := range f.Words {
			widest = max(widest, len(w))
		}
		return widest
	case socket.TypeString:
		return len("fifteen letters") // the length of a process's name
	default:
		return 0
	}
}

// Flush shows the rows so far.
func (t *TableRows) Flush() error {
	switch {
	case t.flowing:
		return t.w.Flush()
	case len(t.waiting) > 0:
		return t.flow()
	default:
		return nil
	}
}

// Row writes one socket.
func (t *TableRows) Row(s *socket.Socket) error {
	cells := make([]string, len(t.columns))
	for i, f := range t.columns {
		cells[i] = t.cell(f, s)
	}
	if t.flowing {
		return t.line(cells)
	}
	for i, c := range cells {
		t.widths[i] = max(t.widths[i], Width(c))
	}
	t.waiting = append(t.waiting, cells)
	if len(t.waiting) < measured {
		return nil
	}
	return t.flow()
}

// clockLayout is the format of times: local time without the day.
const clockLayout = "15:04:05.000"

// cellText returns the text of one value: "-" if the socket has none.
func cellText(f *socket.Field, s *socket.Socket) string {
	v, ok := f.Value(s)
	switch {
	case !ok:
		return UnknownText
	case v.Kind() == socket.Absent:
		return "-"
	case f.Type == socket.TypeTime:
		return time.Unix(0, int64(v.Number())).Format(clockLayout)
	case v.Kind() == socket.String:
		return visible.Word(v.Text())
	default:
		return visible.Text(string(f.Append(nil, v)))
	}
}

// flow writes the header and the collected rows.
func (t *TableRows) flow() error {
	t.flowing = true
	header := make([]string, len(t.columns))
	for i, f := range t.columns {
		header[i] = f.Name
	}
	if err := t.line(header); err != nil {
		return err
	}
	for _, cells := range t.waiting {
		if err := t.line(cells); err != nil {
			return err
		}
	}
	t.waiting = nil
	return t.w.Flush()
}

func (t *TableRows) line(cells []string) error {
	var b strings.Builder
	for i, c := range cells {
		b.WriteString(" ")
		if t.columns[i].Type.Numeric() {
			b.WriteString(strings.Repeat(" ", max(0, t.widths[i]-Width(c))) + c)
		} else if i == len(cells)-1 {
			b.WriteString(c)
		} else {
			b.WriteString(Pad(c, t.widths[i]))
		}
		b.WriteString(" ")
	}
	_, err := t.w.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	return err
}

// End writes how many rows there were, and what could not be read.
func (t *TableRows) End(tail report.ListTail) error {
	if tail.Total > 0 && !t.flowing {
		if err := t.flow(); err != nil {
			return err
		}
	}
	words := tableWords(t.lang)
	counted := words.selected
	if t.live {
		counted = words.changes
	}
	_, _ = fmt.Fprintf(t.w, " "+counted+" · %s\n", knowledge.Grouped(tail.Total), plural(tail.Total), visible.Text(tail.Engine))
	for _, g := range tail.Gaps {
		_, _ = t.w.WriteString(" " + gapLine(g, t.lang) + "\n")
	}
	return t.w.Flush()
}

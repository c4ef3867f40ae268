// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// FuzzReader gives whole inputs to Count and Rows and checks what must hold of
// any: they agree, every line is in one class, and no state is unknown.
func FuzzReader(f *testing.F) {
	for _, tt := range samples {
		f.Add(readSeed(f, tt.file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		counted, errCount := Count(bytes.NewReader(data), "x")
		rd := NewReader(bytes.NewReader(data), "x")
		var rows Counts
		var errRows error
		for row, err := range rd.Rows() {
			if err != nil {
				errRows = err
				break
			}
			if s := row.Socket.State; !s.Valid() || s == tcp.NewSynRecv {
				t.Fatalf("state %v", s)
			}
			rows[row.Socket.Kind][row.Socket.State]++
		}
		if counted.Format == StateCounts {
			return
		}
		if (errCount == nil) != (errRows == nil) || rows != counted.Counts {
			t.Fatalf("Count: %s %v\nRows: %s %v", summary(&counted.Counts), errCount, summary(&rows), errRows)
		}
		r := rd.Result()
		if r.Lines < rows.Total()+r.Ignored.rows()+r.Ignored.Text+r.Broken {
			t.Fatalf("%+v has more rows than lines", r)
		}
	})
}

// FuzzLines cuts lines with a small buffer and compares with package bytes.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\nlast"), 1)
	f.Add([]byte("short\n"+strings.Repeat("x", 2000)+"\nshort again\n"), 7)
	f.Add(bytes.Repeat([]byte("y"), 1024), 512)
	f.Fuzz(func(t *testing.T, data []byte, chunk int) {
		const size = 512
		l := newLineReader(&chunks{data, 1 + chunk&0x3FF}, size)
		want := bytes.Split(data, []byte("\n"))
		if len(want[len(want)-1]) == 0 {
			want = want[:len(want)-1]
		}
		for i, w := range want {
			got, ok := l.next()
			if !ok {
				t.Fatalf("%d lines, want %d", i, len(want))
			}
			if l.tooLong {
				if len(w) < size || !bytes.HasPrefix(w, got) {
					t.Fatalf("line %d of %d bytes is too long: %q", i+1, len(w), got)
				}
				continue
			}
			if len(w) > size || !bytes.Equal(got, trimCR(w)) {
				t.Fatalf("line %d: %q, want %q", i+1, got, w)
			}
		}
		if got, ok := l.next(); ok {
			t.Fatalf("one line too many: %q", got)
		}
	})
}

// chunks is a reader of so many bytes at a time.
type chunks struct {
	data []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.size)], c.data)
	c.data = c.data[n:]
	return n, nil
}

// FuzzAddress holds the parsers of addresses equal to those of net/netip.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "::1", "::", "fd00:77::5678", "::ffff:10.0.0.1", "1:2:3:4:5:6:7:8", "1::", "01.2.3.4", ":1", "1:2:3:4:5:6:7::", "::1.2.3.256", "1:2:3:4:5:6:1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, "%[]") {
			return
		}
		want, err := netip.ParseAddr(s)
		got, ok := parseAddress([]byte(s))
		if ok != (err == nil) || got != want {
			t.Fatalf("%q = %v %v, net/netip: %v %v", s, got, ok, want, err)
		}
	})
}

// FuzzUTF16 decodes in awkward pieces and compares with unicode/utf16.
func FuzzUTF16(f *testing.F) {
	f.Add([]byte("T\x00C\x00P\x00"), 1, false)
	f.Add([]byte("\xd8\x3d\xde\x00\x00\x0a\xd8\x3d\x00\x0a\xd8"), 3, true)
	f.Fuzz(func(t *testing.T, data []byte, chunk int, bigEndian bool) {
		var order binary.ByteOrder = binary.LittleEndian
		if bigEndian {
			order = binary.BigEndian
		}
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = order.Uint16(data[2*i:])
		}
		want := string(utf16.Decode(units))
		got, err := io.ReadAll(&utf16Reader{r: &chunks{data, 1 + chunk&0xFF}, order: order})
		if err != nil || string(got) != want {
			t.Fatalf("%q %v, want %q", got, err, want)
		}
	})
}

func readSeed(f *testing.F, file string) []byte {
	f.Helper()
	var data []byte
	for _, l := range bytes.SplitAfter(read(f, file), []byte("\n")) {
		if len(data)+len(l) > 1500 { // small seeds find more
			break
		}
		data = append(data, l...)
	}
	return data
}

// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
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
		if r.Lines+rd.extra < rows.Total()+r.Ignored.rows()+r.Ignored.Text+r.Broken {
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
			if len(w) >= size && bytes.ContainsAny(w, "\r\u2028") {
				return // where a buffer has no end of a line, others are taken
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
		in := bufio.NewReaderSize(&chunks{data, 1 + chunk&0xFF}, 16)
		var got []byte
		for err := error(nil); err == nil; {
			var part []byte
			part, _, err = wideLine(in, order, nil)
			got = append(got, part...)
		}
		if string(got) != want {
			t.Fatalf("%q, want %q", got, want)
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

// plainRow is a row of netstat or ss as the tools print it, and nothing else.
var plainRow = regexp.MustCompile(`^(?:tcp6? +[0-9]+ +[0-9]+ +[0-9]+[.][0-9.]+:[0-9]+ +[0-9]+[.][0-9.]+:[0-9*]+ +([A-Z_]*[A-Z0-9]) *|([A-Z-]*[A-Z12]) +[0-9]+ +[0-9]+ +[0-9]+[.][0-9.]+:[0-9]+ +[0-9]+[.][0-9.]+:[0-9*]+ *)$`)

// inTwoWords is the name of a state with more than a low line or a dash between its
// words, as people write it; what ends a sentence is not between them.
var inTwoWords = regexp.MustCompile(`(?i)(?:time|close|fin|syn|last)[^A-Za-z0-9\n-]{0,3}[^A-Za-z0-9_\n-][^A-Za-z0-9\n-]{0,3}(?:wait|sent|rec|rcv|ack)`)

// endsSentence is a mark with a blank after it.
var endsSentence = regexp.MustCompile(`[^A-Za-z0-9_\\ \t-][ \t]`)

// slowly reads what is plain in a text, in the simplest way: it is slow and
// leaves out whatever is not plain. words is how many states the text names.
func slowly(text string) (plain Counts, words uint64) {
	for l := range strings.SplitSeq(text, "\n") {
		m := plainRow.FindStringSubmatch(strings.TrimSuffix(l, "\r"))
		if m == nil {
			continue
		}
		if s, ok := tcp.ParseBytes([]byte(m[1] + m[2])); ok && (m[2] == "" || s != tcp.Close) {
			plain[0][s.Reported()]++
		}
	}
	words += uint64(len(regexp.MustCompile(`(?i)"state"\s*:\s*"?\d`).FindAllString(text, -1))) // PowerShell's numbers
	for _, name := range inTwoWords.FindAllString(text, -1) {
		if !endsSentence.MatchString(name) {
			words++
		}
	}
	for _, w := range regexp.MustCompile(`[^A-Za-z_0-9-]+`).Split(text, -1) {
		if translation([]byte(strings.ToUpper(w))) != 0 {
			words++
			continue
		}
		for i := 0; i < len(w); i++ { // a state may be glued to something
			for n := 2; n <= 16 && i+n <= len(w); n++ {
				if _, ok := tcp.ParseBytes([]byte(w[i : i+n])); ok {
					words++
					i += n - 1
					break
				}
			}
		}
	}
	return plain, words
}

// slowlyCounted reads what is plain in a text of counts: one object of JSON whose
// keys are states, a heading of states with its row, and names with their counts
// below. It returns the most of what one of them says.
func slowlyCounted(text string) (plain [tcp.Bound + 1]uint64) {
	if strings.Contains(text, "ss ") || strings.Contains(text, "udp") {
		return plain // it may be of another protocol
	}
	take := func(name string, n uint64) {
		if s, ok := tcp.ParseBytes([]byte(name)); ok && name == s.String() && n < most {
			plain[s] = max(plain[s], n)
		}
	}
	var object map[string]uint64
	if json.Unmarshal([]byte(text), &object) == nil {
		for name, n := range object {
			take(name, n)
		}
	}
	lines := strings.Split(text, "\n")
	for i := range lines[:len(lines)-1] {
		names, numbers := strings.Split(lines[i], ","), strings.Split(lines[i+1], ",")
		name, isName := strings.CutPrefix(lines[i], "Name : ")
		number, isNumber := strings.CutPrefix(lines[i+1], "Count : ")
		if isName && isNumber {
			names, numbers = []string{name}, []string{number}
		}
		if len(names) != len(numbers) || len(names) < 2 && !isName {
			continue
		}
		for k := range names {
			if n, err := strconv.ParseUint(numbers[k], 10, 32); err == nil && n > 0 && numbers[k][0] != '0' {
				take(names[k], n)
			}
		}
	}
	return plain
}

// FuzzLoss holds the reader to a slow and simple one: there are never more rows
// than states in the text, and when nothing is said to be lost, every plain row
// was counted.
func FuzzLoss(f *testing.F) {
	for _, tt := range samples {
		f.Add(string(readSeed(f, tt.file)))
	}
	for _, p := range slices.Concat(inOtherCharacters(), ofOtherTools(), ofCounts(), ofSomethingElse()) {
		f.Add(p.text)
	}
	for _, d := range damaged {
		f.Add(d.heading + strings.Join(d.rows[:], "\n"))
	}
	for _, l := range layouts() {
		all, _ := shapedData(&l, tcp.TimeWait)
		f.Add(l.write(all))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range text {
			if c != '\n' && c != '\t' && c != '\r' && (c < ' ' || c > '~') {
				return // the slow reader knows ASCII alone
			}
		}
		got, err := Count(strings.NewReader(text), "x")
		if err != nil {
			return
		}
		if got.Format == StateCounts {
			for s, want := range slowlyCounted(text) {
				if have := got.Counts.Of(tcp.State(s)); have < want && got.Whole() {
					t.Fatalf("%s: %d, and %d are plain to see: %q", tcp.State(s), have, want, text)
				}
			}
			return
		}
		plain, words := slowly(text)
		if total := got.Counts.Total(); total > words {
			t.Fatalf("%d rows in a text with %d states: %q", total, words, text)
		}
		for s := range tcp.AllStates.All() {
			if have, want := got.Counts.Of(s), plain.Of(s); have < want && got.Whole() {
				t.Fatalf("%s: %d, and %d rows are plain to see: %q", s, have, want, text)
			}
		}
	})
}

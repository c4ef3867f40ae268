// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/listing/listingtest"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestHowToGenerated counts the sample of the old how-to as 18,846 rows.
func TestHowToGenerated(t *testing.T) {
	n := listingtest.Total(listingtest.HowTo())
	if n != 18846 {
		t.Fatalf("the how-to has 18,846 connections, not %d", n)
	}
	for style, format := range map[listingtest.Style]Format{listingtest.Netstat: Netstat, listingtest.SS: SS, listingtest.Proc: Proc} {
		got, err := Count(bytes.NewReader(generated(t, style, n)), "howto")
		if err != nil {
			t.Fatal(err)
		}
		if s := summary(&got.Counts); s != howTo || got.Format != format || got.Broken != 0 || got.Counts.Total() != 18846 {
			t.Errorf("%s: %v, %d broken\n- %s\n+ %s", style, got.Format, got.Broken, howTo, s)
		}
	}
}

// million is a listing of a million rows: a heading, and a thousand rows a
// thousand times.
func million(t *testing.T) [][]byte {
	lines := bytes.SplitAfter(generated(t, listingtest.Netstat, 1000), []byte("\n"))
	lines = lines[:len(lines)-1] // what follows the last line ending
	heading, rows := lines[:2], lines[2:]
	return append(slices.Clone(heading), slices.Repeat(rows, 1000)...)
}

// oneBroken is a million rows, the one at broken damaged.
func oneBroken(t *testing.T, broken int, damage func([]byte) []byte) []byte {
	lines := million(t)
	lines[broken-1] = damage(slices.Clone(lines[broken-1]))
	return bytes.Join(lines, nil)
}

func TestOneBrokenLineAmongAMillion(t *testing.T) {
	const line = 654_321
	tests := map[string]struct {
		damage func([]byte) []byte
		reason string
	}{
		"state":    {func(l []byte) []byte { return append(l[:len(l)-13], "TIME_WA\xff\n"...) }, "it has no readable state"},
		"cut":      {func(_ []byte) []byte { return []byte("tcp        0      0 192.0.2.10:80\n") }, "the row ends before its state"},
		"too long": {func(_ []byte) []byte { return append(bytes.Repeat([]byte("x"), 3*bufferSize), '\n') }, "it is longer than"},
	}
	whole, err := Count(bytes.NewReader(bytes.Join(million(t), nil)), "whole")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range tests {
		data := oneBroken(t, line, tt.damage)
		got, err := Count(bytes.NewReader(data), "million")
		if err != nil {
			t.Fatal(name, err)
		}
		if got.Broken != 1 || got.Counts.Total() != 999_999 || got.Lines != whole.Lines {
			t.Errorf("%s: %d broken, %d counted, %d lines", name, got.Broken, got.Counts.Total(), got.Lines)
		}
		want := whole.Counts
		want[socket.Mini][tcp.TimeWait]-- // which is what the damaged line was
		if got.Counts != want {
			t.Errorf("%s: %s, want %s", name, summary(&got.Counts), summary(&want))
		}
		if g := got.Gaps[0]; g.Source != "line 654321" || !strings.HasPrefix(knowledge.GapReason(g), tt.reason) || len(knowledge.GapReason(g)) > 200 {
			t.Errorf("%s: gap %+v", name, g)
		}
	}
}

func TestManyBrokenLines(t *testing.T) {
	input := "tcp 0 0 10.0.0.1:1 10.0.0.2:2 LISTEN\n" + strings.Repeat("tcp 0 0 10.0.0.1:1 10.0.0.2:2 NONSENSE\n", 25)
	got, err := Count(strings.NewReader(input), "many")
	if err != nil {
		t.Fatal(err)
	}
	broken, others := split(got)
	if got.Broken != 25 || len(broken) != 10 || broken[0] != "line 2" || broken[9] != "line 11" || others[0] != "lines after those" {
		t.Errorf("%d broken, gaps %q %q", got.Broken, broken, others)
	}
	if g := got.Gaps[10]; knowledge.GapReason(g) != "and 15 more that cannot be read" {
		t.Errorf("gap %+v", g)
	}
}

// TestBrokenOrNot draws the line between rows that cannot be read and text.
func TestBrokenOrNot(t *testing.T) {
	const before, after = "prose\n", "tcp 0 0 10.0.0.1:1 10.0.0.2:2 LISTEN\n"
	tests := []struct {
		before, line string
		broken       bool
	}{
		{after, "tcp 0 0 10.0.0.1:1 10.0.0.2:2", true},
		{before, "tcp 0 0 10.0.0.1:1 10.0.0.2:2", true},
		{before, "tcp 0", true},
		{before, "tcp", false},
		{after, "tcp", true},
		{before, "TCP is a protocol", false},
		{before, "tcp 443 is open", false},
		{after, "tcp 443 is open", true},
		{before, "  TCP    0.0.0.0:135  0.0.0.0:0  GELAUSCHT", true},
		{before, "  TCP    0.0.0.0:135", true},
		{before, "tcp ESTAB 0 0 10.0.0.1:22", true},
		{before, "ESTAB 0 0 10.0.0.1:22", true},
		{before, "CLOSING remarks follow here", false},
		{before, "1: 0100007F:0016 00000000:0000 XX 0", true},
		{before, "1: 0100007F:0016 00000000:0000", true},
		{before, "1: first point of my list", false},
		{before, "10.0.0.1 80 10.0.0.2 81 Nonsense", true},
		{before, "tcpdump: listening on eth0", false},
		{before, "Tcp: 5 active connection openings", false},
		{before, "established connections: 5 of 7", false},
		{after, "$ netstat -ant", false},
		{after, "NONSENSE 0 0 10.0.0.1:22 10.0.0.2:5", true},
		{before, "NONSENSE 0 0 10.0.0.1:22 10.0.0.2:5", true},
		{"ESTAB 0 0 10.0.0.1:22 10.0.0.2:5\n", "NONSENSE 0 0 10.0.0.1:22 10.0.0.2:5", true},
	}
	for _, tt := range tests {
		rd := NewReader(strings.NewReader(tt.before+tt.line+"\n"), "x")
		for _, err := range rd.Rows() {
			if err != nil {
				break // the verdict on the whole; the lines have been read
			}
		}
		if got := rd.Result().Broken == 1; got != tt.broken {
			t.Errorf("after %q, line %q: broken = %v, want %v", tt.before, tt.line, got, tt.broken)
		}
	}
}

// TestVerdict checks what is said of input that cannot be used.
func TestVerdict(t *testing.T) {
	elf := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 600)...)
	tests := []struct {
		name  string
		input []byte
		msg   string
	}{
		{"nothing", nil, "is empty"},
		{"blank lines", []byte("\n \n\r\n"), "is empty"},
		{"BOM only", []byte("\xef\xbb\xbf"), "is empty"},
		{"elf", elf, "is binary, not text"},
		{"control characters", []byte("\x01\x02\x03abc\n"), "is binary, not text"},
		{"gzip", []byte("\x1f\x8b\x08\x00abc"), "is compressed"},
		{"prose", []byte("Dear all,\nit is slow.\n"), "is not a listing of sockets: no line of it is a TCP row"},
		{"udp only", []byte("udp 0 0 0.0.0.0:53 0.0.0.0:*\nudp6 0 0 :::53 :::*\n"), "has no TCP rows, only 2 udp rows"},
		{"udp and unix", []byte("udp 0 0 0.0.0.0:53 0.0.0.0:*\nunix  2  [ ]  DGRAM  12 /run/x\nunix 3 [ ] STREAM CONNECTED 5\n"), "has no TCP rows, only 1 udp and 2 unix rows"},
		{"unix of ss", []byte("LISTEN 0 128 @demo 162268 * 0\n"), "has no TCP rows, only 1 unix row"},
		{"/proc/net/udp", read(t, "proc_udp.txt"), "has no TCP rows, only 1 udp row"},
		{"ss -s", read(t, "ss_s.txt"), "is the summary of ss -s"},
		{"rows and other counts", read(t, "ticket.txt"), "has two answers in one text: 4 sockets in 2 lines of counts, and 3 rows"},
		{"ss without states", read(t, "ss_state_time_wait.txt"), "has no readable TCP row and 4 that cannot be read; line 2: there is no State column: ss leaves it out when asked for one state"},
		{"broken only", []byte("tcp 0 0 a b\n"), "has no readable TCP row and 1 that cannot be read; line 1: the row ends before its state"},
		{"a line longer than the buffer", bytes.Repeat([]byte("y"), 3*bufferSize), "has no readable TCP row and 1 that cannot be read; line 1: it is longer than 131072 bytes"},
	}
	for _, tt := range tests {
		_, err := Count(bytes.NewReader(tt.input), "paste.txt")
		var input *problem.InputError
		if !errors.As(err, &input) {
			t.Errorf("%s: error %v, want an InputError", tt.name, err)
			continue
		}
		if input.Name != "paste.txt" || !strings.HasPrefix(input.Msg, tt.msg) || input.Hint == "" {
			t.Errorf("%s: %q (hint %q), want %q", tt.name, input.Msg, input.Hint, tt.msg)
		}
	}
}

// TestHeadingOnly is an idle machine: a listing, with nothing in it.
func TestHeadingOnly(t *testing.T) {
	for format, input := range map[Format]string{
		Netstat: "Active Internet connections (w/o servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State      \n",
		SS:      "State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n",
		Proc:    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
	} {
		got, err := Count(strings.NewReader(input), "idle")
		if err != nil || got.Format != format || got.Counts.Total() != 0 || len(got.Gaps) == 0 {
			t.Errorf("%v: %+v, %v", format, got, err)
		}
	}
}

func TestRowsOfCounts(t *testing.T) {
	var got error
	for row, err := range NewReader(bytes.NewReader(read(t, "howto_counts.txt")), "howto").Rows() {
		if row != nil {
			t.Errorf("row %+v", row)
		}
		got = err
	}
	var input *problem.InputError
	if !errors.As(got, &input) || !strings.Contains(input.Msg, "counts by state and no rows") {
		t.Errorf("error %v", got)
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	r := io.MultiReader(bytes.NewReader(generated(t, listingtest.Netstat, 5000)), iotest.ErrReader(broken))
	got, err := Count(r, "x")
	if !errors.Is(err, broken) || got.Counts.Total() != 5000 {
		t.Errorf("%d counted, error %v", got.Counts.Total(), err)
	}
}

// stuck is a reader that never reads and never fails.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestNoProgress(t *testing.T) {
	for _, before := range []string{"", "tcp", strings.Repeat("x", 2*bufferSize)} {
		_, err := Count(io.MultiReader(strings.NewReader(before), stuck{}), "x")
		if !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("after %d bytes: error %v", len(before), err)
		}
	}
}

// TestChunks reads samples in pieces of every awkward size.
func TestChunks(t *testing.T) {
	for _, file := range []string{"netstat_an.txt", "powershell_utf16.txt", "macos_an.txt", "windows_utf8bom.txt"} {
		data := read(t, file)
		want, err := Count(bytes.NewReader(data), "x")
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]io.Reader{
			"one byte":      iotest.OneByteReader(bytes.NewReader(data)),
			"half":          iotest.HalfReader(bytes.NewReader(data)),
			"data with EOF": iotest.DataErrReader(bytes.NewReader(data)),
		} {
			got, err := Count(r, "x")
			if err != nil || got.Counts != want.Counts || got.Lines != want.Lines || got.Ignored != want.Ignored {
				t.Errorf("%s by %s: %+v, want %+v (%v)", file, name, got, want, err)
			}
		}
	}
}

func TestLastLineWithoutNewline(t *testing.T) {
	got, err := Count(strings.NewReader("tcp 0 0 10.0.0.1:1 10.0.0.2:2 LISTEN\ntcp 0 0 10.0.0.1:1 10.0.0.2:2 ESTABLISHED"), "x")
	if err != nil || summary(&got.Counts) != "ESTABLISHED 1, LISTEN 1" || got.Lines != 2 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestEveryDialect counts every spelling of every state in every format that
// uses words.
func TestEveryDialect(t *testing.T) {
	spellings := map[tcp.State][]string{
		tcp.Established: {"ESTABLISHED", "ESTAB", "Established"},
		tcp.SynSent:     {"SYN_SENT", "SYN-SENT", "SynSent"},
		tcp.SynRecv:     {"SYN_RECV", "SYN-RECV", "SYN_RCVD", "SYN_RECEIVED", "SynReceived"},
		tcp.FinWait1:    {"FIN_WAIT1", "FIN_WAIT_1", "FIN-WAIT-1", "FinWait1"},
		tcp.FinWait2:    {"FIN_WAIT2", "FIN_WAIT_2", "FIN-WAIT-2", "FinWait2"},
		tcp.TimeWait:    {"TIME_WAIT", "TIME-WAIT", "TimeWait", "time-wait"},
		tcp.CloseWait:   {"CLOSE_WAIT", "CLOSE-WAIT", "CloseWait"},
		tcp.LastAck:     {"LAST_ACK", "LAST-ACK", "LastAck"},
		tcp.Listen:      {"LISTEN", "LISTENING", "Listen"},
		tcp.Closing:     {"CLOSING", "Closing"},
		tcp.Bound:       {"BOUND", "Bound"},
	}
	rows := []string{
		"tcp 0 0 10.0.0.1:1 10.0.0.2:2 %s",
		"tcp4 0 0 10.0.0.1.1 10.0.0.2.2 %s",
		"  TCP    10.0.0.1:1 10.0.0.2:2 %s 17",
		"%s 0 0 10.0.0.1:1 10.0.0.2:2",
		"tcp %s 0 0 10.0.0.1:1 10.0.0.2:2",
		"10.0.0.1 1 10.0.0.2 2 %s",
		"%s 1",
		"1 %s",
	}
	for state, words := range spellings {
		for _, word := range words {
			for _, row := range rows {
				got, err := Count(strings.NewReader(fmt.Sprintf(row, word)), "x")
				if err != nil || got.Counts.Of(state) != 1 || got.Counts.Total() != 1 {
					t.Errorf(row+": %s, %v", word, summary(&got.Counts), err)
				}
			}
		}
	}
}

// endless gives the same listing again and again.
type endless struct {
	data []byte
	at   int
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), e.left)], e.data[e.at:])
	e.at = (e.at + n) % len(e.data)
	e.left -= n
	return n, nil
}

// runtimeNoise is how many allocations the runtime and a longer text of a gap
// may take in a whole run. One allocation a row would be hundreds more.
const runtimeNoise = 20

// TestCountAllocates holds the hot path to no allocation per line.
func TestCountAllocates(t *testing.T) {
	for _, style := range []listingtest.Style{listingtest.Netstat, listingtest.SS, listingtest.Proc} {
		data := generated(t, style, 1000)
		allocs := func(times int) float64 {
			return testing.AllocsPerRun(5, func() {
				if _, err := Count(&endless{data: data, left: times * len(data)}, "x"); err != nil {
					t.Fatal(err)
				}
			})
		}
		if few, many := allocs(2), allocs(50); many > few+runtimeNoise {
			t.Errorf("%s: %v allocations for 2,000 lines, %v for 50,000", style, few, many)
		}
	}
}

func TestRowsAllocates(t *testing.T) {
	for _, file := range []string{"netstat_antpoeW.txt", "ss_tanope.txt", "proc_tcp_tcp6.txt", "windows_ano.txt", "powershell.txt", "macos_anvW.txt"} {
		data := read(t, file)
		allocs := func(times int) float64 {
			return testing.AllocsPerRun(5, func() {
				for _, err := range NewReader(&endless{data: data, left: times * len(data)}, "x").Rows() {
					if err != nil {
						t.Fatal(err)
					}
				}
			})
		}
		if few, many := allocs(2), allocs(100); many > few+runtimeNoise {
			t.Errorf("%s: %v allocations read twice, %v read 100 times", file, few, many)
		}
	}
}

// TestConstantMemory reads 160 MB and compares the memory taken from the
// system before and after.
func TestConstantMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 160 MB: not in -short")
	}
	data := generated(t, listingtest.Netstat, 1000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := Count(&endless{data: data, left: 2000 * len(data)}, "x")
	runtime.ReadMemStats(&after)
	if err != nil || got.Counts.Total() != 2_000_000 {
		t.Fatalf("%d counted, %v", got.Counts.Total(), err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 300<<10 {
		t.Errorf("%d bytes allocated for 2,000,000 rows", grown)
	}
}

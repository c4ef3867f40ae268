// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/listing/listingtest"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// contexts are what can come before a line.
func contexts() []context {
	var all []context
	for f := range Format(formats) {
		all = append(all, context{started: f}, context{started: f, noState: true})
	}
	return all
}

// checkFast fails when the fast and the careful reading of raw differ. It
// reports whether the fast one answered.
func checkFast(t *testing.T, raw []byte) bool {
	t.Helper()
	raw = trimCR(raw)
	format, state, ok := fast(raw)
	if !ok {
		return false
	}
	var l line
	for _, ctx := range contexts() {
		l.classify(bytes.Clone(raw), &ctx) // which may change it
		if l.class != row || l.format != format || l.state != state || l.kind != format.kind(state) {
			t.Fatalf("line %q after %v:\nfast:    row of %v, %v %v\ncareful: class %d of %v, %v %v",
				raw, ctx, format, format.kind(state), state, l.class, l.format, l.kind, l.state)
		}
		if ctx.started != format {
			t.Fatalf("line %q: the context becomes %v, fast would make it %v", raw, ctx.started, format)
		}
	}
	checkFamily(t, raw, format, &l)
	return true
}

// checkFamily compares what countFast and noteRow note of a row.
func checkFamily(t *testing.T, raw []byte, f Format, l *line) {
	t.Helper()
	var quick, slow Reader
	quick.countFast(f, l.state, raw)
	slow.line = *l
	slow.noteRow()
	if quick.proc4 != slow.proc4 || quick.proc6 != slow.proc6 || quick.netid != slow.netid {
		t.Fatalf("line %q: fast notes %v %v %v, careful %v %v %v", raw,
			quick.proc4, quick.proc6, quick.netid, slow.proc4, slow.proc6, slow.netid)
	}
	if slow.joined(); slow.sign != signNone || slow.rest != nil {
		t.Fatalf("line %q: behind the row is %q (sign %d), which fast does not see", raw, slow.rest, slow.sign)
	}
}

func sampleLines(tb testing.TB) [][]byte {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		tb.Fatal("no samples", err)
	}
	var lines [][]byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		lines = append(lines, bytes.Split(data, []byte("\n"))...)
	}
	for _, style := range []listingtest.Style{listingtest.Netstat, listingtest.SS, listingtest.Proc} {
		lines = append(lines, bytes.Split(generated(tb, style, 300), []byte("\n"))...)
	}
	return lines
}

// TestFastEqualsCareful gives every line of every sample, and thirty damaged
// variants of each, to both readings.
func TestFastEqualsCareful(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pieces := append(strings.Split(" \t:.-_*()/0123456789ACEFILNSTWaest\x00\x7f\r", ""), "\xc2\xa0", "\xc2", "\x1b[0m", "\x1b", "\xff")
	answered := 0
	for _, line := range sampleLines(t) {
		if checkFast(t, line) {
			answered++
		}
		for range 30 {
			checkFast(t, damage(rng, bytes.Clone(line), pieces))
		}
	}
	if answered < 1000 {
		t.Errorf("the fast path answered %d lines only: it is not in use", answered)
	}
}

// damage replaces, drops or inserts at up to three places, or cuts the line.
func damage(rng *rand.Rand, line []byte, pieces []string) []byte {
	for range 1 + rng.IntN(3) {
		if len(line) == 0 {
			return line
		}
		i := rng.IntN(min(len(line), 120))
		piece := []byte(pieces[rng.IntN(len(pieces))])
		switch rng.IntN(4) {
		case 0:
			line = slices.Replace(line, i, i+1, piece...)
		case 1:
			line = slices.Delete(line, i, i+1)
		case 2:
			line = slices.Insert(line, i, piece...)
		default:
			line = line[:i]
		}
	}
	return line
}

func FuzzFastEqualsCareful(f *testing.F) {
	for i, line := range sampleLines(f) {
		if i%7 == 0 {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if bytes.IndexByte(raw, '\n') < 0 {
			checkFast(t, raw)
		}
	})
}

// TestFastTakesCommonRows pins which rows must not fall back.
func TestFastTakesCommonRows(t *testing.T) {
	tests := []struct {
		line   string
		format Format
		state  tcp.State
		kind   socket.Kind
	}{
		{"tcp        0      0 127.0.0.1:46502         127.0.0.1:8080          TIME_WAIT  ", Netstat, tcp.TimeWait, socket.Mini},
		{"tcp6       0      0 ::1:6060                :::*                    LISTEN      9833/nginx: worker  ", Netstat, tcp.Listen, socket.Full},
		{"tcp        0      0 127.0.0.1:7070          127.0.0.1:52090         SYN_RECV   ", Netstat, tcp.SynRecv, socket.KindUnknown},
		{"tcp4       0      0  192.168.1.23.52390     93.184.216.34.443       FIN_WAIT_2 ", BSD, tcp.FinWait2, socket.KindUnknown},
		{"ESTAB      0      0                                    127.0.0.1:46442                               127.0.0.1:8080  users:((\"x\",pid=1,fd=2))", SS, tcp.Established, socket.Full},
		{"tcp   FIN-WAIT-2 0      0                                    127.0.0.1:46474                                  127.0.0.1:http-alt       ", SS, tcp.FinWait2, socket.KindUnknown},
		{"UNCONN 0 0 127.0.0.1:5555 0.0.0.0:*", SS, tcp.Bound, socket.Idle},
		{"   7: 0100007F:B5A6 0100007F:1F90 06 00000000:00000000 03:000014E3 00000000     0        0 0 3 000000000182ba55   ", Proc, tcp.TimeWait, socket.Mini},
		{"   4: 0100007F:B57A 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 138102 1 00000000641dbfc2 20 0 0 10 -1                    ", Proc, tcp.Established, socket.Full},
	}
	for _, tt := range tests {
		f, s, ok := fast([]byte(tt.line))
		if !ok || f != tt.format || s != tt.state || f.kind(s) != tt.kind {
			t.Errorf("fast(%q) = %v %v %v, want %v %v", tt.line, f, s, ok, tt.format, tt.state)
		}
	}
}

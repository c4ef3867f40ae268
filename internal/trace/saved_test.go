// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// seen are rows of all kinds, some with names that are not valid text.
func seen() (rows []*socket.Socket) {
	for i, reason := 0, socket.Reason(0); reason <= socket.Failed; i, reason = i+1, reason+1 {
		s := &socket.Socket{
			Known: rowFields(), State: tcp.FinWait1, Family: socket.IPv4, Cookie: uint64(i), CgroupID: 7, Direction: socket.Direction(i % 3),
			Local: netip.MustParseAddrPort("127.0.0.1:80"), Remote: netip.MustParseAddrPort("10.0.0.1:40000"),
			Netns: &socket.Netns{Inode: 4026531840, Name: "host", Container: "c"},
			Change: &socket.Change{
				At: time.Unix(1_800_000_000, int64(i)), From: tcp.Established, Reason: reason, Closer: "a\xff\n", Reset: []string{"", "no-socket"}[i%2],
				Born: i%2 == 0, Lasted: time.Duration(i%2^1) * time.Second,
			},
		}
		if i%2 == 1 {
			s.Family, s.Local = socket.IPv6, netip.MustParseAddrPort("[::ffff:127.0.0.1]:80")
			s.Cgroup = &socket.Cgroup{ID: 7, Path: "/\xfe", Unit: "u.service", Container: "c", Pod: "p"}
			s.Owner = &socket.Owner{Confidence: socket.OwnerTraced, Scanned: true, Unit: "u.service", Process: &socket.Process{PID: 9, Start: 8, Name: "a\xff\n"}}
		}
		rows = append(rows, s)
	}
	return rows
}

func saved(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, Head{Host: "h", Began: time.Unix(1_800_000_000, 5), Filter: "f"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range seen() {
		w.Row(s)
	}
	if err := w.Close(tailOf(), summaryOf()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tailOf() *Tail {
	return &Tail{Began: time.Unix(1_800_000_000, 5).UTC(), Took: time.Minute, Gaps: []problem.Gap{problem.Unread("trace", problem.RingFull, 3).NeverShown()}}
}

func summaryOf() *Summary {
	return &Summary{
		Began: time.Unix(1_800_000_000, 5).UTC(), Took: time.Minute, Total: 3, Spaces: 1,
		Ends: []End{{Reason: socket.ClosedFirst, Count: 3, By: []Doer{
			{Process: "a\xff", Unit: "u", Netns: "host", Port: 80, Accepted: true, Count: 2}, {Container: "c", Kernel: true, Port: 81, Count: 1},
		}}},
		After: []End{{Reason: socket.TimedOut, From: tcp.FinWait1, Count: 1}}, Opened: End{Reason: socket.Opened, Count: 4},
		Resets: []Reset{{"no-socket", End{From: tcp.Close, Count: 2, By: []Doer{{Netns: "host", Port: 81, Accepted: true, Count: 2}}}}},
		Edges:  []Edge{{tcp.Established, tcp.FinWait1, 3}}, Kernel: &Reconciliation{Seen: 3, Born: 2, Refused: 1},
	}
}

// TestSavedIsWhatWasSeen: rows, tail and summary are the same after saving and
// reading.
func TestSavedIsWhatWasSeen(t *testing.T) {
	s, err := Read(bytes.NewReader(saved(t)), "f")
	if err != nil {
		t.Fatal(err)
	}
	var got []*socket.Socket
	tail, err := s.Rows(t.Context(), nil, func(s *socket.Socket) bool { got = append(got, kept(s)); return true }, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal := cmp.Options{cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(func(a, b socket.FieldSet) bool { return a == b })}
	if diff := cmp.Diff(seen(), got, equal); diff != "" {
		t.Error(diff)
	}
	want := tailOf()
	want.Total = uint64(len(got))
	if diff := cmp.Diff(want, tail); diff != "" {
		t.Error(diff)
	}
	s, err = Read(bytes.NewReader(saved(t)), "f")
	if err != nil {
		t.Fatal(err)
	}
	summary, err := s.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(summaryOf(), summary); diff != "" {
		t.Error(diff)
	}
}

// kept is a copy of a row.
func kept(s *socket.Socket) *socket.Socket {
	row := changed{socket: *s, change: *s.Change, netns: *s.Netns}
	row.socket.Change, row.socket.Netns = &row.change, &row.netns
	if s.Cgroup != nil {
		row.cgroup = *s.Cgroup
		row.socket.Cgroup = &row.cgroup
	}
	if s.Owner != nil {
		row.owner, row.process = *s.Owner, *s.Owner.Process
		row.owner.Process, row.socket.Owner = &row.process, &row.owner
	}
	return &row.socket
}

// readAll reads a file to the end.
func readAll(t testing.TB, file []byte) error {
	s, err := Read(bytes.NewReader(file), "f")
	if err != nil {
		return err
	}
	_, err = s.Summary(t.Context())
	return err
}

// TestDamagedFiles: a file that is cut off anywhere gives an error that names it.
func TestDamagedFiles(t *testing.T) {
	file := saved(t)
	for n := range file {
		var bad *problem.InputError
		if err := readAll(t, file[:n]); !errors.As(err, &bad) || bad.Name != "f" || bad.Hint == "" || bad.HintZh == "" {
			t.Fatalf("%d of %d bytes: %v", n, len(file), err)
		}
	}
	zip, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	lines = lines[:len(lines)-1]
	for name, tt := range map[string]struct {
		lines []string
		says  string
	}{
		"a row is missing":     {append(lines[:1:1], lines[2:]...), "the end says"},
		"a row twice":          {append(lines[:2:2], lines[1:]...), "the end says"},
		"no end":               {lines[:len(lines)-1], "the end of the trace is missing"},
		"more after the end":   {append(slices.Clip(lines), lines[1]), "something comes after the end"},
		"an older snapshot":    {[]string{"{\"schema\":\"tcpvitals.list/1\"}\n"}, "it is no saved trace"},
		"a newer version":      {append([]string{strings.Replace(lines[0], `"version":1`, `"version":2`, 1)}, lines[1:]...), "of version 2"},
		"an unknown reason":    {append([]string{lines[0], strings.Replace(lines[2], "closed-first", "bored", 1)}, lines[3:]...), `no reason "bored"`},
		"an unknown state":     {append([]string{lines[0], strings.Replace(lines[2], "ESTABLISHED", "ASLEEP", 1)}, lines[3:]...), "line 2"},
		"an unknown direction": {append([]string{lines[0], strings.Replace(lines[2], `"direction":1`, `"direction":9`, 1)}, lines[3:]...), "no direction 9"},
		"a line without end":   {[]string{lines[0], strings.Repeat(" ", maxLine+1)}, "it is longer than"},
		"an empty row":         {[]string{lines[0], "{}\n"}, "neither a row nor the end"},
	} {
		if err := readAll(t, zipped(t, strings.Join(tt.lines, ""))); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", name, err, tt.says)
		}
	}
}

// TestReadBounds: the memory for a file is in proportion to its size; the files that
// the program writes stay far below the limit.
func TestReadBounds(t *testing.T) {
	text := unzipped(t, saved(t))
	head, rest, _ := strings.Cut(text, "\n")
	row, _, _ := strings.Cut(rest, "\n")
	for name, tt := range map[string]struct{ text, says string }{
		"rows":    {head + strings.Repeat("\n"+`{"row":{"state":"LISTEN","local":"[::]:1","remote":"[::]:1"}}`, 1<<17), "expands to more than a trace file of its size can"},
		"blanks":  {head + "\n" + strings.Repeat(row+strings.Repeat(" ", 100_000)+"\n", 80), "expands to more than"},
		"a row":   {head + "\n" + row + strings.Repeat(" ", 1<<17), "it is longer than 131072 bytes"},
		"entries": {head + "\n" + `{"tail":{"gaps":[{}` + strings.Repeat(",{}", 1<<16+1) + "]}}", "it lists more than 65536 entries"},
	} {
		if err := readAll(t, zipped(t, tt.text)); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", name, err, tt.says)
		}
	}
	var alike bytes.Buffer // rows that differ as little as possible
	one, err := NewWriter(&alike, Head{})
	if err != nil {
		t.Fatal(err)
	}
	for row := seen()[0]; row.Cookie < 40_000; row.Cookie++ {
		row.Change.At = row.Change.At.Add(time.Microsecond)
		one.Row(row)
	}
	if err := one.Close(&Tail{}, &Summary{}); err != nil {
		t.Fatal(err)
	}
	if err := readAll(t, alike.Bytes()); err != nil {
		t.Errorf("rows that are alike, %d bytes: %v", alike.Len(), err)
	}
	long := strings.Repeat("x", 4000)
	s := seen()[1]
	s.Cgroup.Path, s.Owner.Unit, s.Change.Closer = long, long, long
	var out bytes.Buffer
	w, err := NewWriter(&out, Head{})
	if err != nil {
		t.Fatal(err)
	}
	const many = 1000
	for i := range many {
		s.Cookie, s.Change.At = uint64(i)<<20, s.Change.At.Add(time.Duration(i*i)*time.Microsecond)
		w.Row(s)
	}
	summary := &Summary{Ends: []End{{}}}
	for i := range keptOwners {
		summary.Ends[0].By = append(summary.Ends[0].By, Doer{Process: "p", Unit: long[:300], Port: uint16(i), Count: uint64(i)})
	}
	if err := w.Close(&Tail{}, summary); err != nil {
		t.Fatal(err)
	}
	if err := readAll(t, out.Bytes()); err != nil {
		t.Errorf("what was written, with names as long as they can be: %v", err)
	}
}

func unzipped(t testing.TB, file []byte) string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, err := zip.Write([]byte(text))
	if err := errors.Join(err, zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// FuzzRead: any file is read, or refused with an error that names it; what is read can
// be saved and read again.
func FuzzRead(f *testing.F) {
	f.Add(unzipped(f, saved(f)))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Read(bytes.NewReader(zipped(t, text)), "f")
		if err == nil {
			// One writer for all rows: each takes a megabyte, and with one for each
			// row the first input takes seconds on a busy machine.
			w, failed := NewWriter(io.Discard, Head{})
			if failed != nil {
				t.Fatal(failed)
			}
			_, err = s.Rows(t.Context(), nil, func(row *socket.Socket) bool {
				for field := range socket.Fields() {
					field.Value(row)
				}
				if !w.Row(row) {
					t.Fatalf("%+v cannot be saved", row)
				}
				return true
			}, nil)
			if failed := w.Close(&Tail{}, &Summary{}); failed != nil {
				t.Fatal(failed)
			}
		}
		var bad *problem.InputError
		if err != nil && (!errors.As(err, &bad) || bad.Name != "f") {
			t.Errorf("%v", err)
		}
	})
}

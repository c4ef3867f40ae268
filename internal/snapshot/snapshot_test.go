// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// machine is a machine with a value in every member.
func machine() Machine {
	others := 3
	return Machine{
		Program: "v1", Taken: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Host: "web1.example.org", Kernel: "6.18.0", Arch: "amd64", CPUs: 2,
		Boot: "0e2c", Scope: "self", OtherNamespaces: &others, Devices: map[string]uint32{"eth0": 2}, Ephemeral: [2]uint16{32768, 60999},
		Files: map[string]string{"/proc/loadavg": "0 0 0"}, Missing: []problem.Gap{{Source: "a", Reason: "b", Structural: true}},
	}
}

func tail() Tail {
	return Tail{
		Engine: "sock_diag", Exact: true, Limits: []problem.Gap{{Source: "l", Reason: "m"}},
		Gaps: []Gap{{problem.Gap{Source: "g", Reason: "r"}, WhenProcesses}},
	}
}

// gallery returns n different rows with a value in every member.
func gallery(n int) (rows []socket.Socket, places []*socket.Owner) {
	rnd := rand.New(rand.NewPCG(1, 2))
	owners := []*socket.Owner{
		nil,
		{Confidence: socket.OwnerKnown, Why: "w", Process: &socket.Process{PID: 7, Name: "nginx", Command: "nginx -g x"}, Sharers: 2, Scanned: true, Unit: "u", Container: "c", Pod: "p"},
		{Confidence: socket.OwnerNone, Scanned: true},
	}
	cgroups := []*socket.Cgroup{nil, {ID: 9, Path: "/a", Unit: "u"}, {ID: 10, Path: "/b", Container: "c", Pod: "p"}}
	for i := range n {
		s := socket.Socket{}
		scribble(rnd, reflect.ValueOf(&s).Elem())
		s.Known = socket.FieldSet{}
		for f := range socket.Fields() {
			if rnd.IntN(30) != 0 || i%3 == 0 {
				s.Known.Add(f.ID)
			}
		}
		s.State, s.Kind, s.Family = tcp.State(1+i%13).Reported(), socket.Kind(rnd.IntN(socket.NumKinds)), socket.IPv4
		s.Local, s.Remote, s.Listener = endpoint(rnd), endpoint(rnd), endpoint(rnd)
		s.Owner, s.Cgroup = owners[rnd.IntN(3)], cgroups[rnd.IntN(3)]
		s.Congestion, s.User, s.Device = "cubic", []string{"", "alice", "bob"}[rnd.IntN(3)], []string{"", "eth0"}[rnd.IntN(2)]
		if rnd.IntN(2) == 0 {
			s.Info = &socket.TCPInfo{}
			scribble(rnd, reflect.ValueOf(s.Info).Elem())
			s.Info.Size = 232
		}
		if rnd.IntN(2) == 0 {
			s.Mem = &socket.MemInfo{}
			scribble(rnd, reflect.ValueOf(s.Mem).Elem())
			s.Mem.Words = 9
		}
		rows, places = append(rows, s), append(places, owners[rnd.IntN(3)])
	}
	return rows, places
}

// scribble writes a random number into every numeric member.
func scribble(rnd *rand.Rand, v reflect.Value) {
	for _, f := range v.Fields() {
		switch f.Kind() { //nolint:exhaustive // the members that are numbers
		case reflect.Bool:
			f.SetBool(rnd.IntN(2) == 0)
		case reflect.Uint8, reflect.Uint32, reflect.Uint64:
			f.SetUint(rnd.Uint64() >> (64 - f.Type().Bits()))
		case reflect.Int64:
			f.SetInt(int64(rnd.IntN(1e6)) * int64(time.Millisecond))
		}
	}
}

func endpoint(rnd *rand.Rand) netip.AddrPort {
	v4 := netip.AddrFrom4([4]byte{10, byte(rnd.IntN(256)), 0, byte(rnd.IntN(256))})
	v6 := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(rnd.IntN(256))})
	a := []netip.Addr{{}, v4, v6, netip.AddrFrom16(v4.As16()), v6.WithZone("eth0")}[rnd.IntN(5)]
	if !a.IsValid() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a, uint16(rnd.IntN(65536)))
}

// saved is a snapshot of the rows in two namespaces; the second contains every third
// row.
func saved(t testing.TB, rows []socket.Socket, places []*socket.Owner, r *Redactor) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, machine(), r)
	check(t, err)
	for ns := range 2 {
		check(t, w.Namespace(Namespace{Inode: uint64(ns), Name: fmt.Sprint("ns", ns), Files: map[string]string{"f": "x"}}))
		for i := range rows {
			if i%3 == 0 == (ns == 1) {
				check(t, w.Add(&rows[i], places[i]))
			}
		}
	}
	check(t, w.Close(tail()))
	return out.Bytes()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(b []byte) (*File, error) { return Open(bytes.NewReader(b), int64(len(b)), "x.snap") }

var compare = cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})}

func TestRoundTrip(t *testing.T) {
	rows, places := gallery(2*rowsPerBlock + 17)
	f, err := open(saved(t, rows, places, nil))
	check(t, err)
	if diff := cmp.Diff(machine(), f.Machine); diff != "" {
		t.Errorf("machine (-want +got):\n%s", diff)
	}
	n := 0
	for ns := range 2 {
		i := -1
		err := f.Rows(context.Background(), Want{Namespace: ns, States: tcp.AllStates}, func(got *socket.Socket, byPlace *socket.Owner) bool {
			for i++; i%3 == 0 != (ns == 1); i++ {
			}
			want := rows[i]
			want.Netns = &socket.Netns{Inode: uint64(ns), Name: fmt.Sprint("ns", ns)}
			if !reflect.DeepEqual(&want, got) || !reflect.DeepEqual(places[i], byPlace) {
				t.Fatalf("row %d (-want +got):\n%s%s", i, cmp.Diff(&want, got, compare), cmp.Diff(places[i], byPlace))
			}
			n++
			return true
		})
		check(t, err)
	}
	if n != len(rows) || f.Tail.Sockets != uint64(n) {
		t.Errorf("%d rows and %d in the tail, wrote %d", n, f.Tail.Sockets, len(rows))
	}
	if diff := cmp.Diff(tail(), f.Tail, cmpopts.IgnoreFields(Tail{}, "Sockets", "States")); diff != "" {
		t.Errorf("tail (-want +got):\n%s", diff)
	}
}

// TestColumnsAreUnique: each number stands for one column, and every member of a row
// has a column (TestRoundTrip fills all of them).
func TestColumnsAreUnique(t *testing.T) {
	ids, names := map[uint16]bool{}, map[string]bool{}
	for g, fields := range [][]field{rowColumns(), infoColumns(), memoryColumns()} {
		for _, f := range fields {
			name := fmt.Sprint(g, f.name)
			if ids[f.id] || names[name] {
				t.Errorf("column %d %s is there twice", f.id, f.name)
			}
			ids[f.id], names[name] = true, true
		}
	}
}

// TestStates: rows of one state can be read without the others.
func TestStates(t *testing.T) {
	rows, places := gallery(5000)
	f, err := open(saved(t, rows, places, nil))
	check(t, err)
	for s := range tcp.AllStates.All() {
		n := uint64(0)
		for ns := range f.Namespaces {
			check(t, f.Rows(context.Background(), Want{ns, tcp.SetOf(s)}, func(got *socket.Socket, _ *socket.Owner) bool {
				n++
				if got.State != s {
					t.Fatalf("asked for %v, got %v", s, got.State)
				}
				return true
			}))
		}
		if n != f.Count(s) {
			t.Errorf("%v: %d rows, the tail says %d", s, n, f.Count(s))
		}
	}
}

// readAll opens a snapshot and reads every row of it.
func readAll(b []byte) error {
	f, err := open(b)
	if err != nil {
		return err
	}
	for ns := range f.Namespaces {
		if err := f.Rows(context.Background(), Want{ns, tcp.AllStates}, func(s *socket.Socket, _ *socket.Owner) bool {
			for f := range socket.Fields() {
				f.Value(s) // must not panic whatever the file says
			}
			return true
		}); err != nil {
			return err
		}
	}
	return nil
}

// TestCut cuts a snapshot off at every kilobyte, and at every byte near its beginning
// and end.
func TestCut(t *testing.T) {
	rows, places := gallery(300)
	whole := saved(t, rows, places, nil)
	check(t, readAll(whole))
	for n := range len(whole) {
		if n%1024 != 0 && n > 100 && n < len(whole)-100 {
			continue
		}
		wants(t, fmt.Sprintf("cut after %d of %d bytes", n, len(whole)), whole[:n], "x.snap: snapshot: the file is")
	}
	wants(t, "more after the end", append(bytes.Clone(whole), 0), "1 bytes follow its end")
}

// TestFlipped changes one bit at a time: checksums cover everything.
func TestFlipped(t *testing.T) {
	rows, places := gallery(40)
	whole := saved(t, rows, places, nil)
	for i := range whole {
		if i > 1000 && i%13 != 0 {
			continue
		}
		b := bytes.Clone(whole)
		b[i] ^= 1 << (i % 8)
		wants(t, fmt.Sprintf("bit %d of byte %d of %d", i%8, i, len(b)), b, "x.snap: snapshot: ")
	}
}

func TestRefused(t *testing.T) {
	whole := saved(t, nil, nil, nil)
	future := bytes.Clone(whole)
	future[8] = 2
	wants(t, "future version", future, "it is of version 2 of the format, and this program reads version 1")
	wants(t, "empty", nil, "the file is empty")
	wants(t, "text", []byte("Proto Recv-Q Send-Q Local Address"), "it does not begin as one")
	unix := bytes.Replace(whole, []byte("\r\n"), []byte("\n"), 1)
	wants(t, "transferred as text", unix, "it does not begin as one")
}

// wants checks that reading fails with an error that contains msg.
func wants(t *testing.T, what string, b []byte, msg string) {
	t.Helper()
	err := readAll(b)
	var input *problem.InputError
	if !errors.As(err, &input) || !strings.Contains(err.Error(), msg) {
		t.Errorf("%s: error %v, want one with %q", what, err, msg)
	}
}

// TestLaterMinor: a reader skips unknown sections and columns, except those that are
// marked as critical.
func TestLaterMinor(t *testing.T) {
	write := func(flags uint32) []byte {
		var out bytes.Buffer
		w, err := NewWriter(&out, machine(), nil)
		check(t, err)
		check(t, w.section(section{kind: "LATE", flags: flags}, []byte("something new")))
		check(t, w.Namespace(Namespace{Name: "n"}))
		w.block.groups[groupRow].fields = append(rowColumns(), field{id: 9999, get: func(*row) uint64 { return 7 }})
		w.block.groups[groupRow].values = append(w.block.groups[groupRow].values, nil)
		check(t, w.Add(&socket.Socket{State: tcp.Listen, UID: 5}, nil))
		check(t, w.Close(tail()))
		return out.Bytes()
	}
	f, err := open(write(0))
	check(t, err)
	check(t, f.Rows(context.Background(), Want{0, tcp.AllStates}, func(s *socket.Socket, _ *socket.Owner) bool {
		if s.State != tcp.Listen || s.UID != 5 {
			t.Errorf("row %+v", s)
		}
		return true
	}))
	wants(t, "critical", write(flagCritical), `section 2 ("LATE") at byte`)
}

// TestNumbers: a column returns the numbers that were written to it.
func TestNumbers(t *testing.T) {
	for _, values := range [][]uint64{
		{0}, {5}, {1, 1, 1}, {1 << 63, 0, ^uint64(0)}, {60000000000, 59000000000, 1000000}, {100, 101, 102, 103, 5000}, {^uint64(0), 0, 1}, {7, 3},
	} {
		c, rest, err := nextColumn(appendColumn(nil, 3, values))
		got := make([]uint64, len(values))
		if err == nil {
			err = c.decode(got)
		}
		if err != nil || len(rest) != 0 || !cmp.Equal(got, values) {
			t.Errorf("%v came back as %v, %v", values, got, err)
		}
	}
}

// FuzzOpen: no file makes the reader panic. The test corrects the checksums of the
// fuzzer's files, so that the reader gets past them.
func FuzzOpen(f *testing.F) {
	rows, places := gallery(20)
	f.Add(saved(f, rows, places, nil))
	f.Add(saved(f, nil, nil, nil))
	f.Add([]byte(Magic))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_ = readAll(b)
		_ = readAll(repaired(b))
	})
}

// repaired corrects the checksums of those sections that can be found.
func repaired(b []byte) []byte {
	if len(b) < sizeofPreamble {
		return b
	}
	b = bytes.Clone(b)
	copy(b, preamble())
	for at := sizeofPreamble; at+sizeofSection <= len(b); {
		header := b[at : at+sizeofSection]
		s := section{kind: string(header[:4])}
		words := []*uint32{&s.flags, &s.stored, &s.raw, &s.rows, &s.states}
		for i, w := range words {
			*w = uint32(header[4+4*i]) | uint32(header[5+4*i])<<8 | uint32(header[6+4*i])<<16 | uint32(header[7+4*i])<<24
		}
		at += sizeofSection
		if uint64(s.stored) > uint64(len(b)-at) {
			break
		}
		s.sum = castagnoli(b[at : at+int(s.stored)])
		copy(header, s.encode())
		at += int(s.stored)
	}
	return b
}

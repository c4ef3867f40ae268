// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// crafted is a file with correct checksums and the given JSON sections, each a kind
// and its text.
func crafted(t testing.TB, sections ...[2]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, Machine{Program: "x", Scope: "self"}, nil)
	check(t, err)
	for _, s := range sections {
		check(t, w.section(section{kind: s[0], flags: flagCritical}, []byte(s[1])))
	}
	check(t, w.wait())
	w.taken = allowance{} // lifts the writer's limit, as an attacker would
	check(t, w.Close(Tail{Engine: "sock_diag"}))
	return out.Bytes()
}

// list is JSON with a list under a key, with as many entries as fit into size bytes.
func list(key, entry string, size int) string {
	return `{"inode":1,"` + key + `":[` + strings.TrimSuffix(strings.Repeat(entry+",", size/(len(entry)+1)), ",") + `]}`
}

// bombs are small files that would make a reader keep, or at least decode, a thousand
// times their size.
func bombs(t testing.TB) map[string][]byte {
	const mb = 1 << 20
	all := map[string][]byte{}
	all["owners60"] = crafted(t, [2]string{sectionNamespace, "{}"}, [2]string{sectionTables, list("owners", `{}`, 60*mb)})
	for _, size := range []int{1, 9} {
		for _, entry := range []string{`{}`, `{"Confidence":1}`, `{"Process":{}}`, `{"known":[]}`, `{"ID":1,"Path":"a"}`} {
			for _, key := range []string{"shapes", "owners", "cgroups"} {
				all[fmt.Sprint(key, entry, size)] = crafted(t, [2]string{sectionNamespace, "{}"}, [2]string{sectionTables, list(key, entry, size*mb)})
			}
		}
		all[fmt.Sprint("strings", size)] = crafted(t, [2]string{sectionNamespace, "{}"}, [2]string{sectionTables, list("strings", `""`, size*mb)})
		all[fmt.Sprint("known", size)] = crafted(t, [2]string{sectionNamespace, "{}"}, [2]string{sectionTables, `{"shapes":[` + list("known", `""`, size*mb) + `]}`})
		all[fmt.Sprint("missing", size)] = crafted(t, [2]string{sectionNamespace, list("missing", `{}`, size*mb)})
		all[fmt.Sprint("text", size)] = crafted(t, [2]string{sectionNamespace, `{"name":"` + strings.Repeat("x", size*mb) + `"}`})
		all[fmt.Sprint("deep", size)] = crafted(t, [2]string{sectionNamespace, `{"x":` + strings.Repeat("[", size*mb)})
	}
	var many [][2]string
	for range 40 {
		many = append(many, [2]string{sectionNamespace, list("missing", `{}`, mb/4)})
	}
	all["many"] = crafted(t, many...)
	return all
}

// TestAllocBombs: the memory for reading a small file is bounded, whatever section
// fills it, and the error says why it is refused.
func TestAllocBombs(t *testing.T) {
	for name, b := range bombs(t) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := open(b)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if _, ok := errors.AsType[*problem.InputError](err); !ok && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		limit := uint64(32 << 20)
		if len(b) > 10<<10 {
			limit = 64 << 20
		}
		if allocated > limit {
			t.Errorf("%s: %d bytes of file, %d allocated; %v", name, len(b), allocated, err)
		}
		if strings.HasSuffix(name, "9") && err == nil {
			t.Errorf("%s, %d bytes: is taken", name, len(b))
		}
	}
}

// TestDenseFilesAreRead: the densest files that a writer makes stay far below the
// limits: processes that differ only in their pid, and long command lines.
func TestDenseFilesAreRead(t *testing.T) {
	for name, command := range map[string]string{"short": "worker", "long": strings.Repeat("<", 4096)} {
		rows, places := gallery(1)
		var out bytes.Buffer
		w, err := NewWriter(&out, machine(), nil)
		check(t, err)
		check(t, w.Namespace(Namespace{Name: "self"}))
		for i := range 10000 {
			s := rows[0]
			s.Owner = &socket.Owner{Confidence: socket.OwnerKnown, Process: &socket.Process{PID: uint32(i), Name: "worker", Command: command}}
			check(t, w.Add(&s, places[0]))
		}
		check(t, w.Close(tail()))
		f, err := open(out.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f.Tail.Sockets != 10000 {
			t.Errorf("%s: %d sockets", name, f.Tail.Sockets)
		}
		t.Logf("%s: %d bytes", name, out.Len())
	}
}

// TestSparseRows: a file of zeros is not read as millions of sockets, but a host with
// that many sockets can be saved and read.
func TestSparseRows(t *testing.T) {
	rows := make([]socket.Socket, 3*freeRows)
	file := saved(t, rows, make([]*socket.Owner, len(rows)), nil)
	if len(file) < 2*freeRows {
		t.Errorf("%d sockets in %d bytes: the writer has not made the file longer", len(rows), len(file))
	}
	f, err := open(file)
	check(t, err)
	if f.Tail.Sockets != uint64(len(rows)) {
		t.Errorf("%d sockets of %d", f.Tail.Sockets, len(rows))
	}
	// Made by a writer without the limit.
	var out bytes.Buffer
	w, err := NewWriter(&out, Machine{Program: "x", Scope: "self"}, nil)
	check(t, err)
	check(t, w.Namespace(Namespace{}))
	for i := range rows {
		check(t, w.Add(&rows[i], nil))
	}
	w.short = true
	check(t, w.Close(Tail{Engine: "sock_diag"}))
	if _, err := open(out.Bytes()); err == nil || !strings.Contains(err.Error(), errTooMany.Error()) {
		t.Errorf("%d sockets in %d bytes: %v", len(rows), out.Len(), err)
	}
}

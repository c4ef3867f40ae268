// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestMoreOwnersThanFit: more programs act than the kernel's table has room for, one
// after the other, while the counts are read now and then. None is lost, and one that
// comes back goes on from its count.
func TestMoreOwnersThanFit(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true})
	const programs, step, back = 6000, 500, 700
	read := func() map[string]uint64 {
		t.Helper()
		totals, err := tr.Totals()
		if err != nil {
			t.Fatal(err)
		}
		if totals.Lost.Owners > 0 {
			t.Fatalf("%d counts found no room", totals.Lost.Owners)
		}
		seen := map[string]uint64{}
		for _, o := range totals.Owners {
			if o.What == Connects && strings.HasPrefix(o.Process, "prog-") {
				seen[o.Process] += o.Count
			}
		}
		return seen
	}
	for from := 0; from < programs; from += step {
		ns.Do(func() { connectAs(t, from, from+step) })
		read()
		read() // the earlier programs have been idle for one reading
	}
	ns.Do(func() { connectAs(t, 0, back) })
	seen := read()
	if len(seen) != programs {
		t.Errorf("%d programs, want %d", len(seen), programs)
	}
	for i := range programs {
		want := uint64(1)
		if i < back {
			want = 2
		}
		if got := seen[fmt.Sprintf("prog-%d", i)]; got != want {
			t.Fatalf("prog-%d connected %d times, want %d", i, got, want)
		}
	}
	if n := len(tr.owners.moved); n < programs-4096 {
		t.Errorf("%d owners have left the kernel's table", n)
	}
}

// TestOwnersAreJoined: when there is no room for more owners those with the smallest
// counts become one for each thing that they did, and no count is lost.
func TestOwnersAreJoined(t *testing.T) {
	table := ownerTable{moved: map[Owner]uint64{}}
	want := map[What]uint64{}
	add := func(i int, n uint64) {
		o := Owner{What: Connects, Port: uint16(i), Cgroup: uint64(i), Netns: 7, Process: fmt.Sprint(i)}
		if i%2 == 0 {
			o.What = ClosedFirst
		}
		if _, known := table.moved[o]; !known && len(table.moved) >= movedMost {
			table.join()
		}
		table.moved[o] += n
		want[o.What] += n
	}
	for i := range 50 {
		add(i, 1_000_000)
	}
	for i := range 5 * movedMost {
		add(100+i, uint64(1+i%3))
	}
	got, busy := map[What]uint64{}, 0
	for o, n := range table.moved {
		got[o.What] += n
		if o.Process != OtherOwners && n == 1_000_000 {
			busy++
		}
	}
	if len(table.moved) > movedMost || busy != 50 || !maps.Equal(got, want) {
		t.Errorf("%d owners, %d busy ones, %v, want %v", len(table.moved), busy, got, want)
	}
}

// connectAs connects to a closed port under one name after the other.
func connectAs(t *testing.T, from, to int) {
	own, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = os.WriteFile("/proc/self/comm", own[:len(own)-1], 0) }()
	for i := from; i < to; i++ {
		if err := os.WriteFile("/proc/self/comm", []byte(fmt.Sprintf("prog-%d", i)), 0); err != nil {
			t.Error(err)
			return
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Error(err)
			return
		}
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}})
		_ = unix.Close(fd)
		if err != unix.ECONNREFUSED {
			t.Errorf("connect: %v", err)
			return
		}
	}
}

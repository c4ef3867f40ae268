// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestNothingIsLeftBehind: after many walks by more variants than are kept, the
// process has no more files, maps, programs or memory than before; after Close the
// kernel has none of its objects.
func TestNothingIsLeftBehind(t *testing.T) {
	walker := open(t)
	walks := soak(t, "SOAK_WALKS", 1000)
	one := func(i int) {
		q := Query{Netns: []uint64{uint64(i%4 + 1)}, States: tcp.SetOf(tcp.Listen), Workers: 1}
		if i%200 == 0 {
			q.Where = socket.PortCondition{Port: uint16(i)}
		}
		if _, err := walker.Walk(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 * maxVariants {
		one(200 * i)
	}
	before := takeHolding(t)
	for i := range walks {
		one(i)
	}
	now := takeHolding(t)
	t.Logf("%d walks: %v before, %v after", walks, before, now)
	now.noMoreThan(t, before)
	if err := walker.Close(); err != nil {
		t.Error(err)
	}
	if after := takeHolding(t); len(after.objects) > 0 || after.files > before.files-maxVariants {
		t.Errorf("after Close: %v", after)
	}
	testnet.Gone(t, now.objects)
	if _, err := walker.Walk(t.Context(), Query{}); err == nil {
		t.Error("a closed Walker answers")
	}
}

// TestOpenAndClose: loading and closing over and over leaves nothing behind.
func TestOpenAndClose(t *testing.T) {
	var loaded []testnet.Object
	cycle := func(i int) {
		w := open(t)
		if err := w.Prepare(Query{By: census(), States: tcp.SetOf(tcp.Listen), Workers: 1 + i%2}); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			loaded = append(loaded, takeHolding(t).objects...)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	for i := range 3 {
		cycle(i)
	}
	before := takeHolding(t)
	cycles := soak(t, "SOAK_CYCLES", 20)
	for i := range cycles {
		cycle(i)
	}
	now := takeHolding(t)
	t.Logf("%d cycles: %v before, %v after", cycles, before, now)
	now.noMoreThan(t, before)
	if len(loaded) == 0 {
		t.Error("no map and no program was seen")
	}
	testnet.Gone(t, loaded)
}

// A holding is what a process holds.
type holding struct {
	files    int
	objects  []testnet.Object // eBPF maps and programs
	heap     uint64
	resident uint64
}

func (h holding) String() string {
	return fmt.Sprintf("%d files, %d of them maps and programs, %d KiB on the heap, %d KiB resident", h.files, len(h.objects), h.heap>>10, h.resident>>10)
}

// noMoreThan allows for memory that the Go runtime keeps.
func (h holding) noMoreThan(t *testing.T, before holding) {
	t.Helper()
	if h.files > before.files || len(h.objects) > len(before.objects) || h.heap > before.heap+1<<20 || h.resident > before.resident+32<<20 {
		t.Errorf("%v; before: %v", h, before)
	}
}

func takeHolding(t *testing.T) (h holding) {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	h.files = len(all)
	if h.objects, err = testnet.Objects("self"); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.heap = m.HeapAlloc
	var total, resident uint64
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &total, &resident)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.resident = resident * uint64(os.Getpagesize())
	return h
}

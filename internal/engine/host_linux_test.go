// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// listening makes listeners in a new namespace.
func listening(t testing.TB, n int) *testnet.NS {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		for range n {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = l.Close() })
		}
	})
	return ns
}

// held is what this process holds: descriptors, and the numbers of its programs and
// maps in the kernel.
func held(t testing.TB) (files int, objects map[string]bool) {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	objects = map[string]bool{}
	for _, f := range all {
		info, err := os.ReadFile("/proc/self/fdinfo/" + f.Name())
		if err != nil {
			continue // the descriptor of the directory itself
		}
		for line := range strings.Lines(string(info)) {
			if strings.HasPrefix(line, "prog_id:") || strings.HasPrefix(line, "map_id:") {
				objects[strings.TrimSpace(line)] = true
			}
		}
	}
	return len(all), objects
}

// TestHostLoadsOnce: the second and later questions use what the first one has loaded
// into the kernel, and Close removes it.
func TestHostLoadsOnce(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	h, err := engine.Open(engine.Options{Engine: "hashwalk"})
	if err != nil {
		t.Fatal(err)
	}
	_, none := held(t)
	var first map[string]bool
	for i := range 10 {
		if _, err := engine.Census(t.Context(), h, nil); err != nil {
			t.Fatal(err)
		}
		_, now := held(t)
		if i == 0 {
			first = now
		}
		if len(now) <= len(none) || !maps.Equal(now, first) {
			t.Fatalf("question %d: in the kernel are %v, after the first were %v", i+1, now, first)
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if _, left := held(t); !maps.Equal(left, none) {
		t.Errorf("after Close there are %v, before there were %v", left, none)
	}
}

// ask asks one of several questions about a host with listeners, and returns an error
// if the answer is wrong.
func ask(ctx context.Context, h *engine.Host, n, listeners int) error {
	count := 0
	add := engine.Visit(func(s *socket.Socket) bool {
		if s.State == tcp.Listen {
			count++
		}
		return true
	})
	var err error
	switch {
	case n%50 == 0:
		var c *query.Census
		if c, err = engine.Census(ctx, h, nil); err == nil {
			count = int(c.Of(tcp.Listen).Total)
		}
	case n%20 == 0:
		_, err = h.Rows(ctx, engine.Scan{Fields: socket.FieldsOf(socket.FieldProcess, socket.FieldUnit, socket.FieldUser)}, add)
	case n%20 == 10:
		_, err = collect.Examine(ctx, h, collect.Examination{Owners: true})
		count = listeners
	default:
		f, parseErr := query.Parse("state listening", h.Names())
		if parseErr != nil {
			return parseErr
		}
		keys, parseErr := query.ParseKeys("state")
		if parseErr != nil {
			return parseErr
		}
		_, err = h.Count(ctx, engine.Counting{Filter: f, Keys: keys}, func(_ *socket.Socket, c engine.Counted) { count += int(c.Sockets) })
	}
	if err == nil && count != listeners {
		err = fmt.Errorf("question %d: %d listeners, made %d", n, count, listeners)
	}
	return err
}

// questions is how many questions are asked: SOAK_QUESTIONS, see the Makefile, or 150.
func questions(t *testing.T) int {
	t.Helper()
	text := os.Getenv("SOAK_QUESTIONS")
	if text == "" {
		return 150
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		t.Fatalf("SOAK_QUESTIONS=%q", text)
	}
	return n
}

// TestQuestionsLeaveNothing: questions leave no memory, descriptors or kernel objects
// behind.
func TestQuestionsLeaveNothing(t *testing.T) {
	ns := listening(t, 5)
	h := opened(t, engine.Options{Netns: ns.Path()})
	round := func(from, to int) {
		for n := from; n < to; n++ {
			if err := ask(t.Context(), h, n, 5); err != nil {
				t.Fatal(err)
			}
		}
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	round(0, 51)
	files, objects := held(t)
	before := heap()
	round(51, 51+questions(t))
	after := heap()
	filesNow, objectsNow := held(t)
	if filesNow > files || len(objectsNow) > len(objects) || after > before+1<<20 {
		t.Errorf("%d descriptors, %d objects, %d KiB; before %d, %d, %d KiB", filesNow, len(objectsNow), after>>10, files, len(objects), before>>10)
	}
}

// TestEightCallers: eight callers ask one host at once, and each gets its own answer;
// cancelling one does not disturb the others.
func TestEightCallers(t *testing.T) {
	ns := listening(t, 3)
	h := opened(t, engine.Options{Netns: ns.Path()})
	var all sync.WaitGroup
	for caller := range 8 {
		all.Go(func() {
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			if err := ask(gone, h, 1, 3); !errors.Is(err, context.Canceled) {
				t.Errorf("a question that nobody waits for: %v", err)
			}
			for n := range 12 {
				if err := ask(t.Context(), h, 10*n+5*caller, 3); err != nil {
					t.Errorf("caller %d: %v", caller, err)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkTenCounts alternates ten questions to one host with ten walks of a walker
// that is kept; both load once. host/walker is the median of the pairs. It counts the
// sockets of the machine: make some first.
func BenchmarkTenCounts(b *testing.B) {
	var ratios []float64
	for b.Loop() {
		host := timeOf(func() { tenCounts(b) })
		walker := timeOf(func() { tenWalks(b) })
		ratios = append(ratios, host/walker)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "host/walker")
	b.ReportMetric(0, "ns/op") // the time of both together says nothing
}

func timeOf(do func()) float64 {
	start := time.Now()
	do()
	return time.Since(start).Seconds()
}

func tenCounts(b *testing.B) {
	h, err := engine.Open(engine.Options{Engine: "hashwalk"})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	q := engine.Counting{Keys: query.Keys{{Field: socket.FieldState.Field()}, {Field: socket.FieldKind.Field()}}, Unowned: true}
	for range 10 {
		if _, err := h.Count(b.Context(), q, func(*socket.Socket, engine.Counted) {}); err != nil {
			b.Fatal(err)
		}
	}
}

func tenWalks(b *testing.B) {
	w, err := hashwalk.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	q := hashwalk.Query{
		By:      []hashwalk.Key{{Field: socket.FieldState}, {Field: socket.FieldKind}},
		Unowned: true, States: tcp.AllStates, Netns: []uint64{here(b)},
	}
	for range 10 {
		if _, err := w.Walk(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// here is the number of the network namespace of this process.
func here(b *testing.B) (inode uint64) {
	b.Helper()
	link, err := os.Readlink("/proc/self/ns/net")
	if err == nil {
		_, err = fmt.Sscanf(link, "net:[%d]", &inode)
	}
	if err != nil {
		b.Fatal(err)
	}
	return inode
}

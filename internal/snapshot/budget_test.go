// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// worst is a TIME_WAIT row with random values in every field: any peer of the
// Internet, any port, any remaining time, cookies in no order.
func worst(rnd *rand.Rand, s *socket.Socket) {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], rnd.Uint32())
	*s = socket.Socket{
		State: tcp.TimeWait, Kind: socket.Mini, Family: socket.IPv4, Timer: socket.TimerTimeWait,
		Local:   netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(32768+rnd.IntN(28232))),
		Remote:  netip.AddrPortFrom(netip.AddrFrom4(b), uint16(rnd.Uint32())),
		Expires: time.Duration(rnd.IntN(60000)) * time.Millisecond,
		Cookie:  1<<32 + uint64(rnd.IntN(1<<22)),
		Known:   socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldLocal, socket.FieldRemote, socket.FieldCookie),
	}
}

// counter counts the bytes that are written.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// TestAllocBudget: writing and reading a socket make no allocation, and a socket takes
// at most 20 bytes in the file, even with random values.
func TestAllocBudget(t *testing.T) {
	const n = 20 * rowsPerBlock
	var out bytes.Buffer
	w, err := NewWriter(&out, machine(), nil)
	check(t, err)
	check(t, w.Namespace(Namespace{Name: "n"}))
	rnd := rand.New(rand.NewPCG(1, 2))
	var s socket.Socket
	write := mallocs(func() {
		for range n {
			worst(rnd, &s)
			check(t, w.Add(&s, nil))
		}
	})
	check(t, w.Close(tail()))
	f, err := open(out.Bytes())
	check(t, err)
	read := mallocs(func() {
		check(t, f.Rows(context.Background(), Want{0, tcp.AllStates}, func(*socket.Socket, *socket.Owner) bool { return true }))
	})
	// A few dozen allocations per block: those of the sections, and growing buffers.
	if write > n/20 || read > n/20 {
		t.Errorf("%d allocations to write and %d to read %d sockets", write, read, n)
	}
	if each := float64(out.Len()) / n; each > 20 {
		t.Errorf("%.1f bytes a socket", each)
	}
}

func mallocs(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

// BenchmarkWrite measures the time per socket; "bytes/socket" is a socket's size in
// the file.
func BenchmarkWrite(b *testing.B) {
	var rows [rowsPerBlock]socket.Socket
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		worst(rnd, &rows[i])
	}
	out := &counter{}
	w, err := NewWriter(out, machine(), nil)
	check(b, err)
	check(b, w.Namespace(Namespace{Name: "n"}))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := w.Add(&rows[i%len(rows)], nil); err != nil { // calling check would be measured too
			b.Fatal(err)
		}
	}
	check(b, w.Close(tail()))
	b.ReportMetric(float64(out.n)/float64(b.N), "bytes/socket")
}

// BenchmarkRead measures the time per socket.
func BenchmarkRead(b *testing.B) {
	const n = 32 * rowsPerBlock
	var out bytes.Buffer
	w, err := NewWriter(io.Writer(&out), machine(), nil)
	check(b, err)
	check(b, w.Namespace(Namespace{Name: "n"}))
	rnd := rand.New(rand.NewPCG(1, 2))
	var s socket.Socket
	for range n {
		worst(rnd, &s)
		check(b, w.Add(&s, nil))
	}
	check(b, w.Close(tail()))
	f, err := open(out.Bytes())
	check(b, err)
	b.ReportAllocs()
	for left := 0; b.Loop(); left-- {
		if left == 0 {
			left = n
			check(b, f.Rows(context.Background(), Want{0, tcp.AllStates}, func(*socket.Socket, *socket.Owner) bool { return true }))
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// distinctSaved is a snapshot of n sockets of which no two are alike.
func distinctSaved(t *testing.T, n int) engine.Source {
	t.Helper()
	name := filepath.Join(t.TempDir(), "distinct.snap")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := snapshot.NewWriter(f, snapshot.Machine{Program: "x", Taken: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Host: "h", Scope: "self"}, nil)
	if err == nil {
		err = w.Namespace(snapshot.Namespace{Inode: 1, Name: "self"})
	}
	for i := range n {
		s := &socket.Socket{
			State: tcp.Established, Kind: socket.Full, Family: socket.IPv4, Inode: uint32(i + 1), Cookie: uint64(i + 1),
			Local: at(10, i), Remote: at(100, i), RecvQ: 99999, SendQ: 99999,
		}
		for field := range socket.Fields() {
			s.Known.Add(field.ID)
		}
		if err == nil {
			err = w.Add(s, nil)
		}
	}
	if err == nil {
		err = w.Close(snapshot.Tail{Engine: "sock_diag", Exact: true})
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	src, err := engine.OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

func at(network byte, i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{network, byte(i >> 16), byte(i >> 8), byte(i)}), uint16(1024+i%60000))
}

// TestPlayedFileIsBounded: a snapshot of 64 kB that has as many sockets as it may,
// no two alike, takes half of the memory on any screen that it may in any command.
func TestPlayedFileIsBounded(t *testing.T) {
	const sockets, most = 79_000, 32 << 20 // 12 MiB were seen
	src := distinctSaved(t, sockets)
	c := newTerminal(t, 120, 40)
	o := c.options()
	o.Source, o.Files, o.By = nil, []engine.Source{src}, "local,remote"
	runtime.GC()
	before := heap()
	_, end := c.run(o)
	c.sees("1 of 1: ")
	c.sees("79,000 sockets")
	worst := uint64(0)
	for key := range 9 {
		c.types(fmt.Sprint(key + 1))
		for range 10 {
			time.Sleep(20 * time.Millisecond)
			worst = max(worst, heap()-min(before, heap()))
		}
	}
	c.types("q")
	if err := end(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MiB", worst>>20)
	if worst > most {
		t.Errorf("%d MiB", worst>>20)
	}
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

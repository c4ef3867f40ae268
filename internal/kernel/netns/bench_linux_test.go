// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"runtime"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// BenchmarkEmptyNamespace measures the cost of a namespace without sockets. The dump's
// time depends on the sockets of the whole host: make some in another namespace to see
// it.
func BenchmarkEmptyNamespace(b *testing.B) {
	enter := func(b *testing.B, o testnet.Options) *Namespace {
		ns := testnet.New(b, o)
		resident(b, ns)
		return find(b, ns.Inode(), Options{})
	}
	b.Run("enter", func(b *testing.B) {
		n := enter(b, testnet.Options{})
		for b.Loop() {
			if err := n.Do(func() error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	dump := func(b *testing.B, o testnet.Options) {
		dumpEmpty(b, enter(b, o), b.Loop)
	}
	b.Run("dump", func(b *testing.B) { dump(b, testnet.Options{}) })
	b.Run("dump with its own table", func(b *testing.B) { dump(b, testnet.Options{PrivateHash: 1 << 12}) })
	b.Run("dump on all CPUs", func(b *testing.B) {
		n := enter(b, testnet.Options{})
		b.RunParallel(func(pb *testing.PB) { dumpEmpty(b, n, pb.Next) })
	})
}

// dumpEmpty reads a namespace without sockets while again returns true.
func dumpEmpty(b *testing.B, n *Namespace, again func() bool) {
	var conn *sockdiag.Conn
	if err := n.Do(func() (err error) { conn, err = sockdiag.Open(); return err }); err != nil {
		b.Error(err)
		return
	}
	defer func() { _ = conn.Close() }()
	for again() {
		rows := 0
		err := conn.Dump(b.Context(), sockdiag.Request{States: tcp.AllStates}, func(sockdiag.Message) bool { rows++; return true })
		if err != nil || rows != 0 {
			b.Errorf("%d rows, %v; want an empty namespace", rows, err)
			return
		}
	}
}

// BenchmarkDiscover finds the namespaces of this host and 50 more.
func BenchmarkDiscover(b *testing.B) {
	for range 50 {
		resident(b, testnet.New(b, testnet.Options{}))
	}
	for b.Loop() {
		all, _, err := Discover(b.Context(), Options{})
		if err != nil || len(all) < 51 {
			b.Fatalf("%d namespaces, %v", len(all), err)
		}
	}
}

// BenchmarkCountOthers counts other namespaces, as at the end of a census, while a
// program with 200 threads runs.
func BenchmarkCountOthers(b *testing.B) {
	stop := make(chan struct{})
	defer close(stop)
	for range 200 {
		go func() {
			runtime.LockOSThread() // the thread ends with its goroutine
			<-stop
		}()
	}
	resident(b, testnet.New(b, testnet.Options{}))
	o, err := newOthers()
	if err != nil {
		b.Fatal(err)
	}
	defer closeFD(o.proc)
	b.Run("threads", func(b *testing.B) {
		for b.Loop() {
			o.process(b.Context(), "self")
		}
	})
	b.Run("host", func(b *testing.B) {
		for b.Loop() {
			if n, err := CountOthers(b.Context()); err != nil || n == 0 {
				b.Fatalf("%d namespaces, %v", n, err)
			}
		}
	})
}

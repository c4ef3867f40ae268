// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"os"
	"strconv"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestOthersHaveThreads: the number of other namespaces includes one in which only a
// single thread lives.
func TestOthersHaveThreads(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	o, err := newOthers()
	if err != nil {
		t.Fatal(err)
	}
	defer closeFD(o.proc)
	self := strconv.Itoa(os.Getpid())
	if o.process(t.Context(), self); o.seen[ns.Inode()] {
		t.Error("seen before a thread was there")
	}
	ns.Do(func() { o.process(t.Context(), self) })
	if !o.seen[ns.Inode()] {
		t.Error("the thread was not seen")
	}
	if OnlyFirst() {
		t.Error("the kernel is said to have one namespace")
	}
	resident(t, ns)
	if n, err := CountOthers(t.Context()); err != nil || n < 1 {
		t.Errorf("CountOthers = %d, %v; want this namespace among them", n, err)
	}
}

// TestDiscoverThread: a namespace in which only a thread lives is found, can be
// requested by its number, and shows its files.
func TestDiscoverThread(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		n := find(t, ns.Inode(), Options{})
		if n == nil || len(n.PIDs) != 0 || len(n.Threads) != 1 || n.Threads[0].PID != int32(os.Getpid()) {
			t.Fatalf("found %+v, want a thread of this process", n)
		}
		scope, err := ParseScope(strconv.Itoa(int(n.Threads[0].TID)))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Select(t.Context(), scope, Options{})
		if err != nil || len(got) != 1 || got[0].Inode != ns.Inode() {
			t.Errorf("Select of the thread = %v, %v", got, err)
		}
		if _, err := os.ReadFile(n.NetDir() + "/sockstat"); err != nil {
			t.Error(err)
		}
	})
}

// TestDiscoverFile: so is a namespace that a process only has open as a file.
func TestDiscoverFile(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	n := find(t, ns.Inode(), Options{})
	if n == nil || len(n.Files) == 0 || n.Files[0] != ns.Path() || n.NetDir() != "" {
		t.Fatalf("found %+v, want it by %s", n, ns.Path())
	}
	var inside uint64
	if err := n.Do(func() (err error) { inside, err = current(); return err }); err != nil || inside != ns.Inode() {
		t.Errorf("inside is %d, %v", inside, err)
	}
}

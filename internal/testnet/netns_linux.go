// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
)

// Options say what kind of namespace [New] makes. The zero value is a plain
// one, which shares the kernel's one table of connections.
type Options struct {
	// PrivateHash, when not 0, gives the namespace its own table of
	// connections with so many buckets, a power of two (net.ipv4.tcp_child_ehash_entries,
	// Linux 6.1). Its dumps do not walk the sockets of other namespaces, and
	// net.ipv4.tcp_max_tw_buckets is half of it unless set.
	PrivateHash int
}

// A NS is a network namespace that lives as long as the test that made it. Its
// methods fail that test when they cannot do what they say, so they are for
// the test's own goroutine. The test itself stays outside, see [NS.Do].
type NS struct {
	t     testing.TB
	file  *os.File
	inode uint64 // once the file is closed
}

// New returns a fresh network namespace with lo up. It skips the test where it
// cannot make one, see [Require].
func New(t testing.TB, o Options) *NS {
	t.Helper()
	Require(t, Root)
	file, err := create(o)
	if err != nil {
		Skip(t, Netns, err.Error())
	}
	t.Cleanup(func() { _ = file.Close() })
	return &NS{t: t, file: file}
}

// Release drops this process's references to the namespace; only its number is
// kept. The namespace lives on while something else holds it.
func (ns *NS) Release() {
	ns.t.Helper()
	ns.inode = ns.Inode()
	if err := ns.file.Close(); err != nil {
		ns.t.Fatalf("release network namespace: %v", err)
	}
}

// create makes the namespace on a thread that dies with it.
func create(o Options) (file *os.File, err error) {
	crash := onThread(func() {
		if o.PrivateHash != 0 {
			err = prepareHash(o.PrivateHash)
		}
		if err == nil {
			file, err = unshare()
		}
	})
	if crash != nil {
		panic(crash)
	}
	if err != nil {
		return nil, err
	}
	if o.PrivateHash != 0 {
		err = checkHash(file)
	}
	return file, err
}

// prepareHash enters a throw-away namespace whose children get their own table.
func prepareHash(buckets int) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare parent network namespace: %w", err)
	}
	return os.WriteFile(sysctlPath("net.ipv4.tcp_child_ehash_entries"), []byte(strconv.Itoa(buckets)), 0)
}

// checkHash checks that the namespace has a table of its own. Without memory
// for one the kernel silently uses the shared table and reports its size as
// negative.
func checkHash(file *os.File) error {
	var raw []byte
	var err error
	onThread(func() {
		if err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err == nil {
			raw, err = os.ReadFile(sysctlPath("net.ipv4.tcp_ehash_entries"))
		}
	})
	if err == nil && strings.HasPrefix(string(raw), "-") {
		err = fmt.Errorf("the kernel gave no private table of connections")
	}
	if err != nil {
		_ = file.Close()
	}
	return err
}

// unshare moves this thread into a new network namespace with lo up.
func unshare() (*os.File, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("unshare network namespace: %w", err)
	}
	if err := loopback.Up(); err != nil {
		return nil, err
	}
	return os.Open("/proc/thread-self/ns/net")
}

// Path returns a path to the namespace that other processes can open too while
// the test runs, such as /proc/4711/fd/9.
func (ns *NS) Path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), ns.file.Fd())
}

// Inode returns the number that identifies the namespace, as in net:[4026532281].
func (ns *NS) Inode() uint64 {
	ns.t.Helper()
	if ns.inode != 0 {
		return ns.inode
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(ns.file.Fd()), &stat); err != nil {
		ns.t.Fatalf("stat network namespace: %v", err)
	}
	return stat.Ino
}

// Do runs fn on a thread inside the namespace and waits for it. Sockets opened
// by fn stay in the namespace wherever they are used later; goroutines started
// by fn are outside. t.Fatal and t.Skip work as usual inside fn.
func (ns *NS) Do(fn func()) {
	ns.t.Helper()
	var err error
	returned := false
	crash := onThread(func() {
		if err = unix.Setns(int(ns.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return
		}
		fn()
		returned = true
	})
	switch {
	case crash != nil:
		panic(crash)
	case err != nil:
		ns.t.Fatalf("enter network namespace: %v", err)
	case !returned: // fn called t.Fatal or t.Skip, which end a goroutine: end ours as well
		runtime.Goexit()
	}
}

// DoWithout is [NS.Do] on a thread that has put down a capability, such as
// unix.CAP_NET_ADMIN, for good.
func (ns *NS) DoWithout(capability int, fn func()) {
	ns.t.Helper()
	ns.Do(func() {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var caps [2]unix.CapUserData
		err := unix.Capget(&header, &caps[0])
		caps[capability/32].Effective &^= 1 << (capability % 32)
		if err == nil {
			err = unix.Capset(&header, &caps[0])
		}
		if err != nil {
			ns.t.Errorf("put down capability %d: %v", capability, err)
			return
		}
		fn()
	})
}

// Enter moves the test's own goroutine into the namespace until the test ends.
// It must not be used in a test that calls t.Parallel after it.
func (ns *NS) Enter() {
	ns.t.Helper()
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		ns.t.Fatalf("open own network namespace: %v", err)
	}
	if err := unix.Setns(int(ns.file.Fd()), unix.CLONE_NEWNET); err != nil {
		ns.t.Fatalf("enter network namespace: %v", err)
	}
	ns.t.Cleanup(func() {
		// A thread that cannot go home stays locked and dies with the test.
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err == nil {
			runtime.UnlockOSThread()
		}
		_ = home.Close()
	})
}

// SetSysctl sets a parameter below net, such as net.ipv4.tcp_fin_timeout, in
// this namespace only. Parameters that all namespaces share cannot be written
// from here and fail the test.
func (ns *NS) SetSysctl(name, value string) {
	ns.t.Helper()
	ns.Do(func() {
		ns.t.Helper()
		if err := os.WriteFile(sysctlPath(name), []byte(value), 0); err != nil {
			ns.t.Fatalf("set %s to %s: %v", name, value, err)
		}
	})
}

// Sysctl returns a parameter's value in this namespace, without the final newline.
func (ns *NS) Sysctl(name string) (value string) {
	ns.t.Helper()
	ns.Do(func() {
		ns.t.Helper()
		raw, err := os.ReadFile(sysctlPath(name))
		if err != nil {
			ns.t.Fatalf("read %s: %v", name, err)
		}
		value = strings.TrimSpace(string(raw))
	})
	return value
}

// sysctlPath refuses names outside net: those are the whole machine's.
func sysctlPath(name string) string {
	if !strings.HasPrefix(name, "net.") {
		panic("testnet: " + name + " does not belong to a network namespace")
	}
	return filepath.Join("/proc/sys", filepath.FromSlash(strings.ReplaceAll(name, ".", "/")))
}

// onThread runs fn on a thread of its own, which dies afterwards: whatever fn
// did to the thread's namespaces is gone with it. It returns what fn panicked with.
//
// It must not be the main thread: that one cannot die, and /proc/self/ns/net
// is the namespace of the main thread, so the whole process would seem to have
// moved.
func onThread(fn func()) (crash any) {
	done := make(chan struct{})
	tid := 0
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				crash = r
			}
		}()
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			crash = onThread(fn) // while this goroutine keeps the main thread to itself
			runtime.UnlockOSThread()
			return
		}
		tid = unix.Gettid()
		fn() // never unlocked
	}()
	<-done
	awaitEnd(tid)
	return crash
}

// awaitEnd waits until a thread has ended: while it lives, its /proc entry
// still leads to its namespace.
func awaitEnd(tid int) {
	task := fmt.Sprintf("/proc/self/task/%d", tid)
	for deadline := time.Now().Add(30 * time.Second); tid != 0 && time.Now().Before(deadline); time.Sleep(20 * time.Microsecond) {
		if _, err := os.Stat(task); err != nil {
			return
		}
	}
}

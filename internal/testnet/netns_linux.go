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

// Options say what kind of namespace [New] makes. The zero value makes an ordinary
// one, which shares the kernel's table of connections.
type Options struct {
	// PrivateHash, if not 0, gives the namespace a table of connections of its own
	// with that many buckets, a power of two (net.ipv4.tcp_child_ehash_entries, Linux
	// 6.1). Dumps in it do not walk past the sockets of other namespaces, and
	// net.ipv4.tcp_max_tw_buckets is half of it unless it is set.
	PrivateHash int
}

// An NS is a network namespace that exists as long as the test that made it. If a
// method cannot do what it says, it fails that test, so the methods may be called only
// in the test's own goroutine. The test itself stays outside of the namespace, see
// [NS.Do].
type NS struct {
	t     testing.TB
	file  *os.File
	inode uint64 // set when the file is closed
}

// New returns a new network namespace with lo up. If it cannot make one, it skips the
// test, see [Require].
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

// Release drops this process's references to the namespace and keeps only its number.
// The namespace continues to exist while anything else refers to it.
func (ns *NS) Release() {
	ns.t.Helper()
	ns.inode = ns.Inode()
	if err := ns.file.Close(); err != nil {
		ns.t.Fatalf("release network namespace: %v", err)
	}
}

// create makes the namespace on a thread that ends afterwards.
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

// prepareHash enters a temporary namespace whose children get a table of their own.
func prepareHash(buckets int) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare parent network namespace: %w", err)
	}
	return os.WriteFile(sysctlPath("net.ipv4.tcp_child_ehash_entries"), []byte(strconv.Itoa(buckets)), 0)
}

// checkHash checks that the namespace has a table of its own. If the kernel has no
// memory for one, it silently uses the shared table and reports its size as negative.
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

// Path returns a path of the namespace, such as /proc/4711/fd/9, that other processes
// can open too while the test runs.
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

// Do runs fn on a thread inside the namespace and waits for it. Sockets that fn opens
// belong to the namespace wherever they are used later; goroutines that fn starts are
// outside. t.Fatal and t.Skip work as usual inside fn.
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
	case !returned: // fn called t.Fatal or t.Skip, which ended its goroutine, so end this one too
		runtime.Goexit()
	}
}

// DoWithout is [NS.Do] on a thread that has permanently dropped a capability, such as
// unix.CAP_NET_ADMIN.
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

// Enter moves the test's own goroutine into the namespace until the test ends. The
// test must not call t.Parallel afterwards.
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
		// A thread that cannot return stays locked and ends with the test.
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err == nil {
			runtime.UnlockOSThread()
		}
		_ = home.Close()
	})
}

// SetSysctl sets a parameter below net, such as net.ipv4.tcp_fin_timeout, in this
// namespace only. A parameter that all namespaces share cannot be written from here
// and fails the test.
func (ns *NS) SetSysctl(name, value string) {
	ns.t.Helper()
	ns.Do(func() {
		ns.t.Helper()
		if err := os.WriteFile(sysctlPath(name), []byte(value), 0); err != nil {
			ns.t.Fatalf("set %s to %s: %v", name, value, err)
		}
	})
}

// Sysctl returns a parameter's value in this namespace, without the newline at its
// end.
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

// sysctlPath refuses names outside of net, because those belong to the whole machine.
func sysctlPath(name string) string {
	if !strings.HasPrefix(name, "net.") {
		panic("testnet: " + name + " does not belong to a network namespace")
	}
	return filepath.Join("/proc/sys", filepath.FromSlash(strings.ReplaceAll(name, ".", "/")))
}

// onThread runs fn on a new thread that ends afterwards, so that nothing remains of
// what fn did to the thread's namespaces. It returns the value with which fn panicked.
//
// The thread is never the main thread. The main thread cannot end, and
// /proc/self/ns/net shows its namespace, so the whole process would seem to have
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
			crash = onThread(fn) // this goroutine keeps the main thread busy meanwhile
			runtime.UnlockOSThread()
			return
		}
		tid = unix.Gettid()
		fn() // the thread is never unlocked, so it ends with the goroutine
	}()
	<-done
	awaitEnd(tid)
	return crash
}

// awaitEnd waits until a thread has ended: until then its /proc entry refers to its
// namespace.
func awaitEnd(tid int) {
	task := fmt.Sprintf("/proc/self/task/%d", tid)
	for deadline := time.Now().Add(30 * time.Second); tid != 0 && time.Now().Before(deadline); time.Sleep(20 * time.Microsecond) {
		if _, err := os.Stat(task); err != nil {
			return
		}
	}
}

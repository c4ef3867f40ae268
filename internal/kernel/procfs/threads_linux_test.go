// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestScanThreadWithOwnTable: a socket that only a thread has open, in a table of
// files of its own, is its process's.
func TestScanThreadWithOwnTable(t *testing.T) {
	if _, _, errno := unix.RawSyscall6(unix.SYS_KCMP, uintptr(os.Getpid()), uintptr(os.Getpid()), kcmpFiles, 0, 0, 0); errno != 0 {
		t.Skipf("tables of files are not compared here: %v", errno)
	}
	type opened struct {
		inode uint32
		err   error
	}
	ready, done := make(chan opened), make(chan struct{})
	defer close(done)
	onAnotherThread(func() {
		if err := unix.Unshare(unix.CLONE_FILES); err != nil {
			ready <- opened{err: err}
			return
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		var st unix.Stat_t
		err = errors.Join(err, unix.Fstat(fd, &st))
		ready <- opened{err: err, inode: uint32(st.Ino)}
		<-done
	})
	o := <-ready
	if o.err != nil {
		t.Skip(o.err)
	}
	p, err := Own().ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h, ok := p.Lookup(o.inode)
	if !ok || h.First.PID != int32(os.Getpid()) || h.First.Name == "" {
		t.Errorf("%+v, %t", h, ok)
	}
}

// onAnotherThread begins a function on a thread that ends with it. Never on the first
// one: that one cannot end, and its table of files is what /proc/PID/fd shows.
func onAnotherThread(do func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			do()
			return
		}
		placed := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(placed)
			do()
		}()
		<-placed // until then the first thread stays busy
		runtime.UnlockOSThread()
	}()
}

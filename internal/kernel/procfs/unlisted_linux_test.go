// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestHoldersOfUnlisted: sockets of this process that were never connected are
// found, those of UDP are not, and what is closed meanwhile does not count.
func TestHoldersOfUnlisted(t *testing.T) {
	const many = 300
	var fds []int
	open := func(family, kind int) {
		fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
	}
	for range many / 2 {
		open(unix.AF_INET, unix.SOCK_STREAM)
		open(unix.AF_INET6, unix.SOCK_STREAM)
	}
	t.Cleanup(func() {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	})
	for range 20 {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	all, known, err := Own().HoldersOfUnlisted(t.Context(), many)
	if err != nil {
		t.Fatal(err)
	}
	if !known {
		t.Skip("this kernel does not tell how many files a process has open (Linux 6.2 does)")
	}
	var own *Unlisted
	for _, u := range all {
		if int(u.Process.PID) == os.Getpid() {
			own = u
		}
	}
	if own == nil {
		t.Fatalf("not found among %d", len(all))
	}
	raw, err := listener.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		var stat unix.Stat_t
		if err := unix.Fstat(int(fd), &stat); err != nil {
			t.Error(err)
		}
		own.InTable(uint32(stat.Ino))
	}); err != nil {
		t.Fatal(err)
	}
	if n := own.Count(); n != many {
		t.Errorf("%d, want %d", n, many)
	}
	if err := unix.Close(fds[many-1]); err != nil {
		t.Fatal(err)
	}
	fds = fds[:many-1]
	if n := own.Count(); n != many-1 {
		t.Errorf("%d, want %d: one was closed", n, many-1)
	}
}

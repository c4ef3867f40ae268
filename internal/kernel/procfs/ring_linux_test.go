// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestRingSockets(t *testing.T) {
	for name, tt := range map[string]struct {
		fdinfo string
		want   []uint32
	}{
		"none":    {"pos:\t0\nflags:\t02000002\nSqMask:\t0x1\n", nil},
		"sockets": {"pos:\t0\nSQEs:\t0\nUserFiles:\t3\n    0: socket:[4711]\n    1: /etc/hosts\n    2: socket:[12]\nUserBufs:\t1\n    0: 0x7f/4096\n", []uint32{4711, 12}},
		// Where the ring is locked the files are not listed.
		"locked":    {"UserFiles:\t3\nUserBufs:\t0\nPollList:\n  op=6, task_works=0\n", nil},
		"elsewhere": {"PollList:\n    0: socket:[9]\nUserFiles:\t0\n", nil},
	} {
		var got []uint32
		eachRingSocket(strings.NewReader(tt.fdinfo), func(inode uint32) { got = append(got, inode) })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// TestRingHoldsSocket gives a listener to a ring and closes its descriptor: then
// nothing below /proc/PID/fd links to it.
func TestRingHoldsSocket(t *testing.T) {
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(listener, &st); err != nil {
		t.Fatal(err)
	}
	ring := newRing(t)
	const registerFiles = 2 // IORING_REGISTER_FILES of include/uapi/linux/io_uring.h
	fds := [1]int32{int32(listener)}
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(ring), registerFiles, uintptr(unsafe.Pointer(&fds)), 1, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	if err := unix.Close(listener); err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", ring))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(shown), fmt.Sprintf("socket:[%d]", st.Ino)) {
		t.Skip("this kernel does not show which socket a ring holds, but \"0: TCP\", as 6.1 and 6.12")
	}
	found, err := Own().ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h, ok := found.Lookup(uint32(st.Ino))
	if !ok || h.First.PID != int32(os.Getpid()) {
		t.Errorf("the socket in the ring is %+v's, %v; want this process, %d", h.First, ok, os.Getpid())
	}
}

// newRing opens a ring of io_uring that is closed with the test.
func newRing(t *testing.T) int {
	t.Helper()
	var params [120]byte // struct io_uring_params
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	if errors.Is(errno, unix.ENOSYS) || errors.Is(errno, unix.EPERM) {
		t.Skipf("io_uring is switched off here (kernel.io_uring_disabled, or not built): %v", errno)
	}
	if errno != 0 {
		t.Fatal(errno)
	}
	t.Cleanup(func() { _ = unix.Close(int(fd)) })
	return int(fd)
}

// SPDX-License-Identifier: Apache-2.0

package rights

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Bits of securebits(7), each with the bit that locks it: being root gives no
// capability, nor does a change of the user, and none are inherited.
const secureBits = 1<<0 | 1<<1 | 1<<2 | 1<<3 | // SECBIT_NOROOT, SECBIT_NO_SETUID_FIXUP
	1<<5 | // SECBIT_KEEP_CAPS_LOCKED
	1<<6 | 1<<7 // SECBIT_NO_CAP_AMBIENT_RAISE

// GiveUp drops all rights of the process except those to keep, and the ways to get
// others: the bounding set, root's privileges, file capabilities
// (PR_SET_NO_NEW_PRIVS). The error matches [errors.ErrUnsupported] in a program that
// is linked with C, where threads may run that Go does not know.
func GiveUp(keep ...Right) error {
	if err := all(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1); err != nil {
		return err
	}
	for c := range Right(unix.CAP_LAST_CAP + 1) {
		if !slices.Contains(keep, c) {
			_ = all(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(c)) // needs CAP_SETPCAP; a kernel may know fewer capabilities
		}
	}
	_ = all(unix.SYS_PRCTL, unix.PR_SET_SECUREBITS, secureBits) // needs CAP_SETPCAP
	_ = all(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL)
	header, caps, err := current()
	if err != nil {
		return err
	}
	for i := range caps {
		caps[i].Inheritable = 0
		caps[i].Permitted &= mask(keep, i)
		caps[i].Effective &= mask(keep, i)
	}
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&caps[0])), 0)
	return explain(errno)
}

// all makes a system call on all threads.
func all(number, a, b uintptr) error {
	_, _, errno := syscall.AllThreadsSyscall6(number, a, b, 0, 0, 0, 0)
	return explain(errno)
}

func explain(errno syscall.Errno) error {
	switch {
	case errno == 0:
		return nil
	case errors.Is(errno, syscall.ENOTSUP):
		return problem.Errorf("rights: %w: the program is linked with C", "权限：%w：程序与 C 库链接", errors.ErrUnsupported)
	default:
		return fmt.Errorf("rights: %w", errno)
	}
}

// Enough reports whether do succeeds with no more than these rights. It tries do on a
// thread of its own.
func Enough(do func() error, keep ...Right) bool {
	tried := make(chan bool)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		header, caps, err := current()
		before := caps
		if err == nil {
			for i := range caps {
				caps[i].Effective &= mask(keep, i)
			}
			err = unix.Capset(&header, &caps[0])
		}
		if err == nil {
			err = do()
			// The thread lives a moment longer. Restore its rights: [GiveUp] must not
			// find a thread with fewer rights than the others, which the Go runtime
			// does not survive.
			_ = unix.Capset(&header, &before[0]) // cannot fail: the permitted set is unchanged
		}
		tried <- err == nil
	}()
	return <-tried
}

// current returns the capabilities of this thread.
func current() (header unix.CapUserHeader, caps [2]unix.CapUserData, err error) {
	header.Version = unix.LINUX_CAPABILITY_VERSION_3
	err = unix.Capget(&header, &caps[0])
	return header, caps, err
}

// mask returns the bits of the rights in the i-th word of 32 bits.
func mask(list []Right, i int) (bits uint32) {
	for _, c := range list {
		if int(c/32) == i {
			bits |= 1 << (c % 32)
		}
	}
	return bits
}

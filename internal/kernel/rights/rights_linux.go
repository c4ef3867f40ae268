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

// Of securebits(7), each with the bit that locks it: root is no right, changing
// the user gives none, and none is inherited.
const secureBits = 1<<0 | 1<<1 | 1<<2 | 1<<3 | // SECBIT_NOROOT, SECBIT_NO_SETUID_FIXUP
	1<<5 | // SECBIT_KEEP_CAPS_LOCKED
	1<<6 | 1<<7 // SECBIT_NO_CAP_AMBIENT_RAISE

// GiveUp gives up all rights of the process but some, and the ways to get others:
// the bounding set, root's, those of files (PR_SET_NO_NEW_PRIVS). It matches
// [errors.ErrUnsupported] in a program that is linked with C: there threads may
// run that Go does not know of.
func GiveUp(keep ...Right) error {
	if err := all(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1); err != nil {
		return err
	}
	for c := range Right(unix.CAP_LAST_CAP + 1) {
		if !slices.Contains(keep, c) {
			_ = all(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(c)) // takes CAP_SETPCAP; a kernel may know fewer
		}
	}
	_ = all(unix.SYS_PRCTL, unix.PR_SET_SECUREBITS, secureBits) // takes CAP_SETPCAP
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

// Enough reports whether something can be done with no more than some rights: it
// is tried on a thread of its own.
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
			// The thread is there for a moment longer: [GiveUp] must not find one
			// that may less than the others, which the runtime does not survive.
			_ = unix.Capset(&header, &before[0]) // what is permitted was not lowered
		}
		tried <- err == nil
	}()
	return <-tried
}

// current returns what this thread may.
func current() (header unix.CapUserHeader, caps [2]unix.CapUserData, err error) {
	header.Version = unix.LINUX_CAPABILITY_VERSION_3
	err = unix.Capget(&header, &caps[0])
	return header, caps, err
}

// mask has the bits of the rights that are in the i-th 32 of all.
func mask(list []Right, i int) (bits uint32) {
	for _, c := range list {
		if int(c/32) == i {
			bits |= 1 << (c % 32)
		}
	}
	return bits
}

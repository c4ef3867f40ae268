// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// closedOutput reports whether standard output was closed when the program was
// started (>&-, or a daemon that has closed all). The runtime opens /dev/null in
// place of what is closed, and all answers would be lost with success.
//
// What it opens looks like what Python (subprocess.DEVNULL) and Node ('ignore') hand
// over on purpose, so that this is said only where something else tells: standard
// input was closed too, or a shell has started the program, which opens /dev/null
// for writing alone. See docs/decisions/0014-closed-output.md.
func closedOutput() bool {
	const in, out = 0, 1
	if !isRuntimeNull(out) {
		return false
	}
	if isRuntimeNull(in) { // who hands over one for both (daemon(3)) hands over the same
		return !sameOpenFile(in, out)
	}
	return closedByShell()
}

// closedByShell reports whether the parent is a shell whose own standard output is
// no /dev/null, which it would hand on, or is closed: dash closes its own while
// the program runs.
func closedByShell() bool {
	parent := "/proc/" + strconv.Itoa(os.Getppid())
	program, err := os.Readlink(parent + "/exe")
	if err != nil || !slices.Contains(shells(), filepath.Base(program)) {
		return false
	}
	to, err := os.Readlink(parent + "/fd/1")
	return errors.Is(err, fs.ErrNotExist) || err == nil && to != os.DevNull
}

// shells are the names of shells' programs.
func shells() []string {
	return []string{"sh", "bash", "dash", "ash", "zsh", "zsh5", "ksh", "ksh93", "mksh", "yash", "fish", "busybox"}
}

// isNull reports whether a descriptor is /dev/null.
func isNull(fd int) bool {
	var st, null syscall.Stat_t
	return syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFCHR && syscall.Stat(os.DevNull, &null) == nil && st.Rdev == null.Rdev
}

func isRuntimeNull(fd int) bool {
	if !isNull(fd) {
		return false
	}
	flags, errno := fcntl(fd, syscall.F_GETFL, 0)
	return errno == 0 && flags&syscall.O_ACCMODE == syscall.O_RDWR
}

// sameOpenFile reports whether two descriptors of /dev/null are one open file
// (dup(2)). Kernels before 6.10 do not say; but a flag of the one is then one of
// the other, and /dev/null does not care where its end is.
func sameOpenFile(a, b int) bool {
	const dupfdQuery = 1027 // F_DUPFD_QUERY of include/uapi/linux/fcntl.h
	if same, errno := fcntl(a, dupfdQuery, b); errno == 0 {
		return same == 1
	}
	before, errno := fcntl(a, syscall.F_GETFL, 0)
	if errno != 0 {
		return true // nothing is said about it
	}
	if _, errno = fcntl(a, syscall.F_SETFL, before^syscall.O_APPEND); errno != 0 {
		return true
	}
	other, errno := fcntl(b, syscall.F_GETFL, 0)
	_, _ = fcntl(a, syscall.F_SETFL, before) // which it was
	return errno != 0 || (other^before)&syscall.O_APPEND != 0
}

func fcntl(fd, command, arg int) (result int, errno syscall.Errno) {
	r, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(command), uintptr(arg))
	return int(r), errno
}

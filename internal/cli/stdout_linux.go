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
// started (>&-, or a daemon that has closed all). The Go runtime opens /dev/null in
// place of a closed descriptor, so all answers would be lost while the program
// reports success.
//
// Python (subprocess.DEVNULL) and Node ('ignore') pass such a /dev/null on purpose.
// So the function returns true only if there is further evidence: standard input was
// closed too, or the parent is a shell, which would open /dev/null for writing only.
// See docs/decisions/0014-closed-output.md.
func closedOutput() bool {
	const in, out = 0, 1
	if !isRuntimeNull(out) {
		return false
	}
	if isRuntimeNull(in) { // a program that passes one /dev/null for both passes the same open file (daemon(3))
		return !sameOpenFile(in, out)
	}
	return closedByShell()
}

// closedByShell reports whether the parent is a shell whose own standard output is
// not /dev/null, which it would pass on, or is closed: dash closes its own while the
// program runs.
func closedByShell() bool {
	parent := "/proc/" + strconv.Itoa(os.Getppid())
	program, err := os.Readlink(parent + "/exe")
	if err != nil || !slices.Contains(shells(), filepath.Base(program)) {
		return false
	}
	to, err := os.Readlink(parent + "/fd/1")
	return errors.Is(err, fs.ErrNotExist) || err == nil && to != os.DevNull
}

// shells returns the names of shell programs.
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

// sameOpenFile reports whether two descriptors of /dev/null are the same open file
// (dup(2)). Kernels before 6.10 do not tell; then a flag is set on one and looked for
// on the other.
func sameOpenFile(a, b int) bool {
	const dupfdQuery = 1027 // F_DUPFD_QUERY of include/uapi/linux/fcntl.h
	if same, errno := fcntl(a, dupfdQuery, b); errno == 0 {
		return same == 1
	}
	before, errno := fcntl(a, syscall.F_GETFL, 0)
	if errno != 0 {
		return true // unknown counts as the same
	}
	if _, errno = fcntl(a, syscall.F_SETFL, before^syscall.O_APPEND); errno != 0 {
		return true
	}
	other, errno := fcntl(b, syscall.F_GETFL, 0)
	_, _ = fcntl(a, syscall.F_SETFL, before) // restores the flags
	return errno != 0 || (other^before)&syscall.O_APPEND != 0
}

func fcntl(fd, command, arg int) (result int, errno syscall.Errno) {
	r, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(command), uintptr(arg))
	return int(r), errno
}

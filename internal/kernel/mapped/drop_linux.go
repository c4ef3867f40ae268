// SPDX-License-Identifier: Apache-2.0

package mapped

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// DropOwn takes the code and the constants of this program's own file out of its
// memory. Most pages were used to start, and are not used again; those that are come
// back from the page cache, by a minor fault each (mm/madvise.c MADV_DONTNEED). Only
// mappings that cannot be written to are dropped: nothing in them can differ from the
// file. Errors are those of /proc/self and of madvise(2).
func DropOwn() error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	for line := range bytes.Lines(maps) {
		from, to, ok := unwritten(line, self)
		if !ok {
			continue
		}
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED); errno != 0 {
			return os.NewSyscallError("madvise", errno)
		}
	}
	return nil
}

// unwritten returns the ends of a mapping of a file that cannot be written to. A line
// is "55e1a000-55e2b000 r-xp 00001000 fe:00 1234   /usr/bin/tcpvitalsd" (proc(5)).
func unwritten(line []byte, file string) (from, to uintptr, ok bool) {
	fields := bytes.Fields(line)
	if len(fields) < 6 || fields[1][1] != '-' || string(bytes.TrimSpace(line[bytes.Index(line, fields[5]):])) != file {
		return 0, 0, false
	}
	low, high, _ := bytes.Cut(fields[0], []byte("-"))
	a, err := strconv.ParseUint(string(low), 16, 64)
	if err != nil {
		return 0, 0, false
	}
	b, err := strconv.ParseUint(string(high), 16, 64)
	return uintptr(a), uintptr(b), err == nil && b > a
}

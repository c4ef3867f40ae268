// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bytes"
	"strconv"
)

// Descriptors is how many files a process has open, and may have.
type Descriptors struct {
	Process Process // without its user
	Open    uint64
	Limit   uint64 // RLIMIT_NOFILE, the soft one: beyond it calls fail with EMFILE
	// Beyond is how many of Open have numbers that the limit does not give any
	// more: they were opened before it was lowered, and take no place below it.
	Beyond uint64
	Netns  uint64 // inode of its network namespace, 0 when that is not known
}

// parseOpenLimit reads the soft limit out of /proc/PID/limits; ok is false where
// there is none (fs/proc/base.c proc_pid_limits).
func parseOpenLimit(limits []byte) (n uint64, ok bool) {
	_, rest, found := bytes.Cut(limits, []byte("\nMax open files"))
	if !found {
		return 0, false
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) == 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(fields[0]), 10, 64)
	return n, err == nil
}

// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bytes"
	"strconv"
)

// Descriptors is how many descriptors a process has open, and its limit.
type Descriptors struct {
	Process Process // without its user id
	Open    uint64
	Limit   uint64 // RLIMIT_NOFILE, the soft limit: beyond it calls fail with EMFILE
	// Beyond is how many of the open descriptors have numbers above the limit. They
	// were opened before the limit was lowered, and use up no number below it.
	Beyond uint64
	Netns  uint64 // inode of its network namespace, 0 if unknown
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

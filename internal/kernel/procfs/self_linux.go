// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Self returns the resources of this process: the CPU time since it began
// (getrusage(2)), and the bytes of memory that it holds now (/proc/self/statm, the
// second number, in pages). ok is false if either cannot be read.
func Self() (cpu time.Duration, resident uint64, ok bool) {
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		return 0, 0, false
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, 0, false
	}
	numbers := bytes.Fields(text)
	if len(numbers) < 2 {
		return 0, 0, false
	}
	pages, err := strconv.ParseUint(string(numbers[1]), 10, 64)
	if err != nil {
		return 0, 0, false
	}
	cpu = time.Duration(unix.TimevalToNsec(use.Utime) + unix.TimevalToNsec(use.Stime))
	return cpu, pages * uint64(os.Getpagesize()), true
}

// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// actor has sockets open, takes the name that it is given and does nothing about them
// until its input ends. most is how many descriptors it may have.
func actor(most string) {
	name, err := os.OpenFile("/proc/self/comm", os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	if n, err := strconv.ParseUint(most, 10, 32); err == nil && n > 0 {
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n})
	}
	_, _ = name.WriteString(os.Args[1])
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// firstRead is how much room a file gets at first: most files of procfs have
// less.
const firstRead = 1 << 10

// ReadAll is [os.ReadFile] for files that are always ready, such as those of
// procfs: three system calls more than there is to read. os first makes the
// poller, with a thread's help, and hands it each file, which takes ten.
func ReadAll(path string) ([]byte, error) {
	var sys System
	fd, err := sys.Open(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer sys.Close(fd) //nolint:errcheck // nothing was written
	text := make([]byte, 0, firstRead)
	for {
		var n int
		err := again(func() (err error) {
			n, err = unix.Read(fd, text[len(text):cap(text)])
			return err
		})
		text = text[:len(text)+max(n, 0)]
		if n <= 0 {
			return text, at("read", path, err)
		}
		if len(text) == cap(text) {
			text = slices.Grow(text, len(text))
		}
	}
}

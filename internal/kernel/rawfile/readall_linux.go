// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"os"
	"slices"
)

// firstRead is the size of the first buffer, in bytes: most files of procfs are
// smaller.
const firstRead = 1 << 10

// ReadAll is [os.ReadFile] for files that never block, such as those of procfs. It
// needs four system calls for a small file. Package os needs ten: it creates a poller
// and registers every file there.
func ReadAll(path string) ([]byte, error) {
	var sys System
	fd, err := sys.Open(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer sys.Close(fd) //nolint:errcheck // the file is only read
	text := make([]byte, 0, firstRead)
	for {
		n, err := read(fd, text[len(text):cap(text)])
		text = text[:len(text)+n]
		if n == 0 {
			return text, at("read", path, err)
		}
		if len(text) == cap(text) {
			text = slices.Grow(text, len(text))
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"os"
	"slices"
)

// firstRead is how much room a file gets at first: most files of procfs have
// less.
const firstRead = 1 << 10

// ReadAll is [os.ReadFile] for files that are always ready, such as those of
// procfs: four system calls for a small one. os makes the poller for the first
// and hands it every one, which takes ten.
func ReadAll(path string) ([]byte, error) {
	var sys System
	fd, err := sys.Open(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer sys.Close(fd) //nolint:errcheck // nothing was written
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

// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"io"
	"io/fs"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Others returns why a user other than root and this one could write to the file that
// [System.Stat] described; nil if none could.
func Others(owner uint32, mode fs.FileMode) error {
	switch {
	case owner != 0 && int(owner) != os.Geteuid():
		return problem.Errorf("it belongs to user %d", "它属于用户 %d", owner)
	case mode.Perm()&0o022 != 0:
		return problem.Errorf("others may write to it (mode %04o)", "其他用户可以写入它（权限 %04o）", mode.Perm())
	}
	return nil
}

// WriteAll writes all of text and waits until it is on disk.
func WriteAll(to interface {
	Write(fd int, p []byte) (int, error)
	Fsync(fd int) error
}, fd int, text []byte,
) error {
	n, err := to.Write(fd, text)
	if err != nil {
		return err
	}
	if n < len(text) {
		return io.ErrShortWrite
	}
	return to.Fsync(fd)
}

// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Unnamed opens a new file without a name in a directory (O_TMPFILE, open(2)). The
// file disappears with its last descriptor, however the process ends. The error
// matches [errors.ErrUnsupported] if the file system has no such files, or if [Link]
// could not name them.
func Unnamed(dir string, mode uint32) (*os.File, error) {
	fd, err := System{}.Open(dir, unix.O_TMPFILE|unix.O_RDWR, mode)
	switch {
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EISDIR), errors.Is(err, unix.EINVAL):
		return nil, errors.ErrUnsupported // old kernels take it for a directory
	case err != nil:
		return nil, err
	}
	f := os.NewFile(uintptr(fd), dir)
	if err := unix.Faccessat(unix.AT_FDCWD, descriptor(int(f.Fd())), unix.F_OK, 0); err != nil {
		_ = f.Close()
		return nil, problem.Errorf("no /proc to name it by: %w", "没有可用来命名它的 /proc：%w", errors.ErrUnsupported)
	}
	return f, nil
}

// Link gives a file of [Unnamed] a name, which must not exist yet.
func Link(f *os.File, name string) error {
	return at("link", name, unix.Linkat(unix.AT_FDCWD, descriptor(int(f.Fd())), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW))
}

// descriptor returns the procfs link to an open file.
func descriptor(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

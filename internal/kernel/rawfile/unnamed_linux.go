// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Unnamed opens a new file in a directory that has no name there (O_TMPFILE,
// open(2)): it is gone with its last descriptor, however the process ends. The
// error matches [errors.ErrUnsupported] where the file system has none, or where
// [Link] could not give it a name.
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

// Link gives a file of [Unnamed] a name that nothing has yet.
func Link(f *os.File, name string) error {
	return at("link", name, unix.Linkat(unix.AT_FDCWD, descriptor(int(f.Fd())), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW))
}

// descriptor is the link of procfs to an open file.
func descriptor(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

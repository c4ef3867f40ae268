// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Open opens a file with O_CLOEXEC. Flags are those of package os.
func (System) Open(path string, flags int, mode uint32) (fd int, err error) {
	err = again(func() error {
		fd, err = unix.Open(path, flags|unix.O_CLOEXEC, mode)
		return err
	})
	return fd, at("open", path, err)
}

// Read makes one read(2). 0 bytes mean the end of the file.
func (System) Read(fd int, p []byte) (int, error) {
	n, err := read(fd, p)
	return n, os.NewSyscallError("read", err)
}

func read(fd int, p []byte) (n int, err error) {
	err = again(func() error {
		n, err = unix.Read(fd, p)
		return err
	})
	return max(n, 0), err
}

// Write makes one write(2). It may write less than all of p; then the error is nil.
func (System) Write(fd int, p []byte) (n int, err error) {
	err = again(func() error {
		n, err = unix.Write(fd, p)
		return err
	})
	return max(n, 0), os.NewSyscallError("write", err)
}

// Fsync makes writes to a file, or renames in a directory, durable.
func (System) Fsync(fd int) error {
	return os.NewSyscallError("fsync", again(func() error { return unix.Fsync(fd) }))
}

// Truncate cuts a file to a size.
func (System) Truncate(fd int, size int64) error {
	return os.NewSyscallError("ftruncate", again(func() error { return unix.Ftruncate(fd, size) }))
}

// Close closes a descriptor. It is not repeated after an interruption: the descriptor
// is closed in any case (close(2)).
func (System) Close(fd int) error { return os.NewSyscallError("close", unix.Close(fd)) }

// Rename renames a file and replaces an existing file of the new name.
func (System) Rename(from, to string) error { return at("rename", to, unix.Rename(from, to)) }

// Unlink removes a file.
func (System) Unlink(path string) error { return at("unlink", path, unix.Unlink(path)) }

// Mkdir makes a directory.
func (System) Mkdir(path string, mode uint32) error { return at("mkdir", path, unix.Mkdir(path, mode)) }

// NoFollow is a flag for Open: a symbolic link at the end of the path is an error,
// and opening a FIFO or device does not block.
const NoFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// Stat returns the owner, the type and the permissions of an open file.
func (System) Stat(fd int) (owner uint32, mode fs.FileMode, err error) {
	st, err := statOf(fd)
	if err != nil {
		return 0, 0, os.NewSyscallError("fstat", err)
	}
	mode = fs.FileMode(st.Mode & 0o777)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		mode |= fs.ModeDir
	default:
		mode |= fs.ModeIrregular
	}
	return st.Uid, mode, nil
}

// DropInput discards what was typed on a terminal but not read yet (tcflush(3)).
func DropInput(fd int) error {
	return os.NewSyscallError("tcflush", unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH))
}

// Links returns how many names (hard links) an open file has.
func (System) Links(fd int) (n uint64, err error) {
	st, err := statOf(fd)
	if err != nil {
		return 0, os.NewSyscallError("fstat", err)
	}
	return uint64(st.Nlink), nil //nolint:unconvert,nolintlint // 32 bits on some architectures
}

// TryLock takes an exclusive lock of an open file. ok is false if another process has
// it. The lock ends with the last descriptor, however the process ends.
func (System) TryLock(fd int) (ok bool, err error) {
	err = again(func() error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, os.NewSyscallError("flock", err)
}

// Names returns the next names in an open directory; none at its end.
func (System) Names(fd int) (names []string, err error) {
	buf := make([]byte, 32<<10)
	n := 0
	err = again(func() error {
		n, err = unix.ReadDirent(fd, buf)
		return err
	})
	if err != nil {
		return nil, os.NewSyscallError("getdents", err)
	}
	_, _, names = unix.ParseDirent(buf[:n], -1, nil)
	return names, nil
}

// again repeats a call that a signal interrupted.
func again(do func() error) error {
	for {
		if err := do(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func at(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}

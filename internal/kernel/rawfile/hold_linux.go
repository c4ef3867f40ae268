// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// Walk resolves the name of a directory as the kernel does, link by link
// (path_resolution(7)). It calls check before each step, and holds the directory at
// the end open: replacing a step afterwards has no effect. If check refuses a step,
// Walk returns its error. Until closeIt is called, at is a name of the directory.
func Walk(name string, check func(Step) error) (at string, closeIt func(), err error) {
	w := walk{check: check, fd: -1}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if err := w.from(name); err != nil {
		return "", nil, err
	}
	rest := name
	const mostLinks = 40 // the kernel's limit (include/linux/namei.h MAXSYMLINKS)
	for links := 0; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		if part == "" || part == "." {
			continue
		}
		target, err := w.step(part)
		if err != nil {
			return "", nil, err
		}
		if target == "" {
			continue
		}
		if links++; links > mostLinks {
			return "", nil, &fs.PathError{Op: "open", Path: w.path, Err: unix.ELOOP}
		}
		if strings.HasPrefix(target, "/") {
			if err := w.from(target); err != nil {
				return "", nil, err
			}
		}
		rest = target + "/" + rest
	}
	at = descriptor(w.fd)
	if err := unix.Faccessat(unix.AT_FDCWD, at, unix.F_OK, 0); err != nil {
		at = w.path // without /proc there is no name for a descriptor
	}
	return at, w.close, nil
}

type walk struct {
	check func(Step) error
	fd    int
	path  string
}

func (w *walk) close() {
	if w.fd >= 0 {
		_ = unix.Close(w.fd) // the directory is only read
	}
	w.fd = -1
}

// from begins at the root, or at the current directory.
func (w *walk) from(name string) error {
	start := "."
	if strings.HasPrefix(name, "/") {
		start = "/"
	}
	fd, err := System{}.Open(start, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	w.close()
	w.fd, w.path = fd, start
	st, err := statOf(fd)
	if err != nil {
		return at("stat", start, err)
	}
	return w.check(stepOf(start, st))
}

// step goes to one part of a path; if that is a symbolic link it returns the target
// instead.
func (w *walk) step(part string) (target string, err error) {
	name := path.Join(w.path, part)
	fd, err := openat(w.fd, part, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return "", at("open", name, err)
	}
	st, err := statOf(fd)
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFLNK && st.Mode&unix.S_IFMT != unix.S_IFDIR {
		err = unix.ENOTDIR
	}
	if err != nil {
		_ = unix.Close(fd)
		return "", at("open", name, err)
	}
	s := stepOf(name, st)
	if err := w.check(s); err != nil {
		_ = unix.Close(fd)
		return "", err
	}
	if s.Link {
		defer unix.Close(fd)
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(fd, "", buf)
		if err == nil && n == 0 {
			err = unix.ENOENT
		}
		return string(buf[:max(n, 0)]), at("readlink", name, err)
	}
	w.close()
	w.fd, w.path = fd, name
	return "", nil
}

// openat opens an entry of a directory.
func openat(dir int, name string, flags int) (fd int, err error) {
	err = again(func() (err error) {
		fd, err = unix.Openat(dir, name, flags|unix.O_CLOEXEC, 0)
		return err
	})
	return fd, err
}

func statOf(fd int) (st unix.Stat_t, err error) {
	err = again(func() error { return unix.Fstat(fd, &st) })
	return st, err
}

func stepOf(name string, st unix.Stat_t) Step {
	mode := fs.FileMode(st.Mode & 0o777)
	if st.Mode&unix.S_ISVTX != 0 {
		mode |= os.ModeSticky
	}
	return Step{Path: name, Link: st.Mode&unix.S_IFMT == unix.S_IFLNK, Owner: st.Uid, Mode: mode}
}

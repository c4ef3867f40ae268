// SPDX-License-Identifier: Apache-2.0

package change

import (
	"errors"
	"io/fs"
	"os"
	"path"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Modes of written files: everybody may read what was changed.
const (
	fileMode = 0o644
	dirMode  = 0o755
	lockMode = 0o600 // whoever can open the lock can keep others from changing anything
)

// files adds operations of several calls to Calls.
type files struct{ Calls }

// read returns the content of a file.
func (f files) read(name string) (text []byte, err error) {
	fd, err := f.Open(name, os.O_RDONLY|rawfile.NoFollow, 0)
	if err != nil {
		return nil, err
	}
	return f.readAll(fd)
}

// readAll reads an open file and closes it.
func (f files) readAll(fd int) (text []byte, err error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := f.Read(fd, buf)
		text = append(text, buf[:n]...)
		if err == nil && len(text) > maxJournal {
			err = problem.Errorf("%w: it is longer than %d MB", "%w：超过 %d MB", ErrDamaged, maxJournal>>20)
		}
		if err != nil || n == 0 {
			return text, errors.Join(err, f.Close(fd))
		}
	}
}

// create makes a new file and its name durable. After a failure the file does not
// exist.
func (f files) create(name string, text []byte) error {
	fd, err := f.Open(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	err = rawfile.WriteAll(f, fd, text)
	if closeErr := f.Close(fd); err == nil {
		err = closeErr
	}
	if err == nil {
		err = f.syncDir(path.Dir(name))
	}
	if err != nil {
		return errors.Join(err, f.remove(name))
	}
	return nil
}

// createWhole makes a file that gets its name only when it is complete. It replaces
// what a killed process left behind.
func (f files) createWhole(name string, text []byte) error {
	draft := name + unfinished
	if err := f.remove(draft); err != nil {
		return err
	}
	if err := f.create(draft, text); err != nil {
		return err
	}
	if err := f.Rename(draft, name); err != nil {
		return errors.Join(err, f.remove(draft))
	}
	if err := f.syncDir(path.Dir(name)); err != nil {
		return errors.Join(err, f.remove(name))
	}
	return nil
}

// syncDir makes names in a directory durable.
func (f files) syncDir(dir string) error {
	fd, err := f.Open(dir, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	err = f.Fsync(fd)
	return errors.Join(err, f.Close(fd))
}

// remove removes a file durably. A missing file is no error.
func (f files) remove(name string) error {
	err := attempt(func() error {
		err := f.Unlink(name)
		if err == nil || errors.Is(err, fs.ErrNotExist) || f.absent(name) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return attempt(func() error { return f.syncDir(path.Dir(name)) })
}

// absent reports whether there is no such file. On a read-only disk, unlink(2)
// returns EROFS whether the file exists or not (fs/namei.c do_unlinkat).
func (f files) absent(name string) bool {
	fd, err := f.Open(name, os.O_RDONLY, 0)
	if err == nil {
		_ = f.Close(fd)
	}
	return errors.Is(err, fs.ErrNotExist)
}

// mkdirAll makes a directory and missing directories above it, durably.
func (f files) mkdirAll(dir string) error {
	err := f.Mkdir(dir, dirMode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) && path.Dir(dir) != dir {
		if err := f.mkdirAll(path.Dir(dir)); err != nil {
			return err
		}
		err = f.Mkdir(dir, dirMode)
	}
	if err != nil {
		return err
	}
	return f.syncDir(path.Dir(dir))
}

// list returns the names in a directory; none if there is no such directory.
func (f files) list(dir string) (names []string, err error) {
	fd, err := f.Open(dir, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for {
		more, err := f.Names(fd)
		names = append(names, more...)
		if err != nil || len(more) == 0 {
			if err = errors.Join(err, f.Close(fd)); err != nil {
				return nil, problem.Errorf("list %s: %w", "列出 %s：%w", dir, err)
			}
			return names, nil
		}
	}
}

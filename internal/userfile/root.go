// SPDX-License-Identifier: Apache-2.0

package userfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Root is the file system of a machine, or a part of it, below a directory of this
// machine. Paths in it, and targets of its links, are those of the other machine,
// with slashes. No link leads out of it, as with openat2(2) and RESOLVE_IN_ROOT.
type Root struct {
	dir *os.Root
	// Within says that it is only a part of a file system: an absolute link is an
	// error instead of a path from its top.
	Within bool
}

// ErrOutside is the error of a link that leads out of a part of a file system.
var ErrOutside = problem.New("it is a link that leads out of the directory", "它是通向目录之外的链接")

// errNoDirectory is the error of a root that is a file.
var errNoDirectory = problem.New("not a directory", "不是目录")

// OpenRoot opens the directory. The error has no path.
func OpenRoot(name string) (*Root, error) {
	if name != "" {
		name += string(os.PathSeparator) + "." // only of a directory: a FIFO would be waited for
	}
	dir, err := os.OpenRoot(name)
	if err != nil {
		if info, known := os.Stat(strings.TrimSuffix(name, string(os.PathSeparator)+".")); known == nil && !info.IsDir() {
			return nil, errNoDirectory
		}
		return nil, reason(err)
	}
	return &Root{dir: dir}, nil
}

// Close ends it.
func (r *Root) Close() error { return r.dir.Close() }

// Resolve follows the links on a path, and returns it without any.
func (r *Root) Resolve(name string) (string, error) {
	const mostLinks = 40 // as of the kernel (include/linux/namei.h MAXSYMLINKS)
	done, rest := "/", strings.Trim(path.Clean("/"+name), "/")
	for links := 0; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		switch part {
		case "", ".":
			continue
		case "..":
			if r.Within && done == "/" {
				return "", ErrOutside
			}
			done = path.Dir(done)
			continue
		}
		at := path.Join(done, part)
		target, err := r.dir.Readlink(local(at))
		if err != nil {
			done = at // no link; what else is wrong with it is found when it is opened
			continue
		}
		if links++; links > mostLinks {
			return "", problem.Errorf("more than %d links lead to it", "通向它的链接超过 %d 层", mostLinks)
		}
		target = strings.ReplaceAll(target, "\\", "/")
		if path.IsAbs(target) {
			switch {
			case target == os.DevNull: // what masks a file is the same everywhere
				return target, nil
			case r.Within:
				return "", ErrOutside
			}
			done = "/"
		}
		rest = strings.Trim(target, "/") + "/" + rest
	}
	return done, nil
}

// local is a path as [os.Root] has it.
func local(name string) string {
	if name == "/" {
		return "."
	}
	return strings.TrimPrefix(name, "/")
}

// Exists reports whether there is something at a path.
func (r *Root) Exists(name string) bool {
	at, err := r.Resolve(name)
	if err != nil {
		return false
	}
	_, err = r.dir.Lstat(local(at))
	return err == nil
}

// List returns the names in a directory, sorted, and an error when it cannot be
// read or holds more than most. Errors have no path.
func (r *Root) List(name string, most int) ([]string, error) {
	at, err := r.Resolve(name)
	if err != nil {
		return nil, err
	}
	info, err := r.dir.Lstat(local(at))
	if err != nil {
		return nil, reason(err)
	}
	if !info.IsDir() {
		return nil, problem.New("it is no directory", "它不是目录")
	}
	f, err := r.dir.Open(local(at))
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	names, err := f.Readdirnames(most + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, reason(err)
	}
	if len(names) > most {
		return nil, problem.Errorf("it has more than %d files", "其中的文件超过 %d 个", most)
	}
	slices.Sort(names)
	return names, nil
}

// Read returns what is in a regular file, of at most that many bytes. The path
// is one that [Root.Resolve] returned; what has become a link since is not
// followed out of the root. Errors have no path.
func (r *Root) Read(name string, most int64) ([]byte, error) {
	f, err := rawfile.RegularIn(r.dir, local(name))
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	b, err := rawfile.ReadMost(f, most)
	if errors.Is(err, rawfile.ErrTooLarge) {
		return nil, limit(most)
	}
	if err != nil {
		return nil, reason(err)
	}
	return b, nil
}

// IsMissing reports whether an error says that there is nothing.
func IsMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// SPDX-License-Identifier: Apache-2.0

package userfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Save writes a file that is only there when it is whole, with the permission
// bits mode less the umask, and returns its length in bytes. It takes the place
// of a regular file; a link, a device and everything else that has the name is
// left as it is, and the error says what it is.
//
// Until it is whole the file has no name where the system knows such files, and
// so goes with the process however that ends. Elsewhere, and for the moment in
// which it takes another file's place, it has a name of its own beside it, which
// a signal that ends the process takes away first.
func Save(name string, mode fs.FileMode, write func(io.Writer) error) (size int64, err error) {
	return system{rawfile.Unnamed, rawfile.Link}.save(name, mode, write)
}

// Scratch opens a file for what is needed until the command ends, in the
// directory for such files. discard closes it; it has no name, or one that goes
// with the process as in [Save].
func Scratch() (f *os.File, discard func() error, err error) {
	d, err := system{rawfile.Unnamed, rawfile.Link}.newDraft(os.TempDir(), 0o600)
	if err != nil {
		return nil, nil, saveError(os.TempDir(), err)
	}
	return d.File, d.discard, nil
}

func (s system) save(name string, mode fs.FileMode, write func(io.Writer) error) (size int64, err error) {
	old, err := replaceable(name)
	if err != nil {
		return 0, err
	}
	f, err := s.newDraft(filepath.Dir(name), mode)
	if err != nil {
		return 0, saveError(name, err)
	}
	defer func() { err = errors.Join(err, f.discard()) }()
	if err := write(f.File); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, saveError(name, err)
	}
	if err := f.Sync(); err != nil {
		return 0, saveError(name, err)
	}
	if err := f.publish(name, old); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// replaceable returns what has the name, nil for nothing, or why a file must not
// take its place.
func replaceable(name string) (fs.FileInfo, error) {
	if name == "" || os.IsPathSeparator(name[len(name)-1]) {
		return nil, refusal(name, "is the name of a directory", "是目录名")
	}
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // nothing has the name, and that is no error
	case err != nil:
		return nil, saveError(name, err)
	case info.Mode().IsRegular():
		return info, nil
	default:
		return nil, refusal(name, "is "+rawfile.Kind(info.Mode()), "是 "+rawfile.Kind(info.Mode()))
	}
}

func refusal(name, is, isZh string) error {
	return &problem.UsageError{
		Msg:  fmt.Sprintf("%s is no file that could be replaced: it %s", visible.Text(name), is),
		Hint: "name a regular file or a new one; - is standard output",
		Zh:   fmt.Sprintf("%s 不是可以替换的文件：它%s", visible.Text(name), isZh), HintZh: "请写普通文件或新文件名；- 表示标准输出",
	}
}

func saveError(name string, err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return fmt.Errorf("write %s: %w", visible.Text(name), err)
}

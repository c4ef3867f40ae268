// SPDX-License-Identifier: Apache-2.0

package userfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	return system{unnamed: rawfile.Unnamed, link: rawfile.Link}.save(name, mode, write)
}

// Replace is [Save] for a program that runs on and takes signals itself: they do not end
// it here. Killed in the wrong moment, it leaves a draft beside the file, which [Tidy]
// removes.
func Replace(name string, mode fs.FileMode, write func(io.Writer) error) (size int64, err error) {
	return system{unnamed: rawfile.Unnamed, link: rawfile.Link, ownSignals: true}.save(name, mode, write)
}

// Tidy removes drafts of [Replace] from a directory that is the program's own.
func Tidy(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return problem.Unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	all, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return problem.Unreadable(dir, err)
	}
	for _, e := range all {
		if !strings.HasPrefix(e.Name(), draftPrefix) || !e.Type().IsRegular() {
			continue
		}
		if err := root.Remove(e.Name()); err != nil {
			return saveError(filepath.Join(dir, e.Name()), err)
		}
	}
	return nil
}

// Scratch opens a file for what is needed until the command ends, in the
// directory for such files. discard closes it. It has no name, or one that is
// removed when the process ends, as in [Save].
func Scratch() (f *os.File, discard func() error, err error) {
	d, err := system{unnamed: rawfile.Unnamed, link: rawfile.Link}.newDraft(os.TempDir(), 0o600)
	if err != nil {
		return nil, nil, saveError(os.TempDir(), err)
	}
	return d.File, d.discard, nil
}

func (s system) save(name string, mode fs.FileMode, write func(io.Writer) error) (size int64, err error) {
	to, err := placeOf(name)
	if err != nil {
		return 0, err
	}
	defer to.close()
	old, err := to.replaceable()
	if err != nil {
		return 0, err
	}
	f, err := s.newDraft(to.dir, mode)
	if err != nil {
		return 0, saveError(name, err)
	}
	defer func() { err = errors.Join(err, f.discard()) }()
	if err := write(f.File); err != nil {
		return 0, f.told(name, err)
	}
	info, err := f.Stat()
	if err != nil {
		return 0, saveError(name, err)
	}
	if err := f.Sync(); err != nil {
		return 0, saveError(name, err)
	}
	if err := f.publish(to, old); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// told has an error of the draft tell the name that the user knows.
func (d *draft) told(name string, err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok && d.File != nil && path.Path == d.Name() {
		return saveError(name, path.Err)
	}
	return err
}

// A place is where a file goes: the directory is held, so that nobody puts
// another in its place meanwhile.
type place struct {
	name  string // as the user calls the file
	dir   string // a name of the directory, as long as it is held
	path  string // of the file in it
	close func()
}

// placeOf opens the directory of a file. It follows links that root or this user made; links
// of other users could lead anywhere.
func placeOf(name string) (*place, error) {
	if name == "" || os.IsPathSeparator(name[len(name)-1]) {
		return nil, refusal(name, "is the name of a directory", "是目录名")
	}
	dir, closeIt, err := rawfile.Walk(filepath.Dir(name), func(s rawfile.Step) error {
		if s.Link && s.Owner != 0 && int(s.Owner) != os.Geteuid() {
			return foreignLink(name, s)
		}
		return nil
	})
	if _, refused := errors.AsType[*problem.UsageError](err); refused {
		return nil, err
	}
	if err != nil {
		return nil, saveError(name, err)
	}
	return &place{name, dir, dir + string(filepath.Separator) + filepath.Base(name), closeIt}, nil // not cleaned: the name may be "."
}

func foreignLink(name string, s rawfile.Step) error {
	return &problem.UsageError{
		Msg:  fmt.Sprintf("%s is not written: %s is a link that user %d made", visible.Text(name), visible.Text(s.Path), s.Owner),
		Hint: "name the directory itself that you mean",
		Zh:   fmt.Sprintf("没有写 %s：%s 是用户 %d 建的链接", visible.Text(name), visible.Text(s.Path), s.Owner), HintZh: "请直接写出所指的目录",
	}
}

// replaceable returns the file that has the name now, nil when there is none, or the reason
// why it must not be replaced.
func (p *place) replaceable() (fs.FileInfo, error) {
	name := p.name
	info, err := os.Lstat(p.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // nothing has the name, and that is no error
	case err != nil:
		return nil, saveError(name, err)
	case info.Mode().IsRegular():
		return info, nil
	default:
		return nil, refusal(name, "is "+rawfile.Kind(info.Mode()), "是"+rawfile.KindChinese(info.Mode()))
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
	return problem.Errorf("write %s: %w", "写入 %s：%w", visible.Text(name), inBoth(reason(err)))
}

// A systemError is an error of the system with its words in Chinese.
type systemError struct {
	error
	zh string
}

func (e *systemError) Unwrap() error { return e.error }

// Chinese is the error in Chinese.
func (e *systemError) Chinese() string { return e.zh }

// inBoth gives the usual reasons why a file cannot be written their words in Chinese.
func inBoth(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &systemError{err, "没有这个目录"}
	case errors.Is(err, fs.ErrPermission):
		return &systemError{err, "没有权限"}
	default:
		return err
	}
}

// SPDX-License-Identifier: Apache-2.0

package userfile

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A File is a file that is open for reading.
type File struct {
	*os.File

	from io.Reader
}

// Open opens a file that a user names, but that someone else may have put there: only
// a regular one, never a FIFO or a device, which may block or have no end. The error
// is a [*problem.InputError] or a [*problem.PermissionError].
func Open(name string) (*File, error) {
	f, err := rawfile.OpenRegular(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return &File{f, rawfile.Patient(f)}, nil
}

// Until makes reads of the file go through a reader that ends with the command, if
// the file may block. A regular file never blocks for long.
func (f *File) Until(through func(io.Reader) io.Reader) *File {
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return f
	}
	return &File{f.File, through(f.from)}
}

// Read reads the next bytes. On a regular file it never waits.
func (f *File) Read(p []byte) (int, error) { return f.from.Read(p) }

// WriteTo writes the rest of the file to w.
func (f *File) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{f.from}) }

// Read returns the content of a file that a user names, of at most this many bytes.
// Errors are those of [Open].
func Read(name string, most int64) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := rawfile.ReadMost(f.File, most)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return b, nil
}

// All returns the rest of the file, of at most this many bytes. Errors are those of
// [Open] and of the reader of Until.
func (f *File) All(most int64) ([]byte, error) {
	b, err := rawfile.AtMost(f.from, most)
	if err != nil && !errors.Is(err, context.Canceled) {
		err = unreadable(f.Name(), err)
	}
	return b, err
}

func unreadable(name string, err error) error {
	if errors.Is(err, rawfile.ErrWaits) {
		return &problem.InputError{Name: name, Msg: rawfile.ErrWaits.Error(), Hint: "copy what it has into a file", Zh: "它不会结束：要等待事件发生才有内容", HintZh: "请把其中内容复制成普通文件"}
	}
	if errors.Is(err, rawfile.ErrTooLarge) {
		return &problem.InputError{Name: name, Msg: "it is larger than a file of this kind can be", Zh: "比这类文件应有的更大"}
	}
	if kind, ok := errors.AsType[*rawfile.KindError](err); ok {
		return &problem.InputError{Name: name, Msg: kind.Error(), Zh: kind.Chinese(), Hint: "copy it into a file, or give it as standard input where that is taken", HintZh: "把它复制成普通文件，或在可用标准输入之处从标准输入给出"}
	}
	return problem.Unreadable(name, err)
}

// reason returns the text of an error without the file name, which is shown beside
// it.
func reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

func limit(most int64) error {
	return problem.Errorf("it is larger than %d bytes", "超过 %d 字节", most)
}

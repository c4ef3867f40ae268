// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// OpenFile opens a file as a source: a [*Saved] machine when it begins as a
// snapshot, a [*Listing] otherwise. Errors are [*problem.InputError] and
// [*problem.PermissionError], with the name in them.
func OpenFile(name string) (Source, error) {
	f, err := userfile.Open(name)
	if err != nil {
		return nil, err
	}
	src, err := OpenReader(f, name)
	if err != nil {
		_ = f.Close()
	}
	return src, err
}

// OpenReader is [OpenFile] for an open file, such as a pipe. Closing the source
// closes the file; an error leaves the file open.
func OpenReader(file io.ReadCloser, name string) (Source, error) {
	start := bufio.NewReader(file)
	magic, err := start.Peek(len(snapshot.Magic))
	if snapshot.Is(magic) {
		return openSaved(file, start, name)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, problem.Unreadable(name, err)
	}
	l := NewListing(&rewound{Reader: start, file: file}, name)
	l.file = file
	return l, nil
}

// rewound is a buffered reader that can go back to its start, if the file below can.
type rewound struct {
	*bufio.Reader

	file io.Reader
}

// Seek goes back to the start. No other offset is asked for.
func (r *rewound) Seek(offset int64, whence int) (int64, error) {
	s, ok := r.file.(io.Seeker)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	n, err := s.Seek(offset, whence)
	r.Reset(r.file)
	return n, err
}

// openSaved opens a snapshot that begins in start.
func openSaved(file io.ReadCloser, start *bufio.Reader, name string) (Source, error) {
	f, ok := onDisk(file)
	closing := file.Close
	if !ok || !regular(f) {
		if err := readable(start, name); err != nil {
			return nil, err
		}
		spooled, discard, err := spool(start, name)
		if err != nil {
			return nil, err
		}
		f, closing = spooled, func() error { return errors.Join(discard(), file.Close()) }
		src, err := openRegular(f, name)
		if err != nil {
			return nil, errors.Join(err, discard())
		}
		src.close = closing
		return src, nil
	}
	src, err := openRegular(f, name)
	if err != nil {
		return nil, err
	}
	src.close = closing
	return src, nil
}

// onDisk returns the regular file below a reader, if there is one.
func onDisk(file io.Reader) (*os.File, bool) {
	if named, ok := file.(*userfile.File); ok {
		return named.File, true
	}
	f, ok := file.(*os.File)
	return f, ok
}

// readable refuses a snapshot of a format that this program cannot read, before the
// rest of the snapshot arrives.
func readable(start *bufio.Reader, name string) error {
	first, err := start.Peek(snapshot.PreambleSize)
	if err != nil {
		return nil //nolint:nilerr // too short for a header: reading the whole file reports that
	}
	return snapshot.Readable(first, name)
}

func openRegular(f *os.File, name string) (*Saved, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	saved, err := snapshot.Open(f, info.Size(), name)
	if err != nil {
		return nil, err
	}
	return NewSaved(saved, name), nil
}

func regular(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// maxSpool is the greatest length of a snapshot read from a pipe, in bytes: room for
// some hundred million sockets. A pipe may have no end.
const maxSpool = 2 << 30

// spool copies a snapshot from a pipe to a temporary file. A snapshot is checked as a
// whole before it answers, and may be read twice.
func spool(from io.Reader, name string) (*os.File, func() error, error) {
	f, discard, err := userfile.Scratch()
	if err != nil {
		return nil, nil, err
	}
	n, err := io.Copy(f, io.LimitReader(from, maxSpool+1))
	if err == nil && n > maxSpool {
		err = &problem.InputError{Name: name, Msg: "it is longer than 2 GiB", Hint: "save it to a file and name that", Zh: "超过 2 GiB", HintZh: "请先存为文件，再给出文件名"}
	}
	if err != nil {
		return nil, nil, errors.Join(err, discard())
	}
	return f, discard, nil
}

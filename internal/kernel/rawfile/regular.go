// SPDX-License-Identifier: Apache-2.0

package rawfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// ErrTooLarge is that of a file with more than it may have.
var ErrTooLarge = errors.New("it is too large")

// KindError says that something is no regular file.
type KindError struct{ Kind string }

func (e *KindError) Error() string { return "it is " + e.Kind + ", not a regular file" }

// Kind names what a file is, with its article; "" for a regular one.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return ""
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	default:
		return "something else"
	}
}

// OpenRegular opens a regular file for reading, and nothing else: to open a
// FIFO waits for a writer, and to open a device may already do something. A pipe
// that this process has open is taken by its name (/dev/fd/63, as of a shell's
// <(command)), and its standard input whatever it is.
func OpenRegular(name string) (*os.File, error) {
	before, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if kind := Kind(before.Mode()); kind != "" && !inherited(name, before.Mode()) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: &KindError{kind}}
	}
	if !before.Mode().IsRegular() {
		return os.Open(name)
	}
	f, err := os.OpenFile(name, os.O_RDONLY|notWaiting, 0)
	if err != nil {
		return nil, err
	}
	return checked(f, name)
}

// RegularIn is OpenRegular of a file below a directory, which no link leads out
// of; a link as its last part is followed within.
func RegularIn(root *os.Root, name string) (*os.File, error) {
	before, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if kind := Kind(before.Mode()); kind != "" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: &KindError{kind}}
	}
	f, err := root.OpenFile(name, os.O_RDONLY|notWaiting, 0)
	if err != nil {
		return nil, err
	}
	return checked(f, name)
}

// checked looks again: another may have taken the place meanwhile.
func checked(f *os.File, name string) (*os.File, error) {
	info, err := f.Stat()
	if err == nil {
		if kind := Kind(info.Mode()); kind != "" {
			err = &fs.PathError{Op: "open", Path: name, Err: &KindError{kind}}
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// inherited reports whether a name is that of what this process has open: only
// who started it can have chosen that.
func inherited(name string, mode fs.FileMode) bool {
	if name == "/dev/stdin" || name == "/dev/fd/0" || name == "/proc/self/fd/0" {
		return !mode.IsDir()
	}
	for _, dir := range [...]string{"/dev/fd/", "/proc/self/fd/"} {
		if number, ok := strings.CutPrefix(name, dir); ok {
			_, err := strconv.ParseUint(number, 10, 31)
			return err == nil && mode&fs.ModeNamedPipe != 0
		}
	}
	return false
}

// patience is how long a small file may take: what takes longer is one of those
// of the kernel that are called regular and wait for something to happen.
const patience = 5 * time.Second

// ReadMost reads what is left of a file, and at most as many bytes.
func ReadMost(f *os.File, most int64) ([]byte, error) {
	_ = f.SetReadDeadline(time.Now().Add(patience)) // most have none, and never wait
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > most {
		return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: ErrTooLarge}
	}
	return b, nil
}

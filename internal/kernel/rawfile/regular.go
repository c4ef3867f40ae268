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

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// ErrTooLarge is that of a file with more than it may have.
var ErrTooLarge = problem.New("it is too large", "它太大")

// KindError says that something is no regular file.
type KindError struct{ Mode fs.FileMode }

func (e *KindError) Error() string { return "it is " + Kind(e.Mode) + ", not a regular file" }

// Chinese is the error in Chinese.
func (e *KindError) Chinese() string { return "它是" + KindChinese(e.Mode) + "，不是普通文件" }

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

// KindChinese is [Kind] in Chinese, where there are no articles.
func KindChinese(mode fs.FileMode) string {
	return map[string]string{
		"a link": "链接", "a directory": "目录", "a FIFO": "命名管道", "a socket": "套接字", "a device": "设备", "something else": "其他类型的文件",
	}[Kind(mode)]
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
		return nil, &fs.PathError{Op: "open", Path: name, Err: &KindError{before.Mode()}}
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
		return nil, &fs.PathError{Op: "open", Path: name, Err: &KindError{before.Mode()}}
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
			err = &fs.PathError{Op: "open", Path: name, Err: &KindError{info.Mode()}}
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

// patience is how long a read of a regular file may wait. Ordinary ones never do;
// what does is one of those of the kernel that are called regular and give what
// happens as it happens, such as /proc/kmsg and trace_pipe.
const patience = time.Second

// ErrWaits is that of a file that is called regular and waits for something.
var ErrWaits = problem.New("it is no file that ends: it waits for something to happen", "它不会结束：要等待事件发生才有内容")

// Patient reads from a file of [OpenRegular]. A regular one that has nothing to
// give yet is an error; who reads a pipe waits.
func Patient(f *os.File) io.Reader {
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return f
	}
	return patient{f}
}

type patient struct{ f *os.File }

func (p patient) Read(b []byte) (int, error) {
	// Most files cannot wait, and have no deadline.
	_ = p.f.SetReadDeadline(time.Now().Add(patience))
	n, err := p.f.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrWaits
	}
	return n, err
}

// slowest is the longest time that a pipe may take to deliver everything.
const slowest = 5 * time.Second

// ReadMost reads what is left of a file, and at most as many bytes.
func ReadMost(f *os.File, most int64) ([]byte, error) {
	from := Patient(f)
	if from == io.Reader(f) {
		_ = f.SetReadDeadline(time.Now().Add(slowest))
	}
	b, err := AtMost(from, most)
	if errors.Is(err, ErrTooLarge) {
		return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: err}
	}
	return b, err
}

// ReadBeginning reads a file as far as most bytes, and one byte more when there is
// more.
func ReadBeginning(name string, most int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(most)+1))
}

// AtMost reads what is left of r. More than so many bytes are [ErrTooLarge].
func AtMost(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > most {
		return nil, ErrTooLarge
	}
	return b, nil
}

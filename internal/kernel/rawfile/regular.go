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

// ErrTooLarge is matched if a file is larger than allowed.
var ErrTooLarge = problem.New("it is too large", "它太大")

// KindError says that a file is not a regular one.
type KindError struct{ Mode fs.FileMode }

func (e *KindError) Error() string { return "it is " + Kind(e.Mode) + ", not a regular file" }

// Chinese is the error in Chinese.
func (e *KindError) Chinese() string { return "它是" + KindChinese(e.Mode) + "，不是普通文件" }

// Kind names the kind of a file, with its article; "" for a regular file.
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

// OpenRegular opens a regular file for reading, and refuses other kinds: opening a
// FIFO waits for a writer, and opening a device may have effects. Exceptions are a
// pipe that this process has open, by its name (/dev/fd/63, as a shell's <(command)
// gives it), and standard input of any kind.
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

// RegularIn is OpenRegular for a file below a directory. No link may lead out of the
// directory; a link as the last part is followed within it.
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

// checked looks at the open file again: another file may have replaced it since the
// first look.
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

// inherited reports whether a name stands for a descriptor of this process: whoever
// started the process chose it.
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

// patience is how long a read of a regular file may wait. Ordinary files never wait.
// Some files of the kernel are called regular and wait for events, such as /proc/kmsg
// and trace_pipe.
const patience = time.Second

// ErrWaits is matched if a regular file waits for events instead of ending.
var ErrWaits = problem.New("it does not end: it waits for something to happen", "它不会结束：要等待事件发生才有内容")

// Patient reads from a file opened by [OpenRegular]. A regular file that would wait
// returns an error; a pipe may wait.
func Patient(f *os.File) io.Reader {
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return f
	}
	return patient{f}
}

type patient struct{ f *os.File }

func (p patient) Read(b []byte) (int, error) {
	// Most files cannot wait, and setting a deadline fails for them.
	_ = p.f.SetReadDeadline(time.Now().Add(patience))
	n, err := p.f.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrWaits
	}
	return n, err
}

// slowest is the longest time that a pipe may take to deliver everything.
const slowest = 5 * time.Second

// ReadMost reads the rest of a file, at most this many bytes.
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

// ReadBeginning reads at most this many bytes of a file, plus one byte if there is
// more.
func ReadBeginning(name string, most int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(most)+1))
}

// AtMost reads the rest of r. More than this many bytes are [ErrTooLarge].
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

// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"context"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// A fault is what happens at the n-th system call.
type fault string

const (
	noFault   fault = ""
	failOnce  fault = "error"        // the call fails without an effect
	failHalf  fault = "half"         // a write to a file writes half its data and fails
	diskGone  fault = "disk"         // this call and all later ones that write to a disk fail
	killed    fault = "kill"         // the process is killed before the call
	killHalf  fault = "kill-half"    // the process is killed in the middle of a write to a file
	killAfter fault = "kill-changed" // the process is killed right after the call
)

// faulty counts system calls and makes the n-th one fail.
type faulty struct {
	real  change.System
	kind  fault
	at, n int
	log   []string
	proc  map[int]bool // descriptors of parameters, to which a write is all or nothing
}

func newFaulty(kind fault, at int) *faulty { return &faulty{kind: kind, at: at, proc: map[int]bool{}} }

// hit reports whether the fault was reached.
func (f *faulty) hit() bool { return f.n >= f.at }

// before counts a call and returns its error. disk says that the call writes to a
// disk.
func (f *faulty) before(op string, disk bool, errno unix.Errno) error {
	f.n++
	f.log = append(f.log, op)
	switch {
	case f.kind == diskGone && f.n >= f.at && disk:
		return unix.ENOSPC
	case f.n != f.at:
		return nil
	case f.kind == failOnce, f.kind == failHalf:
		return errno
	case f.kind == killed:
		die()
	}
	return nil
}

func (f *faulty) after() {
	if f.kind == killAfter && f.n == f.at {
		die()
	}
}

func die() {
	_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	select {}
}

func (f *faulty) Open(path string, flags int, mode uint32) (int, error) {
	if err := f.before("open "+path, flags&os.O_CREATE != 0, unix.EMFILE); err != nil {
		return -1, err
	}
	fd, err := f.real.Open(path, flags, mode)
	if err == nil {
		f.proc[fd] = strings.HasPrefix(path, "/proc/sys/")
	}
	f.after()
	return fd, err
}

func (f *faulty) Read(fd int, p []byte) (int, error) {
	if err := f.before("read", false, unix.EIO); err != nil {
		return 0, err
	}
	return f.real.Read(fd, p)
}

func (f *faulty) Write(fd int, p []byte) (int, error) {
	err := f.before("write "+string(p), !f.proc[fd], unix.ENOSPC)
	half := f.n == f.at && !f.proc[fd] && (f.kind == failHalf || f.kind == killHalf)
	if half {
		_, _ = f.real.Write(fd, p[:len(p)/2])
		if f.kind == killHalf {
			die()
		}
		return len(p) / 2, nil // as on a full disk
	}
	if err != nil {
		return 0, err
	}
	n, err := f.real.Write(fd, p)
	f.after()
	return n, err
}

func (f *faulty) Fsync(fd int) error {
	if err := f.before("fsync", true, unix.EIO); err != nil {
		return err
	}
	return f.real.Fsync(fd)
}

func (f *faulty) Stat(fd int) (uint32, fs.FileMode, error) {
	if err := f.before("stat", false, unix.EIO); err != nil {
		return 0, 0, err
	}
	owner, mode, err := f.real.Stat(fd)
	f.after()
	return owner, mode, err
}

func (f *faulty) Truncate(fd int, size int64) error {
	if err := f.before("truncate", true, unix.EIO); err != nil {
		return err
	}
	err := f.real.Truncate(fd, size)
	f.after()
	return err
}

// Close closes the descriptor even if it fails, as the kernel does.
func (f *faulty) Close(fd int) error {
	err := f.before("close", false, unix.EIO)
	delete(f.proc, fd)
	if realErr := f.real.Close(fd); err == nil {
		err = realErr
	}
	return err
}

func (f *faulty) Rename(from, to string) error {
	if err := f.before("rename "+to, true, unix.ENOSPC); err != nil {
		return err
	}
	err := f.real.Rename(from, to)
	f.after()
	return err
}

func (f *faulty) Unlink(path string) error {
	if err := f.before("unlink "+path, true, unix.EROFS); err != nil {
		return err
	}
	err := f.real.Unlink(path)
	f.after()
	return err
}

func (f *faulty) Mkdir(path string, mode uint32) error {
	if err := f.before("mkdir "+path, true, unix.ENOSPC); err != nil {
		return err
	}
	return f.real.Mkdir(path, mode)
}

func (f *faulty) TryLock(fd int) (bool, error) {
	if err := f.before("flock", false, unix.ENOLCK); err != nil {
		return false, err
	}
	return f.real.TryLock(fd)
}

func (f *faulty) Names(fd int) ([]string, error) {
	if err := f.before("getdents", false, unix.EIO); err != nil {
		return nil, err
	}
	return f.real.Names(fd)
}

func (f *faulty) Enter(ctx context.Context, id netns.Identity, do func() error) error {
	if err := f.before("enter", false, unix.EPERM); err != nil {
		return err
	}
	return f.real.Enter(ctx, id, do)
}

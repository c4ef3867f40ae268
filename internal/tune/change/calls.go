// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"io/fs"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// Calls are all operations of a change on a machine, one system call each, and
// entering a namespace. A test makes each of them fail.
type Calls interface {
	Open(path string, flags int, mode uint32) (fd int, err error)
	Read(fd int, p []byte) (int, error)
	Write(fd int, p []byte) (int, error)
	Fsync(fd int) error
	Truncate(fd int, size int64) error
	Close(fd int) error
	Rename(from, to string) error
	Unlink(path string) error
	Mkdir(path string, mode uint32) error
	TryLock(fd int) (ok bool, err error)
	Names(fd int) ([]string, error)
	Stat(fd int) (owner uint32, mode fs.FileMode, err error)
	Enter(ctx context.Context, id netns.Identity, do func() error) error
}

// System is the real [Calls].
type System struct{ rawfile.System }

// Enter is [netns.Enter].
func (System) Enter(ctx context.Context, id netns.Identity, do func() error) error {
	return netns.Enter(ctx, id, do)
}

// attempt runs do once more when it fails: one failure must not stop a restore.
func attempt(do func() error) error {
	if err := do(); err == nil {
		return nil
	}
	return do()
}

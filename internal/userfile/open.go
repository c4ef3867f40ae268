// SPDX-License-Identifier: Apache-2.0

package userfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Open opens a file that a user names, which somebody else may have put there: a
// regular one, never a FIFO or a device that hangs or has no end. The error is a
// [*problem.InputError] or a [*problem.PermissionError].
func Open(name string) (*os.File, error) {
	f, err := rawfile.OpenRegular(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return f, nil
}

// Read returns what is in a file that a user names, of at most that many bytes.
// Errors are those of [Open].
func Read(name string, most int64) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := rawfile.ReadMost(f, most)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return b, nil
}

func unreadable(name string, err error) error {
	if errors.Is(err, rawfile.ErrTooLarge) {
		return &problem.InputError{Name: name, Msg: "it is larger than such a file is"}
	}
	if kind, ok := errors.AsType[*rawfile.KindError](err); ok {
		return &problem.InputError{Name: name, Msg: kind.Error(), Hint: "copy it into a file, or give it as standard input where that is taken"}
	}
	return problem.Unreadable(name, err)
}

// reason is what an error says of a file that is named beside it.
func reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

func limit(most int64) error { return fmt.Errorf("it is larger than %d bytes", most) }

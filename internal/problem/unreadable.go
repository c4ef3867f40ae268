// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"context"
	"errors"
	"io/fs"
)

// Unreadable makes of what the system said about a file the error of an input:
// a [*PermissionError] or an [*InputError]. It drops the operation ("open"),
// which means nothing to the user. That the command was told to end is no error
// of the file.
func Unreadable(name string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, fs.ErrPermission) {
		return &PermissionError{Op: "read " + name, OpZh: "读取 " + name, Err: errors.Unwrap(err)}
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return &InputError{Name: name, Msg: err.Error()}
}

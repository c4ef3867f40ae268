// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"context"
	"errors"
	"io/fs"
)

// Unreadable turns a system error about a file into an input error: a
// [*PermissionError] or an [*InputError]. It drops the operation ("open"), which
// means nothing to the user. An error that only says that the command was ended is
// returned as it is.
func Unreadable(name string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, fs.ErrPermission) {
		return &PermissionError{Op: "read " + name, OpZh: "读取 " + name, Err: cause(err)}
	}
	zh := Wording(cause(err), true)
	if errors.Is(err, fs.ErrNotExist) {
		zh = "没有这个文件或目录"
	}
	return &InputError{Name: name, Msg: cause(err).Error(), Zh: zh}
}

// cause returns an error without the operation that failed. An error of this program
// names none, and has its words in both languages.
func cause(err error) error {
	if _, ours := err.(*said); ours { //nolint:errorlint // itself, not what it wraps
		return err
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

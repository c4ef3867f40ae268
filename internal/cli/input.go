// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// openInput opens what --from names. name is how errors call it.
func openInput(env *Env, from string) (in io.ReadCloser, name string, err error) {
	if from == stdinName {
		return io.NopCloser(env.Stdin), "standard input", nil
	}
	f, err := os.Open(from)
	if err != nil {
		return nil, "", inputError(from, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		_ = f.Close()
		return nil, "", &problem.InputError{Name: from, Msg: "it is a directory", Hint: "name a file with a listing in it"}
	}
	return f, from, nil
}

// inputError drops the operation ("open") that means nothing to the user.
func inputError(name string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return &problem.PermissionError{Op: "read " + name, Err: errors.Unwrap(err)}
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return &problem.InputError{Name: name, Msg: err.Error()}
}

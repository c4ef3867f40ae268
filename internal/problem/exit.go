// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"errors"
	"io/fs"
)

// The exit codes for the errors of this package, in both programs; docs/exit-codes.md
// has all codes.
const (
	ExitFailure     = 1
	ExitUsage       = 2
	ExitPermission  = 5
	ExitUnsupported = 6
)

// ExitCode returns the exit code of an error. A file that cannot be used is a
// failure, even a configuration file; a usage error is about what the user typed.
func ExitCode(err error) int {
	var (
		usage      *UsageError
		syntax     *SyntaxError
		permission *PermissionError
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage), errors.As(err, &syntax):
		return ExitUsage
	case errors.As(err, &permission), errors.Is(err, fs.ErrPermission):
		return ExitPermission
	case errors.Is(err, ErrNotSupported):
		return ExitUnsupported
	default:
		return ExitFailure
	}
}

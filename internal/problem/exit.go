// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"errors"
	"io/fs"
)

// The exit codes that the kinds of this package mean, in both programs;
// docs/exit-codes.md has all of them.
const (
	ExitFailure     = 1
	ExitUsage       = 2
	ExitPermission  = 5
	ExitUnsupported = 6
)

// ExitCode is the exit code of an error. A file that cannot be used is a failure,
// also where it is the configuration: called wrongly is what was typed.
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

// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The exit codes, documented in docs/exit-codes.md.
const (
	exitOK          = 0
	exitFailure     = problem.ExitFailure
	exitUsage       = problem.ExitUsage
	exitPartial     = 3
	exitFindings    = 4
	exitPermission  = problem.ExitPermission
	exitUnsupported = problem.ExitUnsupported
	exitNothing     = 7
	exitRefused     = 8
	exitInterrupted = 130
)

// errPartial ends a command whose answer is complete as far as it goes, but
// which lost data on the way. The answer has told what; nothing more is printed.
var errPartial = problem.New("partial data", "数据不完整")

// childError ends a command that has run as another process, which has told
// what there was to tell.
type childError struct{ code int }

func (e *childError) Error() string { return fmt.Sprintf("ended with exit code %d", e.code) }

// told reports whether nothing is left to print about an error.
func told(err error) bool {
	var child *childError
	if _, plugin := errors.AsType[pluginStatus](err); plugin {
		return true
	}
	return err == nil || errors.Is(err, errPartial) || errors.Is(err, errFindings) || errors.Is(err, errNotAsExpected) || errors.Is(err, errNothingMatched) || errors.Is(err, errRefused) || errors.As(err, &child)
}

// exitCode is the one place where the error of a command becomes an exit code; what
// both programs have is in [problem.ExitCode].
func exitCode(err error) int {
	var (
		state  *tcp.UnknownStateError
		child  *childError
		plugin pluginStatus
		many   *tooManyError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &plugin):
		return int(plugin) // the codes of another convention
	case errors.As(err, &child):
		return child.code
	case errors.Is(err, errPartial):
		return exitPartial
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, errNothingMatched):
		return exitNothing
	case errors.Is(err, errRefused), errors.As(err, &many):
		return exitRefused
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &state):
		return exitUsage
	default:
		return problem.ExitCode(err)
	}
}

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

// errPartial ends a command whose answer is correct but incomplete. The answer has
// named what is missing; nothing more is printed.
var errPartial = problem.New("partial data", "数据不完整")

// childError ends a command that ran in another process, which has printed the error.
type childError struct{ code int }

func (e *childError) Error() string { return fmt.Sprintf("ended with exit code %d", e.code) }

// told reports whether an error has been printed already.
func told(err error) bool {
	var child *childError
	if _, plugin := errors.AsType[pluginStatus](err); plugin {
		return true
	}
	return err == nil || errors.Is(err, errPartial) || errors.Is(err, errFindings) || errors.Is(err, errNotAsExpected) || errors.Is(err, errNothingMatched) || errors.Is(err, errRefused) || errors.As(err, &child)
}

// exitCode is the only place where the error of a command becomes an exit code;
// [problem.ExitCode] has the part that both programs share.
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
		return int(plugin) // exit codes of the plugin convention
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

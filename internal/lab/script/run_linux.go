// SPDX-License-Identifier: Apache-2.0

package script

import (
	"context"
	"errors"

	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// doer is what every type of ops.go is on Linux.
type doer interface {
	do(b *testbed.Testbed) error
}

// Run performs the script on a testbed and returns what it observed on the lines
// that bear on the claim; where no line does, every check is taken to prove
// it. It stops at the first thing that comes out otherwise than written. That
// is an error, a [*RunError], only when the line was part of the story or the
// testbed had trouble.
func (s *Script) Run(ctx context.Context, b *testbed.Testbed) ([]Evidence, error) {
	implicit := !s.marked()
	var evidence []Evidence
	for i := range s.Steps {
		step := &s.Steps[i]
		b.At(step.Line, step.Turn)
		err := ctx.Err()
		if err == nil {
			err = step.op.(doer).do(b)
		}
		bearing := step.Bearing
		if implicit && observes(step.op) {
			bearing = Proves
		}
		failure, otherwise := errors.AsType[*testbed.Failure](err)
		if bearing != Story && (err == nil || otherwise) {
			e := Evidence{Line: step.Line, Turn: step.Turn, Text: step.Text, Bearing: bearing, Held: err == nil}
			if otherwise {
				e.Got = failure.Error()
				return append(evidence, e), nil
			}
			evidence = append(evidence, e)
			continue
		}
		if err != nil {
			return evidence, &RunError{File: s.Name, Line: step.Line, Turn: step.Turn, Text: step.Text, Err: err}
		}
	}
	return evidence, nil
}

// observes reports whether a step looks at what the kernel does.
func observes(op any) bool {
	switch op := op.(type) {
	case expectOp, nothingOp, stateOp, timerOp, rowsOp, counterOp, sockstatOp, seenOp, ownerOp, queuesOp:
		return true
	case callOp:
		return op.fails != ""
	case sysctlOp:
		return op.check || op.absent
	default:
		return false
	}
}

// absent turns the error of a missing object into a successful observation that it is
// absent.
func absent(what string, err error) error {
	switch {
	case err == nil:
		return &testbed.Failure{What: what, Want: "it does not exist", Got: "it does"}
	case errors.Is(err, problem.ErrNotSupported):
		return nil
	default:
		return err
	}
}

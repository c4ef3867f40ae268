// SPDX-License-Identifier: Apache-2.0

package script

import (
	"context"
	"errors"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// doer is implemented by every type of ops.go on Linux.
type doer interface {
	do(b *testbed.Testbed) error
}

// Run runs the script on a testbed and returns what it observed on the lines that
// prove or refute the claim. If no line is marked so, every check counts as proving
// it. Run stops at the first result that differs from the script. That is an error, a
// [*RunError], only if the line is not evidence or the testbed itself failed.
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
				e.Got = failure.Text()
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

// observes reports whether a step checks what the kernel does.
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

// absent checks that an object does not exist: it turns the error that it is missing
// into success.
func absent(what knowledge.Text, err error) error {
	switch {
	case err == nil:
		return &testbed.Failure{What: what, Want: knowledge.Text{En: "it does not exist", Zh: "不存在"}, Got: knowledge.Text{En: "it does", Zh: "存在"}}
	case errors.Is(err, problem.ErrNotSupported):
		return nil
	default:
		return err
	}
}

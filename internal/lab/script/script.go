// SPDX-License-Identifier: Apache-2.0

package script

import (
	"fmt"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Script is a parsed .tcp file. It never changes.
type Script struct {
	Name    string // name of the file, for messages
	Headers []Header
	Steps   []Step // steps with loops unrolled
}

// Header is one line before the script, such as "title: The last ACK is lost".
type Header struct {
	Line       int
	Key, Value string
}

// Waits is the shortest time that the script takes: its pauses and the times in which
// nothing may happen.
func (s *Script) Waits() time.Duration {
	var total time.Duration
	for i := range s.Steps {
		total += waits(s.Steps[i].op)
	}
	return total
}

func waits(op any) time.Duration {
	switch op := op.(type) {
	case waitOp:
		return op.wait
	case nothingOp:
		return op.wait
	case expectOp:
		return op.expect.Within.Min
	case stateOp:
		return op.within.Min
	case callOp:
		return op.waits()
	default:
		return 0
	}
}

func (o callOp) waits() time.Duration {
	switch call := o.call.(type) {
	case errorCall:
		return call.within.Min
	case closeCall:
		return call.blocks.Min
	case readCall:
		return call.blocks.Min
	case writeCall:
		return call.blocks.Min
	default:
		return 0
	}
}

// marked reports whether any line is marked as proving or refuting the claim.
func (s *Script) marked() bool {
	for i := range s.Steps {
		if s.Steps[i].Bearing != Story {
			return true
		}
	}
	return false
}

// Bearing is the relation of a step to the claim.
type Bearing uint8

// The bearings.
const (
	Story   Bearing = iota // it only prepares the observation
	Proves                 // the result that the script gives proves the claim
	Refutes                // the result that the script gives refutes the claim
)

// String returns story, proves or refutes.
func (b Bearing) String() string {
	switch b {
	case Proves:
		return "proves"
	case Refutes:
		return "refutes"
	default:
		return "story"
	}
}

// Step is one step of a script.
type Step struct {
	Line    int
	Turn    int    // turn of the innermost loop, from 1; 0 outside of loops
	Text    string // as written, without the marks proves and refutes
	Bearing Bearing
	op      any // one of the types of ops.go
}

// Evidence is the result of a step that proves or refutes the claim.
type Evidence struct {
	Line    int
	Turn    int
	Text    string // text of the step
	Bearing Bearing
	// Held is true if the result was as the script says.
	Held bool
	// Got is the different result; empty if Held.
	Got knowledge.Text
}

// For reports whether the evidence supports the claim.
func (e Evidence) For() bool { return e.Held == (e.Bearing == Proves) }

// Error is a mistake in a script, with its line.
type Error struct {
	File string
	Line int
	Err  *problem.SyntaxError
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: %s", visible.Text(e.File), e.Line, e.Err.Msg)
}

// Unwrap returns the error with the position in the line.
func (e *Error) Unwrap() error { return e.Err }

// RunError says that a script could not continue at a line: the kernel did not do what
// the script needs, or the testbed failed.
type RunError struct {
	File string
	Line int
	Turn int
	Text string // text of the step
	Err  error
}

func (e *RunError) Error() string {
	turn := ""
	if e.Turn != 0 {
		turn = fmt.Sprintf(" (turn %d)", e.Turn)
	}
	return fmt.Sprintf("%s:%d%s: %s: %v", visible.Text(e.File), e.Line, turn, visible.Text(e.Text), e.Err)
}

// Unwrap returns what went wrong.
func (e *RunError) Unwrap() error { return e.Err }

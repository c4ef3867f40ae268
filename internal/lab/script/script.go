// SPDX-License-Identifier: Apache-2.0

package script

import (
	"fmt"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Script is a parsed .tcp file. It is read-only.
type Script struct {
	Name    string // of the file, for messages
	Headers []Header
	Steps   []Step // loops are unrolled
}

// Header is one line above the script, such as "title: The last ACK is lost".
type Header struct {
	Line       int
	Key, Value string
}

// Waits is the least time that the script takes: its pauses, and the times in which nothing
// may happen.
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

// marked reports whether any line says what it proves or refutes.
func (s *Script) marked() bool {
	for i := range s.Steps {
		if s.Steps[i].Bearing != Story {
			return true
		}
	}
	return false
}

// Bearing is what a step has to do with the claim.
type Bearing uint8

// The bearings.
const (
	Story   Bearing = iota // it only leads there
	Proves                 // it proves the claim when it comes out as written
	Refutes                // it refutes the claim when it comes out as written
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
	Turn    int    // of the innermost loop, from 1; 0 outside of loops
	Text    string // as written, without what it proves
	Bearing Bearing
	op      any // one of the types of ops.go
}

// Evidence is what came out of a step that bears on the claim.
type Evidence struct {
	Line    int
	Turn    int
	Text    string // the step
	Bearing Bearing
	// Held is true when it came out as written.
	Held bool
	// Got is what came out instead; empty when Held.
	Got string
}

// For reports whether the evidence speaks for the claim.
func (e Evidence) For() bool { return e.Held == (e.Bearing == Proves) }

// Error says that a script is wrong at a line.
type Error struct {
	File string
	Line int
	Err  *problem.SyntaxError
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: %s", visible.Text(e.File), e.Line, e.Err.Msg)
}

// Unwrap returns the place in the line.
func (e *Error) Unwrap() error { return e.Err }

// RunError says that a script could not go on at a line: the kernel did
// something else than the story needs, or the testbed had trouble.
type RunError struct {
	File string
	Line int
	Turn int
	Text string // the step
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

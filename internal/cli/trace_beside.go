// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// traceUsage is what --trace says, where whose sockets are is asked.
const traceUsage = "trace this long before: whose the sockets are that were closed meanwhile, TIME_WAIT among them, is then seen and not concluded; all of them after 66s"

// checkTrace refuses a trace that would tell nothing.
func checkTrace(d time.Duration, from string, fields socket.FieldSet) error {
	switch {
	case d == 0:
		return nil
	case d < 0:
		return traceNegative()
	case from != "":
		return traceOfFile()
	case !trace.Told(fields):
		return &problem.UsageError{Msg: "--trace tells whose sockets are, and nobody asks", Hint: "for example --by process,unit, or -c +process,owner", Zh: "--trace 说明套接字属于谁，而这里没有问", HintZh: "例如 --by process,unit，或 -c +process,owner"}
	default:
		return nil
	}
}

func traceNegative() error {
	return &problem.UsageError{Msg: "--trace must not be negative", Hint: "for example --trace 10s", Zh: "--trace 不能为负数", HintZh: "例如 --trace 10s"}
}

func traceOfFile() error {
	return &problem.UsageError{Msg: "--trace and --from exclude each other", Hint: "a file does not move: leave --trace out", Zh: "--trace 与 --from 不能同时使用", HintZh: "文件不会变化：请去掉 --trace"}
}

// A beside is a trace that goes on beside a question. It is made before the
// source that asks it, and begins when the question is known.
type beside struct {
	trace *trace.Trace
	owner.Closers
}

// closers is what a source asks: nothing without --trace.
func (b *beside) closers(d time.Duration) owner.Closers {
	if d == 0 {
		return nil
	}
	return b
}

// begin begins the trace, and waits for as long as --trace says.
func (b *beside) begin(ctx context.Context, env *Env, netns string, d time.Duration) (err error) {
	if d == 0 {
		return nil
	}
	if err := b.open(ctx, trace.Options{Netns: netns, Closers: true, Now: env.Now}); err != nil {
		return err
	}
	return env.Wait(ctx, d)
}

// open begins the trace.
func (b *beside) open(ctx context.Context, o trace.Options) (err error) {
	if b.trace, err = trace.Open(ctx, o); err == nil {
		b.Closers = b.trace
	}
	return err
}

// gaps is what the trace does not know; nil without one.
func (b *beside) gaps() ([]problem.Gap, error) {
	if b.trace == nil {
		return nil, nil
	}
	return b.trace.Coverage()
}

// end ends the trace.
func (b *beside) end() {
	if b.trace != nil {
		_ = b.trace.Close() // nothing was written
	}
}

// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// traceUsage is the help of --trace for commands that show owners of sockets.
const traceUsage = "trace this long first: the owners of sockets that are closed meanwhile, TIME_WAIT included, are then seen and not inferred; after 66s those of all"

// checkTrace refuses a trace that would add nothing to the answer.
func checkTrace(d time.Duration, from string, fields socket.FieldSet) error {
	switch {
	case d == 0:
		return nil
	case d < 0:
		return traceNegative()
	case from != "":
		return traceOfFile()
	case !trace.Told(fields):
		return &problem.UsageError{Msg: "--trace finds owners of sockets, and no field here shows them", Hint: "for example --by process,unit, or -c +process,owner", Zh: "--trace 说明套接字属于谁，而这里没有问", HintZh: "例如 --by process,unit，或 -c +process,owner"}
	default:
		return nil
	}
}

func traceNegative() error {
	return &problem.UsageError{Msg: "--trace must not be negative", Hint: "for example --trace 10s", Zh: "--trace 不能为负数", HintZh: "例如 --trace 10s"}
}

func traceOfFile() error {
	return &problem.UsageError{Msg: "--trace and --from exclude each other", Hint: "a file does not change: leave --trace out", Zh: "--trace 与 --from 不能同时使用", HintZh: "文件不会变化：请去掉 --trace"}
}

func traceEvery() error {
	return &problem.UsageError{Msg: "--trace and --every exclude each other", Hint: "leave one of them out", Zh: "--trace 与 --every 不能同时使用", HintZh: "请去掉其中一个"}
}

// A beside is a trace that runs at the same time as a question. It is made before the
// source that uses it, and begins when the question is known.
type beside struct {
	trace  *trace.Trace
	shares *trace.Shares // nil: owners of what was closed before the trace stay unknown
	owner.Closers

	divides bool   // shares will be needed
	lang    string // value of --lang
}

// Share implements [owner.Sharer].
func (b *beside) Share(netns uint64, local, remote uint16) (owner.Owner, bool) {
	if b.shares == nil {
		return owner.Owner{}, false
	}
	return b.shares.Share(netns, local, remote)
}

// divide computes the shares as of now.
func (b *beside) divide() (err error) {
	b.shares, err = b.trace.Shares()
	return err
}

// checkExtrapolate refuses keys to which shares cannot be applied: a single socket
// has no share.
func checkExtrapolate(trace time.Duration, keys query.Keys) error {
	if trace == 0 {
		return &problem.UsageError{Msg: "--extrapolate needs --trace", Hint: "for example --trace 10s --extrapolate --by process", Zh: "--extrapolate 需要与 --trace 一起使用", HintZh: "例如 --trace 10s --extrapolate --by process"}
	}
	for _, k := range keys {
		if !dividable().Has(k.Field.ID) {
			return &problem.UsageError{
				Msg: "--extrapolate divides by program and not by " + k.Field.Name, Hint: "for example --by process,unit",
				Zh: "--extrapolate 按程序划分，不能按 " + k.Field.Name, HintZh: "例如 --by process,unit",
			}
		}
	}
	return nil
}

// dividable returns the fields to which shares apply.
func dividable() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldProcess, socket.FieldUnit, socket.FieldContainer, socket.FieldPod, socket.FieldOwnerOf, socket.FieldOwnerWhy,
		socket.FieldState, socket.FieldNetns, socket.FieldDirection,
	)
}

// closers returns what a source asks about closed sockets; nil without --trace.
func (b *beside) closers(d time.Duration) owner.Closers {
	if d == 0 {
		return nil
	}
	return b
}

// begin begins the trace and waits for the time of --trace.
func (b *beside) begin(ctx context.Context, env *Env, netns string, d time.Duration) (err error) {
	if d == 0 {
		return nil
	}
	if err := b.open(ctx, trace.Options{Netns: netns, Closers: true, Owners: b.divides, Now: env.Now}); err != nil {
		return err
	}
	return env.waitTracing(ctx, d, b.lang)
}

// open begins the trace.
func (b *beside) open(ctx context.Context, o trace.Options) (err error) {
	if b.trace, err = trace.Open(ctx, o); err == nil {
		b.Closers = b.trace
	}
	return err
}

// gaps returns what the trace does not know; nil without a trace.
func (b *beside) gaps() ([]problem.Gap, error) {
	if b.trace == nil {
		return nil, nil
	}
	return b.trace.Coverage()
}

// end ends the trace.
func (b *beside) end() {
	if b.trace != nil {
		_ = b.trace.Close() // a trace is only read
	}
}

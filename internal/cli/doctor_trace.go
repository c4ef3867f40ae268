// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// checkTrace refuses a trace with an impossible source.
func (o ExaminationOptions) checkTrace(files bool) error {
	if o.Trace > 0 && o.Proc != "" {
		return &problem.UsageError{
			Msg: "--trace and --proc exclude each other", Hint: "a trace sees this host's kernel: leave --proc out",
			Zh: "--trace 与 --proc 不能同时使用", HintZh: "跟踪看到的是本机的内核：请去掉 --proc",
		}
	}
	return checkTraceWindow(o.Trace, files, o.Window != 0 && o.windowGiven())
}

// checkTraceWindow refuses a trace between two looks with an impossible source or
// window.
func checkTraceWindow(d time.Duration, files, window bool) error {
	switch {
	case d == 0:
		return nil
	case d < 0:
		return traceNegative()
	case files:
		return traceOfFile()
	case window:
		return &problem.UsageError{
			Msg: "--trace and --window exclude each other", Hint: "--trace looks before and after by itself: leave --window out",
			Zh: "--trace 与 --window 不能同时使用", HintZh: "--trace 本身就在前后各读取一次：请去掉 --window",
		}
	default:
		return nil
	}
}

// examineTraced makes two looks with a trace between them.
func (o ExaminationOptions) examineTraced(ctx context.Context, env *Env) (_ *collect.Window, err error) {
	var meanwhile beside
	defer meanwhile.end()
	src, err := o.open(env, "", &meanwhile)
	if err != nil {
		return nil, err
	}
	defer closing(src)
	err = meanwhile.open(ctx, trace.Options{Netns: o.Netns, Rows: true, Opens: true, Closers: true, Now: env.Now})
	if err != nil {
		return nil, err
	}
	var look collect.TraceLook
	var tail *trace.Tail
	clock := env.clock()
	clock.Wait = func(ctx context.Context, d time.Duration) (err error) {
		defer env.tracing(o.Trace, "")()
		tail, err = meanwhile.follow(ctx, env, d, &look)
		return err
	}
	before, now, err := sampler.Window(ctx, clock, o.Trace, o.closeness(env, nil).Pass(src, true))
	if err == nil && tail == nil { // the first look took longer than the time of the trace
		tail, err = meanwhile.follow(ctx, env, 0, &look)
	}
	if err != nil {
		return nil, err
	}
	gaps, err := meanwhile.gaps()
	if err != nil {
		return nil, err
	}
	look.Tell(now.Value, tail.Took, append(gaps, tail.Gaps...))
	return o.closeness(env, nil).WindowOf(src.About(), before, now), nil
}

// follow passes all rows of the trace to a look for a duration.
func (b *beside) follow(ctx context.Context, env *Env, d time.Duration, look *collect.TraceLook) (*trace.Tail, error) {
	return following(ctx, func(ctx context.Context) (*trace.Tail, error) { return b.trace.Rows(ctx, nil, look.Row, nil) }, env.forTime(d))
}

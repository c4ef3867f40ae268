// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A traceSource is a running trace or a saved one.
type traceSource struct {
	TraceOptions

	env   *Env
	about engine.About
	live  *trace.Trace // nil for a saved trace
	saved *trace.Saved
	file  io.Closer
}

// begin begins a trace with the filter, or opens a saved one.
func (o *TraceOptions) begin(ctx context.Context, env *Env, filter *query.Filter) (*traceSource, error) {
	s := &traceSource{TraceOptions: *o, env: env}
	if o.From != "" {
		return s, s.openSaved()
	}
	host, _ := env.Hostname() // a host without a name is shown without one
	s.about = engine.About{Host: host, Live: true}
	live, err := trace.Open(ctx, trace.Options{
		Netns: o.Netns, Rows: (!o.Summary || o.Save != "") && !o.Events, Events: o.Events, Owners: o.Summary || o.Save != "", Stays: o.Summary || o.Save != "", Resets: true, Cost: o.Cost, Fallback: true, Filter: filter, Now: env.Now,
	})
	s.live = live
	if err == nil && env.Alone {
		if err := live.GiveUpRights(o.Save != ""); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			_, _ = fmt.Fprintf(env.Stderr, "%v\n", err) // the trace continues with all its rights
		}
	}
	return s, err
}

func (s *traceSource) openSaved() (err error) {
	in, name := s.env.until(s.env.Stdin), "standard input"
	if s.From != stdinName {
		f, err := userfile.Open(s.From)
		if err != nil {
			return err
		}
		in, name, s.file = f.Until(s.env.until), s.From, f
	}
	if s.saved, err = trace.Read(in, name); err != nil {
		s.close()
		return err
	}
	if s.Events && !s.saved.Events {
		s.close()
		return &problem.UsageError{
			Msg: "only ends were saved: --events asks for every change of state", Hint: "save it with trace --events --save FILE",
			Zh: "只保存了连接的结束：--events 要求每次状态变化", HintZh: "请用 trace --events --save FILE 保存",
		}
	}
	s.about = engine.About{Name: name, Host: s.saved.Host, Taken: s.saved.Began}
	return nil
}

// close ends the trace. Errors are ignored: a trace is only read.
func (s *traceSource) close() {
	if s.live != nil {
		_ = s.live.Close()
	}
	if s.file != nil {
		_ = s.file.Close()
	}
}

// rows shows rows until --for has passed, the file ends, or visit returns false.
func (s *traceSource) rows(ctx context.Context, filter *query.Filter, visit func(*socket.Socket) bool, idle func() error) (*trace.Tail, error) {
	if s.saved != nil {
		return s.saved.Rows(ctx, filter, s.ends(visit), idle)
	}
	if s.Save == "" {
		return s.follow(ctx, filter, visit, idle)
	}
	tail, _, err := s.save(filter.String(), func(w *trace.Writer) (*trace.Tail, error) {
		return s.follow(ctx, filter, func(row *socket.Socket) bool { return w.Row(row) && visit(row) }, idle)
	})
	return tail, err
}

// follow shows rows of this host until --for has passed or visit returns false.
func (s *traceSource) follow(ctx context.Context, filter *query.Filter, visit func(*socket.Socket) bool, idle func() error) (*trace.Tail, error) {
	return following(ctx, func(ctx context.Context) (*trace.Tail, error) { return s.live.Rows(ctx, filter, visit, idle) }, s.wait)
}

// ends leaves out changes that end no connection, if ends are asked for of a saved
// trace of every change.
func (s *traceSource) ends(visit func(*socket.Socket) bool) func(*socket.Socket) bool {
	if s.Events || !s.saved.Events {
		return visit
	}
	return func(row *socket.Socket) bool {
		if r := row.Change.Reason; r == 0 || r == socket.Opened {
			return true
		}
		return visit(row)
	}
}

// summary returns the summary after --for has passed.
func (s *traceSource) summary(ctx context.Context) (*trace.Summary, error) {
	switch {
	case s.saved != nil:
		return s.saved.Summary(ctx)
	case s.Save != "":
		_, summary, err := s.save("", func(w *trace.Writer) (*trace.Tail, error) {
			return s.follow(ctx, nil, w.Row, nil)
		})
		return summary, err
	default:
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
		return s.live.Summary()
	}
}

// wait waits for --for, or for Ctrl-C.
func (s *traceSource) wait(ctx context.Context) error {
	if s.Summary || s.By != "" { // no rows are shown meanwhile
		defer s.env.tracing(s.For, s.Lang)()
	}
	if s.For == 0 {
		<-ctx.Done()
		return nil
	}
	if err := s.env.Wait(ctx, s.For); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// save writes what run sees to the file of --save, followed by the summary.
func (s *traceSource) save(filter string, run func(*trace.Writer) (*trace.Tail, error)) (tail *trace.Tail, summary *trace.Summary, err error) {
	var rows uint64
	size, err := binaryTo(s.env, s.Save, 0o600, func(out io.Writer) error {
		w, err := trace.NewWriter(out, trace.Head{Program: s.env.Version, Host: s.about.Host, Began: s.live.Began(), Events: s.Events, Filter: filter})
		if err != nil {
			return err
		}
		if tail, err = run(w); err != nil {
			return err
		}
		if summary, err = s.live.Summary(); err != nil {
			return err
		}
		rows = w.Rows()
		return w.Close(tail, summary)
	})
	if err == nil {
		lang, _ := language(s.env, s.Lang) // it was checked before
		said := knowledge.Text{
			En: visible.Text(s.Save) + ": " + knowledge.Many(rows, "row") + " in " + knowledge.Many(uint64(size), "byte"),
			Zh: visible.Text(s.Save) + "：" + knowledge.Grouped(rows) + " 行，" + knowledge.Grouped(uint64(size)) + " 字节",
		}
		_, _ = fmt.Fprintln(s.env.Stderr, said.In(lang))
	}
	return tail, summary, err
}

// following shows rows until wait returns, or until rows end by themselves.
func following(ctx context.Context, rows func(context.Context) (*trace.Tail, error), wait func(context.Context) error) (*trace.Tail, error) {
	type end struct {
		tail *trace.Tail
		err  error
	}
	during, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan end, 1)
	go func() {
		tail, err := rows(during)
		over <- end{tail, err}
		stop()
	}()
	err := wait(during)
	stop()
	e := <-over
	if e.err != nil {
		return e.tail, e.err // wait ended because rows ended
	}
	return e.tail, err
}

// forTime returns a function that waits for a duration.
func (e *Env) forTime(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return e.Wait(ctx, d) }
}

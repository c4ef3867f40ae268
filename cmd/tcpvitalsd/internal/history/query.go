// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Limits bound what one query, and all of them together, may take.
type Limits struct {
	// Samples is how many samples a query may have in memory; 0 for 1,000,000, which
	// are 16 MB: a series of a week at one sample a second, or 90 series of as many
	// steps as there may be.
	Samples int
	// Time is how long one may take; 0 for 30 s.
	Time time.Duration
	// AtOnce is how many run at the same time; the others wait for their turn.
	// 0 for 2.
	AtOnce int
	// Lookback is how old a sample may be that still counts as the newest of its
	// series; 0 for 30 s, three times the slower cadence.
	Lookback time.Duration
}

// Kinds of an answer, as Prometheus calls them.
const (
	Scalar = "scalar" // one number
	Vector = "vector" // one number each of several series
	Matrix = "matrix" // several samples each of several series
	Text   = "string"
)

// A Sample is a number at a moment.
type Sample struct {
	At    time.Time
	Value float64
}

// A Row is one series of an answer.
type Row struct {
	Name   string
	Labels []Label
	// Samples are its numbers, in the order of their times; nil if only the series was
	// asked for.
	Samples iter.Seq[Sample]
}

// An Answer is what a query gives. It is lent: its numbers are in memory that the next
// query uses.
type Answer struct {
	// Kind is one of [Scalar], [Vector], [Matrix], [Text].
	Kind string
	// Rows are the series, each valid until the next.
	Rows iter.Seq[*Row]
	// Text is that of a [Text], TextAt its time.
	Text   string
	TextAt time.Time
	// Notes are what the language warns of.
	Notes []string
}

// A QueryError is a question that cannot be answered as it was put.
type QueryError struct {
	// Kind is that of Prometheus' HTTP API: bad_data, timeout, canceled, execution.
	Kind string
	Err  error
}

func (e *QueryError) Error() string { return e.Err.Error() }

// Unwrap gives what the language said.
func (e *QueryError) Unwrap() error { return e.Err }

// Kinds of a [QueryError].
const (
	BadData   = "bad_data"
	Timeout   = "timeout"
	Canceled  = "canceled"
	Execution = "execution"
)

// MaxPoints is how many steps an answer over a range may have, as in Prometheus.
const MaxPoints = 11000

// MaxText is how many bytes an expression may have. The grammar takes time with the
// square of its length: 80 kB take a minute and a half.
const MaxText = 8 << 10

// asker answers questions about a store.
type asker struct {
	store  storage.Queryable
	engine *promql.Engine
	parser parser.Parser
	turns  chan struct{}
}

func newAsker(store storage.Queryable, l Limits) asker {
	p := parser.NewParser(parser.Options{})
	return asker{
		store: store, parser: p, turns: make(chan struct{}, or(l.AtOnce, 2)),
		engine: promql.NewEngine(promql.EngineOpts{
			MaxSamples: or(l.Samples, 1_000_000), Timeout: or(l.Time, 30*time.Second), LookbackDelta: or(l.Lookback, 30*time.Second),
			EnableAtModifier: true, EnableNegativeOffset: true, Parser: p,
		}),
	}
}

func or[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// Check reports what is wrong with an expression: a [*QueryError], or nil.
func (a *asker) Check(expr string) error {
	if len(expr) > MaxText {
		return bad("the expression has %d bytes, more than %d", len(expr), MaxText)
	}
	if _, err := a.parser.ParseExpr(expr); err != nil {
		return &QueryError{Kind: BadData, Err: err}
	}
	return nil
}

// At answers a query for one moment. The answer is lent to use, which ends before
// another query may run in the place of this one. The error is a [*QueryError], or that
// of use.
func (a *asker) At(ctx context.Context, expr string, at time.Time, use func(*Answer) error) error {
	return a.ask(ctx, expr, use, func() (promql.Query, error) {
		return a.engine.NewInstantQuery(ctx, a.store, nil, expr, at)
	})
}

// Over answers a query for each step of a time, as [asker.At] does.
func (a *asker) Over(ctx context.Context, expr string, from, to time.Time, step time.Duration, use func(*Answer) error) error {
	switch {
	case step <= 0:
		return bad("the step is %v, it has to be more than 0", step)
	case to.Before(from):
		return bad("the end is before the start")
	case to.Sub(from)/step >= MaxPoints:
		return bad("%d steps of %v are more than %d: take a longer step or a shorter time", to.Sub(from)/step, step, MaxPoints)
	}
	return a.ask(ctx, expr, use, func() (promql.Query, error) {
		return a.engine.NewRangeQuery(ctx, a.store, nil, expr, from, to, step)
	})
}

func bad(format string, args ...any) error {
	return &QueryError{Kind: BadData, Err: fmt.Errorf(format, args...)}
}

func (a *asker) ask(ctx context.Context, expr string, use func(*Answer) error, query func() (promql.Query, error)) error {
	if err := a.Check(expr); err != nil {
		return err
	}
	done, err := a.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	q, err := query()
	if err != nil {
		return &QueryError{Kind: BadData, Err: err}
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return queryError(result.Err)
	}
	answer, err := answerOf(result)
	if err != nil {
		return err
	}
	return use(answer)
}

// turn waits until one more query may run.
func (a *asker) turn(ctx context.Context) (done func(), err error) {
	select {
	case a.turns <- struct{}{}:
		return func() { <-a.turns }, nil
	case <-ctx.Done():
		return nil, queryError(ctx.Err())
	}
}

func queryError(err error) error {
	kind := Execution
	switch {
	case errors.As(err, new(promql.ErrQueryTimeout)), errors.Is(err, context.DeadlineExceeded):
		kind = Timeout
	case errors.As(err, new(promql.ErrQueryCanceled)), errors.Is(err, context.Canceled):
		kind = Canceled
	}
	return &QueryError{Kind: kind, Err: err}
}

func answerOf(r *promql.Result) (*Answer, error) {
	a := &Answer{Kind: string(r.Value.Type()), Rows: func(func(*Row) bool) {}}
	for _, err := range r.Warnings.AsErrors() {
		a.Notes = append(a.Notes, err.Error())
	}
	switch v := r.Value.(type) {
	case promql.Scalar:
		a.Rows = func(yield func(*Row) bool) {
			yield(&Row{Samples: oneSample(v.T, v.V)})
		}
	case promql.String:
		a.Text, a.TextAt = v.V, time.UnixMilli(v.T)
	case promql.Vector:
		a.Rows = vectorRows(v)
	case promql.Matrix:
		a.Rows = matrixRows(v)
	default:
		return nil, &QueryError{Kind: Execution, Err: problem.Errorf("an answer of the kind %s", "类型为 %s 的应答", r.Value.Type())}
	}
	return a, nil
}

// oneSample are the numbers of a row that has one, at a time in ms since 1970.
func oneSample(ms int64, v float64) iter.Seq[Sample] {
	return func(yield func(Sample) bool) { yield(Sample{time.UnixMilli(ms), v}) }
}

func vectorRows(v promql.Vector) iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		for i := range v {
			name, labels := split(v[i].Metric)
			if !yield(&Row{Name: name, Labels: labels, Samples: oneSample(v[i].T, v[i].F)}) {
				return
			}
		}
	}
}

// matrixRows copies nothing: an answer may have as many numbers as a query may hold in
// memory.
func matrixRows(m promql.Matrix) iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		for i := range m {
			name, labels := split(m[i].Metric)
			samples := func(yield func(Sample) bool) {
				for _, p := range m[i].Floats {
					if !yield(Sample{time.UnixMilli(p.T), p.F}) {
						return
					}
				}
			}
			if !yield(&Row{Name: name, Labels: labels, Samples: samples}) {
				return
			}
		}
	}
}

// ParseDuration reads a duration as the language writes it: 90s, 5m, 1d12h.
func ParseDuration(text string) (time.Duration, error) {
	d, err := model.ParseDuration(text)
	return time.Duration(d), err
}

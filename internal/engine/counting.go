// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Counting is a question whose answer is numbers of sockets, not sockets: it
// may be answered where the sockets are.
type Counting struct {
	// Filter chooses the sockets; nil chooses all.
	Filter *query.Filter
	// Keys are what the visitor tells sockets apart by.
	Keys query.Keys
	// Fields is what else the visitor looks at in each socket. With any, the
	// kernel cannot count for it.
	Fields socket.FieldSet
	// Unowned asks for Counted.Unowned.
	Unowned bool
	// Sample, above 1, looks at one bucket of the table in so many.
	Sample uint32
	// Within, above 0, chooses Sample so that the walk takes no longer.
	Within time.Duration
	// Again, when not nil, forgets all that the visitor was told: it is called
	// before a dump that was disturbed is made again. Without it there is no
	// second try, since what was shown cannot be taken back.
	Again func()
	// Elsewhere asks for Report.Elsewhere.
	Elsewhere bool
}

// sampled reports whether an estimate is asked for.
func (q Counting) sampled() bool { return q.Sample > 1 || q.Within > 0 }

// Counted is how many sockets a visitor is told of at once.
type Counted struct {
	Sockets uint64
	Unowned uint64 // of them, full sockets that no process has open
	// Sampled says that they were found in a part of the buckets; Squares is the
	// sum of the squares of how many each bucket had.
	Sampled bool
	Squares uint64
}

// CountVisit is called with sockets that are alike in all keys, and how many
// there are. Of the Socket, which is reused, nothing but the keys may be looked
// at. It may be called several times with the same keys.
type CountVisit func(s *socket.Socket, n Counted)

// count is [Host.Count] of a host that is held.
func (h *Host) count(ctx context.Context, q Counting, visit CountVisit) (*Report, error) {
	if q.plain() && h.scope.Self() {
		return h.censusReport(ctx, q, visit)
	}
	p, err := h.explain(ctx, q)
	if err != nil {
		return nil, err
	}
	if p.walks() {
		r, err := h.countInKernel(ctx, q, visit)
		if err == nil || !passable(err) || p.only {
			return r, err
		}
		p.refuse(p.Engine, err)
	}
	r, err := countRows(ctx, h.rows, q, visit)
	if err == nil {
		r.OwnersKnown = q.Unowned
		r.Gaps = append(r.Gaps, p.gaps...)
	}
	return r, err
}

// plain reports whether all sockets are to be counted by state: that question
// has ways of its own, which decode no more than that.
func (q Counting) plain() bool {
	return q.Filter.All() && q.Fields.Empty() && !q.sampled() && q.Unowned && sameKeys(q.Keys, stateKeys())
}

func sameKeys(a, b query.Keys) bool {
	return slices.EqualFunc(a, b, func(x, y query.Key) bool { return x.Field.ID == y.Field.ID && !x.Cut && !y.Cut })
}

// censusReport answers a plain question.
func (h *Host) censusReport(ctx context.Context, q Counting, visit CountVisit) (*Report, error) {
	c, err := h.elsewhere(ctx, q.Elsewhere, func() (*query.Census, error) { return h.census(ctx) })
	if err != nil {
		return nil, err
	}
	return showCensus(c, visit), nil
}

// census counts the namespace of the calling thread by state.
func (h *Host) census(ctx context.Context) (*query.Census, error) {
	p, err := h.explain(ctx, Counting{Keys: stateKeys(), Unowned: true})
	if err != nil {
		return nil, err
	}
	chosen := h.engines
	if !p.walks() {
		chosen = withoutWalk(chosen)
	}
	c, err := first(ctx, h, chosen)
	if err == nil {
		c.Gaps = append(c.Gaps, p.gaps...)
	}
	return c, err
}

// showCensus shows a census as a count.
func showCensus(c *query.Census, visit CountVisit) *Report {
	row := socket.Socket{Known: socket.FieldsOf(socket.FieldState, socket.FieldKind)}
	for s := range tcp.AllStates.All() {
		count := c.Of(s)
		for kind, n := range count.Kinds {
			if n == 0 {
				continue
			}
			row.State, row.Kind = s, socket.Kind(kind)
			told := Counted{Sockets: n}
			if row.Kind == socket.Full {
				told.Unowned = count.Unowned
			}
			visit(&row, told)
		}
	}
	return &Report{
		Engine: c.Engine, Exact: c.Exact, Summed: c.Summed, Gaps: c.Gaps, Limits: c.Limits,
		OwnersKnown: c.OwnersKnown, Format: c.Format, Elsewhere: c.OtherNamespaces, Namespaces: 1, Passing: c.Passing,
	}
}

// passable reports whether the next engine may be tried after this error.
func passable(err error) bool {
	var denied *problem.PermissionError
	return errors.Is(err, problem.ErrNotSupported) || errors.Is(err, hashwalk.ErrSelfCheck) || errors.As(err, &denied)
}

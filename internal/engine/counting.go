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

// A Counting is a question whose answer is numbers of sockets, not the sockets. The
// kernel can answer it without copying sockets.
type Counting struct {
	// Filter chooses the sockets; nil chooses all.
	Filter *query.Filter
	// Keys are the fields by which the visitor groups sockets.
	Keys query.Keys
	// Fields are further fields that the visitor looks at in each socket. If there
	// are any, the kernel cannot count.
	Fields socket.FieldSet
	// Unowned asks for Counted.Unowned.
	Unowned bool
	// Sample, above 1, looks at one of Sample buckets of the table.
	Sample uint32
	// Within, above 0, lets the engine choose Sample so that the walk takes no longer
	// than Within.
	Within time.Duration
	// Again, if not nil, is called before a disturbed dump is made again: the visitor
	// forgets all that it was told. Without Again there is no second try, because
	// what was shown cannot be taken back.
	Again func()
	// Elsewhere asks for Report.Elsewhere.
	Elsewhere bool
}

// sampled reports whether an estimate is asked for.
func (q Counting) sampled() bool { return q.Sample > 1 || q.Within > 0 }

// Counted is how many sockets one call of a visitor stands for.
type Counted struct {
	Sockets uint64
	Unowned uint64 // how many of them are full sockets that no process has open
	// Sampled says that the sockets were found in a sample of the buckets; Squares is
	// the sum of the squares of the number per bucket.
	Sampled bool
	Squares uint64
}

// CountVisit is called with a socket that stands for several, alike in all keys, and
// with their number. The Socket is reused; only its keys may be looked at. Several
// calls may have the same keys.
type CountVisit func(s *socket.Socket, n Counted)

// count is [Host.Count] for a caller that has taken the host's turn.
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
	r, err := countRows(ctx, h.everyRow, q, visit)
	if err == nil {
		r.OwnersKnown = q.Unowned
		r.Gaps = append(r.Gaps, p.gaps...)
	}
	return r, err
}

// plain reports whether all sockets are to be counted by state. For that there are
// faster ways, which decode only the state.
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

// showCensus passes a census on to a visitor of counts.
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

// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
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
	// Sample, above 1, looks at one slot of the table in so many.
	Sample uint32
	// Within, above 0, chooses Sample so that the walk takes no longer.
	Within time.Duration
}

// sampled reports whether an estimate is asked for.
func (q Counting) sampled() bool { return q.Sample > 1 || q.Within > 0 }

// Counted is how many sockets a visitor is told of at once.
type Counted struct {
	Sockets uint64
	Unowned uint64 // of them, full sockets that no process has open
	// Sampled says that they were found in a part of the slots; Squares is the
	// sum of the squares of how many each slot had.
	Sampled bool
	Squares uint64
}

// CountVisit is called with sockets that are alike in all keys, and how many
// there are. Of the Socket, which is reused, nothing but the keys may be looked
// at. It may be called several times with the same keys.
type CountVisit func(s *socket.Socket, n Counted)

// Count counts the sockets of the live host, in the way that [Explain] says.
// Errors are those of [Rows]; for a sample, also a [*problem.UnsupportedError]
// or [*problem.PermissionError] that says why none can be taken here.
func Count(ctx context.Context, o Options, q Counting, visit CountVisit) (*Report, error) {
	p, err := Explain(ctx, o, q)
	if err != nil {
		return nil, err
	}
	if p.walks() {
		r, err := countByWalk(ctx, o, q, visit)
		if err == nil || !passable(err) || p.only {
			return r, err
		}
		p.refuse(p.Engine, err)
	}
	scan := Scan{Filter: q.Filter, Fields: q.Fields.Union(q.Keys.Needs())}
	if q.Unowned {
		scan.Fields = scan.Fields.Union(socket.FieldsOf(socket.FieldKind, socket.FieldInode))
	}
	r, err := Rows(ctx, o, scan, func(s *socket.Socket) bool {
		n := Counted{Sockets: 1}
		if q.Unowned && s.Kind == socket.Full && s.Known.Has(socket.FieldInode) && s.Inode == 0 {
			n.Unowned = 1
		}
		visit(s, n)
		return true
	})
	if err == nil {
		r.Gaps = append(r.Gaps, p.gaps...)
	}
	return r, err
}

// passable reports whether another engine may answer where one could not.
func passable(err error) bool {
	var denied *problem.PermissionError
	return errors.Is(err, problem.ErrNotSupported) || errors.Is(err, hashwalk.ErrSelfCheck) || errors.As(err, &denied)
}

// CountStates counts by state the sockets that a filter chooses. Errors are
// those of [Rows].
func CountStates(ctx context.Context, o Options, filter *query.Filter) (*query.Census, error) {
	c := &query.Census{OwnersKnown: true}
	q := Counting{Filter: filter, Keys: stateKeys(), Unowned: true}
	report, err := Count(ctx, o, q, func(s *socket.Socket, n Counted) {
		c.Add(s.State, s.Kind, n.Sockets)
		c.AddUnownedN(s.State, n.Unowned)
	})
	if err != nil {
		return nil, err
	}
	c.Engine, c.Exact, c.Gaps, c.Limits = report.Engine, report.Exact, report.Gaps, report.Limits
	return c, nil
}

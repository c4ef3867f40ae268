// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Source is where sockets come from: a [*Host], which is alive, or a file: a
// [*Saved] or a [*Listing]. Whoever asks need not know which. All are safe for
// several callers at once; they wait for each other.
//
// A visitor must not ask the source that it is called by: it would wait for
// itself.
type Source interface {
	// Rows calls the visitor for the sockets that the filter of q chooses, one
	// network namespace after the other.
	//
	// The error is a [*problem.UsageError] for an unknown namespace, a
	// [*problem.UnsupportedError] when no engine works here, a
	// [*problem.PermissionError] when the one namespace asked for may not be
	// entered, and a [*problem.InputError] for a file that is damaged. Of
	// several namespaces, one that cannot be entered is a gap.
	Rows(ctx context.Context, q Scan, v Visitor) (*Report, error)
	// Count counts sockets, in the way that Explain says. Errors are those of
	// Rows; for a sample, also a [*problem.UnsupportedError] or
	// [*problem.PermissionError] that says why none can be taken here.
	Count(ctx context.Context, q Counting, visit CountVisit) (*Report, error)
	// Explain plans the answer of Count, without looking at a socket. A file
	// has one way only: for that it is a [*problem.UsageError].
	Explain(ctx context.Context, q Counting) (*Plan, error)
	// About says what the source is.
	About() About
	// Names are what a filter may call by name.
	Names() query.Options
	// Close ends it.
	Close() error
}

// About says what a source is.
type About struct {
	// Name is how errors call it; "" for a host.
	Name string
	// Host is how the machine calls itself, "" when that is not known.
	Host string
	// Live says that it is alive: what it tells is as it is now.
	Live bool
	// Taken is when a saved machine was saved; zero for others.
	Taken time.Time
	// Boot tells the name that the kernel gave to the boot of the machine, ""
	// when that is not known. Cookies mean the same within one boot. Of a host it
	// is read when it is asked for.
	Boot func() string
	// Scope is which network namespaces it tells of: "self", "all" or the one
	// that was asked for; "" when nobody knows.
	Scope string
	// Redacted says that addresses and names were replaced.
	Redacted bool
	// Facts says that it tells counters and parameters of the kernel, which a
	// listing does not.
	Facts bool
}

// Saved reports whether it is a saved machine.
func (a About) Saved() bool { return !a.Taken.IsZero() }

// At returns when the sockets were as an answer says that was asked for at now.
func (a About) At(now time.Time) time.Time {
	if a.Saved() {
		return a.Taken
	}
	return now
}

// Census counts by state the sockets that a filter chooses; nil chooses all.
// Errors are those of [Source.Rows]. With [Auto], an engine that is not
// available here is passed over and named among the gaps.
func Census(ctx context.Context, src Source, filter *query.Filter) (*query.Census, error) {
	c := &query.Census{}
	q := Counting{
		Filter: filter, Keys: stateKeys(), Unowned: true, Elsewhere: filter.All(),
		Again: func() { c.Tally = query.Tally{} },
	}
	r, err := src.Count(ctx, q, func(s *socket.Socket, n Counted) {
		c.Add(s.State, s.Kind, n.Sockets)
		c.AddUnownedN(s.State, n.Unowned)
	})
	if err != nil {
		return nil, err
	}
	c.Engine, c.Exact, c.Summed, c.Gaps, c.Limits = r.Engine, r.Exact, r.Summed, r.Gaps, r.Limits
	c.OwnersKnown, c.Format, c.OtherNamespaces = r.OwnersKnown, r.Format, r.Elsewhere
	c.Passing = r.Passing
	return c, nil
}

// rowsOf is [Source.Rows] of a source that is being used already.
type rowsOf func(context.Context, Scan, Visitor) (*Report, error)

// countRows counts what rows looks at, one by one.
func countRows(ctx context.Context, rows rowsOf, q Counting, visit CountVisit) (*Report, error) {
	scan := Scan{Filter: q.Filter, Fields: q.Fields.Union(q.Keys.Needs())}
	if q.Unowned {
		scan.Fields = scan.Fields.Union(socket.FieldsOf(socket.FieldKind, socket.FieldInode))
	}
	c := &rowCounter{asked: q, visit: visit, owners: q.Unowned}
	var v Visitor = c
	if q.Again != nil {
		v = countedAgain{c}
	}
	r, err := rows(ctx, scan, v)
	if err != nil {
		return nil, err
	}
	r.OwnersKnown, r.Passing = c.owners, c.seen.Passing
	return r, nil
}

// fileOnly is the error of a question that a file cannot be asked.
func fileOnly() error {
	return &problem.UsageError{Msg: "--sample, --within and --explain are for a live host", Hint: "leave them out: a file is read as a whole", Zh: "--sample、--within 和 --explain 只用于当前主机", HintZh: "请去掉：文件总是完整读取"}
}

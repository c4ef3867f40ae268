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
// A visitor must not ask the source that it is called by, because it would wait for
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
	// Count counts sockets, in the way that Explain says. Errors are those of Rows;
	// for a sample, also a [*problem.UnsupportedError] or [*problem.PermissionError]
	// with the reason why no sample can be taken here.
	Count(ctx context.Context, q Counting, visit CountVisit) (*Report, error)
	// Explain plans the answer of Count without reading a socket. For a file the
	// error is a [*problem.UsageError]: a file can be read in one way only.
	Explain(ctx context.Context, q Counting) (*Plan, error)
	// About describes the source.
	About() About
	// Names are what a filter may call by name.
	Names() query.Options
	// Close closes the source.
	Close() error
}

// About describes a source.
type About struct {
	// Name is what errors call the source; "" for a host.
	Name string
	// Host is how the machine calls itself, "" when that is not known.
	Host string
	// Live says that the source is a live host: its answer is the present state.
	Live bool
	// Taken is when a saved machine was saved; zero for others.
	Taken time.Time
	// Boot returns the kernel's id of the boot of the machine, "" if that is not
	// known. Cookies of sockets are comparable within one boot only. A host reads the
	// id on each call.
	Boot func() string
	// Scope tells which network namespaces the source covers: "self", "all" or the
	// one that was asked for; "" if unknown.
	Scope string
	// Redacted says that addresses and names were replaced.
	Redacted bool
	// Facts says that the source has counters and parameters of the kernel. A listing
	// has none.
	Facts bool
}

// Saved reports whether the source is a saved machine.
func (a About) Saved() bool { return !a.Taken.IsZero() }

// At returns the time for which an answer holds that was asked for at now: the time
// of saving for a saved machine.
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

// rowsOf is [Source.Rows] for a caller that has the source's turn.
type rowsOf func(context.Context, Scan, Visitor) (*Report, error)

// countRows counts the sockets that rows shows, one by one.
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

// fileOnly returns the error of a question that cannot be put to a file.
func fileOnly() error {
	return &problem.UsageError{Msg: "--sample, --within and --explain are for a live host", Hint: "leave them out: a file is read as a whole", Zh: "--sample、--within 和 --explain 只用于当前主机", HintZh: "请去掉：文件总是完整读取"}
}

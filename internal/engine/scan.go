// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Scan is a question whose answer is sockets.
type Scan struct {
	// Filter chooses the sockets; nil chooses all.
	Filter *query.Filter
	// Fields is what the visitor looks at. What the filter needs is added.
	// Costly fields are fetched only when they are in here.
	Fields socket.FieldSet
	// Sysctls names the kernel parameters to read in each namespace.
	Sysctls []string
	// Counters asks for the counters of each namespace.
	Counters bool
	// OnSysctls, when not nil, is given them before the rows of a namespace.
	// values must not be changed.
	OnSysctls func(netns uint64, values map[string]string)
	// onNamespace, when not nil, is given all facts of a namespace before its
	// rows, and returns the fields to read there, no other than Fields.
	onNamespace func(*snapshot.Namespace) socket.FieldSet
	// afterRows, when not nil, is called behind the rows of a namespace, on a
	// thread inside.
	afterRows func()
}

// fields returns all that has to be read.
func (q Scan) fields() socket.FieldSet { return q.Fields.Union(q.Filter.Needs()).Sources() }

// A Report is how a scan went.
type Report struct {
	Engine string
	// Exact says that every socket the engine can see was looked at once.
	Exact bool
	// Undecided is how many sockets the filter could not judge because a field
	// was not known. They were not visited.
	Undecided uint64
	Gaps      []problem.Gap
	// Sample says what part of the sockets was looked at; nil for all. Numbers
	// are then estimates.
	Sample *query.Sample
	// Limits is what the source can never show: gaps, but no news to who chose
	// the source.
	Limits []problem.Gap
	// Namespaces is how many network namespaces were read.
	Namespaces int
	// Sysctls is what Scan.Sysctls asked for.
	Sysctls Sysctls
	// Counters is what Scan.Counters asked for, read before the rows.
	Counters Counters

	unread int // namespaces that could not be entered
}

// Partial reports whether something was lost that could have been read.
func (r *Report) Partial() bool {
	for _, g := range r.Gaps {
		if !g.Structural {
			return true
		}
	}
	return !r.Exact
}

// CountRows counts by state the sockets that a filter chooses among those that
// rows looks at, which is [Rows] or one of its kind.
func CountRows(filter *query.Filter, rows func(Scan, Visit) (*Report, error)) (*query.Census, error) {
	c := &query.Census{OwnersKnown: true}
	scan := Scan{Filter: filter, Fields: socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldInode)}
	report, err := rows(scan, func(s *socket.Socket) bool {
		c.Add(s.State, s.Kind, 1)
		if s.Kind == socket.Full && s.Inode == 0 {
			c.AddUnowned(s.State)
		}
		c.OwnersKnown = c.OwnersKnown && s.Known.Has(socket.FieldInode)
		return true
	})
	if err != nil {
		return nil, err
	}
	c.Engine, c.Exact, c.Gaps, c.Limits = report.Engine, report.Exact, report.Gaps, report.Limits
	return c, nil
}

// Visit is called for each socket; the Socket and all it points to are reused.
// It returns false to end the scan.
type Visit func(*socket.Socket) bool

// Rows looks at the TCP sockets of the live host's namespaces, one namespace
// after the other, and calls visit for those that the filter chooses.
//
// The error is a [*problem.UsageError] for an unknown engine or namespace, a
// [*problem.UnsupportedError] when no engine works here, and a
// [*problem.PermissionError] when the one namespace asked for may not be
// entered. Of several namespaces, one that cannot be entered is a gap.
func Rows(ctx context.Context, o Options, q Scan, visit Visit) (*Report, error) {
	s, err := newScanner(ctx, o, q, visit)
	if err != nil {
		return nil, err
	}
	defer s.annotator.close()
	if err := s.all(); err != nil {
		return nil, err
	}
	s.report.Gaps = append(s.report.Gaps, s.annotator.gaps()...)
	s.report.Gaps = append(s.report.Gaps, undecided(s.report.Undecided)...)
	return s.report, nil
}

// newScanner prepares a scan. Its annotator has to be closed.
func newScanner(ctx context.Context, o Options, q Scan, visit Visit) (*scanner, error) {
	chosen, err := choose(o.Engine)
	if err != nil {
		return nil, err
	}
	if chosen = withoutWalk(chosen); len(chosen) == 0 {
		return nil, &problem.UsageError{Msg: "the engine hashwalk counts, and has no rows", Hint: "leave --engine out"}
	}
	scope, err := netns.ParseScope(o.scope())
	if err != nil {
		return nil, err
	}
	a, err := newAnnotator(ctx, o, q.fields())
	if err != nil {
		return nil, err
	}
	return &scanner{ctx: ctx, options: o, scan: q, scope: scope, engines: chosen, annotator: a, visit: visit, report: &Report{Exact: true}}, nil
}

// all reads the namespaces one after the other.
func (s *scanner) all() error {
	spaces, gaps, err := netns.Select(s.ctx, s.scope, netns.Options{Label: s.annotator.label()})
	if err != nil {
		return err
	}
	s.report.Gaps = append(s.report.Gaps, gaps...)
	for _, ns := range spaces {
		if err := s.namespace(ns, s.scope.All()); err != nil {
			return err
		}
		if s.stopped {
			break
		}
	}
	return nil
}

func (o Options) scope() string {
	if o.Netns == "" {
		return "self"
	}
	return o.Netns
}

// A scanner goes through the namespaces of one scan.
type scanner struct {
	ctx       context.Context //nolint:containedctx // it lives as long as one call of Rows
	options   Options
	scan      Scan
	scope     netns.Scope
	engines   []engine
	annotator *annotator
	visit     Visit
	report    *Report
	stopped   bool
	saver     *saver // not nil when everything is to be kept
}

// namespace reads one namespace. tolerant makes a gap of what cannot be entered.
func (s *scanner) namespace(ns *netns.Namespace, tolerant bool) error {
	s.annotator.enter(ns)
	err := ns.Do(func() error {
		s.readSysctls(ns)
		s.readCounters(ns)
		s.enterWith(ns)
		if s.saver != nil {
			if err := s.saver.enter(ns); err != nil {
				return err
			}
		}
		if err := s.firstEngine(); err != nil {
			return err
		}
		if s.scan.afterRows != nil {
			s.scan.afterRows()
		}
		return nil
	})
	switch {
	case err == nil:
		s.report.Namespaces++
		return nil
	case tolerant && s.ctx.Err() == nil:
		s.report.Gaps = append(s.report.Gaps, ns.Gap(err))
		s.report.unread++
		return nil
	default:
		return err
	}
}

// firstEngine lets the best engine that works here read the namespace of the
// calling thread.
func (s *scanner) firstEngine() error {
	var last error
	for _, e := range s.engines {
		err := e.rows(s)
		if err == nil || !errors.Is(err, problem.ErrNotSupported) {
			s.report.Engine = e.name
			return err
		}
		if len(s.engines) > 1 {
			s.report.passedOver(e.name, err)
		}
		last = err
	}
	return last
}

func (r *Report) passedOver(engine string, err error) {
	r.note(problem.Gap{Source: engine, Reason: err.Error(), Structural: true})
}

// offer completes a socket and shows it to the visitor when the filter chooses
// it. It reports whether to go on.
func (s *scanner) offer(row *socket.Socket) bool { return s.offerIf(s.scan.Filter, row) }

// offerIf is offer with what is left of the filter.
func (s *scanner) offerIf(filter *query.Filter, row *socket.Socket) bool {
	s.annotator.complete(row)
	switch filter.Match(row) {
	case query.Yes:
		s.stopped = !s.visit(row)
	case query.Unknown:
		s.report.Undecided++
	default: // not asked for
	}
	return !s.stopped
}

func undecided(n uint64) []problem.Gap {
	if n == 0 {
		return nil
	}
	return []problem.Gap{{Source: "filter", Reason: fmt.Sprintf("%d sockets left out: a field that it compares is not known of them", n)}}
}

// deferred is the states whose owner may have to be inferred from other
// connections to the same destination, which must have been seen before.
func deferred() tcp.StateSet {
	return tcp.SetOf(tcp.FinWait1, tcp.FinWait2, tcp.TimeWait, tcp.LastAck, tcp.Closing)
}

// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Scan is a question whose answer is sockets.
type Scan struct {
	// Filter chooses the sockets; nil chooses all.
	Filter *query.Filter
	// Fields are the fields that the visitor looks at. Fields that the filter needs
	// are added. Costly fields are read only if they are in here.
	Fields socket.FieldSet
	// Fullest reads the namespaces with most sockets first, for a visitor that is
	// content with any and stops early. To find none in one namespace, the kernel walks
	// the sockets of all.
	Fullest bool
}

// fields returns all fields that have to be read.
func (q Scan) fields() socket.FieldSet { return q.Fields.Union(q.Filter.Needs()).Sources() }

// A Report tells how a scan went.
type Report struct {
	Engine string
	// Exact says that every socket the engine can see was looked at once.
	Exact bool
	// Summed says that sockets may have been counted more than once, because a text
	// holds several looks or machines. Such a count is not exact, but nothing was
	// lost.
	Summed bool
	// Undecided is how many sockets the filter could not judge because a field
	// was not known. They were not visited.
	Undecided uint64
	Gaps      []problem.Gap
	// Sample says what part of the sockets was looked at; nil for all. Numbers
	// are then estimates.
	Sample *query.Sample
	// Limits are what the source can never show. They are gaps, but no news to the
	// user who chose the source.
	Limits []problem.Gap
	// Namespaces is how many network namespaces were read.
	Namespaces int
	// Took is how long the answer took.
	Took time.Duration
	// OwnersKnown says that Counted.Unowned was filled.
	OwnersKnown bool
	// Format names the kind of listing that was counted; "" for other sources.
	Format string
	// Elsewhere is how many network namespaces of the host were seen but not
	// looked at; nil when that was not asked for or is not known.
	Elsewhere *int
	// Passing is what the engine saw besides the states.
	Passing query.Passing

	// Unread is how many namespaces could not be entered.
	Unread int

	disturbed bool // changes of the table disturbed a dump
}

// timed records in a report how long ask took.
func timed(ask func() (*Report, error)) (*Report, error) {
	start := time.Now()
	r, err := ask()
	if r != nil {
		r.Took = time.Since(start)
	}
	return r, err
}

// Partial reports whether something is missing that could have been read.
func (r *Report) Partial() bool {
	return problem.Lossy(r.Gaps) || !r.Exact && !r.Summed
}

// rows is [Host.Rows] for a caller that has taken the host's turn.
func (h *Host) rows(ctx context.Context, q Scan, v Visitor) (*Report, error) {
	return h.rowsOf(ctx, h.mostOfUsers(), q, v)
}

// everyRow is rows without a bound on namespaces, for [Host.Count].
func (h *Host) everyRow(ctx context.Context, q Scan, v Visitor) (*Report, error) {
	return h.rowsOf(ctx, 0, q, v)
}

// rowsOf reads at most that many namespaces of users other than root, 0 for all.
func (h *Host) rowsOf(ctx context.Context, most int, q Scan, v Visitor) (*Report, error) {
	return timed(func() (*Report, error) {
		return settled(v, func() (*Report, error) {
			s, err := h.scanner(ctx, q, v)
			if err != nil {
				return nil, err
			}
			s.most = most
			return s.answer()
		})
	})
}

// scanner prepares a scan.
func (h *Host) scanner(ctx context.Context, q Scan, v Visitor) (*scanner, error) {
	chosen := withoutWalk(h.engines)
	if len(chosen) == 0 {
		return nil, &problem.UsageError{Msg: "the engine hashwalk only counts, and has no rows", Hint: "leave --engine out", Zh: "引擎 hashwalk 只计数，没有逐行结果", HintZh: "请去掉 --engine"}
	}
	a, err := h.annotator(ctx, q.fields())
	if err != nil {
		return nil, err
	}
	return &scanner{ctx: ctx, host: h, scan: q, engines: chosen, annotator: a, visitor: v, report: &Report{Exact: true}}, nil
}

// answer reads all namespaces.
func (s *scanner) answer() (*Report, error) {
	if err := s.all(); err != nil {
		return nil, err
	}
	s.report.Gaps = append(s.report.Gaps, s.annotator.gaps()...)
	s.report.Gaps = append(s.report.Gaps, undecided(s.report.Undecided)...)
	return s.report, nil
}

// all reads the namespaces one after the other.
func (s *scanner) all() error {
	if s.host.scope.All() {
		s.listed, _ = s.host.countSpaces()
	}
	spaces, gaps, err := s.host.spaces(s.ctx)
	if err != nil {
		return err
	}
	s.report.Gaps = append(s.report.Gaps, gaps...)
	if len(spaces) > fewSpaces && len(s.engines) > 1 {
		var exact bool
		s.filled, exact = s.host.filledTables(s.ctx, len(spaces))
		s.inexact = !exact
	}
	for _, ns := range s.ordered(s.largest(s.bounded(spaces))) {
		if err := s.namespace(ns, s.host.scope.All()); err != nil {
			return err
		}
		if s.stopped {
			break
		}
	}
	if err := s.again(); err != nil {
		return err
	}
	return s.lost(spaces)
}

// mostOfUsers is how many namespaces of users other than root one scan reads, because
// any user can create thousands. Examining one takes some 5 ms of CPU time; from 2,000 of
// them on, an examination takes all the time it may have.
const mostOfUsers = 512

// mostOfUsers is the bound of this host's scans.
func (h *Host) mostOfUsers() int { return cmp.Or(h.options.MostOfUsers, mostOfUsers) }

// bounded leaves out namespaces of users other than root beyond the bound, and adds a
// gap. It takes one namespace of each user in turn, those with sockets first: a user
// with many namespaces does not push out the few of another.
func (s *scanner) bounded(spaces []*netns.Namespace) []*netns.Namespace {
	theirs := 0
	for _, ns := range spaces {
		if ns.User != "" {
			theirs++
		}
	}
	most := s.most
	if most == 0 || theirs <= most || !s.host.scope.All() {
		return spaces
	}
	turns := map[string]int{}      // by user: how many of the user's namespaces came before
	at := make([][]int, 0, theirs) // namespaces of the first turn, the second, and so on
	for _, filled := range []bool{true, false} {
		for i, ns := range spaces {
			if ns.User == "" || (s.filled[ns.Inode] != nil) != filled {
				continue
			}
			turn := turns[ns.User]
			turns[ns.User]++
			if turn == len(at) {
				at = append(at, nil)
			}
			at[turn] = append(at[turn], i)
		}
	}
	left := make([]bool, len(spaces))
	for _, i := range slices.Concat(at...)[most:] {
		left[i] = true
	}
	kept := make([]*netns.Namespace, 0, len(spaces)-theirs+most)
	for i, ns := range spaces {
		if !left[i] {
			kept = append(kept, ns)
		}
	}
	s.report.Unread += theirs - most
	s.report.Gaps = append(s.report.Gaps, problem.Unread("network namespaces", problem.NetnsMany, theirs-most))
	return kept
}

// largest leaves out namespaces beyond [Options.Most], and adds a gap. It keeps the
// calling process's own and those with most sockets, in their order.
func (s *scanner) largest(spaces []*netns.Namespace) []*netns.Namespace {
	most := s.host.options.Most
	if s.most == 0 || most == 0 || len(spaces) <= most || !s.host.scope.All() {
		return spaces
	}
	sockets := func(ns *netns.Namespace) uint64 {
		if ns.Self {
			return math.MaxUint64
		}
		if f := s.filled[ns.Inode]; f != nil {
			return 1 + f.full + f.timeWait
		}
		return 0
	}
	order := slices.Clone(spaces)
	slices.SortStableFunc(order, func(a, b *netns.Namespace) int {
		return cmp.Compare(sockets(b), sockets(a))
	})
	left := map[uint64]bool{}
	for _, ns := range order[most:] {
		left[ns.Inode] = true
	}
	s.report.Unread += len(left)
	s.report.Gaps = append(s.report.Gaps, problem.Unread("network namespaces", problem.NetnsFew, most, len(left)))
	return slices.DeleteFunc(slices.Clone(spaces), func(ns *netns.Namespace) bool { return left[ns.Inode] })
}

// ordered returns the namespaces in the order in which they are read. How many sockets
// each has, the walk beforehand has told; without it, the kernel's sums are read in each.
func (s *scanner) ordered(spaces []*netns.Namespace) []*netns.Namespace {
	if !s.scan.Fullest || len(spaces) < 2 {
		return spaces
	}
	sockets := make(map[uint64]uint64, len(spaces))
	for _, ns := range spaces {
		if s.filled == nil {
			_ = ns.Do(func() error { sockets[ns.Inode] = summedHere(); return nil }) // what cannot be entered comes last
		} else if f := s.filled[ns.Inode]; f != nil {
			sockets[ns.Inode] = f.full + f.timeWait
		}
	}
	spaces = slices.Clone(spaces)
	slices.SortStableFunc(spaces, func(a, b *netns.Namespace) int { return cmp.Compare(sockets[b.Inode], sockets[a.Inode]) })
	return spaces
}

// again reads namespaces that had vanished when their turn came, if another path
// leads to them now.
func (s *scanner) again() error {
	if len(s.vanished) == 0 || s.stopped {
		return nil
	}
	return s.reread(func(inode uint64) bool {
		_, was := s.vanished[inode]
		if !was || s.stopped {
			return false
		}
		delete(s.vanished, inode)
		return true
	})
}

// reread searches for namespaces anew and reads those that wanted accepts.
func (s *scanner) reread(wanted func(inode uint64) bool) error {
	s.host.forget()
	spaces, _, err := s.host.spaces(s.ctx)
	if err != nil {
		return err
	}
	for _, ns := range spaces {
		if wanted(ns.Inode) {
			if err := s.namespace(ns, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// A scanner goes through the namespaces of one scan.
type scanner struct {
	ctx       context.Context //nolint:containedctx // it lives as long as one call of Rows
	host      *Host
	scan      Scan
	engines   []engine
	annotator *annotator
	visitor   Visitor
	report    *Report
	most      int // how many namespaces of users other than root are read; 0 is no bound
	stopped   bool
	// vanished are namespaces that could no longer be reached by any known path.
	vanished map[uint64]*netns.Namespace
	// listed is how many namespaces the kernel had before the search.
	listed int
	// filled tells by namespace which tables have sockets; nil if that is not known.
	// inexact says that it may lack some.
	filled  map[uint64]*filled
	inexact bool
	own     bool // the namespace being read is the calling thread's

	// inOrder shows rows in the kernel's order, which answers from a snapshot keep
	// to. byPlaces receives all clues too. Save uses both.
	inOrder  bool
	byPlaces *annotator
}

// namespace reads one namespace. With tolerant, a namespace that cannot be entered
// becomes a gap.
func (s *scanner) namespace(ns *netns.Namespace, tolerant bool) error {
	s.annotator.enter(ns)
	s.own = ns.Self
	if s.byPlaces != nil {
		s.byPlaces.enter(ns)
	}
	asked, here := s.scan.Fields, s.annotator.netns
	space := &Space{Netns: here, Fields: asked, facts: liveFacts{s.host.proc}, report: s.report}
	space.hold = func() error { return s.host.hold(ns) }
	err := ns.Do(func() error {
		return space.visit(s.visitor, func() error {
			s.scan.Fields = space.Fields
			return s.firstEngine()
		})
	})
	s.scan.Fields = asked
	switch {
	case err == nil:
		s.report.Namespaces++
		return nil
	case tolerant && !space.refused && errors.Is(err, netns.ErrVanished):
		if s.vanished == nil {
			s.vanished = map[uint64]*netns.Namespace{}
		}
		s.vanished[ns.Inode] = ns
		return nil
	case tolerant && !space.refused && s.ctx.Err() == nil:
		s.report.Gaps = append(s.report.Gaps, ns.Gap(err))
		s.report.Unread++
		return nil
	default:
		return err
	}
}

// firstEngine reads the namespace of the calling thread with the best engine that
// works here.
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

// disturb adds the gap of a table that changed during the dump, by which something
// was lost.
func (r *Report) disturb(g problem.Gap) {
	r.Exact, r.disturbed = false, true
	r.Gaps = append(r.Gaps, g)
}

func (r *Report) passedOver(engine string, err error) {
	r.note(problem.Failed(engine, err).NeverShown())
}

// offer completes a socket and shows it to the visitor if the filter chooses it. It
// returns false to stop.
func (s *scanner) offer(row *socket.Socket) bool { return s.offerIf(s.scan.Filter, row) }

// offerIf is offer with the part of the filter that is still undecided.
func (s *scanner) offerIf(filter *query.Filter, row *socket.Socket) bool {
	s.annotator.complete(row)
	switch filter.Match(row) {
	case query.Yes:
		s.stopped = !s.visitor.Row(row)
	case query.Unknown:
		s.report.Undecided++
	default: // nobody asked for it
	}
	return !s.stopped
}

func undecided(n uint64) []problem.Gap {
	if n == 0 {
		return nil
	}
	return []problem.Gap{problem.Unread("filter", problem.Undecided, n)}
}

// deferred are the states whose owner may have to be inferred from other connections
// to the same destination. Those connections must be seen first.
func deferred() tcp.StateSet {
	return tcp.SetOf(tcp.FinWait1, tcp.FinWait2, tcp.TimeWait, tcp.LastAck, tcp.Closing)
}

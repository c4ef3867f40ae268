// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Options say what is traced.
type Options struct {
	// Netns is which network namespaces, as for every command: "" is that of
	// this process.
	Netns string
	// Rows makes rows of connections that end, Events of every transition.
	Rows, Events bool
	// Opens makes rows of connect() too.
	Opens bool
	// Owners counts who did what, for [Trace.Summary].
	Owners bool
	// Resets tells why RST are sent: of rows the field reset, and of Owners the
	// summary's Resets.
	Resets bool
	// Stays counts how long sockets are in each state, of one in
	// [tracer.StaySample], for the summary.
	Stays bool
	// Closers keeps who closed each connection first, for [Trace.Closer].
	Closers bool
	// Filter chooses rows, as the same one given to [Trace.Rows] does: what of it a
	// program can decide makes no record then. nil chooses all.
	Filter *query.Filter
	// Way is how to look; 0 for the best that the kernel allows.
	Way tracer.Way
	// Fallback does without a program where none may be loaded.
	Fallback bool
	// Cost lets the kernel time it; that takes CAP_SYS_ADMIN.
	Cost bool
	// Now is the clock.
	Now func() time.Time
}

// A Trace goes on from [Open] to Close. Not safe for concurrent use.
type Trace struct {
	watcher    watcher
	programs   bool // in the kernel
	now        func() time.Time
	began      time.Time
	boot       time.Time // when CLOCK_MONOTONIC was 0
	spaces     map[uint32]*socket.Netns
	places     *owner.Places
	cgroups    *procfs.CgroupTree
	gaps       []problem.Gap
	events     bool
	found      []*netns.Namespace
	reconciler *reconciler
	failed     error // the first look-up of a closer that failed
	apart      bool  // process ids of the kernel are not those of here
}

// Open begins a trace of this host. The error is a [*problem.UsageError] for a
// namespace that there is not, a [*problem.PermissionError] that names the
// capabilities, or a [*problem.UnsupportedError].
func Open(ctx context.Context, o Options) (*Trace, error) {
	scope, err := netns.ParseScope(o.Netns)
	if err != nil {
		return nil, err
	}
	t := &Trace{now: o.Now, events: o.Events, spaces: map[uint32]*socket.Netns{}, apart: procfs.Own().OwnPIDNamespace()}
	t.openPlaces()
	if t.found, t.gaps, err = netns.Select(ctx, scope, netns.Options{Label: t.places.Label, UserName: owner.NewUsers("").Name}); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	kernel := tracer.Options{Owners: o.Owners, Ends: o.Rows, Opens: o.Opens, Events: o.Events, Resets: o.Resets, Stays: o.Stays, KeepClosers: o.Closers, Way: o.Way, Cost: o.Cost}
	kernel.States, kernel.Where, _ = query.Split(o.Filter, tracer.Pushable())
	kernel.States |= tcp.SetOf(tcp.Close) // a row of an end has what a socket in CLOSE has not
	if len(t.found) == 1 {
		kernel.Netns = t.found[0].Inode
	}
	if err := t.watch(ctx, o, kernel); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.began, t.boot = t.now(), tracer.Epoch()
	t.enter(ctx)
	s, others := t.watcher.(*sampled)
	if others {
		s.Begin()
	}
	t.reconciler = startReconciler(t.now, t.found, others, t.watcher.Balance)
	return t, nil
}

// watch begins to look, in the best way that there is. What stands in the way of a
// better one is a gap.
func (t *Trace) watch(ctx context.Context, o Options, kernel tracer.Options) error {
	programs, err := tracer.Open(kernel)
	if err == nil {
		t.watcher, t.programs = program{programs}, true
		return nil
	}
	if !o.Fallback || o.Cost || !refused(err) {
		return err
	}
	if without := t.without(ctx, o); without != nil {
		return err // the best way is what there is to mend
	}
	t.gaps = append(t.gaps, problem.Failed(Engine, err))
	return nil
}

// without begins to look without a program.
func (t *Trace) without(ctx context.Context, o Options) error {
	if o.Way != tracer.Looked {
		if s, err := startSampled(o, t.cgroups); err == nil {
			t.watcher = s
			return nil
		}
	}
	looks, err := startPoller(ctx, o, t.found)
	if err == nil {
		t.watcher = looks
	}
	return err
}

// refused reports whether an error says that the kernel has no such thing, or not
// for this process.
func refused(err error) bool {
	_, denied := errors.AsType[*problem.PermissionError](err)
	return denied || errors.Is(err, problem.ErrNotSupported)
}

// openPlaces prepares the look-up of cgroups. Without any, units are not known.
func (t *Trace) openPlaces() {
	tree, err := procfs.Own().OpenCgroups()
	if err != nil {
		t.places = owner.NewPlaces(nil, procfs.Own())
		return
	}
	t.cgroups, t.places = tree, owner.NewPlaces(tree, procfs.Own())
}

// enter reads of each namespace which ports are listened on.
func (t *Trace) enter(ctx context.Context) {
	for _, ns := range t.found {
		t.spaces[uint32(ns.Inode)] = &socket.Netns{Inode: ns.Inode, Name: ns.Name, Container: ns.Container}
		err := ns.Do(func() error { return t.listeners(ctx, uint32(ns.Inode)) })
		if err != nil && !errors.Is(err, netns.ErrVanished) {
			t.gaps = append(t.gaps, ns.Gap(err))
		}
	}
}

// listeners tells the tracer which ports of the namespace of the calling thread
// are listened on already.
func (t *Trace) listeners(ctx context.Context, inode uint32) error {
	conn, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	var refused error
	err = conn.Dump(ctx, sockdiag.Request{States: tcp.SetOf(tcp.Listen)}, func(m sockdiag.Message) bool {
		var s socket.Socket
		m.Decode(&s)
		refused = t.watcher.Listening(inode, s.Local.Port())
		return refused == nil
	})
	return errors.Join(err, refused)
}

// Close ends the trace.
func (t *Trace) Close() error {
	var errs []error
	if t.reconciler != nil {
		t.reconciler.end()
	}
	if t.watcher != nil {
		errs = append(errs, t.watcher.Close())
	}
	if t.cgroups != nil {
		errs = append(errs, t.cgroups.Close())
	}
	return errors.Join(errs...)
}

// Began is when the trace began.
func (t *Trace) Began() time.Time { return t.began }

// Cost is what the programs in the kernel took, with Options.Cost.
func (t *Trace) Cost() (tracer.Cost, error) { return t.watcher.Cost() }

// Engine is what answers call the trace.
const Engine = "trace"

// readEvery is how often records are fetched. At 20,000 connections a second
// the ring then holds a twentieth of what it has room for.
const readEvery = 50 * time.Millisecond

// A Tail is what is known when a trace ends.
type Tail struct {
	Began time.Time
	Took  time.Duration
	Total uint64 // rows that were shown
	Lost  tracer.Losses
	Gaps  []problem.Gap
}

// Exact reports whether nothing was lost, as far as that can be said of these
// namespaces: what the kernel left out it counts for the whole host.
func (t *Tail) Exact() bool { return !lossy(t.Gaps) }

// lossy reports whether gaps say that something was lost.
func lossy(gaps []problem.Gap) bool {
	return slices.ContainsFunc(gaps, func(g problem.Gap) bool { return !g.Structural })
}

// Rows shows each end, or each transition, to visit, from when it is called
// until the context ends or visit returns false. A row is valid during the
// call. idle, if it is not nil, is called whenever all rows so far were shown.
func (t *Trace) Rows(ctx context.Context, filter *query.Filter, visit func(*socket.Socket) bool, idle func() error) (*Tail, error) {
	tail := &Tail{Began: t.began}
	var row changed
	var waiting held
	more := true
	show := func(r *tracer.Record, reset string) bool {
		if t.fill(&row, r); reset != "" {
			row.change.Reset = reset
		}
		if filter.Match(&row.socket) == query.Yes {
			tail.Total++
			more = visit(&row.socket)
		}
		return more
	}
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for more {
		ended := false
		select {
		case <-tick.C:
		case <-ctx.Done():
			ended = true
		}
		err := t.watcher.Records(func(r *tracer.Record) bool {
			switch {
			case t.events:
				return show(r, "")
			case r.What == tracer.ResetSent:
				waiting.reset(r, t.watcher.ResetReason(r.Errno))
				return true
			default:
				return waiting.add(r, show)
			}
		})
		if err == nil && more {
			waiting.release(ended, show)
		}
		if err == nil && idle != nil {
			err = idle()
		}
		if err != nil {
			return nil, err
		}
		more = more && !ended
	}
	return tail, t.end(tail)
}

// end fills in what was lost.
func (t *Trace) end(tail *Tail) error {
	totals, err := t.watcher.Totals()
	if err != nil {
		return err
	}
	tail.Took, tail.Lost = t.now().Sub(t.began), totals.Lost
	tail.Gaps = append(slices.Concat(t.gaps, t.watcher.Gaps()), lossGaps(totals.Lost, t.reconciler.close())...)
	return nil
}

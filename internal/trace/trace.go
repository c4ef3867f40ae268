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

// Options tell what is traced.
type Options struct {
	// Netns names the network namespaces, as in every command; "" is that of this
	// process.
	Netns string
	// Rows makes a row for each connection that ends, Events for every transition.
	Rows, Events bool
	// Opens makes a row for each connect() too.
	Opens bool
	// Owners counts who did what, for [Trace.Summary].
	Owners bool
	// Resets tells why RSTs are sent: in the field reset of rows, and with Owners in
	// the summary's Resets.
	Resets bool
	// Stays measures how long sockets are in each state, for one of
	// [tracer.StaySample] sockets, for the summary.
	Stays bool
	// Closers keeps who closed each connection first, for [Trace.Closer].
	Closers bool
	// Uncompared leaves out the comparison with the kernel's counters, which reads them
	// in each namespace, about each second: [Trace.Counts] does not tell it.
	Uncompared bool
	// Filter chooses rows, and must be the filter given to [Trace.Rows]. What a
	// program can decide of it then makes no record. nil chooses all.
	Filter *query.Filter
	// Way is how to observe; 0 is the best way that the kernel allows.
	Way tracer.Way
	// Fallback observes without a program if none may be loaded.
	Fallback bool
	// Cost lets the kernel measure the program's time; it needs CAP_SYS_ADMIN.
	Cost bool
	// Now is the clock.
	Now func() time.Time
}

// A Trace runs from [Open] to Close. Not safe for concurrent use.
type Trace struct {
	watcher    watcher
	programs   bool // an eBPF program in the kernel observes
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
	failed     error // first error of looking up a closer
	apart      bool  // the kernel's process ids differ from those of this PID namespace
}

// Open begins a trace of this host. The error is a [*problem.UsageError] for an
// unknown namespace, a [*problem.PermissionError] that names the capabilities, or a
// [*problem.UnsupportedError].
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
	kernel.States |= tcp.SetOf(tcp.Close) // a row of an end is in CLOSE, though no socket of the table is
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
	if !o.Uncompared {
		t.reconciler = startReconciler(t.now, t.found, others, t.watcher.Balance)
	}
	return t, nil
}

// watch begins to observe in the best way possible. The reason why a better way is
// not possible becomes a gap.
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
		return err // reports the error of the best way, which the user may want to fix
	}
	t.gaps = append(t.gaps, problem.Failed(Engine, err))
	return nil
}

// without begins to observe without a program.
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

// refused reports whether an error says that the kernel lacks something, or does not
// allow it to this process.
func refused(err error) bool {
	_, denied := errors.AsType[*problem.PermissionError](err)
	return denied || errors.Is(err, problem.ErrNotSupported)
}

// openPlaces prepares the look-up of cgroups. Without cgroups, units are unknown.
func (t *Trace) openPlaces() {
	tree, err := procfs.Own().OpenCgroups()
	if err != nil {
		t.places = owner.NewPlaces(nil, procfs.Own())
		return
	}
	t.cgroups, t.places = tree, owner.NewPlaces(tree, procfs.Own())
}

// enter reads the listening ports of each namespace.
func (t *Trace) enter(ctx context.Context) {
	for _, ns := range t.found {
		t.spaces[uint32(ns.Inode)] = &socket.Netns{Inode: ns.Inode, Name: ns.Name, Container: ns.Container}
		err := ns.Do(func() error { return t.listeners(ctx, uint32(ns.Inode)) })
		if err != nil && !errors.Is(err, netns.ErrVanished) {
			t.gaps = append(t.gaps, ns.Gap(err))
		}
	}
}

// listeners tells the tracer which ports of the calling thread's namespace are in
// LISTEN.
func (t *Trace) listeners(ctx context.Context, inode uint32) error {
	conn, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the connection is only read
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

// Began returns when the trace began.
func (t *Trace) Began() time.Time { return t.began }

// Cost returns the time of the programs in the kernel, if Options.Cost is set.
func (t *Trace) Cost() (tracer.Cost, error) { return t.watcher.Cost() }

// Engine is the name of the trace in answers.
const Engine = "trace"

// readEvery is how often records are read. At 20,000 connections a second the ring is
// then a twentieth full.
const readEvery = 50 * time.Millisecond

// A Tail is what is known at the end of a trace.
type Tail struct {
	Began time.Time
	Took  time.Duration
	Total uint64 // number of rows shown
	Lost  tracer.Losses
	Gaps  []problem.Gap
}

// Exact reports whether nothing was lost. Runs of the program that the kernel skipped
// are counted for the whole host, so they may concern other namespaces.
func (t *Tail) Exact() bool { return !problem.Lossy(t.Gaps) }

// Rows calls visit for each end, or for each transition, from now until the context
// ends or visit returns false. A row is valid during the call. idle, if not nil, is
// called whenever all rows so far were shown.
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

// end adds what was lost.
func (t *Trace) end(tail *Tail) error {
	totals, err := t.watcher.Totals()
	if err != nil {
		return err
	}
	tail.Took, tail.Lost = t.now().Sub(t.began), totals.Lost
	tail.Gaps = append(slices.Concat(t.gaps, t.watcher.Gaps()), lossGaps(totals.Lost, t.reconciler.close())...)
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A run is one walk in progress.
type run struct {
	*variant
	query *Query
	spans []span
	total uint64 // how many slots the walk has
	learn bool   // only records where listeners are

	scan uint32 // 1: searches the bind table for entrances and idle sockets before the walk

	next     atomic.Int64 // index of the next span
	done     atomic.Uint64
	vanished []atomic.Bool // by table: its namespace has ended
	lost     atomic.Bool   // an entrance into the bind table led nowhere
}

// walk walks the tables and reads the counts.
func (v *variant) walk(ctx context.Context, q *Query) (*Result, error) {
	start := time.Now()
	found, all, err := v.tables()
	if err != nil {
		return nil, err
	}
	if err := v.clear(); err != nil {
		return nil, err
	}
	if err := v.learn(ctx, q, all); err != nil {
		return nil, err
	}
	r := &run{variant: v, query: q, vanished: make([]atomic.Bool, len(all))}
	res := &Result{Namespaces: int(found.namespaces), Tables: len(all), Unlisted: int(found.overflow)}
	r.spans, res.Slots, res.SlotsOfAll = spans(q, all)
	for _, s := range r.spans {
		r.total += s.slots()
	}
	if err := r.enter(ctx); err != nil {
		return nil, err
	}
	if err := r.all(ctx, r.spans); err != nil {
		return nil, err
	}
	for i := range r.vanished {
		if r.vanished[i].Load() {
			res.Vanished++
		}
	}
	if err := v.collect(res); err != nil {
		return nil, err
	}
	res.Elapsed = time.Since(start)
	return res, nil
}

// clear sets the sums of all workers to zero.
func (v *variant) clear() error {
	var zero workerState
	for i := range v.slots {
		if err := v.loaded.Map("workers").Put(number(i), bytesOf(&zero)); err != nil {
			return err
		}
		if err := v.loaded.Map("census").Put(number(i), bytesOf(&homes{})); err != nil {
			return err
		}
	}
	return v.loaded.Map("groups").Clear() // a cancelled walk leaves groups behind
}

// enter prepares the bind table, if it is walked. The program records entrances into
// its long lists and follows the lists from there, to prove that they hold no idle
// socket. Then the walk looks only at the beginnings of the lists. If the proof
// fails, the table is walked list by list.
func (r *run) enter(ctx context.Context) error {
	bind := slices.IndexFunc(r.spans, func(s span) bool { return s.which == bindTable })
	if bind < 0 || r.query.sampling() {
		return nil
	}
	for range enterTries {
		if err := r.loaded.Map("entrances").Put(number(0), bytesOf(&entrances{})); err != nil {
			return err
		}
		a := walkArgs{which: established, table: r.spans[bind].table}
		if ret, err := r.loaded.Run("enter", bytesOf(&a)); err != nil || ret != 0 {
			return orFailed(err, "enter", ret)
		}
		if a.scan == 0 {
			return nil
		}
		r.scan = 1
		r.lost.Store(false)
		if err := r.all(ctx, r.entries(a.table)); err != nil {
			return err
		}
		if !r.lost.Load() {
			return nil
		}
	}
	r.scan = 0
	return nil
}

// enterTries is how often entrances are searched for: one socket that leaves
// meanwhile makes all of them useless.
const enterTries = 3

// entries divides the entrances among the workers. A worker follows several lists at
// a time, and lists differ in length: large shares balance better than small ones.
func (r *run) entries(table uint32) (list []span) {
	each := uint32(max(entranceCount/r.query.Workers, 32))
	for from := uint32(0); from < entranceCount; from += each {
		list = append(list, span{which: entries, table: table, from: from, to: min(from+each, entranceCount), step: 1})
	}
	return list
}

// all walks every span of a list, with as many workers as the query has.
func (r *run) all(ctx context.Context, list []span) error {
	r.next.Store(0)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	errs := make([]error, r.query.Workers)
	for i := range r.query.Workers {
		wg.Go(func() {
			if errs[i] = r.worker(ctx, uint32(i), list); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// worker walks spans until there are none left.
func (r *run) worker(ctx context.Context, me uint32, list []span) error {
	for {
		i := r.next.Add(1) - 1
		if i >= int64(len(list)) {
			return nil
		}
		s := list[i]
		if err := r.span(ctx, me, s); err != nil {
			return err
		}
		if s.which == entries {
			continue
		}
		done := r.done.Add(s.slots())
		if r.query.Progress != nil && !r.learn {
			r.query.Progress(done, r.total)
		}
	}
}

// span walks one span, slice by slice. Between two slices the processor is free for
// others, and the walk can be cancelled.
func (r *run) span(ctx context.Context, me uint32, s span) error {
	a := walkArgs{worker: me, which: s.which, table: s.table, from: s.from, to: s.to, step: s.step, budget: r.query.slice(), fresh: 1, seed: r.query.Offset, scan: r.scan}
	if r.learn {
		a.learn = 1
	}
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := r.slice(&a); err != nil {
			return err
		}
		if a.gone != 0 {
			r.vanished[s.table].Store(true)
		}
		if a.lost != 0 {
			r.lost.Store(true)
		}
		if a.done != 0 {
			return nil
		}
	}
}

// slice lets the program run until its budget is used up. If someone is changing a
// chain that the program must read, slice gives them time to finish.
func (v *variant) slice(a *walkArgs) error {
	program := "walk"
	if a.which >= bindTable {
		program = "bind"
	}
	if ret, err := v.loaded.Run(program, bytesOf(a)); err != nil || ret != 0 {
		return orFailed(err, program, ret)
	}
	a.fresh = 0
	if a.waits != 0 {
		time.Sleep(settling)
	}
	return nil
}

// settling is how long a walk waits for a chain that is being changed. The chain's
// lock is held for less than a microsecond, unless the holder loses its processor.
const settling = 50 * time.Microsecond

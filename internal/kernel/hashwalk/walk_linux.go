// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A run is one walk under way.
type run struct {
	*variant
	query *Query
	spans []span
	total uint64 // slots

	next     atomic.Int64 // of spans
	done     atomic.Uint64
	vanished []atomic.Bool // by table
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
	r := &run{variant: v, query: q, vanished: make([]atomic.Bool, len(all))}
	res := &Result{Namespaces: int(found.namespaces), Tables: len(all), Unlisted: int(found.overflow)}
	r.spans, res.Slots, res.SlotsOfAll = spans(q, all)
	for _, s := range r.spans {
		r.total += s.slots()
	}
	if err := r.all(ctx); err != nil {
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
	return v.loaded.Map("groups").Clear() // a walk that was called off leaves groups
}

// all walks every span, with as many workers as the query has.
func (r *run) all(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	errs := make([]error, r.query.Workers)
	for i := range r.query.Workers {
		wg.Go(func() {
			if errs[i] = r.worker(ctx, uint32(i)); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// worker walks spans until there are none left.
func (r *run) worker(ctx context.Context, me uint32) error {
	for {
		i := r.next.Add(1) - 1
		if i >= int64(len(r.spans)) {
			return nil
		}
		s := r.spans[i]
		if err := r.span(ctx, me, s); err != nil {
			return err
		}
		done := r.done.Add(uint64(s.to-s.from+s.step-1) / uint64(s.step))
		if r.query.Progress != nil {
			r.query.Progress(done, r.total)
		}
	}
}

// span walks one span, slice by slice: between two the processor is free for
// others, and the walk can be called off.
func (r *run) span(ctx context.Context, me uint32, s span) error {
	slice := r.query.Slice
	if slice <= 0 {
		slice = DefaultSlice
	}
	a := walkArgs{worker: me, which: s.which, table: s.table, from: s.from, to: s.to, step: s.step, budget: uint32(slice), fresh: 1, seed: r.query.Offset}
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if ret, err := r.loaded.Run("walk", bytesOf(&a)); err != nil || ret != 0 {
			return orFailed(err, "walk", ret)
		}
		if a.gone != 0 {
			r.vanished[s.table].Store(true)
		}
		if a.done != 0 {
			return nil
		}
		a.fresh = 0
	}
}

// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// maxVariants is how many variants a Walker keeps. A variant has a few hundred
// kilobytes of the kernel's memory; a daemon asks the same questions again.
const maxVariants = 8

// A Walker walks the kernel's tables of sockets. It keeps the programs that it
// has loaded. It is safe for concurrent use; walks wait for each other.
type Walker struct {
	mu        sync.Mutex
	variants  []kept // last used first
	endpoints int    // of listeners that there was room for last
	closed    bool
	copies    bool // as on Linux before 6.2: for tests
}

type kept struct {
	identity string
	*variant
}

// Probe says without loading anything why a walk is not possible here; nil is
// no promise.
func Probe() error { return bpf.Check() }

// Open returns a Walker. The error is a [*problem.PermissionError] that names
// the capabilities, or a [*problem.UnsupportedError]. Nothing is loaded yet:
// what the kernel refuses to load, and a failed self-check, is told by
// [Walker.Walk].
func Open() (*Walker, error) {
	if err := Probe(); err != nil {
		return nil, err
	}
	return &Walker{endpoints: defaultEndpoints}, nil
}

// Supports reports whether a walk can answer the query: nil, or an error that
// says what of it is not read in the kernel.
func Supports(q Query) error {
	if _, err := lay(&q); err != nil {
		return err
	}
	_, err := compile(&q)
	return err
}

// Close takes all programs and maps out of the kernel.
func (w *Walker) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range w.variants {
		_ = v.close() // never fails
	}
	w.variants, w.closed = nil, true
	return nil
}

// Prepare loads and checks what the query needs, so that Walk finds it ready.
func (w *Walker) Prepare(q Query) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.prepare(&q)
	return err
}

// Walk answers the query. Apart from what [Open] says, and from ctx's error,
// the error matches [ErrSelfCheck] when the program did not find what is there,
// and is a [*problem.UnsupportedError] when the kernel refused to load it:
// then another engine must answer.
func (w *Walker) Walk(ctx context.Context, q Query) (*Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		v, err := w.prepare(&q)
		if err != nil {
			return nil, err
		}
		r, err := v.walk(ctx, &q)
		full, ok := errors.AsType[*crowdedError](err)
		if !ok {
			return r, err
		}
		if w.endpoints, err = full.room(q.endpoints); err != nil {
			return nil, err
		}
	}
}

// prepare finds the variant for the query, or makes it.
func (w *Walker) prepare(q *Query) (*variant, error) {
	if w.closed {
		return nil, fmt.Errorf("hashwalk: the walker is closed")
	}
	if q.Workers <= 0 {
		q.Workers = min(runtime.GOMAXPROCS(0), 64)
	}
	if q.directed() {
		q.endpoints = w.endpoints
	}
	id := identity(q, q.Workers)
	for i, v := range w.variants {
		if v.identity == id {
			w.variants = slices.Insert(slices.Delete(w.variants, i, i+1), 0, v)
			return v.variant, nil
		}
	}
	v, err := load(object, *q, q.Workers, w.copies)
	if err != nil {
		return nil, err
	}
	if err := v.selfCheck(); err != nil {
		_ = v.close()
		return nil, err
	}
	w.variants = slices.Insert(w.variants, 0, kept{id, v})
	if len(w.variants) > maxVariants {
		_ = w.variants[maxVariants].close()
		w.variants = slices.Delete(w.variants, maxVariants, maxVariants+1)
	}
	return v, nil
}

// The tables, as the program numbers them.
const (
	established = iota
	listeners
	bindTable
	entries // no table, but the entrances into the bind table
)

// A span is a part of a table that one worker walks.
type span struct {
	which, table   uint32
	from, to, step uint32
}

// tables asks the program which tables there are.
func (v *variant) tables() (found finding, all []table, err error) {
	if ret, err := v.loaded.Run("find", nil); err != nil || ret != 0 {
		return found, nil, orFailed(err, "find", ret)
	}
	if err := v.loaded.Map("findings").Lookup(number(0), bytesOf(&found)); err != nil {
		return found, nil, err
	}
	all = make([]table, found.tables)
	for i := range all {
		if err := v.loaded.Map("tables").Lookup(number(i), bytesOf(&all[i])); err != nil {
			return found, nil, err
		}
	}
	if found.closed == 0 || found.foreign != 1 || found.shared == 0 {
		return found, all, &problem.UnsupportedError{
			Feature: feature,
			Reason:  fmt.Sprintf("the list of network namespaces is not as expected (%d namespaces, %d others)", found.namespaces, found.foreign),
		}
	}
	return found, all, nil
}

const feature = "counting in the kernel (hashwalk)"

func orFailed(err error, program string, ret uint32) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("hashwalk: program %s failed (%d)", program, ret)
}

// spans cuts what the query wants walked into pieces.
func spans(q *Query, all []table) (list []span, slots, of uint64) {
	set := q.states()
	for i := range all {
		t := &all[i]
		if t.pernet != 0 && len(q.Netns) > 0 && !slices.Contains(q.Netns, uint64(t.inum)) {
			continue // nothing that is wanted lies there
		}
		if set&^tcp.SetOf(tcp.Listen, tcp.Bound) != 0 {
			list = pieces(list, span{which: established, table: uint32(i), to: t.ehashMask + 1}, q)
		}
		if t.pernet != 0 {
			continue // listeners and bound ports of all namespaces are in the shared tables
		}
		if set.Has(tcp.Listen) {
			whole := *q
			whole.Sample = 0
			list = pieces(list, span{which: listeners, table: uint32(i), to: t.lhash2Mask + 1}, &whole)
		}
		if set.Has(tcp.Bound) {
			list = pieces(list, span{which: bindTable, table: uint32(i), to: t.bhashSize}, q)
		}
	}
	for _, s := range list {
		if s.which == listeners {
			continue // counted whole, also in a sample
		}
		of += uint64(s.to - s.from)
		slots += s.slots()
	}
	return list, slots, of
}

// slots is how many slots of a piece are walked.
func (s span) slots() uint64 { return uint64(s.to-s.from+s.step-1) / uint64(s.step) }

// spanSlots is how many slots a piece has: few enough that workers end at about
// the same time.
const spanSlots = 1 << 13

// pieces appends the pieces of one table.
func pieces(list []span, whole span, q *Query) []span {
	step := max(q.Sample, 1)
	size := uint32(spanSlots)
	size += (step - size%step) % step // a multiple, so that pieces continue each other
	for from := whole.from; from < whole.to; from += size {
		s := whole
		s.from, s.to, s.step = from, whole.to, step
		if whole.to-from > size {
			s.to = from + size
		}
		list = append(list, s)
		if from+size < from {
			break
		}
	}
	return list
}

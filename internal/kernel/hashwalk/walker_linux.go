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
	copies    bool // as on Linux before 6.2; set when direct loads are wrong here, and by tests
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
	v, err := w.checked(object, q)
	if err != nil {
		return nil, err
	}
	w.variants = slices.Insert(w.variants, 0, kept{id, v})
	if len(w.variants) > maxVariants {
		_ = w.variants[maxVariants].close()
		w.variants = slices.Delete(w.variants, maxVariants, maxVariants+1)
	}
	return v, nil
}

// checked loads a variant that has passed its self-check. Where direct loads are
// refused, or read something else than what is there, sockets are copied from
// then on.
func (w *Walker) checked(object []byte, q *Query) (*variant, error) {
	v, err := loadChecked(object, q, w.copies)
	if err == nil || w.copies || !errors.Is(err, ErrSelfCheck) && !errors.Is(err, problem.ErrNotSupported) {
		return v, err
	}
	copying, again := loadChecked(object, q, true)
	if again != nil {
		return nil, err
	}
	w.copies = true
	return copying, nil
}

func loadChecked(object []byte, q *Query, copies bool) (*variant, error) {
	v, err := load(object, *q, q.Workers, copies)
	if err != nil {
		return nil, err
	}
	if err := v.selfCheck(); err != nil {
		_ = v.close()
		return nil, err
	}
	return v, nil
}

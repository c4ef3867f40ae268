// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/kernel/apart"
	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/kernel/condition"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// maxVariants is how many variants a Walker keeps. A variant has a few hundred
// kilobytes of the kernel's memory; a daemon asks the same questions again.
const maxVariants = 8

// A Walker walks the kernel's tables of sockets. It keeps the programs that it
// has loaded. It is safe for concurrent use; walks wait for each other.
type Walker struct {
	mu        sync.Mutex
	variants  []kept      // last used first
	finder    *bpf.Object // for Namespaces
	endpoints int         // of listeners that there was room for last
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
	_, err := condition.Compile(q.Where, q.Netns)
	return err
}

// Close takes all programs and maps out of the kernel.
func (w *Walker) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range w.variants {
		_ = v.close() // never fails
	}
	if w.finder != nil {
		_ = w.finder.Close() // never fails
	}
	w.variants, w.finder, w.closed = nil, nil, true
	return nil
}

// Namespaces returns how many network namespaces the kernel has, those that are
// just being ended among them. Errors are those of [Walker.Walk]; no table is
// walked.
func (w *Walker) Namespaces() (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, errClosed()
	}
	if w.finder == nil {
		spec, err := bpf.Parse(leanObject)
		if err != nil {
			return 0, err
		}
		spec.Only("find")
		if w.finder, err = spec.Load(); err != nil {
			return 0, err
		}
	}
	found, _, err := tablesOf(w.finder)
	return int(found.namespaces) - w.rooms(), err
}

// rooms is how many of the namespaces are there for checks of this Walker only.
func (w *Walker) rooms() (n int) {
	for _, v := range w.variants {
		if v.room != nil && v.room.Own {
			n++
		}
	}
	return n
}

func errClosed() error {
	return problem.New("hashwalk: the walker is closed", "hashwalk：遍历器已关闭")
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
		return nil, errClosed()
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
	v, err := w.made(*q)
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

// made loads a variant and checks it, in a network namespace of its own where
// one may be made: counting takes no port of the user's. A query that chooses
// namespaces has that one besides, as long as the variant is there: without
// sockets, and with an inode that no other has.
func (w *Walker) made(q Query) (v *variant, err error) {
	room, err := apart.New()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSelfCheck, err)
	}
	defer room.Leave()
	if len(q.Netns) > 0 && room.Own {
		q.Netns = append(slices.Clone(q.Netns), room.Netns)
	}
	if v, err = w.lean(room, &q); err != nil {
		v, err = w.checked(room, object, &q)
	}
	if err != nil {
		room.Close()
		return nil, err
	}
	v.room = room
	return v, nil
}

// lean loads a variant with the lean program, where it can answer.
func (w *Walker) lean(room *apart.Room, q *Query) (*variant, error) {
	if w.copies {
		return nil, errNotLean()
	}
	v, err := loadLean(*q, q.Workers)
	return selfChecked(room, v, err)
}

// checked loads a variant that has passed its self-check. Where direct loads are
// refused, or read something else than what is there, sockets are copied from
// then on.
func (w *Walker) checked(room *apart.Room, object []byte, q *Query) (*variant, error) {
	v, err := loadChecked(room, object, q, w.copies)
	if err == nil || w.copies || !errors.Is(err, ErrSelfCheck) && !errors.Is(err, problem.ErrNotSupported) {
		return v, err
	}
	copying, again := loadChecked(room, object, q, true)
	if again != nil {
		return nil, err
	}
	w.copies = true
	return copying, nil
}

func loadChecked(room *apart.Room, object []byte, q *Query, copies bool) (*variant, error) {
	v, err := load(object, *q, q.Workers, copies)
	return selfChecked(room, v, err)
}

func selfChecked(room *apart.Room, v *variant, err error) (*variant, error) {
	if err != nil {
		return nil, err
	}
	if room.Own {
		err = room.Do(v.selfCheck)
	} else {
		err = v.selfCheck()
	}
	if err != nil {
		_ = v.close()
		return nil, err
	}
	return v, nil
}

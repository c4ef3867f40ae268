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

// maxVariants is how many variants a Walker keeps. A variant takes a few hundred
// kilobytes of kernel memory; a daemon repeats the same questions.
const maxVariants = 8

// A Walker walks the kernel's tables of sockets. It keeps the programs that it
// has loaded. It is safe for concurrent use; walks wait for each other.
type Walker struct {
	mu        sync.Mutex
	variants  []kept      // most recently used first
	finder    *bpf.Object // for Namespaces
	endpoints int         // for how many listening addresses the last walk had room
	closed    bool
	copies    bool // copy sockets as on Linux before 6.2: set if direct loads are wrong here, and by tests
}

type kept struct {
	identity string
	*variant
}

// Probe returns why a walk is not possible here, without loading anything. Nil is no
// promise.
func Probe() error { return bpf.Check() }

// Open returns a Walker. The error is a [*problem.PermissionError] that names the
// capabilities, or a [*problem.UnsupportedError]. Open loads nothing: [Walker.Walk]
// reports what the kernel refuses to load, and a failed self-check.
func Open() (*Walker, error) {
	if err := Probe(); err != nil {
		return nil, err
	}
	return &Walker{endpoints: defaultEndpoints}, nil
}

// Supports returns nil if a walk can answer the query, else an error that names what
// cannot be read in the kernel.
func Supports(q Query) error {
	if _, err := lay(&q); err != nil {
		return err
	}
	_, err := condition.Compile(q.Where, q.Netns)
	return err
}

// Close unloads all programs and maps.
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

// Namespaces returns how many network namespaces the kernel has, including those that
// are about to end. It walks no table. Errors are those of [Walker.Walk].
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

// rooms returns how many namespaces exist only for checks of this Walker.
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

// Walk answers the query. Errors are those of [Open], ctx's error, an error that
// matches [ErrSelfCheck] if the program did not find sockets that exist, and a
// [*problem.UnsupportedError] if the kernel refused to load the program. In the last
// two cases another engine must answer.
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

// prepare returns the variant for the query: a kept one or a new one.
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

// made loads a variant and checks it, if possible in a network namespace of its own:
// then the check takes no port of the user's. If the query chooses namespaces, the
// variant's own one is among them for as long as the variant exists; it has no
// sockets, and no other namespace has its inode.
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

// lean loads a variant with the smaller program, if that can answer the query.
func (w *Walker) lean(room *apart.Room, q *Query) (*variant, error) {
	if w.copies {
		return nil, errNotLean()
	}
	v, err := loadLean(*q, q.Workers)
	return selfChecked(room, v, err)
}

// checked loads a variant and returns it if it passes its self-check. If direct loads
// are refused or read wrong values, this Walker copies sockets from then on.
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

// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"sync"
	"time"
)

// A tide tells up to which time nothing is written any more. What lies behind it is
// the same whenever it is read, until retention removes it: who copies the history
// elsewhere reads no further.
//
// Samples come in the order of their times. Rules come later than the time that they
// are evaluated for, and begin before they write.
type tide struct {
	mu     sync.Mutex
	sealed int64         // ms since 1970: nothing at or before it is written any more
	done   int64         // the time up to which all samples are kept
	begun  map[int]int64 // times for which somebody is going to write
	next   int           // the next key of begun
}

// evaluationLag is how late, after its time, an evaluation of rules may begin. One that
// begins later than the time was sealed is left out, and logged.
const evaluationLag = 2 * time.Second

// begin announces a write for a time. It reports false, and announces nothing, if the
// time is sealed.
func (t *tide) begin(at int64) (end func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at <= t.sealed {
		return nil, false
	}
	if t.begun == nil {
		t.begun = map[int]int64{}
	}
	key := t.next
	t.next++
	t.begun[key] = at
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.begun, key)
	}, true
}

// openedWith seals what was there when the history was opened: who wrote it is gone.
func (t *tide) openedWith(newest int64) {
	t.sealed = max(newest, 0) // for an empty history newest is the smallest number
	t.done = t.sealed
}

// keptAll records that all samples of a time and before are kept.
func (t *tide) keptAll(at int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = max(t.done, at)
}

// seal seals as much as it can, and returns up to when.
func (t *tide) seal() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	to := t.done - evaluationLag.Milliseconds()
	for _, at := range t.begun {
		to = min(to, at-1)
	}
	t.sealed = max(t.sealed, to)
	return t.sealed
}

// Settle records that all samples of a time and before are kept: they have all been
// appended, or will never be.
func (d *DB) Settle(at time.Time) { d.tide.keptAll(at.UnixMilli()) }

// Settled returns the time up to which the history does not change any more, except
// that retention removes its beginning. From now on nothing is written there.
func (d *DB) Settled() time.Time { return time.UnixMilli(d.tide.seal()) }

// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"time"
)

// forever is longer than anybody waits for a lock.
const forever = time.Duration(math.MaxInt64)

// glance is how often a guard that waits looks whether it is still needed.
const glance = time.Second

// Attend is the guard's work. It waits until whoever has the lock is done, or
// dead; puts right what was left; and when the change waits to be confirmed,
// takes it back after within, or when ctx ends: who ends the guard must not be
// left with a change that nobody takes back. within below 0 leaves that to
// somebody else.
//
// Time is that of the monotonic clock, which nobody can set.
func (e *Engine) Attend(ctx context.Context, id int, within time.Duration) error {
	deadline := time.After(max(0, within))
	if err := e.settle(id); err != nil {
		return err
	}
	if within < 0 {
		return nil
	}
	for due := false; !due; {
		c, err := e.load(id)
		if errors.Is(err, fs.ErrNotExist) || err == nil && (c == nil || c.State != Pending && !c.State.unsettled()) {
			return nil
		}
		select {
		case <-deadline:
			due = true
		case <-ctx.Done():
			due = true
		case <-time.After(glance):
		}
	}
	return e.takeBackLate(id)
}

// settle waits for the lock and puts one change right.
func (e *Engine) settle(id int) error {
	unlock, err := e.lock(context.Background(), forever)
	if err != nil {
		return err
	}
	defer unlock()
	err = e.recoverOne(context.Background(), id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// takeBackLate takes back a change that nobody has confirmed.
func (e *Engine) takeBackLate(id int) error {
	ctx := context.Background()
	unlock, err := e.lock(ctx, forever)
	if err != nil {
		return err
	}
	defer unlock()
	if err := e.recoverOne(ctx, id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	c, err := e.load(id)
	if err != nil || c == nil || c.State != Pending {
		return err
	}
	return e.expire(ctx, c)
}

// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
)

// begin takes the lock and puts right what was left by somebody who was killed.
func (e *Engine) begin(ctx context.Context) (unlock func(), err error) {
	unlock, err = e.lock(ctx, e.o.Patience)
	if err != nil {
		return nil, err
	}
	if err := e.recover(ctx); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// recover puts right every change. The caller has the lock, so that nobody is
// in the middle of one.
func (e *Engine) recover(ctx context.Context) error {
	ids, err := e.ids()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := e.recoverOne(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) recoverOne(ctx context.Context, id int) error {
	c, err := e.load(id)
	if err != nil {
		return err
	}
	if c == nil { // killed before anything was done
		return e.files.remove(e.journalFile(id))
	}
	if c.State == Confirming {
		if err := e.undoPersist(c, "the program was killed"); err != nil {
			return err
		}
	}
	boot, err := e.boot()
	switch {
	case err != nil:
		return err
	case c.Boot != boot && (c.State == Applying || c.State == Pending || c.State == Applied):
		return e.note(c, Record{Step: stepRestored, By: ByReboot})
	case c.State == Applying:
		return e.restore(ctx, c, restoring{by: ByRecovery, why: "the program was killed"})
	case c.State == Restoring:
		last := c.Records[len(c.Records)-1]
		return e.restore(ctx, c, restoring{by: last.By, why: last.Why})
	case c.State == Pending && e.now().After(*c.Deadline):
		return e.expire(ctx, c)
	}
	return nil
}

func (e *Engine) expire(ctx context.Context, c *Change) error {
	return e.restore(ctx, c, restoring{by: ByGuard, why: "nobody confirmed it in time"})
}

// undoPersist takes back the file of a confirmation that did not come to its end.
func (e *Engine) undoPersist(c *Change, why string) error {
	if err := errors.Join(e.files.remove(temporary(c.Persist)), e.files.remove(c.Persist)); err != nil {
		return err
	}
	return attempt(func() error { return e.note(c, Record{Step: stepNotPersist, File: c.Persist, Why: why}) })
}

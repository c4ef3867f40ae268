// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// begin takes the lock and completes changes that a killed process left unfinished.
// ended is the newest change that it took back, nil for none: a user who asks for the
// newest change means that one, not the one before it.
func (e *Changer) begin(ctx context.Context) (unlock func(), ended *Change, err error) {
	unlock, err = e.lock(ctx, e.o.Patience)
	if err != nil {
		return nil, nil, err
	}
	if ended, err = e.recover(ctx); err != nil {
		unlock()
		return nil, nil, err
	}
	return unlock, ended, nil
}

// recover completes all unfinished changes, and returns the newest that it took back.
// The caller holds the lock, so no process is still working on one.
func (e *Changer) recover(ctx context.Context) (ended *Change, err error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		c, err := e.recoverOne(ctx, id)
		if _, damaged := errors.AsType[*Broken](err); damaged {
			continue // Statuses reports it; other changes can still be completed
		}
		if err != nil {
			return nil, err
		}
		if c != nil {
			ended = c
		}
	}
	return ended, nil
}

// recoverOne puts one change right, and returns it if that took it back.
func (e *Changer) recoverOne(ctx context.Context, id int) (ended *Change, err error) {
	c, err := e.load(id)
	if err != nil {
		return nil, err
	}
	if c.State == Confirming {
		if err := e.undoPersist(c, killed()); err != nil {
			return nil, err
		}
	}
	boot, err := e.boot()
	switch {
	case err != nil:
		return nil, err
	case c.Boot != boot && c.endsWithBoot():
		return nil, e.note(c, Record{Step: stepRestored, By: ByReboot})
	case c.State == Applying:
		return c, e.restore(ctx, c, restoring{by: ByRecovery, why: killed()})
	case c.State == Restoring:
		last := c.Records[len(c.Records)-1]
		return c, e.restore(ctx, c, restoring{by: last.By, why: last.Reason()})
	case c.State == Pending && e.late(c):
		return c, e.expire(ctx, c)
	}
	return nil, nil
}

// endsWithBoot reports whether a change ends with a reboot: it is not confirmed, or
// it is in a namespace that has no file and ends itself.
func (c *Change) endsWithBoot() bool {
	return c.State == Applying || c.State == Pending || c.State == Applied || c.State == Confirmed && c.Persist == ""
}

func (e *Changer) expire(ctx context.Context, c *Change) error {
	return e.restore(ctx, c, restoring{by: ByGuard, why: expired()})
}

// undoPersist removes the file of a confirmation that was not completed.
func (e *Changer) undoPersist(c *Change, why knowledge.Text) error {
	if err := errors.Join(e.files.remove(temporary(c.Persist)), e.files.remove(c.Persist)); err != nil {
		return err
	}
	return attempt(func() error {
		return e.note(c, Record{Step: stepNotPersist, File: c.Persist, Why: why.En, WhyZh: why.Zh})
	})
}

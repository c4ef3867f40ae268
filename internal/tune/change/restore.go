// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// restoring says how far to go.
type restoring struct {
	by  By
	why string
	// force restores also what somebody else has set since.
	force bool
}

// restore takes a change back: the file first, because it is what can fail for
// want of a writable disk, then the values in the opposite order. What fails is
// tried twice. When it returns an error after the journal says so, the next one
// who takes the lock goes on.
func (e *Changer) restore(ctx context.Context, c *Change, how restoring) error {
	if c.State != Restoring {
		if err := e.note(c, Record{Step: stepRestore, By: how.by, Why: how.why}); err != nil && how.by == ByUser {
			return err // nothing has happened
		}
	}
	if err := e.unpersist(c, how.force); err != nil {
		return errors.Join(err, attempt(func() error { return e.note(c, Record{Step: stepKept, Why: err.Error()}) }))
	}
	kept, err := e.restoreValues(ctx, c, how.force)
	if errors.Is(err, netns.ErrVanished) {
		how.by, kept, err = ByEnd, nil, nil
	}
	if err != nil {
		return problem.Errorf("change %d is not all taken back: %w", "第 %d 次改动没有全部撤回：%w", c.ID, err)
	}
	return attempt(func() error {
		return e.note(c, Record{Step: stepRestored, By: how.by, Why: how.why, Kept: kept})
	})
}

// restoreValues sets the old values again, each where the value is still ours.
// It goes on after a failure, to leave as little as possible behind.
func (e *Changer) restoreValues(ctx context.Context, c *Change, force bool) (kept []string, err error) {
	err = attempt(func() error {
		kept = nil
		return e.o.Calls.Enter(ctx, c.Netns.Identity, func() error {
			var failed []error
			for _, s := range slices.Backward(c.Settings) {
				ours, err := e.restoreValue(s, force || s.Key == c.last)
				if err != nil {
					failed = append(failed, err)
				}
				if !ours {
					kept = append(kept, s.Key)
				}
			}
			return errors.Join(failed...)
		})
	})
	return kept, err
}

// restoreValue sets one parameter back. ours is false when somebody else has
// set it since: then it stays.
func (e *Changer) restoreValue(s Setting, force bool) (ours bool, err error) {
	live, err := sysctl.ReadBy(e.o.Calls, s.Key)
	switch {
	case err != nil:
		return true, err
	case sysctl.Same(live, s.Old):
		return true, nil
	case !force && !sysctl.Same(live, s.New):
		return false, nil
	}
	return true, sysctl.Write(e.o.Calls, s.Key, s.Old)
}

// Rollback takes a change back; id 0 is the newest that is active. When
// somebody else has set one of the values since, or edited the file, nothing is
// done without force, and the error is a [*ForeignError].
func (e *Changer) Rollback(ctx context.Context, id int, force bool) (*Change, error) {
	unlock, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	c, err := e.choose(id, State.Active)
	if err != nil {
		return nil, err
	}
	if !force {
		if err := e.foreign(ctx, c); err != nil {
			return c, err
		}
	}
	// Without a guard this restore can be interrupted, which is still better than no restore.
	_ = e.guarded(ctx, c, 0)
	err = e.restore(ctx, c, restoring{by: ByUser, force: force})
	e.o.Guard.Stop(c.ID)
	return c, err
}

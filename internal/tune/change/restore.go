// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// restoring tells how a change is to be restored.
type restoring struct {
	by  By
	why knowledge.Text
	// force also restores parameters that someone else has set since.
	force bool
}

// restore takes a change back: first the file, because removing it fails on a disk
// that is not writable, then the values in reverse order. Each failing step is tried
// twice. If restore returns an error after it has recorded its beginning in the
// journal, the next process that takes the lock continues.
func (e *Changer) restore(ctx context.Context, c *Change, how restoring) error {
	if c.State != Restoring {
		if err := e.note(c, Record{Step: stepRestore, By: how.by, Why: how.why.En, WhyZh: how.why.Zh}); err != nil && how.by == ByUser {
			return err // nothing was changed
		}
	}
	if err := e.unpersist(c, how.force); err != nil {
		why := failure(err)
		return errors.Join(err, attempt(func() error { return e.note(c, Record{Step: stepKept, Why: why.En, WhyZh: why.Zh}) }))
	}
	kept, err := e.restoreValues(ctx, c, how.force)
	if errors.Is(err, netns.ErrVanished) {
		how.by, kept, err = ByEnd, nil, nil
	}
	if err != nil {
		return problem.Errorf("change %d is not all taken back: %w", "第 %d 次改动没有全部撤回：%w", c.ID, err)
	}
	return attempt(func() error {
		return e.note(c, Record{Step: stepRestored, By: how.by, Why: how.why.En, WhyZh: how.why.Zh, Kept: kept})
	})
}

// restoreValues sets the old values, each only if the present value is the one that
// the change set. It goes on after a failure, so that as few new values as possible
// stay.
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

// restoreValue restores one parameter. ours is false if someone else has set it
// since: then it stays.
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

// Rollback takes a change back; id 0 is the newest active change, or the newest that
// had to be completed first because it was killed or expired. If someone else has set
// one of the values since, or edited the file, Rollback does nothing without force and
// returns a [*ForeignError].
func (e *Changer) Rollback(ctx context.Context, id int, force bool) (*Change, error) {
	unlock, ended, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if ended != nil && (id == 0 || id == ended.ID) {
		e.o.Guard.Stop(ended.ID)
		return ended, nil
	}
	c, err := e.choose(id, State.Active)
	if err != nil {
		return nil, err
	}
	if !force {
		if err := e.foreign(ctx, c); err != nil {
			return c, err
		}
	}
	// The error is ignored: a restore that could be interrupted is better than none.
	_ = e.guarded(ctx, c, 0)
	err = e.restore(ctx, c, restoring{by: ByUser, force: force})
	e.o.Guard.Stop(c.ID)
	return c, err
}

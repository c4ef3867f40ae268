// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// ApplyOptions say how a plan is applied.
type ApplyOptions struct {
	// Netns overrides the plan's namespace.
	Netns string
	// Within is how long to wait for a confirmation before the old values come
	// back; 0 is for ever, or until the next reboot.
	Within time.Duration
	// Force applies also where a value is not any more what the plan says it was.
	Force bool
}

// Apply sets the values of a plan in the running kernel, reads each back, and
// restores all when one fails. Nothing that outlasts a reboot is written. The
// error is a [*RefusedError] when the plan cannot be applied as it is, before
// anything was written. There may be nothing to do: then the change is nil.
func (e *Engine) Apply(ctx context.Context, p *plan.Plan, o ApplyOptions) (*Change, error) {
	unlock, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	h, err := e.Preview(ctx, p, o)
	if err != nil || len(h.Settings) == 0 {
		return nil, err
	}
	if err := e.overlaps(h); err != nil {
		return nil, err
	}
	if err := e.number(h, o.Within); err != nil {
		return nil, err
	}
	c, err := e.start(*h)
	if err != nil {
		return nil, err
	}
	err = e.guarded(ctx, c, o.Within)
	if err == nil {
		err = e.writeAll(ctx, c)
	}
	if err == nil {
		err = e.note(c, Record{Step: stepApplied})
	}
	if err != nil {
		return c, e.takeBack(ctx, c, err)
	}
	return c, nil
}

// takeBack ends a change that failed, and says how it ended.
func (e *Engine) takeBack(ctx context.Context, c *Change, err error) error {
	ctx = context.WithoutCancel(ctx) // an interrupt is one of the reasons
	if restoreErr := e.restore(ctx, c, restoring{by: ByFailure, why: err.Error()}); restoreErr != nil {
		return errors.Join(err, restoreErr)
	}
	e.o.Guard.Stop(c.ID)
	return fmt.Errorf("%w; everything is as it was before", err)
}

// guarded starts the guard in the namespace, so that there is one way back more
// before anything is written, and so that the namespace stays.
func (e *Engine) guarded(ctx context.Context, c *Change, within time.Duration) error {
	return e.o.Calls.Enter(ctx, c.Netns.Identity, func() error {
		if err := e.o.Guard.Start(c.ID, within); err != nil {
			return fmt.Errorf("start the guard: %w", err)
		}
		return nil
	})
}

// writeAll sets one value after the other, each announced in the journal.
func (e *Engine) writeAll(ctx context.Context, c *Change) error {
	return e.o.Calls.Enter(ctx, c.Netns.Identity, func() error {
		for _, s := range c.Settings {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := e.note(c, Record{Step: stepWrite, Key: s.Key}); err != nil {
				return err
			}
			if err := sysctl.Write(e.o.Calls, s.Key, s.New); err != nil {
				return err
			}
		}
		return nil
	})
}

// number completes the header.
func (e *Engine) number(h *Header, within time.Duration) error {
	ids, err := e.ids()
	if err != nil {
		return err
	}
	h.Version, h.ID, h.User = journalVersion, 1, e.o.User
	if len(ids) > 0 {
		h.ID = ids[len(ids)-1] + 1
	}
	if h.Boot, err = e.boot(); err != nil {
		return err
	}
	if within > 0 {
		deadline := e.now().Add(within)
		h.Deadline = &deadline
	}
	return e.o.Calls.Enter(context.Background(), h.Netns.Identity, func() error {
		h.Persist = e.persistFile(h.ID)
		return nil
	})
}

// overlaps refuses what another change waits to be confirmed for: its way back
// would lead over this one.
func (e *Engine) overlaps(h *Header) error {
	all, err := e.all()
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.State != Pending || c.Netns.Identity != h.Netns.Identity {
			continue
		}
		for _, s := range c.Settings {
			for _, own := range h.Settings {
				if s.Key == own.Key {
					return &RefusedError{Problems: []Problem{{Key: s.Key, Msg: fmt.Sprintf("change %d of it waits to be confirmed; confirm it or roll it back first", c.ID)}}}
				}
			}
		}
	}
	return nil
}

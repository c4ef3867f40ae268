// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// ApplyOptions say how a plan is applied.
type ApplyOptions struct {
	// Netns, if set, replaces the plan's namespace.
	Netns string
	// Within is how long to wait for a confirmation before the old values are
	// restored; 0 waits for ever, or until the next reboot.
	Within time.Duration
	// Force applies the plan even if a value is no longer the one that the plan names
	// as the old one.
	Force bool
}

// Apply sets the values of a plan in the running kernel and reads each back. If one
// fails it restores all. It writes nothing that outlasts a reboot. The error is a
// [*RefusedError] if the plan cannot be applied as it is; nothing was written then.
// The change is nil if there is nothing to do.
func (e *Changer) Apply(ctx context.Context, p *plan.Plan, o ApplyOptions) (*Change, error) {
	unlock, _, err := e.begin(ctx)
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

// takeBack restores the old values after a failure and returns an error that tells
// the outcome.
func (e *Changer) takeBack(ctx context.Context, c *Change, err error) error {
	ctx = context.WithoutCancel(ctx) // an interrupt may be the reason for the failure
	if restoreErr := e.restore(ctx, c, restoring{by: ByFailure, why: failure(err)}); restoreErr != nil {
		return errors.Join(err, restoreErr)
	}
	e.o.Guard.Stop(c.ID)
	return problem.Errorf("%w; everything is as it was before", "%w；一切都与之前相同", err)
}

// guarded starts the guard inside the namespace. Thus a second way back exists before
// anything is written, and the guard keeps the namespace alive.
func (e *Changer) guarded(ctx context.Context, c *Change, within time.Duration) error {
	return e.o.Calls.Enter(ctx, c.Netns.Identity, func() error {
		if err := e.o.Guard.Start(c.ID, within); err != nil {
			return problem.Errorf("start the guard: %w", "启动守护进程：%w", err)
		}
		return nil
	})
}

// writeAll sets the values one after the other and records each in the journal first.
func (e *Changer) writeAll(ctx context.Context, c *Change) error {
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

// number sets the number and the times of the header.
func (e *Changer) number(h *Header, within time.Duration) error {
	ids, err := e.ids()
	if err != nil {
		return err
	}
	h.Version, h.ID, h.User = journalVersion, 1, e.o.User
	if len(ids) > 0 {
		h.ID = ids[len(ids)-1] + 1
	}
	if h.ID > maxID {
		return &RefusedError{Problems: []Problem{{Key: e.journalFile(maxID), Why: problem.New("the numbers of changes end here; move this journal and those beside it away", "改动的编号已用尽；请把这个日志和旁边的都移走")}}}
	}
	if h.Boot, err = e.boot(); err != nil {
		return err
	}
	if within > 0 {
		deadline := e.now().Add(within)
		h.Deadline = &deadline
		if up, err := e.o.SinceBoot(); err == nil {
			h.Due = up + within
		}
	}
	return e.o.Calls.Enter(context.Background(), h.Netns.Identity, func() error {
		h.Persist = e.persistFile(h.ID)
		return nil
	})
}

// overlaps refuses a change of parameters for which another change waits to be
// confirmed: restoring that change would overwrite this one.
func (e *Changer) overlaps(h *Header) error {
	all, broken, err := e.all()
	if err != nil {
		return err
	}
	for _, c := range all {
		if key := h.shares(&c.Header); c.State == Pending && key != "" {
			return &RefusedError{Problems: []Problem{{Key: key, Why: problem.Errorf("change %d of it waits to be confirmed; confirm it or roll it back first", "它的第 %d 次改动等待确认；请先确认或撤回", c.ID)}}}
		}
	}
	for _, b := range broken {
		if b.Header == nil {
			continue
		}
		if key := h.shares(b.Header); key != "" {
			return &RefusedError{Problems: []Problem{{Key: key, Why: problem.Errorf("the journal of change %d, which has set it, is damaged; look at %s, and move it away", "设置它的第 %d 次改动的日志已损坏；请查看 %s，再把它移走", b.ID, b.File)}}}
		}
	}
	return nil
}

// shares returns a parameter that both changes set, "" for none.
func (h *Header) shares(other *Header) string {
	if h.Netns.Identity != other.Netns.Identity {
		return ""
	}
	for _, s := range other.Settings {
		if slices.ContainsFunc(h.Settings, func(own Setting) bool { return own.Key == s.Key }) {
			return s.Key
		}
	}
	return ""
}

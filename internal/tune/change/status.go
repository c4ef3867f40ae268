// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"os"
	"path"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Is tells which of its values a parameter has now.
type Is string

// The values of Is.
const (
	IsNew     Is = "new"
	IsOld     Is = "old"
	IsOther   Is = "other" // someone else has set it
	IsUnknown Is = "unknown"
)

// A Live is a parameter with its present value.
type Live struct {
	Setting
	Now string
	Is  Is
}

// A Status is a change compared with the machine.
type Status struct {
	*Change
	// State is the state in the journal, except for changes that ended by themselves:
	// by a reboot, with their namespace, or because the values are the old ones.
	State  State
	Values []Live
	File   FileState
	// AtWork says that a process holds the lock: the values may be half set.
	AtWork bool
	// Ends is the deadline by the present wall clock; nil if there is none.
	Ends *time.Time
	// Overdue says that the deadline has passed and the old values are not restored.
	Overdue bool
	Gaps    []problem.Gap
}

// Interrupted reports whether a process was killed in the middle. The next tune
// command that changes something completes the work.
func (s *Status) Interrupted() bool { return s.State.unsettled() && !s.AtWork }

// Statuses compares every change with the machine. It changes nothing. For the
// namespace of the calling thread it needs no rights.
func (e *Changer) Statuses(ctx context.Context) ([]*Status, error) {
	if err := e.trusted(); err != nil {
		return nil, err
	}
	atWork := e.locked()
	changes, broken, err := e.all()
	if err != nil {
		return nil, err
	}
	boot, err := e.boot()
	if err != nil {
		return nil, err
	}
	found := make([]*Status, 0, len(changes)+len(broken))
	for _, c := range changes {
		s := e.status(ctx, c, boot)
		s.AtWork = atWork
		found = append(found, s)
	}
	for _, b := range broken {
		found = append(found, b.status())
	}
	slices.SortFunc(found, func(a, b *Status) int { return a.ID - b.ID })
	return found, nil
}

// status returns what is known of a change whose journal is damaged.
func (b *Broken) status() *Status {
	c := &Change{State: Damaged}
	if b.Header != nil {
		c.Header = *b.Header
	}
	c.ID = b.ID
	s := &Status{Change: c, State: Damaged, Gaps: []problem.Gap{problem.Failed(b.File, b.Err)}}
	for _, setting := range c.Settings {
		s.Values = append(s.Values, Live{Setting: setting, Is: IsUnknown})
	}
	return s
}

// locked reports whether another process holds the lock, as far as that can be seen.
func (e *Changer) locked() bool {
	fd, err := e.o.Calls.Open(path.Join(e.o.StateDir, "lock"), os.O_RDWR|rawfile.NoFollow, 0)
	if err != nil {
		return false
	}
	ok, err := e.o.Calls.TryLock(fd)
	_ = e.o.Calls.Close(fd)
	return err == nil && !ok
}

func (e *Changer) status(ctx context.Context, c *Change, boot string) *Status {
	s := &Status{Change: c, State: c.State}
	if c.Boot != boot && c.endsWithBoot() {
		s.State = Rebooted
	}
	s.Overdue = s.State == Pending && e.late(c)
	if left, ok := e.left(&c.Header); ok && c.Deadline != nil { // by the present wall clock
		at := e.now().Add(left).Truncate(time.Second)
		s.Ends = &at
	} else {
		s.Ends = c.Deadline
	}
	var err error
	if s.File, err = e.fileState(c); err != nil {
		s.Gaps = append(s.Gaps, problem.Failed(c.Persist, err))
	}
	e.values(ctx, s, boot)
	if (s.State == Applied || s.State == Pending) && s.allOld() {
		s.State, s.Overdue = Undone, false
	}
	return s
}

// values reads the present values. Identities of namespaces are valid within one boot
// only, except that of process 1.
func (e *Changer) values(ctx context.Context, s *Status, boot string) {
	read := func() error {
		for _, setting := range s.Settings {
			live := Live{Setting: setting, Is: IsUnknown}
			now, err := sysctl.ReadBy(e.o.Calls, setting.Key)
			if err != nil {
				s.Gaps = append(s.Gaps, problem.Failed(setting.Key, err))
			} else {
				live.Now, live.Is = now, setting.is(now)
			}
			s.Values = append(s.Values, live)
		}
		return nil
	}
	err := error(netns.ErrVanished)
	switch {
	case s.Boot == boot:
		err = e.o.Calls.Enter(ctx, s.Netns.Identity, read)
	case s.Persist != "": // the namespace whose files are read at boot
		err = read()
	}
	if s.Boot == boot && s.endsWithBoot() {
		switch {
		case errors.Is(err, netns.ErrVanished):
			s.State = Gone
		case errors.Is(err, netns.ErrUnseen):
			s.State = Unseen
		}
	}
	if err == nil {
		return
	}
	s.Values = nil
	for _, setting := range s.Settings {
		s.Values = append(s.Values, Live{Setting: setting, Is: IsUnknown})
	}
	if !errors.Is(err, netns.ErrVanished) {
		s.Gaps = append(s.Gaps, problem.Failed("network namespace "+s.Netns.Name, err))
	}
}

func (s *Status) allOld() bool {
	return !slices.ContainsFunc(s.Values, func(v Live) bool { return v.Is != IsOld })
}

func (s Setting) is(now string) Is {
	switch {
	case sysctl.Same(now, s.New):
		return IsNew
	case sysctl.Same(now, s.Old):
		return IsOld
	default:
		return IsOther
	}
}

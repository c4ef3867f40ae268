// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// forever is longer than anybody waits for a lock.
const forever = time.Duration(math.MaxInt64)

// glance is how often a waiting guard checks whether it is still needed.
const glance = time.Second

// Attend is the guard's work. It waits until the process that holds the lock has
// finished or died, and completes what that process left unfinished. If the change
// then waits to be confirmed, Attend restores the old values after within, or when
// ctx ends: if someone ends the guard, the change must not stay for ever. A negative
// within leaves the restoring to another process.
//
// Time is measured by a clock that nobody can set and that goes on while the machine
// sleeps. The directory of the journals is kept open, so it may be moved. If it is
// removed, the change is taken back as it was last seen.
func (e *Changer) Attend(ctx context.Context, id int, within time.Duration) error {
	end := e.until(max(0, within))
	defer e.holdDirectory()()
	if err := e.settle(id); err != nil {
		return err
	}
	if within < 0 {
		return nil
	}
	var seen *Change
	for {
		c, err := e.load(id)
		switch {
		case err != nil && seen == nil:
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
		case err == nil && c.State != Pending && !c.State.unsettled():
			return nil
		case err == nil && c.State == Pending:
			seen = c
		}
		select {
		case <-end():
		case <-ctx.Done():
		case <-time.After(glance):
			continue
		}
		return e.takeBackLate(id, seen)
	}
}

// until returns a function that returns a channel, which fires after within. Call the
// function again at each check: a timer stops while the machine sleeps.
func (e *Changer) until(within time.Duration) func() <-chan time.Time {
	began, err := e.o.SinceBoot()
	if err != nil {
		timer := time.After(within)
		return func() <-chan time.Time { return timer }
	}
	return func() <-chan time.Time {
		now, err := e.o.SinceBoot()
		if err != nil {
			now = began + within // without a clock: end now rather than never
		}
		return time.After(began + within - now)
	}
}

// holdDirectory opens the directory of the journals, so that they are found even if
// the directory is moved. Without the directory, or without /proc, they are found by
// its name.
func (e *Changer) holdDirectory() (release func()) {
	name := e.o.StateDir
	fd, err := e.o.Calls.Open(name, os.O_RDONLY|rawfile.NoFollow, 0)
	if err != nil {
		return func() {}
	}
	release = func() {
		e.o.StateDir, e.held = name, false
		_ = e.o.Calls.Close(fd) // the directory is only read
	}
	held := "/proc/self/fd/" + strconv.Itoa(fd) + "/."
	if info, err := os.Stat(held); err != nil || !info.IsDir() {
		release()
		return func() {}
	}
	e.o.StateDir, e.held = held, true
	return release
}

// settle waits for the lock and completes one unfinished change.
func (e *Changer) settle(id int) error {
	unlock, err := e.lock(context.Background(), forever)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = e.recoverOne(context.Background(), id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// takeBackLate takes back a change that nobody confirmed. seen is the change as it
// was last read; it is used if the journal no longer exists.
func (e *Changer) takeBackLate(id int, seen *Change) error {
	ctx := context.Background()
	unlock, err := e.lock(ctx, forever)
	if err != nil {
		if seen == nil {
			return err
		}
		unlock = func() {} // the directory was removed, and the lock with it
	}
	defer unlock()
	if _, err := e.recoverOne(ctx, id); err != nil && !errors.Is(err, fs.ErrNotExist) && seen == nil {
		return err
	}
	c, err := e.load(id)
	if err != nil && seen != nil {
		c, err = seen, nil
	}
	if err != nil || c.State != Pending {
		return err
	}
	return e.expire(ctx, c)
}

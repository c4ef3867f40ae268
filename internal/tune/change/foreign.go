// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
)

// A ForeignError says that somebody else has set what a change had set.
type ForeignError struct {
	ID   int
	What []string // "net.core.somaxconn is 512, change 7 made it 8192"
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("somebody else has touched change %d: %s", e.ID, strings.Join(e.What, "; "))
}

// Hint is the way out.
func (e *ForeignError) Hint() string {
	return "nothing was changed; with --force the command goes on all the same"
}

// foreign returns a [*ForeignError] when a value is neither the old nor the new
// one. Values that went with their namespace are nobody's.
func (e *Changer) foreign(ctx context.Context, c *Change) error {
	found := &ForeignError{ID: c.ID}
	err := e.o.Calls.Enter(ctx, c.Netns.Identity, func() error {
		for _, s := range c.Settings {
			live, err := sysctl.ReadBy(e.o.Calls, s.Key)
			if err != nil {
				return err
			}
			if !sysctl.Same(live, s.New) && !sysctl.Same(live, s.Old) {
				found.What = append(found.What, fmt.Sprintf("%s is %s, the change made it %s", s.Key, live, s.New))
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, netns.ErrVanished) {
		return err
	}
	if file, err := e.fileState(c); err == nil && file == FileEdited {
		found.What = append(found.What, c.Persist+" was edited")
	}
	if len(found.What) > 0 {
		return found
	}
	return nil
}

// stillNew returns a [*ForeignError] when a value is not the new one any more.
func (e *Changer) stillNew(ctx context.Context, c *Change) error {
	found := &ForeignError{ID: c.ID}
	err := e.o.Calls.Enter(ctx, c.Netns.Identity, func() error {
		for _, s := range c.Settings {
			live, err := sysctl.ReadBy(e.o.Calls, s.Key)
			if err != nil {
				return err
			}
			if !sysctl.Same(live, s.New) {
				found.What = append(found.What, fmt.Sprintf("%s is %s, the change made it %s", s.Key, live, s.New))
			}
		}
		return nil
	})
	if err == nil && len(found.What) > 0 {
		return found
	}
	return err
}

// An EndedError says that there is nothing to confirm or to take back.
type EndedError struct {
	ID    int   // as asked for; 0 is any
	State State // "" when there is no such change
}

func (e *EndedError) Error() string {
	switch {
	case e.ID == 0:
		return "no change is in force that this could be done to"
	case e.State == "":
		return fmt.Sprintf("there is no change %d", e.ID)
	}
	return fmt.Sprintf("change %d is %s", e.ID, e.State)
}

// choose returns a change in a fitting state; of id 0 the newest that fits.
func (e *Changer) choose(id int, fits func(State) bool) (*Change, error) {
	all, broken, err := e.all()
	if err != nil {
		return nil, err
	}
	for _, b := range broken {
		if b.ID == id {
			return nil, b
		}
	}
	for _, c := range slices.Backward(all) {
		switch {
		case id == 0 && fits(c.State), c.ID == id && fits(c.State):
			return c, nil
		case c.ID == id:
			return nil, &EndedError{ID: id, State: c.State}
		}
	}
	return nil, &EndedError{ID: id}
}

// all loads every change there is, in the order they were begun, and those
// whose journals are not to be believed.
func (e *Changer) all() (changes []*Change, broken []*Broken, err error) {
	ids, err := e.ids()
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		c, err := e.load(id)
		b, damaged := errors.AsType[*Broken](err)
		switch {
		case damaged:
			broken = append(broken, b)
		case err != nil:
			return nil, nil, err
		default:
			changes = append(changes, c)
		}
	}
	return changes, broken, nil
}

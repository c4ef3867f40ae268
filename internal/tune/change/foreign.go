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
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A ForeignError says that someone else has changed a value or a file since the
// change was made.
type ForeignError struct {
	ID   int
	What []error // net.core.somaxconn is 512, the change made it 8192
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("somebody else has touched change %d: %s", e.ID, each(e.What, false, "; "))
}

// Chinese is the error in Chinese.
func (e *ForeignError) Chinese() string {
	return fmt.Sprintf("有人动过第 %d 次改动：%s", e.ID, each(e.What, true, "；"))
}

// each joins the texts of several errors.
func each(all []error, chinese bool, between string) string {
	texts := make([]string, len(all))
	for i, err := range all {
		texts[i] = problem.Wording(err, chinese)
	}
	return strings.Join(texts, between)
}

// Hint tells the way out.
func (e *ForeignError) Hint() string {
	return "nothing was changed; with --force the command goes on all the same"
}

// HintChinese is [ForeignError.Hint] in Chinese.
func (e *ForeignError) HintChinese() string { return "什么也没改；加 --force 则仍然继续" }

// foreign returns a [*ForeignError] if a value is neither the old nor the new one.
// Values of a namespace that has ended do not count.
func (e *Changer) foreign(ctx context.Context, c *Change) error {
	found := &ForeignError{ID: c.ID}
	err := e.o.Calls.Enter(ctx, c.Netns.Identity, func() error {
		for _, s := range c.Settings {
			live, err := sysctl.ReadBy(e.o.Calls, s.Key)
			if err != nil {
				return err
			}
			if !sysctl.Same(live, s.New) && !sysctl.Same(live, s.Old) {
				found.What = append(found.What, problem.Errorf("%s is %s, the change made it %s", "%s 现为 %s，改动时设为 %s", s.Key, live, s.New))
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, netns.ErrVanished) {
		return err
	}
	if file, err := e.fileState(c); err == nil && file == FileEdited {
		found.What = append(found.What, edited(c.Persist))
	}
	if len(found.What) > 0 {
		return found
	}
	return nil
}

func edited(file string) error { return problem.Errorf("%s was edited", "%s 被编辑过", file) }

// stillNew returns a [*ForeignError] if a value is no longer the new one.
func (e *Changer) stillNew(ctx context.Context, c *Change) error {
	found := &ForeignError{ID: c.ID}
	err := e.o.Calls.Enter(ctx, c.Netns.Identity, func() error {
		for _, s := range c.Settings {
			live, err := sysctl.ReadBy(e.o.Calls, s.Key)
			if err != nil {
				return err
			}
			if !sysctl.Same(live, s.New) {
				found.What = append(found.What, problem.Errorf("%s is %s, the change made it %s", "%s 现为 %s，改动时设为 %s", s.Key, live, s.New))
			}
		}
		return nil
	})
	if err == nil && len(found.What) > 0 {
		return found
	}
	return err
}

// An EndedError says that there is no change to confirm or to take back.
type EndedError struct {
	ID    int   // the change that was asked for; 0 is any
	State State // "" if there is no such change
	Older bool  // an older change can be confirmed by its number
}

// Hint is the way out.
func (e *EndedError) Hint() string {
	if !e.Older {
		return ""
	}
	return "tcpvitals tune status shows older ones that wait: one of them is confirmed by its number"
}

// HintChinese is [EndedError.Hint] in Chinese.
func (e *EndedError) HintChinese() string {
	if !e.Older {
		return ""
	}
	return "tcpvitals tune status 显示还在等待的较早改动：确认它们须给出编号"
}

func (e *EndedError) Error() string {
	switch {
	case e.ID == 0:
		return "no change is in force"
	case e.State == "":
		return fmt.Sprintf("there is no change %d", e.ID)
	}
	return fmt.Sprintf("change %d is %s", e.ID, e.State.Text().En)
}

// Chinese is the error in Chinese.
func (e *EndedError) Chinese() string {
	switch {
	case e.ID == 0:
		return "没有正在生效、可供操作的改动"
	case e.State == "":
		return fmt.Sprintf("没有编号为 %d 的改动", e.ID)
	}
	return fmt.Sprintf("第 %d 次改动的状态是“%s”", e.ID, e.State.Text().Zh)
}

// choose returns the change with this id if its state fits; for id 0 the newest
// change whose state fits.
func (e *Changer) choose(id int, fits func(State) bool) (*Change, error) {
	all, broken, err := e.all()
	if err != nil {
		return nil, err
	}
	for _, b := range broken {
		if id > 0 && b.ID == id { // 0 names none, whatever a file is called
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

// expiredSince returns an [*EndedError] if a newer change was not confirmed in time.
func (e *Changer) expiredSince(c *Change) error {
	all, _, err := e.all()
	if err != nil {
		return err
	}
	for _, newer := range slices.Backward(all) {
		if newer.ID > c.ID && newer.State == Expired {
			return &EndedError{ID: newer.ID, State: Expired, Older: true}
		}
	}
	return nil
}

// all loads all changes in the order in which they began, and the journals that are
// not to be trusted.
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

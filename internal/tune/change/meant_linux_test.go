// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// two applies a change that stays, and then another one of other parameters.
func (b *bench) two(within time.Duration) {
	b.t.Helper()
	all := thePlan().Changes
	for i, p := range []*plan.Plan{{Changes: all[:2]}, {Changes: all[2:]}} {
		c, err := b.engine().Apply(context.Background(), p, change.ApplyOptions{Within: time.Duration(i) * within})
		must(b.t, err)
		if c.ID != i+1 {
			b.t.Fatalf("change %d", c.ID)
		}
	}
}

// wantSecondBack checks that only the second change was taken back.
func (b *bench) wantSecondBack(first change.State) {
	b.t.Helper()
	want := before()
	for _, c := range thePlan().Changes[:2] {
		want[c.Key] = after()[c.Key]
	}
	b.wantLive(want)
	all, err := b.engine().Statuses(context.Background())
	must(b.t, err)
	if len(all) != 2 || all[0].State != first {
		b.t.Errorf("the first change is %s, want %s", all[0].State, first)
	}
	b.wantNoFile()
}

// TestMeantIsTheNewest: a request for the newest change means the one that status
// shows, although it is repaired first. It never means the one before.
func TestMeantIsTheNewest(t *testing.T) {
	ctx := context.Background()
	t.Run("killed", func(t *testing.T) {
		b := newBench(t)
		b.two(0)
		name := filepath.Join(b.state, "change-0002.journal")
		text, err := os.ReadFile(name)
		must(t, err)
		lines := bytes.SplitAfter(text, []byte("\n")) // the last is empty
		must(t, os.WriteFile(name, bytes.Join(lines[:len(lines)-2], nil), 0o600))
		b.wantState(change.Applying)
		c, err := b.engine().Rollback(ctx, 0, false)
		if err != nil || c.ID != 2 {
			t.Errorf("change %+v, %v", c, err)
		}
		b.wantSecondBack(change.Applied)
	})
	t.Run("late", func(t *testing.T) {
		b := newBench(t)
		b.two(time.Millisecond)
		time.Sleep(5 * time.Millisecond)
		c, err := b.engine().Rollback(ctx, 0, false)
		if err != nil || c.ID != 2 {
			t.Errorf("change %+v, %v", c, err)
		}
		b.wantSecondBack(change.Applied)
	})
	t.Run("confirmed late", func(t *testing.T) {
		b := newBench(t)
		b.two(time.Millisecond)
		time.Sleep(5 * time.Millisecond)
		c, err := b.engine().Confirm(ctx, 0, false)
		if ended, ok := errors.AsType[*change.EndedError](err); !ok || ended.ID != 2 || ended.State != change.Expired {
			t.Errorf("change %+v, %v", c, err)
		}
		b.wantSecondBack(change.Applied)
	})
	t.Run("confirmed later", func(t *testing.T) {
		b := newBench(t)
		b.two(time.Millisecond)
		time.Sleep(5 * time.Millisecond)
		_, err := b.engine().Rollback(ctx, 2, false) // as the guard does
		must(t, err)
		c, err := b.engine().Confirm(ctx, 0, false)
		if ended, ok := errors.AsType[*change.EndedError](err); !ok || ended.ID != 2 || ended.State != change.Expired || ended.Hint() == "" || ended.HintChinese() == "" {
			t.Errorf("change %+v, %v", c, err)
		}
		b.wantSecondBack(change.Applied)
		if c, err = b.engine().Confirm(ctx, 1, false); err != nil || c.ID != 1 {
			t.Errorf("by its number: change %+v, %v", c, err)
		}
	})
	t.Run("beside a journal of the number 0", func(t *testing.T) {
		b := newBench(t)
		b.two(0)
		must(t, os.WriteFile(filepath.Join(b.state, "change-0000.journal"), nil, 0o600))
		if c, err := b.engine().Rollback(ctx, 0, false); err != nil || c.ID != 2 {
			t.Errorf("change %+v, %v", c, err)
		}
		if c, err := b.engine().Confirm(ctx, 0, false); err != nil || c.ID != 1 {
			t.Errorf("change %+v, %v", c, err)
		}
	})
	t.Run("by number", func(t *testing.T) {
		b := newBench(t)
		b.two(time.Millisecond)
		time.Sleep(5 * time.Millisecond)
		if c, err := b.engine().Rollback(ctx, 1, false); err != nil || c.ID != 1 {
			t.Errorf("change %+v, %v", c, err)
		}
		b.wantLive(before())
	})
}

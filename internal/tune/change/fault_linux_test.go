// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// A scenario is one command with the preparation that it needs.
type scenario struct {
	name    string
	prepare func(b *bench)
	run     func(ctx context.Context, e *change.Changer) error
}

func scenarios() []scenario {
	ctx := context.Background()
	confirmed := func(b *bench) {
		b.apply(time.Hour)
		_, err := b.engine().Confirm(ctx, 0, false)
		must(b.t, err)
	}
	return []scenario{
		{"apply", func(*bench) {}, func(ctx context.Context, e *change.Changer) error {
			_, err := e.Apply(ctx, thePlan(), change.ApplyOptions{})
			return err
		}},
		{"apply-confirm-within", func(*bench) {}, func(ctx context.Context, e *change.Changer) error {
			_, err := e.Apply(ctx, thePlan(), change.ApplyOptions{Within: time.Hour})
			return err
		}},
		{"confirm", func(b *bench) { b.apply(time.Hour) }, func(ctx context.Context, e *change.Changer) error {
			_, err := e.Confirm(ctx, 1, false)
			return err
		}},
		{"rollback-pending", func(b *bench) { b.apply(time.Hour) }, func(ctx context.Context, e *change.Changer) error {
			_, err := e.Rollback(ctx, 1, false)
			return err
		}},
		{"rollback-confirmed", confirmed, func(ctx context.Context, e *change.Changer) error {
			_, err := e.Rollback(ctx, 1, false)
			return err
		}},
		{"expire", func(b *bench) { b.apply(time.Hour) }, func(ctx context.Context, e *change.Changer) error {
			return e.Attend(ctx, 1, 0)
		}},
		{"recover", func(b *bench) { // the state after an apply that was killed after its second value
			b.killedAt(b.callsUntil("write " + after()["net.ipv4.tcp_fin_timeout"] + "\n"))
		}, func(ctx context.Context, e *change.Changer) error { return e.Attend(ctx, 1, -1) }},
	}
}

// TestEveryCallFails lets each system call of each command fail in turn: once, in the
// middle of a write, and permanently as on a full disk.
func TestEveryCallFails(t *testing.T) {
	b := newBench(t)
	dir := memory(t)
	calls := map[string]int{}
	for _, s := range scenarios() {
		if s.name == "recover" {
			continue // needs a process to kill; TestEveryCallKilled tests it
		}
		for _, kind := range []fault{failOnce, failHalf, diskGone} {
			for n := 1; ; n++ {
				b.fresh(filepath.Join(dir, fmt.Sprintf("%s-%s-%d", s.name, kind, n)))
				s.prepare(b)
				f := newFaulty(kind, n)
				err := s.run(context.Background(), change.New(b.options(f)))
				if !f.hit() {
					must(t, err)
					calls[s.name] = f.n
					break
				}
				ok := b.settled(err) && b.rolledBack()
				if !ok {
					t.Fatalf("%s: %s at call %d of %s; the command said: %v", s.name, kind, n, f.log[n-1], err)
				}
			}
		}
	}
	t.Logf("system calls, each of which was made to fail: %v", calls)
	for name, n := range calls {
		if n < 20 {
			t.Errorf("%s makes %d calls: are they counted?", name, n)
		}
	}
}

// settled checks that values and files are all old or all new, and that status says
// which. err is the command's error; a command that reported success must have
// succeeded.
func (b *bench) settled(err error) bool {
	b.t.Helper()
	return b.wholeValues() && b.wholeFiles() && b.truth(err)
}

func (b *bench) wholeValues() bool {
	b.t.Helper()
	live := b.live()
	if !maps.Equal(live, before()) && !maps.Equal(live, after()) {
		b.t.Errorf("live values are neither all old nor all new: %v", live)
		return false
	}
	return true
}

// wholeFiles removes unfinished files, which nobody reads by name, from the
// comparison.
func (b *bench) wholeFiles() bool {
	b.t.Helper()
	files := b.files()
	delete(files, "."+dropIn+".new")
	want := maps.Clone(b.foreign)
	if text, ok := files[dropIn]; ok {
		want[dropIn] = wholeDropIn
		_ = text
	}
	if diff := cmp.Diff(want, files); diff != "" {
		b.t.Errorf("files are neither all old nor all new (-want +got)\n%s", diff)
		return false
	}
	return true
}

const wholeDropIn = `# Written by: tcpvitals tune confirm 1
# Removed by: tcpvitals tune rollback 1

# a test
net.core.somaxconn = 8192

# a test
net.ipv4.ip_local_port_range = 20000 60999

# a test
net.ipv4.tcp_fin_timeout = 30

# a test
net.ipv4.tcp_keepalive_time = 600
`

// truth compares status with the machine.
func (b *bench) truth(err error) bool {
	b.t.Helper()
	s := b.newest()
	isNew := maps.Equal(b.live(), after())
	_, file := b.files()[dropIn]
	switch {
	case s == nil:
		return b.say(!isNew && !file, "status knows of no change, but there is one")
	case s.Interrupted():
		// Reported as unfinished, with the present value of each parameter.
	case s.State.Active():
		if !b.say(isNew && file == (s.State == change.Confirmed), "status says %s; values new: %v, file: %v", s.State, isNew, file) {
			return false
		}
	default:
		if !b.say(!isNew && !file, "status says %s; values new: %v, file: %v", s.State, isNew, file) {
			return false
		}
	}
	for _, v := range s.Values {
		if (v.Is == change.IsNew) != isNew || v.Now != b.live()[v.Key] {
			return b.say(false, "status says that %s is %s (%s)", v.Key, v.Now, v.Is)
		}
	}
	return b.say((s.File == change.FileThere) == file, "status says that the file is %q", s.File) &&
		b.say(err != nil || !s.Interrupted(), "the command said that all is well, status that it is unfinished")
}

func (b *bench) say(ok bool, format string, args ...any) bool {
	b.t.Helper()
	if !ok {
		b.t.Errorf(format, args...)
	}
	return ok
}

// rolledBack checks that rollback restores the original bytes.
func (b *bench) rolledBack() bool {
	b.t.Helper()
	_, err := b.engine().Rollback(context.Background(), 0, false)
	if _, ended := errors.AsType[*change.EndedError](err); err != nil && !ended {
		return b.say(false, "rollback: %v", err)
	}
	if diff := cmp.Diff(before(), b.live()); diff != "" {
		return b.say(false, "values after rollback (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(b.foreign, b.files()); diff != "" {
		return b.say(false, "files after rollback (-want +got)\n%s", diff)
	}
	s := b.newest()
	return b.say(s == nil || !s.State.Active() && !s.Interrupted(), "status after rollback: %+v", s)
}

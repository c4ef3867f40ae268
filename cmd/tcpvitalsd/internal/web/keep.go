// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/remote"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Kept is a history to which the agent adds its samples and which answers queries
// over HTTP.
type Kept struct {
	db         *history.DB
	fast, slow *history.Writer
	api        *API
	log        *slog.Logger
	senders    atomic.Pointer[remote.Senders] // nil if the history is not sent anywhere

	counted, examined time.Time // times of the newest kept sample and examination
	lost              int       // samples lost since writing began to fail
	clock             wallClock
}

// Keep opens the history in a directory. It logs what had to be set aside in it. The
// error is a [*problem.UsageError] if the directory cannot hold a history.
func Keep(o *Options) (*Kept, error) {
	k := &Kept{log: o.Log, clock: wallClock{now: o.Now, began: time.Now()}} //nolint:forbidigo // see wallClock.set
	k.clock.set()
	db, err := history.Open(history.Options{Dir: o.Dir, Retention: o.Retention, MaxBytes: o.MaxBytes, Log: o.Log, Forget: k.forget})
	if err != nil {
		return nil, refusal(err)
	}
	for _, d := range db.Damage() {
		o.Log.Error("a block of the history cannot be read: it was put aside", "block", d.Moved, "error", d.Err)
	}
	k.db, k.fast, k.slow, k.api = db, db.Writer(), db.Writer(), New(db, o.Version, o.Now)
	if k.api.alarm, err = startAlarm(db, o); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := k.send(o); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

// cursorsDir is the directory, inside that of the history, that records how far each
// receiver has got.
const cursorsDir = "remote-write"

// send starts sending the history to the receivers.
func (k *Kept) send(o *Options) error {
	if len(o.Receivers) == 0 {
		return nil
	}
	dir := filepath.Join(o.Dir, cursorsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return problem.Errorf("making the directory of remote write: %w", "创建 remote write 的目录：%w", err)
	}
	s, err := remote.Start(k.db, o.Receivers, &remote.Options{Dir: dir, Version: o.Version, Now: o.Now, Log: o.Log})
	if err != nil {
		return err
	}
	k.senders.Store(s)
	return nil
}

// forget tells the senders what retention removes.
func (k *Kept) forget(f *history.Forgotten) {
	if s := k.senders.Load(); s != nil {
		s.Forget(f)
	}
}

// Receivers returns the status of each store to which the history is sent.
func (k *Kept) Receivers() []metrics.Receiver {
	if s := k.senders.Load(); s != nil {
		return s.Status()
	}
	return nil
}

// CheckReceivers reads the files that receivers name. The error names the file.
func CheckReceivers(all []remote.Receiver) error {
	for _, one := range all {
		if err := remote.Check(one); err != nil {
			return err
		}
	}
	return nil
}

// Look opens the history in a directory for reading, even while another program writes
// it. done releases what was read.
func Look(dir, version string, now func() time.Time) (handler http.Handler, done func(), err error) {
	view, err := history.Look(dir, nil, history.Limits{})
	if err != nil {
		return nil, nil, refusal(err)
	}
	return New(view, version, now).Handler(), func() { _ = view.Close() }, nil
}

// refusal adds to an error what the user can do about the directory.
func refusal(err error) error {
	var version *history.VersionError
	switch {
	case errors.Is(err, history.ErrEmpty):
		return &problem.UsageError{
			Msg: err.Error(), Hint: "name the directory that tcpvitalsd was given with --data-dir",
			Zh: "这个目录里没有历史：" + err.Error(), HintZh: "请用 --data-dir 指定 tcpvitalsd 使用的目录",
		}
	case errors.Is(err, history.ErrInUse):
		return &problem.UsageError{
			Msg: err.Error(), Hint: "end the other one, or name another directory with --data-dir",
			Zh: "另一个程序正在使用这个历史目录：" + err.Error(), HintZh: "结束那个程序，或用 --data-dir 指定其他目录",
		}
	case errors.As(err, &version):
		return &problem.UsageError{
			Msg: err.Error(), Hint: "name an empty directory with --data-dir, or install a newer tcpvitalsd",
			Zh: "这个目录不是本程序能使用的历史目录，什么都没有改动：" + err.Error(), HintZh: "用 --data-dir 指定一个空目录，或安装更新的 tcpvitalsd",
		}
	}
	return err
}

// Take adds a sample: always its counts, and the examination if it is new. A failure
// is logged, and later the number of lost samples; it does not end the agent. The
// error is always nil.
func (k *Kept) Take(ctx context.Context, s *metrics.Sample) error {
	if s.Count == nil || s.Count.At.Equal(k.counted) {
		return nil // the count failed, so nothing is known for this moment
	}
	if by := k.clock.set(); by.Abs() >= leastStep {
		k.log.Warn("the clock of this host was set, or the host slept: times of samples before and after it do not follow each other", "by", by.Round(time.Millisecond))
	}
	k.counted = s.Count.At
	err := k.fast.Append(ctx, s.Count.At, points(s, false))
	if err == nil && s.Examined != nil && !s.Examined.At.Equal(k.examined) {
		k.examined = s.Examined.At
		err = k.slow.Append(ctx, s.Count.At, points(s, true))
	}
	k.db.Settle(s.Count.At)
	k.note(err)
	return nil
}

// Follow evaluates other rules, or reads the same files again, and evaluates them at
// the interval every. If a file has an error, the error names it and nothing changes.
func (k *Kept) Follow(rules []string, every time.Duration) error {
	return k.api.alarm.rules.Follow(rules, every)
}

// CheckRules reads rules files. The error names the file and the place in it.
func CheckRules(files []string) error { return history.CheckRules(files) }

// note logs a change between success and failure.
func (k *Kept) note(err error) {
	switch {
	case err != nil:
		if k.lost == 0 {
			k.log.Error("a sample cannot be kept", "error", err)
		}
		k.lost++
	case k.lost > 0:
		k.log.Warn("samples are kept again", "lost", k.lost)
		k.lost = 0
	}
}

// points are the samples of the series with one cadence.
func points(s *metrics.Sample, slow bool) iter.Seq[history.Point] {
	return func(yield func(history.Point) bool) {
		for one := range metrics.Of(s) {
			if one.Slow != slow {
				continue
			}
			p := history.Point{Name: one.Name, Labels: make([]history.Label, len(one.Labels)), Value: one.Value}
			for i, l := range one.Labels {
				p.Labels[i] = history.Label(l)
			}
			if !yield(p) {
				return
			}
		}
	}
}

// Handler answers requests below /api/v1/.
func (k *Kept) Handler() http.Handler { return k.api.Handler() }

// Close ends the evaluation of rules and the sending, and closes the history.
func (k *Kept) Close() error {
	if s := k.senders.Load(); s != nil {
		s.Stop()
	}
	k.api.alarm.stop()
	return k.db.Close()
}

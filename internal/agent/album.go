// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// An album keeps snapshots around findings. It takes Passing snapshots at regular
// times, so that one from before a finding exists.
type album struct {
	store *kept.Store
	save  func(ctx context.Context, at time.Time, w io.Writer) error
	log   *slog.Logger
	now   func() time.Time
	every time.Duration
	spent func() time.Duration // processor time of this process; nil if it cannot be read
	found chan string          // receives the rule of a new finding

	// Only the examining goroutine uses the following.
	present map[metrics.FindingID]bool
	shown   map[metrics.FindingID]time.Time // when a snapshot of the finding was taken

	failing bool // the last snapshot could not be written
}

// again is for how long a finding that comes and goes gets no further snapshots.
const again = time.Hour

// openAlbum opens the album of the settings; nil if no snapshots are kept.
func (a *agent) openAlbum(host *engine.Host) (*album, error) {
	s := &a.settings
	if s.DataDir == "" || s.Snapshots == 0 {
		return nil, nil
	}
	store, err := kept.Open(kept.Dir(s.DataDir), kept.Bounds{Number: s.Snapshots, Bytes: s.SnapshotBytes})
	if err != nil {
		return nil, err
	}
	save := func(ctx context.Context, at time.Time, w io.Writer) error {
		_, err := host.Save(ctx, engine.SaveOptions{Program: a.env.Version, Now: at}, w)
		return err
	}
	return newAlbum(store, save, a.log, a.env.Now, s.SnapshotEvery), nil
}

func newAlbum(store *kept.Store, save func(context.Context, time.Time, io.Writer) error, log *slog.Logger, now func() time.Time, every time.Duration) *album {
	return &album{
		store: store, save: save, log: log, now: now, every: every, spent: collect.Spent(),
		found: make(chan string, 1), shown: map[metrics.FindingID]time.Time{},
	}
}

// look searches an examination for new findings. A finding that appears while a
// snapshot is being taken is in that snapshot or in the next.
func (a *album) look(s *metrics.Sample) {
	if s.Examined == nil {
		return
	}
	now, rule := a.now(), ""
	present := map[metrics.FindingID]bool{}
	for _, f := range s.Examined.Findings.Told {
		id := f.FindingID
		if id.Severity != diagnose.Critical.String() && id.Severity != diagnose.Warning.String() {
			continue
		}
		id.Severity = "" // a finding that gets worse stays the same finding
		present[id] = true
		if at, ok := a.shown[id]; a.present[id] || ok && now.Sub(at) < again {
			continue
		}
		a.shown[id] = now
		if rule == "" {
			rule = id.Rule
		}
	}
	a.present = present
	for id, at := range a.shown {
		if now.Sub(at) >= again {
			delete(a.shown, id)
		}
	}
	if rule == "" {
		return
	}
	select {
	case a.found <- rule:
	default:
	}
}

// run takes snapshots until the context ends.
func (a *album) run(ctx context.Context) {
	rule := "" // the rule whose After snapshot is due; "" for none
	for wait := time.Duration(0); ; {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case rule = <-a.found:
			timer.Stop()
			if _, err := a.store.Promote(rule); err != nil {
				a.note(err)
			}
			a.take(ctx, kept.Found, rule)
			wait = a.every
		case <-timer.C:
			role, of := kept.Passing, ""
			if rule != "" {
				role, of, rule = kept.After, rule, ""
			}
			wait = a.take(ctx, role, of)
		}
	}
}

// snapshotShare is the part of a processor's time that passing snapshots may take: one in
// so many.
const snapshotShare = 4 * sampler.Share

// take takes a snapshot and returns when the next Passing one is due: later if
// snapshots take much processor time.
func (a *album) take(ctx context.Context, role kept.Role, rule string) time.Duration {
	before := time.Duration(0)
	if a.spent != nil {
		before = a.spent()
	}
	at := a.now()
	_, err := a.store.Save(at, role, rule, func(w io.Writer) error { return a.save(ctx, at, w) })
	if ctx.Err() == nil {
		a.note(err)
	}
	if a.spent == nil {
		return a.every
	}
	return max(a.every, snapshotShare*(a.spent()-before))
}

// note logs a change between success and failure.
func (a *album) note(err error) {
	switch {
	case err != nil && !a.failing:
		a.log.Error("a snapshot cannot be kept", "error", err)
	case err == nil && a.failing:
		a.log.Info("snapshots are kept again")
	}
	a.failing = err != nil
}

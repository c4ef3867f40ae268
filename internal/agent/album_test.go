// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

// examined is a sample in which these rules have a finding.
func examined(severity string, rules ...string) *metrics.Sample {
	e := &metrics.Examined{}
	for _, rule := range rules {
		e.Findings.Told = append(e.Findings.Told, metrics.Finding{FindingID: metrics.FindingID{Rule: rule, Severity: severity}, Count: 1})
	}
	return &metrics.Sample{Examined: e}
}

// TestAlbumNotices: a new finding gives one set of snapshots; a finding that stays,
// gets worse, or comes and goes gives no further ones.
func TestAlbumNotices(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	a := newAlbum(nil, nil, slog.New(slog.DiscardHandler), func() time.Time { return now }, time.Minute)
	look := func(want string, s *metrics.Sample) {
		t.Helper()
		a.look(s)
		got := ""
		select {
		case got = <-a.found:
		default:
		}
		if got != want {
			t.Errorf("noticed %q, want %q", got, want)
		}
		now = now.Add(10 * time.Second)
	}
	look("", &metrics.Sample{})
	look("", examined("notice", "ES02"))
	look("CW01", examined("warning", "CW01"))
	look("", examined("critical", "CW01"))
	look("QU01", examined("critical", "CW01", "QU01"))
	look("", examined("warning"))
	look("", examined("warning", "CW01"))
	look("", examined("warning"))
	now = now.Add(again)
	look("CW01", examined("warning", "CW01"))
	if len(a.shown) != 1 {
		t.Errorf("%d are remembered", len(a.shown))
	}
}

// TestAlbum: there is a snapshot from before a finding, one from its appearance and
// one from some time after; a failed snapshot is logged, and the next one is taken.
func TestAlbum(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snapshots")
	store, err := kept.Open(dir, kept.Bounds{Number: 10, Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan struct{})
	var fail atomic.Bool
	save := func(_ context.Context, _ time.Time, w io.Writer) error {
		defer func() { taken <- struct{}{} }()
		if fail.Load() {
			return errors.New("no room")
		}
		_, err := io.WriteString(w, "sockets")
		return err
	}
	var log strings.Builder
	a := newAlbum(store, save, slog.New(slog.NewTextHandler(&log, nil)), time.Now, 50*time.Millisecond)
	a.spent = nil
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.run(ctx)
	}()
	<-taken // Passing
	a.look(examined("warning", "CW01"))
	<-taken // Found
	<-taken // After
	fail.Store(true)
	<-taken
	fail.Store(false)
	<-taken
	cancel()
	<-ended
	all, err := kept.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, p := range all {
		got += fmt.Sprintf("%s%s ", p.Role, p.Rule)
	}
	if !strings.HasPrefix(got, "beforeCW01 foundCW01 afterCW01 ") && !strings.HasPrefix(got, "passing beforeCW01 foundCW01 afterCW01 ") {
		t.Errorf("%s", got)
	}
	if strings.Count(log.String(), "cannot be kept") != 1 {
		t.Errorf("%s", &log)
	}
}

// TestAlbumWaits: a snapshot that took much processor time makes the next one wait.
func TestAlbumWaits(t *testing.T) {
	store, err := kept.Open(filepath.Join(t.TempDir(), "snapshots"), kept.Bounds{Number: 10, Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var spent time.Duration
	for _, c := range []struct{ cost, want time.Duration }{
		{10 * time.Millisecond, time.Minute}, {time.Second, 200 * time.Second},
	} {
		save := func(context.Context, time.Time, io.Writer) error {
			spent += c.cost
			return nil
		}
		a := newAlbum(store, save, slog.New(slog.DiscardHandler), time.Now, time.Minute)
		a.spent = func() time.Duration { return spent }
		if got := a.take(t.Context(), kept.Passing, ""); got != c.want {
			t.Errorf("after %v the next one is due in %v, want %v", c.cost, got, c.want)
		}
	}
}

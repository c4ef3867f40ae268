// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

// TestClockIsSet: the clock is set an hour ahead, and back, and another hour back. Each
// sample that was kept is there once, with the time that it had; the hole and what is not
// kept is told, with how many; and when the clock has come to where it was, samples are
// kept again.
func TestClockIsSet(t *testing.T) {
	var log bytes.Buffer
	var ahead time.Duration
	k, err := Keep(&Options{
		Dir: t.TempDir() + "/history", Version: "v1", Log: slog.New(slog.NewTextHandler(&log, nil)), RuleEvery: time.Minute,
		Now: func() time.Time { return time.Now().Add(ahead) }, Hostname: func() (string, error) { return "host", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	passed := time.Duration(0) // in truth, since the first sample
	var want []int64
	minute := func(kept bool) {
		t.Helper()
		for range 60 {
			passed += time.Second
			at := moment.Add(passed + ahead)
			if err := k.Take(t.Context(), &metrics.Sample{At: at, Count: &metrics.Counted{At: at}}); err != nil {
				t.Fatal(err)
			}
			if kept {
				want = append(want, at.UnixMilli())
			}
		}
	}
	told := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			if n := strings.Count(log.String(), text); n != 1 {
				t.Errorf("%q stands %d times in %s", text, n, log.String())
			}
		}
		log.Reset()
	}
	minute(true)
	log.Reset() // of opening
	ahead = time.Hour
	minute(true)
	told("the clock of this host was set", "by=1h0m0s")
	ahead = 0
	minute(false)
	told("the clock of this host was set", "by=-1h0m0s", "a sample cannot be kept", "the clock was set back")
	passed += time.Hour
	minute(true)
	told("samples are kept again", "lost=60")
	ahead = -time.Hour
	minute(false)
	told("by=-1h0m0s", "a sample cannot be kept")
	passed += time.Hour
	minute(true)
	told("samples are kept again", "lost=60")

	var got []int64
	err = k.db.At(t.Context(), `tcpvitals_connections{state="listen",family="ipv4"}[1d]`, moment.Add(passed), func(a *history.Answer) error {
		for r := range a.Rows {
			for s := range r.Samples {
				got = append(got, s.At.UnixMilli())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d samples, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("sample %d is of %d, want %d", i, got[i], want[i])
		}
	}
}

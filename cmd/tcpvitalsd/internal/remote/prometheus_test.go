// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/remote/storetest"
)

// historyOf makes a history of series that have a sample each second; each seventh
// series ends now and again. later goes on with it for some seconds.
func historyOf(t *testing.T, series int) (db *history.DB, later func(seconds int)) {
	t.Helper()
	db, err := history.Open(history.Options{Dir: filepath.Join(t.TempDir(), "history")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w, n := db.Writer(), 0
	return db, func(seconds int) {
		for range seconds {
			n++
			var points []history.Point
			for i := range series {
				if i%7 == 3 && n%50 == 20 {
					continue
				}
				points = append(points, history.Point{Name: "m", Labels: []history.Label{{Name: "series", Value: fmt.Sprint(i)}}, Value: float64(n*i) / 3})
			}
			at := time.UnixMilli(beginning + int64(n)*1000)
			if err := w.Append(t.Context(), at, slices.Values(points)); err != nil {
				t.Fatal(err)
			}
			db.Settle(at)
		}
	}
}

// kept is what a history has up to a moment, named as the store names it.
func kept(t *testing.T, db *history.DB, to time.Time) stored {
	t.Helper()
	all := stored{}
	if err := db.Copy(t.Context(), time.UnixMilli(beginning), to, func(s *history.Stretch) bool {
		var name []string
		for _, l := range s.Labels {
			name = append(name, l.Name+"="+l.Value)
		}
		for i, at := range s.Times {
			if all.put(strings.Join(name, ","), at, s.Values[i]) {
				t.Errorf("%s has two samples of %d", name, at)
			}
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPrometheusReceives: Prometheus' own receiver, with its own database, has each sample
// of the history once and as it was, in the version that it accepts, also when the sender
// is killed after the receiver took a batch, and when the cursor is one of long ago.
func TestPrometheusReceives(t *testing.T) {
	for name, c := range map[string]struct {
		accepts []string
		second  bool // is asked for
		uses    string
	}{
		"version 1":                         {[]string{storetest.First, storetest.Second}, false, storetest.First},
		"version 2":                         {[]string{storetest.First, storetest.Second}, true, storetest.Second},
		"version 2, where only 1 is spoken": {[]string{storetest.First}, true, storetest.First},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, dir := storetest.New(t, c.accepts...), t.TempDir()
			deaf := false // the receiver takes a batch, and its answer is lost
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if deaf {
					st.ServeHTTP(httptest.NewRecorder(), r)
					panic(http.ErrAbortHandler)
				}
				st.ServeHTTP(w, r)
			}))
			defer server.Close()
			db, later := historyOf(t, 40)
			later(600)
			to := Receiver{URL: server.URL, Second: c.second}
			s := sends(t, db, to, dir)
			drain(t, s)
			sent := s.status()

			later(300)
			deaf = true
			lost := sends(t, db, to, dir)
			after := lost.skip(db.Settled().UnixMilli())
			end, err := lost.fill(t.Context(), after, lost.bound(after, db.Settled().UnixMilli()))
			if err != nil {
				t.Fatal(err)
			}
			lost.note(lost.keep(end))
			if _, err := lost.post(t.Context()); err == nil {
				t.Fatal("there was an answer")
			}
			deaf = false
			again := sends(t, db, to, dir)
			drain(t, again)
			repeated := again.status()

			if err := (cursor{beginning + 500_000, beginning + 500_000}).save(dir, "store"); err != nil {
				t.Fatal(err)
			}
			later(100)
			old := sends(t, db, to, dir)
			drain(t, old)

			want, got := kept(t, db, time.UnixMilli(old.at.Load())), stored(st.Samples(t, "instance"))
			if !maps.EqualFunc(got, want, sameBits) || want.samples() < 40*990 {
				t.Errorf("the store has %d samples of %d series, want %d of %d", got.samples(), len(got), want.samples(), len(want))
			}
			if first, second := st.Requests(); c.second && second == 0 || !c.second && second != 0 || (c.uses == storetest.First) != (first > 0) {
				t.Errorf("%d requests of version 1, %d of version 2", first, second)
			}
			if sent.Refused+repeated.Refused != 0 || repeated.Repeated == 0 {
				t.Errorf("%+v, after the answer was lost %+v, with an old cursor %+v", sent, repeated, old.status())
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
)

// TestSettled: what is settled lags behind the newest sample, waits for rules that are
// being evaluated, and takes nothing more.
func TestSettled(t *testing.T) {
	db := open(t, Options{Dir: filepath.Join(t.TempDir(), "h")})
	w := db.Writer()
	write := func(at time.Time) error {
		app := recorder{db}.AppenderV2(t.Context())
		_, err := app.Append(0, labels.FromStrings("__name__", "recorded"), 0, at.UnixMilli(), 1, nil, nil, storage.AOptions{})
		if committed := app.Commit(); committed != nil {
			t.Fatal(committed)
		}
		return err
	}
	second := func(n int) time.Time { return moment.Add(time.Duration(n) * time.Second) }
	put(t, w, second(10), point("a", 1))
	if got := db.Settled(); got.After(moment) {
		t.Errorf("%s is settled before all of it was kept", got)
	}
	db.Settle(second(10))
	if got := db.Settled(); !got.Equal(second(8)) {
		t.Errorf("settled up to %s", got.Sub(moment))
	}
	if err := write(second(8)); err == nil {
		t.Error("a sample came to a time that was settled")
	}
	if err := write(second(9)); err != nil {
		t.Error(err)
	}
	end, ok := db.tide.begin(second(12).UnixMilli())
	if !ok {
		t.Fatal("12 s is settled")
	}
	db.Settle(second(30))
	if got := db.Settled(); !got.Before(second(12)) {
		t.Errorf("settled up to %s, while rules are evaluated for 12s", got.Sub(moment))
	}
	end()
	if got := db.Settled(); !got.Equal(second(28)) {
		t.Errorf("settled up to %s", got.Sub(moment))
	}
	// What was there at the time of opening is settled at once.
	put(t, w, second(40), point("a", 2))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, Options{Dir: db.dir.name})
	if got := db.Settled(); !got.Equal(second(40)) {
		t.Errorf("opened anew, settled up to %s", got.Sub(moment))
	}
}

// TestCopy: every sample is visited once, with its end, and nothing outside.
func TestCopy(t *testing.T) {
	db := open(t, Options{Dir: filepath.Join(t.TempDir(), "h")})
	w := db.Writer()
	for i := range 10 {
		points := []Point{point("a", float64(i), "z", "1", "b", "2")}
		if i < 5 {
			points = append(points, point("short", 7))
		}
		put(t, w, moment.Add(time.Duration(i)*time.Second), points...)
	}
	seen := map[string][]int64{}
	err := db.Copy(t.Context(), moment.Add(2*time.Second), moment.Add(7*time.Second), func(s *Stretch) bool {
		var names []string
		for _, l := range s.Labels {
			names = append(names, l.Name+"="+l.Value)
		}
		for i, at := range s.Times {
			seen[strings.Join(names, ",")] = append(seen[strings.Join(names, ",")], (at-moment.UnixMilli())/1000)
			if !value.IsStaleNaN(s.Values[i]) && len(names) == 3 && s.Values[i] != float64((at-moment.UnixMilli())/1000) {
				t.Errorf("%v at %d", s.Values[i], at)
			}
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	a, short := seen["__name__=a,b=2,z=1"], seen["__name__=short"]
	if len(seen) != 2 || len(a) != 5 || a[0] != 3 || a[4] != 7 || len(short) != 3 || short[2] != 5 {
		t.Errorf("%v", seen)
	}
}

// TestForgotten: what retention removes is told with how many samples it has.
func TestForgotten(t *testing.T) {
	var all []Forgotten
	db := open(t, Options{Dir: filepath.Join(t.TempDir(), "h"), Retention: 2 * blockTime, Forget: func(f *Forgotten) {
		n, err := f.After(t.Context(), moment.Add(time.Hour))
		if err != nil {
			t.Error(err)
		}
		one := *f
		if one.From.Before(moment.Add(time.Hour)) {
			one.Samples = n // the first block loses what is older than an hour
		}
		all = append(all, one)
	}})
	w := db.Writer()
	const every = 30 * time.Second
	n := int(6 * blockTime / every)
	for i := range n {
		put(t, w, moment.Add(time.Duration(i)*every), point("a", 1), point("b", 1))
		if i%100 == 99 {
			if err := db.db.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var told uint64
	for _, f := range all {
		told += f.Samples
	}
	kept := uint64(0)
	if err := db.Copy(t.Context(), moment.Add(time.Hour), moment.Add(12*blockTime), func(s *Stretch) bool {
		kept += uint64(len(s.Times))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if want := uint64(2 * (n - 1 - int(time.Hour/every))); len(all) == 0 || told+kept != want {
		t.Errorf("%d blocks forgotten with %d samples, %d are there, of %d", len(all), told, kept, want)
	}
}

// TestLookTwice: who reads a history whose newest samples are in files of chunks too
// gets more than one answer.
func TestLookTwice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "h")
	db := open(t, Options{Dir: dir})
	w := db.Writer()
	for i := range 1000 {
		put(t, w, moment.Add(time.Duration(i)*time.Second), point("a", float64(i)))
	}
	db.db.ForceHeadMMap()
	view, err := Look(dir, nil, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	for range 3 {
		answer, err := askAt(t.Context(), view, "a", moment.Add(999*time.Second))
		if err != nil || len(answer.Rows) != 1 || answer.Rows[0].Samples[0].Value != 999 {
			t.Fatalf("%+v %v", answer, err)
		}
	}
}

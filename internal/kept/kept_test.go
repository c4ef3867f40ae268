// SPDX-License-Identifier: Apache-2.0

package kept

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var moment = time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)

func text(n int) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(make([]byte, n))
		return err
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	pictures, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		all = append(all, fmt.Sprintf("%d%s%s", int(p.At.Sub(moment).Seconds()), p.Role, p.Rule))
	}
	return all
}

// TestDrafts: what an agent that was killed has left of a snapshot is removed by the next
// one; files of others stay.
func TestDrafts(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".tcpvitals-ABC", "letter", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, Bounds{Number: 3, Bytes: 3000}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{".hidden", "letter"}; !slices.Equal(left, want) {
		t.Errorf("%q is there, not %q", left, want)
	}
}

// TestStore: of two Passing snapshots one becomes the Before snapshot of a finding;
// the number of files is bounded, and files of others stay.
func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "snapshots")
	s, err := Open(dir, Bounds{Number: 3, Bytes: 3000})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "letter.snap"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	save := func(second int, role Role, rule string, bytes int) {
		t.Helper()
		if _, err := s.Save(moment.Add(time.Duration(second)*time.Second), role, rule, text(bytes)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(all ...string) {
		t.Helper()
		if got := names(t, dir); !slices.Equal(got, all) {
			t.Errorf("%q, want %q", got, all)
		}
	}
	if ok, err := s.Promote("CW01"); ok || err != nil {
		t.Errorf("of nothing: %v, %v", ok, err)
	}
	for i := range 4 {
		save(i, Passing, "", 10)
	}
	want("2passing", "3passing")
	if ok, err := s.Promote("CW01"); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	save(5, Found, "CW01", 10)
	save(6, After, "CW01", 10)
	want("2passing", "3beforeCW01", "5foundCW01", "6afterCW01")
	save(7, Found, "QU01", 10)
	want("2passing", "5foundCW01", "6afterCW01", "7foundQU01")
	save(8, After, "QU01", 990)
	save(9, After, "QU01", 990)
	save(10, After, "QU01", 995)
	want("2passing", "8afterQU01", "9afterQU01", "10afterQU01")
	save(11, Passing, "", 30)
	want("9afterQU01", "10afterQU01", "11passing")
	if _, err := s.Save(moment, Found, "CW01", text(1001)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	want("9afterQU01", "10afterQU01", "11passing")
	if _, err := os.Stat(filepath.Join(dir, "letter.snap")); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 || strings.Contains(fmt.Sprint(entries), "tmp") {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestNear(t *testing.T) {
	all := []Picture{{At: moment.Add(-19 * time.Second)}, {At: moment.Add(6 * time.Second)}, {At: moment.Add(66 * time.Second)}}
	if p, ok := Near(all, moment); !ok || p != all[1] {
		t.Errorf("%v", p)
	}
	if _, ok := Near(nil, moment); ok {
		t.Error("one of none")
	}
	for at, want := range map[int][2]int{-20: {-1, 0}, -19: {0, 1}, 0: {0, 1}, 6: {1, 2}, 70: {2, -1}} {
		before, after := Around(all, moment.Add(time.Duration(at)*time.Second))
		for i, got := range []*Picture{before, after} {
			if (got == nil) != (want[i] < 0) || got != nil && *got != all[want[i]] {
				t.Errorf("%d: %v", at, got)
			}
		}
	}
}

// TestDefaultDataIsTheUnits: --at looks in the directory in which the shipped unit
// keeps its history.
func TestDefaultDataIsTheUnits(t *testing.T) {
	for name, line := range map[string]string{
		"tcpvitalsd.yaml":    "data-dir: " + DefaultData,
		"tcpvitalsd.service": "StateDirectory=" + strings.TrimPrefix(DefaultData, "/var/lib/"),
	} {
		b, err := os.ReadFile(filepath.Join("..", "..", "packaging", "tcpvitalsd", name))
		if err != nil || !slices.Contains(strings.Split(string(b), "\n"), line) {
			t.Errorf("%s has no line %q: %v", name, line, err)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package rawfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// TestWalk: every directory and link on the way is shown, and what was reached
// stays what it is when another takes its name.
func TestWalk(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "a/b"), 0o750))
	must(t, os.Symlink("a", filepath.Join(dir, "rel")))
	must(t, os.Symlink(filepath.Join(dir, "rel"), filepath.Join(dir, "abs")))
	must(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	var steps []rawfile.Step
	note := func(s rawfile.Step) error { steps = append(steps, s); return nil }
	at, release, err := rawfile.Walk(filepath.Join(dir, "abs/../abs//./b"), note)
	must(t, err)
	defer release()
	for _, want := range []struct {
		name string
		link bool
	}{{"/", false}, {dir, false}, {filepath.Join(dir, "abs"), true}, {filepath.Join(dir, "rel"), true}, {filepath.Join(dir, "a"), false}, {filepath.Join(dir, "a/b"), false}} {
		if !slices.ContainsFunc(steps, func(s rawfile.Step) bool { return s.Path == want.name && s.Link == want.link && int(s.Owner) >= 0 }) {
			t.Errorf("%s is no step of %v", want.name, steps)
		}
	}
	must(t, os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "moved")))
	must(t, os.Symlink("/", filepath.Join(dir, "a")))
	must(t, os.WriteFile(filepath.Join(at, "here"), nil, 0o600))
	if _, err := os.Stat(filepath.Join(dir, "moved/b/here")); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]error{"loop": unix.ELOOP, "file": unix.ENOTDIR, "file/x": unix.ENOTDIR, "none": unix.ENOENT} {
		if _, _, err := rawfile.Walk(filepath.Join(dir, name), note); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	no := errors.New("no")
	if _, _, err := rawfile.Walk(dir, func(s rawfile.Step) error {
		if s.Path == dir {
			return no
		}
		return nil
	}); !errors.Is(err, no) {
		t.Errorf("a refused step: %v", err)
	}
	t.Chdir(filepath.Join(dir, "moved"))
	at, release2, err := rawfile.Walk(".", note)
	must(t, err)
	defer release2()
	if _, err := os.Stat(filepath.Join(at, "b")); err != nil {
		t.Error(err)
	}
}

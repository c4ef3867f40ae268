// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TestJournal writes runs, one of which never ends, after a line that a crash has cut
// off.
func TestJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "kill")
	if runs, gaps, err := ReadJournal(dir); len(runs) != 0 || len(gaps) != 0 || err != nil {
		t.Fatalf("none: %v, %v, %v", runs, gaps, err)
	}
	write := func(records ...Record) {
		t.Helper()
		j, err := OpenJournal(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		for _, r := range records {
			if err := j.Note(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(Record{Run: "1", Shown: 3, Filter: "a\x1b"}, Record{Run: "1", Shown: 3, Ended: true, Killed: 2, Gone: 1})
	name := filepath.Join(dir, journalName)
	text, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, append(text, `{"run":"2","sho`...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	write(Record{Run: "3", Shown: 5})
	runs, gaps, err := ReadJournal(dir)
	if err != nil || len(runs) != 2 || len(gaps) != 1 {
		t.Fatalf("%v, %v, %v", runs, gaps, err)
	}
	if !runs[0].Ended || runs[0].Killed != 2 || runs[1].Run != "3" || runs[1].Ended {
		t.Errorf("%+v", runs)
	}
}

// TestJournalOfOthers refuses a file that another user could have written or chosen.
func TestJournalOfOthers(t *testing.T) {
	for name, spoil := range map[string]func(dir, file string) error{
		"directory that all may write to": func(dir, _ string) error { return os.Chmod(dir, 0o777) },
		"file that a group may write to":  func(_, file string) error { return os.Chmod(file, 0o664) },
		"link instead of a file": func(dir, file string) error {
			return errors.Join(os.Rename(file, dir+"/other"), os.Symlink(dir+"/other", file))
		},
		"hard link to another file":   func(dir, file string) error { return os.Link(file, dir+"/other") },
		"directory instead of a file": func(_, file string) error { return errors.Join(os.Remove(file), os.Mkdir(file, 0o755)) },
		"file of somebody else": func(_, file string) error {
			if os.Geteuid() != 0 {
				return os.Chmod(file, 0o666) // only root can change the owner of a file
			}
			return os.Chown(file, 12345, 12345)
		},
	} {
		dir := filepath.Join(t.TempDir(), "kill")
		j, err := OpenJournal(dir)
		if err != nil {
			t.Fatal(err)
		}
		_ = j.Close()
		if err := spoil(dir, filepath.Join(dir, journalName)); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenJournal(dir); err == nil {
			t.Errorf("%s: written to", name)
		} else if _, refused := errors.AsType[*problem.PermissionError](err); !refused && name[:4] != "link" && name[:9] != "directory" {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := ReadJournal(dir); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package testfile

import (
	"os"
	"path/filepath"
	"testing"
)

// A recorder is a testing.TB that records a failure.
type recorder struct {
	testing.TB

	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }

// TestFresh: a file with another text is stale, and -update makes it fresh.
func TestFresh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "page.md")
	Fresh(t, true, path, "one\n")
	Fresh(t, false, path, "one\n")
	r := &recorder{TB: t}
	Fresh(r, false, path, "two\n")
	if text, err := os.ReadFile(path); !r.failed || err != nil || string(text) != "one\n" {
		t.Errorf("failed %v, %q, %v", r.failed, text, err)
	}
}

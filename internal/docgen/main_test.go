// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFresh fails when the committed pages are not what the command tree says.
func TestFresh(t *testing.T) {
	fresh := t.TempDir()
	if err := generate(fresh); err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"man", "completion"} {
		want, got := files(t, filepath.Join(fresh, sub)), files(t, filepath.Join("../../docs", sub))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("docs/%s is stale: run make generate (-fresh +committed):\n%s", sub, diff)
		}
	}
}

// files returns the text of every file in dir by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = string(text)
	}
	return all
}

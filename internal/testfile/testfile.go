// SPDX-License-Identifier: Apache-2.0

// Package testfile compares generated files of this tree with what generates them. It
// is for tests only.
package testfile

import (
	"os"
	"path/filepath"
	"testing"
)

// Fresh fails the test if the file at path does not contain exactly want. With update,
// the flag -update of the package's tests, it writes the file first.
func Fresh(t testing.TB, update bool, path, want string) {
	t.Helper()
	if update {
		write(t, path, want)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test -update in the directory of this test, or make golden", path)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // everybody may read the tree
		t.Fatal(err)
	}
}

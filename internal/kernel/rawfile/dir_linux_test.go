// SPDX-License-Identifier: Apache-2.0

package rawfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// TestDir: a directory of parameters shows what os shows, at any length of a
// value.
func TestDir(t *testing.T) {
	made := t.TempDir()
	for i, size := range []int{0, 1, 1023, 1024, 1025, 5000} {
		must(t, os.WriteFile(filepath.Join(made, string(rune('a'+i))), bytes.Repeat([]byte("x"), size), 0o600))
	}
	for _, dir := range []string{made, "/proc/sys/net/ipv4", "/proc/sys/net/core"} {
		d, err := rawfile.OpenDir(dir)
		must(t, err)
		defer d.Close()
		entries, err := os.ReadDir(dir)
		must(t, err)
		names := d.Names()
		if !slices.IsSorted(names) || len(names) != len(entries) {
			t.Errorf("%s: %d names, want %d, sorted", dir, len(names), len(entries))
		}
		for _, name := range names {
			want, wantErr := os.ReadFile(filepath.Join(dir, name))
			for _, read := range []func(string) ([]byte, error){d.Parameter, d.ReadAll} {
				got, err := read(name)
				if !bytes.Equal(got, want) && wantErr == nil || (err == nil) != (wantErr == nil) && !errors.Is(wantErr, fs.ErrPermission) {
					if info, statErr := os.Stat(filepath.Join(dir, name)); statErr == nil && info.IsDir() {
						continue
					}
					t.Errorf("%s/%s: %q, %v; want %q, %v", dir, name, got, err, want, wantErr)
				}
			}
		}
		if _, err := d.Parameter("none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("none: %v", err)
		}
		if _, err := d.ReadAll("none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("none: %v", err)
		}
	}
	if _, err := rawfile.OpenDir(made + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

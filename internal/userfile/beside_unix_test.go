// SPDX-License-Identifier: Apache-2.0

//go:build unix

package userfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// TestOthersBeside: a file beside a program is trusted only if nobody else can write
// to the directory.
func TestOthersBeside(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		dir, file os.FileMode
		others    bool
	}{
		{0o755, 0o755, false},
		{0o700, 0o755, false},
		{0o775, 0o775, false}, // a user who can add a file can also replace the program
		{0o775, 0o755, true},
		{0o777, 0o755, true},
		{0o777 | os.ModeSticky, 0o755, true},
		{0o777 | os.ModeSticky, 0o775, true},
	} {
		if err := os.Chmod(program, tt.file); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, tt.dir); err != nil {
			t.Fatal(err)
		}
		if got := userfile.OthersBeside(program); got != tt.others {
			t.Errorf("directory %v, program %v: %v, want %v", tt.dir, tt.file, got, tt.others)
		}
	}
	if !userfile.OthersBeside(filepath.Join(dir, "missing")) {
		t.Error("a program that is not there has a good directory")
	}
	if os.Geteuid() != 0 {
		return
	}
	_ = os.Chmod(dir, 0o755)
	for _, tt := range []struct {
		dir, file int
		others    bool
	}{{4242, 0, true}, {4242, 4242, false}, {0, 4242, false}, {4242, 4343, true}} {
		if err := os.Chown(dir, tt.dir, -1); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(program, tt.file, -1); err != nil {
			t.Fatal(err)
		}
		if got := userfile.OthersBeside(program); got != tt.others {
			t.Errorf("directory of %d, program of %d: %v, want %v", tt.dir, tt.file, got, tt.others)
		}
	}
}

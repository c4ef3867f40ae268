// SPDX-License-Identifier: Apache-2.0

package rawfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// TestReadAll compares it with what os reads, at every size around those at
// which the room for it grows.
func TestReadAll(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, size := range []int{0, 1, 1023, 1024, 1025, 2047, 2048, 2049, 100_000} {
		want := bytes.Repeat([]byte("abcdefg"), size/7+1)[:size]
		must(t, os.WriteFile(name, want, 0o600))
		if got, err := rawfile.ReadAll(name); !bytes.Equal(got, want) || err != nil {
			t.Errorf("%d bytes: read %d, %v", size, len(got), err)
		}
	}
	for _, name := range []string{"/proc/version", "/proc/sys/net/ipv4/tcp_fin_timeout", "/proc/self/limits", "/proc/self/mountinfo"} {
		want, err := os.ReadFile(name)
		must(t, err)
		if got, err := rawfile.ReadAll(name); !bytes.Equal(got, want) || err != nil {
			t.Errorf("%s: read %d bytes of %d, %v", name, len(got), len(want), err)
		}
	}
}

func TestReadAllErrors(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]error{filepath.Join(dir, "none"): fs.ErrNotExist, dir: unix.EISDIR} {
		_, err := rawfile.ReadAll(name)
		if pathErr, ok := errors.AsType[*fs.PathError](err); !errors.Is(err, want) || !ok || pathErr.Path != name {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

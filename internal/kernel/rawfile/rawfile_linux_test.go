// SPDX-License-Identifier: Apache-2.0

package rawfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) { testnet.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLife takes a file through every call.
func TestLife(t *testing.T) {
	var sys rawfile.System
	dir := filepath.Join(t.TempDir(), "d")
	must(t, sys.Mkdir(dir, 0o755))
	fd, err := sys.Open(filepath.Join(dir, "a"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	must(t, err)
	n, err := sys.Write(fd, []byte("hello, world"))
	must(t, err)
	must(t, sys.Fsync(fd))
	must(t, sys.Truncate(fd, 5))
	must(t, sys.Close(fd))
	must(t, sys.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "b")))

	dfd, err := sys.Open(dir, os.O_RDONLY, 0)
	must(t, err)
	must(t, sys.Fsync(dfd))
	names, err := sys.Names(dfd)
	must(t, err)
	if !slices.Equal(names, []string{"b"}) || n != 12 {
		t.Errorf("wrote %d; names %q", n, names)
	}
	must(t, sys.Close(dfd))

	fd, err = sys.Open(filepath.Join(dir, "b"), os.O_RDONLY, 0)
	must(t, err)
	buf := make([]byte, 100)
	n, err = sys.Read(fd, buf)
	if string(buf[:n]) != "hello" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if n, err = sys.Read(fd, buf); n != 0 || err != nil {
		t.Errorf("end of file: %d, %v", n, err)
	}
	must(t, sys.Close(fd))
	must(t, sys.Unlink(filepath.Join(dir, "b")))
}

// TestLock: two descriptors of one file exclude each other.
func TestLock(t *testing.T) {
	var sys rawfile.System
	path := filepath.Join(t.TempDir(), "lock")
	one, err := sys.Open(path, os.O_CREATE|os.O_RDWR, 0o600)
	must(t, err)
	two, err := sys.Open(path, os.O_RDWR, 0)
	must(t, err)
	if ok, err := sys.TryLock(one); !ok || err != nil {
		t.Fatalf("first: %v, %v", ok, err)
	}
	if ok, err := sys.TryLock(two); ok || err != nil {
		t.Errorf("second: %v, %v", ok, err)
	}
	must(t, sys.Close(one))
	if ok, err := sys.TryLock(two); !ok || err != nil {
		t.Errorf("second, after the first has gone: %v, %v", ok, err)
	}
	must(t, sys.Close(two))
}

func TestErrors(t *testing.T) {
	var sys rawfile.System
	missing := filepath.Join(t.TempDir(), "no", "such")
	for name, err := range map[string]error{
		"open":   func() error { _, err := sys.Open(missing, os.O_RDONLY, 0); return err }(),
		"mkdir":  sys.Mkdir(missing, 0o755),
		"rename": sys.Rename(missing, missing),
		"unlink": sys.Unlink(missing),
	} {
		if pathErr, ok := errors.AsType[*fs.PathError](err); !errors.Is(err, fs.ErrNotExist) || !ok || pathErr.Path != missing {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, readErr := sys.Read(-1, nil)
	_, writeErr := sys.Write(-1, nil)
	_, lockErr := sys.TryLock(-1)
	_, namesErr := sys.Names(-1)
	for i, err := range []error{readErr, writeErr, lockErr, namesErr, sys.Fsync(-1), sys.Truncate(-1, 0), sys.Close(-1)} {
		if err == nil {
			t.Errorf("call %d on a descriptor that is none succeeded", i)
		}
	}
}

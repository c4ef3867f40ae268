// SPDX-License-Identifier: Apache-2.0

//go:build unix

package userfile

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// odd makes one file of each kind that is not a regular file.
func odd(t *testing.T, dir string) map[string]string {
	t.Helper()
	names := map[string]string{}
	add := func(name, kind string, err error) {
		must(t, err)
		names[filepath.Join(dir, name)] = kind
	}
	add("fifo", "a FIFO", syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600))
	add("zero", "a device", os.Symlink("/dev/zero", filepath.Join(dir, "zero")))
	add("tty", "a device", os.Symlink("/dev/ptmx", filepath.Join(dir, "tty")))
	add("dir", "a directory", os.Mkdir(filepath.Join(dir, "dir"), 0o700))
	add("to-fifo", "a FIFO", os.Symlink("fifo", filepath.Join(dir, "to-fifo")))
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	add("socket", "a socket", err)
	t.Cleanup(func() { _ = l.Close() })
	return names
}

// within fails when f takes long.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan bool)
	go func() { f(); close(done) }()
	select {
	case <-done:
	case <-time.After(30 * time.Second): // reading gives up by itself after 2 s, which may be longer on a busy machine
		t.Fatal("it hangs")
	}
}

// TestOpenRegular: only regular files are opened, and opening anything else does not
// block.
func TestOpenRegular(t *testing.T) {
	dir := t.TempDir()
	for name, kind := range odd(t, dir) {
		within(t, func() {
			for _, err := range []error{second(Open(name)), second(Read(name, 10))} {
				input, ok := errors.AsType[*problem.InputError](err)
				if !ok || !strings.Contains(input.Msg, kind) || input.Name != name {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	plain := filepath.Join(dir, "plain")
	must(t, os.WriteFile(plain, []byte("0123456789"), 0o600))
	must(t, os.Symlink("plain", filepath.Join(dir, "link")))
	for _, name := range []string{plain, filepath.Join(dir, "link"), "/proc/self/status"} {
		if _, err := Read(name, 1<<16); err != nil {
			t.Error(err)
		}
	}
	if _, err := Read(plain, 9); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("10 bytes where 9 may be: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere: no such file") {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestOpenInherited: a pipe that the process inherited is accepted, unlike a FIFO that
// somebody made.
func TestOpenInherited(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	if _, err := w.WriteString("here"); err != nil {
		t.Fatal(err)
	}
	must(t, w.Close())
	got, err := Read("/dev/fd/"+itoa(r.Fd()), 10)
	if err != nil || string(got) != "here" {
		t.Errorf("%q, %v", got, err)
	}
	zero, err := os.Open("/dev/zero")
	must(t, err)
	defer zero.Close()
	if _, err := Open("/dev/fd/" + itoa(zero.Fd())); err == nil {
		t.Error("a device by its descriptor")
	}
}

func itoa(fd uintptr) string {
	if fd < 10 {
		return string(rune('0' + fd))
	}
	return itoa(fd/10) + itoa(fd%10)
}

// TestRootHolds: no link leads out of a root, in whatever part of a path it is.
func TestRootHolds(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("hunter2"), 0o600))
	must(t, os.MkdirAll(filepath.Join(dir, "etc/d"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "etc/real"), []byte("mine"), 0o600))
	links := map[string]string{
		"etc/d/1": outside + "/secret", "etc/d/2": "../../../../../../../.." + outside + "/secret", "x": outside, "etc/d/3": "/x/secret",
		"etc/d/4": "../../x/secret", "up": "..", "etc/d/5": "/up/up/up" + outside + "/secret", "etc/d/6": "/../../.." + outside + "/secret",
		"etc/d/7": "/proc/self/root" + outside + "/secret", "etc/d/8": "8", "etc/d/9": "/etc/d/9/a", "in": "/etc", "etc/d/ok": "/in/d/../real", "etc/d/up": "../real",
	}
	for i := range 60 {
		links["l"+itoa(uintptr(i))] = "/l" + itoa(uintptr(i+1))
	}
	links["l60"], links["etc/d/a"] = outside+"/secret", "/l0"
	for name, target := range links {
		must(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	r, err := OpenRoot(dir)
	must(t, err)
	defer r.Close()
	read := func(name string) (string, error) {
		at, err := r.Resolve(name)
		if err != nil {
			return "", err
		}
		b, err := r.Read(at, 100)
		return string(b), err
	}
	for name := range links {
		if name == "x" || name == "up" || name == "in" || strings.HasSuffix(name, "ok") || strings.HasSuffix(name, "d/up") {
			continue
		}
		if got, err := read("/" + name); err == nil {
			t.Errorf("%s -> %s: read %q", name, links[name], got)
		}
	}
	for _, name := range []string{"/etc/d/ok", "/etc/d/up", "etc/real", "/in/real", "/up/etc/real"} {
		if got, err := read(name); got != "mine" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"/x", "/in/../x"} {
		if names, err := r.List(name, 10); err == nil {
			t.Errorf("%s: lists %q", name, names)
		}
	}
	for name := range odd(t, filepath.Join(dir, "etc")) {
		within(t, func() {
			at, err := r.Resolve("/etc/" + filepath.Base(name))
			if err == nil {
				_, err = r.Read(at, 10)
			}
			if err == nil {
				t.Errorf("%s was read", name)
			}
		})
	}
	if names, err := r.List("/etc", 3); err == nil {
		t.Errorf("listed %d names where 3 may be", len(names))
	}
	// A file that is replaced by a link after it was checked is not followed out of
	// the root.
	must(t, os.Remove(filepath.Join(dir, "etc/real")))
	must(t, os.Symlink(outside+"/secret", filepath.Join(dir, "etc/real")))
	if got, err := r.Read("/etc/real", 100); err == nil {
		t.Errorf("read %q", got)
	}
	// If the root is a part of a machine's files, only links within that part work.
	part, err := OpenRoot(filepath.Join(dir, "etc"))
	must(t, err)
	defer part.Close()
	part.Within = true
	must(t, os.WriteFile(filepath.Join(dir, "etc/d/file"), []byte("b"), 0o600))
	for name, target := range map[string]string{"w1": "../l1", "w2": "/etc/real", "w3": "d/../../x/secret", "w4": "d/file"} {
		must(t, os.Symlink(target, filepath.Join(dir, "etc", name)))
		if at, err := part.Resolve("/" + name); (err == nil) != (name == "w4") || name == "w4" && at != "/d/file" {
			t.Errorf("%s -> %s: %q, %v", name, target, at, err)
		}
	}
}

// TestOpenWaiting: a file that the kernel calls regular but that delivers data only as
// events happen is reported, without waiting.
func TestOpenWaiting(t *testing.T) {
	const waits = "/proc/kmsg"
	f, err := Open(waits)
	if err != nil {
		t.Skip(err) // this system does not have it, or this user may not open it
	}
	within(t, func() {
		_, err := io.Copy(io.Discard, f)
		if err == nil || !strings.Contains(err.Error(), "waits for something") {
			t.Errorf("read: %v", err)
		}
	})
	must(t, f.Close())
	within(t, func() {
		_, err := Read(waits, 1<<30)
		if input, ok := errors.AsType[*problem.InputError](err); !ok || !strings.Contains(input.Msg, "waits for something") {
			t.Errorf("read whole: %v", err)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

//go:build unix

package userfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// systems are the kinds of systems on which a file is saved: this one, one without
// unnamed files, and one that has unnamed files but cannot give them names.
func systems() map[string]system {
	no := func(*os.File, string) error { return syscall.EPERM }
	return map[string]system{
		"this":       {unnamed: rawfile.Unnamed, link: rawfile.Link},
		"named":      {unnamed: func(string, uint32) (*os.File, error) { return nil, errors.ErrUnsupported }, link: no},
		"not linked": {unnamed: rawfile.Unnamed, link: no},
		"running on": {unnamed: rawfile.Unnamed, link: rawfile.Link, ownSignals: true},
	}
}

func onEach(t *testing.T, test func(t *testing.T, sys system, dir string)) {
	t.Helper()
	for name, sys := range systems() {
		t.Run(name, func(t *testing.T) { test(t, sys, t.TempDir()) })
	}
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// names lists a directory.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = e.Name()
	}
	return strings.Join(all, " ")
}

func TestSave(t *testing.T) {
	onEach(t, func(t *testing.T, sys system, dir string) {
		name := filepath.Join(dir, "a")
		for _, s := range []string{"first", "the second"} {
			size, err := sys.save(name, 0o600, text(s))
			if err != nil || size != int64(len(s)) {
				t.Fatalf("size %d, %v", size, err)
			}
			got, err := os.ReadFile(name)
			if err != nil || string(got) != s {
				t.Fatalf("%q, %v", got, err)
			}
		}
		info, err := os.Stat(name)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if got := names(t, dir); got != "a" {
			t.Errorf("left behind: %s", got)
		}
	})
}

// TestSaveReplacesOnlyFiles: something that is not a regular file is not replaced, and
// neither is the target of a link.
func TestSaveReplacesOnlyFiles(t *testing.T) {
	for what, makeAt := range map[string]func(name, target string) error{
		"a link to a file":         func(name, target string) error { return os.Symlink(target, name) },
		"a link to a device":       func(name, _ string) error { return os.Symlink("/dev/null", name) },
		"a link to standard error": func(name, _ string) error { return os.Symlink("/proc/self/fd/2", name) },
		"a link to nothing":        func(name, _ string) error { return os.Symlink("nothing", name) },
		"a directory":              func(name, _ string) error { return os.Mkdir(name, 0o700) },
		"a FIFO":                   func(name, _ string) error { return syscall.Mkfifo(name, 0o600) },
		"a socket":                 listenAt,
	} {
		t.Run(what, func(t *testing.T) {
			onEach(t, func(t *testing.T, sys system, dir string) {
				name, target := filepath.Join(dir, "x"), filepath.Join(dir, "target")
				if err := errors.Join(os.WriteFile(target, []byte("kept"), 0o600), makeAt(name, target)); err != nil {
					t.Fatal(err)
				}
				before, err := os.Lstat(name)
				if err != nil {
					t.Fatal(err)
				}
				_, err = sys.save(name, 0o600, func(io.Writer) error { t.Error("written"); return nil })
				if _, ok := errors.AsType[*problem.UsageError](err); !ok || !strings.Contains(err.Error(), "it is a") {
					t.Errorf("error %v", err)
				}
				after, err := os.Lstat(name)
				if err != nil || !os.SameFile(before, after) {
					t.Errorf("it is another one now: %v", err)
				}
				if kept, err := os.ReadFile(target); err != nil || string(kept) != "kept" {
					t.Errorf("the target has %q, %v", kept, err)
				}
			})
		})
	}
	for _, device := range []string{"/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"} {
		if _, err := os.Stat(device); err != nil {
			continue // this system does not have it
		}
		before, _ := os.Lstat(device)
		if _, err := Save(device, 0o600, text("x")); err == nil {
			t.Errorf("%s is written", device)
		}
		if after, err := os.Lstat(device); err != nil || before.Mode() != after.Mode() {
			t.Errorf("%s is %v now, %v", device, after, err)
		}
	}
	for _, name := range []string{"", "/", ".", t.TempDir() + "/"} {
		if _, err := Save(name, 0o600, text("x")); err == nil {
			t.Errorf("%q is written", name)
		}
	}
}

func listenAt(name, _ string) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	return l.Close()
}

// TestSaveIntruder: a link or file that takes the name while the file is being written
// is not replaced.
func TestSaveIntruder(t *testing.T) {
	for _, first := range []string{"", "a file"} {
		for _, then := range []string{"a link", "a file"} {
			t.Run(first+" then "+then, func(t *testing.T) {
				onEach(t, func(t *testing.T, sys system, dir string) {
					name := filepath.Join(dir, "x")
					if first != "" {
						if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
							t.Fatal(err)
						}
					}
					_, err := sys.save(name, 0o600, func(io.Writer) error {
						if first != "" {
							if err := os.Rename(name, name+".old"); err != nil {
								return err
							}
						}
						if then == "a link" {
							return os.Symlink("/dev/null", name)
						}
						return os.WriteFile(name, []byte("theirs"), 0o600)
					})
					if err == nil {
						t.Error("no error")
					}
					info, lerr := os.Lstat(name)
					if lerr != nil || info.Mode().IsRegular() == (then == "a link") || info.Size() == 0 {
						t.Errorf("now %v, %v", info, lerr)
					}
				})
			})
		}
	}
}

// TestSaveFails: a failed save leaves no draft and keeps the existing file.
func TestSaveFails(t *testing.T) {
	broken := errors.New("broken")
	onEach(t, func(t *testing.T, sys system, dir string) {
		name := filepath.Join(dir, "a")
		for _, want := range []string{"", "a"} {
			_, err := sys.save(name, 0o600, func(w io.Writer) error {
				return errors.Join(text("half")(w), broken)
			})
			if !errors.Is(err, broken) {
				t.Errorf("error %v", err)
			}
			if got := names(t, dir); got != want {
				t.Errorf("there is %q, want %q", got, want)
			}
			if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := os.ReadFile(name); string(got) != "old" {
			t.Errorf("the old file has %q", got)
		}
		if _, err := sys.save(filepath.Join(dir, "none", "a"), 0o600, text("x")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("no directory: %v", err)
		}
	})
}

// asSaver makes the test binary a process that saves a file and stops half way.
const asSaver = "USERFILE_TEST_SAVES"

// TestSaveKilled: a process that ends half way, for whatever reason, leaves no draft.
// If drafts have names, only a signal that cannot be handled leaves one.
func TestSaveKilled(t *testing.T) {
	if how, name, ok := strings.Cut(os.Getenv(asSaver), "="); ok {
		_, _ = systems()[how].save(name, 0o600, func(w io.Writer) error {
			_ = text("half")(w)
			_, _ = os.Stdout.WriteString("half way\n")
			_, _ = io.Copy(io.Discard, os.Stdin) // until the test closes it
			return nil
		})
		return
	}
	for how := range systems() {
		for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL} {
			if s == syscall.SIGKILL && (how == "named" || runtime.GOOS != "linux") {
				continue
			}
			if s == syscall.SIGHUP && signal.Ignored(s) { // under nohup the signal ends nothing
				continue
			}
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSaveKilled$")
			cmd.Env = append(os.Environ(), asSaver+"="+how+"="+filepath.Join(dir, "a"))
			in := halfWay(t, cmd)
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			_ = in.Close()
			exit, _ := errors.AsType[*exec.ExitError](err)
			if exit == nil || exit.Sys().(syscall.WaitStatus).Signal() != s { //nolint:forcetypeassert // it is, on Unix
				t.Errorf("%s, %v: ended by %v", how, s, err)
			}
			if got := names(t, dir); got != "" {
				t.Errorf("%s, %v: left behind: %s", how, s, got)
			}
		}
	}
}

// halfWay starts a saver and waits until it has written a half. It goes on when the
// returned pipe is closed.
func halfWay(t *testing.T, cmd *exec.Cmd) io.Closer {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "half way\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return in
}

// TestSaveGoesOnUnderNohup: where a hangup is ignored, as nohup(1) arranges it, the file
// that is being written is not taken away.
func TestSaveGoesOnUnderNohup(t *testing.T) {
	for how := range systems() {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", `trap "" HUP; exec "$0" -test.run='^TestSaveKilled$'`, os.Args[0])
		cmd.Env = append(os.Environ(), asSaver+"="+how+"="+filepath.Join(dir, "a"))
		in := halfWay(t, cmd)
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond) // a handler would have run
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		if got := names(t, dir); got != "a" {
			t.Errorf("%s: left: %q, want the file", how, got)
		}
	}
}

// TestSaveForeignLink: a link made by another user, anywhere in the path, does not
// redirect a file; links of root and of the user do.
func TestSaveForeignLink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("makes links of another user, which takes root")
	}
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	must(t, os.MkdirAll(filepath.Join(target, "deep"), 0o700))
	must(t, os.Symlink(target, filepath.Join(dir, "theirs")))
	must(t, os.Lchown(filepath.Join(dir, "theirs"), 4242, 4242))
	must(t, os.Symlink("theirs/deep", filepath.Join(dir, "mine-to-theirs")))
	must(t, os.Symlink("target", filepath.Join(dir, "mine")))
	for _, name := range []string{"theirs/x", "theirs/deep/x", "mine-to-theirs/x", "mine/../theirs/x"} {
		_, err := Save(dir+"/"+name, 0o600, text("x"))
		if _, ok := errors.AsType[*problem.UsageError](err); !ok || !strings.Contains(err.Error(), "user 4242") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Save(filepath.Join(dir, "mine/x"), 0o600, text("x")); err != nil {
		t.Error(err)
	}
	if got := names(t, target); got != "deep x" {
		t.Errorf("there is %s", got)
	}
}

// TestSaveMoved: if the directory has been replaced when the file is complete, the new
// directory does not get the file.
func TestSaveMoved(t *testing.T) {
	onEach(t, func(t *testing.T, sys system, dir string) {
		for _, name := range []string{"d", "elsewhere"} {
			must(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		}
		_, err := sys.save(filepath.Join(dir, "d/x"), 0o600, func(w io.Writer) error {
			return errors.Join(text("x")(w), os.Rename(filepath.Join(dir, "d"), filepath.Join(dir, "moved")), os.Symlink("elsewhere", filepath.Join(dir, "d")))
		})
		if runtime.GOOS != "linux" {
			return
		}
		if got := names(t, filepath.Join(dir, "elsewhere")); got != "" {
			t.Errorf("elsewhere has %s now, %v", got, err)
		}
		if got := names(t, filepath.Join(dir, "moved")); got != "x" {
			t.Errorf("the directory has %q, %v", got, err)
		}
	})
}

// TestSaveTellsName: an error with the draft names the file, not the draft.
func TestSaveTellsName(t *testing.T) {
	onEach(t, func(t *testing.T, sys system, dir string) {
		_, err := sys.save(filepath.Join(dir, "a"), 0o600, func(w io.Writer) error {
			f := w.(*os.File) //nolint:forcetypeassert // it is
			return &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.EFBIG}
		})
		if want := "write " + filepath.Join(dir, "a") + ": file too large"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	})
}

// TestTidy: the drafts of killed programs are removed, and nothing else.
func TestTidy(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, draftPrefix+"LEFT"), nil, 0o600))
	must(t, os.Mkdir(filepath.Join(dir, draftPrefix+"dir"), 0o700))
	if _, err := Replace(filepath.Join(dir, "a"), 0o600, text("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := Replace(filepath.Join(dir, "a"), 0o600, text("2")); err != nil {
		t.Fatal(err)
	}
	must(t, Tidy(dir))
	if got := names(t, dir); got != draftPrefix+"dir a" {
		t.Errorf("there is %s", got)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(got) != "2" {
		t.Errorf("%s, %v", got, err)
	}
}

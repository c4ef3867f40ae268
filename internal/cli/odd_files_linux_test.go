// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestOddFiles: every command that takes a file refuses at once something that is not
// a regular file, and says what it is.
func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	fifo, zero, captured := filepath.Join(dir, "fifo"), filepath.Join(dir, "zero"), filepath.Join(dir, "proc")
	must(t, syscall.Mkfifo(fifo, 0o600))
	must(t, os.Symlink("/dev/zero", zero))
	must(t, os.MkdirAll(filepath.Join(captured, "net"), 0o700))
	must(t, syscall.Mkfifo(filepath.Join(captured, "net/tcp"), 0o600))
	commands := [][]string{{"census", "--proc", captured}}
	for _, file := range []string{fifo, zero, dir} {
		commands = append(commands, [][]string{
			{"census", "--from", file},
			{"list", "--from", file},
			{"doctor", "--from", file},
			{"check", "--from", file},
			{"queues", "--from", file},
			{"ports", "--from", file},
			{"diff", file},
			{"diff", file, file},
			{"snapshot", "info", file},
			{"explain", "--from", file},
			{"trace", "--from", file},
			{"trace", "--from", file, "--summary"},
			{"diff", "../snapshot/testdata/v1.0.snap", file},
			{"doctor", "--from", "../snapshot/testdata/v1.0.snap", "--ignore-file", file},
			{"tune", "plan", file},
			{"lab", "show", file},
			{"tune", "apply", "-y", file},
			{"lab", "run", file},
		}...)
		if file != dir {
			commands = append(commands, []string{"tune", "audit", file}, []string{"tune", "audit", "--root", file})
		}
	}
	for _, args := range commands {
		t.Run(strings.Join(args[:len(args)-1], " ")+" "+filepath.Base(args[len(args)-1]), func(t *testing.T) {
			done := make(chan bool)
			var out, stderr string
			var code int
			go func() {
				defer close(done)
				out, stderr, code = run(nil, args...)
			}()
			select {
			case <-done:
			case <-time.After(5 * time.Second):
				t.Fatal("it hangs")
			}
			if said := out + stderr; code == 0 || code == 3 && args[0] != "check" && !slices.Contains(args, "--root") || !strings.Contains(said, "not a regular file") && !strings.Contains(said, "not a directory") {
				t.Errorf("exit code %d: %s", code, said)
			}
		})
	}
}

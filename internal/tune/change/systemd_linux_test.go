// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// privateSystemd starts a systemd for the test: a user instance, in a mount namespace
// with its own /run, which looks as if the machine had been booted with systemd. Then
// it runs its other arguments.
const privateSystemd = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user
chmod 700 /run/user
export XDG_RUNTIME_DIR=/run/user
unset DBUS_SESSION_BUS_ADDRESS
/lib/systemd/systemd --user --log-target=null &
echo $! > "$BENCH/systemd.pid"
for i in $(seq 100); do [ -S /run/user/systemd/private ] && break; sleep 0.1; done
systemctl --user list-timers > /dev/null
exec "$@"
`

// TestRealSystemd: a timer of the real systemd takes the change back after the process
// that applied it, its session and its guard are killed.
func TestRealSystemd(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	for _, name := range []string{"systemd-run", "systemctl"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("no %s on this machine", name)
		}
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nexec "+path+" --user \"$@\"\n"), 0o700))
	}
	cmd := b.command(roleSession, noFault, 0, true)
	inner := cmd.Args
	cmd = exec.Command("unshare", append([]string{"--mount", "--fork", "--kill-child", "bash", "-c", privateSystemd, "private-systemd"}, inner...)...)
	cmd.Env = append(b.command(roleSession, noFault, 0, true).Env, "BENCH="+dir, envWithin+"=10s", envSystemd+"="+filepath.Join(dir, "systemd-run"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	problems, err := os.Create(filepath.Join(dir, "stderr")) // a file, because systemd would keep a pipe open
	must(t, err)
	defer problems.Close()
	cmd.Stderr = problems
	must(t, cmd.Start())
	t.Cleanup(func() {
		text, err := os.ReadFile(filepath.Join(dir, "systemd.pid"))
		if err == nil {
			_ = unix.Kill(atoi(strings.TrimSpace(string(text))), unix.SIGTERM)
		}
	})
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for s := b.newest(); s == nil || s.State != change.Pending; s = b.newest() {
		if s != nil && s.State == change.Expired {
			t.Fatal("taken back before it was seen to be applied")
		}
		select {
		case err := <-ended:
			t.Skipf("systemd cannot be started here: %v: %s", err, text(problems.Name()))
		case <-time.After(20 * time.Millisecond):
		}
	}
	b.wantLive(after())
	b.killGuards()
	must(t, unix.Kill(cmd.Process.Pid, unix.SIGKILL)) // by --kill-child this also kills the process that applied the change
	if err := <-ended; err == nil {
		t.Error("who has applied ended by itself")
	}
	if n := b.guards(); n > 1 { // systemd itself has that environment too
		t.Errorf("%d processes are left", n)
	}
	await(t, "the timer restores", func() bool { return b.newest().State == change.Expired })
	b.wantLive(before())
	if _, err := b.engine().Rollback(context.Background(), 0, false); err == nil {
		t.Error("there is something left to roll back")
	}
}

// killGuards kills the guards of this bench.
func (b *bench) killGuards() {
	b.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(b.t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), guardCommand) {
			continue
		}
		environ, err := os.ReadFile(filepath.Join(filepath.Dir(file), "environ"))
		if err == nil && strings.Contains(string(environ), envState+"="+b.state+"\x00") {
			_ = unix.Kill(atoi(filepath.Base(filepath.Dir(file))), unix.SIGKILL)
		}
	}
}

func text(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

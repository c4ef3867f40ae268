// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// envWithin makes a child apply a change with --confirm-within.
const envWithin = "TUNE_TEST_WITHIN"

// roleSession applies a change and then waits until it is killed with its session.
const roleSession = "session"

// session plays a user who applies a change and loses the connection.
func session() error {
	within, err := time.ParseDuration(os.Getenv(envWithin))
	if err != nil {
		return err
	}
	if _, err := change.New(childOptions(nil)).Apply(context.Background(), thePlan(), change.ApplyOptions{Within: within}); err != nil {
		return err
	}
	time.Sleep(time.Hour) // the test kills it long before
	return nil
}

// patience is how long a test waits for something that normally takes seconds, even on
// a busy machine.
const patience = time.Minute

// await polls until a condition is true, and otherwise fails the test.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for: %s", patience, what)
		}
	}
}

// killSession kills every process of a session, as the end of a terminal does, but
// with a signal that cannot be ignored.
func killSession(t *testing.T, sid int) {
	t.Helper()
	must(t, unix.Kill(-sid, unix.SIGKILL)) // the process group
	entries, err := os.ReadDir("/proc")
	must(t, err)
	for _, entry := range entries {
		stat, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "stat"))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if pid := atoi(entry.Name()); pid > 0 && atoi(fields[3]) == sid {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

func atoi(text string) (n int) {
	for _, digit := range text {
		if digit < '0' || digit > '9' {
			return 0
		}
		n = 10*n + int(digit-'0')
	}
	return n
}

// cutOff applies a change from a new session and kills the session before the change
// is taken back. It returns the time until then. On a machine so slow that the change
// is already taken back, it starts again with a longer time.
func (b *bench) cutOff(t *testing.T, within time.Duration, env ...string) time.Duration {
	t.Helper()
	for ; within < patience; within *= 3 {
		cmd := b.command(roleSession, noFault, 0, true)
		cmd.Env = append(append(cmd.Env, envWithin+"="+within.String()), env...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		must(t, cmd.Start())
		await(t, "the change is applied", func() bool {
			s := b.newest()
			return s != nil && (s.State == change.Pending || s.State == change.Expired)
		})
		live := b.live()
		inTime := b.newest().State == change.Pending
		killSession(t, cmd.Process.Pid)
		if err := cmd.Wait(); err == nil {
			t.Error("the session lives on")
		}
		if inTime {
			if diff := cmp.Diff(after(), live); diff != "" {
				t.Errorf("live values (-want +got)\n%s", diff)
			}
			return within
		}
		b.again(t)
	}
	t.Fatalf("the change is taken back before it can be looked at, however long it is to wait")
	return 0
}

// again starts again because the time was over too early.
func (b *bench) again(t *testing.T) {
	t.Helper()
	await(t, "the guard restores", func() bool { return b.newest().State == change.Expired })
	await(t, "the guard ends", func() bool { return b.guards() == 0 })
	b.fresh(t.TempDir())
}

// TestGuardSurvives: the old values come back even if the process that applied the
// change, its group and its session are killed with kill -9.
func TestGuardSurvives(t *testing.T) {
	b := newBench(t)
	start := time.Now()
	b.cutOff(t, 2*time.Second)
	await(t, "the guard restores", func() bool { return b.newest().State == change.Expired })
	if took := time.Since(start); took < 1500*time.Millisecond {
		t.Errorf("restored after %v, it was to wait for 2 s", took)
	}
	b.wantLive(before())
}

// TestGuardConfirmed: a confirmed change stays, and the guard ends.
func TestGuardConfirmed(t *testing.T) {
	b := newBench(t)
	within := b.cutOff(t, 2*time.Second)
	_, err := b.engine().Confirm(context.Background(), 0, false)
	for err != nil && b.newest().State == change.Expired { // too late, because the machine is slow
		b.again(t)
		within = b.cutOff(t, 3*within)
		_, err = b.engine().Confirm(context.Background(), 0, false)
	}
	must(t, err)
	await(t, "the guard ends", func() bool { return b.guards() == 0 })
	time.Sleep(within)
	b.wantLive(after())
	b.wantState(change.Confirmed)
}

// guards counts the running processes that the bench has started, which are guards.
func (b *bench) guards() int {
	b.t.Helper()
	return len(b.started(b.state))
}

// started returns the processes that use the state directories.
func (b *bench) started(states ...string) (pids []int) {
	b.t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/environ")
	must(b.t, err)
	for _, file := range entries {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the process has ended
		}
		for setting := range strings.SplitSeq(string(text), "\x00") {
			if state, ok := strings.CutPrefix(setting, envState+"="); ok && slices.Contains(states, state) {
				pids = append(pids, atoi(filepath.Base(filepath.Dir(file))))
			}
		}
	}
	return pids
}

// endGuards ends guards for which nobody waits any more: a guard of an hour outlives
// the test, as guards must.
func (b *bench) endGuards() {
	for _, pid := range b.started(b.states...) {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	if left := b.started(b.states...); len(left) > 0 {
		time.Sleep(time.Second) // they are about to end by themselves
		left = b.started(b.states...)
		if len(left) > 0 {
			b.t.Errorf("the processes %v outlive the test", left)
		}
	}
}

// TestGuardEnded: ending the guard restores the old values at once.
func TestGuardEnded(t *testing.T) {
	b := newBench(t)
	b.apply(time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	must(t, b.engine().Attend(ctx, 1, time.Hour))
	b.wantLive(before())
	b.wantState(change.Expired)
}

// fakeSystemdRun records its arguments and does what a timer or a service does. Not
// every test machine can start the real one: see TestSystemdRun.
const fakeSystemdRun = `#!/bin/sh
printf '%s\n' "$@" >> "$FAKE_LOG"
ms=0
for arg; do
	case $arg in --on-active=*ms) ms=${arg#--on-active=}; ms=${ms%ms};; esac
done
while [ "$1" != -- ]; do shift; done
shift
setsid sh -c 'sleep "$0"; exec "$@"' "$(awk "BEGIN{print $ms/1000}")" "$@" < /dev/null > /dev/null 2>&1 &
`

// TestSystemdTimer: if systemd runs, a timer and a service take the change back, even
// if everything that the login started was killed, including the guard.
func TestSystemdTimer(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	log, fake := filepath.Join(dir, "log"), filepath.Join(dir, "systemd-run")
	must(t, os.WriteFile(fake, []byte(fakeSystemdRun), 0o700))
	within := b.cutOff(t, 3*time.Second, envSystemd+"="+fake, "FAKE_LOG="+log)
	await(t, "the timer restores", func() bool { return b.newest().State == change.Expired })
	b.wantLive(before())
	text, err := os.ReadFile(log)
	must(t, err)
	self, err := os.Executable()
	must(t, err)
	const about = "--description=takes back change 1 of tcpvitals tune unless it is confirmed"
	want := []string{
		"--quiet", "--collect", "--unit=tcpvitals-tune-1", about,
		fmt.Sprintf("--on-active=%dms", within.Milliseconds()), "--timer-property=AccuracySec=100ms", "--", self, guardCommand, "1", "--within=0s",
		"--quiet", "--collect", "--unit=tcpvitals-tune-1-wait", about, "--", self, guardCommand, "1", "--within=" + within.String(),
	}
	got := strings.TrimSpace(string(text))
	if again := strings.LastIndex(got, "--unit=tcpvitals-tune-1\n"); again > 0 { // ignores attempts that took too long
		got = got[strings.LastIndex(got[:again], "--quiet"):]
	}
	if got != strings.Join(want, "\n") {
		t.Errorf("systemd-run was called with\n%s", got)
	}
}

// TestSystemdStateDirectoryMoves: the change is taken back even if the directory of
// the journal has been renamed and everything that the login started is gone.
func TestSystemdStateDirectoryMoves(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	fake := filepath.Join(dir, "systemd-run")
	must(t, os.WriteFile(fake, []byte(fakeSystemdRun), 0o700))
	b.cutOff(t, 5*time.Second, envSystemd+"="+fake, "FAKE_LOG="+filepath.Join(dir, "log"))
	await(t, "the service has the directory open", func() bool { return b.holds(b.state) })
	must(t, os.Rename(b.state, b.state+".elsewhere"))
	await(t, "the service restores", func() bool { return cmp.Equal(before(), b.live()) })
}

// holds reports whether a process has a directory open.
func (b *bench) holds(dir string) bool {
	b.t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	must(b.t, err)
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && to == dir {
			return true
		}
	}
	return false
}

// TestSystemdRefuses: if systemd refuses the timer, nothing is written.
func TestSystemdRefuses(t *testing.T) {
	b := newBench(t)
	b.guard = change.Process{Args: []string{guardCommand}, SystemdRun: "/bin/false"}
	if _, err := b.engine().Apply(context.Background(), thePlan(), change.ApplyOptions{Within: time.Minute}); err == nil || !strings.Contains(err.Error(), "systemd-run") {
		t.Errorf("%v", err)
	}
	b.wantLive(before())
	b.wantState(change.Failed)
}

// TestSystemdRun checks the arguments with the real program, which parses them before
// it needs a running systemd.
func TestSystemdRun(t *testing.T) {
	path, err := exec.LookPath("systemd-run")
	if err != nil {
		t.Skip("no systemd-run on this machine")
	}
	p := change.Process{Args: []string{guardCommand}, SystemdRun: path}
	timer, err := p.TimerCommand(1, time.Minute)
	must(t, err)
	service, err := p.ServiceCommand(1, time.Minute)
	must(t, err)
	for _, args := range [][]string{timer, service} {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if change.DetectSystemd() != "" {
			must(t, err)
			p.Stop(1)
			continue
		}
		if !strings.Contains(string(out), "systemd as init system") && !strings.Contains(string(out), "Failed to connect to bus") {
			t.Errorf("systemd-run does not understand %q: %s", args, out)
		}
	}
}

// TestTwoAtOnce: of two commands at once, the second waits for the first or is
// refused, and never writes in between.
func TestTwoAtOnce(t *testing.T) {
	b := newBench(t)
	var commands []*exec.Cmd
	for range 6 {
		cmd := b.command("apply", noFault, 0, false)
		must(t, cmd.Start())
		commands = append(commands, cmd)
	}
	applied := 0
	for _, cmd := range commands {
		if cmd.Wait() == nil {
			applied++
		}
	}
	if applied == 0 {
		t.Fatal("nobody could apply")
	}
	b.wantLive(after())
	all, err := b.engine().Statuses(context.Background())
	must(t, err)
	if len(all) != 1 || all[0].State != change.Applied {
		t.Errorf("%d changes: the plan says what the values were, so that only the first can be made", len(all))
	}
	_, err = b.engine().Rollback(context.Background(), 0, false)
	must(t, err)
	b.wantLive(before())
}

// TestBusy: a command that does not get the lock is refused and changes nothing.
func TestBusy(t *testing.T) {
	b := newBench(t)
	b.apply(time.Hour)
	fd, err := unix.Open(filepath.Join(b.state, "lock"), unix.O_RDWR|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, unix.Flock(fd, unix.LOCK_EX))
	o := b.options(nil)
	o.Patience = 50 * time.Millisecond
	if _, err := change.New(o).Rollback(context.Background(), 0, false); err == nil || !strings.Contains(err.Error(), "another tcpvitals tune is at work") {
		t.Errorf("%v", err)
	}
	b.wantLive(after())
	if s := b.newest(); !s.AtWork {
		t.Error("status does not see who is at work")
	}
}

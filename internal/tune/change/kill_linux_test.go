// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/detach"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// The environment of a test binary that runs as a command to be killed, or as its
// guard.
const (
	envRole  = "TUNE_TEST_ROLE" // the scenario to run; it is killed
	envKind  = "TUNE_TEST_FAULT"
	envAt    = "TUNE_TEST_AT"
	envState = "TUNE_TEST_STATE"
	envEtc   = "TUNE_TEST_ETC"
	envGuard = "TUNE_TEST_GUARD"

	envSystemd = "TUNE_TEST_SYSTEMD_RUN"
)

// guardCommand is the first argument of a guard.
const guardCommand = "test-guard"

// childOptions are the options for a process that a test has started.
func childOptions(calls change.Calls) change.Options {
	o := change.Options{StateDir: os.Getenv(envState), EtcDir: os.Getenv(envEtc), Guard: noGuard{}, Now: time.Now, Calls: calls, User: "tester"}
	if os.Getenv(envGuard) != "" {
		o.Guard = change.Process{Args: []string{guardCommand}, SystemdRun: os.Getenv(envSystemd)}
	}
	return o
}

// child runs a command that is killed at one of its calls; otherwise it ends with the
// number of its calls.
func child() error {
	at, err := strconv.Atoi(os.Getenv(envAt))
	if err != nil {
		return err
	}
	f := newFaulty(fault(os.Getenv(envKind)), at)
	for _, s := range scenarios() {
		if s.name == os.Getenv(envRole) {
			err = s.run(context.Background(), change.New(childOptions(f)))
		}
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f.log)
}

// guardChild is the process that change.Process starts: ID --within=D [--fork].
func guardChild(args []string) error {
	if args[len(args)-1] == "--fork" {
		return detach.Fork(append([]string{guardCommand}, args[:len(args)-1]...))
	}
	id, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	within, err := time.ParseDuration(strings.TrimPrefix(args[1], "--within="))
	if err != nil {
		return err
	}
	if err := detach.Ready(); err != nil {
		return err
	}
	return change.New(childOptions(nil)).Attend(context.Background(), id, within)
}

// command runs this test binary as a scenario, in the caller's namespace.
func (b *bench) command(role string, kind fault, at int, guard bool) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envRole+"="+role, envKind+"="+string(kind), envAt+"="+strconv.Itoa(at), envState+"="+b.state, envEtc+"="+b.etc)
	if guard {
		cmd.Env = append(cmd.Env, envGuard+"=1")
	}
	return cmd
}

// runToEnd runs a scenario to its end and returns its calls.
func (b *bench) runToEnd(cmd *exec.Cmd) (log []string) {
	b.t.Helper()
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("%v: %s", err, problems.String())
	}
	must(b.t, json.Unmarshal(out, &log))
	return log
}

// runToKill runs a scenario that must not live to its end.
func (b *bench) runToKill(cmd *exec.Cmd) {
	b.t.Helper()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		b.t.Fatalf("not killed: %v: %s", err, out)
	}
}

// TestEveryCallKilled kills each command before each of its system calls, and in the
// middle of each write to a file. With a guard, values and files are consistent a
// moment later; without one, status reports what is inconsistent, and the next command
// repairs it.
func TestEveryCallKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a thousand processes")
	}
	b := newBench(t)
	dir := memory(t)
	kills := map[string]int{}
	for _, s := range scenarios() {
		for _, guard := range []bool{false, true} {
			b.fresh(filepath.Join(dir, s.name+strconv.FormatBool(guard)))
			s.prepare(b)
			log := b.runToEnd(b.command(s.name, noFault, 0, guard))
			for i, op := range log {
				for _, kind := range killsAt(op) {
					b.fresh(filepath.Join(dir, fmt.Sprintf("%s-%s-%v-%d", s.name, kind, guard, i)))
					s.prepare(b)
					b.runToKill(b.command(s.name, kind, i+1, guard))
					kills[s.name]++
					if !b.afterKill(guard && s.name != "expire" && s.name != "recover") {
						t.Fatalf("%s: %s at call %d, %s; guard: %v", s.name, kind, i+1, op, guard)
					}
				}
			}
		}
	}
	t.Logf("kills, with and without a guard: %v", kills)
}

// killsAt returns the ways to kill at a call. Killing after a call is the same as
// killing before the next one.
func killsAt(op string) []fault {
	if strings.HasPrefix(op, "write {") || strings.HasPrefix(op, "write #") { // the journal, or the persistent file
		return []fault{killed, killHalf}
	}
	return []fault{killed}
}

// afterKill checks the state at once and after the next command.
func (b *bench) afterKill(guard bool) bool {
	b.t.Helper()
	if guard {
		b.waitForGuard()
		s := b.newest()
		return b.settled(errKilled) && b.say(s == nil || !s.Interrupted() || unborn(s), "the guard left it unfinished: %+v", s) && b.rolledBack()
	}
	s := b.newest()
	partial := !b.isWhole()
	return b.say(!partial || s != nil && s.Interrupted(), "values or files are half-way, and status says %+v", s) &&
		b.truthOfValues(s) && b.wholeFiles() && b.rolledBack()
}

// unborn reports whether a change was killed before it had its guard and before it
// wrote anything.
func unborn(s *change.Status) bool { return len(s.Records) == 1 }

var errKilled = errors.New("killed")

func (b *bench) isWhole() bool {
	live := fmt.Sprint(b.live())
	return live == fmt.Sprint(before()) || live == fmt.Sprint(after())
}

// truthOfValues checks that status shows the real value of each parameter.
func (b *bench) truthOfValues(s *change.Status) bool {
	b.t.Helper()
	if s == nil {
		return true
	}
	live := b.live()
	for _, v := range s.Values {
		is := change.IsOld
		if live[v.Key] == after()[v.Key] {
			is = change.IsNew
		}
		if v.Is != is {
			return b.say(false, "status says that %s is %s, it is %s", v.Key, v.Is, live[v.Key])
		}
	}
	return true
}

// waitForGuard waits until a guard, if there is one, has finished what is unfinished.
// There is none if its starter was killed before; then nothing was written.
func (b *bench) waitForGuard() {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if s := b.newest(); b.isWhole() && (s == nil || !s.Interrupted() && !s.AtWork || unborn(s)) {
			return
		}
	}
}

// callsUntil returns the number of the call at which an apply does op.
func (b *bench) callsUntil(op string) int {
	b.t.Helper()
	f := newFaulty(noFault, 0)
	_, err := change.New(b.options(f)).Apply(context.Background(), thePlan(), change.ApplyOptions{})
	must(b.t, err)
	b.fresh(filepath.Dir(b.state) + "-again")
	if i := slices.Index(f.log, op); i >= 0 {
		return i + 1
	}
	b.t.Fatalf("no %q among %q", op, f.log)
	return 0
}

// killedAt leaves the state of an apply that was killed at its n-th call.
func (b *bench) killedAt(n int) {
	b.t.Helper()
	b.runToKill(b.command("apply", killAfter, n, false))
}

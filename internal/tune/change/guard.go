// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/detach"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// readyIn is how long a guard may take to start.
const readyIn = 10 * time.Second

// systemctlIn is how long a call of systemctl or systemd-run may take.
const systemctlIn = 20 * time.Second

// A Process is the real [Guard]: a process of this program in a session of its own.
// If systemd runs, a timer and a service are added; they survive the end of a login,
// at which all its processes may be killed (logind.conf(5) KillUserProcesses). The
// service waits with the directory of the journals open, so the directory may be
// moved. The timer fires even if all processes have been killed.
type Process struct {
	// Args is the command line of this program that calls [Process.Main]: tune guard,
	// with the directories. The change's number and the waiting time are appended.
	Args []string
	// SystemdRun is the path of systemd-run; "" if systemd does not run.
	SystemdRun string
}

// DetectSystemd returns the path of systemd-run(1); "" if systemd does not run this
// machine (sd_booted(3)).
func DetectSystemd() string {
	if info, err := os.Lstat("/run/systemd/system"); err != nil || !info.IsDir() {
		return ""
	}
	path, err := exec.LookPath("systemd-run")
	if err != nil {
		return ""
	}
	return path
}

// Unit returns the name of the timer of a change.
func Unit(id int) string { return fmt.Sprintf("tcpvitals-tune-%d", id) }

// Start is [Guard.Start].
func (p Process) Start(id int, within time.Duration) error {
	wait := time.Duration(-1)
	switch {
	case within > 0 && p.SystemdRun != "":
		if err := p.timer(id, within); err != nil {
			return err
		}
		if err := p.service(id, within); err != nil {
			return err
		}
	case within > 0:
		wait = within
	}
	return detach.Start(append(p.command(id, wait), "--fork"), readyIn)
}

// neverWait is the deadline of a guard that only completes what a killed command left
// unfinished.
const neverWait = "-1s"

func (p Process) command(id int, wait time.Duration) []string {
	text := neverWait
	if wait >= 0 {
		text = wait.String()
	}
	return append(append([]string{}, p.Args...), strconv.Itoa(id), "--within="+text)
}

// TimerCommand returns the call of systemd-run for a precise timer and a service that
// ends by itself.
func (p Process) TimerCommand(id int, within time.Duration) ([]string, error) {
	return p.systemdCommand(id, Unit(id), 0, fmt.Sprintf("--on-active=%dms", within.Milliseconds()), "--timer-property=AccuracySec=100ms")
}

// ServiceCommand returns the call of systemd-run for a service that waits itself.
func (p Process) ServiceCommand(id int, within time.Duration) ([]string, error) {
	return p.systemdCommand(id, Unit(id)+"-wait", within)
}

func (p Process) systemdCommand(id int, unit string, wait time.Duration, how ...string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, problem.Errorf("find this program: %w", "查找本程序：%w", err)
	}
	args := []string{
		p.SystemdRun, "--quiet", "--collect", "--unit=" + unit,
		"--description=takes back change " + strconv.Itoa(id) + " of tcpvitals tune unless it is confirmed",
	}
	args = append(append(args, how...), "--", self)
	return append(args, p.command(id, wait)...), nil
}

func (p Process) timer(id int, within time.Duration) error {
	args, err := p.TimerCommand(id, within)
	return runSystemd(args, err)
}

func (p Process) service(id int, within time.Duration) error {
	args, err := p.ServiceCommand(id, within)
	return runSystemd(args, err)
}

func runSystemd(args []string, err error) error {
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), systemctlIn)
	defer cancel()
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return errors.Join(problem.Errorf("systemd-run: %w: %s", "systemd-run：%w：%s", err, strings.TrimSpace(string(out))))
	}
	return nil
}

// Stop is [Guard.Stop]: it stops the timer. The processes notice the end themselves.
func (p Process) Stop(id int) {
	if p.SystemdRun == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), systemctlIn)
	defer cancel()
	systemctl := strings.TrimSuffix(p.SystemdRun, "systemd-run") + "systemctl"
	// If this fails the timer fires and finds nothing to do.
	_ = exec.CommandContext(ctx, systemctl, "--quiet", "stop", Unit(id)+".timer").Run()
}

// ForkGuard starts the guard as a process detached from this one, with args as its command
// line.
func ForkGuard(args []string) error { return detach.Fork(args) }

// GuardReady tells the process that started the guard that the guard is ready.
func GuardReady() error { return detach.Ready() }

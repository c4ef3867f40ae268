// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
)

// This file is the other half of the program: it runs in the guest, as process 1 or
// started by systemd.

// inGuest carries out the plan and switches the machine off.
func inGuest() {
	mountErr := mounts()
	port, err := openPort()
	if err != nil {
		fmt.Fprintln(os.Stderr, "init:", err) // goes to the kernel's console
		powerOff()
		return
	}
	tell := func(format string, args ...any) { _, _ = fmt.Fprintf(port, string(mark)+format+"\n", args...) }
	if mountErr != nil {
		tell("%v", mountErr)
	}
	if err := carryOut(port, tell); err != nil {
		tell("%v", err)
	} else {
		tell("done")
	}
	// All bytes must be sent before the machine is off: TCSBRK with 1 is tcdrain.
	_ = unix.IoctlSetInt(int(port.Fd()), unix.TCSBRK, 1)
	powerOff()
}

func powerOff() { _ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF) }

// mounts mounts the file systems of an ordinary machine, except those that systemd has
// mounted.
func mounts() error {
	var failed []error
	there, err := os.ReadFile("/proc/self/mounts")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, m := range []struct{ kind, dir, options string }{
		{"devtmpfs", "/dev", ""},
		{"devpts", "/dev/pts", ""},
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"tmpfs", "/run", "mode=755"},
		{"cgroup2", "/sys/fs/cgroup", ""},
		{"bpf", "/sys/fs/bpf", ""},
		{"tracefs", "/sys/kernel/tracing", ""},
		{"securityfs", "/sys/kernel/security", ""},
	} {
		if strings.Contains(string(there), " "+m.dir+" ") {
			continue
		}
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			failed = append(failed, err)
			continue
		}
		if err := unix.Mount(m.kind, m.dir, m.kind, 0, m.options); err != nil {
			failed = append(failed, fmt.Errorf("mount %s: %w", m.dir, err))
		}
	}
	return errors.Join(failed...)
}

// openPort opens our serial port, and sets it to pass bytes unchanged.
func openPort() (*os.File, error) {
	port, err := os.OpenFile(boardOf(runtime.GOARCH).port, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	mode, err := unix.IoctlGetTermios(int(port.Fd()), unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("read mode of the serial port: %w", err)
	}
	mode.Oflag &^= unix.OPOST
	mode.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG
	if err := unix.IoctlSetTermios(int(port.Fd()), unix.TCSETS, mode); err != nil {
		return nil, fmt.Errorf("set mode of the serial port: %w", err)
	}
	return port, nil
}

// carryOut loads the modules and runs the steps.
func carryOut(port *os.File, tell func(string, ...any)) error {
	text, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	var p plan
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	for _, name := range p.Modules {
		if err := load(name); err != nil {
			tell("module %s: %v", name, err)
		}
	}
	if err := settle(); err != nil {
		return err
	}
	tell("booted")
	for _, s := range p.Steps {
		tell("begin")
		code, err := s.run(port)
		if err != nil {
			_, _ = fmt.Fprintln(port, err)
		}
		tell("end %d", code)
	}
	return nil
}

func load(name string) error {
	data, err := os.ReadFile(moduleDir + name)
	if err != nil {
		return err
	}
	return unix.InitModule(data, "")
}

// settle sets the guest up as tests expect a machine to be. It mounts nothing on /tmp,
// because the source tree may be below it; the root file system is in memory anyway.
func settle() error {
	if err := standardFiles(); err != nil {
		return err
	}
	if err := os.MkdirAll("/tmp", 0o755); err != nil {
		return err
	}
	if err := os.Chmod("/tmp", 0o777|os.ModeSticky); err != nil {
		return err
	}
	if err := os.Chmod("/dev/net/tun", 0o666); err != nil && !errors.Is(err, os.ErrNotExist) { // udev does the same
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
		return fmt.Errorf("allow open files: %w", err)
	}
	if err := unix.Sethostname([]byte("guest")); err != nil {
		return fmt.Errorf("set host name: %w", err)
	}
	return loopback.Up()
}

// standardFiles names a program's own open files in /dev, as udev and systemd do.
func standardFiles() error {
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		if err := os.Symlink(target, "/dev/"+name); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// run runs one program and returns its exit code, or -1 with the reason.
func (s step) run(port *os.File) (code int, err error) {
	cmd := exec.Command(s.Program, s.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, port, port
	cmd.Env = append([]string{"PATH=/usr/bin:/usr/sbin", "HOME=/tmp", "LANG=C.UTF-8", "PWD=" + s.Dir}, s.Env...)
	err = cmd.Run()
	if cmd.ProcessState == nil {
		return -1, err
	}
	if cmd.ProcessState.Exited() {
		return cmd.ProcessState.ExitCode(), nil
	}
	return -1, fmt.Errorf("%s: %s", strings.TrimPrefix(s.Program, "/test/"), cmd.ProcessState)
}

// SPDX-License-Identifier: Apache-2.0

package isolate

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// marker is set in the environment of a program that [Again] has started.
const marker = "TCPVITALS_USER_NAMESPACE"

// Inside reports whether this process was started by [Again].
func Inside() bool { return os.Getenv(marker) != "" }

// Again starts this program again, with args (the program's name first), as root of a
// new user namespace, waits for it and returns its exit code. The user gains no rights
// outside: root in that namespace is the same user here.
//
// The program ends when this process ends. When ctx ends, the program gets the signal
// that a terminal would send and has five seconds to end.
func Again(ctx context.Context, args []string, s Streams) (code int, err error) {
	if Inside() {
		return 0, problem.New("a user namespace did not give the right to make network namespaces", "用户命名空间没有给予创建网络命名空间的权限")
	}
	self, err := os.Executable()
	if err != nil {
		return 0, problem.Errorf("find this program: %w", "查找本程序：%w", err)
	}
	cmd := exec.CommandContext(ctx, self, args[1:]...)
	cmd.Args[0] = args[0]
	cmd.Env = append(os.Environ(), marker+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.In, s.Out, s.Err
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGINT) }
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   unix.SIGKILL,
	}
	// The kernel sends the death signal when the thread that started the child ends,
	// so that thread must stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return 0, refused(err)
	}
	err = cmd.Wait()
	if cmd.ProcessState.Exited() { // checked even if ctx has ended, because the program may have exited normally
		return cmd.ProcessState.ExitCode(), nil
	}
	return 0, problem.Errorf("run in a user namespace: %w", "在用户命名空间中运行：%w", err)
}

// refused returns why a user namespace could not be made: user_namespaces(7).
func refused(err error) error {
	e := &problem.PermissionError{Op: "make a user namespace", OpZh: "创建用户命名空间", Err: err, Hint: "run it as root: sudo tcpvitals lab ...", HintZh: "用 root 运行：sudo tcpvitals lab ..."}
	switch {
	case errors.Is(err, unix.ENOSPC):
		e.Hint += "\nor allow user namespaces: sysctl -w user.max_user_namespaces=1024"
		e.HintZh += "\n或放开用户命名空间：sysctl -w user.max_user_namespaces=1024"
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		e.Hint += "\nor allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 on Debian," +
			"\nkernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu)"
		e.HintZh += "\n或允许非特权用户命名空间（Debian：sysctl kernel.unprivileged_userns_clone=1，" +
			"\nUbuntu：kernel.apparmor_restrict_unprivileged_userns=0）"
	default:
		return problem.Errorf("make a user namespace: %w", "创建用户命名空间：%w", err)
	}
	return e
}

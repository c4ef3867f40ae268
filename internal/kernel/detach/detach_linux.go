// SPDX-License-Identifier: Apache-2.0

package detach

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// self is this program, even if its file was replaced meanwhile.
const self = "/proc/self/exe"

// ready is what the remaining process writes when it works.
const ready = "ready\n"

// Start runs this program with args, which must call [Fork]. It returns when the
// remaining process has called [Ready]. That process is in the network namespace of
// the calling thread and has no descriptor of this process.
func Start(args []string, patience time.Duration) error {
	r, w, err := os.Pipe()
	if err != nil {
		return problem.Errorf("pipe to the detached process: %w", "与后台进程的管道：%w", err)
	}
	defer r.Close()
	cmd := command(args)
	cmd.Stdout = w
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return problem.Errorf("start the detached process: %w", "启动后台进程：%w", err)
	}
	if err := r.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return problem.Errorf("wait for the detached process: %w", "等待后台进程：%w", err)
	}
	text := make([]byte, len(ready))
	_, readErr := io.ReadFull(r, text)
	waitErr := cmd.Wait() // the intermediate process ends at once
	if readErr != nil || string(text) != ready {
		return problem.Errorf("the detached process did not start: %w", "后台进程没有启动：%w", errors.Join(readErr, waitErr))
	}
	return nil
}

// Fork starts this program with args in a new session and returns. The caller then
// ends, so that the new process has no parent that could end it.
func Fork(args []string) error {
	cmd := command(args)
	cmd.Stdout = os.Stdout
	if err := cmd.Start(); err != nil {
		return problem.Errorf("start the detached process: %w", "启动后台进程：%w", err)
	}
	return cmd.Process.Release()
}

// command starts in a new session, and in a directory that nobody needs to unmount.
func command(args []string) *exec.Cmd {
	cmd := exec.Command(self, args...)
	cmd.Args[0] = os.Args[0]
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// Ready reports to the caller of [Start] that all is well, and closes the pipe.
func Ready() error {
	if _, err := os.Stdout.WriteString(ready); err != nil {
		return problem.Errorf("say that the detached process is ready: %w", "通知后台进程已就绪：%w", err)
	}
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return problem.Errorf("open %s: %w", "打开 %s：%w", os.DevNull, err)
	}
	defer unix.Close(null)
	if err := unix.Dup3(null, int(os.Stdout.Fd()), 0); err != nil {
		return problem.Errorf("let go of the pipe: %w", "释放管道：%w", err)
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// listenerFD is the file descriptor of a worker's listener: the first of ExtraFiles.
const listenerFD = 3

// spareFDs are a worker's file descriptors for everything but sockets.
const spareFDs = 64

// workers are the processes that keep sockets open; there are several because one
// process may open at most RLIMIT_NOFILE files.
type workers struct {
	all  []*worker
	died chan error // receives the error of a worker that ended too early
}

type worker struct {
	cmd  *exec.Cmd
	hold io.WriteCloser // closing it ends the worker
	out  *bufio.Reader
}

// hire starts as many workers as the sockets need; none unless o.FDs is set.
func hire(o Options, lanes []*lane) (*workers, error) {
	w := &workers{died: make(chan error, 1)}
	if !o.FDs {
		return w, nil
	}
	share, err := socketsEach()
	if err != nil {
		return w, err
	}
	for _, l := range lanes {
		for left := l.n; left > 0; left -= share {
			if err := w.start(o.Worker, l.listener, min(left, share)); err != nil {
				return w, problem.Errorf("start a worker: %w", "启动工作进程：%w", err)
			}
		}
	}
	return w, nil
}

func socketsEach() (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, problem.Errorf("limit of open files: %w", "打开文件数上限：%w", err)
	}
	if limit.Max <= spareFDs {
		return 0, problem.Errorf("only %d open files are allowed", "只允许打开 %d 个文件", limit.Max)
	}
	return int(min(limit.Max, 1<<20)) - spareFDs, nil
}

func (w *workers) start(command []string, listener, n int) error {
	if len(command) == 0 {
		return problem.New("no command line is known for it", "不知道启动它的命令行")
	}
	fd, err := unix.FcntlInt(uintptr(listener), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	cmd := exec.Command(command[0], append(command[1:len(command):len(command)], strconv.Itoa(n))...)
	cmd.ExtraFiles = []*os.File{file}
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	one := &worker{cmd: cmd, hold: in, out: bufio.NewReader(out)}
	w.all = append(w.all, one)
	return nil
}

// ready waits until every worker has all its sockets, and watches the workers from
// then on.
func (w *workers) ready(ctx context.Context) error {
	for _, one := range w.all {
		if _, err := one.out.ReadString('\n'); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return problem.Errorf("a worker ended before it had its sockets: %w", "一个工作进程在建好套接字之前结束：%w", err)
		}
	}
	for _, one := range w.all {
		go func() {
			_, _ = one.out.ReadByte() // returns only when the worker ends
			select {
			case w.died <- problem.New("a worker has ended", "一个工作进程已结束"):
			default:
			}
		}()
	}
	return nil
}

// dismiss ends all workers and waits for them.
func (w *workers) dismiss() {
	for _, one := range w.all {
		_ = one.hold.Close()
	}
	for _, one := range w.all {
		_ = one.cmd.Wait()
	}
}

// Worker is the main function of a worker process. It accepts n sockets from the
// inherited listener, reports that in a line on out, and keeps the sockets open until
// in ends, which happens when its parent is gone.
func Worker(n int, in io.Reader, out io.Writer) error {
	accepted := make(chan error, 1)
	go func() { accepted <- acceptAll(n) }()
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in)
		close(over)
	}()
	select {
	case <-over:
		return nil
	case err := <-accepted:
		if err != nil {
			return err
		}
	}
	if _, err := io.WriteString(out, "ready\n"); err != nil {
		return err
	}
	<-over
	return nil
}

// acceptAll accepts n sockets. The listener is non-blocking, because all its holders
// share its flags.
func acceptAll(n int) error {
	for i := 0; i < n; {
		_, err := acceptFD(listenerFD)
		switch {
		case err == nil:
			i++
		case errors.Is(err, unix.EAGAIN):
			if _, err := unix.Poll([]unix.PollFd{{Fd: listenerFD, Events: unix.POLLIN}}, -1); err != nil && !errors.Is(err, unix.EINTR) {
				return problem.Errorf("wait for a socket: %w", "等待套接字：%w", err)
			}
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
		default:
			return problem.Errorf("accept: %w", "accept：%w", err)
		}
	}
	return nil
}

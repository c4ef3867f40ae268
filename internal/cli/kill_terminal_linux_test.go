// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A console is the other side of a terminal, with what the terminal has shown.
type console struct {
	*os.File

	tty  *os.File
	mu   sync.Mutex
	text bytes.Buffer
}

func newConsole(t *testing.T) *console {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	must(t, err)
	must(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(t, err)
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	c := &console{File: os.NewFile(uintptr(fd), "console"), tty: tty}
	t.Cleanup(func() { _ = c.Close(); _ = tty.Close() })
	go func() {
		part := make([]byte, 4096)
		for {
			n, err := c.Read(part)
			c.mu.Lock()
			c.text.Write(part[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

func (c *console) shown() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

func (c *console) types(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	must(t, err)
}

// killAt starts kill on a terminal. Standard output goes to redirect if that is not
// nil.
func killAt(t *testing.T, ns *testnet.NS, c *console, redirect *os.File, args ...string) *testnet.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	program := filepath.Join(t.TempDir(), "tcpvitals")
	must(t, os.Symlink(self, program))
	if !slices.Contains(args, "--state-dir") {
		args = append(args, "--state-dir", t.TempDir()+"/state")
	}
	cmd := ns.Command(program, append([]string{"kill"}, args...)...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.tty, c.tty, c.tty
	if redirect != nil {
		cmd.Stdout = redirect
	}
	must(t, cmd.Start())
	return cmd
}

const killQuestion = "Close these 2? [y/N]"

// TestKillTypedBefore: input typed before the question is not an answer to it.
func TestKillTypedBefore(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 2)
	c := newConsole(t)
	c.types(t, "y\n")
	cmd := killAt(t, ns, c, nil, "state close-wait")
	await(t, "it asks", func() bool { return strings.Contains(c.shown(), killQuestion) })
	time.Sleep(200 * time.Millisecond) // it must still be waiting
	if n := len(rowsOf(t, ns, tcp.CloseWait)); n != 2 {
		t.Fatalf("%d are left: what was typed before counted\n%s", n, c.shown())
	}
	c.types(t, "y\n")
	_ = cmd.Wait()
	if n := len(rowsOf(t, ns, tcp.CloseWait)); n != 0 || cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("%d are left, exit code %d\n%s", n, cmd.ProcessState.ExitCode(), c.shown())
	}
}

// TestKillUnread: if the list goes to a file, nobody has read it, so kill refuses.
func TestKillUnread(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 2)
	c := newConsole(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "list"))
	must(t, err)
	defer file.Close()
	cmd := killAt(t, ns, c, file, "state close-wait")
	answer := time.AfterFunc(300*time.Millisecond, func() { _, _ = io.WriteString(c, "y\n") })
	_ = cmd.Wait()
	answer.Stop()
	await(t, "it says so", func() bool { return strings.Contains(c.shown(), "standard output is no terminal") })
	if n := len(rowsOf(t, ns, tcp.CloseWait)); n != 2 || cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("%d are left, exit code %d\n%s", n, cmd.ProcessState.ExitCode(), c.shown())
	}
}

// TestKillHalfAnswer: only a whole line is an answer, even at the end of the input.
func TestKillHalfAnswer(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 2)
	c := newConsole(t)
	cmd := killAt(t, ns, c, nil, "state close-wait")
	await(t, "it asks", func() bool { return strings.Contains(c.shown(), killQuestion) })
	c.types(t, "y\x04\x04") // the first Ctrl-D passes on the incomplete line, the second ends the input
	_ = cmd.Wait()
	if n := len(rowsOf(t, ns, tcp.CloseWait)); n != 2 || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%d are left, exit code %d\n%s", n, cmd.ProcessState.ExitCode(), c.shown())
	}
}

// TestKillCalledOff: a yes after a signal that ends the command does not count,
// however soon it comes.
func TestKillCalledOff(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 2)
	for range 5 {
		c := newConsole(t)
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGUSR1)
		env := cli.System("v0.0.0-test")
		yes := func() bool { return true }
		env.Stdin, env.Stdout, env.Stderr, env.Asking, env.Showing, env.Forget = c.tty, c.tty, c.tty, yes, yes, nil
		told := make(chan struct{})
		go func() {
			defer close(told)
			for !strings.Contains(c.shown(), killQuestion) && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			_ = syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			_, _ = io.WriteString(c, "y\n")
		}()
		var code int
		ns.Do(func() { code = cli.Main(ctx, env, []string{"kill", "--no-log", "state close-wait"}) })
		stop()
		<-told
		if n := len(rowsOf(t, ns, tcp.CloseWait)); n != 2 || code == 0 {
			t.Fatalf("%d are left, exit code %d\n%s", n, code, c.shown())
		}
	}
}

// TestKillCalledOffLate: a signal that is noticed only after the answer was read still
// counts.
func TestKillCalledOffLate(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 2)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	env := cli.System("v0.0.0-test")
	yes := func() bool { return true }
	env.Stdin, env.Stdout, env.Stderr, env.Asking, env.Showing, env.Forget = lateStop{strings.NewReader("y\n"), stop}, io.Discard, io.Discard, yes, yes, nil
	var code int
	ns.Do(func() { code = cli.Main(ctx, env, []string{"kill", "--no-log", "state close-wait"}) })
	if n := len(rowsOf(t, ns, tcp.CloseWait)); n != 2 || code == 0 {
		t.Errorf("%d are left, exit code %d", n, code)
	}
}

// lateStop is an answer after which the end of the command is noticed.
type lateStop struct {
	io.Reader

	stop func()
}

func (l lateStop) Read(p []byte) (int, error) {
	time.AfterFunc(5*time.Millisecond, l.stop)
	return l.Reader.Read(p)
}

// TestKillJournalFirst: a problem with the journal is reported before the question is
// asked.
func TestKillJournalFirst(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 2)
	state := t.TempDir()
	must(t, os.Chmod(state, 0o777))
	c := newConsole(t)
	cmd := killAt(t, ns, c, nil, "state close-wait", "--state-dir", state)
	_ = cmd.Wait()
	await(t, "it says so", func() bool { return strings.Contains(c.shown(), "others may write to it") })
	if strings.Contains(c.shown(), killQuestion) || cmd.ProcessState.ExitCode() == 0 {
		t.Errorf("exit code %d\n%s", cmd.ProcessState.ExitCode(), c.shown())
	}
}

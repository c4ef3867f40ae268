// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// suspendable says that this process is the program that a shell of TestSuspend
// has started.
const suspendable = "TCPVITALS_TEST_SUSPENDABLE"

// aShell starts the program as a job, goes on when it is stopped, and takes it to
// the front again when something was typed.
const aShell = `set -m
"$0" -test.run '^TestSuspend$'
echo to the shell
read answer
fg
echo over`

// TestSuspend: Ctrl-Z leads to the shell, on a terminal as it was before; and back
// from there it draws all anew, and takes keys.
func TestSuspend(t *testing.T) {
	if os.Getenv(suspendable) != "" {
		o := (&terminal{t: t}).options()
		o.In, o.Out = os.Stdin, os.Stdout
		if err := Run(t.Context(), o); err != nil {
			t.Error(err)
		}
		return
	}
	c := newTerminal(t, 80, 24)
	before := c.settings()
	shell := exec.Command("sh", "-c", aShell, os.Args[0])
	shell.Env = append(os.Environ(), suspendable+"=1")
	shell.Stdin, shell.Stdout, shell.Stderr = c.tty, c.tty, c.tty
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- shell.Wait() }()
	t.Cleanup(func() { _ = shell.Process.Kill() }) // the job ends with its terminal
	c.sees("▶ESTABLISHED")
	c.types("\x1a")
	c.sees("to the shell")
	c.left(before)
	c.types("\n")
	c.sees("▶ESTABLISHED")
	if !c.em.IsAltScreen() {
		t.Error("it is drawn over the shell's screen")
	}
	c.types("2")
	c.sees("census --by process,state")
	c.types("q")
	c.sees("over")
	select {
	case err := <-over:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the shell does not end")
	}
	c.left(before)
}

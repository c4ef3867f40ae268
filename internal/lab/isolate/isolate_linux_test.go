// SPDX-License-Identifier: Apache-2.0

package isolate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestMain lets the test binary act as the program that starts itself again, first
// outside and then inside a user namespace.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) != 2 || os.Args[1] != "again":
		testnet.Main(m)
	case Inside():
		interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		go func() {
			<-interrupted.Done()
			os.Exit(8)
		}()
		fmt.Println(os.Getpid(), os.Getuid(), Check() == nil)
		if _, err := os.Stdin.Read(make([]byte, 1)); err == nil {
			os.Exit(7)
		}
		time.Sleep(time.Hour) // the test kills it long before
	default:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		code, err := Again(ctx, os.Args, Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(code)
	}
}

// start runs the program and returns what the program inside the namespace prints
// about itself.
func start(t *testing.T) (outer *exec.Cmd, stdin *os.File, inner int, said string) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { write.Close() })
	defer read.Close()
	outer = exec.Command(os.Args[0], "again")
	outer.Stdin = read
	out, err := outer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := outer.Start(); err != nil {
		t.Fatal(err)
	}
	said, err = bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.HasPrefix(said, "failed: ") {
		_ = outer.Wait()
		testnet.Skip(t, testnet.UserNS, said)
	}
	inner, err = strconv.Atoi(strings.Fields(said)[0])
	if err != nil {
		t.Fatal(err)
	}
	return outer, write, inner, said
}

func TestAgainIsRootInside(t *testing.T) {
	outer, stdin, _, said := start(t)
	if !strings.HasSuffix(said, " 0 true\n") {
		t.Errorf("user id and right to make network namespaces inside: %s", said)
	}
	if _, err := stdin.Write([]byte{1}); err != nil {
		t.Error(err)
	}
	err := outer.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 7 {
		t.Errorf("the exit code inside was 7, outside it is %v", err)
	}
}

// TestAgainIsInterrupted: an interrupt reaches the process inside, which may exit
// normally, and its exit code is returned.
func TestAgainIsInterrupted(t *testing.T) {
	outer, _, _, _ := start(t)
	if err := outer.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := outer.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 8 {
		t.Errorf("the exit code inside was 8, outside it is %v", err)
	}
}

func TestAgainDiesWithItsParent(t *testing.T) {
	outer, _, inner, _ := start(t)
	if err := outer.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = outer.Wait()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if gone(inner) {
			return
		}
	}
	_ = unix.Kill(inner, unix.SIGKILL)
	t.Error("the process inside outlives the killed one outside by 30 s")
}

// gone reports whether a process has ended, even if nobody has waited for it yet.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestOnThreadDoesNotMoveTheProcess(t *testing.T) {
	before, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	var inside string
	err = OnThread(func() error {
		if err := NetWithHash(4096); err != nil {
			return err
		}
		var err error
		inside, err = os.Readlink(Path())
		return err
	})
	if denied, ok := errors.AsType[*problem.PermissionError](err); ok {
		testnet.Skip(t, "netns", denied.Error())
	}
	after, _ := os.Readlink("/proc/self/ns/net")
	if err != nil || before != after || inside == before {
		t.Errorf("outside %s, then %s; inside %s; %v", before, after, inside, err)
	}
}

func TestRefused(t *testing.T) {
	for errno, want := range map[error]string{
		unix.ENOSPC: "user.max_user_namespaces",
		unix.EPERM:  "kernel.unprivileged_userns_clone",
		unix.EACCES: "kernel.apparmor_restrict_unprivileged_userns",
	} {
		err := refused(&os.PathError{Op: "fork/exec", Path: "x", Err: errno})
		denied, ok := errors.AsType[*problem.PermissionError](err)
		if !ok || !strings.Contains(denied.Hint, want) || !errors.Is(err, errno) {
			t.Errorf("%v: %v", errno, err)
		}
	}
	if _, ok := errors.AsType[*problem.PermissionError](refused(unix.ENOMEM)); ok {
		t.Error("no memory is no matter of permission")
	}
}

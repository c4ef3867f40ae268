// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestMain lets the test binary act as a worker, or as a whole holder, for tests that
// need another process.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "worker":
		n, _ := strconv.Atoi(os.Args[2])
		if err := Worker(n, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(os.Args) == 3 && os.Args[1] == "holder":
		holder(os.Args[2])
	default:
		testnet.Main(m)
	}
}

// cases are the options with which the tests run the holder.
func cases() map[string]Options {
	worker := []string{os.Args[0], "worker"}
	return map[string]Options{
		"time-wait":       {State: tcp.TimeWait, N: 3001},
		"syn-recv":        {State: tcp.SynRecv, N: 3001},
		"established":     {State: tcp.Established, N: 3001},
		"close-wait":      {State: tcp.CloseWait, N: 3001},
		"established fds": {State: tcp.Established, N: 3001, FDs: true, Worker: worker},
		"close-wait fds":  {State: tcp.CloseWait, N: 3001, FDs: true, Worker: worker},
		"fin-wait1":       {State: tcp.FinWait1, N: 20},
		"last-ack":        {State: tcp.LastAck, N: 20},
		"all":             {N: 2},
	}
}

func holder(name string) {
	o := cases()[name]
	o.OwnHash = true
	err := Run(context.Background(), o, func(h Held) error {
		fmt.Println(h.Netns)
		return nil
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// run holds the sockets for a moment and returns what was held.
func run(t *testing.T, o Options) Held {
	t.Helper()
	var held Held
	o.OwnHash, o.For = true, time.Millisecond
	err := Run(t.Context(), o, func(h Held) error { held = h; return nil })
	if denied, ok := errors.AsType[*problem.PermissionError](err); ok {
		testnet.Skip(t, "netns", denied.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func TestRunIsExact(t *testing.T) {
	for name, o := range cases() {
		for _, kind := range []wire.Kind{wire.TUN, wire.Veth} {
			t.Run(name+"/"+kind.String(), func(t *testing.T) {
				o.Wire = kind
				held := run(t, o)
				if held.Wire != kind {
					t.Errorf("the wire is %v", held.Wire)
				}
				wanted := []tcp.State{o.State}
				if o.State == 0 {
					wanted = States()
				}
				if len(held.Gaps) > 0 { // this kernel does not show all sockets
					mustNotShowBound(t, held)
					wanted = slices.DeleteFunc(slices.Clone(wanted), func(s tcp.State) bool { return s == tcp.Bound })
				}
				for _, s := range wanted {
					if held.Counts[s] != o.N {
						t.Errorf("%v: %d, want %d", s, held.Counts[s], o.N)
					}
				}
				listeners := held.Counts[tcp.Listen]
				if o.State == 0 {
					listeners = 0 // the listeners were requested, so they count
				}
				if got := held.Total() - listeners; got != o.N*len(wanted) {
					t.Errorf("%d sockets in all: %v", got, held.Counts)
				}
			})
		}
	}
}

// mustNotShowBound fails the test unless the only gap is about bound sockets, and this
// kernel really does not show them.
func mustNotShowBound(t *testing.T, held Held) {
	t.Helper()
	var shown bool
	testnet.New(t, testnet.Options{}).Do(func() {
		var err error
		if shown, err = sockdiag.ShowsBound(); err != nil {
			t.Fatal(err)
		}
	})
	if shown || len(held.Gaps) != 1 || held.Gaps[0].Source != "BOUND" {
		t.Errorf("gaps %v; the kernel shows bound sockets: %v", held.Gaps, shown)
	}
}

// A holder that is killed leaves nothing behind. The test limits a user namespace to
// one network namespace more: a second one can be made only when the first is gone.
func TestKilledLeavesNothing(t *testing.T) {
	testnet.Require(t, testnet.UserNS)
	for name := range cases() {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "holder", name)
			cmd.SysProcAttr = &syscall.SysProcAttr{
				Cloneflags:  unix.CLONE_NEWUSER,
				UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
				GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
			}
			user := startHolder(t, cmd)
			defer user.Close()
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			awaitNoNamespaces(t, user)
		})
	}
}

// startHolder starts a holder, waits until it holds its sockets, and returns its user
// namespace.
func startHolder(t *testing.T, cmd *exec.Cmd) *os.File {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		testnet.Skip(t, "netns", err.Error())
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatal(err, stderr.String())
	}
	user, err := os.Open(fmt.Sprintf("/proc/%d/ns/user", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// awaitNoNamespaces waits until the user namespace has no network namespace any more:
// then a new one can be made within its limit.
func awaitNoNamespaces(t *testing.T, user *os.File) {
	t.Helper()
	script := `echo 1 > /proc/sys/user/max_net_namespaces && unshare --net true`
	var out []byte
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		cmd := exec.Command("nsenter", "--user=/proc/self/fd/3", "--preserve-credentials", "sh", "-c", script)
		cmd.ExtraFiles = []*os.File{user}
		if out, err = cmd.CombinedOutput(); err == nil {
			return
		}
	}
	t.Errorf("after a minute the network namespace is still there: %v: %s", err, out)
}

func TestFDsHaveOwners(t *testing.T) {
	o := cases()["established fds"]
	o.OwnHash = true
	err := isolate.OnThread(func() error {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		return Run(ctx, o, func(h Held) error {
			defer stop()
			out, err := exec.Command("nsenter", "--net="+h.Netns, "ss", "-Htane", "state", "established").Output()
			if err != nil {
				return fmt.Errorf("ss: %w", err)
			}
			if got := strings.Count(string(out), " ino:"); got != o.N {
				return fmt.Errorf("%d of %d sockets have an inode", got, o.N)
			}
			return nil
		})
	})
	if denied, ok := errors.AsType[*problem.PermissionError](err); ok {
		testnet.Skip(t, "netns", denied.Error())
	}
	if errors.Is(err, exec.ErrNotFound) {
		testnet.Skip(t, testnet.Tools, "nsenter or ss is not installed")
	}
	if err != nil {
		t.Error(err)
	}
}

// TestRefresh: a bare ACK to each socket restarts its 60 s in TIME_WAIT.
func TestRefresh(t *testing.T) {
	var before, after, took time.Duration
	err := isolate.OnThread(func() error {
		o := Options{State: tcp.TimeWait, N: 300, OwnHash: true}
		if err := errors.Join(enter(o), setSysctls(o.N)); err != nil {
			return err
		}
		lanes, err := openLanes(o)
		defer closeLanes(lanes)
		if err != nil {
			return err
		}
		l := lanes[0]
		if err := l.fill(t.Context()); err != nil {
			return err
		}
		time.Sleep(time.Second)
		before, err = shortest()
		l.started = l.started.Add(-refreshEvery)
		begun := time.Now()
		err = errors.Join(err, l.refresh())
		var late error
		after, late = shortest()
		took = time.Since(begun)
		return errors.Join(err, late)
	})
	if denied, ok := errors.AsType[*problem.PermissionError](err); ok {
		testnet.Skip(t, "netns", denied.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	if before > 59500*time.Millisecond || after < 59600*time.Millisecond-took {
		t.Errorf("the first timer to run out had %v left before and %v after refreshing, which took %v", before, after, took)
	}
}

// shortest is the shortest remaining time of any TIME_WAIT socket.
func shortest() (time.Duration, error) {
	c, err := sockdiag.Open()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	rows, err := c.Rows(context.Background(), tcp.SetOf(tcp.TimeWait))
	left := time.Hour
	for _, row := range rows {
		left = min(left, row.Expires)
	}
	return left, err
}

func TestInterruptedWhileMaking(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	err := Run(ctx, Options{State: tcp.TimeWait, N: 100_000, OwnHash: true}, func(Held) error { return nil })
	if denied, ok := errors.AsType[*problem.PermissionError](err); ok {
		testnet.Skip(t, "netns", denied.Error())
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestPeersAreDistinct(t *testing.T) {
	l := &lane{}
	lanes, err := []*lane{l}, error(nil)
	if err = isolate.OnThread(func() error {
		if err := enter(Options{N: 1, OwnHash: true}); err != nil {
			return err
		}
		lanes, err = openLanes(Options{State: tcp.TimeWait, N: bulkLimit})
		return err
	}); err != nil {
		testnet.Skip(t, "netns", err.Error())
	}
	defer closeLanes(lanes)
	for _, l := range lanes {
		for _, i := range []int{0, 1, 249, 250, 251, 499_999, 999_999, l.n - 1} {
			p := l.peer(i)
			if l.index(p) != i || !l.prefix.Contains(p.Addr()) || p.Addr() == l.kernel.Addr() || p.Port() < firstPort {
				t.Errorf("connection %d: peer %v, index %d", i, p, l.index(p))
			}
		}
	}
}

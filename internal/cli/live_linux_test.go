// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// answer runs the command line inside a namespace and decodes its JSON.
func answer(t *testing.T, ns *testnet.NS, into any, args ...string) {
	t.Helper()
	ns.Do(func() { answerHere(t, into, args...) })
}

// answerHere is answer in the thread's own namespace. It accepts exit code 3, because
// a machine may have processes that may not be inspected.
func answerHere(t *testing.T, into any, args ...string) {
	t.Helper()
	answerTo(t, cli.System("v0.0.0-test"), into, args...)
}

func answerTo(t *testing.T, env *cli.Env, into any, args ...string) {
	t.Helper()
	var out, problems bytes.Buffer
	env.Stdout, env.Stderr = &out, &problems
	code := cli.Main(context.Background(), env, append(args, "-o", "json"))
	if code != 0 && code != 3 {
		t.Fatalf("%v: exit code %d: %s", args, code, problems.String())
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.String())
	}
}

// answerBetween is answer with a window; it calls happens between the two readings. By
// the clock of the answer, the window is as long as requested, however long the
// readings take.
func answerBetween(t *testing.T, ns *testnet.NS, into any, happens func(), window time.Duration, args ...string) {
	t.Helper()
	env := cli.System("v0.0.0-test")
	now, waits := time.Now(), 0
	env.Now = func() time.Time { return now }
	env.Wait = func(_ context.Context, d time.Duration) error {
		happens()
		now = now.Add(d)
		waits++
		return nil
	}
	ns.Do(func() { answerTo(t, env, into, append(args, "--window", window.String())...) })
	if waits != 1 {
		t.Fatalf("%v: waited %d times", args, waits)
	}
}

// await waits until a condition is true, and fails after half a minute, which nothing
// here takes.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// endpoint is an IPv4 loopback address.
func endpoint(last byte, port int) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, last}, Port: port}
}

// openSocket opens a TCP socket inside a namespace and closes it when the test ends.
func openSocket(t *testing.T, ns *testnet.NS, options ...int) (fd int) {
	t.Helper()
	fd = newSocket(t, ns)
	t.Cleanup(func() { _ = unix.Close(fd) })
	for _, option := range options {
		must(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1))
	}
	return fd
}

// newSocket is openSocket without closing.
func newSocket(t *testing.T, ns *testnet.NS) (fd int) {
	t.Helper()
	var err error
	ns.Do(func() { fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0) })
	must(t, err)
	return fd
}

// listenOn opens a listener inside a namespace with the given argument of listen().
func listenOn(t *testing.T, ns *testnet.NS, at *unix.SockaddrInet4, backlog int, options ...int) (fd int) {
	t.Helper()
	fd = openSocket(t, ns, append(options, unix.SO_REUSEADDR)...)
	must(t, unix.Bind(fd, at))
	must(t, unix.Listen(fd, backlog))
	return fd
}

// connectTo begins n connections, one after the other. Each exists when the function
// returns, unless its SYN was dropped.
func connectTo(t *testing.T, ns *testnet.NS, to *unix.SockaddrInet4, n int) {
	t.Helper()
	for range n {
		if err := connect(t, ns, openSocket(t, ns), to); err != nil {
			t.Fatalf("connect: %v", err)
		}
	}
}

// connect begins a connection on loopback and waits until the kernel has processed its
// packets: then the connection exists or its SYN was dropped. A busy processor leaves
// packets to ksoftirqd.
func connect(t *testing.T, ns *testnet.NS, fd int, to *unix.SockaddrInet4) error {
	t.Helper()
	dropped := listenDrops(t, ns)
	if err := unix.Connect(fd, to); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return err
	}
	await(t, "the SYN is answered or dropped", func() bool {
		return stateOf(t, fd) != tcp.SynSent || listenDrops(t, ns) > dropped
	})
	testnet.Delivered(t)
	return nil
}

// stateOf returns the state of a socket. After TIME_WAIT has replaced the socket, it
// is CLOSE.
func stateOf(t *testing.T, fd int) tcp.State {
	t.Helper()
	info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
	must(t, err)
	return tcp.State(info.State)
}

// listenDrops returns the namespace's TcpExt.ListenDrops.
func listenDrops(t *testing.T, ns *testnet.NS) (n int) {
	t.Helper()
	var text []byte
	var err error
	ns.Do(func() { text, err = os.ReadFile("/proc/thread-self/net/netstat") })
	must(t, err)
	lines := strings.Split(string(text), "\n")
	for i, line := range lines[:len(lines)-1] {
		if at := slices.Index(strings.Fields(line), "ListenDrops"); at >= 0 {
			n, err = strconv.Atoi(strings.Fields(lines[i+1])[at])
			must(t, err)
			return n
		}
	}
	t.Fatal("no ListenDrops")
	return 0
}

// acceptAll accepts and closes all waiting connections and returns their number.
func acceptAll(listener int) (n int) {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err != nil { // EAGAIN: no connection is waiting
			return n
		}
		_ = unix.Close(fd)
		n++
	}
}

// acceptAndClose waits for that many connections, accepts and closes them.
func acceptAndClose(t *testing.T, listener, n int) {
	t.Helper()
	for done := 0; done < n; {
		await(t, "a connection to accept", func() bool {
			fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
			if errors.Is(err, unix.EAGAIN) {
				return false
			}
			must(t, err)
			must(t, unix.Close(fd))
			done++
			return true
		})
	}
}

// inodeOf returns the inode of a socket, which identifies the socket in an answer.
func inodeOf(t *testing.T, fd int) uint32 {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Fstat(fd, &st))
	return uint32(st.Ino)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rowsOf returns the sockets of a namespace in a state.
func rowsOf(t *testing.T, ns *testnet.NS, state tcp.State) (rows []socket.Socket) {
	t.Helper()
	ns.Do(func() {
		c, err := sockdiag.Open()
		must(t, err)
		defer c.Close()
		rows, err = c.Rows(t.Context(), tcp.SetOf(state))
		must(t, err)
	})
	return rows
}

// showsBound reports whether this kernel shows sockets that are bound and idle.
func showsBound() (bool, error) { return sockdiag.ShowsBound() }

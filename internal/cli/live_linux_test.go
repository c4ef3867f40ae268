// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/lab/diag"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// answer runs the command line inside a namespace and decodes its JSON.
func answer(t *testing.T, ns *testnet.NS, into any, args ...string) {
	t.Helper()
	ns.Do(func() { answerHere(t, into, args...) })
}

// answerHere is answer where the thread is. Exit code 3 is let pass: a machine
// may have processes that nobody may look into.
func answerHere(t *testing.T, into any, args ...string) {
	t.Helper()
	var out, problems bytes.Buffer
	env := cli.System("v0.0.0-test")
	env.Stdout, env.Stderr = &out, &problems
	code := cli.Main(context.Background(), env, append(args, "-o", "json"))
	if code != 0 && code != 3 {
		t.Fatalf("%v: exit code %d: %s", args, code, problems.String())
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.String())
	}
}

// endpoint is an IPv4 loopback address.
func endpoint(last byte, port int) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, last}, Port: port}
}

// openSocket opens a TCP socket inside a namespace; it is closed with the test.
func openSocket(t *testing.T, ns *testnet.NS, options ...int) (fd int) {
	t.Helper()
	fd = newSocket(t, ns)
	t.Cleanup(func() { _ = unix.Close(fd) })
	for _, option := range options {
		must(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1))
	}
	return fd
}

// newSocket is openSocket without the closing.
func newSocket(t *testing.T, ns *testnet.NS) (fd int) {
	t.Helper()
	var err error
	ns.Do(func() { fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0) })
	must(t, err)
	return fd
}

// listenOn opens a listener inside a namespace with listen()'s own backlog.
func listenOn(t *testing.T, ns *testnet.NS, at *unix.SockaddrInet4, backlog int, options ...int) (fd int) {
	t.Helper()
	fd = openSocket(t, ns, append(options, unix.SO_REUSEADDR)...)
	must(t, unix.Bind(fd, at))
	must(t, unix.Listen(fd, backlog))
	return fd
}

// connectTo begins n connections. On loopback each is there when connect
// returns, unless its SYN was dropped.
func connectTo(t *testing.T, ns *testnet.NS, to *unix.SockaddrInet4, n int) {
	t.Helper()
	for range n {
		if err := unix.Connect(openSocket(t, ns), to); err != nil && !errors.Is(err, unix.EINPROGRESS) {
			t.Fatalf("connect: %v", err)
		}
	}
}

// acceptAll accepts what waits, closes it and returns how many there were.
func acceptAll(listener int) (n int) {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err != nil { // EAGAIN: nothing waits any more
			return n
		}
		_ = unix.Close(fd)
		n++
	}
}

// inodeOf returns the inode of a socket, by which the answer names it.
func inodeOf(t *testing.T, fd int) uint32 {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Fstat(fd, &st))
	return uint32(st.Ino)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// showsBound reports whether this kernel shows sockets that are bound but idle.
func showsBound() (bool, error) {
	c, err := diag.Dial()
	if err != nil {
		return false, err
	}
	defer c.Close()
	return c.ShowsBound()
}

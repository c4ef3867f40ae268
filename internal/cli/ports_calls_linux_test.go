// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestPortsNobodyBinds: calls to a full accept queue use up connect()'s half of the
// range. They come and go, and so the other half is in use while the first has ports
// left. Another destination has its ports in TIME_WAIT. Nobody calls bind() before
// connect(), and in no look is bind() blamed.
func TestPortsNobodyBinds(t *testing.T) {
	l := newPortLab(t, map[string]string{"net.ipv4.ip_local_port_range": "40000 43999"})
	full := listenOn(t, l.ns, endpoint(1, 9000), 16)
	waiting := callAll(t, l.ns, 9000, 2300)
	l.leave(20, 8080, plainConnect)
	for range 12 {
		hangUp(t, waiting[:31])
		waiting = append(waiting[31:], callAll(t, l.ns, 9000, 30)...)
		if fd, _, err := unix.Accept(full); err == nil {
			must(t, unix.Close(fd))
		}
		nobodyBinds(t, l.ns)
	}
	hangUp(t, waiting[:1900]) // the oldest have the ports of the first half
	waiting = waiting[1900:]
	defer hangUp(t, waiting)
	nobodyBinds(t, l.ns)
	doctorOf(t, l.ns).silent(t, "TW05")
	rows := rowsOf(t, l.ns, tcp.SynSent)
	if !slices.ContainsFunc(rows, func(s socket.Socket) bool { return s.Local.Port()%2 == 1 }) {
		t.Errorf("none of %d calls has a port of the second half: the test shows nothing", len(rows))
	}
}

func nobodyBinds(t *testing.T, ns *testnet.NS) {
	t.Helper()
	var doc destinations
	answer(t, ns, &doc, "ports")
	for _, r := range doc.Destinations {
		if r.Inferred != 0 || slices.Contains(r.Advice, "bind-no-port") {
			t.Errorf("bind() is blamed: %+v", r)
		}
	}
}

// callAll begins n connections without waiting for an answer.
func callAll(t *testing.T, ns *testnet.NS, port, n int) (fds []int) {
	t.Helper()
	for range n {
		fd := newSocket(t, ns)
		fds = append(fds, fd)
		if err := unix.Connect(fd, endpoint(1, port)); err != nil && !errors.Is(err, unix.EINPROGRESS) {
			t.Fatal(err)
		}
	}
	return fds
}

func hangUp(t *testing.T, fds []int) {
	t.Helper()
	for _, fd := range fds {
		must(t, unix.Close(fd))
	}
}

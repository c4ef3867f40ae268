// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestDoctorNobodyAccepts: a program does not accept. Clients that have gone meanwhile
// are not a separate problem.
func TestDoctorNobodyAccepts(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	fd := listenOn(t, ns, endpoint(1, 8080), 5)
	clients := make([]int, 10)
	for i := range clients {
		clients[i] = openSocket(t, ns)
		must(t, connect(t, ns, clients[i], endpoint(1, 8080))) // the last connections are not completed
	}
	for _, client := range clients[:3] {
		must(t, unix.Shutdown(client, unix.SHUT_WR))
	}
	pid := adopt(t, "deaf", fd)
	v := doctorWhile(t, ns, func() { connectTo(t, ns, endpoint(1, 8080), 4) }, time.Second) // these are not completed either
	f := v.finding(t, "AQ01", "critical")
	f.about(t, "127.0.0.1:8080", "deaf", pid)
	f.says(t, fmt.Sprintf("accept queue of deaf[%d]", pid), "127.0.0.1:8080 is full: 6 waiting, limit 5", "find what blocks the accept loop")
	f.proposes(t)
	f.explains(t, "CW02", "ES01")
	v.silent(t, "CW01")
}

// busy makes a listener that accepts too rarely: its queue overflows between two
// readings and is emptied once.
func busy(t *testing.T, ns *testnet.NS, backlog int) found {
	t.Helper()
	fd := listenOn(t, ns, endpoint(1, 8080), backlog)
	connectTo(t, ns, endpoint(1, 8080), 3)
	v := doctorBetween(t, ns, func() {
		acceptAll(fd)
		connectTo(t, ns, endpoint(1, 8080), 12)
	})
	f := v.finding(t, "AQ01", "critical")
	comm, err := os.ReadFile("/proc/self/comm")
	must(t, err)
	f.about(t, "127.0.0.1:8080", strings.TrimSpace(string(comm)), os.Getpid())
	if n := f.evidence(t, "TcpExt.ListenOverflows"); n < 6 {
		t.Errorf("%g overflows of 12 connections and 6 places", n)
	}
	return f
}

// TestDoctorBacklog: the application asks for too short a queue.
func TestDoctorBacklog(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.core.somaxconn", "4096")
	f := busy(t, ns, 5)
	f.says(t, "the limit is the application's own backlog (somaxconn is 4096)", "'s backlog; somaxconn would change nothing")
	f.proposes(t)
}

// TestDoctorSomaxconn: the application asks for a longer queue than somaxconn allows.
func TestDoctorSomaxconn(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.core.somaxconn", "5")
	f := busy(t, ns, 1000)
	f.says(t, "the limit is net.core.somaxconn (5)", "it is read at listen() only")
	f.proposes(t, "net.core.somaxconn=4096") // the kernel's default, Linux 5.4
	f.explains(t, "AQ02")
}

// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// pairs makes n connections on loopback and returns both ends.
func pairs(t *testing.T, ns *testnet.NS, n int) (clients, servers []int) {
	t.Helper()
	listener := listenOn(t, ns, endpoint(1, 8080), n)
	for range n {
		fd := openSocket(t, ns)
		must(t, connect(t, ns, fd, endpoint(1, 8080)))
		clients = append(clients, fd)
	}
	return clients, acceptOpen(t, listener, n)
}

// TestDoctorCloseWaitLeak: a program does not close connections that its peers have
// closed. The peers' FIN_WAIT2 are on this host too and have not waited for long.
func TestDoctorCloseWaitLeak(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 120)
	pid := adopt(t, "leaky", servers...)
	letGo(t, clients)
	// The ACKs of their FINs may be delayed; closes within the window do not count as
	// a backlog.
	await(t, "the clients are in FIN_WAIT2", func() bool { return len(rowsOf(t, ns, tcp.FinWait2)) == len(clients) })
	v := doctorWhile(t, ns, func() {}, time.Second)
	f := v.finding(t, "CW01", "warning")
	f.about(t, fmt.Sprintf("leaky[%d]", pid), "leaky", pid)
	f.says(t, " has not closed 120 connections on :8080 that its peers closed over 1")
	f.proposes(t)
	v.silent(t, "CW02", "AQ01", "FW01")
}

// TestDoctorIdle: connections whose loss neither end would notice. The namespace's
// parameters determine when a connection counts as idle.
func TestDoctorIdle(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 110)
	pid := adopt(t, "pool", clients...)
	for _, fd := range servers { // these have keepalive, which would notice
		must(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1))
	}
	time.Sleep(1200 * time.Millisecond)
	doctorOf(t, ns).silent(t, "ES02")

	nat := doctorOf(t, ns, "--nat-timeout", "1s").finding(t, "ES02", "notice")
	nat.says(t, "110 of 220 ESTABLISHED were silent for 1 s", "what is on the way has forgotten them", fmt.Sprintf("pool[%d] has 110 of them", pid))
	nat.about(t, "", "pool", pid)
	doctorOf(t, ns, "--nat-timeout", "350s").silent(t, "ES02")

	ns.SetSysctl("net.ipv4.tcp_keepalive_time", "1")
	f := doctorOf(t, ns).finding(t, "ES02", "notice")
	f.says(t, "110 of 220 ESTABLISHED were silent for 1 s", fmt.Sprintf("pool[%d] has 110 of them", pid))
	f.about(t, "", "pool", pid)
	f.proposes(t)
}

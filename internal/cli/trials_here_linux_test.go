// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestTrialListenerClosedWithQueue: a service is restarted while connections wait in
// its accept queue. This host resets them; doctor does not blame the peers and does
// not take it for a health check.
func TestTrialListenerClosedWithQueue(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	v := doctorWhile(t, n.ns, func() {
		listener := listenOn(t, n.ns, sockaddr(here(8080)), 100)
		for i := range 60 {
			n.open(i, here(8080), 65535)
		}
		must(t, unix.Shutdown(listener, unix.SHUT_RD)) // shuts the listener down as close() does, but keeps the descriptor
	}, 3*time.Second)
	f := v.finding(t, "RS01", "notice")
	f.says(t, "Find out what was restarted or destroyed", "it sent 60 resets that no TCPAbort counter has")
	noPlan(t, n.ns)
}

// TestTrialReaderHere: both ends are on this machine, and the reader hangs. The reader
// is the cause; that the sender cannot send is the consequence.
func TestTrialReaderHere(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 30)
	for _, fd := range clients {
		for {
			if _, err := unix.Write(fd, make([]byte, 1<<16)); err != nil {
				break // the buffer is full
			}
		}
	}
	await(t, "their windows are closed", func() bool {
		full := 0
		for _, s := range rowsOf(t, ns, tcp.Established) {
			if s.Timer == socket.TimerPersist {
				full++
			}
		}
		return full == 30
	})
	adopt(t, "producer", clients...)
	consumer := adopt(t, "consumer", servers...)
	v := doctorWhile(t, ns, func() {}, 10*time.Second)
	f := v.finding(t, "ES04", "warning")
	f.explains(t, "ES06")
	if f.Process != "consumer" || f.PID != consumer {
		t.Errorf("%s[%d] does not read, not consumer[%d]", f.Process, f.PID, consumer)
	}
	noPlan(t, ns)
}

// TestTrialNobodyAcceptsReader: what cannot be sent waits for connections here that
// nobody has accepted. The program that does not accept is the cause.
func TestTrialNobodyAcceptsReader(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	listener := listenOn(t, ns, endpoint(1, 9000), 64)
	var clients []int
	for range 30 {
		fd := openSocket(t, ns)
		if err := unix.Connect(fd, endpoint(1, 9000)); err != nil && !errors.Is(err, unix.EINPROGRESS) {
			t.Fatal(err)
		}
		clients = append(clients, fd)
	}
	await(t, "no window is open", func() bool {
		full := 0
		for _, fd := range clients {
			_, _ = unix.Write(fd, make([]byte, 1<<16))
		}
		for _, s := range rowsOf(t, ns, tcp.Established) {
			if s.Timer == socket.TimerPersist {
				full++
			}
		}
		return full == 30
	})
	adopt(t, "exim", clients...)
	pid := adopt(t, "clamd", listener)
	v := doctorWhile(t, ns, func() {}, 10*time.Second)
	f := v.finding(t, "AQ01", "warning")
	f.about(t, "127.0.0.1:9000", "clamd", pid)
	f.explains(t, "ES06")
	noPlan(t, ns)
}

// TestTrialSlowAnswers: clients shut down their side and wait for slow answers. This
// is no missing close.
func TestTrialSlowAnswers(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 40)
	sendAll(t, clients, servers, "report", 6)
	readAll(t, servers, 6)
	for _, fd := range clients {
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
	}
	await(t, "all are half-closed", func() bool { return len(rowsOf(t, ns, tcp.CloseWait)) == 40 })
	for _, fd := range servers {
		if n, err := unix.Read(fd, make([]byte, 1)); n != 0 || err != nil {
			t.Fatalf("read %d: %v", n, err)
		}
	}
	v := doctorWhile(t, ns, func() {
		for _, fd := range servers[:10] { // these get their answers
			_, err := unix.Write(fd, []byte("answer"))
			must(t, err)
			must(t, unix.Shutdown(fd, unix.SHUT_WR))
		}
	}, 3*time.Second)
	v.never(t, "CW01")
	v = doctorWhile(t, ns, func() {}, 3*time.Second) // when no client is answered any more, the server hangs
	v.finding(t, "CW01", "notice")
}

// TestTrialReservedPorts: the range is large enough, but most of it is reserved.
func TestTrialReservedPorts(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "40000 40999")
	ns.SetSysctl("net.ipv4.ip_local_reserved_ports", "40000-40939")
	pairs(t, ns, 60)
	v := doctorOf(t, ns)
	f := v.finding(t, "TW03", "critical")
	f.proposes(t, "net.ipv4.ip_local_reserved_ports")
}

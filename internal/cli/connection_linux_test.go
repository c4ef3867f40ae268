// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// never checks that rules have no finding above info, not even below another finding.
func (v verdict) never(t *testing.T, codes ...string) {
	t.Helper()
	var look func(f *found)
	look = func(f *found) {
		if slices.Contains(codes, f.Code) && f.Severity != "info" {
			t.Errorf("%s must not speak:\n%s", f.Code, v)
		}
		for i := range f.Explains {
			look(&f.Explains[i].Finding)
		}
	}
	for i := range v.Findings {
		look(&v.Findings[i])
	}
}

// TestDoctorOpenZeroWindow: peers that do not read are reported while their
// connections are still open, and are not a fault of this host.
func TestDoctorOpenZeroWindow(t *testing.T) {
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8080)), 100)
	for i := range 20 {
		n.open(i, here(8080), 0)
	}
	fds := acceptOpen(t, listener, 20)
	for _, fd := range fds {
		_, err := unix.Write(fd, make([]byte, 1000))
		must(t, err)
	}
	pid := adopt(t, "server", fds...)
	v := doctorWhile(t, n.ns, func() {}, 5*time.Second)
	f := v.finding(t, "ES06", "warning")
	f.says(t, "20 open connections cannot send: their peers have no room, all of them in 192.0.2.0/24", "20 of them took nothing in 5 s")
	if f.Process != "server" || f.PID != pid {
		t.Errorf("%s[%d] has them, not server[%d]", f.Process, f.PID, pid)
	}
	v.silent(t, "ES05", "ES03")
}

// TestDoctorPacketsStayHere: this host cannot send although its peers have room. The
// peers are not blamed, before or after close().
func TestDoctorPacketsStayHere(t *testing.T) {
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8080)), 100)
	for i := range 20 {
		n.open(i, here(8080), 65535)
	}
	fds := acceptOpen(t, listener, 20)
	n.refuse()
	for _, fd := range fds {
		_, err := unix.Write(fd, make([]byte, 1000))
		must(t, err)
	}
	waiting := func(state tcp.State) func() bool {
		return func() bool {
			rows := rowsOf(t, n.ns, state)
			held := 0
			for i := range rows {
				if rows[i].Timer == socket.TimerPersist {
					held++
				}
			}
			return held == 20
		}
	}
	await(t, "they wait to send", waiting(tcp.Established))
	v := doctorOf(t, n.ns)
	f := v.finding(t, "ES05", "warning")
	f.says(t, "packets of 20 connections do not leave this host: 20,000 bytes were never sent, though the peers have room")
	f.proposes(t)
	v.never(t, "ES06", "FW05")
	for _, fd := range fds {
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
	}
	letGo(t, fds)
	await(t, "they are closed", waiting(tcp.FinWait1))
	allIn(t, n.ns, tcp.FinWait1, 20, func(s *socket.Socket) bool { return s.Retrans >= 2 })
	v = doctorWhile(t, n.ns, func() {}, time.Second)
	f = v.finding(t, "ES05", "warning")
	f.explains(t, "FW04")
	for _, e := range f.Explains {
		if e.Finding.Code == "FW04" && !strings.HasSuffix(e.Finding.Summary.En, "wait for the answer to a FIN that has not left this host") {
			t.Errorf("FW04 blames somebody: %s", e.Finding.Summary.En)
		}
	}
	v.never(t, "ES06", "FW05")
}

// refuse makes this host drop what it sends. For TCP, a queueing discipline that holds
// nothing is the same as a firewall rule.
func (n *network) refuse() {
	n.t.Helper()
	runIn(n.t, n.ns, "ip rule add from 192.0.2.1 priority 1 prohibit")
}

// TestDoctorHalfClosedStreams: a server streams to clients that have shut down their
// side. This is no missing close on either end.
func TestDoctorHalfClosedStreams(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 120)
	for _, fd := range clients {
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
	}
	await(t, "the servers are in CLOSE_WAIT", func() bool { return len(rowsOf(t, ns, tcp.CloseWait)) == 120 })
	stream := func() {
		sendAll(t, servers, clients, "tick", 4)
		readAll(t, clients, 4)
		await(t, "all is acknowledged", func() bool { // an acknowledgement may be delayed
			return !slices.ContainsFunc(rowsOf(t, ns, tcp.CloseWait), func(s socket.Socket) bool { return s.SendQ > 0 })
		})
	}
	stream()
	v := doctorWhile(t, ns, stream, 5*time.Second)
	v.never(t, "CW01", "FW02", "FW01", "CW03")
	v = doctorWhile(t, ns, func() {}, 5*time.Second) // when the streams stop, it is a missing close
	v.finding(t, "CW01", "warning")
}

// TestDoctorCloseWaitUnanswered: the peers closed and have gone; nobody acknowledges
// what the program still sends.
func TestDoctorCloseWaitUnanswered(t *testing.T) {
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8080)), 200)
	for i := range 120 {
		n.openAndFinish(i, here(8080))
	}
	fds := acceptOpen(t, listener, 120)
	await(t, "they are in CLOSE_WAIT", func() bool { return len(rowsOf(t, n.ns, tcp.CloseWait)) == 120 })
	for _, fd := range fds {
		_, err := unix.Write(fd, make([]byte, 50))
		must(t, err)
	}
	await(t, "all have sent again", func() bool {
		return !slices.ContainsFunc(rowsOf(t, n.ns, tcp.CloseWait), func(s socket.Socket) bool { return s.Retrans == 0 })
	})
	pid := adopt(t, "logger", fds...)
	f := doctorWhile(t, n.ns, func() {}, time.Second).finding(t, "CW01", "warning")
	f.says(t, "120 of them send the same data again and again and get no acknowledgement, 6,000 bytes")
	if f.Process != "logger" || f.PID != pid {
		t.Errorf("%s[%d] has them, not logger[%d]", f.Process, f.PID, pid)
	}
	// By then the last try is longer ago than a stream in use may pause.
	time.Sleep(7 * time.Second)
	f = doctorWhile(t, n.ns, func() {}, time.Second).finding(t, "CW01", "warning")
	f.says(t, "120 of them send the same data again and again and get no acknowledgement, 6,000 bytes")
}

// TestDoctorHealthChecks: a load balancer opens connections and ends them with a
// reset.
func TestDoctorHealthChecks(t *testing.T) {
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8080)), 100)
	v := doctorWhile(t, n.ns, func() {
		for i := range 40 {
			n.open(i, here(8080), 65535)
			n.write(&segment.Segment{Src: there(i), Dst: here(8080), Flags: segment.RST, Seq: 1001})
			server := acceptOpen(t, listener, 1)[0]
			await(t, "the server sees the reset", func() bool { return stateOf(t, server) == tcp.Close })
		}
	}, 6*time.Second)
	f := v.finding(t, "RS01", "info")
	f.says(t, "a load balancer's health checks, which end with a reset", "they came in at :8080, the only port that listens here")
	v.never(t, "RS01", "RS02")
}

// openAndFinish is open of a peer that closes at once and is never heard of
// again.
func (n *network) openAndFinish(i int, to netip.AddrPort) {
	n.t.Helper()
	n.open(i, to, 65535)
	ack := n.lastAck
	n.write(&segment.Segment{Src: there(i), Dst: to, Flags: segment.FIN | segment.ACK, Seq: 1001, Ack: ack, Window: 65535})
}

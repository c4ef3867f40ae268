// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestTrialOneLossyPath: one of several hosts is behind a lossy path, and all hosts
// together send much more. The path is still reported, with the host.
func TestTrialOneLossyPath(t *testing.T) {
	t.Parallel()
	p := &peer{network: newNetwork(t), at: netip.AddrPortFrom(there(0).Addr(), 6379)}
	var fds []int
	for range 40 {
		fd, err := p.dial()
		must(t, err)
		fds = append(fds, fd)
	}
	clients, servers := pairs(t, p.ns, 1)
	must(t, unix.SetsockoptInt(clients[0], unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
	v := doctorWhile(t, p.ns, func() {
		for range 3 {
			for _, fd := range fds {
				_, err := unix.Write(fd, make([]byte, 500))
				must(t, err)
			}
			p.lossy(40)
		}
		for range 6000 { // to another host, without loss
			sendAll(t, clients, servers, "x", 1)
			readAll(t, servers, 1)
		}
	}, 8*time.Second)
	f := v.finding(t, "RT01", "notice")
	f.says(t, " segments to "+p.at.Addr().String()+" were sent again in 8 s", "by 40 connections: packets are lost on the way there")
	f.proposes(t)
	v.never(t, "ES03", "SY05")
	noPlan(t, p.ns)
}

// TestTrialPeersGoneNoPath: peers closed and have gone. What the program still sends
// is sent again, which is not a loss on the path.
func TestTrialPeersGoneNoPath(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8080)), 200)
	for i := range 120 {
		n.openAndFinish(i, here(8080))
	}
	fds := acceptOpen(t, listener, 120)
	allIn(t, n.ns, tcp.CloseWait, 120, every)
	v := doctorWhile(t, n.ns, func() {
		for _, fd := range fds {
			_, err := unix.Write(fd, make([]byte, 50))
			must(t, err)
		}
		allIn(t, n.ns, tcp.CloseWait, 120, func(s *socket.Socket) bool { return s.Retrans >= 2 })
	}, 5*time.Second)
	f := v.finding(t, "CW01", "warning")
	f.explains(t, "RT01")
	if slices.ContainsFunc(v.Findings, func(f found) bool { return f.Code == "RT01" }) {
		t.Errorf("the path is blamed:\n%s", v)
	}
}

// TestTrialSYNsStayHere: a firewall on this host drops outgoing packets. Neither the
// destination nor its network is blamed.
func TestTrialSYNsStayHere(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for _, rule := range []string{"add table ip t", "add chain ip t o { type filter hook output priority 0; }", "add rule ip t o ip daddr " + there(0).Addr().String() + " drop"} {
		runIn(t, n.ns, "nft "+rule)
	}
	for range 12 {
		if err := unix.Connect(newOpen(t, n), sockaddr(there(0))); !errors.Is(err, unix.EINPROGRESS) {
			t.Fatal(err)
		}
	}
	v := doctorWhile(t, n.ns, func() {
		allIn(t, n.ns, tcp.SynSent, 12, func(s *socket.Socket) bool { return s.Retrans > 0 })
	}, 5*time.Second)
	f := v.finding(t, "SY05", "warning")
	f.says(t, "SYNs to "+there(0).String()+" do not leave this host: 12 sent again", "iptables -S OUTPUT", "refused on this host")
	v.unspoken(t, "it is down, a firewall drops")
	f.proposes(t)
}

func newOpen(t *testing.T, n *network) (fd int) {
	t.Helper()
	fd = newSocket(t, n.ns)
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// TestTrialShutDownTakesPorts: a program shuts down its outgoing connections and does
// not close them, until it has no port left. ports gives the same advice as doctor.
func TestTrialShutDownTakesPorts(t *testing.T) {
	t.Parallel()
	l := newPortLab(t, nil)
	if n := l.exhaust(8080, plainConnect); n != 20 {
		t.Fatalf("%d ports", n)
	}
	acceptOpen(t, l.servers[8080], 20)
	for fd := range l.clients {
		if err := unix.Shutdown(fd, unix.SHUT_WR); !errors.Is(err, unix.ENOTCONN) { // the last socket, which got no port
			must(t, err)
		}
	}
	allIn(t, l.ns, tcp.FinWait2, 20, every)
	if got := routeTo(t, l.ns, 8080); got.Severity != "critical" || !slices.Equal(got.Advice, []string{"close-shut-down"}) {
		t.Errorf("ports: %+v", got)
	}
	v := doctorWhile(t, l.ns, func() {}, 5*time.Second)
	for _, f := range v.Findings {
		if len(f.Changes) > 0 {
			t.Errorf("%s proposes %v:\n%s", f.Code, f.Changes, v)
		}
	}
	noPlan(t, l.ns)
}

// SPDX-License-Identifier: Apache-2.0

package kill_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestEveryState closes a few sockets in each state, in both families; all of these
// are gone and all others remain.
func TestEveryState(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		for state := range tcp.AllStates.All() {
			if state == tcp.Close || state == tcp.NewSynRecv {
				continue // the lab holds none in this state; NEW_SYN_RECV is another name for SYN_RECV
			}
			t.Run(family.String()+" "+state.String(), func(t *testing.T) { killState(t, family, state) })
		}
	}
}

func killState(t *testing.T, family socket.Family, state tcp.State) {
	held := labtest.Hold(t, labtest.Counts{state: 3}, family)
	shown := 0
	for _, s := range held.Visible() {
		if s.State == state {
			shown++
		}
	}
	var p *kill.Preview
	var r *kill.Result
	var err error
	held.Do(func() {
		p, err = preview(t, state)
		if err == nil {
			r, err = p.Kill(t.Context())
		}
	})
	must(t, "kill", err)
	if p.Matched() < shown {
		t.Fatalf("%d match of %d: %+v", p.Matched(), shown, p.Report.Gaps)
	}
	if state == tcp.Bound {
		for _, s := range p.Spared {
			if s.Reason != kill.Idle {
				t.Errorf("%+v", s)
			}
		}
		return
	}
	if len(p.Victims) < 3 || r.Count(kill.Left) != 0 || r.Count(kill.Killed) == 0 {
		t.Fatalf("%d victims: %+v", len(p.Victims), r.Outcomes)
	}
	held.Do(func() { p, err = preview(t, state) })
	must(t, "look again", err)
	if p.Matched() != 0 {
		t.Errorf("%d are left", p.Matched())
	}
	if text := kill.Meaning(state); text.En == "" || text.Zh == "" {
		t.Error("nobody says what it means")
	}
}

func preview(t *testing.T, state tcp.State) (*kill.Preview, error) {
	host, err := engine.Open(engine.Options{})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = host.Close() })
	q, err := query.Parse("state "+strings.ReplaceAll(state.Metric(), "_", "-"), query.Options{})
	if err != nil {
		return nil, err
	}
	return kill.Look(t.Context(), kill.Options{Source: host, Filter: q}, false)
}

// TestMapped closes an IPv4 connection of an IPv6 socket, by the end that is
// mapped and by the other.
func TestMapped(t *testing.T) {
	for _, which := range []string{"sport = :8080", "dport = :8080"} {
		ns := testnet.New(t, testnet.Options{})
		ns.Do(func() {
			fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			must(t, "socket", err)
			defer unix.Close(fd)
			must(t, "bind", unix.Bind(fd, &unix.SockaddrInet6{Port: 8080}))
			must(t, "listen", unix.Listen(fd, 10))
			s := &server{endOf(t, fd), unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 8080}}
			client, accepted := s.connect(t, 20001)
			defer client.close()
			defer accepted.close()
			want(t, closeAll(t, look(t, kill.Options{}, "", which+" and state established")), 1, 0, 0)
			testnet.Delivered(t)
			if client.state(t) != tcp.Close || accepted.state(t) != tcp.Close {
				t.Error("it lives")
			}
			want(t, closeAll(t, look(t, kill.Options{}, "", "state listen and sport = :8080")), 1, 0, 0)
		})
	}
}

// ipprotoMPTCP is IPPROTO_MPTCP (include/uapi/linux/in.h), Linux 5.6.
const ipprotoMPTCP = 262

// TestMPTCP closes a subflow, which is a TCP socket, and tries to close the listener,
// which the kernel refuses since Linux 6.7 and its stable kernels (net/mptcp/subflow.c
// tcp_abort_override). The report agrees with the sockets that remain.
func TestMPTCP(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, ipprotoMPTCP)
		if err != nil {
			t.Skip("this kernel has no MPTCP: ", err)
		}
		defer unix.Close(fd)
		at := unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 8080}
		must(t, "bind", unix.Bind(fd, &at))
		must(t, "listen", unix.Listen(fd, 10))
		client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, ipprotoMPTCP)
		must(t, "socket", err)
		defer unix.Close(client)
		must(t, "connect", unix.Connect(client, &at))
		accepted, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		must(t, "accept", err)
		defer unix.Close(accepted)

		p := look(t, kill.Options{}, "", "sport = :8080 and state established")
		if len(p.Victims) != 1 || !p.Victims[0].Subflow() {
			t.Errorf("it is not told that it is a subflow: %+v", p.Victims)
		}
		want(t, closeAll(t, p), 1, 0, 0)
		if left := look(t, kill.Options{}, "", "sport = :8080 and state established"); left.Matched() != 0 {
			t.Errorf("%d are left", left.Matched())
		}
		r := closeAll(t, look(t, kill.Options{}, "", "sport = :8080 and state listen"))
		left := look(t, kill.Options{}, "", "sport = :8080 and state listen")
		if r.Count(kill.Left) != len(left.Victims) || r.Count(kill.Killed)+r.Count(kill.Left) != 1 {
			t.Errorf("said %+v, and %d are there", r.Outcomes, len(left.Victims))
		}
		t.Logf("the listener: %+v", r.Outcomes)
	})
}

// count is a number from the environment, for longer runs.
func count(t testing.TB, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	must(t, name, err)
	return n
}

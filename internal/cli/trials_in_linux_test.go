// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// theirEnd is the address of the other one of two hosts with a wire between them.
const theirEnd = "10.9.0.2"

// twoHosts are two namespaces joined by a wire.
func twoHosts(t *testing.T) (ours, theirs *testnet.NS) {
	t.Helper()
	ours, theirs = testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	runIn(t, ours, "ip link add v0 type veth peer name v1 netns "+theirs.Path())
	runIn(t, ours, "ip addr add 10.9.0.1/24 dev v0")
	runIn(t, ours, "ip link set v0 up")
	runIn(t, theirs, "ip addr add "+theirEnd+"/24 dev v1")
	runIn(t, theirs, "ip link set v1 up")
	return ours, theirs
}

// runIn runs a command. If the command fails, the test is skipped, or fails if
// CI_REQUIRE names tools.
func runIn(t *testing.T, ns *testnet.NS, line string) {
	t.Helper()
	words := strings.Fields(line)
	if out, err := ns.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		testnet.Skip(t, testnet.Tools, fmt.Sprintf("%s: %v: %s", line, err, out))
	}
}

// across opens n connections from the other host to this one.
func across(t *testing.T, ours, theirs *testnet.NS, n int) (clients, servers []int) {
	t.Helper()
	ourEnd := &unix.SockaddrInet4{Addr: [4]byte{10, 9, 0, 1}, Port: 8080}
	listener := listenOn(t, ours, ourEnd, n)
	for range n {
		fd := openSocket(t, theirs)
		must(t, connect(t, theirs, fd, ourEnd))
		clients = append(clients, fd)
	}
	return clients, acceptOpen(t, listener, n)
}

// loseIncoming makes a host drop one of so many incoming packets.
func loseIncoming(t *testing.T, ns *testnet.NS, one string) {
	t.Helper()
	runIn(t, ns, "nft add table ip t")
	runIn(t, ns, "nft add chain ip t i { type filter hook input priority 0 ; }")
	runIn(t, ns, "nft add rule ip t i iif v0 numgen inc mod "+one+" 0 drop")
}

// takeAll is readAll for data that may still be on the way.
func takeAll(t *testing.T, fds []int, size int) {
	t.Helper()
	buf := make([]byte, size)
	for _, fd := range fds {
		got := 0
		await(t, "all is read", func() bool {
			n, err := unix.Read(fd, buf)
			if err == nil {
				got += n
			}
			return got == size
		})
	}
}

// noneOf checks that a rule has no finding, not even an info.
func noneOf(t *testing.T, v verdict, code string) {
	t.Helper()
	if slices.ContainsFunc(v.Findings, func(f found) bool { return f.Code == code }) {
		t.Errorf("%s must not speak:\n%s", code, v)
	}
}

// TestTrialLossOnTheWayHere: acknowledgements are lost on the way here, and the sent
// data arrives. Neither the way there nor the peers are blamed.
func TestTrialLossOnTheWayHere(t *testing.T) {
	t.Parallel()
	ours, theirs := twoHosts(t)
	clients, servers := across(t, ours, theirs, 200)
	push := func() {
		for range 10 {
			sendAll(t, servers, clients, "tick", 4)
			takeAll(t, clients, 4)
			time.Sleep(600 * time.Millisecond) // until unacknowledged data is sent again
		}
	}
	v := doctorWhile(t, ours, push, 7*time.Second)
	noneOf(t, v, "RT01")

	loseIncoming(t, ours, "6")
	v = doctorWhile(t, ours, push, 7*time.Second)
	f := v.finding(t, "RT01", "notice")
	f.says(t, " that were sent again in 7 s had arrived, and ", "what the peers answer is lost on the way here", "drops at the interface")
	f.proposes(t)
	v.never(t, "ES03", "ES05", "ES06", "SY05", "CW01")
	noPlan(t, ours)
}

// TestTrialGapsOnTheWayHere: some of what is sent to this host is lost. Its kernel
// sees only gaps; they are reported without an alarm.
func TestTrialGapsOnTheWayHere(t *testing.T) {
	t.Parallel()
	ours, theirs := twoHosts(t)
	clients, servers := across(t, ours, theirs, 40)
	for _, fd := range clients {
		must(t, unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
	}
	const pieces, size = 20, 700 // each is a segment
	push := func() {
		for range 5 {
			for _, fd := range clients {
				for range pieces - 1 {
					_, err := unix.Write(fd, make([]byte, size))
					must(t, err)
				}
			}
			sendAll(t, clients, servers, strings.Repeat("x", size), pieces*size)
			takeAll(t, servers, pieces*size)
		}
	}
	v := doctorWhile(t, ours, push, 2*time.Second)
	noneOf(t, v, "RT01")

	loseIncoming(t, ours, "9")
	v = doctorWhile(t, ours, push, 2*time.Second)
	f := v.finding(t, "RT01", "info")
	f.says(t, " came over a gap", "lost on the way here, or overtaken")
	f.proposes(t)
}

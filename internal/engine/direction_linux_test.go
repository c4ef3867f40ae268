// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

type question struct{ filter, by string }

// directions are questions that use directions, as filter and as key, the most telling
// first.
func directions() []question {
	return []question{
		{"", "local,sport,direction,listener,state"},
		{"not ( direction = outbound or sport = :8001 )", "sport,state,listener"},
		{"direction in ( outbound, none )", "state,direction"},
		{"", "direction"},
		{"", "listener"},
		{"", "netns,kind,direction,family"},
		{"direction = inbound", "listener,local"},
		{"direction = outbound", "local,sport,state"},
		{"direction != inbound", "state"},
		{"direction = none", "state,sport"},
		{"state time-wait and direction = inbound", "sport"},
	}
}

// alike checks that both engines give the same answers.
func (b bothEngines) alike(t *testing.T, do func(func()), questions []question) {
	t.Helper()
	for _, q := range questions {
		byDump, byWalk := b.asked(t, do, q)
		if diff := cmp.Diff(texts(byDump), texts(byWalk)); diff != "" {
			t.Errorf("%s by %s (-sock_diag +hashwalk)\n%s", q.filter, q.by, diff)
		}
	}
}

// asked asks both engines the same question, and again if a socket has changed or
// ended meanwhile, as on a slow machine.
func (b bothEngines) asked(t *testing.T, do func(func()), q question) (byDump, byWalk *query.Grouped) {
	t.Helper()
	byDump = b.byDump(t, do, q)
	for range 20 {
		byWalk = b.byWalk(t, do, q)
		again := b.byDump(t, do, q)
		if slices.Equal(texts(byDump), texts(again)) {
			break
		}
		byDump = again
	}
	return byDump, byWalk
}

// A scene is the sockets that a test opens, by system calls, because a library would
// choose the family itself.
type scene struct {
	t   testing.TB
	fds []int
}

func newScene(t testing.TB) *scene {
	s := &scene{t: t}
	t.Cleanup(func() {
		for _, fd := range s.fds {
			_ = unix.Close(fd)
		}
	})
	return s
}

// open makes an IPv6 socket, or an IPv4 socket if the address is IPv4 and not mapped,
// and binds it there.
func (s *scene) open(at string, options ...int) (int, error) {
	addr := netip.MustParseAddrPort(at)
	family := unix.AF_INET
	if addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	for _, o := range options {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, o, 1))
	}
	return fd, errors.Join(err, unix.Bind(fd, sockaddr(addr)))
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
}

func (s *scene) listen(at string, options ...int) (fd int, err error) {
	if fd, err = s.open(at, options...); err == nil {
		err = unix.Listen(fd, 64)
	}
	return s.keep(fd, err)
}

func (s *scene) connect(from, to string) (fd int, err error) {
	if fd, err = s.open(from); err == nil {
		err = unix.Connect(fd, sockaddr(netip.MustParseAddrPort(to)))
	}
	return s.keep(fd, err)
}

// keep closes a socket on error: a socket that is only bound is not visible on every
// kernel.
func (s *scene) keep(fd int, err error) (int, error) {
	switch {
	case fd < 0:
	case err != nil:
		_ = unix.Close(fd)
	default:
		s.fds = append(s.fds, fd)
	}
	return fd, err
}

// must ends the test on error.
func (s *scene) must(fd int, err error) int {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return fd
}

// pair connects a client and accepts it.
func (s *scene) pair(listener int, from, to string) (client, server int) {
	s.t.Helper()
	client = s.must(s.connect(from, to))
	server, _, err := unix.Accept(listener)
	return client, s.must(s.keep(server, err))
}

// deferAccept leaves connections in SYN_RECV until data comes, for this many
// seconds (tcp(7)).
const deferAccept = 60

// TestDirection makes connections whose direction is known, and asks both
// engines.
func TestDirection(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	here, elsewhere := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	s := newScene(t)
	elsewhere.Do(func() { s.must(s.listen("0.0.0.0:9001")) })
	here.Do(func() {
		all4 := s.must(s.listen("0.0.0.0:8001"))
		s.pair(all4, "127.0.0.1:0", "127.0.0.2:8001")

		dual := s.must(s.listen("[::]:8002"))
		s.pair(dual, "127.0.0.1:0", "127.0.0.1:8002")
		s.pair(dual, "[::1]:0", "[::1]:8002")
		s.pair(dual, "[::ffff:127.0.0.1]:0", "[::ffff:127.0.0.1]:8002")

		// One address has a listener; a client uses the same port on another address.
		one := s.must(s.listen("127.0.0.5:8003"))
		s.pair(one, "127.0.0.6:8003", "127.0.0.5:8003")

		// This listener is IPv6-only; an IPv4 client may use the port.
		only6 := s.must(s.listen("[::]:8004", unix.IPV6_V6ONLY))
		s.pair(only6, "[::1]:0", "[::1]:8004")
		s.pair(all4, "127.0.0.7:8004", "127.0.0.1:8001")

		mapped := s.must(s.listen("[::ffff:0.0.0.0]:8005"))
		s.pair(mapped, "127.0.0.1:0", "127.0.0.1:8005")
		s.pair(all4, "127.0.0.1:9001", "127.0.0.1:8001") // the listener on port 9001 is in another namespace

		// A listener at the same address and port comes later.
		s.pair(all4, "127.0.0.9:8010", "127.0.0.1:8001")
		s.must(s.listen("127.0.0.9:8010"))

		client, server := s.pair(all4, "127.0.0.1:0", "127.0.0.1:8001")
		closeFirst(t, client, server)
		client, server = s.pair(dual, "[::1]:0", "[::1]:8002")
		closeFirst(t, server, client)

		for _, at := range []string{"127.0.0.1:8006", "[::]:8007"} {
			if err := unix.SetsockoptInt(s.must(s.listen(at)), unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, deferAccept); err != nil {
				t.Fatal(err)
			}
		}
		s.must(s.connect("127.0.0.1:0", "127.0.0.1:8006"))
		s.must(s.connect("127.0.0.1:0", "127.0.0.1:8007"))
	})
	testnet.Delivered(t)
	want := []string{
		"11 inbound ESTABLISHED", "11 outbound ESTABLISHED",
		"8 none LISTEN", "2 inbound SYN_RECV", "1 inbound TIME_WAIT", "1 outbound TIME_WAIT",
	}
	both := openBoth(t)
	got := texts(both.byWalk(t, here.Do, question{"", "direction,state"}))
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	both.alike(t, here.Do, directions())
	both.alike(t, elsewhere.Do, directions()[:1])
}

// closeFirst leaves the first end in TIME_WAIT and nothing of the second.
func closeFirst(t *testing.T, first, second int) {
	t.Helper()
	if err := unix.Shutdown(first, unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	awaitState(t, second, tcp.CloseWait)
	awaitState(t, first, tcp.FinWait2) // otherwise the second end's FIN might overtake the ACK, be answered, and the RST would end TIME_WAIT
	if err := unix.Shutdown(second, unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	awaitState(t, first, tcp.Close) // the socket itself is closed; a minisocket remains
	awaitState(t, second, tcp.Close)
}

func awaitState(t *testing.T, fd int, want tcp.State) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
		if err != nil {
			t.Fatal(err)
		}
		if tcp.State(info.State) == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a socket is in %v, want %v", tcp.State(info.State), want)
		}
	}
}

// TestDirectionOfEveryState asks both engines about a mixture of all states.
func TestDirectionOfEveryState(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		t.Run(family.String(), func(t *testing.T) {
			counts := labtest.EveryState()
			if !showsBound(t) {
				delete(counts, tcp.Bound) // the walk shows them on every kernel, sock_diag since Linux 6.8
			}
			openBoth(t).alike(t, labtest.Hold(t, counts, family).Do, directions()[:3])
		})
	}
}

// TestDirectionsAtRandom: the engines agree for random listeners and random
// connections.
func TestDirectionsAtRandom(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range 3 {
		ns := testnet.New(t, testnet.Options{PrivateHash: []int{0, 0, 512}[round]})
		s := newScene(t)
		listeners, connections := 0, 0
		ns.Do(func() {
			s.must(s.listen("[::]:7000"))
			for range 60 {
				if _, err := s.listen(somewhere(r), someOption(r)...); err == nil {
					listeners++
				}
				from := somewhere(r)
				if _, err := s.connect(from, "[::1]:7000"); err == nil {
					connections++
				} else if _, err := s.connect(from, "127.0.0.1:7000"); err == nil {
					connections++
				}
			}
		})
		testnet.Delivered(t)
		if listeners < 5 || connections < 5 {
			t.Errorf("seed %d, round %d: %d listeners and %d connections are too few", seed, round, listeners, connections)
		}
		openBoth(t).alike(t, ns.Do, directions()[:3])
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

// somewhere is an address and one of a few ports.
func somewhere(r *rand.Rand) string {
	addresses := []string{"0.0.0.0", "127.0.0.1", "127.0.0.2", "127.0.0.3", "[::]", "[::1]", "[::ffff:0.0.0.0]", "[::ffff:127.0.0.1]", "[::ffff:127.0.0.2]"}
	return fmt.Sprintf("%s:%d", addresses[r.IntN(len(addresses))], 8000+r.IntN(24))
}

func someOption(r *rand.Rand) []int {
	if r.IntN(3) == 0 {
		return []int{unix.IPV6_V6ONLY} // fails for IPv4; then there is no listener
	}
	return nil
}

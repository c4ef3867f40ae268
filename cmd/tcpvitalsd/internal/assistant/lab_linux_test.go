// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A situation is something that is the matter in a network namespace. Only the answers
// of tools tell of it.
type situation struct {
	sysctls map[string]string
	// make makes it; during, if not nil, goes on while the question is answered.
	make func(l *lab) (during func())
	tool string
	args map[string]any
	// says is what the text has, cause and owner; has is what the document has.
	says, has []string
	never     []string
	// owner is the process that has the listener, as queues tells it, for a finding
	// that is about several.
	owner string
	// healthy says that nothing is the matter here, whatever is with the whole host.
	healthy bool
}

func situations() map[string]situation {
	return map[string]situation{
		"connections that are not closed": {
			make: func(l *lab) func() {
				clients, servers := l.pairs(120)
				l.give("leaky", servers...)
				l.letGo(clients...)
				return nil
			},
			tool: "doctor", args: map[string]any{argWindow: 1},
			says: []string{"CW01", "leaky[", "has not closed 120 connections on :8080"}, has: []string{`"code":"CW01"`, `"process":"leaky"`},
		},
		"a queue that nobody empties": {
			make: func(l *lab) func() {
				listener := l.listen(5)
				l.connect(12)
				l.give("deaf", listener)
				return func() { l.connect(4) }
			},
			tool: "doctor", args: map[string]any{argWindow: 2},
			says: []string{"AQ01", "deaf[", "127.0.0.1:8080 is full"}, has: []string{`"code":"AQ01"`, `"process":"deaf"`, `"severity":"critical"`},
		},
		"the same, seen by its queue": {
			make: func(l *lab) func() {
				listener := l.listen(5)
				l.connect(12)
				l.give("deaf", listener)
				return nil
			},
			tool: "queues", says: []string{"127.0.0.1:8080", "deaf", "full"}, has: []string{`"process":"deaf"`, `"limit":5`, `"waiting":6`},
		},
		"ports used up": {
			sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40000 40019", "net.ipv4.tcp_tw_reuse": "0"},
			make: func(l *lab) func() {
				l.listen(100)
				l.give("caller", l.connect(20)...)
				return nil
			},
			tool: "doctor", args: map[string]any{argWindow: 0},
			says: []string{"TW03", "20 of 20 local ports from 127.0.0.1 to 127.0.0.1:8080 are gone", "caller["}, has: []string{`"code":"TW03"`, `"process":"caller"`},
		},
		"a flood of SYNs": {
			make: func(l *lab) func() {
				l.wired()
				l.give("web", l.listenAt(here(8080), 16))
				return func() { l.flood(here(8080), 1500*time.Millisecond) }
			},
			tool: "doctor", args: map[string]any{argWindow: 1},
			says: []string{"SY02", "SYN flood", "192.0.2.0/24", "web["}, has: []string{`"code":"SY02"`, `"process":"web"`},
		},
		"peers that read nothing": {
			make: func(l *lab) func() {
				l.wired()
				listener := l.listenAt(here(8080), 100)
				for i := range 40 {
					l.open(i, here(8080), 0)
				}
				fds := l.accept(listener, 40)
				for _, fd := range fds {
					_, err := unix.Write(fd, make([]byte, 1000))
					must(l.T, err)
				}
				l.give("sse-server", fds...)
				return nil
			},
			tool: "doctor", args: map[string]any{argWindow: 5},
			says: []string{"ES06", "open connections cannot send: their peers have no room", "whose: sse-server pid"}, has: []string{`"code":"ES06"`, `"process":"sse-server"`},
		},
		"a path that loses": {
			make: func(l *lab) func() {
				l.wired()
				listener := l.listenAt(here(8080), 200)
				for i := range 60 {
					l.open(i, here(8080), 65535)
				}
				fds := l.accept(listener, 60)
				return func() {
					for range 2 {
						for _, fd := range fds {
							_, err := unix.Write(fd, make([]byte, 500))
							must(l.T, err)
						}
						l.lossy(60)
					}
				}
			},
			tool: "doctor", args: map[string]any{argWindow: 8},
			says: []string{"RT01", "had to be sent again", "packets are lost", "192.0.2."}, has: []string{`"code":"RT01"`},
			never: []string{"AQ01", "ES06"},
		},
		"no room for TIME_WAIT": {
			sysctls: map[string]string{"net.ipv4.tcp_max_tw_buckets": "5"},
			make: func(l *lab) func() {
				listener := l.listen(100)
				return func() {
					for range 15 {
						clients := l.connect(1)
						l.letGo(clients...)
						l.letGo(l.accept(listener, 1)...)
					}
				}
			},
			tool: "doctor", args: map[string]any{argWindow: 3},
			says: []string{"TW02", "tcp_max_tw_buckets is 5, and all of it is used"}, has: []string{`"code":"TW02"`, `"key":"net.ipv4.tcp_max_tw_buckets"`},
		},
		"closed here, and peers that do not close": {
			make: func(l *lab) func() {
				l.wired()
				listener := l.listenAt(here(8080), 200)
				for i := range 150 {
					l.open(i, here(8080), 65535)
				}
				l.letGo(l.accept(listener, 150)...)
				l.acknowledge(150)
				l.give("closer", listener)
				time.Sleep(11 * time.Second) // a peer may take ten
				return nil
			},
			tool: "doctor", args: map[string]any{argWindow: 1},
			says: []string{"FW01", "150 closed connections on :8080 wait for their peers to close", "whose: closer pid"}, has: []string{`"code":"FW01"`, `"process":"closer"`},
		},
		"half-open connections": {
			make: func(l *lab) func() {
				l.wired()
				l.give("httpd", l.listenAt(here(8080), 100))
				for i := range 70 {
					l.write(synOf(i, here(8080)))
				}
				return nil
			},
			tool: "doctor", args: map[string]any{argWindow: 1},
			says: []string{"SY01", "half-open connections at", "httpd[", "192.0.2.0/24"}, has: []string{`"code":"SY01"`, `"process":"httpd"`},
		},
		"a listener where connections begin": {
			sysctls: map[string]string{"net.ipv4.ip_local_port_range": "8000 9000"},
			make: func(l *lab) func() {
				l.give("consul", l.listen(16))
				return nil
			},
			tool: "doctor", args: map[string]any{argWindow: 0},
			says: []string{"LP01", "1 listener in ip_local_port_range", ":8080"}, has: []string{`"code":"LP01"`},
			owner: "consul",
		},
		"a backlog that is capped": {
			sysctls: map[string]string{"net.core.somaxconn": "5"},
			make: func(l *lab) func() {
				listener := l.listen(1000)
				l.connect(12)
				l.give("burst", listener)
				return func() { l.connect(4) }
			},
			tool: "doctor", args: map[string]any{argWindow: 2},
			says: []string{"AQ01", "AQ02", "burst[", "limited by net.core.somaxconn, which is 5"}, has: []string{`"code":"AQ02"`, `"process":"burst"`},
		},
		"no descriptor left": {
			make: func(l *lab) func() {
				listener := l.listen(100)
				l.connect(30)
				l.limited("starved", 30, append(l.accept(listener, 25), listener)...)
				return nil
			},
			tool: "doctor", args: map[string]any{argWindow: 1},
			says: []string{"FD01", "starved[", "descriptors open"}, has: []string{`"code":"FD01"`, `"process":"starved"`},
		},
		"nothing": {
			make: func(l *lab) func() {
				_, servers := l.pairs(10)
				l.give("fine", servers...)
				return nil
			},
			tool: "doctor", args: map[string]any{argWindow: 1},
			healthy: true,
		},
	}
}

// TestSituations: what is the matter, and whose it is, is in the answer of one tool.
func TestSituations(t *testing.T) {
	for name, s := range situations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			for key, value := range s.sysctls {
				l.ns.SetSysctl(key, value)
			}
			during := s.make(l)
			c := serve(t, &Options{Netns: l.ns.Path()})
			over := make(chan struct{})
			go func() {
				defer close(over)
				if during != nil {
					time.Sleep(300 * time.Millisecond)
					during()
				}
			}()
			a := c.call(s.tool, s.args)
			<-over
			for _, want := range s.says {
				if !strings.Contains(unwrapped(a.text), want) {
					t.Errorf("the text does not have %q:\n%s", want, a.text)
				}
			}
			for _, want := range s.has {
				if !strings.Contains(string(a.document), want) {
					t.Errorf("the document does not have %s:\n%s", want, a.document)
				}
			}
			if s.healthy {
				l.healthy(a)
			}
			if s.owner != "" {
				if b := c.call("queues", nil); !strings.Contains(b.text, s.owner) || !strings.Contains(string(b.document), `"process":"`+s.owner+`"`) {
					t.Errorf("queues does not name %s:\n%s", s.owner, b.text)
				}
			}
			for _, never := range s.never {
				if strings.Contains(a.text, never) {
					t.Errorf("the text has %q:\n%s", never, a.text)
				}
			}
		})
	}
}

// healthy makes sure that doctor judged this namespace, and finds nothing in it.
func (l *lab) healthy(a answered) {
	l.Helper()
	var d struct {
		Answer struct {
			Passed   int
			Findings []struct {
				Code, Severity string
				Inode          uint64 `json:"netns_inode"`
			}
		}
	}
	must(l.T, json.Unmarshal(a.document, &d))
	if d.Answer.Passed < 30 {
		l.Errorf("%d rules found nothing", d.Answer.Passed)
	}
	for _, f := range d.Answer.Findings {
		if f.Inode == l.ns.Inode() && f.Severity != "info" {
			l.Errorf("%s is %s:\n%s", f.Code, f.Severity, a.text)
		}
	}
}

// unwrapped joins the lines of a text: sentences are wrapped.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

// A lab is a network namespace in which things are made.
type lab struct {
	*testing.T

	ns      *testnet.NS
	wire    *wire.Wire
	in, out []byte
}

func newLab(t *testing.T) *lab { return &lab{T: t, ns: testnet.New(t, testnet.Options{})} }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lab) await(what string, so func() bool) {
	l.Helper()
	for deadline := time.Now().Add(60 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.Fatalf("waited in vain: %s", what)
		}
	}
}

// loopback is the address of the listener of a lab.
func loopback() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:8080") }

func sockaddr(a netip.AddrPort) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

// socket opens a socket of the namespace, which is closed with the test.
func (l *lab) socket() (fd int) {
	l.Helper()
	var err error
	l.ns.Do(func() { fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0) })
	must(l.T, err)
	l.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

func (l *lab) listen(backlog int) (fd int) { return l.listenAt(loopback(), backlog) }

func (l *lab) listenAt(at netip.AddrPort, backlog int) (fd int) {
	l.Helper()
	fd = l.socket()
	must(l.T, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	must(l.T, unix.Bind(fd, sockaddr(at)))
	must(l.T, unix.Listen(fd, backlog))
	return fd
}

// connect begins n connections to the listener on loopback.
func (l *lab) connect(n int) (fds []int) {
	l.Helper()
	for range n {
		fd := l.socket()
		if err := unix.Connect(fd, sockaddr(loopback())); err != nil && !errors.Is(err, unix.EINPROGRESS) {
			l.Error(err)
		}
		testnet.Delivered(l.T)
		fds = append(fds, fd)
	}
	return fds
}

func (l *lab) accept(listener, n int) (fds []int) {
	l.Helper()
	for len(fds) < n {
		l.await("a connection to accept", func() bool {
			fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			if errors.Is(err, unix.EAGAIN) {
				return false
			}
			must(l.T, err)
			l.Cleanup(func() { _ = unix.Close(fd) })
			fds = append(fds, fd)
			return true
		})
	}
	return fds
}

// pairs makes n connections on loopback and returns both ends.
func (l *lab) pairs(n int) (clients, servers []int) {
	l.Helper()
	listener := l.listen(n)
	clients = l.connect(n)
	return clients, l.accept(listener, n)
}

// letGo closes sockets whose numbers stay taken until the test ends.
func (l *lab) letGo(fds ...int) {
	l.Helper()
	null, err := os.Open(os.DevNull)
	must(l.T, err)
	defer null.Close()
	for _, fd := range fds {
		must(l.T, unix.Dup3(int(null.Fd()), fd, unix.O_CLOEXEC))
	}
}

// give gives sockets to a process of that name until the test ends.
func (l *lab) give(name string, fds ...int) {
	l.Helper()
	l.limited(name, 0, fds...)
}

// limited is give to a process that may have so many descriptors; 0: as many as this.
func (l *lab) limited(name string, most int, fds ...int) {
	l.Helper()
	self, err := os.Executable()
	must(l.T, err)
	cmd := l.ns.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", asActor, most))
	cmd.Args = []string{"actor", name}
	stdin, err := cmd.StdinPipe()
	must(l.T, err)
	for _, fd := range fds {
		twin, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		must(l.T, err)
		file := os.NewFile(uintptr(twin), "socket")
		defer file.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	must(l.T, cmd.Start())
	l.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	l.await("the process calls itself "+name, func() bool {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", cmd.Process.Pid))
		return strings.TrimSuffix(string(comm), "\n") == name
	})
	l.letGo(fds...)
}

// wired opens the other end of the namespace's network.
func (l *lab) wired() {
	l.Helper()
	l.in = make([]byte, wire.MaxPacket)
	l.ns.Do(func() {
		var err error
		l.wire, err = wire.Open(wire.Auto)
		must(l.T, err)
	})
	l.Cleanup(func() { _ = l.wire.Close() })
}

// here is an address of the kernel, there that of a peer.
func here(port uint16) netip.AddrPort { return netip.AddrPortFrom(wire.KernelV4().Addr(), port) }

func there(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(10 + i%200)}), uint16(10000+i/200))
}

func synOf(i int, to netip.AddrPort) *segment.Segment {
	return &segment.Segment{Src: there(i), Dst: to, Flags: segment.SYN, Seq: 1000, Window: 65535, Options: segment.Options{MSS: 1460}}
}

func (l *lab) write(s *segment.Segment) {
	l.out = segment.Append(l.out[:0], s)
	if err := l.wire.Write(l.out); err != nil && !errors.Is(err, unix.ENOBUFS) && !errors.Is(err, unix.EAGAIN) {
		l.Error(err)
	}
}

// read returns the next segment of the kernel, false if there is none for a while.
func (l *lab) read() (segment.Segment, bool) {
	length, err := l.wire.Read(l.in, 50*time.Millisecond)
	must(l.T, err)
	if length == 0 {
		return segment.Segment{}, false
	}
	s, err := segment.Decode(l.in[:length])
	return s, err == nil
}

// open makes the handshake of the i-th peer, which has so much room for data.
func (l *lab) open(i int, to netip.AddrPort, window uint16) {
	l.Helper()
	for range 100 {
		l.write(synOf(i, to))
		for {
			s, ok := l.read()
			if !ok {
				break // lost: once more
			}
			if s.Dst != there(i) || s.Flags != segment.SYN|segment.ACK {
				continue
			}
			l.write(&segment.Segment{Src: s.Dst, Dst: s.Src, Flags: segment.ACK, Seq: 1001, Ack: s.Seq + 1, Window: window})
			return
		}
	}
	l.Fatalf("the kernel does not answer %v", there(i))
}

// flood sends SYNs of nobody for a while.
func (l *lab) flood(to netip.AddrPort, long time.Duration) {
	for i, end := 0, time.Now().Add(long); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for range 20 {
			l.write(synOf(i, to))
			i++
		}
	}
}

// lossy answers so many segments, each only when it has come for the second time.
func (l *lab) lossy(acks int) {
	seen := map[string]bool{}
	for deadline := time.Now().Add(20 * time.Second); acks > 0 && time.Now().Before(deadline); {
		s, ok := l.read()
		if !ok || len(s.Payload) == 0 {
			continue
		}
		if name := fmt.Sprint(s.Dst, s.Seq); !seen[name] {
			seen[name] = true
			continue
		}
		l.write(&segment.Segment{Src: s.Dst, Dst: s.Src, Flags: segment.ACK, Seq: 1001, Ack: s.Seq + uint32(len(s.Payload)), Window: 65535})
		acks--
	}
}

// acknowledge answers the FINs of so many connections, and does not close them.
func (l *lab) acknowledge(n int) {
	l.Helper()
	done := map[netip.AddrPort]bool{}
	l.await("all FINs have come", func() bool {
		for {
			s, ok := l.read()
			if !ok {
				return len(done) >= n
			}
			if s.Flags&segment.FIN != 0 {
				l.write(&segment.Segment{Src: s.Dst, Dst: s.Src, Flags: segment.ACK, Seq: 1001, Ack: s.Seq + uint32(len(s.Payload)) + 1, Window: 65535})
				done[s.Dst] = true
			}
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// route is a destination in the output of ports.
type route struct {
	Local, Remote string
	Dport         int
	Capacity      int
	Used          int
	Blocked       int
	Inferred      int `json:"blocked_inferred"`
	Free          int
	FreeForBind   int `json:"free_for_bind"`
	TimeWait      int `json:"time_wait"`
	Reusable      int
	Reuse         string
	Timestamps    string
	Opened        *float64 `json:"opened_per_second"`
	RunsOut       *float64 `json:"runs_out_seconds"`
	Severity      string
	Advice        []string
}

func routeTo(t *testing.T, ns *testnet.NS, port int, args ...string) route {
	t.Helper()
	var doc destinations
	answer(t, ns, &doc, append([]string{"ports"}, args...)...)
	return doc.to(t, port)
}

type destinations struct{ Destinations []route }

func (all *destinations) to(t *testing.T, port int) route {
	t.Helper()
	for _, r := range all.Destinations {
		if r.Dport == port {
			return r
		}
	}
	t.Fatalf("no destination with port %d: %+v", port, all.Destinations)
	return route{}
}

// portLab is a namespace with 20 local ports and two servers on its loopback.
type portLab struct {
	t       *testing.T
	ns      *testnet.NS
	servers map[int]int // listener by port
	clients map[int]bool
}

func newPortLab(t *testing.T, sysctls map[string]string) *portLab {
	l := &portLab{t: t, ns: testnet.New(t, testnet.Options{}), servers: map[int]int{}, clients: map[int]bool{}}
	t.Cleanup(func() {
		for fd := range l.clients {
			_ = unix.Close(fd)
		}
	})
	l.ns.SetSysctl("net.ipv4.ip_local_port_range", "40000 40019")
	for name, value := range sysctls {
		l.ns.SetSysctl(name, value)
	}
	for _, port := range []int{8080, 8081} {
		l.servers[port] = listenOn(t, l.ns, endpoint(1, port), 1000)
	}
	return l
}

// A way is how an application chooses its local port.
type way func(fd int) error

func plainConnect(int) error { return nil }

func bindFirst(fd int) error { return unix.Bind(fd, endpoint(1, 0)) }

func bindNoPort(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return err
	}
	return unix.Bind(fd, endpoint(1, 0))
}

// open opens a connection; ok is false if there was no port for it.
func (l *portLab) open(port int, choose way) (fd int, ok bool) {
	l.t.Helper()
	fd = newSocket(l.t, l.ns)
	l.clients[fd] = true
	err := choose(fd)
	if err == nil {
		err = connect(l.t, l.ns, fd, endpoint(1, port))
	}
	switch {
	case err == nil:
		return fd, true
	case errors.Is(err, unix.EADDRNOTAVAIL), errors.Is(err, unix.EADDRINUSE):
		return fd, false
	}
	l.t.Fatal(err)
	return 0, false
}

func (l *portLab) openMany(n, port int, choose way) {
	l.t.Helper()
	for range n {
		if _, ok := l.open(port, choose); !ok {
			l.t.Fatal("no port while making the situation")
		}
	}
}

// leave makes n TIME_WAIT: the client closes first.
func (l *portLab) leave(n, port int, choose way) {
	l.t.Helper()
	acceptAll(l.servers[port]) // so that earlier connections no longer wait
	var fds []int
	for range n {
		fd, ok := l.open(port, choose)
		if !ok {
			l.t.Fatal("no port while making the situation")
		}
		fds = append(fds, fd)
	}
	for _, fd := range fds {
		must(l.t, unix.Shutdown(fd, unix.SHUT_WR))
	}
	for _, fd := range fds { // otherwise both might close at once, or the server's FIN overtake its ACK, and the answer to that is an RST
		await(l.t, "a client's FIN is acknowledged", func() bool { return stateOf(l.t, fd) == tcp.FinWait2 })
	}
	acceptAndClose(l.t, l.servers[port], n)
	for _, fd := range fds {
		await(l.t, "a client is in TIME_WAIT", func() bool { return stateOf(l.t, fd) == tcp.Close })
		must(l.t, unix.Close(fd))
		delete(l.clients, fd)
	}
}

// exhaust opens connections until no port is left.
func (l *portLab) exhaust(port int, choose way) (n int) {
	l.t.Helper()
	for n <= 100 {
		if _, ok := l.open(port, choose); !ok {
			return n
		}
		n++
	}
	l.t.Fatal("ports never run out")
	return 0
}

// varies marks results that vary in the kernel itself.
const varies = -1

// kernelSecond is the clock by which the kernel decides whether a TIME_WAIT may be
// reused: in any second but its own (tcp_twsk_unique, ktime_get_seconds).
func kernelSecond(t *testing.T) int64 {
	t.Helper()
	var now unix.Timespec
	must(t, unix.ClockGettime(unix.CLOCK_MONOTONIC_COARSE, &now))
	return int64(now.Sec)
}

// nextSecond waits for the next second to begin.
func nextSecond(t *testing.T) (second int64) {
	t.Helper()
	before := kernelSecond(t)
	await(t, "a second", func() bool { second = kernelSecond(t); return second != before })
	return second
}

// TestPortsPredict: connect() fails when ports predicts it, within one port.
func TestPortsPredict(t *testing.T) {
	for _, test := range []struct {
		name    string
		sysctls map[string]string
		make    func(l *portLab)
		choose  way
		bind    bool // compare with the ports that are free for bind()
		young   bool // must finish within the second in which it begins
		free    int  // the number by the rules, to check the test itself
	}{
		{
			name:    "tcp_tw_reuse 0",
			sysctls: map[string]string{"net.ipv4.tcp_tw_reuse": "0"},
			make: func(l *portLab) {
				l.leave(8, 8080, plainConnect)
				l.openMany(3, 8080, plainConnect)
				time.Sleep(1100 * time.Millisecond)
			},
			choose: plainConnect, free: 9,
		},
		{
			name:    "tcp_tw_reuse 1",
			sysctls: map[string]string{"net.ipv4.tcp_tw_reuse": "1"},
			make: func(l *portLab) {
				l.leave(8, 8080, plainConnect)
				l.openMany(3, 8080, plainConnect)
				time.Sleep(1200 * time.Millisecond)
			},
			choose: plainConnect, free: 17,
		},
		{
			name:    "tcp_tw_reuse 1, too young",
			sysctls: map[string]string{"net.ipv4.tcp_tw_reuse": "1"},
			make:    func(l *portLab) { l.leave(8, 8080, plainConnect) },
			choose:  plainConnect, free: 12, young: true,
		},
		{
			name:    "tcp_tw_reuse 2 on loopback",
			sysctls: map[string]string{"net.ipv4.tcp_tw_reuse": "2"},
			make: func(l *portLab) {
				l.leave(8, 8080, plainConnect)
				time.Sleep(1200 * time.Millisecond)
			},
			choose: plainConnect, free: 20,
		},
		{
			name:    "no timestamps",
			sysctls: map[string]string{"net.ipv4.tcp_tw_reuse": "1", "net.ipv4.tcp_timestamps": "0"},
			make: func(l *portLab) {
				l.leave(8, 8080, plainConnect)
				time.Sleep(1200 * time.Millisecond)
			},
			choose: plainConnect, free: 12,
		},
		{
			name: "another destination does not count",
			make: func(l *portLab) {
				l.openMany(9, 8081, plainConnect)
				l.openMany(4, 8080, plainConnect)
			},
			choose: plainConnect, free: 16,
		},
		{
			name: "IP_BIND_ADDRESS_NO_PORT",
			make: func(l *portLab) {
				l.openMany(9, 8081, bindNoPort)
				l.openMany(4, 8080, bindNoPort)
			},
			choose: bindNoPort, free: 16,
		},
		{
			name: "bind() and connect(), the next bind()",
			make: func(l *portLab) {
				l.openMany(5, 8081, bindFirst)
				l.openMany(4, 8080, bindFirst)
			},
			choose: bindFirst, bind: true, free: 11,
		},
		{
			name: "bind() and connect(), the next connect()",
			make: func(l *portLab) {
				l.openMany(5, 8081, bindFirst)
				l.openMany(4, 8080, bindFirst)
			},
			choose: plainConnect, free: 11,
		},
		{
			name:    "TIME_WAIT of bind() and connect() is not reused",
			sysctls: map[string]string{"net.ipv4.tcp_tw_reuse": "1"},
			make: func(l *portLab) {
				l.leave(6, 8080, bindFirst)
				time.Sleep(1200 * time.Millisecond)
			},
			choose: plainConnect, free: 14,
		},
		{
			name:    "reserved ports",
			sysctls: map[string]string{"net.ipv4.ip_local_reserved_ports": "39990-40004,40010,50000"},
			make:    func(l *portLab) { l.openMany(3, 8080, plainConnect) },
			choose:  plainConnect, free: 11,
		},
		{
			// One search covers an even number of ports from a random start, so it may
			// miss the last free port.
			name:    "an odd range",
			sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40001 40009"},
			make:    func(l *portLab) { l.openMany(3, 8080, plainConnect) },
			choose:  plainConnect, free: varies,
		},
		{
			name: "some of all",
			sysctls: map[string]string{
				"net.ipv4.tcp_tw_reuse":            "1",
				"net.ipv4.ip_local_port_range":     "40000 40039",
				"net.ipv4.ip_local_reserved_ports": "40008-40011",
			},
			make: func(l *portLab) {
				listenOn(l.t, l.ns, endpoint(1, 40003), 5)
				l.openMany(4, 8081, bindFirst)
				l.leave(2, 8080, bindFirst)
				l.leave(5, 8080, plainConnect)
				time.Sleep(1200 * time.Millisecond)
				l.openMany(3, 8080, plainConnect)
				l.openMany(3, 8081, bindNoPort)
			},
			choose: plainConnect, free: 26, // 36 less 1 listener, 4 and 2 by bind(), 3 to the destination
		},
		{
			name: "a listener and a bound socket in the range",
			make: func(l *portLab) {
				listenOn(l.t, l.ns, endpoint(1, 40003), 5)
				must(l.t, unix.Bind(openSocket(l.t, l.ns), endpoint(1, 40004)))
				l.openMany(3, 8080, plainConnect)
			},
			choose: plainConnect, free: 15,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got route
			var real int
			for tries := 1; ; tries++ {
				l := newPortLab(t, test.sysctls)
				second := int64(0)
				if test.young {
					second = nextSecond(t)
				}
				test.make(l)
				got = routeTo(t, l.ns, 8080)
				real = l.exhaust(8080, test.choose)
				if !test.young || second == kernelSecond(t) {
					break
				}
				if tries == 20 {
					t.Fatal("20 times it took more than a second: no TIME_WAIT stays too young to be reused")
				}
			}
			said := got.Free
			if test.bind {
				said = got.FreeForBind
			}
			if said < real-1 || said > real+1 {
				t.Errorf("ports says %d, connect() had %d: %+v", said, real, got)
			}
			if real != test.free && test.free != varies {
				t.Errorf("connect() had %d ports, the rules say %d", real, test.free)
			}
		})
	}
}

// TestPortsWindow: the rate is that of the window and says when ports run out.
func TestPortsWindow(t *testing.T) {
	l := newPortLab(t, map[string]string{"net.ipv4.tcp_tw_reuse": "0"})
	l.openMany(5, 8080, plainConnect)
	var doc destinations
	answerBetween(t, l.ns, &doc, func() { l.openMany(6, 8080, plainConnect) }, time.Second, "ports")
	got := doc.to(t, 8080)
	if got.Used != 11 || got.Free != 9 || got.Opened == nil || *got.Opened != 6 {
		t.Errorf("6 in a second: %+v", got)
	}
	if got.RunsOut == nil || *got.RunsOut != 2 {
		t.Errorf("9 are left: %+v", got)
	}
}

// TestFromOutside: another namespace is judged by its own parameters.
func TestFromOutside(t *testing.T) {
	l := newPortLab(t, map[string]string{"net.core.somaxconn": "6"})
	l.openMany(2, 8080, plainConnect)
	listenOn(t, l.ns, endpoint(1, 8082), 1000)
	outside := testnet.New(t, testnet.Options{})
	var queues struct{ Listeners []door }
	answer(t, outside, &queues, "queues", "sport = :8082", "--netns", l.ns.Path())
	if len(queues.Listeners) != 1 || queues.Listeners[0].Limit != 6 || queues.Listeners[0].LimitSetBy != "somaxconn" {
		t.Errorf("%+v", queues.Listeners)
	}
	if got := routeTo(t, outside, 8080, "--netns", l.ns.Path()); got.Capacity != 20 || got.Used != 2 {
		t.Errorf("%+v", got)
	}
}

// TestPortsByProcfs: /proc gives the same result, except for bound sockets.
func TestPortsByProcfs(t *testing.T) {
	l := newPortLab(t, map[string]string{"net.ipv4.tcp_tw_reuse": "1"})
	listenOn(t, l.ns, endpoint(1, 40003), 5)
	l.leave(4, 8080, plainConnect)
	l.openMany(3, 8080, plainConnect)
	time.Sleep(1200 * time.Millisecond) // otherwise a TIME_WAIT might become reusable between the two answers
	want, got := routeTo(t, l.ns, 8080), routeTo(t, l.ns, 8080, "--engine", "procfs")
	if diff := cmp.Diff(want, got); diff != "" || want.Used != 3 || want.Reusable != 4 || want.Blocked != 1 {
		t.Errorf("sock_diag and procfs (-want +got)\n%s", diff)
	}
}

// TestQueuesAndPortsOfSnapshot: a saved machine is judged as it was when saved.
func TestQueuesAndPortsOfSnapshot(t *testing.T) {
	l := newPortLab(t, map[string]string{"net.core.somaxconn": "6"})
	listenOn(t, l.ns, endpoint(1, 8082), 1000)
	connectTo(t, l.ns, endpoint(1, 8082), 9)
	l.openMany(2, 8080, plainConnect)
	file := filepath.Join(t.TempDir(), "machine")
	queues, ports := doorsOf(t, l.ns), routeTo(t, l.ns, 8080)
	l.ns.Do(func() {
		env := cli.System("v0.0.0-test")
		if code := cli.Main(context.Background(), env, []string{"snapshot", "save", file}); code != 0 && code != 3 {
			t.Fatalf("snapshot save: exit code %d", code)
		}
	})
	outside := testnet.New(t, testnet.Options{})
	saved := doorsOf(t, outside, "--from", file)
	if diff := cmp.Diff(queues[0].Advice, saved[0].Advice); diff != "" || saved[0].Somaxconn != 6 || saved[0].Waiting != 7 {
		t.Errorf("%+v\n%s", saved[0], diff)
	}
	if diff := cmp.Diff(ports, routeTo(t, outside, 8080, "--from", file)); diff != "" {
		t.Errorf("ports (-live +saved)\n%s", diff)
	}
}

// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
)

// nobody routes the addresses 192.0.2.0/24 to lo: what is sent to them comes back, and no
// host has these addresses. Some troubles need such peers.
const nobody = "ip route add 192.0.2.0/24 dev lo"

const firewall = `nft "add table ip t; add chain ip t in { type filter hook input priority 0; }; add chain ip t out { type filter hook output priority 0; }`

func troubles() map[string]trouble {
	return map[string]trouble{
		"a queue that nobody empties": {
			sysctls: map[string]string{"net.core.somaxconn": "4"},
			make:    times(12, func(s *situation) []io.Closer { return unawaited(s.server.port) }),
			pause:   time.Minute, deaf: true,
			fires: []string{"TCPAcceptQueueFull", "TCPConnectionsDropped"},
		},
		"a queue that is half full": {
			sysctls: map[string]string{"net.core.somaxconn": "8"},
			make:    func(s *situation) []io.Closer { return unawaited(s.server.port) },
			least:   6, most: 6, deaf: true,
			fires: []string{"TCPAcceptQueueNearlyFull"},
		},
		"SYNs of nobody": {
			sysctls: map[string]string{"net.ipv4.tcp_synack_retries": "4"},
			set:     []string{nobody},
			make:    func(s *situation) []io.Closer { return synsOfNobody(s, 200) },
			pause:   20 * time.Second, every: "5s",
			fires: []string{"TCPSynFlood"},
		},
		"SYNs of nobody, more than the queue takes": {
			sysctls: map[string]string{"net.ipv4.tcp_synack_retries": "4", "net.core.somaxconn": "64"},
			set:     []string{nobody},
			make:    func(s *situation) []io.Closer { return synsOfNobody(s, 200) },
			pause:   20 * time.Second,
			fires:   []string{"TCPSynQueueFull"}, with: []string{"TCPSynFlood"},
		},
		"a destination that takes all ports": {
			sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40000 40039"},
			make:    times(45, connected),
			most:    2,
			fires:   []string{"TCPPortsUsedUp"},
		},
		"ports that become fewer": {
			sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40000 40299"},
			make:    connected,
			least:   170, most: 290, pause: 1500 * time.Millisecond,
			fires: []string{"TCPPortsRunOutSoon"},
		},
		"ports that are bound, and lead nowhere": {
			sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40000 40039"},
			make:    func(*situation) []io.Closer { return bound(20) },
			most:    1,
			fires:   []string{"TCPBoundPortsShort"},
		},
		"TIME_WAIT over their limit": {
			sysctls: map[string]string{"net.ipv4.tcp_max_tw_buckets": "5"},
			mended:  map[string]string{"net.ipv4.tcp_max_tw_buckets": "4096"}, // who asks the agent leaves some too
			make: times(20, func(s *situation) []io.Closer {
				for _, c := range connect(s.server.port) {
					_ = c.Close()
				}
				return nil
			}),
			pause: 30 * time.Second,
			fires: []string{"TCPTimeWaitRefused"},
		},
		"peers that close, and a program that does not": {
			make: times(50, func(s *situation) []io.Closer {
				kept := connect(s.server.port)
				for _, c := range kept {
					_ = c.(*net.TCPConn).CloseWrite()
				}
				return kept
			}),
			most:  4,
			fires: []string{"TCPCloseWaitLeak"}, with: []string{"TCPStuckSends"}, // of the same connections the other end
		},
		"a program without descriptors": {
			make:  func(s *situation) []io.Closer { return without(s) },
			most:  1,
			fires: []string{"TCPDescriptorsNearLimit"},
		},
		"programs that do not read": {
			make: func(s *situation) []io.Closer {
				kept := connect(s.server.port)
				for _, c := range kept {
					conn, _ := c.(*net.TCPConn)
					_ = conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
					_, _ = conn.Write(make([]byte, 8<<20)) // more than both ends take
				}
				return kept
			},
			most:  30,
			fires: []string{"TCPProgramDoesNotRead"}, with: []string{"TCPStuckSends"}, // of the same connections the other end
		},
		"peers that vanish": {
			set:   []string{firewall + `"`},
			make:  connected,
			least: 15, most: 15,
			then:  "add rule ip t in tcp dport 8080 drop",
			fires: []string{"TCPStuckSends"},
		},
		"data that nobody reads before the end": {
			make: func(s *situation) []io.Closer {
				unread(s.t)
				return nil
			},
			pause: 10 * time.Second, traced: true,
			fires: []string{"TCPUnreadDataResets"},
		},
		"a way that loses a quarter of what is sent": {
			set:   []string{firewall + `; add rule ip t in tcp dport 8080 numgen random mod 100 < 25 drop"`},
			make:  streaming,
			least: 10, most: 10,
			fires: []string{"TCPRetransmissionStorm"},
		},
		"a network in which nobody answers": {
			set:  []string{nobody},
			make: func(*situation) []io.Closer { return toward([4]byte{192, 0, 2, 1}, 443) },
			most: 40, pause: 6 * time.Second,
			fires: []string{"TCPConnectsFail"},
		},
		"a firewall that lets nothing out": {
			set:   []string{firewall + `"`},
			make:  connected,
			least: 15, most: 15,
			then:  "add rule ip t out tcp dport 8080 drop",
			fires: []string{"TCPPacketsDoNotLeave"}, with: []string{"TCPStuckSends"},
		},
		"a firewall that follows many connections": {
			set:   []string{nobody, firewall + `; add rule ip t out ct state new accept"`},
			make:  func(s *situation) []io.Closer { return flows(s, 0.85) },
			most:  1,
			fires: []string{"TCPConntrackNearlyFull"},
		},
		"a firewall that can follow no more": {
			set:   []string{nobody, firewall + `; add rule ip t out ct state new accept"`},
			make:  func(s *situation) []io.Closer { return flows(s, 0.97) },
			most:  1,
			fires: []string{"TCPConntrackFull"},
		},
		"nothing": {make: connected, most: 50},
	}
}

// times repeats what one call makes.
func times(n int, one func(*situation) []io.Closer) func(*situation) []io.Closer {
	return func(s *situation) (kept []io.Closer) {
		for range n {
			kept = append(kept, one(s)...)
		}
		return kept
	}
}

func connected(s *situation) []io.Closer { return connect(s.server.port) }

// connect opens a connection to a port of the namespace, or none.
func connect(port int) []io.Closer {
	c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return nil
	}
	return []io.Closer{c}
}

// unawaited begins a connection and does not wait for it: at a full queue nobody
// answers.
func unawaited(port int) []io.Closer { return toward([4]byte{127, 0, 0, 1}, port) }

func toward(addr [4]byte, port int) []io.Closer {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	_ = unix.Connect(s, &unix.SockaddrInet4{Port: port, Addr: addr}) // in progress
	return []io.Closer{os.NewFile(uintptr(s), "connecting")}
}

// bound takes ports of the range, and does not connect.
func bound(n int) (kept []io.Closer) {
	for range n {
		s, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return kept
		}
		_ = unix.Bind(s, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
		kept = append(kept, os.NewFile(uintptr(s), "bound"))
	}
	return kept
}

// unread has connections ended by an end that has not read all.
func unread(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 20 {
		for _, c := range connect(l.Addr().(*net.TCPAddr).Port) {
			_, _ = c.(*net.TCPConn).Write([]byte("?")) // over loopback it is there at once
			if other, err := l.Accept(); err == nil {
				_ = other.Close()
			}
			_ = c.Close()
		}
	}
}

// streaming is a connection on which a little is sent all the time.
func streaming(s *situation) []io.Closer {
	kept := connect(s.server.port)
	for _, c := range kept {
		go func() {
			for s.t.Context().Err() == nil {
				if _, err := c.(*net.TCPConn).Write(make([]byte, 700)); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
	}
	return kept
}

// synsOfNobody sends a SYN from each of some addresses that are nobody's. Every 20 s they
// are of other ports, so that there are always some that are older than a look.
func synsOfNobody(s *situation, n int) []io.Closer {
	raw, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		s.t.Fatal(err)
	}
	defer unix.Close(raw)
	to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(s.server.port))
	batch := 200 * (int(time.Since(s.began)/(20*time.Second)) % 100)
	for i := range n {
		syn := segment.Segment{
			Src: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + i)}), uint16(20000+batch+i)), Dst: to,
			Seq: uint32(i), Flags: segment.SYN, Window: 1000, Options: segment.Options{MSS: 1000},
		}
		if err := unix.Sendto(raw, segment.Append(nil, &syn), 0, &unix.SockaddrInet4{Addr: to.Addr().As4()}); err != nil {
			s.t.Fatal(err)
		}
	}
	return nil
}

// asStarving makes this test binary a program that opens as many sockets as it can.
const asStarving = "TCPVITALSD_TEST_IS_STARVING"

func starving() {
	few := unix.Rlimit{Cur: 64, Max: 64}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		panic(err)
	}
	for err := error(nil); err == nil; {
		_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// closing is what is to be done at the end.
type closing func() error

func (c closing) Close() error { return c() }

// without starts a program that has no descriptor left.
func without(s *situation) []io.Closer {
	cmd := s.ns.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asStarving+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	end := func() error {
		_ = stdin.Close()
		return cmd.Wait()
	}
	s.t.Cleanup(func() { _ = end() }) // a second time it says that it was done
	return []io.Closer{closing(end)}
}

// flows has the firewall follow datagrams that nobody answers, a share of those that it
// can follow. Closing forgets them.
func flows(s *situation, share float64) []io.Closer {
	const dir = "/proc/sys/net/netfilter/nf_conntrack_"
	text, err := os.ReadFile(dir + "max")
	if err != nil {
		s.t.Fatal(err)
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(dir+"udp_timeout", []byte("1800"), 0); err != nil { // of this namespace
		s.t.Fatal(err)
	}
	control, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		s.t.Fatal(err)
	}
	from, err := net.ListenUDP("udp4", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer from.Close()
	for n := range int(share * float64(limit)) {
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + n/60000)}), uint16(1+n%60000))
		if _, err := from.WriteToUDPAddrPort([]byte("?"), to); err != nil {
			s.t.Fatal(err)
		}
	}
	return []io.Closer{closing(func() error {
		// IPCTNL_MSG_CT_DELETE without a tuple: all of the namespace.
		all := []byte{20, 0, 0, 0, 2, 1, unix.NLM_F_REQUEST, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
		err := unix.Sendto(control, all, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		_ = unix.Close(control)
		return err
	})}
}

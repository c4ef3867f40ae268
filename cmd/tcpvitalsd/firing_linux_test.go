// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/alert"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A trouble is made in a namespace for real, and makes alerts fire. make is called
// until they do, and returns what is to be kept open.
type trouble struct {
	sysctls map[string]string
	set     []string // a command that prepares the namespace
	// optional says that not every machine has the command, or its part of the kernel.
	optional bool
	make     func(t *testing.T, port int) (kept []io.Closer)
	fires    []string
	// least is how often make is called before anybody looks, most how often at most; 0
	// is for any number.
	least, most int
	deaf        bool // nobody accepts
	traced      bool // it takes a trace
}

// notMade are the alerts that no trouble here makes fire, each with the reason. promtool
// shows each of them firing and silent on series (internal/alert).
func notMade() map[string]string {
	const host = "its limit is that of the whole machine, which a test does not change"
	return map[string]string{
		"TCPSynFlood":             "it takes SYNs with addresses that are not ours, for longer than a round trip",
		"TCPSynQueueFull":         "likewise",
		"TCPBoundPortsShort":      "it takes ports that have been held for minutes",
		"TCPDescriptorsNearLimit": "it takes a process with a limit of its own",
		"TCPStuckSends":           "the kernel waits for minutes before it says so",
		"TCPPacketsDoNotLeave":    "it takes a device or a firewall that refuses",
		"TCPPacketsLostOnArrival": "it takes more packets than a processor takes from a queue",
		"TCPConntrackNearlyFull":  "not every kernel has the module",
		"TCPConntrackFull":        "likewise",
		"TCPOrphansNearLimit":     host,
		"TCPAbortedForMemory":     host,
		"TCPMemoryPressure":       host,
		"TCPMemoryFull":           host,
		"TCPOpenFilesNearLimit":   host,
		"TCPFindingCritical":      "it is for rules to come: every critical one has an alert of its own, or a trouble above",
		"TcpvitalsDown":           "it is for somebody else who looks (docs/tcpvitalsd.md)",
		"TcpvitalsBlind":          "it takes a kernel that stops to answer",
		"TcpvitalsStoreBehind":    "TestRetentionOvertakes makes it fire",
		"TcpvitalsSamplesLost":    "likewise",
	}
}

// TestEveryAlertIsMadeOrNot: each alert fires for a trouble here, or it is said why not.
func TestEveryAlertIsMadeOrNot(t *testing.T) {
	made := map[string]bool{}
	for _, tr := range troubles() {
		for _, name := range tr.fires {
			made[name] = true
		}
	}
	reasons := notMade()
	for _, a := range alert.All() {
		if made[a.Name] == (reasons[a.Name] != "") {
			t.Errorf("%s: fires here %v, and the reason why not is %q", a.Name, made[a.Name], reasons[a.Name])
		}
		delete(reasons, a.Name)
	}
	for name := range reasons {
		t.Errorf("there is no alert %s", name)
	}
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

// connect opens a connection to a port of the namespace, or none.
func connect(port int) []io.Closer {
	c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return nil
	}
	return []io.Closer{c}
}

func troubles() map[string]trouble {
	return map[string]trouble{
		"a queue that nobody empties": {
			sysctls: map[string]string{"net.core.somaxconn": "4"},
			make: func(_ *testing.T, port int) (kept []io.Closer) {
				for range 12 {
					kept = append(kept, unawaited(port)...)
				}
				return kept
			},
			fires: []string{"TCPAcceptQueueFull", "TCPConnectionsDropped"},
		},
		"a destination that takes all ports": {
			sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40000 40039"},
			make: func(_ *testing.T, port int) (kept []io.Closer) {
				for range 45 {
					kept = append(kept, connect(port)...)
				}
				return kept
			},
			fires: []string{"TCPPortsUsedUp"},
		},
		"TIME_WAIT over their limit": {
			sysctls: map[string]string{"net.ipv4.tcp_max_tw_buckets": "5"},
			make: func(_ *testing.T, port int) []io.Closer {
				for range 20 {
					for _, c := range connect(port) {
						_ = c.Close()
					}
				}
				return nil
			},
			fires: []string{"TCPTimeWaitRefused"},
		},
		"peers that close, and a program that does not": {
			make: func(_ *testing.T, port int) (kept []io.Closer) {
				for range 50 {
					for _, c := range connect(port) {
						_ = c.(*net.TCPConn).CloseWrite()
						kept = append(kept, c)
					}
				}
				return kept
			},
			fires: []string{"TCPCloseWaitLeak"},
		},
		"a queue that is half full": {
			sysctls: map[string]string{"net.core.somaxconn": "8"},
			make: func(_ *testing.T, port int) (kept []io.Closer) {
				return unawaited(port)
			},
			least: 6, most: 6, deaf: true,
			fires: []string{"TCPAcceptQueueNearlyFull"},
		},
		"ports that become fewer": {
			sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40000 40299"},
			make:    func(_ *testing.T, port int) []io.Closer { return connect(port) },
			least:   170, most: 290,
			fires: []string{"TCPPortsRunOutSoon"},
		},
		"a network in which nobody answers": {
			set: []string{"ip", "route", "add", "192.0.2.0/24", "dev", "lo"}, // what leaves comes back, and is nobody's
			make: func(*testing.T, int) []io.Closer {
				return toward([4]byte{192, 0, 2, 1}, 443)
			},
			most:  20,
			fires: []string{"TCPConnectsFail"},
		},
		"a way that loses a quarter of what is sent": {
			set:      []string{"nft", "add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in tcp dport 8080 numgen random mod 100 < 25 drop"},
			optional: true,
			make: func(t *testing.T, port int) (kept []io.Closer) {
				for range 10 {
					for _, c := range connect(port) {
						kept = append(kept, c)
						go func() {
							for n := 0; n < 2000 && t.Context().Err() == nil; n++ {
								if _, err := c.(*net.TCPConn).Write(make([]byte, 700)); err != nil {
									return
								}
								time.Sleep(10 * time.Millisecond)
							}
						}()
					}
				}
				return kept
			},
			most:  10,
			fires: []string{"TCPRetransmissionStorm"},
		},
		"programs that do not read": {
			make: func(_ *testing.T, port int) []io.Closer {
				kept := connect(port)
				for _, c := range kept {
					conn, _ := c.(*net.TCPConn)
					_ = conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
					_, _ = conn.Write(make([]byte, 8<<20)) // more than both ends take
				}
				return kept
			},
			most:  30,
			fires: []string{"TCPProgramDoesNotRead"},
		},
		"data that nobody reads before the end": {
			make: func(t *testing.T, _ int) []io.Closer {
				unread(t)
				return nil
			},
			traced: true,
			fires:  []string{"TCPUnreadDataResets"},
		},
		"nothing": {
			make:  func(_ *testing.T, port int) []io.Closer { return connect(port) },
			fires: nil,
		},
	}
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

// TestAlertsFire: the alerts that are shipped fire for troubles that were made for
// real, each but for its waiting, and none fires where there is no trouble.
func TestAlertsFire(t *testing.T) {
	shipped, err := os.ReadFile("../../packaging/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	atOnce := regexp.MustCompile(`(?m)^( +for:) .*$`).ReplaceAll(shipped, []byte("$1 0s"))
	rules := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(rules, atOnce, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tr := range troubles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := testnet.New(t, testnet.Options{})
			for key, value := range tr.sysctls {
				ns.SetSysctl(key, value)
			}
			if len(tr.set) > 0 {
				said, err := ns.Command(tr.set[0], tr.set[1:]...).CombinedOutput()
				if err != nil && tr.optional {
					t.Skipf("%s: %v: %s", tr.set[0], err, said)
				}
				if err != nil {
					t.Fatalf("%v: %v: %s", tr.set, err, said)
				}
			}
			port := holding(t, ns, tr.deaf || name == "a queue that nobody empties")
			a := start(t, ns, "--examine-every", "2s", "--data-dir", filepath.Join(t.TempDir(), "history"), "--rules", rules) // rules of streams want more than a second between two looks
			firing := func() (names []string) {
				body, _ := a.get("/api/v1/alerts")
				var answer struct {
					Data struct {
						Alerts []struct {
							State  string
							Labels map[string]string
						}
					}
				}
				if err := json.Unmarshal([]byte(body), &answer); err != nil {
					t.Fatal(err, body)
				}
				for _, one := range answer.Data.Alerts {
					if one.State == "firing" {
						names = append(names, one.Labels["alertname"])
					}
				}
				slices.Sort(names)
				return slices.Compact(names)
			}
			if body, _ := a.get("/metrics"); tr.traced && value(t, body, "tcpvitals_traced") != 1 {
				testnet.Skip(t, testnet.BPF, "no trace here")
			}
			looks := 0
			until(t, "it fires", func() bool {
				ns.Do(func() {
					for again := true; again; again = looks < tr.least {
						if tr.most > 0 && looks >= tr.most {
							break
						}
						for _, c := range tr.make(t, port) {
							t.Cleanup(func() { _ = c.Close() })
						}
						looks++
					}
				})
				if tr.most > 0 && looks >= tr.most {
					time.Sleep(time.Second)
				}
				now := firing()
				for _, want := range tr.fires {
					if !slices.Contains(now, want) {
						return false
					}
				}
				return len(tr.fires) > 0 || looks > 50
			})
			t.Log(firing())
			if now := firing(); tr.fires == nil && len(now) > 0 {
				t.Errorf("%v fires", now)
			}
		})
	}
}

// holding listens in a namespace, accepts unless deaf, and closes nothing.
func holding(t *testing.T, ns *testnet.NS, deaf bool) (port int) {
	t.Helper()
	var l net.Listener
	var err error
	ns.Do(func() { l, err = net.Listen("tcp", "127.0.0.1:8080") })
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for !deaf {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

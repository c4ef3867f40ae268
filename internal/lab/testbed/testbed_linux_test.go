// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

const (
	finAck = segment.FIN | segment.ACK
	synAck = segment.SYN | segment.ACK
)

// steps calls functions until one fails, and names it by its number.
func steps(all ...func() error) error {
	for i, step := range all {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// openLab makes a Lab, or skips the test.
func openLab(t *testing.T, kind wire.Kind) *Lab {
	t.Helper()
	lab, err := Open(Options{Wire: kind})
	var denied *problem.PermissionError
	if errors.As(err, &denied) && !slices.Contains(strings.Split(os.Getenv("CI_REQUIRE"), ","), "netns") {
		t.Skip("no right to make a network namespace: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lab.Close() })
	return lab
}

// everywhere runs a test over both wires and for both families.
func everywhere(t *testing.T, f func(*Testbed) error) {
	t.Helper()
	for _, kind := range []wire.Kind{wire.TUN, wire.Veth} {
		lab := openLab(t, kind)
		for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
			t.Run(kind.String()+"/"+family.String(), func(t *testing.T) {
				var b *Testbed
				if err := lab.Run(family, func(t *Testbed) error { b = t; return f(t) }); err != nil {
					t.Error(err)
					if b != nil {
						for _, e := range b.Events() {
							t.Logf("%+v", *e)
						}
					}
				}
			})
		}
	}
}

// handshake brings connection a to ESTABLISHED and accepts it.
func handshake(b *Testbed) error {
	return steps(
		func() error { return b.Kernel().Listen("listener", 8, BindOptions{}) },
		func() error { return b.Send("a", Send{Flags: segment.SYN}) },
		func() error { return b.Expect("a", Expect{Flags: synAck}) },
		func() error { return b.Send("a", Send{Flags: segment.ACK}) },
		func() error { return b.Kernel().Accept("a", "listener") },
		func() error { return b.State("a", record.Kernel, tcp.Established, Range{}) },
	)
}

func TestLostLastACK(t *testing.T) {
	everywhere(t, func(b *Testbed) error {
		return steps(
			func() error { return handshake(b) },
			func() error { return b.Kernel().Close("a") },
			func() error { return b.Expect("a", Expect{Flags: finAck}) },
			func() error { return b.Send("a", Send{Flags: segment.ACK}) },
			func() error { return b.State("a", record.Kernel, tcp.FinWait2, Range{}) },
			func() error { return b.Send("a", Send{Flags: finAck}) },
			func() error {
				return b.Expect("a", Expect{Flags: segment.ACK, Handling: Handling{Fate: record.Lost}})
			},
			func() error { return b.State("a", record.Kernel, tcp.TimeWait, Range{}) },
			func() error { return b.Timer("a", socket.TimerTimeWait, 60*time.Second) },
			func() error { return b.Send("a", Send{Flags: finAck, Again: true}) },
			func() error { return b.Expect("a", Expect{Flags: segment.ACK}) },
			func() error {
				if got := b.PeerState("a"); got != tcp.Close {
					return fmt.Errorf("the peer is in %v", got)
				}
				return nil
			},
			func() error { return b.ExpectNothing("a", 20*time.Millisecond) },
		)
	})
}

func TestSimultaneousCloseOfTwoSockets(t *testing.T) {
	pass := func(b *Testbed, flags segment.Flags) func() error {
		return func() error { return b.Expect("a", Expect{Flags: flags}) }
	}
	hold := func(b *Testbed, label string) func() error {
		return func() error {
			return b.Expect("a", Expect{Flags: finAck, Handling: Handling{Fate: record.Held, Label: label}})
		}
	}
	state := func(b *Testbed, end record.End, want tcp.State) func() error {
		return func() error { return b.State("a", end, want, Range{}) }
	}
	everywhere(t, func(b *Testbed) error {
		b.Relay("a")
		return steps(
			func() error { return b.OtherHost().Listen("listener", 8, BindOptions{}) },
			func() error { return b.Kernel().Connect("a", ConnectOptions{}) },
			pass(b, segment.SYN), pass(b, synAck), pass(b, segment.ACK),
			func() error { return b.OtherHost().Accept("a", "listener") },
			func() error { return b.Kernel().Close("a") }, hold(b, "ours"),
			func() error { return b.OtherHost().Close("a") }, hold(b, "theirs"),
			state(b, record.Kernel, tcp.FinWait1), state(b, record.Peer, tcp.FinWait1),
			func() error { return b.Deliver("ours") },
			state(b, record.Peer, tcp.Closing),
			func() error { return b.Deliver("theirs") },
			state(b, record.Kernel, tcp.Closing),
			pass(b, segment.ACK), pass(b, segment.ACK),
			state(b, record.Kernel, tcp.TimeWait), state(b, record.Peer, tcp.TimeWait),
		)
	})
}

func TestErrnoIsAResult(t *testing.T) {
	everywhere(t, func(b *Testbed) error {
		k := b.Kernel()
		if err := k.Connect("a", ConnectOptions{}); err != nil {
			return err
		}
		if err := b.Expect("a", Expect{Flags: segment.SYN}); err != nil {
			return err
		}
		if err := b.Send("a", Send{Flags: segment.RST | segment.ACK}); err != nil {
			return err
		}
		if err := k.SocketError("a"); !errors.Is(err, unix.ECONNREFUSED) {
			return fmt.Errorf("SO_ERROR is %v", err)
		}
		return b.State("a", record.Kernel, tcp.Close, Range{})
	})
}

func TestFailureSaysWhatCame(t *testing.T) {
	lab := openLab(t, wire.Auto)
	err := lab.Run(socket.IPv4, func(b *Testbed) error {
		if err := b.Send("a", Send{Flags: segment.SYN}); err != nil {
			return err
		}
		return b.Expect("a", Expect{Flags: synAck})
	})
	want := "segment of a: expected SYN,ACK, got RST,ACK seq=0 ack=1 (other flags)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	want = "a 的报文段：预期 SYN,ACK，实际 RST,ACK seq=0 ack=1（标志不同）"
	if got := problem.Wording(err, true); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSysctl(t *testing.T) {
	lab := openLab(t, wire.Auto)
	err := lab.Run(socket.IPv4, func(b *Testbed) error {
		if err := b.SetSysctl("tcp_fin_timeout", "7"); err != nil {
			return err
		}
		if got, err := b.Sysctl("net.ipv4.tcp_fin_timeout"); got != "7" || err != nil {
			return fmt.Errorf("got %q, %v", got, err)
		}
		if err := b.SetSysctl("tcp_tw_recycle", "1"); !errors.Is(err, problem.ErrNotSupported) {
			return fmt.Errorf("tcp_tw_recycle: %v", err)
		}
		if err := b.SetSysctl("tcp_tw_reuse", "3"); !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("tcp_tw_reuse 3: %v", err)
		}
		for _, name := range []string{"kernel.hostname", "net.ipv4/../../kernel/hostname", "net..kernel", "vm.swappiness"} {
			if err := b.SetSysctl(name, "x"); err == nil || errors.Is(err, unix.EACCES) {
				return fmt.Errorf("sysctl %s was not refused: %v", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

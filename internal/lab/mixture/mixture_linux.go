// SPDX-License-Identifier: Apache-2.0

package mixture

import (
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/bench"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/trace"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Counts is how many sockets are wanted in which state.
type Counts map[tcp.State]int

// Total is the number of sockets.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// firstListener is the port of the first listener; the others follow.
const firstListener = 8001

// Make makes the sockets and returns them, with State, Kind, Family, Local and
// Remote filled in. They stay for at least 60 s without any help.
//
// Connections come in turn from the kernel's connect() and, where there is a
// listener, to its accept(). FIN_WAIT2 is in turn a full socket whose owner has
// it open and a minisocket. SYN_RECV needs a listener: Make adds one if none is
// asked for, so that the answer holds one LISTEN more than the question.
func Make(b *bench.Bench, want Counts) ([]socket.Socket, error) {
	m := &maker{b: b}
	if err := m.prepare(want); err != nil {
		return nil, err
	}
	for state := range tcp.AllStates.All() {
		for range want[state] {
			if err := m.one(state); err != nil {
				return nil, fmt.Errorf("make a socket in %v: %w", state, err)
			}
		}
	}
	return m.made, nil
}

type maker struct {
	b         *bench.Bench
	listeners int
	n         int // connections so far
	made      []socket.Socket
}

// sysctls keep the sockets in place for as long as possible.
func sysctls(total int) [][2]string {
	room := fmt.Sprint(4*total + 64)
	return [][2]string{
		{"net.core.somaxconn", room},
		{"tcp_max_syn_backlog", room},
		{"tcp_syncookies", "0"}, // or a full queue would leave no SYN_RECV
		{"tcp_synack_retries", "255"},
		{"tcp_syn_retries", "127"},
		{"tcp_orphan_retries", "255"},
	}
}

func (m *maker) prepare(want Counts) error {
	for state, n := range want {
		if n < 0 || !state.Valid() || state == tcp.Close || state == tcp.NewSynRecv {
			return fmt.Errorf("cannot make %d sockets in %v", n, state)
		}
	}
	for _, s := range sysctls(want.Total()) {
		if err := m.b.SetSysctl(s[0], s[1]); err != nil {
			return err
		}
	}
	listeners := want[tcp.Listen]
	if listeners == 0 && want[tcp.SynRecv] > 0 {
		listeners = 1
	}
	for range listeners {
		if err := m.listen(4*want.Total() + 64); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) listen(backlog int) error {
	port := uint16(firstListener + m.listeners)
	m.listeners++
	if err := m.b.Kernel().Listen(fmt.Sprint("listener", port), backlog, bench.BindOptions{Port: port}); err != nil {
		return err
	}
	kernel, _ := m.b.Addresses("")
	local := netip.AddrPortFrom(kernel.Addr(), port)
	m.made = append(m.made, m.unconnected(tcp.Listen, socket.Full, local))
	return nil
}

func (m *maker) unconnected(state tcp.State, kind socket.Kind, local netip.AddrPort) socket.Socket {
	none := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	if local.Addr().Is6() {
		none = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	return socket.Socket{State: state, Kind: kind, Family: m.b.Family(), Local: local, Remote: none}
}

// firstBound is the port of the first bound socket; the others follow.
const firstBound = 20001

func (m *maker) bind() error {
	m.n++
	port := uint16(firstBound + m.n)
	if err := m.b.Kernel().Bind(fmt.Sprint("bound", m.n), bench.BindOptions{Port: port}); err != nil {
		return err
	}
	kernel, _ := m.b.Addresses("")
	local := netip.AddrPortFrom(kernel.Addr(), port)
	m.made = append(m.made, m.unconnected(tcp.Bound, socket.Idle, local))
	return nil
}

// one makes one connection in a state.
func (m *maker) one(state tcp.State) error {
	switch state {
	case tcp.Listen:
		return nil // made beforehand
	case tcp.Bound:
		return m.bind()
	default: // a connection, made below
	}
	m.n++
	c := &connection{b: m.b, name: fmt.Sprint("c", m.n), mini: m.n%2 == 0}
	accept := state == tcp.SynRecv || m.listeners > 0 && state != tcp.SynSent && m.n%3 == 0
	if accept {
		c.listener = firstListener + m.n%m.listeners
	}
	if err := c.reach(state); err != nil {
		return err
	}
	local, remote := m.b.Addresses(c.name)
	m.made = append(m.made, socket.Socket{
		State: state, Kind: c.kind(state), Family: m.b.Family(), Local: local, Remote: remote,
	})
	return nil
}

// connection is one connection on its way to its state.
type connection struct {
	b        *bench.Bench
	name     string
	listener int  // its port; 0: the kernel connects
	mini     bool // FIN_WAIT2 as a minisocket
}

func (c *connection) kind(state tcp.State) socket.Kind {
	switch {
	case state == tcp.SynRecv:
		return socket.Request
	case state == tcp.TimeWait, state == tcp.FinWait2 && c.mini:
		return socket.Mini
	default:
		return socket.Full
	}
}

// The peer's segments.
const (
	syn    = segment.SYN
	ack    = segment.ACK
	fin    = segment.FIN | segment.ACK
	synAck = segment.SYN | segment.ACK
)

// reach drives the connection and checks that it has arrived.
func (c *connection) reach(state tcp.State) error {
	for _, step := range slices.Concat(c.opening(state), c.closing(state)) {
		if err := step(); err != nil {
			return err
		}
	}
	return c.b.State(c.name, trace.Kernel, state, bench.Range{})
}

type steps []func() error

func (c *connection) opening(state tcp.State) steps {
	listener := fmt.Sprint("listener", c.listener)
	switch {
	case state == tcp.SynSent:
		return steps{c.connect, c.expect(syn)}
	case c.listener == 0:
		return steps{c.connect, c.expect(syn), c.send(synAck), c.expect(ack)}
	case state == tcp.SynRecv:
		return steps{c.place, c.send(syn), c.expect(synAck)}
	default:
		return steps{c.place, c.send(syn), c.expect(synAck), c.send(ack), func() error { return c.b.Kernel().Accept(c.name, listener) }}
	}
}

// closing follows figures 12 and 13 of RFC 9293 as far as the state.
func (c *connection) closing(state tcp.State) steps {
	switch state {
	case tcp.FinWait1:
		return steps{c.close, c.expect(fin)}
	case tcp.FinWait2:
		if c.mini {
			return steps{c.close, c.expect(fin), c.send(ack)}
		}
		return steps{c.shutdown, c.expect(fin), c.send(ack)}
	case tcp.Closing:
		return steps{c.close, c.lose(fin), c.send(fin), c.expect(ack)}
	case tcp.TimeWait:
		return steps{c.close, c.expect(fin), c.send(ack), c.send(fin), c.expect(ack)}
	case tcp.CloseWait:
		return steps{c.send(fin)}
	case tcp.LastAck:
		return steps{c.send(fin), c.close}
	default:
		return nil
	}
}

func (c *connection) connect() error { return c.b.Kernel().Connect(c.name, bench.ConnectOptions{}) }
func (c *connection) close() error   { return c.b.Kernel().Close(c.name) }
func (c *connection) place() error   { return c.b.Place(c.name, 0, 0, uint16(c.listener)) }

func (c *connection) shutdown() error { return c.b.Kernel().Shutdown(c.name, unix.SHUT_WR) }

func (c *connection) send(flags segment.Flags) func() error {
	return func() error { return c.b.Send(c.name, bench.Send{Flags: flags}) }
}

func (c *connection) expect(flags segment.Flags) func() error {
	return func() error { return c.b.Expect(c.name, bench.Expect{Flags: flags}) }
}

// lose takes a segment of the kernel's so that the peer does not see it: its
// own next segment does not acknowledge it.
func (c *connection) lose(flags segment.Flags) func() error {
	return func() error {
		return c.b.Expect(c.name, bench.Expect{Flags: flags, Handling: bench.Handling{Fate: trace.Lost}})
	}
}

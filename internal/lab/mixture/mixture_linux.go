// SPDX-License-Identifier: Apache-2.0

package mixture

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
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
func Make(b *testbed.Testbed, want Counts) ([]socket.Socket, error) {
	m := &maker{b: b}
	err := m.all(want)
	return m.made, err
}

// Lasting is a mixture that can be kept for hours.
type Lasting struct {
	b    *testbed.Testbed
	made []madeSocket
}

type madeSocket struct {
	name  string // of its flow; empty without one
	state tcp.State
}

// MakeLasting is Make for sockets that stay for hours with the help of
// [Lasting.Refresh], and not a moment longer than their process: all but those
// in TIME_WAIT are open in it with a linger time of 0, so that its end, however
// it comes, leaves no orphan behind that would keep its namespace alive. All in
// FIN_WAIT2 are full sockets.
func MakeLasting(b *testbed.Testbed, want Counts) (*Lasting, error) {
	m := &maker{b: b, lasting: true}
	if err := b.SetSysctl("tcp_retries2", "255"); err != nil {
		return nil, err
	}
	if err := m.all(want); err != nil {
		return nil, err
	}
	return &Lasting{b: b, made: m.named}, nil
}

// Refresh starts the 60 s of TIME_WAIT anew. It is due at least once a minute.
func (l *Lasting) Refresh() error {
	for _, s := range l.made {
		if s.state != tcp.TimeWait {
			continue
		}
		// A bare ACK with the next sequence number does it without an answer
		// (tcp_timewait_state_process in net/ipv4/tcp_minisocks.c).
		if err := l.b.Send(s.name, testbed.Send{Flags: ack}); err != nil {
			return err
		}
	}
	return nil
}

// all makes every socket.
func (m *maker) all(want Counts) error {
	if err := m.prepare(want); err != nil {
		return err
	}
	for state := range tcp.AllStates.All() {
		for range want[state] {
			if err := m.one(state); err != nil {
				return problem.Errorf("make a socket in %v: %w", "生成 %v 套接字：%w", state, err)
			}
		}
	}
	return nil
}

type maker struct {
	b         *testbed.Testbed
	lasting   bool
	listeners int
	n         int // connections so far
	made      []socket.Socket
	named     []madeSocket
}

const somaxconn = "net.core.somaxconn"

// sysctls keep the sockets in place for as long as possible.
func sysctls(total int) [][2]string {
	room := fmt.Sprint(4*total + 64)
	return [][2]string{
		{somaxconn, room},
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
			return problem.Errorf("cannot make %d sockets in %v", "无法生成 %d 个 %v 套接字", n, state)
		}
	}
	for _, s := range sysctls(want.Total()) {
		err := m.b.SetSysctl(s[0], s[1])
		if errors.Is(err, problem.ErrNotSupported) && s[0] == somaxconn {
			continue // not in the user namespaces of every kernel (Debian's 6.1.192); its 4096 will do for a few
		}
		if err != nil {
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
	if err := m.b.Kernel().Listen(fmt.Sprint("listener", port), backlog, testbed.BindOptions{Port: port}); err != nil {
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
	if err := m.b.Kernel().Bind(fmt.Sprint("bound", m.n), testbed.BindOptions{Port: port}); err != nil {
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
	c := &connection{b: m.b, name: fmt.Sprint("c", m.n), mini: !m.lasting && m.n%2 == 0, kept: m.lasting && state != tcp.TimeWait}
	accept := state == tcp.SynRecv || m.listeners > 0 && state != tcp.SynSent && m.n%3 == 0
	if accept {
		c.listener = firstListener + m.n%m.listeners
	}
	if err := c.reach(state); err != nil {
		return err
	}
	m.named = append(m.named, madeSocket{c.name, state})
	local, remote := m.b.Addresses(c.name)
	m.made = append(m.made, socket.Socket{
		State: state, Kind: c.kind(state), Family: m.b.Family(), Local: local, Remote: remote,
	})
	return nil
}

// connection is one connection on its way to its state.
type connection struct {
	b        *testbed.Testbed
	name     string
	listener int  // its port; 0: the kernel connects
	mini     bool // FIN_WAIT2 as a minisocket
	kept     bool // open until the end, and aborted then
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
	return c.b.State(c.name, record.Kernel, state, testbed.Range{Max: patience})
}

// patience is how long a step may take. The sockets are to be there, not to be
// there in time: on a busy machine a thread of the kernel's brings the segments.
const patience = 10 * time.Second

type steps []func() error

func (c *connection) opening(state tcp.State) steps {
	switch {
	case state == tcp.SynSent:
		return steps{c.connect, c.expect(syn)}
	case c.listener == 0:
		return steps{c.connect, c.expect(syn), c.send(synAck), c.expect(ack)}
	case state == tcp.SynRecv:
		return steps{c.place, c.send(syn), c.expect(synAck)}
	default:
		return steps{c.place, c.send(syn), c.expect(synAck), c.send(ack), c.accept}
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

func (c *connection) connect() error {
	if err := c.b.Kernel().Connect(c.name, testbed.ConnectOptions{}); err != nil {
		return err
	}
	return c.linger()
}

// accept takes the connection from its listener.
func (c *connection) accept() error {
	if err := c.b.Kernel().Accept(c.name, fmt.Sprint("listener", c.listener)); err != nil {
		return err
	}
	return c.linger()
}

// linger makes the end of a kept socket an abort.
func (c *connection) linger() error {
	if !c.kept {
		return nil
	}
	return c.b.Kernel().Option(c.name, "SO_LINGER", 0)
}

// close sends the FIN: by close(), or of a kept socket by shutdown().
func (c *connection) close() error {
	if c.kept {
		return c.shutdown()
	}
	return c.b.Kernel().Close(c.name)
}

func (c *connection) place() error { return c.b.Place(c.name, 0, 0, uint16(c.listener)) }

func (c *connection) shutdown() error { return c.b.Kernel().Shutdown(c.name, unix.SHUT_WR) }

func (c *connection) send(flags segment.Flags) func() error {
	return func() error { return c.b.Send(c.name, testbed.Send{Flags: flags}) }
}

func (c *connection) expect(flags segment.Flags) func() error {
	return func() error {
		return c.b.Expect(c.name, testbed.Expect{Flags: flags, Within: testbed.Range{Max: patience}})
	}
}

// lose takes a segment of the kernel's so that the peer does not see it: its
// own next segment does not acknowledge it.
func (c *connection) lose(flags segment.Flags) func() error {
	return func() error {
		return c.b.Expect(c.name, testbed.Expect{Flags: flags, Within: testbed.Range{Max: patience}, Handling: testbed.Handling{Fate: record.Lost}})
	}
}

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

// Counts is the wanted number of sockets in each state.
type Counts map[tcp.State]int

// Total is the number of sockets.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// firstListener is the port of the first listener; the next listeners have the ports
// after it.
const firstListener = 8001

// Make makes the sockets and returns them, with State, Kind, Family, Local and Remote
// filled in. They stay in their states for at least 60 s.
//
// Connections alternate between the kernel's connect() and, if there is a listener,
// its accept(). FIN_WAIT2 alternates between a full socket that is still open and a
// minisocket. SYN_RECV needs a listener: if none is wanted, Make adds one, so that the
// result has one LISTEN more than want.
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
	name  string // name of its flow; empty if it has none
	state tcp.State
}

// MakeLasting is Make for sockets that stay for hours if [Lasting.Refresh] is called,
// and that disappear with their process. All but those in TIME_WAIT are open in the
// process with a linger time of 0. So the end of the process leaves no orphan that
// would keep the namespace alive. All sockets in FIN_WAIT2 are full sockets.
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

// Refresh restarts the 60 s of the TIME_WAIT sockets. It must be called at least once
// a minute.
func (l *Lasting) Refresh() error {
	for _, s := range l.made {
		if s.state != tcp.TimeWait {
			continue
		}
		// A bare ACK with the next sequence number restarts them, and the kernel does
		// not answer it (tcp_timewait_state_process in net/ipv4/tcp_minisocks.c).
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
	n         int // connections made so far
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
		{"tcp_syncookies", "0"}, // with cookies a full queue would leave no SYN_RECV
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
			continue // not every kernel has it in user namespaces (Debian's 6.1.192); its 4096 are enough for a few
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

// firstBound is the port of the first bound socket; the next ones have the ports after
// it.
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

// one makes one socket in a state.
func (m *maker) one(state tcp.State) error {
	switch state {
	case tcp.Listen:
		return nil // prepare has made these already
	case tcp.Bound:
		return m.bind()
	default: // a connection; see below
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

// connection is a connection that is being driven to its state.
type connection struct {
	b        *testbed.Testbed
	name     string
	listener int  // port of its listener; 0 if the kernel connects
	mini     bool // to be a minisocket in FIN_WAIT2
	kept     bool // stays open until the process ends, which aborts it
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

// reach drives the connection to the state and checks that it is in it.
func (c *connection) reach(state tcp.State) error {
	for _, step := range slices.Concat(c.opening(state), c.closing(state)) {
		if err := step(); err != nil {
			return err
		}
	}
	return c.b.State(c.name, record.Kernel, state, testbed.Range{Max: patience})
}

// patience is how long a step may take. Only the result matters, not the time: on a
// busy machine a kernel thread delivers the segments later.
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

// closing returns the steps of figures 12 and 13 of RFC 9293 up to the state.
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

// accept accepts the connection from its listener.
func (c *connection) accept() error {
	if err := c.b.Kernel().Accept(c.name, fmt.Sprint("listener", c.listener)); err != nil {
		return err
	}
	return c.linger()
}

// linger makes closing a kept socket abort the connection.
func (c *connection) linger() error {
	if !c.kept {
		return nil
	}
	return c.b.Kernel().Option(c.name, "SO_LINGER", 0)
}

// close sends the FIN: by close(), or for a kept socket by shutdown().
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

// lose drops a segment of the kernel before the peer sees it, so that the peer's next
// segment does not acknowledge it.
func (c *connection) lose(flags segment.Flags) func() error {
	return func() error {
		return c.b.Expect(c.name, testbed.Expect{Flags: flags, Within: testbed.Range{Max: patience}, Handling: testbed.Handling{Fate: record.Lost}})
	}
}

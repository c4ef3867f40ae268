// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Each lane is a wire with its own network, a quarter of 198.18.0.0/15, the block for
// benchmarks (RFC 2544 appendix C.2.2). Host 1 is the kernel, the next hosts are the
// peers, each with many ports.
const (
	maxLanes  = 4
	peers     = 250
	firstPort = 1024
	port      = 80
)

// isn is the initial sequence number of every peer. Because it is fixed, a peer can
// derive its whole side from the kernel's segments and need not remember anything.
const isn = 1_000_000

// window is how many connections are in progress at once. The answers to that many fit
// into a wire's queue (TUN_READQ_SIZE in drivers/net/tun.c is 500; a packet socket's
// buffer holds about 270), so none is lost.
const window = 128

// refreshEvery is the interval at which a TIME_WAIT socket gets a bare ACK. The kernel
// then restarts the socket's 60 s and does not answer (tcp_timewait_state_process in
// net/ipv4/tcp_minisocks.c).
const refreshEvery = 35 * time.Second

// lane makes and keeps a part of the sockets over one wire. Only one goroutine at a
// time uses it.
type lane struct {
	state    tcp.State
	n        int
	wire     *wire.Wire
	listener int
	accepts  bool // this process accepts and closes the connections, which brings them to TIME_WAIT
	kernel   netip.AddrPort
	prefix   netip.Prefix

	begun int      // connections 0 to begun-1 have sent their SYN
	ended int      // number of connections that have reached their state
	low   int      // all connections below this number have reached their state
	done  []uint64 // a bit for each connection

	started   time.Time // when the refreshing began
	refreshed int       // connections refreshed since then
	in, out   []byte
}

func openLanes(o Options) (lanes []*lane, err error) {
	count := laneCount(o.N)
	for i := range count {
		l := &lane{
			state: o.State, n: (o.N + count - 1 - i) / count, listener: -1,
			accepts: o.State == tcp.TimeWait, in: make([]byte, wire.MaxPacket),
		}
		l.done = make([]uint64, l.n/64+1)
		if err := l.open(o.Wire, i); err != nil {
			return lanes, err
		}
		lanes = append(lanes, l)
	}
	return lanes, nil
}

func closeLanes(lanes []*lane) {
	for _, l := range lanes {
		unix.Close(l.listener)
		_ = l.wire.Close()
	}
}

func (l *lane) open(kind wire.Kind, number int) (err error) {
	addr := netip.AddrFrom4([4]byte{198, 18 + byte(number/2), byte(number%2) << 7, 1})
	l.prefix = netip.PrefixFrom(addr, 17)
	l.kernel = netip.AddrPortFrom(addr, port)
	l.wire, err = wire.OpenTo(kind, wire.Network{Device: fmt.Sprint("load", number), V4: l.prefix})
	if err != nil {
		return err
	}
	l.listener, err = l.listen()
	if err != nil {
		_ = l.wire.Close()
		return problem.Errorf("listen on %v: %w", "监听 %v：%w", l.kernel, err)
	}
	return nil
}

// listen makes the listener of all sockets of the lane. Sockets that a process would
// leave behind in FIN_WAIT1 inherit a linger time of 0, so that they disappear with
// their owner.
func (l *lane) listen() (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	if !l.accepts {
		err = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: l.kernel.Addr().As4(), Port: port})
	}
	if err == nil {
		err = unix.Listen(fd, 4*l.n+4096)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// peer is the peer's address of connection i.
func (l *lane) peer(i int) netip.AddrPort {
	base := l.kernel.Addr().As4()
	host := binary.BigEndian.Uint32(base[:]) + 1 + uint32(i%peers)
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, host))), uint16(firstPort+i/peers))
}

// index is the inverse of peer.
func (l *lane) index(peer netip.AddrPort) int {
	base, addr := l.kernel.Addr().As4(), peer.Addr().As4()
	host := int(binary.BigEndian.Uint32(addr[:])-binary.BigEndian.Uint32(base[:])) - 1
	return (int(peer.Port())-firstPort)*peers + host
}

// fill makes all connections.
func (l *lane) fill(ctx context.Context) error {
	const (
		silence  = 200 * time.Millisecond
		patience = 50 // in units of silence
	)
	l.started = time.Now()
	for silences := 0; l.ended < l.n; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := errors.Join(l.begin(), l.refresh()); err != nil {
			return err
		}
		heard, err := l.answerAll(silence)
		if err != nil {
			return err
		}
		if heard {
			silences = 0
			continue
		}
		if silences++; silences == patience {
			return problem.Errorf("the kernel does not answer %d of the connections %d to %d", "内核没有应答 %d 个连接（第 %d 到 %d 个之中）", l.begun-l.ended, l.low, l.begun-1)
		}
		if err := l.repeat(); err != nil {
			return err
		}
	}
	return nil
}

// begin opens connections until the window is full.
func (l *lane) begin() error {
	for ; l.begun < l.n && l.begun-l.ended < window; l.begun++ {
		if err := l.knock(l.begun); err != nil {
			return err
		}
	}
	return nil
}

// repeat sends the SYNs of the pending connections again, because the kernel has
// stopped answering.
func (l *lane) repeat() error {
	for i := l.low; i < l.begun; i++ {
		if l.isDone(i) {
			continue
		}
		if err := l.knock(i); err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) isDone(i int) bool { return l.done[i/64]&(1<<(i%64)) != 0 }

// knock sends the SYN of connection i.
func (l *lane) knock(i int) error {
	return l.send(&segment.Segment{Src: l.peer(i), Dst: l.kernel, Flags: segment.SYN, Seq: isn, Options: segment.Options{MSS: 1460}})
}

func (l *lane) send(s *segment.Segment) error {
	s.Window = 65535
	l.out = segment.Append(l.out[:0], s)
	err := l.wire.Write(l.out)
	if errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EAGAIN) {
		return nil // the segment is lost, as on any network
	}
	if err != nil {
		return problem.Errorf("give a segment to the kernel: %w", "把报文段交给内核：%w", err)
	}
	return nil
}

// answerAll answers everything that the kernel has sent. If the kernel has not sent
// anything, it waits for at most silence; heard is false if nothing came.
func (l *lane) answerAll(silence time.Duration) (heard bool, err error) {
	for range window / 2 { // half a window, then there is room for new connections
		more, err := l.answer(0)
		if err != nil {
			return heard, err
		}
		if !more {
			break
		}
		heard = true
	}
	if heard || l.ended == l.n {
		return true, nil
	}
	// On a busy machine a kernel thread completes handshakes later, so the listener
	// may have a connection now that it did not have before.
	if heard, err = l.accept(); heard || err != nil {
		return heard, err
	}
	const step = time.Millisecond
	for waited := time.Duration(0); waited < silence; waited += step {
		if heard, err = l.answer(step); heard || err != nil {
			return heard, err
		}
		if heard, err = l.accept(); heard || err != nil {
			return heard, err
		}
	}
	return false, nil
}

// answer reads one packet and answers it. more is false if there was none.
func (l *lane) answer(timeout time.Duration) (more bool, err error) {
	n, err := l.wire.Read(l.in, timeout)
	if err != nil || n == 0 {
		return false, err
	}
	s, err := segment.Decode(l.in[:n])
	if err != nil {
		return true, nil //nolint:nilerr // not TCP: nothing to answer
	}
	return true, l.react(&s)
}

// react is the scripted peer. Its answer depends only on the segment and on the wanted
// state, so a retransmitted segment gets the same answer.
func (l *lane) react(s *segment.Segment) error {
	reply := segment.Segment{Src: s.Dst, Dst: s.Src, Flags: segment.ACK, Seq: isn + 1, Ack: s.Seq + s.Len()}
	switch {
	case s.Flags&segment.RST != 0:
		return nil
	case s.Flags&segment.SYN != 0:
		return l.opened(s.Dst, &reply)
	case s.Flags&segment.FIN != 0: // the kernel has closed, so the peer closes too
		reply.Flags |= segment.FIN
		return l.send(&reply)
	case s.Ack == isn+2 && l.state == tcp.TimeWait: // the kernel acknowledges the peer's FIN
		l.arrived(s.Dst)
	}
	return nil
}

// opened answers a SYN,ACK.
func (l *lane) opened(peer netip.AddrPort, reply *segment.Segment) error {
	if l.state == tcp.CloseWait {
		reply.Flags |= segment.FIN
	}
	if l.state != tcp.SynRecv {
		if err := l.send(reply); err != nil {
			return err
		}
	}
	if l.state == tcp.TimeWait {
		_, err := l.acceptOne()
		return err
	}
	l.arrived(peer)
	return nil
}

// arrived marks a connection as done.
func (l *lane) arrived(peer netip.AddrPort) {
	i := l.index(peer)
	if i < 0 || i >= l.begun || l.isDone(i) {
		return
	}
	l.done[i/64] |= 1 << (i % 64)
	l.ended++
	for l.low < l.begun && l.isDone(l.low) {
		l.low++
	}
}

// accept accepts and closes all connections of the listener.
func (l *lane) accept() (some bool, err error) {
	for l.accepts {
		one, err := l.acceptOne()
		if err != nil || !one {
			return some, err
		}
		some = true
	}
	return false, nil
}

// acceptOne accepts a connection of the listener, if there is one, and closes it at
// once: the active close.
func (l *lane) acceptOne() (one bool, err error) {
	fd, err := acceptFD(l.listener)
	switch {
	case err == nil:
		unix.Close(fd)
		return true, nil
	case errors.Is(err, unix.EAGAIN):
		return false, nil
	case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
		return true, nil
	default:
		return false, problem.Errorf("accept: %w", "accept：%w", err)
	}
}

// acceptFD is unix.Accept4 without the peer's address. That function always asks for
// the address and then makes another system call to decode it.
func acceptFD(listener int) (fd int, err error) {
	r, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(listener), 0, 0, unix.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}

// refresh sends the bare ACKs that are due.
func (l *lane) refresh() error {
	if l.state != tcp.TimeWait || l.low == 0 {
		return nil
	}
	due := int(time.Since(l.started).Seconds() / refreshEvery.Seconds() * float64(l.n))
	for ; l.refreshed < due; l.refreshed++ {
		i := l.refreshed % l.n
		if i >= l.low {
			continue // this connection is not complete yet
		}
		s := segment.Segment{Src: l.peer(i), Dst: l.kernel, Flags: segment.ACK, Seq: isn + 2}
		if err := l.send(&s); err != nil {
			return err
		}
	}
	return nil
}

// keep answers the kernel and refreshes the sockets until ctx ends.
func (l *lane) keep(ctx context.Context) error {
	const tick = 20 * time.Millisecond
	for ctx.Err() == nil {
		if err := l.refresh(); err != nil {
			return err
		}
		if _, err := l.answer(tick); err != nil {
			return err
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A network is a wire into a namespace. The test plays the hosts on it; nothing else
// answers.
type network struct {
	t       *testing.T
	ns      *testnet.NS
	wire    *wire.Wire
	in, out []byte
	lastAck uint32 // acknowledgement number of the last handshake
}

func newNetwork(t *testing.T) *network {
	n := &network{t: t, ns: testnet.New(t, testnet.Options{}), in: make([]byte, wire.MaxPacket)}
	n.ns.Do(func() {
		var err error
		n.wire, err = wire.Open(wire.Auto)
		must(t, err)
	})
	t.Cleanup(func() { _ = n.wire.Close() })
	return n
}

// here is an address of the kernel's end of the wire.
func here(port uint16) netip.AddrPort { return netip.AddrPortFrom(wire.KernelV4().Addr(), port) }

// there is the i-th address of the network; there are 200 hosts with 50,000 ports
// each.
func there(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(10 + i%200)}), uint16(10000+i/200))
}

func sockaddr(a netip.AddrPort) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

func (n *network) write(s *segment.Segment) {
	n.out = segment.Append(n.out[:0], s)
	if err := n.wire.Write(n.out); err != nil && !errors.Is(err, unix.ENOBUFS) && !errors.Is(err, unix.EAGAIN) {
		n.t.Error(err)
	}
}

// synOf is the SYN of the i-th peer.
func synOf(i int, to netip.AddrPort) *segment.Segment {
	return &segment.Segment{Src: there(i), Dst: to, Flags: segment.SYN, Seq: 1000, Window: 65535, Options: segment.Options{MSS: 1460}}
}

// open makes the handshake of the i-th peer, with that receive window.
func (n *network) open(i int, to netip.AddrPort, window uint16) {
	n.t.Helper()
	for range 100 {
		n.write(synOf(i, to))
		for {
			length, err := n.wire.Read(n.in, 50*time.Millisecond)
			must(n.t, err)
			if length == 0 {
				break // the packet was lost: try again
			}
			s, err := segment.Decode(n.in[:length])
			if err != nil || s.Dst != there(i) || s.Flags != segment.SYN|segment.ACK {
				continue // for an earlier connection
			}
			n.lastAck = s.Seq + 1
			n.write(&segment.Segment{Src: s.Dst, Dst: s.Src, Flags: segment.ACK, Seq: 1001, Ack: n.lastAck, Window: window})
			return
		}
	}
	n.t.Fatalf("the kernel does not answer %v", there(i))
}

// flood sends SYNs from addresses that do not answer until done is closed.
func (n *network) flood(to netip.AddrPort, done <-chan struct{}) {
	for i := 0; ; {
		for range 20 {
			n.write(synOf(i, to))
			i++
		}
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// flooded runs doctor during a flood.
func (n *network) flooded() verdict {
	n.t.Helper()
	listenOn(n.t, n.ns, sockaddr(here(8080)), 16)
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		n.flood(here(8080), done)
	}()
	defer func() {
		close(done)
		<-over
	}()
	return doctorOf(n.t, n.ns, "--window", "1s")
}

// TestDoctorFloodWithCookies: unanswered SYN-ACKs are recognized as a flood, and no
// parameter is proposed.
func TestDoctorFloodWithCookies(t *testing.T) {
	v := newNetwork(t).flooded()
	f := v.finding(t, "SY02", "critical")
	f.says(t, "SYN flood: ", "filter upstream", " half-open connections, which is its limit", "all come from 192.0.2.0/24")
	f.proposes(t)
	v.silent(t, "SY03", "AQ01")
}

// TestDoctorFloodWithoutCookies: the same with cookies switched off, so that the
// kernel cannot answer.
func TestDoctorFloodWithoutCookies(t *testing.T) {
	n := newNetwork(t)
	n.ns.SetSysctl("net.ipv4.tcp_syncookies", "0")
	v := n.flooded()
	f := v.finding(t, "SY03", "critical")
	f.says(t, "because a SYN queue is full and tcp_syncookies is 0", "192.0.2.1:8080 has ")
	f.proposes(t, "net.ipv4.tcp_syncookies=1")
	v.silent(t, "SY02", "AQ01")
}

// TestDoctorSilentHost: nobody answers the SYNs to an address.
func TestDoctorSilentHost(t *testing.T) {
	n := newNetwork(t)
	silent := netip.MustParseAddrPort("192.0.2.9:443")
	var fds []int
	for range 6 {
		fd := openSocket(t, n.ns)
		if err := unix.Connect(fd, sockaddr(silent)); !errors.Is(err, unix.EINPROGRESS) {
			t.Fatalf("connect: %v", err)
		}
		fds = append(fds, fd)
	}
	pid := adopt(t, "caller", fds...)
	f := doctorOf(t, n.ns, "--window", "1300ms").finding(t, "SY05", "warning")
	f.about(t, "192.0.2.9:443", "caller", pid)
	f.says(t, "192.0.2.9:443 does not answer: 6 SYNs sent again", " is connecting")
	f.proposes(t)
}

// TestDoctorZeroWindow: clients that do not read, of a server that has closed with
// unsent data.
func TestDoctorZeroWindow(t *testing.T) {
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8080)), 100)
	for i := range 60 {
		n.open(i, here(8080), 0)
	}
	fds := acceptOpen(t, listener, 60)
	for _, fd := range fds {
		_, err := unix.Write(fd, make([]byte, 1000))
		must(t, err)
	}
	letGo(t, fds)
	v := doctorOf(t, n.ns, "--window", "1s")
	f := v.finding(t, "FW05", "warning")
	f.about(t, "192.0.2.0/24", "", 0)
	f.says(t, "60 closed connections cannot send: their peers read nothing, all of them in 192.0.2.0/24")
	f.proposes(t)
	f.explains(t, "FW04")
}

// TestDoctorOrphans: peers that disappear leave closed connections behind. A few of
// them do not endanger the host; a quarter of tcp_max_orphans does.
func TestDoctorOrphans(t *testing.T) {
	const most = 40_000 // as many as the test has time for
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_max_orphans")
	if err != nil {
		t.Skip("the limit is shown in the host's own network namespace only: ", err)
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	some := min(2000, limit/16)
	n := newNetwork(t)
	n.ns.SetSysctl("net.core.somaxconn", "65535")
	listener := listenOn(t, n.ns, sockaddr(here(8080)), most+1000)
	made := 0
	vanish := func(total int) {
		more := total - made
		for ; made < total; made++ {
			n.open(made, here(8080), 65535)
		}
		acceptAndClose(t, listener, more)
		await(t, "all have sent their FIN again", func() bool {
			return !slices.ContainsFunc(rowsOf(t, n.ns, tcp.FinWait1), func(s socket.Socket) bool { return s.Retrans == 0 })
		})
	}
	defer n.ns.SetSysctl("net.ipv4.tcp_orphan_retries", "1") // the next retransmission is the last

	vanish(some)
	v := doctorHere(t, "--netns", n.ns.Path(), "--window", "1s")
	f := v.finding(t, "FW04", "warning")
	f.says(t, "their peers have gone")
	if got := f.evidence(t, "FIN_WAIT1"); int(got) != some {
		t.Errorf("%g FIN_WAIT1, made %d", got, some)
	}
	v.silent(t, "OR01")
	if limit/4+some > most {
		t.Skipf("tcp_max_orphans is %d here: a quarter of it is not worth the time", limit)
	}

	vanish(limit/4 + some)
	v = doctorHere(t, "--netns", n.ns.Path())
	f = v.finding(t, "OR01", "warning")
	f.proposes(t, "net.ipv4.tcp_max_orphans")
	if got := f.evidence(t, "TCP.orphan"); int(got) < limit/4 || f.NetnsInode != 0 {
		t.Errorf("%g orphans of namespace %d", got, f.NetnsInode)
	}
	inside := doctorOf(t, n.ns) // a namespace in which the limit is not visible
	if why := inside.unjudged(t, "OR01"); !slices.Contains(strings.Split(why, "; "), "net.ipv4.tcp_max_orphans: only the host's own network namespace shows it") {
		t.Error(why)
	}
}

// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// DefaultPort is the port of servers, on the kernel's and on the peer's end.
const DefaultPort = 80

// firstPeerPort is the port of the first connection that a peer opens.
const firstPeerPort = 40000

// The hosts of the lab's network, by their last byte; the kernel is 1.
const (
	defaultHost = 2
	relayHost   = 3 // the address under which the other end of a relayed connection sees the kernel's end
)

// route is the way in which the two ends of a connection are joined.
type route uint8

const (
	scripted route = iota // the peer is the scripted TCP
	relayed               // the peer is another socket of the kernel, over the wire
	looped                // the peer is another socket of the kernel, over lo
)

// Flow is a pair of addresses of a scenario, for one connection or several in
// succession.
type Flow struct {
	name         string
	kernel, peer netip.AddrPort
	route        route
	tcp          peerTCP
	arrived      []*arrival // segments that the script has not consumed yet
	isn          [2]uint32  // of both ends, for relative numbers
	known        [2]bool
	highest      [2]uint32 // end of the data that each end has sent, for recognizing retransmissions
	shut         [2]bool   // whether the end has closed its window
	quiet        bool      // during a bulk transfer: no events
	count        int       // segments seen while quiet
}

// arrival is a segment that the kernel has sent and that waits for the script to
// consume it.
type arrival struct {
	segment segment.Segment
	from    record.End
	event   *record.Event
	reopens bool // it only opens a closed window
}

// addr returns the address of a host of the lab's network.
func (b *Testbed) addr(host int) netip.Addr {
	prefix := wire.KernelV4()
	if b.family == socket.IPv6 {
		prefix = wire.KernelV6()
	}
	raw := prefix.Addr().AsSlice()
	raw[len(raw)-1] = byte(host)
	addr, _ := netip.AddrFromSlice(raw)
	return addr
}

// loopback returns the address of lo.
func (b *Testbed) loopback() netip.Addr {
	if b.family == socket.IPv6 {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// flow returns the connection with a name. At first use it makes one: a peer that
// connects to the kernel's port 80.
func (b *Testbed) flow(name string) *Flow {
	if f := b.flows[name]; f != nil {
		return f
	}
	f := &Flow{name: name}
	f.tcp.state = tcp.Close
	b.flows[name] = f
	b.place(f, b.addr(1), DefaultPort, b.addr(defaultHost), uint16(firstPeerPort+len(b.flows)-1))
	return f
}

// place sets the addresses of a flow.
func (b *Testbed) place(f *Flow, kernel netip.Addr, kernelPort uint16, peer netip.Addr, peerPort uint16) {
	if f.kernel.IsValid() && b.tuples[[2]netip.AddrPort{f.kernel, f.peer}] == f {
		delete(b.tuples, [2]netip.AddrPort{f.kernel, f.peer})
	}
	f.kernel, f.peer = netip.AddrPortFrom(kernel, kernelPort), netip.AddrPortFrom(peer, peerPort)
	b.tuples[[2]netip.AddrPort{f.kernel, f.peer}] = f
}

// Place sets the addresses of a connection that the peer opens: the last byte of the
// peer's address, its port and the kernel's port. 0 leaves a value unchanged.
func (b *Testbed) Place(name string, host int, peerPort, kernelPort uint16) error {
	if host == 1 || host < 0 || host > 254 {
		return problem.Errorf("host %d is not a peer's: use 2 to 254", "主机号 %d 不属于对端：可用 2 到 254", host)
	}
	f := b.flow(name)
	peer, kernel := f.peer, f.kernel
	if host != 0 {
		peer = netip.AddrPortFrom(b.addr(host), peer.Port())
	}
	if peerPort != 0 {
		peer = netip.AddrPortFrom(peer.Addr(), peerPort)
	}
	if kernelPort != 0 {
		kernel = netip.AddrPortFrom(kernel.Addr(), kernelPort)
	}
	b.place(f, kernel.Addr(), kernel.Port(), peer.Addr(), peer.Port())
	return nil
}

// Addresses returns the kernel's and the peer's address of a connection.
func (b *Testbed) Addresses(name string) (kernel, peer netip.AddrPort) {
	f := b.flow(name)
	return f.kernel, f.peer
}

// find returns the flow of a packet that the kernel sent, and the end that sent it.
func (b *Testbed) find(s *segment.Segment) (*Flow, record.End) {
	if f := b.tuples[[2]netip.AddrPort{s.Src, s.Dst}]; f != nil {
		return f, record.Kernel
	}
	if s.Dst.Addr() != b.addr(relayHost) {
		return nil, record.Kernel
	}
	// For a relayed connection, the other socket sees the kernel's end at relayHost,
	// and the kernel's end sees it at defaultHost.
	kernel := netip.AddrPortFrom(b.addr(1), s.Dst.Port())
	peer := netip.AddrPortFrom(b.addr(defaultHost), s.Src.Port())
	return b.tuples[[2]netip.AddrPort{kernel, peer}], record.Peer
}

// ends returns the local and the remote address of an end's own socket, as the kernel
// knows them.
func (b *Testbed) ends(f *Flow, end record.End) (local, remote netip.AddrPort) {
	switch {
	case end == record.Kernel:
		return f.kernel, f.peer
	case f.route == looped:
		return f.peer, f.kernel
	default:
		return netip.AddrPortFrom(b.addr(1), f.peer.Port()), netip.AddrPortFrom(b.addr(relayHost), f.kernel.Port())
	}
}

// details describes a segment relative to both initial sequence numbers, and updates
// the flow's records for that.
func (f *Flow) details(s *segment.Segment, from record.End) record.SegmentDetails {
	if s.Flags&segment.SYN != 0 && (!f.known[from] || f.isn[from] != s.Seq) {
		f.isn[from], f.known[from], f.highest[from] = s.Seq, true, s.Seq
	}
	d := record.SegmentDetails{
		Flags: s.Flags, Len: len(s.Payload), Data: readable(s.Payload), Win: s.Window, MSS: s.Options.MSS,
		HasTimestamps: s.Options.HasTimestamps, TSVal: s.Options.TSVal, TSEcr: s.Options.TSEcr,
		Seq: s.Seq, Count: 1,
	}
	if f.known[from] {
		d.Seq = s.Seq - f.isn[from]
	}
	if s.Flags&segment.ACK != 0 {
		d.Ack = s.Ack
		if f.known[from.Other()] {
			d.Ack = s.Ack - f.isn[from.Other()]
		}
	}
	end := s.Seq + s.Len()
	d.Again = s.Len() > 0 && f.known[from] && int32(end-f.highest[from]) <= 0
	if f.known[from] && int32(end-f.highest[from]) > 0 {
		f.highest[from] = end
	}
	return d
}

// reopens reports whether a segment only opens a closed window, as read() can cause
// when the machine is short of memory.
func (f *Flow) reopens(s *segment.Segment, from record.End) bool {
	was := f.shut[from]
	f.shut[from] = s.Window == 0 && s.Flags&(segment.SYN|segment.RST) == 0
	return was && !f.shut[from] && s.Flags == segment.ACK && len(s.Payload) == 0
}

// maxShown is the longest payload that a trace quotes.
const maxShown = 24

// readable returns a payload as text if it is short and printable.
func readable(payload []byte) string {
	if len(payload) > maxShown {
		return ""
	}
	for _, c := range payload {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return string(payload)
}

// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// firstISN is the first initial sequence number of the scripted peer. It is fixed so
// that all runs are alike.
const firstISN = 1_000_000

// isnStep is the distance of the default ISN of a new incarnation from the last
// sequence number of the previous one.
const isnStep = 64_000

// peerTCP is what the scripted peer knows about one connection. It sends nothing by
// itself: sent and received only update it.
type peerTCP struct {
	state  tcp.State // Close means none
	isn    uint32
	next   uint32 // SND.NXT
	chosen bool   // isn belongs to the present incarnation

	kernelISN  uint32
	kernelNext uint32 // RCV.NXT
	oldNext    uint32 // RCV.NXT of the previous incarnation

	offered  bool // our SYN had timestamps
	agreed   bool // both SYNs had timestamps
	theirs   bool // the kernel's SYN had timestamps
	tsRecent uint32
	finAck   uint32 // the acknowledgement number that covers our FIN
	finSent  bool
}

// sent updates the records for a segment that the peer has sent.
func (p *peerTCP) sent(s *segment.Segment) {
	switch {
	case s.Flags&segment.RST != 0:
		p.state = tcp.Close
		return
	case s.Flags&segment.SYN != 0 && s.Flags&segment.ACK == 0:
		p.state = tcp.SynSent
	case s.Flags&segment.SYN != 0:
		p.state = tcp.SynRecv
	}
	if s.Seq == p.next {
		p.next += s.Len()
	}
	if s.Flags&segment.SYN != 0 {
		p.offered = s.Options.HasTimestamps
		p.agreed = p.offered && p.theirs
	}
	if s.Flags&segment.FIN != 0 {
		p.sentFIN(s)
	}
}

func (p *peerTCP) sentFIN(s *segment.Segment) {
	p.finSent, p.finAck = true, s.Seq+s.Len()
	switch p.state {
	case tcp.Established, tcp.SynRecv:
		p.state = tcp.FinWait1
	case tcp.CloseWait:
		p.state = tcp.LastAck
	default: // an out-of-place FIN changes nothing
	}
}

// received updates the records for a segment that has reached the peer.
func (p *peerTCP) received(s *segment.Segment) {
	if s.Flags&segment.RST != 0 {
		p.state = tcp.Close
		return
	}
	if s.Flags&segment.SYN != 0 {
		p.receivedSYN(s)
	}
	if s.Flags&segment.ACK != 0 {
		p.receivedACK(s.Ack)
	}
	if s.Options.HasTimestamps {
		p.tsRecent = s.Options.TSVal
	}
	if s.Seq != p.kernelNext {
		return
	}
	p.kernelNext += s.Len()
	if s.Flags&segment.FIN != 0 {
		p.receivedFIN()
	}
}

// receivedSYN starts a new incarnation, unless the peer has sent a SYN itself: then
// this SYN is the answer, or the two SYNs have crossed.
func (p *peerTCP) receivedSYN(s *segment.Segment) {
	p.oldNext = p.kernelNext
	p.kernelISN, p.kernelNext = s.Seq, s.Seq
	p.theirs = s.Options.HasTimestamps
	p.agreed = p.offered && p.theirs
	switch {
	case p.state == tcp.SynSent && s.Flags&segment.ACK != 0:
		p.state = tcp.Established
	case p.state == tcp.SynSent:
		p.state = tcp.SynRecv
	case s.Flags&segment.ACK == 0:
		p.chosen, p.finSent = false, false
	}
}

// receivedACK follows RFC 9293 section 3.10.7.4, fifth step.
func (p *peerTCP) receivedACK(ack uint32) {
	covered := p.finSent && ack == p.finAck
	switch {
	case p.state == tcp.SynRecv && ack == p.isn+1:
		p.state = tcp.Established
	case p.state == tcp.FinWait1 && covered:
		p.state = tcp.FinWait2
	case p.state == tcp.Closing && covered:
		p.state = tcp.TimeWait
	case p.state == tcp.LastAck && covered:
		p.state = tcp.Close
	}
}

// receivedFIN follows RFC 9293 section 3.10.7.4, eighth step.
func (p *peerTCP) receivedFIN() {
	switch p.state {
	case tcp.Established, tcp.SynRecv:
		p.state = tcp.CloseWait
	case tcp.FinWait1:
		p.state = tcp.Closing
	case tcp.FinWait2:
		p.state = tcp.TimeWait
	default: // a repeated FIN changes nothing
	}
}

// newISN begins a new incarnation with the peer as the opener.
func (p *peerTCP) newISN(wish Number) {
	normal := uint32(firstISN)
	if p.isn != 0 {
		normal = p.next + isnStep
	}
	if wish.Base == Shift {
		normal = p.next // +N counts from the end of the previous connection
	}
	p.isn = wish.resolve(normal, p.isn)
	p.next, p.chosen, p.finSent = p.isn, true, false
}

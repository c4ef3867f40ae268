// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"net/netip"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
)

// Relay makes a connection join two real sockets of the kernel: the kernel's end and
// the other one. The segments of each come out of the wire, and [Testbed.Expect]
// passes them on to the other, or loses or holds them.
//
// Both ends have the kernel's address, and TCP would take that for a connection to
// itself. So each end sees the other under another address of the network, and the
// testbed translates the addresses.
func (b *Testbed) Relay(name string) { b.flow(name).route = relayed }

// translate returns the addresses under which a segment from one end reaches the other
// end.
func (b *Testbed) translate(f *Flow, from record.End) (src, dst netip.AddrPort) {
	if from == record.Peer {
		return f.peer, f.kernel
	}
	local, remote := b.ends(f, record.Peer)
	return remote, local
}

// forward passes a segment on to the other end and adds the resulting states to its
// event. Events that happened while it was on the way come before it in the trace;
// otherwise its states would be ahead of them.
func (b *Testbed) forward(f *Flow, a *arrival) error {
	b.delay(a.event)
	s := a.segment
	s.Src, s.Dst = b.translate(f, a.from)
	if err := b.inject(&s); err != nil {
		return err
	}
	a.event.States = b.states(f)
	return b.drain()
}

// delay moves an event to the end of the trace, unless it is from before the last
// mark.
func (b *Testbed) delay(e *record.Event) {
	i := slices.Index(b.events, e)
	if i < b.marked || i == len(b.events)-1 {
		return
	}
	b.events = append(slices.Delete(b.events, i, i+1), e)
	e.At = time.Since(b.start)
}

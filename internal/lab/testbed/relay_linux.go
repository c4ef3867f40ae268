// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"net/netip"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
)

// Relay says that a connection is between two real sockets of the kernel: the
// kernel's end and the other. What one sends comes out of the wire, and
// [Testbed.Expect] hands it on to the other, or loses or holds it.
//
// Both ends have the kernel's address, which TCP would take for a connection
// to itself. So each sees the other under an address of the network, and what
// is handed on is translated.
func (b *Testbed) Relay(name string) { b.flow(name).route = relayed }

// translate returns the addresses under which a segment from one end reaches
// the other.
func (b *Testbed) translate(f *Flow, from record.End) (src, dst netip.AddrPort) {
	if from == record.Peer {
		return f.peer, f.kernel
	}
	local, remote := b.ends(f, record.Peer)
	return remote, local
}

// forward hands a segment on to the other end and adds to its event the states
// that this leads to. What happened while it was under way comes before it in
// the trace then, or the states would jump ahead of the story.
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

// delay moves an event to the end of the trace, unless it was counted from
// before a mark.
func (b *Testbed) delay(e *record.Event) {
	i := slices.Index(b.events, e)
	if i < b.marked || i == len(b.events)-1 {
		return
	}
	b.events = append(slices.Delete(b.events, i, i+1), e)
	e.At = time.Since(b.start)
}

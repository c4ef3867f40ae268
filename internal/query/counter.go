// SPDX-License-Identifier: Apache-2.0

package query

import "github.com/tcpvitals/tcpvitals/internal/socket"

// A Counter computes something from sockets that it receives one by one, so that one
// pass over a socket table serves several counters: [*Groups], [*StateCounter], and
// each side of a [*Diff].
type Counter interface {
	// Needs returns the fields that Add looks at.
	Needs() socket.FieldSet
	// Add takes one socket, which the caller reuses.
	Add(*socket.Socket)
	// Reset forgets all sockets, because a disturbed pass is repeated.
	Reset()
}

// A StateCounter counts by state, as a [Census] has it. The zero StateCounter is
// ready to use.
type StateCounter struct {
	Tally

	unseen uint64 // sockets whose inode is unknown
}

// Needs is [Counter.Needs].
func (*StateCounter) Needs() socket.FieldSet {
	return socket.FieldsOf(socket.FieldState, socket.FieldKind, socket.FieldInode)
}

// Add is [Counter.Add].
func (c *StateCounter) Add(s *socket.Socket) {
	c.Tally.Add(s.State, s.Kind, 1)
	switch {
	case !s.Known.Has(socket.FieldInode):
		c.unseen++
	case s.Kind == socket.Full && s.Inode == 0:
		c.AddUnowned(s.State)
	}
}

// Reset is [Counter.Reset].
func (c *StateCounter) Reset() { *c = StateCounter{} }

// OwnersKnown reports whether it is known of every socket whether a process has it
// open.
func (c *StateCounter) OwnersKnown() bool { return c.unseen == 0 }

// Reset is [Counter.Reset]. A [Grouped] made before stays valid.
func (g *Groups) Reset() { *g = *NewGroups(g.options) }

// OldSide returns the [Counter] for the older reading.
func (d *Diff) OldSide() Counter { return &side{d, d.Old, d.resetOld} }

// NewSide returns the [Counter] for the newer reading.
func (d *Diff) NewSide() Counter { return &side{d, d.New, d.resetNew} }

func (d *Diff) resetOld() {
	d.old.Reset()
	d.seen, d.oldListeners = cookies{}, nil
}

func (d *Diff) resetNew() {
	d.new.Reset()
	d.stayed.Reset()
	d.established.Reset()
	d.newListeners, d.noCookie = nil, 0
}

// A side is one reading of a comparison.
type side struct {
	diff  *Diff
	add   func(*socket.Socket)
	reset func()
}

func (s *side) Needs() socket.FieldSet { return s.diff.Needs() }

func (s *side) Add(row *socket.Socket) { s.add(row) }

func (s *side) Reset() { s.reset() }

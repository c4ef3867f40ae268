// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A code is a state together with its kind of kernel object, as the walk uses them:
// the kernel's number of the state, and an additional number for FIN_WAIT2 as a
// minisocket, which the kernel keeps under TIME_WAIT (tw_substate).
type code uint8

const (
	codeMiniFinWait2 code = 14
	codes            code = 15

	unownedBit = 32 // bit in a cell and in a key
	codeMask   = 15
	familyBit  = 16 // bit in a cell: IPv6
	cellCount  = 64
)

// state returns the state and the kind of object.
func (c code) state() (tcp.State, socket.Kind) {
	switch s := tcp.State(c); {
	case c == codeMiniFinWait2:
		return tcp.FinWait2, socket.Mini
	case s == tcp.TimeWait:
		return s, socket.Mini
	case s == tcp.NewSynRecv:
		return tcp.SynRecv, socket.Request
	case s == tcp.Bound:
		return s, socket.Idle
	default:
		return s, socket.Full
	}
}

// kept returns the state in which the kernel keeps the object.
func (c code) kept() tcp.State {
	if c == codeMiniFinWait2 {
		return tcp.TimeWait
	}
	return tcp.State(c)
}

// codesOf returns the codes that the query wants, and the states under which
// the kernel keeps them, both as bits.
func codesOf(q *Query) (wanted, states uint32) {
	set := q.states()
	for c := code(1); c < codes; c++ {
		state, kind := c.state()
		if !set.Has(state) || len(q.Kinds) > 0 && !slices.Contains(q.Kinds, kind) {
			continue
		}
		wanted |= 1 << c
		states |= 1 << c.kept()
	}
	return wanted, states
}

// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Names reports whether the filter calls a state by its own name among what it
// chooses, and that is why it chooses the socket; nil is any. A group of states
// that has it in it, an exclude and a not do not.
func (f *Filter) Names(state tcp.State, s *socket.Socket) bool {
	return f.affirms(s, func(n node) bool {
		states, ok := n.(statesNode)
		return ok && states.named.Has(state)
	})
}

// NamesNumber reports whether the filter compares a field for being equal to a
// number, written out, among what it chooses, and that is why it chooses the
// socket; nil is any. A range or a not does not.
func (f *Filter) NamesNumber(id socket.FieldID, v uint64, s *socket.Socket) bool {
	return f.affirms(s, func(n node) bool {
		number, ok := n.(*numberNode)
		if !ok || number.field.ID != id || number.op != opEqual && number.op != opIn {
			return false
		}
		return slices.Contains(number.vals, span{v, v})
	})
}

// affirms reports whether is holds for a condition that no not stands before, and
// whether the filter would not choose the socket if such conditions were false.
func (f *Filter) affirms(s *socket.Socket, is func(node) bool) bool {
	return !f.All() && affirms(f.root, is) && (s == nil || without(f.root, s, is) == No)
}

// without is eval, with the conditions for which is holds being false.
func without(n node, s *socket.Socket, is func(node) bool) Tri {
	answer := No
	switch n := n.(type) {
	case andNode:
		answer = Yes
		for _, x := range n {
			switch without(x, s, is) {
			case No:
				return No
			case Unknown:
				answer = Unknown
			case Yes:
			}
		}
		return answer
	case orNode:
		for _, x := range n {
			switch without(x, s, is) {
			case Yes:
				return Yes
			case Unknown:
				answer = Unknown
			case No:
			}
		}
		return answer
	case notNode:
		return without(n.x, s, is).not()
	case leaf:
		if is(n) {
			return No
		}
		return n.eval(s)
	default:
		return Unknown
	}
}

func affirms(n node, is func(node) bool) bool {
	below := func(x node) bool { return affirms(x, is) }
	switch n := n.(type) {
	case andNode:
		return slices.ContainsFunc(n, below)
	case orNode:
		return slices.ContainsFunc(n, below)
	case notNode:
		return false
	default:
		return is(n)
	}
}

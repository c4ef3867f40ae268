// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Names reports whether the filter chooses the socket because it calls the state by
// its own name. s nil means any socket. A group of states that contains the state
// does not count, nor does exclude or not.
func (f *Filter) Names(state tcp.State, s *socket.Socket) bool {
	return f.affirms(s, func(n node) bool {
		states, ok := n.(statesNode)
		return ok && states.named.Has(state)
	})
}

// NamesNumber reports whether the filter chooses the socket because it compares the
// field for equality with this number. s nil means any socket. A range does not
// count, nor does not.
func (f *Filter) NamesNumber(id socket.FieldID, v uint64, s *socket.Socket) bool {
	return f.affirms(s, func(n node) bool {
		number, ok := n.(*numberNode)
		if !ok || number.field.ID != id || number.op != opEqual && number.op != opIn {
			return false
		}
		return slices.Contains(number.vals, span{v, v})
	})
}

// affirms reports whether the filter has conditions, without a not before them, for
// which is holds, and would not choose the socket if these were false.
func (f *Filter) affirms(s *socket.Socket, is func(node) bool) bool {
	return !f.All() && affirms(f.root, is) && (s == nil || without(f.root, s, is) == No)
}

// without is eval with the conditions for which is holds taken as false.
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

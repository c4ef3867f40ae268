// SPDX-License-Identifier: Apache-2.0

package query

import (
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Conditions that join others. Chains are flat: a and b and c is one andNode of
// three. So neither a long filter nor its text nests deeply.
type (
	andNode []node
	orNode  []node
	notNode struct{ x node }
)

// and joins two conditions. It may change x.
func and(x, y node) node { return chain[andNode](x, y) }

// or joins two conditions. It may change x.
func or(x, y node) node { return chain[orNode](x, y) }

// chain joins two conditions, of which each may be a chain of the same kind, to one
// flat chain. It may change x: copying a chain of thousands for each addition would be
// too slow.
func chain[C interface {
	andNode | orNode
	node
}](x, y node) node {
	list, chained := x.(C)
	if !chained {
		list = C{x}
	}
	if more, ok := y.(C); ok {
		return append(list, more...)
	}
	return append(list, y)
}

func (n andNode) eval(s *socket.Socket) Tri {
	answer := Yes
	for _, x := range n {
		switch x.eval(s) {
		case No:
			return No
		case Unknown:
			answer = Unknown
		case Yes:
		}
	}
	return answer
}

func (n orNode) eval(s *socket.Socket) Tri {
	answer := No
	for _, x := range n {
		switch x.eval(s) {
		case Yes:
			return Yes
		case Unknown:
			answer = Unknown
		case No:
		}
	}
	return answer
}

func (n notNode) eval(s *socket.Socket) Tri { return n.x.eval(s).not() }

// append writes no "and" between states at the beginning and the rest: ss takes
// "state established sport = :22", but no "and" there.
func (n andNode) append(b []byte) []byte {
	_, states := n[0].(statesNode)
	if _, more := n[1].(statesNode); !states || more {
		return appendJoined(b, n, " and ")
	}
	return appendJoined(append(n[0].append(b), ' '), n[1:], " and ")
}

func (n orNode) append(b []byte) []byte  { return appendJoined(b, n, " or ") }
func (n notNode) append(b []byte) []byte { return appendOperand(append(b, "not "...), n.x) }

func appendJoined(b []byte, list []node, word string) []byte {
	for i, x := range list {
		if i > 0 {
			b = append(b, word...)
		}
		b = appendOperand(b, x)
	}
	return b
}

// appendOperand puts every chain in parentheses, whichever way its neighbour is
// joined, because ss gives and and or the same precedence. The blanks are as in ss.
func appendOperand(b []byte, x node) []byte {
	switch x.(type) {
	case andNode, orNode:
		return append(x.append(append(b, "( "...)), " )"...)
	default:
		return x.append(b)
	}
}

func needs(n node) socket.FieldSet {
	var set socket.FieldSet
	switch n := n.(type) {
	case andNode:
		for _, x := range n {
			set = set.Union(needs(x))
		}
	case orNode:
		for _, x := range n {
			set = set.Union(needs(x))
		}
	case notNode:
		return needs(n.x)
	case leaf:
		return n.fields()
	}
	return set
}

// where returns the states in which n can be Yes or Unknown, and the states in which
// it can be No or Unknown. Both sets may be too large, never too small.
func where(n node) (can, cannot tcp.StateSet) {
	switch n := n.(type) {
	case andNode:
		can = tcp.AllStates
		for _, x := range n {
			xCan, xCannot := where(x)
			can, cannot = can&xCan, cannot|xCannot
		}
	case orNode:
		cannot = tcp.AllStates
		for _, x := range n {
			xCan, xCannot := where(x)
			can, cannot = can|xCan, cannot&xCannot
		}
	case notNode:
		cannot, can = where(n.x)
	case leaf:
		return n.where()
	}
	return can, cannot
}

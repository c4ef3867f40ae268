// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// operator compares a field with values.
type operator uint8

const (
	opEqual operator = iota
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opIn
	opMatch
	opNotMatch
)

func (op operator) String() string {
	return [...]string{"=", "!=", "<", "<=", ">", ">=", "in", "~", "!~"}[op]
}

// ordered reports whether the operator needs ordered values.
func (op operator) ordered() bool { return op >= opLess && op <= opGreaterEqual }

// statesNode is true for a set of states. named are the states of the set that the
// filter calls by their own names, see [Filter.Names].
type statesNode struct{ set, named tcp.StateSet }

func (n statesNode) eval(s *socket.Socket) Tri {
	if !s.Known.Has(socket.FieldState) {
		return Unknown
	}
	return tri(n.set.Has(s.State.Reported()))
}

func (n statesNode) fields() socket.FieldSet { return socket.FieldsOf(socket.FieldState) }

func (n statesNode) where() (can, cannot tcp.StateSet) { return n.set, tcp.AllStates &^ n.set }

// span is a range of numbers, both ends included.
type span struct{ lo, hi uint64 }

// numberNode compares a field whose values are numbers, including enums and bools.
// Every operator is reduced to spans.
type numberNode struct {
	field *socket.Field
	op    operator
	vals  []span // values as written
	none  bool   // the absent value is among the values
	spans []span // op and vals as spans; opNotEqual negates
}

func newNumberNode(f *socket.Field, op operator, vals []span, none bool) *numberNode {
	n := &numberNode{field: f, op: op, vals: vals, none: none, spans: vals}
	if !op.ordered() {
		return n
	}
	v := vals[0].lo
	switch op {
	case opLess:
		n.spans = nil
		if v > 0 {
			n.spans = []span{{0, v - 1}}
		}
	case opLessEqual:
		n.spans = []span{{0, v}}
	case opGreater:
		n.spans = nil
		if v < ^uint64(0) {
			n.spans = []span{{v + 1, ^uint64(0)}}
		}
	case opGreaterEqual:
		n.spans = []span{{v, ^uint64(0)}}
	default: // prints the values as they were written
	}
	return n
}

func (n *numberNode) eval(s *socket.Socket) Tri {
	v, ok := n.field.Value(s)
	if !ok && len(n.spans) == 0 && !n.none {
		return No // as "< 0" is for every value: none has to be known
	}
	if !ok {
		return Unknown
	}
	if v.Kind() == socket.Absent {
		return tri(n.none != (n.op == opNotEqual))
	}
	return tri(n.has(v.Number()) != (n.op == opNotEqual))
}

func (n *numberNode) has(v uint64) bool {
	for _, s := range n.spans {
		if s.lo <= v && v <= s.hi {
			return true
		}
	}
	return false
}

func (n *numberNode) fields() socket.FieldSet { return socket.FieldsOf(n.field.ID) }

func (n *numberNode) where() (can, cannot tcp.StateSet) {
	can, cannot = trueStates(n), tcp.AllStates
	if n.op == opNotEqual {
		return cannot, can
	}
	return can, cannot
}

// trueStates returns the states in which a socket can have one of the values of n,
// before negation.
func trueStates(n *numberNode) tcp.StateSet {
	switch {
	case n.none:
		return tcp.AllStates
	case n.field.ID == socket.FieldOrphan && !n.has(0):
		return tcp.SetOf(tcp.FinWait1, tcp.FinWait2, tcp.TimeWait, tcp.LastAck, tcp.Closing)
	case n.field.ID == socket.FieldUnaccepted && !n.has(0):
		return tcp.SetOf(tcp.Established, tcp.CloseWait)
	default:
		return n.field.States
	}
}

// maskNode compares single bits of a number.
type maskNode struct {
	field       *socket.Field
	value, mask uint32
	negate      bool
}

func (n *maskNode) eval(s *socket.Socket) Tri {
	v, ok := n.field.Value(s)
	if !ok {
		return Unknown
	}
	return tri(v.Kind() == socket.Number && uint32(v.Number())&n.mask == n.value).flip(n.negate)
}

func (n *maskNode) fields() socket.FieldSet { return socket.FieldsOf(n.field.ID) }

func (n *maskNode) where() (can, cannot tcp.StateSet) { return tcp.AllStates, tcp.AllStates }

// textNode compares text with words.
type textNode struct {
	field  *socket.Field
	words  []string
	none   bool
	negate bool
}

func (n *textNode) eval(s *socket.Socket) Tri {
	v, ok := n.field.Value(s)
	if !ok {
		return Unknown
	}
	if v.Kind() == socket.Absent {
		return tri(n.none != n.negate)
	}
	return tri(slices.Contains(n.words, v.Text()) != n.negate)
}

func (n *textNode) fields() socket.FieldSet { return socket.FieldsOf(n.field.ID) }

func (n *textNode) where() (can, cannot tcp.StateSet) {
	return textStates(n.field, n.none, n.negate)
}

func textStates(f *socket.Field, none, negate bool) (can, cannot tcp.StateSet) {
	can = f.States
	if none {
		can = tcp.AllStates
	}
	if negate {
		return tcp.AllStates, can
	}
	return can, tcp.AllStates
}

// matchNode compares text with a regular expression.
type matchNode struct {
	field  *socket.Field
	re     *regexp.Regexp
	negate bool
}

func (n *matchNode) eval(s *socket.Socket) Tri {
	v, ok := n.field.Value(s)
	if !ok {
		return Unknown
	}
	return tri(v.Kind() == socket.String && n.re.MatchString(v.Text())).flip(n.negate)
}

func (n *matchNode) fields() socket.FieldSet { return socket.FieldsOf(n.field.ID) }

func (n *matchNode) where() (can, cannot tcp.StateSet) { return textStates(n.field, false, n.negate) }

// fieldsNode compares two fields of the same socket: acceptq > backlog.
type fieldsNode struct {
	left, right *socket.Field
	op          operator
}

func (n *fieldsNode) eval(s *socket.Socket) Tri {
	l, lok := n.left.Value(s)
	r, rok := n.right.Value(s)
	if lok && l.Kind() == socket.Absent || rok && r.Kind() == socket.Absent {
		return tri(n.op == opNotEqual)
	}
	if !lok || !rok {
		return Unknown
	}
	a, b := l.Number(), r.Number()
	switch n.op {
	case opEqual:
		return tri(a == b)
	case opNotEqual:
		return tri(a != b)
	case opLess:
		return tri(a < b)
	case opLessEqual:
		return tri(a <= b)
	case opGreater:
		return tri(a > b)
	default:
		return tri(a >= b)
	}
}

func (n *fieldsNode) fields() socket.FieldSet { return socket.FieldsOf(n.left.ID, n.right.ID) }

func (n *fieldsNode) where() (can, cannot tcp.StateSet) {
	both := n.left.States & n.right.States
	if n.op == opNotEqual {
		return tcp.AllStates, both
	}
	return both, tcp.AllStates
}

// autoboundNode is ss's autobound: the kernel chose the local port.
//
// The kernel's own flag (no SOCK_BINDPORT_LOCK) is also set for accepted connections
// of a server, whose port was not chosen for them. Therefore, as in ss, the port must
// also be an ephemeral one.
type autoboundNode struct {
	ephemeral span // range of ports; hi == 0 if unknown
}

func (n autoboundNode) eval(s *socket.Socket) Tri {
	if v, ok := socket.FieldAutobound.Field().Value(s); ok {
		return tri(v.Bool())
	}
	port := uint64(s.Local.Port())
	if n.ephemeral.hi == 0 || !s.Known.Has(socket.FieldLocalPort) || n.ephemeral.lo <= port && port <= n.ephemeral.hi {
		return Unknown
	}
	return No
}

func (n autoboundNode) fields() socket.FieldSet {
	return socket.FieldsOf(socket.FieldAutobound, socket.FieldLocalPort)
}

func (n autoboundNode) where() (can, cannot tcp.StateSet) { return tcp.AllStates, tcp.AllStates }

// quote returns word as it must be written in a filter.
func quote(word string) string {
	if word == "" || strings.EqualFold(word, socket.AbsentText) || keyword(word) != tokenWord || !plainWord(word) {
		return strconv.Quote(word)
	}
	return word
}

// Quote returns a text so that a filter reads it as exactly this text, never as a
// keyword, a field or none. The result is safe to show on a terminal.
func Quote(text string) string { return strconv.Quote(text) }

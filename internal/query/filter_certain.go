// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file finds out what a filter leaves out without trying connections, for
// filters with too many combinations (see [Filter.always]). For each state, and for
// each field that the filter compares with numbers, it computes the values for which
// the answer is certain, whatever the other fields are.

// Everything reports whether the filter is true for every connection: it is empty, or
// true in any wording, such as "state all", "sport >= 0", "state listen or not dport
// = 0-65535" and "process = x or not process = x". It also returns true if the filter
// is true for all connections of one network namespace, or for all that have a
// process, and asks nothing else ("netns = self", "pid > 0").
func (f *Filter) Everything() bool {
	if f.All() {
		return true
	}
	if all, ended := f.always(); ended {
		return all
	}
	fields := []*socket.Field{socket.FieldFamily.Field()}
	leaves(f.root, func(n node) {
		if number, ok := n.(*numberNode); ok && !slices.Contains(fields, number.field) {
			fields = append(fields, number.field)
		}
	})
	for s := range tcp.Connected.All() {
		if !slices.ContainsFunc(fields, func(by *socket.Field) bool {
			c := certainty{state: s, field: by, domain: domainOf(by)}
			return len(c.without(c.of(f.root).yes)) == 0
		}) {
			return false
		}
	}
	return true
}

func leaves(n node, do func(node)) {
	switch n := n.(type) {
	case andNode:
		for _, x := range n {
			leaves(x, do)
		}
	case orNode:
		for _, x := range n {
			leaves(x, do)
		}
	case notNode:
		leaves(n.x, do)
	default:
		do(n)
	}
}

// domainOf returns the values that a field can have.
func domainOf(f *socket.Field) []span {
	switch {
	case f.ID == socket.FieldFamily:
		return []span{{uint64(socket.IPv4), uint64(socket.IPv4)}, {uint64(socket.IPv6), uint64(socket.IPv6)}}
	case f.Type == socket.TypePort:
		return []span{{0, 1<<16 - 1}}
	default:
		return []span{{0, ^uint64(0)}}
	}
}

// certainty asks about the sockets in one state, by the value of one field.
type certainty struct {
	state  tcp.State
	field  *socket.Field
	domain []span
}

// answers are the values for which the answer is certainly yes, and certainly no.
type answers struct{ yes, no []span }

func (a answers) not() answers { return answers{a.no, a.yes} }

// of returns for which values the answer of n is certain.
func (c *certainty) of(n node) answers {
	switch n := n.(type) {
	case andNode:
		a := answers{yes: c.domain}
		for _, x := range n {
			b := c.of(x)
			a = answers{c.both(a.yes, b.yes), slices.Concat(a.no, b.no)}
		}
		return a
	case orNode:
		a := answers{no: c.domain}
		for _, x := range n {
			b := c.of(x)
			a = answers{slices.Concat(a.yes, b.yes), c.both(a.no, b.no)}
		}
		return a
	case notNode:
		return c.of(n.x).not()
	case statesNode:
		return c.always(n.set.Has(c.state))
	case *numberNode:
		return c.number(n)
	case *hostNode:
		return c.host(n)
	default:
		return answers{}
	}
}

func (c *certainty) always(yes bool) answers {
	if yes {
		return answers{yes: c.domain}
	}
	return answers{no: c.domain}
}

func (c *certainty) number(n *numberNode) answers {
	switch {
	case n.field.ID == socket.FieldOrphan || n.field.ID == socket.FieldUnaccepted:
		return answers{}
	case !n.field.States.Has(c.state): // sockets in this state have no such field
		return c.always(n.none != (n.op == opNotEqual))
	case n.field != c.field:
		other := certainty{state: c.state, field: n.field, domain: domainOf(n.field)}
		a := other.number(n)
		switch {
		case len(other.without(a.yes)) == 0:
			return c.always(true)
		case len(other.without(a.no)) == 0:
			return c.always(false)
		}
		return answers{}
	}
	a := answers{n.spans, c.without(n.spans)}
	if n.op == opNotEqual {
		return a.not()
	}
	return a
}

// host handles conditions that hold for every address of a family.
func (c *certainty) host(n *hostNode) answers {
	if c.field.ID != socket.FieldFamily || n.field.ID == socket.FieldListener {
		return answers{}
	}
	var a answers
	for _, h := range n.list {
		if h.port != anyPort || h.prefix.IsValid() && h.prefix.Bits() > 0 {
			continue
		}
		for _, family := range [...]socket.Family{socket.IPv4, socket.IPv6} {
			if (h.family == 0 || h.family == family) && (!h.prefix.IsValid() || h.prefix.Addr().Is4() == (family == socket.IPv4)) {
				a.yes = append(a.yes, span{uint64(family), uint64(family)})
			}
		}
	}
	if n.negate {
		return a.not()
	}
	return a
}

// without returns the values of the domain that are not in the spans.
func (c *certainty) without(spans []span) (rest []span) {
	spans = slices.SortedFunc(slices.Values(spans), func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	for _, d := range c.domain {
		from := d.lo
		covered := false
		for _, s := range spans {
			if s.hi < from || s.lo > d.hi {
				continue
			}
			if s.lo > from {
				rest = append(rest, span{from, s.lo - 1})
			}
			if covered = s.hi >= d.hi; covered {
				break
			}
			from = s.hi + 1
		}
		if !covered {
			rest = append(rest, span{from, d.hi})
		}
	}
	return rest
}

// both returns the values that are in a and in b.
func (c *certainty) both(a, b []span) []span {
	return c.without(slices.Concat(c.without(a), c.without(b)))
}

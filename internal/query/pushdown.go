// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Pushable returns the fields that some kernel can decide by itself. Which of them
// this kernel can decide, and who may ask for marks, is for the caller to know.
func Pushable() socket.FieldSet {
	return socket.FieldsOf(socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
		socket.FieldIfindex, socket.FieldMark, socket.FieldCgroupID, socket.FieldAutobound)
}

// Split cuts a filter into what the kernel can decide and the rest, so that
//
//	f.Match(s) == Yes  if and only if  states.Has(s.State) && cond.Match(s) && rest.Match(s) == Yes
//
// and the same for Unknown, for every socket whose fields that cond reads are known.
// In the kernel they are always known, so the kernel also answers what a row leaves
// unknown. A nil cond accepts every socket.
//
// cond reads only fields in can. Pushable() has all fields of the kernel's own
// filter; a program in the kernel may also read the direction. What cond decides only
// in part stays in rest too.
func Split(f *Filter, can socket.FieldSet) (states tcp.StateSet, cond socket.Condition, rest *Filter) {
	if f.All() {
		return tcp.AllStates, nil, &Filter{}
	}
	conjuncts, chain := f.root.(andNode)
	if !chain {
		conjuncts = andNode{f.root}
	}
	l := lowering{can: can}
	var conds socket.And
	var left andNode
	for _, n := range conjuncts {
		if can, cannot := where(n); can&cannot == 0 {
			continue // states covers this condition completely
		}
		c, exact := l.lower(n, false)
		if c != nil {
			conds = append(conds, c)
		}
		if !exact {
			left = append(left, n)
		}
	}
	return f.States(), joined(conds), &Filter{root: rejoined(left), notes: f.notes}
}

// joined returns the shortest form of a conjunction.
func joined(conds socket.And) socket.Condition {
	switch len(conds) {
	case 0:
		return nil
	case 1:
		return conds[0]
	default:
		return conds
	}
}

func rejoined(list andNode) node {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	default:
		return list
	}
}

// lowering turns nodes into conditions for the kernel that the nodes imply.
type lowering struct{ can socket.FieldSet }

// lower returns the condition that n, or with negate its negation, implies; nil if it
// implies none. If exact is true, the two are equivalent for every socket.
func (l lowering) lower(n node, negate bool) (c socket.Condition, exact bool) {
	switch n := n.(type) {
	case notNode:
		return l.lower(n.x, !negate)
	case andNode:
		return l.join(n, negate, negate)
	case orNode:
		return l.join(n, negate, !negate)
	default:
		c, ok := l.leaf(n)
		if !ok {
			return nil, false
		}
		if negate {
			c = socket.Not{Condition: c}
		}
		return c, true
	}
}

// join lowers the parts of an "and" or an "or" and joins the results. either says that
// the results are joined by "or". With negate each part is negated, so the caller
// exchanges "and" and "or" (De Morgan).
func (l lowering) join(list []node, negate, either bool) (c socket.Condition, exact bool) {
	exact = true
	var conds []socket.Condition
	for _, n := range list {
		c, ok := l.lower(n, negate)
		exact = exact && ok
		switch {
		case c != nil:
			conds = append(conds, c)
		case either:
			return nil, false // an or with a part that implies nothing implies nothing
		}
	}
	if either {
		return socket.Or(conds), exact
	}
	return joined(conds), exact
}

// leaf returns the condition that is equivalent to n, if there is one.
func (l lowering) leaf(n node) (c socket.Condition, ok bool) {
	switch n := n.(type) {
	case *numberNode:
		c, ok = numberCondition(n)
	case *hostNode:
		c, ok = hostCondition(n)
	case *maskNode:
		c, ok = socket.MarkCondition{Mark: n.value, Mask: n.mask}, true
		if n.negate {
			c = socket.Not{Condition: c}
		}
	case autoboundNode:
		c, ok = autoboundCondition(n)
	}
	if !ok || !c.Reads().Minus(l.can).Empty() {
		return nil, false
	}
	return c, true
}

// numberCondition lowers ports, devices, cgroups, families and directions.
func numberCondition(n *numberNode) (c socket.Condition, ok bool) {
	var list socket.Or
	for _, s := range n.spans {
		c, ok := spanCondition(n.field, s)
		if !ok {
			return nil, false
		}
		list = append(list, c)
	}
	// Of these fields only cgroup-id and direction can be absent. They match if
	// "none" is among the values.
	switch {
	case n.none && n.field.ID == socket.FieldCgroupID, len(n.spans) == 0 && !lowered(n.field):
		return nil, false
	case n.none && n.field.ID == socket.FieldDirection:
		list = append(list, socket.DirectionCondition{})
	}
	c = list
	if len(list) == 1 {
		c = list[0]
	}
	if n.op == opNotEqual {
		c = socket.Not{Condition: c}
	}
	return c, true
}

// lowered reports whether spanCondition handles the field.
func lowered(f *socket.Field) bool {
	switch f.ID {
	case socket.FieldLocalPort, socket.FieldRemotePort, socket.FieldIfindex, socket.FieldCgroupID, socket.FieldFamily, socket.FieldDirection:
		return true
	default:
		return false
	}
}

func spanCondition(f *socket.Field, s span) (c socket.Condition, ok bool) {
	switch f.ID {
	case socket.FieldLocalPort:
		return portCondition(socket.LocalSide, s), true
	case socket.FieldRemotePort:
		return portCondition(socket.RemoteSide, s), true
	case socket.FieldIfindex:
		return socket.DeviceCondition{Ifindex: uint32(s.lo)}, s.lo == s.hi && s.lo <= 1<<32-1
	case socket.FieldCgroupID:
		// In the kernel, minisockets and requests have cgroup 0; a filter calls that
		// absent.
		return socket.CgroupCondition{ID: s.lo}, s.lo == s.hi && s.lo != 0
	case socket.FieldFamily:
		return familyCondition(socket.Family(s.lo)), s.lo == s.hi
	case socket.FieldDirection:
		return socket.DirectionCondition{Direction: socket.Direction(s.lo)}, s.lo == s.hi && s.lo != 0
	default:
		return nil, false
	}
}

func portCondition(side socket.Side, s span) socket.Condition {
	if s.lo == s.hi && s.hi <= 65535 {
		return socket.PortCondition{Side: side, Is: socket.PortEqual, Port: uint16(s.lo)}
	}
	if s.lo > 65535 {
		return socket.Or{}
	}
	var both socket.And
	if s.lo > 0 {
		both = append(both, socket.PortCondition{Side: side, Is: socket.PortAtLeast, Port: uint16(s.lo)})
	}
	if s.hi < 65535 {
		both = append(both, socket.PortCondition{Side: side, Is: socket.PortAtMost, Port: uint16(s.hi)})
	}
	if len(both) == 1 {
		return both[0]
	}
	return both
}

// familyCondition matches ::/0, which contains every address of an IPv6 socket and
// none of an IPv4 socket. The bytecode has no other test of the family.
func familyCondition(f socket.Family) socket.Condition {
	six := socket.HostCondition{Side: socket.LocalSide, Prefix: netip.PrefixFrom(netip.IPv6Unspecified(), 0)}
	if f == socket.IPv6 {
		return six
	}
	return socket.Not{Condition: six}
}

// hostCondition lowers addresses. The kernel knows the address of every socket, so
// "none" never matches.
func hostCondition(n *hostNode) (c socket.Condition, ok bool) {
	side := socket.LocalSide
	switch n.field.ID {
	case socket.FieldLocal:
	case socket.FieldRemote:
		side = socket.RemoteSide
	default:
		return nil, false
	}
	var list socket.Or
	for _, h := range n.list {
		list = append(list, h.condition(side))
	}
	c = list
	if len(list) == 1 {
		c = list[0]
	}
	if n.negate {
		c = socket.Not{Condition: c}
	}
	return c, true
}

func (h *host) condition(side socket.Side) socket.Condition {
	var all socket.And
	if h.family != 0 {
		all = append(all, familyCondition(h.family))
	}
	if h.prefix.IsValid() {
		all = append(all, socket.HostCondition{Side: side, Prefix: h.prefix})
	}
	if h.port != anyPort {
		all = append(all, socket.PortCondition{Side: side, Is: socket.PortEqual, Port: uint16(h.port)})
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// autoboundCondition needs the range of ephemeral ports: the kernel's own flag
// includes connections that a server accepted.
func autoboundCondition(n autoboundNode) (c socket.Condition, ok bool) {
	if n.ephemeral.hi == 0 {
		return nil, false
	}
	return socket.And{socket.AutoboundCondition{}, portCondition(socket.LocalSide, n.ephemeral)}, true
}

// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// truth is a condition that is always or never met.
type truth bool

// Match implements [socket.Condition].
func (t truth) Match(*socket.Socket) bool { return bool(t) }

// Reads implements [socket.Condition].
func (truth) Reads() socket.FieldSet { return socket.FieldSet{} }

// fold removes parts that are always or never met. The kernel is not asked about
// them, and Or and And keep at least two parts. The result is a truth, or contains
// none.
func fold(c socket.Condition) (socket.Condition, error) {
	switch c := c.(type) {
	case socket.And:
		parts, err := foldParts(c, true)
		if parts == nil || err != nil {
			return truth(false), err
		}
		return unpack(socket.And(parts), parts, true), nil
	case socket.Or:
		parts, err := foldParts(c, false)
		if parts == nil || err != nil {
			return truth(true), err
		}
		return unpack(socket.Or(parts), parts, false), nil
	case socket.Not:
		inner, err := fold(c.Condition)
		if constant, ok := inner.(truth); ok {
			return !constant, err
		}
		return socket.Not{Condition: inner}, err
	default:
		return foldTest(c)
	}
}

// foldParts leaves out neutral parts: those always met in an And, never met in an Or.
// It returns nil if one part decides the whole.
func foldParts(list []socket.Condition, neutral bool) ([]socket.Condition, error) {
	parts := make([]socket.Condition, 0, len(list))
	for _, c := range list {
		c, err := fold(c)
		if err != nil {
			return nil, err
		}
		constant, ok := c.(truth)
		switch {
		case !ok:
			parts = append(parts, c)
		case bool(constant) != neutral:
			return nil, nil
		}
	}
	return parts, nil
}

// unpack returns the whole; with one part that part, with none the neutral value.
func unpack(whole socket.Condition, parts []socket.Condition, neutral bool) socket.Condition {
	switch len(parts) {
	case 0:
		return truth(neutral)
	case 1:
		return parts[0]
	default:
		return whole
	}
}

// foldTest recognizes tests whose answer does not depend on the socket.
func foldTest(c socket.Condition) (socket.Condition, error) {
	switch c := c.(type) {
	case socket.PortCondition:
		if c.Is == socket.PortAtLeast && c.Port == 0 || c.Is == socket.PortAtMost && c.Port == math.MaxUint16 {
			return truth(true), nil
		}
	case socket.HostCondition:
		if !c.Prefix.IsValid() {
			return truth(true), nil
		}
	case socket.MarkCondition:
		switch {
		case c.Mark&^c.Mask != 0:
			return truth(false), nil
		case c.Mask == 0:
			return truth(true), nil
		}
	case socket.DeviceCondition, socket.CgroupCondition, socket.AutoboundCondition, truth:
	default:
		return nil, problem.Errorf("sock_diag: the kernel knows no condition %T", "sock_diag：内核没有条件 %T", c)
	}
	return c, nil
}

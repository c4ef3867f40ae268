// SPDX-License-Identifier: Apache-2.0

package socket

import "net/netip"

// A Condition is a test of a socket that the kernel's own filter can do too
// (INET_DIAG_BC_*, include/uapi/linux/inet_diag.h): a tree of [And], [Or] and [Not]
// over [PortCondition], [HostCondition], [DeviceCondition], [MarkCondition],
// [CgroupCondition] and [AutoboundCondition]. A program in the kernel can do more:
// [DirectionCondition].
//
// A filter is lowered to a Condition; sockdiag compiles it to the kernel's bytecode.
// Match answers what the kernel answers (net/ipv4/inet_diag.c inet_diag_bc_sk), so
// that it does not matter who evaluates it. The answer is yes or no only: an unknown
// field counts as 0, as in the kernel. If unknown must stay unknown, evaluate fields
// instead.
type Condition interface {
	// Match reports whether the socket meets the condition. It does not allocate.
	Match(s *Socket) bool
	// Reads returns the fields that Match looks at.
	Reads() FieldSet
}

// Side is one end of a connection.
type Side uint8

const (
	// LocalSide is this host's end: ss's src and sport.
	LocalSide Side = iota
	// RemoteSide is the peer's end: ss's dst and dport.
	RemoteSide
)

// of returns the end of the socket.
func (e Side) of(s *Socket) netip.AddrPort {
	if e == RemoteSide {
		return s.Remote
	}
	return s.Local
}

// And is met when all its conditions are; the empty one always is.
type And []Condition

// Match implements [Condition].
func (a And) Match(s *Socket) bool {
	for _, c := range a {
		if !c.Match(s) {
			return false
		}
	}
	return true
}

// Reads implements [Condition].
func (a And) Reads() FieldSet { return readByAll(a) }

// Or is met when one of its conditions is; the empty one never is.
type Or []Condition

// Match implements [Condition].
func (o Or) Match(s *Socket) bool {
	for _, c := range o {
		if c.Match(s) {
			return true
		}
	}
	return false
}

// Reads implements [Condition].
func (o Or) Reads() FieldSet { return readByAll(o) }

func readByAll(conditions []Condition) FieldSet {
	var set FieldSet
	for _, c := range conditions {
		set = set.Union(c.Reads())
	}
	return set
}

// Not is met when its condition is not.
type Not struct{ Condition Condition }

// Match implements [Condition].
func (n Not) Match(s *Socket) bool { return !n.Condition.Match(s) }

// Reads implements [Condition].
func (n Not) Reads() FieldSet { return n.Condition.Reads() }

// PortComparison is a way to compare ports. The others (!=, <, >) are these
// with [Not].
type PortComparison uint8

const (
	// PortEqual is =.
	PortEqual PortComparison = iota
	// PortAtLeast is >=.
	PortAtLeast
	// PortAtMost is <=.
	PortAtMost
)

// PortCondition compares the port of one end.
type PortCondition struct {
	Side Side
	Is   PortComparison
	Port uint16
}

// Match implements [Condition].
func (c PortCondition) Match(s *Socket) bool {
	port := c.Side.of(s).Port()
	switch c.Is {
	case PortAtLeast:
		return port >= c.Port
	case PortAtMost:
		return port <= c.Port
	default:
		return port == c.Port
	}
}

// Reads implements [Condition].
func (c PortCondition) Reads() FieldSet {
	if c.Side == RemoteSide {
		return FieldsOf(FieldRemotePort)
	}
	return FieldsOf(FieldLocalPort)
}

// HostCondition is met when the address of one end is in the prefix; a host is
// a prefix of full length. For a host with a port, join it to a
// [PortCondition] by [And].
//
// An IPv4 prefix also holds the v4-mapped addresses (::ffff:10.0.0.1) of IPv6
// sockets, and no others of them: 0.0.0.0/0 does not hold ::1. An IPv6 prefix
// holds no address of an IPv4 socket, not even one written ::ffff:10.0.0.0/104.
// The zero Prefix holds every address.
type HostCondition struct {
	Side   Side
	Prefix netip.Prefix
}

// Match implements [Condition].
func (c HostCondition) Match(s *Socket) bool {
	if !c.Prefix.IsValid() {
		return true
	}
	addr := c.Side.of(s).Addr()
	if c.Prefix.Addr().Is4() {
		addr = addr.Unmap()
	}
	return c.Prefix.Contains(addr.WithZone(""))
}

// Reads implements [Condition].
func (c HostCondition) Reads() FieldSet {
	if c.Side == RemoteSide {
		return FieldsOf(FieldRemote)
	}
	return FieldsOf(FieldLocal)
}

// DeviceCondition is met by a socket bound to the device of that index; index 0 means
// a socket bound to no device. (Linux 4.8)
type DeviceCondition struct{ Ifindex uint32 }

// Match implements [Condition].
func (c DeviceCondition) Match(s *Socket) bool { return s.Ifindex == c.Ifindex }

// Reads implements [Condition].
func (c DeviceCondition) Reads() FieldSet { return FieldsOf(FieldIfindex) }

// MarkCondition is met if the firewall mark, masked with Mask, equals Mark; never if
// Mark has bits outside Mask. The kernel refuses it without CAP_NET_ADMIN. (Linux
// 4.9)
type MarkCondition struct{ Mark, Mask uint32 }

// Match implements [Condition].
func (c MarkCondition) Match(s *Socket) bool { return s.Mark&c.Mask == c.Mark }

// Reads implements [Condition].
func (c MarkCondition) Reads() FieldSet { return FieldsOf(FieldMark) }

// CgroupCondition is met by a full socket of that cgroup. Minisockets and
// requests have none and meet only ID 0. (Linux 5.8)
type CgroupCondition struct{ ID uint64 }

// Match implements [Condition].
func (c CgroupCondition) Match(s *Socket) bool {
	if small(s) {
		return c.ID == 0
	}
	return s.CgroupID == c.ID
}

// Reads implements [Condition].
func (c CgroupCondition) Reads() FieldSet { return FieldsOf(FieldCgroupID) }

// DirectionCondition is met by connections of that direction; Direction 0 means
// sockets that are no connections. Kernel bytecode cannot test it; engines that know
// the direction can.
type DirectionCondition struct{ Direction Direction }

// Match implements [Condition].
func (c DirectionCondition) Match(s *Socket) bool { return s.Direction == c.Direction }

// Reads implements [Condition].
func (c DirectionCondition) Reads() FieldSet { return FieldsOf(FieldDirection) }

// AutoboundCondition is met by a socket whose port the kernel chose
// (SOCK_BINDPORT_LOCK is not set), and by every object that is not a full socket.
// Only the kernel knows it; a row does if Autobound is set.
type AutoboundCondition struct{}

// Match implements [Condition].
func (AutoboundCondition) Match(s *Socket) bool { return s.Autobound || small(s) }

// Reads implements [Condition].
func (AutoboundCondition) Reads() FieldSet { return FieldsOf(FieldAutobound) }

// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Tri is the answer of a filter for one socket. A field that was not read gives
// Unknown, neither a match nor a miss.
type Tri uint8

const (
	// No means that the socket does not match.
	No Tri = iota
	// Yes means that it matches.
	Yes
	// Unknown means that the known fields of the socket do not decide. Such sockets
	// are not selected, but they are counted: see problem.Gap.
	Unknown
)

// String returns no, yes or unknown.
func (t Tri) String() string { return [...]string{"no", "yes", "unknown"}[t] }

func tri(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// not is Kleene's negation: unknown stays unknown.
func (t Tri) not() Tri {
	switch t {
	case No:
		return Yes
	case Yes:
		return No
	default:
		return Unknown
	}
}

// flip returns t, negated if negate is set.
func (t Tri) flip(negate bool) Tri {
	if negate {
		return t.not()
	}
	return t
}

// Options supply what a filter needs from the host, because this package reads no
// files. The zero Options are valid.
type Options struct {
	// Service returns the port of a service. About twenty common names are known
	// without this function.
	Service func(name string) (port uint16, ok bool)
	// Host returns the addresses of a host. Without this function, host names are
	// refused.
	Host func(name string) []netip.Addr
	// Device returns the index of a network device. Without this function, devices
	// are compared by name.
	Device func(name string) (ifindex uint32, ok bool)
	// Cgroup returns the id of a cgroup. Without this function, cgroups are compared
	// by path, which costs a look-up per socket.
	Cgroup func(path string) (id uint64, ok bool)
	// Ephemeral is ip_local_port_range, both ends included, for autobound. Zero means
	// unknown.
	Ephemeral [2]uint16
	// Patterns bounds the memory of regular expressions. Several filters may share
	// one budget; nil gives this filter a budget of its own.
	Patterns *PatternBudget
}

// A Filter chooses sockets. It is made by [Parse], does not change afterwards
// and may be used by several goroutines. The nil Filter chooses every socket.
type Filter struct {
	root  node // nil chooses every socket
	notes []Note
}

// node is one condition of a filter.
type node interface {
	// eval must not allocate: it runs for each socket.
	eval(s *socket.Socket) Tri
	// append appends the condition in canonical text.
	append(b []byte) []byte
}

// leaf is a condition without conditions below it.
type leaf interface {
	node
	fields() socket.FieldSet
	// where returns the states in which the condition can be Yes or Unknown, and the
	// states in which it can be No or Unknown.
	where() (can, cannot tcp.StateSet)
}

// InStates returns the filter that chooses the sockets in some states.
func InStates(states tcp.StateSet) *Filter {
	return &Filter{root: statesNode{set: states, named: states}}
}

// Match reports whether the filter chooses s. It does not allocate.
func (f *Filter) Match(s *socket.Socket) Tri {
	if f == nil || f.root == nil {
		return Yes
	}
	return f.root.eval(s)
}

// All reports whether the filter chooses every socket.
func (f *Filter) All() bool { return f == nil || f.root == nil }

// String returns the filter in canonical form. Parsing it gives the same filter. If
// ss can read a filter, it can read the canonical form too, unless the filter names a
// cgroup: the canonical form has the cgroup's id.
func (f *Filter) String() string {
	if f.All() {
		return ""
	}
	return string(f.root.append(nil))
}

// A Note tells, in both languages, how a filter was read where the user may expect
// something else.
type Note struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// Notes returns the notes on how the filter was read.
func (f *Filter) Notes() []Note {
	if f == nil {
		return nil
	}
	return f.notes
}

// Needs returns the fields that the filter looks at.
func (f *Filter) Needs() socket.FieldSet {
	if f.All() {
		return socket.FieldSet{}
	}
	return needs(f.root)
}

// States returns the states in which a socket can match or be unknown. The set may
// contain further states, but misses none.
func (f *Filter) States() tcp.StateSet {
	if f.All() {
		return tcp.AllStates
	}
	can, _ := where(f.root)
	return can
}

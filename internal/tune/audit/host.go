// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Host is the machine that the files are for, as far as it can be asked. A nil
// Host is one that cannot.
type Host struct {
	Facts knowledge.HostFacts
	// Value returns a parameter's present value. exists is false when there is
	// no such parameter; a value that cannot be read is "" with readable false.
	Value func(key string) (value string, exists, readable bool)
	// Expand returns the keys that a pattern stands for.
	Expand func(pattern string) []string
	// Orphans returns how many sockets that no process has open are in a state;
	// nil when nobody can count. It is asked only when a finding becomes clearer
	// by the number.
	Orphans func(tcp.State) (n uint64, ok bool)
	// Namespaces is how many other network namespaces there are.
	Namespaces int
}

// facts are the numbers that the kernel derives defaults from; all unknown without a host.
func (h *Host) facts() knowledge.HostFacts {
	if h == nil {
		return knowledge.HostFacts{}
	}
	return h.Facts
}

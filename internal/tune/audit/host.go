// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Host is the machine for which the files are meant. A nil Host is a machine that
// cannot be asked.
type Host struct {
	Facts knowledge.HostFacts
	// Value returns the present value of a parameter. exists is false if there is no
	// such parameter. readable is false, and value "", if it cannot be read.
	Value func(key string) (value string, exists, readable bool)
	// Expand returns the keys that a pattern stands for.
	Expand func(pattern string) []string
	// Orphans returns how many sockets in a state no process has open; nil if they
	// cannot be counted. It is called only if the number makes a finding clearer.
	Orphans func(tcp.State) (n uint64, ok bool)
	// Namespaces is how many other network namespaces there are.
	Namespaces int
}

// facts returns the numbers from which the kernel derives defaults; without a host
// all are unknown.
func (h *Host) facts() knowledge.HostFacts {
	if h == nil {
		return knowledge.HostFacts{}
	}
	return h.Facts
}

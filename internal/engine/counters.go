// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Counters are the kernel's counters that a scan was asked to read: by the
// inode of the network namespace, then by name, such as TcpExt.ListenDrops.
type Counters map[uint64]map[string]uint64

// readCounters reads the counters of the namespace of the calling thread.
func (s *scanner) readCounters(ns *netns.Namespace) {
	if !s.scan.Counters {
		return
	}
	all, err := procfs.Counters()
	if err != nil {
		s.report.note(problem.Gap{Source: "/proc/net/netstat", Reason: err.Error()})
		return
	}
	if s.report.Counters == nil {
		s.report.Counters = Counters{}
	}
	s.report.Counters[ns.Inode] = all
}
